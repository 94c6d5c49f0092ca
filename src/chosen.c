/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two readings: the first finds the conversations of what is cited, the second what stands around
 * it. No bytes are kept, and of each conversation only the last few numbers. */
#include "chosen.h"

#include "ends.h"
#include "reread.h"
#include "table.h"

#include <netinet/in.h>
#include <stdlib.h>

/* Frames of a TCP connection from its SYN on: the handshake, and what both say first. */
#define OPENING 4

struct key {
	struct addr addr[2]; /* the smaller end first */
	uint16_t port[2];
	uint8_t proto;
};

struct talk {
	struct key key;
	uint32_t last[CHOSEN_AROUND]; /* frames not chosen so far */
	uint16_t capture[CHOSEN_AROUND];
	unsigned n, after;
	UT_hash_handle hh;
};

struct chosen {
	struct cited *cites;
	size_t ncites;
	uint8_t **frames; /* one bit each, by capture */
	size_t *bytes;
	size_t ncaptures;
	uint64_t count;
	struct talk *talks;
	struct cited_ends *ends;
	size_t nends;
	/* Fragments that may be part of a chosen packet. */
	struct talk fragments;
};

/* Around a control, which is there to be seen to go well. */
#define AROUND_CONTROL 3

static int
by_frame(const void *a, const void *b)
{
	const struct cited *x = a, *y = b;

	if (x->at.capture != y->at.capture)
		return x->at.capture < y->at.capture ? -1 : 1;
	if (x->at.frame != y->at.frame)
		return x->at.frame < y->at.frame ? -1 : 1;
	if (x->finding->number != y->finding->number)
		return x->finding->number < y->finding->number ? -1 : 1;
	return (x->cite > y->cite) - (x->cite < y->cite);
}

static void
gather_cites(struct chosen *c, const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfindings; i++)
		n += r->findings[i]->ncites;
	c->cites = xcalloc(n, sizeof *c->cites);
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = r->findings[i];
		struct cited *first = NULL;

		for (size_t k = 0; k < f->ncites; k++) {
			struct cited *x = &c->cites[c->ncites++];

			*x = (struct cited){f->cites[k].at, f, &f->cites[k], false};
			if (x->cite->role != ROLE_CONTROL && (!first || by_frame(x, first) < 0))
				first = x;
		}
		if (first)
			first->first = true;
	}
	qsort(c->cites, c->ncites, sizeof *c->cites, by_frame);
}

const struct cited *
chosen_cites(const struct chosen *c, struct ref at, size_t *ret_n)
{
	size_t low = 0, high = c->ncites, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct ref m = c->cites[middle].at;

		if (m.capture < at.capture || (m.capture == at.capture && m.frame < at.frame))
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < c->ncites && ref_equal(c->cites[low + n].at, at))
		n++;
	*ret_n = n;
	return n ? c->cites + low : NULL;
}

bool
chosen_has(const struct chosen *c, struct ref at)
{
	return at.capture < c->ncaptures && at.frame / 8 < c->bytes[at.capture] &&
	       c->frames[at.capture][at.frame / 8] & 1U << at.frame % 8;
}

static void
choose(struct chosen *c, struct ref at)
{
	size_t byte = at.frame / 8;

	if (at.capture >= c->ncaptures || chosen_has(c, at))
		return;
	if (byte >= c->bytes[at.capture]) {
		size_t n = 2 * byte + 64;

		c->frames[at.capture] = xrealloc(c->frames[at.capture], n, 1);
		memset(c->frames[at.capture] + c->bytes[at.capture], 0, n - c->bytes[at.capture]);
		c->bytes[at.capture] = n;
	}
	c->frames[at.capture][byte] |= (uint8_t)(1U << at.frame % 8);
	c->count++;
}

uint64_t
chosen_count(const struct chosen *c)
{
	return c->count;
}

static struct key
key_of(const struct addr *a, uint16_t aport, const struct addr *b, uint16_t bport, uint8_t proto)
{
	int order = addr_compare(a, b);
	bool swap = order > 0 || (order == 0 && aport > bport);
	struct key k;

	memset(&k, 0, sizeof k); /* it is hashed as it lies in memory */
	k.addr[swap] = *a;
	k.addr[!swap] = *b;
	k.port[swap] = aport;
	k.port[!swap] = bport;
	k.proto = proto;
	return k;
}

/* The conversation that a packet, or what an ICMP error quotes, is part of. */
static struct key
key_of_packet(const struct packet *p)
{
	const struct quote *q = &p->quote;

	return q->present ? key_of(&q->src, q->sport, &q->dst, q->dport, q->proto)
			  : key_of(&p->src, p->sport, &p->dst, p->dport, p->proto);
}

static struct talk *
talk_find(const struct chosen *c, const struct packet *p)
{
	struct key k = key_of_packet(p);
	struct talk *t;

	HASH_FIND(hh, c->talks, &k, sizeof k, t);
	return t;
}

static void
watch(struct chosen *c, const struct packet *p)
{
	struct talk *t = talk_find(c, p);

	if (t)
		return;
	t = xcalloc(1, sizeof *t);
	t->key = key_of_packet(p);
	HASH_ADD(hh, c->talks, key, sizeof t->key, t);
	if ((c->nends & (c->nends - 1)) == 0)
		c->ends = xrealloc(c->ends, c->nends ? 2 * c->nends : 1, sizeof *c->ends);
	c->ends[c->nends++] = (struct cited_ends){{t->key.addr[0], t->key.addr[1]}, p->nsec};
}

const struct cited_ends *
chosen_ends(const struct chosen *c, size_t *ret_n)
{
	*ret_n = c->nends;
	return c->ends;
}

/* Not chosen yet; perhaps what follows asks for it. */
static void
remember(struct talk *t, struct ref at)
{
	unsigned i = t->n++ % CHOSEN_AROUND;

	t->last[i] = at.frame;
	t->capture[i] = at.capture;
}

static void
choose_remembered(struct chosen *c, struct talk *t, unsigned most)
{
	for (unsigned i = t->n; i > 0 && t->n - i < most; i--)
		choose(c, (struct ref){t->last[(i - 1) % CHOSEN_AROUND],
				       t->capture[(i - 1) % CHOSEN_AROUND]});
	t->n = 0;
}

/* How far to look around a frame; 0 if nothing cites it. */
static unsigned
reach_of(const struct chosen *c, struct ref at)
{
	size_t n;
	const struct cited *cites = chosen_cites(c, at, &n);

	for (size_t i = 0; i < n; i++)
		if (cites[i].cite->role != ROLE_CONTROL)
			return CHOSEN_AROUND;
	return n ? AROUND_CONTROL : 0;
}

static void
look_around(struct chosen *c, const struct packet *p, struct ref at)
{
	unsigned reach = reach_of(c, at);
	struct talk *t = talk_find(c, p);

	if (!t)
		return;
	if (p->proto == IPPROTO_TCP && (p->flags & (TH_SYN_ | TH_ACK_)) == TH_SYN_ &&
	    t->after < OPENING)
		t->after = OPENING;
	if (reach) {
		choose_remembered(c, t, reach);
		t->after = t->after > reach ? t->after : reach;
	} else if (t->after) {
		t->after--;
		choose(c, at);
	} else {
		remember(t, at);
	}
	if (p->bits & PKT_REASSEMBLED && chosen_has(c, at))
		choose_remembered(c, &c->fragments, CHOSEN_AROUND);
}

static int
read_through(struct chosen *c, const struct reread_from *from, bool around, char **ret_why)
{
	struct reread *r;
	struct packet packet;
	struct frame frame;
	enum decoded decoded;
	int error = reread_from(from, &r, ret_why);

	if (error)
		return error;
	while (reread_next(r, &frame, &decoded, &packet)) {
		struct ref at = {frame.number, frame.capture};
		size_t n;
		bool cited = chosen_cites(c, at, &n);

		if (cited)
			choose(c, at);
		if (around && decoded == DECODED_FRAGMENT && !cited)
			remember(&c->fragments, at);
		if (decoded != DECODED)
			continue;
		if (around)
			look_around(c, &packet, at);
		else if (cited)
			watch(c, &packet);
	}
	reread_close(r);
	return 0;
}

int
chosen_new(const struct report *r, const struct reread_from *from, struct chosen **ret,
	   char **ret_why)
{
	struct chosen *c = xcalloc(1, sizeof *c);
	int error;

	c->ncaptures = r->ncaptures;
	c->frames = xcalloc(c->ncaptures, sizeof *c->frames);
	c->bytes = xcalloc(c->ncaptures, sizeof *c->bytes);
	gather_cites(c, r);
	error = c->ncites ? read_through(c, from, false, ret_why) : 0;
	if (!error && c->ncites)
		error = read_through(c, from, true, ret_why);
	if (error) {
		chosen_free(c);
		return error;
	}
	*ret = c;
	return 0;
}

void
chosen_free(struct chosen *c)
{
	struct talk *t, *next;

	if (!c)
		return;
	HASH_ITER(hh, c->talks, t, next)
	{
		HASH_DEL(c->talks, t);
		free(t);
	}
	for (size_t i = 0; i < c->ncaptures; i++)
		free(c->frames[i]);
	free(c->frames);
	free(c->bytes);
	free(c->cites);
	free(c->ends);
	free(c);
}
