/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attempts in order of time, and the spans in which they fared alike. */
#include "timeline.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* How one attempt fared. */
struct mark {
	int64_t nsec;
	struct ref at;
	uint8_t function, fate;
};

/* Attempts that one story is told from: more turns than that nobody reads. */
#define MARKS_MAX 4096

bool
timeline_fate(const struct episode *e, bool answer_due, enum fate *ret)
{
	bool worked = e->dns ? e->dns_positive : e->outcome == OUTCOME_OK;
	bool failed = e->outcome == OUTCOME_FAILED || e->outcome == OUTCOME_REFUSED;

	if (e->dns)
		failed |= e->took && e->rcode;
	else
		failed |= answer_due && e->proto == IPPROTO_UDP && e->silent;
	*ret = worked ? FATE_WORKED : FATE_FAILED;
	return worked || failed;
}

void
timeline_add(struct timeline *t, struct arena *a, const struct episode *e, enum function function,
	     enum fate fate)
{
	if (t->n == MARKS_MAX)
		return;
	t->marks = arena_room(a, t->marks, t->n, sizeof *t->marks);
	t->marks[t->n++] = (struct mark){e->first, e->first_at, (uint8_t)function, (uint8_t)fate};
}

static int
by_function(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	if (x->at.capture != y->at.capture)
		return x->at.capture < y->at.capture ? -1 : 1;
	return x->at.frame < y->at.frame ? -1 : x->at.frame > y->at.frame;
}

void
timeline_tell(struct timeline *t, struct arena *a, struct target *ret)
{
	struct span *spans = arena_alloc(a, (t->n + 1) * sizeof *spans), *last = NULL;

	if (t->n)
		qsort(t->marks, t->n, sizeof *t->marks, by_function);
	for (size_t i = 0; i < t->n; i++) {
		const struct mark *m = &t->marks[i];

		if (!last || last->function != m->function || last->fate != m->fate) {
			last = &spans[ret->nspans++];
			last->function = m->function;
			last->fate = m->fate;
			last->from = m->nsec;
			last->at = m->at;
		}
		last->to = m->nsec;
		last->attempts++;
	}
	ret->spans = spans;
}
