/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a flow that is over: it is looked at, suspected or not, and remembered. */
#pragma once

#include "correlate.h"
#include "hygiene.h"
#include "rates.h"
#include "rows.h"
#include "shown.h"
#include "vantage.h"

struct judge {
	const struct fingerprints *fingerprints;
	const struct services *services;
	struct history *history;
	struct rates *rates;
	struct rows *rows; /* NULL without --flows */
	struct shown_store *shown;
	struct hygiene *hygiene;
	struct vantage_votes *votes; /* one a capture */
	const struct capture *capture;
	bool suggest;
	bool keep_all; /* also what is hopeless: a fit must see all that is weighed */
	int64_t now;   /* capture time of the newest packet */

	struct candidate *candidates;
	int64_t forgotten; /* before that time suspicions were forgotten; 0: none was */
	size_t n, size;
	/* The flow at hand. */
	struct dns_message *messages; /* room for what DNS says */
	struct suspicion pending[8];
	size_t npending;
};

/* Judges one flow. A later part of a conversation that goes on is judged again (the facts
 * judged so far are then dropped by judge_part). */
void judge_flow(struct judge *j, struct flow *f);
/* A conversation that goes on has noted as much as is kept of one: judge it up to here. */
void judge_part(struct judge *j, struct flow *f);
/* After the last flow: suspects resolvers that send unlike names to one address while another
 * one does not (resolvers.c). */
void judge_resolvers(struct judge *j);
/* Likewise: holds the certificates of the capture against each other (impostors.c). */
void judge_impostors(struct judge *j);
/* Takes a suspicion over, about that episode. */
void judge_keep(struct judge *j, const struct suspicion *s, const struct episode *e);
/* Of a capture that goes on: forgets the oldest suspicions when they are many. Returns the time
 * before which nothing is remembered, or 0. */
int64_t judge_make_room(struct judge *j);
/* Likewise: what conversations have named makes room. */
void judge_slide(struct judge *j);
/* Frees the candidates whose findings were not taken. */
void judge_free(struct judge *j);
