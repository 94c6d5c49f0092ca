/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the same client did at about the same time: an index by client and beginning. */
#include "contemporaries.h"

#include <stdlib.h>

struct contemporaries {
	const struct episode **v;
	size_t n;
};

static int
by_client(const void *a, const void *b)
{
	const struct episode *x = *(const struct episode *const *)a,
			     *y = *(const struct episode *const *)b;
	int c = addr_compare(&x->client, &y->client);

	if (c)
		return c;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->flow < y->flow ? -1 : x->flow > y->flow;
}

struct contemporaries *
contemporaries_new(struct history *h)
{
	struct contemporaries *c = xcalloc(1, sizeof *c);
	const struct episode *all = history_episodes(h, &c->n);

	c->v = xcalloc(c->n, sizeof(const struct episode *));
	for (size_t i = 0; i < c->n; i++)
		c->v[i] = &all[i];
	qsort(c->v, c->n, sizeof(const struct episode *), by_client);
	return c;
}

void
contemporaries_free(struct contemporaries *c)
{
	if (!c)
		return;
	free(c->v);
	free(c);
}

static size_t
first_not_before(const struct contemporaries *c, const struct episode *me)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_client(&c->v[mid], &me) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_near(const struct episode *a, const struct episode *b, int64_t within)
{
	return a->first - b->last <= within && b->first - a->last <= within;
}

size_t
contemporaries_of(const struct contemporaries *c, const struct episode *me, int64_t within,
		  const struct episode **ret, size_t max)
{
	size_t after = first_not_before(c, me), before = after, n = 0, looked = 0;

	/* Flows that began long before may still go on, so the walk back ends by count, not by
	 * time; four times max is looked at, at most. */
	while (n < max && looked++ < 4 * max) {
		const struct episode *a = after < c->n ? c->v[after] : NULL;
		const struct episode *b = before > 0 ? c->v[before - 1] : NULL;
		const struct episode *e;

		if (a && (!addr_equal(&a->client, &me->client) || a->first - me->last > within))
			a = NULL;
		if (b && !addr_equal(&b->client, &me->client))
			b = NULL;
		if (!a && !b)
			break;
		if (a && (!b || a->first - me->first <= me->first - b->first)) {
			e = a;
			after++;
		} else {
			e = b;
			before--;
		}
		if (e->flow != me->flow && is_near(e, me, within))
			ret[n++] = e;
	}
	return n;
}
