/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the packets support, refine or contradict what a measurement says? docs/attach.md has the
 * table. */
#pragma once

#include "join.h"
#include "report.h"

enum relation {
	RELATION_UNDECIDED,
	RELATION_SUPPORTS,
	RELATION_REFINES,
	RELATION_CONTRADICTS,
	NRELATIONS
};
extern const char *const relation_words[NRELATIONS];

struct told {
	enum relation relation;
	const char *sentence;
	const struct finding *finding; /* that it follows from, or NULL */
};

struct relating {
	const struct report *report;
	struct arena *arena; /* of the sentences */
};

void relate_part(const struct relating *r, const struct part *p, const struct join *j,
		 struct told *ret);
/* The verdict, from what was told of the measurement's parts. */
void relate_claim(const struct relating *r, const struct measurement *m, const struct claim *c,
		  const struct join *joins, const struct told *parts, struct told *ret);
/* In which layer a finding about that conversation strikes. */
enum layer finding_layer(const struct finding *f, const struct story *t);
