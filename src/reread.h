/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures read once more, when the report is known: what evidence and redaction are made of. */
#pragma once

#include "capture.h"
#include "decode.h"
#include "ring.h"

struct reread;

/* Files as capture_open() takes them; standard input ("-") must be a regular file by now
 * (see spool_input()). On failure returns a negative errno and one line in *ret_why, to be freed
 * by the caller. */
int reread_open(const char *const *files, size_t n, struct reread **ret, char **ret_why);
/* Where the frames of a report are to be had again: its files, or a ring that stays as it is. */
struct reread_from {
	const char *const *files;
	size_t n;
	const struct ring *ring; /* NULL: from the files */
};
int reread_from(const struct reread_from *from, struct reread **ret, char **ret_why);
void reread_close(struct reread *r); /* accepts NULL */

/* The next frame, and its packet if *ret_decoded is DECODED; false at the end. Both are valid until
 * the next call. */
bool reread_next(struct reread *r, struct frame *ret_frame, enum decoded *ret_decoded,
		 struct packet *ret_packet);
const struct capture *reread_capture(const struct reread *r);

/* If "-" is among the files and is no regular file, copies all of standard input into a temporary
 * file that takes its place. A named pipe or device among the files is refused. On failure returns
 * a negative errno and one line in *ret_why. */
int spool_inputs(const char *const *files, size_t n, char **ret_why);
