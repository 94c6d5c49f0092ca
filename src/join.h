/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joins the parts of a measurement with the conversations of a capture: the same server or name, at
 * the same time by clocks that may differ; and says how sure each join is. docs/attach.md explains
 * the formula. */
#pragma once

#include "clockoffset.h"

/* Conversations that fit are held against each other up to so many; of more, nobody can say that
 * they all tell the same. */
#define JOIN_FITS_MAX 8

struct join_fit {
	const struct story *story;
	const struct story_question *question; /* of DNS; NULL otherwise */
};

struct join {
	const struct story *story;             /* NULL: none */
	const struct story_question *question; /* of DNS */
	int64_t dt;                            /* by which the moments differ; nanoseconds */
	double confidence;                     /* that it is the part's own conversation */
	double present;                        /* that the part's own is among those that fit */
	struct join_fit fits[JOIN_FITS_MAX];   /* all that fit, in order of time, if not too many */
	unsigned candidates;                   /* conversations that fit */
	unsigned rivals;  /* parts that they fit as well, this one among them */
	double by_chance; /* conversations that would fit by chance */
	bool outside;     /* the captures do not reach to that time */
};

/* Fills ret[nparts]. */
void join_parts(const struct measurement *m, const struct join_index *x,
		const struct clock_offset *clock, struct covered covered, struct join *ret);
