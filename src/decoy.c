/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows decoys by what makes a server discard them: the manuals of zapret (bol-van/zapret,
 * docs/readme.en.md, "Fakes"), GoodbyeDPI (ValdikSS/GoodbyeDPI, src/fakepackets.c) and byedpi
 * (hufrea/byedpi, desync.c) say what they make; RFC 9293, 7323, 5961 and 2385 what becomes of it.
 */
#include "decoy.h"

#include <string.h>

/* The client's first SYN: the measure of what it sends. */
static const struct trace *
syn_of(const struct flow *f)
{
	for (size_t i = 0; i < flow_trace_count(f); i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->from == CLIENT && t->flags & TH_SYN_)
			return t;
	}
	return NULL;
}

/* What a network card has yet to complete is wrong as well, but then the SYN's is, or it holds what
 * the system puts there meanwhile. */
static bool
has_wrong_sum(const struct packet *pkt, const struct trace *syn)
{
	return pkt->bits & PKT_BAD_SUM && !(pkt->bits & PKT_PARTIAL_SUM) &&
	       !(syn->bits & (PKT_BAD_SUM | PKT_SUM_UNCHECKED));
}

static bool
may_die(const struct packet *pkt, const struct trace *syn)
{
	return pkt->ttl <= DECOY_TTL_MAX && pkt->ttl + DECOY_TTL_LESS <= syn->ttl &&
	       is_sent_near(syn->ttl);
}

/* NDECOYS: it is none. A reset is held against less, since who sends one cares less. */
static enum decoy
kind_of(const struct flow *f, const struct packet *pkt, const struct trace *syn)
{
	const struct half *c = &f->half[CLIENT], *s = &f->half[SERVER];
	bool reset = pkt->flags & TH_RST_ || pkt->bits & PKT_PADDED;

	if (has_wrong_sum(pkt, syn))
		return DECOY_SUM;
	if (pkt->options & OPT_MD5 && !(syn->options & OPT_MD5))
		return DECOY_MD5;
	if (!reset && !(pkt->flags & TH_ACK_))
		return DECOY_NO_ACK;
	if (!s->bytes && pkt->options & syn->options & OPT_TS && seq_before(pkt->tsval, syn->tsval))
		return DECOY_CLOCK;
	/* Keep-alives stand before the next byte, too, but have one at most (RFC 9293, 3.8.4). */
	if (!reset && pkt->payload_len > 1 && !seq_before(c->isn + 1, pkt->seq + pkt->payload_len))
		return DECOY_SEQ;
	if (pkt->flags & TH_ACK_ && s->syn_seen && s->syns == 1 && !seq_before(s->isn, pkt->ack))
		return DECOY_ACK;
	return may_die(pkt, syn) ? DECOY_TTL : NDECOYS;
}

static struct decoys *
decoys_of(struct flow *f)
{
	if (!f->arena)
		f->arena = arena_new_pooled();
	if (!f->decoys) {
		f->decoys = arena_alloc(f->arena, sizeof *f->decoys);
		*f->decoys = (struct decoys){0};
	}
	return f->decoys;
}

static void
count(struct flow *f, enum decoy kind, const struct packet *pkt)
{
	struct decoys *d = decoys_of(f);

	/* What was held back came before others that were counted at once. */
	if (!d->n[kind]++ ||
	    (d->at[kind].capture == pkt->capture && d->at[kind].frame > pkt->number))
		d->at[kind] = (struct ref){pkt->number, pkt->capture};
}

/* Does the client say something else instead? Behind what died on the way it goes on, as what was
 * lost comes again; a checksum tells less, and both must claim the same place. */
static bool
replaces(const struct packet *pkt, const struct held *h)
{
	return h->kind == DECOY_TTL || !h->packet.payload_len ||
	       seq_before(pkt->seq, h->packet.seq + h->packet.payload_len);
}

static void
settle(struct flow *f, const struct packet *pkt)
{
	struct decoys *d = f->decoys;
	uint8_t left = 0;

	for (unsigned i = 0; i < d->nheld; i++) {
		if (replaces(pkt, d->held[i]))
			count(f, d->held[i]->kind, &d->held[i]->packet);
		else
			d->held[left++] = d->held[i];
	}
	d->nheld = left;
	if (!left)
		f->bits &= (uint16_t)~FLOW_HELD;
}

static void
hold(struct flow *f, enum decoy kind, const struct packet *pkt)
{
	struct decoys *d = decoys_of(f);
	struct held *h = arena_alloc(f->arena, sizeof *h + pkt->payload.n);

	h->packet = *pkt;
	h->packet.payload.p = h->b;
	h->kind = kind;
	if (pkt->payload.n)
		memcpy(h->b, pkt->payload.p, pkt->payload.n);
	d->held[d->nheld++] = h;
	f->bits |= FLOW_HELD;
}

bool
decoy_take(struct flow *f, const struct packet *pkt)
{
	const struct half *c = &f->half[CLIENT];
	const struct trace *syn = syn_of(f);
	enum decoy kind = syn ? kind_of(f, pkt, syn) : NDECOYS;

	if (kind == NDECOYS) {
		if (f->bits & FLOW_HELD)
			settle(f, pkt);
		return false;
	}
	if ((kind == DECOY_TTL || kind == DECOY_SUM) && !seq_before(pkt->seq, c->next_seq) &&
	    (!f->decoys || f->decoys->nheld < HELD_MAX))
		hold(f, kind, pkt);
	else
		count(f, kind, pkt);
	return true;
}

/* By what comes in its name, at least; or by a confirmation of what only those packets say. */
bool
decoy_is_answered(const struct flow *f, const struct packet *pkt)
{
	return pkt->payload_len || pkt->flags & (TH_RST_ | TH_FIN_) ||
	       (pkt->flags & TH_ACK_ && seq_before(f->half[CLIENT].next_seq, pkt->ack));
}
