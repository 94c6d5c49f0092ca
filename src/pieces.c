/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A byte counts as it came first; RFC 791, 3.2, RFC 8200, 4.5. */
#include "pieces.h"

#include <stdlib.h>

#define DATAGRAM_MAX 65535 /* RFC 791, 3.1 */

struct open {
	struct addr src, dst;
	uint32_t scope, id, number;
	uint8_t proto;
	bool used;
	uint32_t total; /* 0: the last fragment was not seen */
	uint32_t held;  /* bytes */
	uint8_t *bytes, *have;
};

struct pieces {
	struct open open[PIECES_OPEN];
	uint32_t n;
	uint8_t *whole;
};

struct pieces *
pieces_new(void)
{
	struct pieces *p = xcalloc(1, sizeof *p);

	p->whole = xcalloc(DATAGRAM_MAX + 1, 1);
	return p;
}

static void
clear(struct open *o)
{
	free(o->bytes);
	free(o->have);
	memset(o, 0, sizeof *o);
}

void
pieces_free(struct pieces *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < PIECES_OPEN; i++)
		clear(&p->open[i]);
	free(p->whole);
	free(p);
}

/* Its place; the oldest one makes room. */
static struct open *
find(struct pieces *p, const struct piece *k)
{
	struct open *free_one = NULL, *o;

	for (size_t i = 0; i < PIECES_OPEN; i++) {
		o = &p->open[i];
		if (o->used && o->id == k->id && o->proto == k->proto && o->scope == k->scope &&
		    addr_equal(&o->src, &k->src) && addr_equal(&o->dst, &k->dst))
			return o;
		if (!free_one || (free_one->used && (!o->used || o->number < free_one->number)))
			free_one = o;
	}
	o = free_one;
	clear(o);
	o->used = true;
	o->src = k->src;
	o->dst = k->dst;
	o->scope = k->scope;
	o->id = k->id;
	o->proto = k->proto;
	o->number = p->n++;
	o->bytes = xcalloc(DATAGRAM_MAX + 1, 1);
	o->have = xcalloc(DATAGRAM_MAX / 8 + 1, 1);
	return o;
}

uint32_t
pieces_take(struct pieces *p, const struct piece *k, struct bytes *ret_whole)
{
	struct open *o = find(p, k);
	uint32_t number = o->number;

	*ret_whole = (struct bytes){NULL, 0};
	for (size_t i = 0; i < k->b.n && k->offset + i < DATAGRAM_MAX; i++) {
		size_t at = k->offset + i;

		if (o->have[at / 8] & 1u << at % 8)
			continue;
		o->have[at / 8] |= (uint8_t)(1u << at % 8);
		o->bytes[at] = k->b.p[i];
		o->held++;
	}
	if (!k->more && !o->total)
		o->total = (uint32_t)(k->offset + k->b.n);
	if (!o->total || o->held != o->total)
		return number;
	memcpy(p->whole, o->bytes, o->total < DATAGRAM_MAX ? o->total : DATAGRAM_MAX);
	*ret_whole = (struct bytes){p->whole, o->total};
	clear(o);
	return number;
}
