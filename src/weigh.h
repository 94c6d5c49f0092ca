/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place where evidence becomes a probability.
 *
 * Each piece of evidence adds its weight, in log-odds, to the prior of its mechanism. Families
 * are capped: features that tend to come together must not be counted as if they were
 * independent. The weights are fitted by tests/fit/fit.py, which also prints how often what is
 * said at 0.9 is true. */
#pragma once

#include "finding.h"

enum evidence_family {
	FAMILY_PRIOR,
	FAMILY_TIME,     /* earlier than the true end can have answered */
	FAMILY_HEADER,   /* TTL, IP ID, window, options, flags */
	FAMILY_SEQUENCE, /* numbers that a true end would not use */
	FAMILY_AFTER,    /* the end that "left" goes on; two versions of one thing */
	FAMILY_CONTENT,  /* what the packet says */
	FAMILY_SILENCE,  /* who owed what, for how long */
	FAMILY_RATE,     /* what passed, and what was lost */
	FAMILY_CONTEXT,  /* what the capture can and cannot show; innocent shapes */
	FAMILY_CONTROL,  /* how other flows fared */
	NFAMILIES
};

struct weight {
	const char *name;
	enum evidence_family family;
	double weight;
	const char *words;
};

extern const struct weight weights[]; /* ends with {0} */
extern const double weight_family_cap[NFAMILIES];

const struct weight *weight_find(const char *name); /* NULL if there is none */
/* Header marks count only where the packet stands out from its alleged sender's others: a
 * sender whose every packet has the IP ID 1 is no injector. */
bool weigh_stands_out(const struct finding *f);
/* Sets f->confidence from its evidence. */
void weigh(struct finding *f);
