/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an abnormal flow to a stanza that its finder can complete. */
#pragma once

#include <stdio.h>

#include "flow.h"

/* Writes a stanza with the facts of the first odd packet (or of the answer, if no packet is odd)
 * and of what was said before it; `capture` is its file, which
 * names its sample. The title is FIXME.
 * Call it once the flow's packets were looked at (dissect_packets). Returns 0, or -ENODATA if
 * the flow shows nothing to start from. */
int suggest_stanza(const struct flow *f, const char *capture, FILE *out);
