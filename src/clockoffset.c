/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock's offset, from the differences of time between parts and conversations of the same
 * server or name: the true offset is in all of them, and chance makes each its own. */
#include "clockoffset.h"

#include <stdlib.h>

/* Differences of time that an estimate looks at; a document has some dozen parts, each with a few
 * conversations of its server. Each is held against all that are near it. */
#define DIFFERENCES_MAX 4096
/* An offset that two agree on may be chance, which the number of tries then tells. */
#define AGREE_MIN 2

struct difference {
	int64_t nsec;
	size_t key; /* first part of the same server or name */
};

static int
by_difference(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;

	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static size_t
key_of(const struct measurement *m, size_t i)
{
	size_t k = 0;

	while (k < i && !parts_share_key(&m->parts[k], &m->parts[i]))
		k++;
	return k;
}

static size_t
find_differences(const struct measurement *m, const struct join_index *x, struct difference *list)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nparts; i++) {
		const struct part *p = &m->parts[i];
		size_t key;

		if ((!p->name && !p->has_addr) || p->from == PART_NEVER ||
		    (!p->began && !part_goes_by_end(p)))
			continue;
		key = key_of(m, i);
		for (size_t k = fit_first(x, p); k < x->n && fit_is_of_key(&x->list[k], p); k++) {
			int64_t at;

			if (n == DIFFERENCES_MAX || !fit_could_be(&x->list[k], p) ||
			    !fit_moment(&x->list[k], p, &at))
				continue;
			list[n].nsec = at - (part_goes_by_end(p) ? p->to : p->from);
			list[n++].key = key;
		}
	}
	qsort(list, n, sizeof *list, by_difference);
	return n;
}

/* Counts the keys of the differences first .. last-1, each once. seen[] is the caller's. */
static unsigned
count_keys_between(const struct difference *list, size_t first, size_t last, unsigned *seen,
		   unsigned round)
{
	unsigned n = 0;

	for (size_t i = first; i < last; i++) {
		n += seen[list[i].key] != round;
		seen[list[i].key] = round;
	}
	return n;
}

/* The differences within `width` from the first-th on. */
static size_t
end_of(const struct difference *list, size_t n, size_t first, int64_t width)
{
	size_t last = first;

	while (last < n && list[last].nsec - list[first].nsec <= width)
		last++;
	return last;
}

struct clock_offset
clock_offset_estimate(const struct measurement *m, const struct join_index *x,
		      struct covered covered)
{
	struct clock_offset clock = {.uncertainty = m->uncertainty, .tries = 1};
	struct difference *list = xcalloc(DIFFERENCES_MAX, sizeof *list);
	unsigned *seen = xcalloc(m->nparts + 1, sizeof *seen), round = 0, best = 0, at_zero = 0;
	size_t n = find_differences(m, x, list), from = 0, to = 0;
	/* Both ends of what whole seconds leave open. */
	int64_t width = 2 * m->uncertainty, slack = JOIN_SLACK + m->uncertainty;
	unsigned ties = 0, of = count_keys_between(list, 0, n, seen, ++round);

	for (size_t i = 0; i < n; i++) {
		size_t end = end_of(list, n, i, width);
		unsigned keys = count_keys_between(list, i, end, seen, ++round);

		if (keys > best) {
			best = keys;
			from = i;
			to = end;
			ties = 0;
		} else if (keys == best && i >= to) {
			ties++;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (llabs(list[i].nsec) <= slack) {
			at_zero = count_keys_between(list, i, end_of(list, n, i, 2 * slack), seen,
						     ++round);
			break;
		}
	if (best >= AGREE_MIN && best > at_zero && !ties && 2 * best > of) {
		int64_t spread = list[to - 1].nsec - list[from].nsec;

		clock.source = CLOCK_ESTIMATED;
		clock.nsec = list[from].nsec + spread / 2;
		clock.uncertainty = m->uncertainty + spread / 2;
		clock.agree = best;
		clock.of = of;
		clock.tries = (double)(covered.to - covered.from) / (double)(2 * slack);
		clock.tries = clock.tries > 1 ? clock.tries : 1;
	}
	free(seen);
	free(list);
	return clock;
}
