/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which packet of one end is which of the other, in flows that are the same: first such as are
 * alike in all that a router leaves alone, then such as somebody has written something else into,
 * at last such as carry the same bytes cut otherwise. */
#include "compare.h"
#include "order.h"

#include <stdlib.h>
#include <xxhash.h>

/* Beyond what any packet took that no other looks like, as queues may grow: that much again, and a
 * second, the longest that Linux's own queues (fq_codel, 100 ms) and most modems' hold. */
#define DELAY_MORE NSEC_PER_SEC

/* Packets that are looked at for one. */
#define SCAN_MAX 4096

/* What two packets must have in common. */
enum likeness {
	ALIKE,         /* everything but addresses, ports and TTL */
	ALIKE_BUT_ID,  /* and but the IP ID */
	ALIKE_CUT,     /* as far as a snap length left them */
	ALIKE_IN_DATA, /* the same bytes at the same place */
	ALIKE_IN_HEAD, /* the same place, IP ID or timestamp: the payload was rewritten */
	NLIKENESSES
};

struct likeness_key {
	uint64_t head;
	uint32_t seq, ack, len, tsval;
	uint16_t ip_id;
	uint8_t flags, likeness;
};

/* ECN's two flags are for routers and hosts to set. */
#define FLAGS_KEPT (TH_FIN_ | TH_SYN_ | TH_RST_ | TH_PSH_ | TH_ACK_ | TH_URG_)

/* All of the payload, or its beginning if that is all there is. */
static uint64_t
words_of(const struct pair_packet *p)
{
	return p->captured >= p->len ? p->body : p->head;
}

static bool
in_data(const struct pair_packet *p, struct likeness_key *k)
{
	/* A reset, or a bare ACK, has nothing else that it could be told by. */
	if (p->proto == IPPROTO_TCP && (p->flags & TH_RST_ || !(p->len || p->flags & 3)))
		return false;
	k->seq = p->seq;
	k->len = p->len;
	k->head = words_of(p);
	k->flags = p->flags & (TH_SYN_ | TH_FIN_);
	return true;
}

static bool
in_head(const struct pair_packet *p, struct likeness_key *k)
{
	if (!p->len || p->flags & TH_RST_ || !(p->ip_id || p->tsval))
		return false;
	k->seq = p->seq;
	k->ip_id = p->ip_id;
	k->tsval = p->tsval;
	k->flags = p->flags & (TH_SYN_ | TH_FIN_);
	return true;
}

static bool
key_of(const struct pair_packet *p, enum likeness likeness, uint64_t *ret)
{
	struct likeness_key k;
	bool good = true;

	memset(&k, 0, sizeof k);
	k.likeness = (uint8_t)likeness;
	if (likeness == ALIKE_IN_DATA) {
		good = in_data(p, &k);
	} else if (likeness == ALIKE_IN_HEAD) {
		good = in_head(p, &k);
	} else {
		k.seq = p->seq;
		k.ack = p->ack;
		k.len = p->len;
		k.tsval = p->tsval;
		k.head = likeness == ALIKE_CUT ? p->head : words_of(p);
		k.flags = p->flags & FLAGS_KEPT;
		k.ip_id = likeness == ALIKE_BUT_ID ? 0 : p->ip_id;
	}
	*ret = XXH3_64bits(&k, sizeof k);
	return good;
}

struct side_list { /* one sender's packets of a flow at one end, without a mate */
	struct keyed *v;
	size_t n;
};

static void
list(struct pair_end *e, const struct pair_flow *f, unsigned from, enum likeness likeness,
     struct side_list *l)
{
	l->n = 0;
	for (uint32_t i = 0; i < f->n; i++) {
		struct pair_packet *p = &e->packets[e->list[f->first + i]];

		if (p->from == from && !p->mate && key_of(p, likeness, &l->v[l->n].key))
			l->v[l->n++].what = p;
	}
	order_keyed(l->v, l->n);
}

static void
mate(struct comparison *c, enum end sender, struct pair_packet *s, struct pair_packet *r,
     enum packet_fate fate)
{
	s->mate = (uint32_t)(r - c->ends[other_end(sender)].packets) + 1;
	r->mate = (uint32_t)(s - c->ends[sender].packets) + 1;
	s->fate = r->fate = (uint8_t)fate;
}

/* Could the one have become the other? Less than 0: it was sent too late for that, more: too
 * early. *ret_off: how far from the usual time on the way. */
static int
untimely(const struct pair_clock *k, enum end sender, const struct pair_packet *s,
	 const struct pair_packet *r, int64_t *ret_off)
{
	int64_t delay = clock_delay(k, sender, s->nsec, r->nsec);
	int64_t slack = (int64_t)(k->offset_error / 4) + (k->loose ? DELAY_MORE : NSEC_PER_MSEC);

	*ret_off = delay > k->usual[sender] ? delay - k->usual[sender] : k->usual[sender] - delay;
	if (!k->n[sender])
		return 0;
	if (delay < k->least[sender] - slack)
		return -1;
	return delay > 2 * k->most[sender] + DELAY_MORE;
}

/* What only the header tells of must come over the same way as the flow's other packets. */
static bool
may_be(const struct comparison *c, enum likeness likeness, const struct pair_packet *s,
       const struct pair_packet *r)
{
	bool s_near =
	    s >= c->ends[NEAR].packets && s < c->ends[NEAR].packets + c->ends[NEAR].npackets;
	const struct pair_flow *f = &c->ends[NEAR].flows[s_near ? s->flow : r->flow];

	if (likeness == ALIKE_CUT)
		return s->captured < s->len || r->captured < r->len;
	if (likeness != ALIKE_IN_HEAD)
		return true;
	return f->hops_known[s->from] && s->ttl - r->ttl == f->hops[s->from];
}

struct alike {
	const struct keyed *s, *r;
	size_t ns, nr;
	enum likeness likeness;
};

/* Of packets that are alike: those that arrived, in order, each with the one whose time on the way
 * is nearest to the usual; the ones in between did not arrive. */
static void
pair_alike(struct comparison *c, enum end sender, const struct alike *a)
{
	size_t at = 0;

	for (size_t i = 0; i < a->nr; i++) {
		struct pair_packet *got = a->r[i].what, *best = NULL;
		int64_t off, least = 0;
		size_t left = a->nr - i - 1, tries = 0;

		for (size_t k = at; k < a->ns; k++) {
			struct pair_packet *sent = a->s[k].what;
			int when = untimely(&c->clock, sender, sent, got, &off);

			if (when < 0)
				break;
			if (when > 0 && !best)
				at = k + 1;
			if (when > 0 || !may_be(c, a->likeness, sent, got)) {
				if (++tries == SCAN_MAX)
					break;
				continue;
			}
			/* Where as many arrive as were sent, none is skipped. */
			if (best && (off >= least || a->ns - k <= left))
				break;
			best = sent;
			least = off;
			at = k + 1;
		}
		if (best)
			mate(c, sender, best, got, FATE_ARRIVED);
	}
}

static void
match(struct comparison *c, enum end sender, struct side_list l[NENDS], enum likeness likeness)
{
	const struct side_list *s = &l[sender], *r = &l[other_end(sender)];
	size_t i = 0, k = 0;

	while (i < s->n && k < r->n) {
		uint64_t key = s->v[i].key, other = r->v[k].key;
		struct alike a = {.s = s->v + i, .r = r->v + k, .likeness = likeness};

		while (key <= other && i < s->n && s->v[i].key == key)
			i++, a.ns++;
		while (other <= key && k < r->n && r->v[k].key == other)
			k++, a.nr++;
		if (key == other)
			pair_alike(c, sender, &a);
	}
}

bool
pair_same_bytes(const struct pair_packet *a, const struct pair_packet *b, long *ret_at)
{
	uint32_t n = a->held < b->held ? a->held : b->held;

	*ret_at = -1;
	if (a->bytes && b->bytes) {
		for (uint32_t i = 0; i < n; i++)
			if (a->bytes[i] != b->bytes[i]) {
				*ret_at = (long)i;
				return false;
			}
		if (a->len != b->len)
			*ret_at = (long)n;
		return a->len == b->len;
	}
	if (a->len != b->len)
		return false;
	return a->captured != b->captured || a->body == b->body;
}

/* Are the bytes that two segments share the same, as far as both are held? */
static bool
overlap_agrees(const struct pair_packet *a, const struct pair_packet *b)
{
	uint32_t skip = b->seq - a->seq;
	uint32_t n;

	if ((int32_t)skip < 0)
		return overlap_agrees(b, a);
	if (!a->bytes || !b->bytes || skip >= a->held)
		return true;
	n = a->held - skip < b->held ? a->held - skip : b->held;
	return memcmp(a->bytes + skip, b->bytes, n) == 0;
}

static int
compare_places(const void *x, const void *y)
{
	const struct pair_packet *a = ((const struct keyed *)x)->what;
	const struct pair_packet *b = ((const struct keyed *)y)->what;

	if (a->seq != b->seq)
		return seq_before(a->seq, b->seq) ? -1 : 1;
	return a->at.frame < b->at.frame ? -1 : a->at.frame > b->at.frame;
}

static uint32_t
end_of(const struct pair_packet *p)
{
	return p->seq + p->len;
}

/* Is every byte of p in segments of the other list, which may have become it or come of it? Mates
 * it with the first of these. */
static void
regroup(struct comparison *c, enum end sender, struct pair_packet *p, bool sent,
	const struct side_list *others, size_t *start)
{
	struct pair_packet *first = NULL;
	uint32_t covered = p->seq;
	bool part = false;
	int64_t off;

	while (*start < others->n && !seq_before(p->seq, end_of(others->v[*start].what)))
		++*start;
	for (size_t i = *start; i < others->n && i - *start < SCAN_MAX; i++) {
		struct pair_packet *q = others->v[i].what;

		if (!seq_before(q->seq, end_of(p)))
			break;
		if (!seq_before(p->seq, end_of(q)) ||
		    untimely(&c->clock, sender, sent ? p : q, sent ? q : p, &off) ||
		    !overlap_agrees(p, q))
			continue;
		first = first ? first : q;
		part = true;
		if (!seq_before(covered, q->seq) && seq_before(covered, end_of(q)))
			covered = end_of(q);
	}
	if (!part)
		return;
	if (seq_before(covered, end_of(p))) {
		p->fate = sent ? FATE_PART : FATE_OPEN;
		return;
	}
	p->fate = FATE_REGROUPED;
	p->mate = (uint32_t)(first - c->ends[sent ? other_end(sender) : sender].packets) + 1;
}

/* Large frames of a card that cuts or joins segments itself, and what a proxy cuts otherwise. */
static void
match_bytes(struct comparison *c, enum end sender, const struct pair_flow *f, unsigned from,
	    struct side_list l[NENDS])
{
	for (int e = 0; e < NENDS; e++) {
		struct pair_end *end = &c->ends[e];
		const struct pair_flow *g = e == NEAR ? f : &c->ends[FAR].flows[f->mate - 1];

		l[e].n = 0;
		for (uint32_t i = 0; i < g->n; i++) {
			struct pair_packet *p = &end->packets[end->list[g->first + i]];

			if (p->from == from && !p->mate && p->len && !(p->flags & TH_RST_))
				l[e].v[l[e].n++].what = p;
		}
		qsort(l[e].v, l[e].n, sizeof *l[e].v, compare_places);
	}
	for (int side = 0; side < 2; side++) {
		const struct side_list *of = &l[side ? other_end(sender) : sender];
		size_t start = 0;

		for (size_t i = 0; i < of->n; i++)
			regroup(c, sender, of->v[i].what, !side,
				&l[side ? sender : other_end(sender)], &start);
	}
}

/* Has this end a request to connect that is none of the other's? */
static bool
own_syn(const struct pair_end *e, const struct pair_flow *f)
{
	bool any = false;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]];

		if (p->from || !(p->flags & TH_SYN_))
			continue;
		if (p->mate)
			return false;
		any = true;
	}
	return any;
}

/* Who answers in another's name makes segments of his own: their bytes are the same, and nothing
 * else is. Each end has a handshake that the other has not, or numbers are moved both ways. */
static void
look_for_proxy(struct comparison *c, struct pair_flow *f)
{
	const struct pair_end *e = &c->ends[NEAR];
	const struct pair_flow *g = &c->ends[FAR].flows[f->mate - 1];
	unsigned alike = 0, unlike = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]], *q;

		if (!p->mate || !p->len)
			continue;
		q = &c->ends[FAR].packets[p->mate - 1];
		if (p->fate == FATE_ARRIVED && p->tsval == q->tsval && p->ack == q->ack)
			alike++;
		else
			unlike++;
	}
	f->proxied = (own_syn(e, f) && own_syn(&c->ends[FAR], g)) ||
		     (f->shift[0] && f->shift[1] && unlike > alike);
	c->ends[FAR].flows[f->mate - 1].proxied = f->proxied;
}

static void
pair_flow(struct comparison *c, struct pair_flow *f, struct side_list l[NENDS])
{
	const struct pair_flow *g = &c->ends[FAR].flows[f->mate - 1];

	for (unsigned from = 0; from < 2; from++) {
		enum end sender = (from != 0) != f->flipped ? FAR : NEAR;

		for (int k = 0; k < NLIKENESSES; k++) {
			list(&c->ends[NEAR], f, from, (enum likeness)k, &l[NEAR]);
			list(&c->ends[FAR], g, from, (enum likeness)k, &l[FAR]);
			match(c, sender, l, (enum likeness)k);
			if (k == ALIKE_IN_DATA && f->proto == IPPROTO_TCP)
				match_bytes(c, sender, f, from, l);
		}
	}
	if (f->proto == IPPROTO_TCP)
		look_for_proxy(c, f);
}

void
pair_packets(struct comparison *c)
{
	struct side_list l[NENDS];

	for (int e = 0; e < NENDS; e++)
		l[e].v = xcalloc(c->ends[e].npackets + 1, sizeof *l[e].v);
	for (size_t i = 0; i < c->ends[NEAR].nflows; i++)
		if (c->ends[NEAR].flows[i].mate)
			pair_flow(c, &c->ends[NEAR].flows[i], l);
	for (int e = 0; e < NENDS; e++)
		free(l[e].v);
}
