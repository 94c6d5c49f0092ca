/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which flow of one end is which of the other: by several packets' own marks, which translation of
 * addresses leaves alone. Addresses and ports are hints, no more. */
#include "compare.h"
#include "order.h"
#include "table.h"

#include <stdlib.h>
#include <xxhash.h>

/* A mark that so many flows share tells nothing. */
#define SHARED_MAX 4
/* Packets with one mark that are looked at. */
#define ALIKE_MAX 64
/* Votes of a mark that is one flow's alone at both ends, against one that several share. */
#define VOTES_ALONE 4
/* Flows without a mate of which it is asked whether they went to the far end at all: each costs a
 * look at all flows. */
#define ASKED_MAX 4096
/* Payload that no other conversation begins a segment with by chance: longer than a keep-alive, a
 * prompt, a banner's beginning. */
#define TELLING_BYTES 32

/* By how much of a packet: all that a translator of addresses keeps; the same without what tells
 * repetitions apart, which some write anew; what one keeps who writes
 * other numbers, too; the same without the ports; what no other packet of the same flow says. */
enum level { BY_ALL, BY_NUMBERS, BY_PORTS, BY_PAYLOAD, NLEVELS, BY_FLOW = NLEVELS };

struct mark {
	uint64_t head;
	uint32_t seq, ack, len, flow, tsval;
	uint16_t ip_id, port[2];
	uint8_t proto, flags, level;
};

/* A number for what is told by; false if the packet tells nothing at this level. */
static bool
mark_of(const struct comparison *c, const struct pair_end *e, const struct pair_packet *p,
	enum level level, uint64_t *ret)
{
	const struct pair_flow *f = &e->flows[p->flow];
	struct mark m;

	memset(&m, 0, sizeof m);
	m.head = p->head;
	m.len = p->len;
	m.proto = p->proto;
	m.level = (uint8_t)level;
	if (level <= BY_NUMBERS && p->proto == IPPROTO_TCP) {
		if (p->flags & TH_RST_)
			return false;
		m.seq = p->seq;
		m.ack = p->len ? 0 : p->ack;
		m.flags = p->flags & (TH_SYN_ | TH_FIN_);
		m.ip_id = level == BY_ALL ? p->ip_id : 0;
		m.tsval = level == BY_ALL ? p->tsval : 0;
	} else if (level <= BY_NUMBERS) {
		m.ip_id = p->ip_id;
	} else if (level == BY_FLOW) {
		if (!p->len)
			return false;
		m.head = p->captured >= p->len ? p->body : p->head;
		m.flow = e == &c->ends[NEAR] ? p->flow : f->mate - 1;
		m.flags = p->from;
	} else {
		if (p->proto == IPPROTO_TCP ? p->len < TELLING_BYTES : p->len == 0)
			return false;
		if (level == BY_PORTS) {
			m.port[0] = f->port[p->from];
			m.port[1] = f->port[!p->from];
		}
	}
	*ret = XXH3_64bits(&m, sizeof m);
	return true;
}

/* The packets of flows without a mate, in order of their marks. */
static struct keyed *
marks_of(const struct comparison *c, const struct pair_end *e, enum level level, bool mated,
	 size_t *ret_n)
{
	struct keyed *v = xcalloc(e->npackets + 1, sizeof *v);
	size_t n = 0;

	for (size_t i = 0; i < e->npackets; i++) {
		struct pair_packet *p = &e->packets[i];

		if ((e->flows[p->flow].mate != 0) == mated && mark_of(c, e, p, level, &v[n].key))
			v[n++].what = p;
	}
	order_keyed(v, n);
	*ret_n = n;
	return v;
}

struct couple {
	struct {
		uint32_t near, far;
	} key;
	uint64_t votes, turned; /* of them, by packets that the ends take for each other's */
	unsigned hints;
	UT_hash_handle hh;
};

struct group { /* packets of one mark at one end */
	const struct keyed *v;
	size_t n;
	uint32_t flows[SHARED_MAX];
	uint8_t from[SHARED_MAX];
	size_t nflows; /* SHARED_MAX + 1: too many */
};

static void
gather(struct group *g, const struct keyed *v, size_t i, size_t n)
{
	g->v = v + i;
	g->n = g->nflows = 0;
	for (; i < n && v[i].key == g->v->key; i++, g->n++) {
		const struct pair_packet *p = v[i].what;
		size_t k = 0;

		if (g->n >= ALIKE_MAX || g->nflows > SHARED_MAX)
			continue;
		while (k < g->nflows && g->flows[k] != p->flow)
			k++;
		if (k < g->nflows)
			continue;
		if (g->nflows < SHARED_MAX) {
			g->flows[k] = p->flow;
			g->from[k] = p->from;
		}
		g->nflows++;
	}
}

static unsigned
hints_of(const struct pair_flow *a, const struct pair_flow *b)
{
	unsigned hints = 0;

	for (int s = 0; s < 2; s++) {
		hints += addr_equal(&a->addr[s], &b->addr[s]) ? 2 : 0;
		hints += a->port[s] == b->port[s] ? 1 : 0;
	}
	return hints;
}

static void
vote(struct comparison *c, struct couple **all, const struct group *a, const struct group *b)
{
	bool alone = a->nflows == 1 && b->nflows == 1;

	if (a->nflows > SHARED_MAX || b->nflows > SHARED_MAX)
		return;
	for (size_t i = 0; i < a->nflows; i++)
		for (size_t k = 0; k < b->nflows; k++) {
			struct couple *x, key = {.key = {a->flows[i], b->flows[k]}};

			HASH_FIND(hh, *all, &key.key, sizeof key.key, x);
			if (!x) {
				x = xcalloc(1, sizeof *x);
				x->key = key.key;
				x->hints = hints_of(&c->ends[NEAR].flows[x->key.near],
						    &c->ends[FAR].flows[x->key.far]);
				HASH_ADD(hh, *all, key, sizeof x->key, x);
			}
			x->votes += alone ? VOTES_ALONE : 1;
			x->turned += a->from[i] != b->from[k] ? (alone ? VOTES_ALONE : 1) : 0;
		}
}

static int
compare_couples(const void *x, const void *y)
{
	const struct couple *a = *(struct couple *const *)x, *b = *(struct couple *const *)y;

	if (a->votes != b->votes)
		return a->votes > b->votes ? -1 : 1;
	if (a->hints != b->hints)
		return a->hints > b->hints ? -1 : 1;
	if (a->key.near != b->key.near)
		return a->key.near < b->key.near ? -1 : 1;
	return a->key.far < b->key.far ? -1 : a->key.far > b->key.far;
}

static void
turn(struct pair_end *e, struct pair_flow *f)
{
	struct addr a = f->addr[0];
	uint16_t p = f->port[0];

	f->addr[0] = f->addr[1];
	f->port[0] = f->port[1];
	f->addr[1] = a;
	f->port[1] = p;
	for (uint32_t i = 0; i < f->n; i++)
		e->packets[e->list[f->first + i]].from ^= 1;
}

static void
marry(struct comparison *c, const struct couple *x)
{
	struct pair_flow *a = &c->ends[NEAR].flows[x->key.near];
	struct pair_flow *b = &c->ends[FAR].flows[x->key.far];

	if (a->mate || b->mate)
		return;
	a->mate = x->key.far + 1;
	b->mate = x->key.near + 1;
	if (2 * x->turned > x->votes) {
		if (b->syn && !a->syn)
			turn(&c->ends[NEAR], a);
		else
			turn(&c->ends[FAR], b);
	}
	a->syn = b->syn = a->syn || b->syn;
}

/* Marks that both ends know, in order: calls back with the two groups of each. */
static void
each_common(struct comparison *c, enum level level, bool mated, void *context,
	    void (*call)(struct comparison *, void *, const struct group *, const struct group *))
{
	size_t n[NENDS], i = 0, k = 0;
	struct keyed *v[NENDS];

	for (int e = 0; e < NENDS; e++)
		v[e] = marks_of(c, &c->ends[e], level, mated, &n[e]);
	while (i < n[NEAR] && k < n[FAR]) {
		struct group a, b;

		gather(&a, v[NEAR], i, n[NEAR]);
		gather(&b, v[FAR], k, n[FAR]);
		if (a.v->key == b.v->key)
			call(c, context, &a, &b);
		i += a.v->key <= b.v->key ? a.n : 0;
		k += b.v->key <= a.v->key ? b.n : 0;
	}
	free(v[NEAR]);
	free(v[FAR]);
}

static void
vote_on(struct comparison *c, void *context, const struct group *a, const struct group *b)
{
	vote(c, context, a, b);
}

static void
match(struct comparison *c, enum level level)
{
	struct couple *all = NULL, *x, *next, **sorted;
	size_t n = 0;

	each_common(c, level, false, &all, vote_on);
	sorted = xcalloc(HASH_COUNT(all) + 1, sizeof(struct couple *));
	HASH_ITER(hh, all, x, next)
	{
		HASH_DEL(all, x);
		sorted[n++] = x;
	}
	qsort(sorted, n, sizeof(struct couple *), compare_couples);
	for (size_t i = 0; i < n; i++) {
		/* Payload that others say, too, could be anybody's. */
		if (level != BY_PAYLOAD || sorted[i]->votes >= VOTES_ALONE)
			marry(c, sorted[i]);
		free(sorted[i]);
	}
	free(sorted);
}

static void
anchor_on(struct comparison *c, void *context, const struct group *a, const struct group *b)
{
	struct pair_packet *p = a->v->what, *q = b->v->what;
	uint32_t *used = context;

	if (a->n != 1 || b->n != 1 || c->ends[NEAR].flows[p->flow].mate != q->flow + 1 ||
	    p->from != q->from || used[p - c->ends[NEAR].packets])
		return;
	used[p - c->ends[NEAR].packets] = 1;
	c->anchors[c->nanchors++] = (struct pair_anchor){
	    {(uint32_t)(p - c->ends[NEAR].packets), (uint32_t)(q - c->ends[FAR].packets)}};
}

static int
compare_anchors(const void *x, const void *y)
{
	const struct pair_anchor *a = x, *b = y;

	return a->at[NEAR] < b->at[NEAR] ? -1 : a->at[NEAR] > b->at[NEAR];
}

/* What hosts begin with, counted down by each router. */
static bool
is_initial(uint8_t ttl)
{
	return ttl == 32 || ttl == 64 || ttl == 128 || ttl == 255;
}

static const struct pair_packet *
first_syn(const struct pair_end *e, const struct pair_flow *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]];

		if (p->from == 0 && p->flags & TH_SYN_)
			return p;
	}
	return NULL;
}

/* Of a client that said nothing else the request to connect tells what is added. */
static void
learn_by_syn(struct comparison *c, struct pair_flow *f)
{
	const struct pair_flow *g = &c->ends[FAR].flows[f->mate - 1];
	const struct pair_packet *p = first_syn(&c->ends[NEAR], f),
				 *q = first_syn(&c->ends[FAR], g);

	if (p && q)
		f->shift[0] = q->seq - p->seq;
}

/* The client's end opened it, if its TTLs do not say otherwise; and what is added to numbers. */
static void
learn(struct comparison *c)
{
	int *outward = xcalloc(c->ends[NEAR].nflows + 1, sizeof *outward);
	struct tally {
		uint32_t shift;
		int hops;
		long n, nhops;
	} *tallies = xcalloc(2 * c->ends[NEAR].nflows + 2, sizeof *tallies);

	for (size_t i = 0; i < c->nanchors; i++) {
		const struct pair_packet *p = &c->ends[NEAR].packets[c->anchors[i].at[NEAR]];
		const struct pair_packet *q = &c->ends[FAR].packets[c->anchors[i].at[FAR]];
		struct tally *t = &tallies[2 * p->flow + p->from];
		int inward = q->ttl > p->ttl && is_initial(q->ttl) && !is_initial(p->ttl);
		int out = p->ttl > q->ttl && is_initial(p->ttl) && !is_initial(q->ttl);

		outward[p->flow] += p->from ? inward - out : out - inward;
		if (t->n == 0)
			t->shift = q->seq - p->seq;
		t->n += t->shift == q->seq - p->seq ? 1 : -1;
		if (t->nhops == 0)
			t->hops = p->ttl - q->ttl;
		t->nhops += t->hops == p->ttl - q->ttl ? 1 : -1;
	}
	for (size_t i = 0; i < c->ends[NEAR].nflows; i++) {
		struct pair_flow *f = &c->ends[NEAR].flows[i];

		if (!f->mate)
			continue;
		f->flipped = c->ends[FAR].flows[f->mate - 1].flipped = outward[i] < 0;
		for (int s = 0; s < 2; s++) {
			const struct tally *t = &tallies[2 * i + (size_t)s];

			f->shift[s] = f->proto == IPPROTO_TCP ? t->shift : 0;
			/* Counted from the near end so far. */
			f->hops[s] = (s != 0) != f->flipped ? -t->hops : t->hops;
			f->hops_known[s] = t->nhops > 0;
		}
		if (f->proto == IPPROTO_TCP && !tallies[2 * i].n)
			learn_by_syn(c, f);
	}
	free(outward);
	free(tallies);
}

/* From here on the near end's numbers are those that the far end sees. */
static void
translate(struct comparison *c)
{
	for (size_t i = 0; i < c->ends[NEAR].npackets; i++) {
		struct pair_packet *p = &c->ends[NEAR].packets[i];
		const struct pair_flow *f = &c->ends[NEAR].flows[p->flow];

		p->seq += f->shift[p->from];
		if (p->flags & TH_ACK_)
			p->ack += f->shift[!p->from];
	}
}

/* Does it come with a TTL that no packet of that address has in flows that both ends know? Then it
 * is no other machine behind the same address, at the same place. */
static bool
strange_ttl(const struct comparison *c, const struct pair_flow *f, const struct pair_packet *p)
{
	const struct pair_end *e = &c->ends[NEAR], *far = &c->ends[FAR];

	for (size_t i = 0; i < e->nflows; i++) {
		const struct pair_flow *g = &e->flows[i];

		if (!g->mate || !far->flows[g->mate - 1].n || !addr_equal(&g->addr[1], &f->addr[1]))
			continue;
		for (uint32_t k = 0; k < g->n; k++) {
			const struct pair_packet *q = &e->packets[e->list[g->first + k]];

			if (q->from == 1 && q->ttl == p->ttl)
				return false;
		}
	}
	return true;
}

/* A flow to a server whose other flows the far end has, of which nothing arrived: its mate is an
 * empty one. Whoever is answered talks to another machine behind the same address. */
static bool
went_there(const struct comparison *c, const struct pair_flow *f)
{
	const struct pair_end *e = &c->ends[NEAR];
	bool known = false;

	for (size_t i = 0; i < e->nflows && !known; i++)
		known = e->flows[i].mate && !e->flows[i].flipped &&
			addr_equal(&e->flows[i].addr[1], &f->addr[1]);
	for (uint32_t i = 0; i < f->n && known; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]];

		known = p->from == 0 || p->flags & TH_RST_ ||
			(f->proto == IPPROTO_UDP && f->port[1] == 53 && strange_ttl(c, f, p));
	}
	return known;
}

static void
add_empty(struct comparison *c)
{
	struct pair_end *far = &c->ends[FAR];
	size_t n = c->ends[NEAR].nflows, asked = 0;

	for (size_t i = 0; i < n; i++) {
		struct pair_flow *f = &c->ends[NEAR].flows[i];

		if (f->mate || asked == ASKED_MAX)
			continue;
		asked++;
		if (!went_there(c, f))
			continue;
		far->flows = xrealloc(far->flows, (far->nflows + 1), sizeof *far->flows);
		far->flows[far->nflows] = *f;
		far->flows[far->nflows].first = far->flows[far->nflows].n = 0;
		far->flows[far->nflows].mate = (uint32_t)i + 1;
		f->mate = (uint32_t)++far->nflows;
		c->empty++;
	}
}

void
pair_flows(struct comparison *c)
{
	uint32_t *used;
	size_t end[NLEVELS + 1];

	for (int level = 0; level < NLEVELS; level++)
		match(c, (enum level)level);
	used = xcalloc(c->ends[NEAR].npackets + 1, sizeof *used);
	c->anchors = xcalloc(c->ends[NEAR].npackets + 1, sizeof *c->anchors);
	for (int level = BY_ALL; level <= BY_FLOW; level++) {
		if (level != BY_PORTS)
			each_common(c, (enum level)level, true, used, anchor_on);
		end[level] = c->nanchors;
	}
	free(used);
	learn(c);
	/* Who repeats himself may be taken for what he said first, and that tells no time. */
	c->nanchors = 0;
	for (int level = BY_ALL; level <= BY_PAYLOAD && !c->nanchors; level++)
		c->nanchors = end[level];
	qsort(c->anchors, c->nanchors, sizeof *c->anchors, compare_anchors);
	translate(c);
	add_empty(c);
}
