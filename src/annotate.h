/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence that others can open: the packets that findings cite and what stood around them, as they
 * were captured, each with a comment on what it shows. */
#pragma once

#include "report.h"
#include "ring.h"

/* Reads the captures once more, and writes pcapng. `files` are what report->captures were read
 * from, in the same order; they may have other names than the report says. Returns 0, or a negative
 * errno: *ret_why is then one line, to be freed by the caller, or NULL if writing failed. */
int evidence_write(const struct report *r, const char *const *files, FILE *out, char **ret_why);
/* The same from the frames that a ring holds, as far as it still has them. */
int evidence_write_ring(const struct report *r, const struct ring *ring, FILE *out, char **ret_why);
