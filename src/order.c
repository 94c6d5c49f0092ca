/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting by distribution, a byte of the keys at a time from the least one on: Knuth, TAOCP volume
 * 3, 5.2.5, algorithm R. Bytes that all keys share are passed over, and so is all of what is in
 * order already, as conversations nearly are. */
#include "order.h"

#include <stdlib.h>
#include <string.h>

/* The bits in which some keys differ; 0 if all are in order. */
static uint64_t
differing(const struct keyed *v, size_t n)
{
	uint64_t differ = 0;
	bool sorted = true;

	for (size_t i = 1; i < n; i++) {
		differ |= v[i].key ^ v[i - 1].key;
		sorted &= v[i - 1].key <= v[i].key;
	}
	return sorted ? 0 : differ;
}

static void
distribute(const struct keyed *from, struct keyed *to, size_t n, unsigned shift)
{
	size_t start[256] = {0}, at = 0;

	for (size_t i = 0; i < n; i++)
		start[from[i].key >> shift & 255]++;
	for (size_t i = 0; i < 256; i++) {
		size_t count = start[i];

		start[i] = at;
		at += count;
	}
	for (size_t i = 0; i < n; i++)
		to[start[from[i].key >> shift & 255]++] = from[i];
}

void
order_keyed(struct keyed *v, size_t n)
{
	uint64_t differ = differing(v, n);
	struct keyed *from = v, *to, *spare;

	if (!differ)
		return;
	to = spare = xrealloc(NULL, n, sizeof *spare);
	for (unsigned shift = 0; shift < 64; shift += 8) {
		struct keyed *last = from;

		if (!(differ >> shift & 255))
			continue;
		distribute(from, to, n, shift);
		from = to;
		to = last;
	}
	if (from != v)
		memcpy(v, from, n * sizeof *v);
	free(spare);
}
