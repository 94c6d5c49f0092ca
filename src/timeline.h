/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When something worked, failed, was interfered with, and worked again. */
#pragma once

#include "episode.h"
#include "report.h"

struct mark;

/* Begins as {0}. What it grows by comes from an arena. */
struct timeline {
	struct mark *marks;
	size_t n;
};

/* Did it work or fail, apart from what was done to it? False: neither. A datagram without an answer
 * failed if one was due. */
bool timeline_fate(const struct episode *e, bool answer_due, enum fate *ret);
/* Notes an attempt; `function` may be NFUNCTIONS: unknown. Those beyond 4096 are left out. */
void timeline_add(struct timeline *t, struct arena *a, const struct episode *e,
		  enum function function, enum fate fate);
/* Attempts that fared alike, one after the other, are one span; by function, then time. */
void timeline_tell(struct timeline *t, struct arena *a, struct target *ret);
