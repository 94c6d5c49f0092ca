/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What marks a packet that its alleged sender's capture lacks: nobody there sent it, or the capture
 * missed it. */
#pragma once

#include "compare_weigh.h"

enum mark {
	MARK_TTL = 1 << 0,
	MARK_EARLY = 1 << 1,
	MARK_UNHEARD = 1 << 2,
	MARK_GOES_ON = 1 << 3,
	MARK_NO_FIN = 1 << 4,
	MARK_BYTES = 1 << 5,
	MARK_ISN = 1 << 6,
	MARK_ABOVE = 1 << 7,
	MARK_REWRITTEN = 1 << 8,
};

/* One direction of a flow, as its two ends have it. */
struct way {
	struct comparison *c;
	struct pair_flow *flow[NENDS];
	uint32_t near_flow;
	enum end sender, receiver;
	unsigned from;
	bool ttls[256]; /* with which the sender's packets arrive */
	bool any_ttl;
	bool fickle;    /* it sends with several itself, as tools against filters do */
	uint32_t heard; /* the sender received, or confirmed, bytes up to there */
	bool two_words; /* it says different things at one place itself */
	bool any_heard;
	uint32_t highest; /* end of what the sender sent */
	bool any_sent;
};

struct suspect {
	struct pair_packet *p;
	unsigned marks;
	bool beside;              /* such as it has convict it beside others only */
	struct ref contradiction; /* a packet of the alleged sender's that proves it false */
	struct ref answered;      /* what it pretends to answer */
	double weight;
};

struct mark_row {
	enum mark mark;
	const char *name,
	    *fitted; /* the weight that was fitted for the same; NULL: measured here */
	const char *words;
};
#define NMARKS 9
extern const struct mark_row mark_rows[NMARKS];

/* The TTLs that each address of an end sends with; to be freed by the caller. */
struct sent_ttls;
struct sent_ttls *sent_ttls_of(const struct pair_end *e, const struct comparison *c,
			       enum end which);
void sent_ttls_free(struct sent_ttls *t);

/* What is known of a direction, from all its packets; the other members of w are set. */
void way_look(struct way *w, struct sent_ttls *sent);
struct pair_packet *way_packet(const struct way *w, enum end e, uint32_t i);
struct suspect way_suspect(const struct way *w, struct pair_packet *p);
/* Log-odds of a mark; and whether it counts among those of a set. */
double mark_weight(const struct way *w, size_t i);
bool mark_counts(unsigned set, size_t i);
