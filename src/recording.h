/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that was captured, as pcapng files that appear when they are whole. */
#pragma once

#include "packet.h"

struct recording;

struct recording_options {
	const char
	    *name; /* of the file; of several "name.00001", "name.00002", but for those there are */
	const char *const *interfaces; /* as frame.capture counts them */
	size_t n;
	uint64_t bytes;   /* a new file after so many; 0: no limit */
	int64_t duration; /* a new file after so long, in nanoseconds of capture time; 0: never */
};

struct recording *recording_new(const struct recording_options *o);
/* Returns 0, or a negative errno: then recording_end() keeps what was stored before. */
int recording_add(struct recording *r, const struct frame *f);
/* Ends the last file, and frees; accepts NULL. Returns 0, or a negative errno. */
int recording_end(struct recording *r);
