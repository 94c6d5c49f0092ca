/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of packets that one capture has and the other lacks, as far as the packets around
 * them prove it: a capture that loses frames is no censor. */
#include "compare.h"

#include <stdlib.h>

const char *const packet_fate_words[NFATES_OF_PACKETS] = {[FATE_OPEN] = "open",
							  [FATE_ARRIVED] = "arrived",
							  [FATE_REGROUPED] = "regrouped",
							  [FATE_PART] = "arrived-in-part",
							  [FATE_OUTSIDE] = "outside",
							  [FATE_UNCAPTURED] = "not-captured",
							  [FATE_IDLE] = "after-idling",
							  [FATE_DUPLICATE] = "duplicate",
							  [FATE_EXPIRED] = "expired",
							  [FATE_LOST] = "lost",
							  [FATE_DROPPED] = "dropped",
							  [FATE_FORGED] = "forged",
							  [FATE_UNEXPLAINED] = "unexplained"};

/* A segment has at most so many bytes, also as cards hand them over (IP's total length). */
#define SEGMENT_MAX 65536
/* Packets that are looked at for one: more than a window of 4 MB has at one place, and an end to
 * what captures made for it can ask for. */
#define SCAN_MAX 4096
/* A network that doubles packets does so at once: among so many before and after. */
#define COPIES_NEAR 64
#define GAP_NEAR 256 /* a window of segments on both sides */

/* One sender's packets of a flow, at one end. */
struct pair_half {
	const struct pair_packet **v;    /* in the order of the capture */
	const struct pair_packet **data; /* such as take up numbers, in order of these */
	uint32_t *acked;                 /* the highest acknowledgement so far, for each of v */
	uint32_t highest;                /* sequence number but for resets */
	size_t n, ndata;
	bool any_ack, any, mated;
	bool ttls[256]; /* of those that the other end has, too */
};

static uint32_t
end_of(const struct pair_packet *p)
{
	return p->seq + p->len + (p->flags & TH_SYN_ ? 1 : 0) + (p->flags & TH_FIN_ ? 1 : 0);
}

static int
compare_places(const void *x, const void *y)
{
	const struct pair_packet *a = *(const struct pair_packet *const *)x;
	const struct pair_packet *b = *(const struct pair_packet *const *)y;

	if (a->seq != b->seq)
		return seq_before(a->seq, b->seq) ? -1 : 1;
	return a->at.frame < b->at.frame ? -1 : a->at.frame > b->at.frame;
}

static struct pair_half
half_of(const struct pair_end *e, const struct pair_flow *f, unsigned from)
{
	struct pair_half h = {0};
	uint32_t acked = 0;

	h.v = xcalloc(f->n + 1, sizeof(struct pair_packet *));
	h.data = xcalloc(f->n + 1, sizeof(struct pair_packet *));
	h.acked = xcalloc(f->n + 1, sizeof *h.acked);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]];

		if (p->from != from)
			continue;
		if (p->flags & TH_ACK_ && (!h.any_ack || seq_before(acked, p->ack))) {
			acked = p->ack;
			h.any_ack = true;
		}
		if (!(p->flags & TH_RST_) && (!h.any || seq_before(h.highest, p->seq))) {
			h.highest = p->seq;
			h.any = true;
		}
		if (p->mate)
			h.mated = h.ttls[p->ttl] = true;
		h.acked[h.n] = acked;
		h.v[h.n++] = p;
		if (end_of(p) != p->seq)
			h.data[h.ndata++] = p;
	}
	qsort(h.data, h.ndata, sizeof(struct pair_packet *), compare_places);
	return h;
}

static void
half_free(struct pair_half *h)
{
	free(h->v);
	free(h->data);
	free(h->acked);
}

/* The first of data that may reach beyond seq. */
static size_t
data_from(const struct pair_half *h, uint32_t seq)
{
	size_t low = 0, high = h->ndata;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (seq_before(h->data[mid]->seq, seq - SEGMENT_MAX))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Is any byte of p in packets that were there by then, other than itself? */
static bool
held_by_others(const struct pair_half *h, const struct pair_packet *p, int64_t by)
{
	size_t at = data_from(h, p->seq);

	for (size_t i = at; i < h->ndata && i - at < SCAN_MAX; i++) {
		const struct pair_packet *q = h->data[i];

		if (!seq_before(q->seq, end_of(p)))
			break;
		if (q != p && q->nsec <= by && seq_before(p->seq, end_of(q)))
			return true;
	}
	return false;
}

/* Its receiver acknowledged it, in its own capture, though that has no such bytes: received. */
static bool
acknowledged(const struct pair_half *there, const struct pair_half *answers,
	     const struct pair_packet *p, int64_t earliest)
{
	size_t low = 0, high = answers->n;

	if (!answers->any_ack || end_of(p) == p->seq)
		return false;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (seq_before(answers->acked[mid], end_of(p)))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == answers->n || answers->v[low]->nsec < earliest)
		return false;
	return !held_by_others(there, p, answers->v[low]->nsec);
}

/* A resolver answers what it got: the same number (RFC 1035, 4.1.1) in a later datagram. */
static bool
dns_answered(const struct pair_half *answers, const struct pair_flow *f,
	     const struct pair_packet *p, int64_t earliest)
{
	if (f->proto != IPPROTO_UDP || f->port[!p->from] != 53 || p->held < 2)
		return false;
	size_t low = 0, high = answers->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (answers->v[mid]->nsec < earliest)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i < answers->n && i - low < SCAN_MAX; i++)
		if (answers->v[i]->nsec >= earliest && answers->v[i]->held >= 2 &&
		    memcmp(answers->v[i]->bytes, p->bytes, 2) == 0)
			return true;
	return false;
}

/* Would the other capture have had a packet of then? `delay` more or less: on the way there. */
static bool
outside(const struct comparison *c, enum end sender, const struct pair_packet *p, bool sent)
{
	const struct pair_clock *k = &c->clock;
	const struct pair_end *other = &c->ends[sent ? other_end(sender) : sender];
	bool near = (sender == NEAR) == sent;
	int64_t t = near ? p->nsec : clock_near(k, p->nsec), first = other->first,
		last = other->last, early = k->least[sender], late = k->most[sender];

	if (near) {
		first = clock_near(k, first);
		last = clock_near(k, last);
	}
	/* Sent at t, it arrives between t + early and t + late; received, it was sent before. */
	if (sent)
		return t + early < first || t + late > last;
	return t - late < first || t - early > last;
}

static bool
expires(const struct pair_flow *f, const struct pair_packet *p)
{
	return f->hops_known[p->from] && f->hops[p->from] > 0 && p->ttl <= f->hops[p->from];
}

static enum packet_fate
fate_of_sent(const struct comparison *c, enum end sender, const struct pair_packet *p,
	     const struct pair_flow *f, const struct pair_half *there,
	     const struct pair_half *answers)
{
	enum end e = other_end(sender);
	int64_t near = sender == NEAR ? p->nsec : clock_near(&c->clock, p->nsec);
	int64_t earliest = near + c->clock.least[sender];

	if (e == FAR)
		earliest = clock_far(&c->clock, earliest);
	if (outside(c, sender, p, true))
		return FATE_OUTSIDE;
	if (acknowledged(there, answers, p, earliest) || dns_answered(answers, f, p, earliest))
		return FATE_UNCAPTURED;
	return expires(f, p) ? FATE_EXPIRED : FATE_LOST;
}

/* What the sender says at that place, in its own capture. */
struct own_words {
	bool differs, same, beyond;
	bool later; /* it closes there itself, but only afterwards */
};

static struct own_words
own_words(const struct pair_half *own, const struct pair_packet *p, int64_t latest)
{
	struct own_words w = {.beyond = own->any && !seq_before(own->highest, end_of(p))};
	size_t at = data_from(own, p->seq);

	for (size_t i = at; i < own->ndata && i - at < SCAN_MAX; i++) {
		const struct pair_packet *q = own->data[i];
		uint32_t skip = p->seq - q->seq, n;

		if (!seq_before(q->seq, end_of(p)))
			break;
		if (!seq_before(p->seq, end_of(q)) || seq_before(p->seq, q->seq))
			continue; /* its beginning is what is compared */
		if (!p->len || skip >= q->len) {
			w.differs |= p->len != 0 || skip < q->len;
			w.same |= !p->len && p->flags & q->flags & TH_FIN_ && q->nsec <= latest;
			w.later |= !p->len && q->flags & TH_FIN_ && q->nsec > latest;
			continue;
		}
		if (!p->bytes || !q->bytes || skip >= q->held)
			continue;
		n = q->held - skip < p->held ? q->held - skip : p->held;
		*(memcmp(p->bytes, q->bytes + skip, n) == 0 ? &w.same : &w.differs) = true;
	}
	return w;
}

/* A stack cannot leave bytes out: one that goes on behind them has sent them. Of a SYN it must go
 * on exactly there, since any number lies before or behind any other. */
static bool
must_have_sent(const struct pair_half *own, const struct pair_packet *p, int64_t latest)
{
	struct own_words w;

	if (end_of(p) == p->seq || p->proto != IPPROTO_TCP || p->flags & TH_RST_)
		return false;
	if (p->flags & TH_SYN_) {
		for (size_t i = 0; i < own->n && i < SCAN_MAX; i++)
			if (own->v[i]->seq == end_of(p) && !(own->v[i]->flags & TH_RST_))
				return true;
		return false;
	}
	w = own_words(own, p, latest);
	return !w.differs && (w.same || (w.beyond && !w.later));
}

static bool
is_copy(const struct pair_half *received, size_t at)
{
	const struct pair_packet *p = received->v[at];
	size_t i = at > COPIES_NEAR ? at - COPIES_NEAR : 0;

	for (; i < received->n && i < at + COPIES_NEAR; i++) {
		const struct pair_packet *q = received->v[i];

		if (q != p && q->mate && q->seq == p->seq && q->ack == p->ack && q->len == p->len &&
		    q->flags == p->flags && q->body == p->body && q->ip_id == p->ip_id &&
		    q->ttl == p->ttl && q->tsval == p->tsval && q->window == p->window)
			return true;
	}
	return false;
}

/* Does it come with a TTL that packets of its alleged sender's come with? */
static bool
usual_ttl(const struct pair_half *received, const struct pair_packet *p)
{
	return !received->mated || received->ttls[p->ttl];
}

/* The latest time, by its alleged sender's clock, at which it can have left. */
static int64_t
sent_by(const struct comparison *c, enum end sender, const struct pair_packet *p)
{
	const struct pair_clock *k = &c->clock;
	int64_t near = sender == FAR ? p->nsec : clock_near(k, p->nsec);

	near += (int64_t)k->offset_error + NSEC_PER_MSEC - k->least[sender];
	return sender == FAR ? clock_far(k, near) : near;
}

/* Does its IP ID fill a gap that its alleged sender left, of one between the ones before and after?
 * Nobody else knows that there is one; but a card that joins segments leaves some, and who turns
 * these into resets keeps their numbers. */
static bool
fills_gap(const struct pair_half *own, const struct pair_packet *p, int64_t latest)
{
	bool before = false, after = false;
	size_t at = 0, high = own->n;

	while (at < high) {
		size_t mid = (at + high) / 2;

		if (own->v[mid]->nsec < latest)
			at = mid + 1;
		else
			high = mid;
	}
	for (size_t i = at > GAP_NEAR ? at - GAP_NEAR : 0; i < own->n && i < at + GAP_NEAR; i++) {
		uint16_t id = own->v[i]->ip_id;

		if (id == p->ip_id)
			return false;
		before |= id && (uint16_t)(id + 1) == p->ip_id;
		after |= id && (uint16_t)(id - 1) == p->ip_id;
	}
	return p->ip_id && before && after && !(p->flags & TH_RST_);
}

static enum packet_fate
fate_of_received(const struct comparison *c, enum end sender, const struct pair_half *own,
		 const struct pair_half *received, size_t at)
{
	const struct pair_packet *p = received->v[at];

	if (outside(c, sender, p, false))
		return FATE_OUTSIDE;
	if (usual_ttl(received, p) && fills_gap(own, p, sent_by(c, sender, p)))
		return FATE_UNCAPTURED;
	if (usual_ttl(received, p) && must_have_sent(own, p, sent_by(c, sender, p)))
		return FATE_UNCAPTURED;
	return is_copy(received, at) ? FATE_DUPLICATE : FATE_UNEXPLAINED;
}

static void
count(struct comparison *c, enum end sender, const struct pair_packet *p, bool sent,
      const struct pair_flow *f)
{
	struct pair_counts *n = &c->counts[sender];
	const struct pair_packet *q =
	    p->mate ? &c->ends[other_end(sender)].packets[p->mate - 1] : NULL;

	if (p->fate != FATE_ARRIVED && p->fate != FATE_REGROUPED)
		n->fates[p->fate]++;
	if (p->fate == FATE_OUTSIDE)
		return;
	if (!sent) {
		n->received++;
		n->unsent += p->fate == FATE_UNCAPTURED;
		return;
	}
	n->sent++;
	n->arrived += q || p->fate == FATE_PART || p->fate == FATE_UNCAPTURED;
	n->odd_ttl += q && f->hops_known[p->from] && p->ttl - q->ttl != f->hops[p->from];
}

static void
judge_half(struct comparison *c, struct pair_flow *f, unsigned from)
{
	struct pair_flow *g = &c->ends[FAR].flows[f->mate - 1];
	enum end sender = (from != 0) != f->flipped ? FAR : NEAR, e = other_end(sender);
	struct pair_flow *at[NENDS] = {f, g};
	struct pair_half own = half_of(&c->ends[sender], at[sender], from);
	struct pair_half there = half_of(&c->ends[e], at[e], from);
	struct pair_half answers = half_of(&c->ends[e], at[e], !from);

	for (size_t i = 0; i < own.n; i++) {
		struct pair_packet *p = (struct pair_packet *)own.v[i];

		if (p->fate == FATE_OPEN)
			p->fate =
			    (uint8_t)(f->proxied ? FATE_OUTSIDE
						 : fate_of_sent(c, sender, p, f, &there, &answers));
		count(c, sender, p, true, f);
	}
	for (size_t i = 0; i < there.n; i++) {
		struct pair_packet *p = (struct pair_packet *)there.v[i];

		if (p->fate == FATE_OPEN)
			p->fate =
			    (uint8_t)(f->proxied ? FATE_OUTSIDE
						 : fate_of_received(c, sender, &own, &there, i));
		count(c, sender, p, false, f);
	}
	half_free(&own);
	half_free(&there);
	half_free(&answers);
}

enum end
pair_sender(const struct comparison *c, enum end e, const struct pair_packet *p)
{
	return (p->from != 0) != c->ends[e].flows[p->flow].flipped ? FAR : NEAR;
}

void
pair_fates(struct comparison *c)
{
	const struct pair_end *near = &c->ends[NEAR], *far = &c->ends[FAR];
	int64_t first, last;

	if (!near->npackets || !far->npackets) {
		c->from = 1;
		return;
	}
	first = clock_near(&c->clock, far->first);
	last = clock_near(&c->clock, far->last);
	c->from = near->first > first ? near->first : first;
	c->to = near->last < last ? near->last : last;
	for (size_t i = 0; i < near->nflows; i++) {
		struct pair_flow *f = &c->ends[NEAR].flows[i];

		for (unsigned from = 0; f->mate && from < 2; from++)
			judge_half(c, f, from);
	}
}
