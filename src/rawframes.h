/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets as they were captured, for attachments that are allowed to show them. */
#pragma once

#include "attachment.h"
#include "reread.h"

/* Puts the cited packets of each attachment's findings into it, a few and cut, in the shape of
 * OONI's df-003. Reads the captures once more. Returns 0, or a negative errno with *ret_why. */
int raw_frames(struct attachment *list, size_t n, const struct report *r, const char *const *files,
	       size_t nfiles, char **ret_why);
