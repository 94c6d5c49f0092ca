/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes each packet in its conversation: a compact record of it where it may matter, running
 * counts where it does not. The sequence numbers are judged here, once (RFC 9293, 3.4). */
#include "decoy.h"
#include "flow_table.h"
#include "shape.h"
#include "rate.h"
#include "traces.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Payloads are hashed while little was said: a race is decided in the beginning of an answer. */
#define HASH_BYTES 4096
/* By their beginnings: they tell duplicates apart, with all that the headers say. */
#define HASH_PREFIX 128
/* And kept for comparison in the beginning of each answer. */
#define KEEP_BYTES 4096
/* The same packet seen twice within this time was captured twice (mirror ports, bridges; the
 * dossier's B-24 says 10 ms). */
#define DUPLICATE_NSEC (10 * NSEC_PER_MSEC)
/* A mirror may deliver a burst and then its copy. */
#define RECENT_IDS 64

/* IPv6 has no IP ID: a payload tells packets apart by its place in the stream or, of datagrams, by
 * its hash, which long conversations do without. */
static bool
is_told_apart(const struct flow *f, const struct trace *t)
{
	return f->ip_version == 6 && (f->proto == IPPROTO_TCP ? t->len != 0 : t->hash != 0);
}

/* Was the very same packet seen a moment ago? A sender that repeats itself counts its IP ID on,
 * or leaves it zero; then a second look at bytes that were just sent tells nothing, so payload
 * or a counted IP ID is asked for. */
static bool
is_duplicate(const struct flow *f, const struct trace *t)
{
	const struct half *h = &f->half[t->from];

	/* Nearly all packets count their sender's IP ID on, or say something new. */
	if (!(t->flags & (TH_SYN_ | TH_RST_)) && f->proto == IPPROTO_TCP) {
		if (f->ip_version == 4 && t->ip_id &&
		    (uint16_t)(h->last_ip_id - t->ip_id) > RECENT_IDS)
			return false;
		if (f->ip_version == 6 && (!t->len || !seq_before(t->seq, h->next_seq)))
			return false;
	}
	for (size_t n = flow_trace_count(f), i = n; i > 0 && i + 6 > n; i--) {
		const struct trace *o = flow_trace(f, i - 1);

		if (t->nsec - o->nsec > DUPLICATE_NSEC)
			return false;
		if (o->from == t->from && o->seq == t->seq && o->ack == t->ack &&
		    o->len == t->len && o->flags == t->flags && o->ip_id == t->ip_id &&
		    o->window == t->window && o->tsval == t->tsval && o->hash == t->hash &&
		    o->options == t->options &&
		    (o->ttl == t->ttl || o->ttl == t->ttl + 1 || o->ttl + 1 == t->ttl) &&
		    (t->ip_id || t->flags & TH_SYN_ || is_told_apart(f, t)))
			return true;
	}
	return false;
}

static void
note_conflict(struct flow *f, const struct conflict *found)
{
	struct conflict **p = &f->conflicts, *c;

	if (f->nconflicts == FLOW_NOTES_MAX)
		return;
	if (!f->arena)
		f->arena = arena_new_pooled();
	while (*p)
		p = &(*p)->next;
	c = arena_alloc(f->arena, sizeof *c);
	*c = *found;
	*p = c;
	f->nconflicts++;
}

/* Bytes that were seen before: the same, or others? */
static uint16_t
overlap(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
	struct flow_counts *counts)
{
	struct half *h = &f->half[from];
	struct conflict c;

	if (pkt->seq == h->next_seq - 1 && pkt->payload_len <= 1)
		return ODD_KEEPALIVE;
	if (!(pkt->bits & PKT_PADDED) && kept_compare(kept, f, from, pkt, &c)) {
		h->conflicts++;
		counts->conflicts++;
		note_conflict(f, &c);
		return ODD_CONFLICT;
	}
	h->retransmissions++;
	return ODD_RETRANSMISSION;
}

/* Where a capture begins in the middle, the first byte of a side may be a keep-alive's: one of no
 * meaning, from before the next (RFC 9293, 3.8.4). Linux and Windows send a zero, without PSH. */
static bool
begins_with_keepalive(const struct packet *pkt)
{
	return pkt->payload_len == 1 && pkt->payload.n == 1 && !pkt->payload.p[0] &&
	       !(pkt->flags & (TH_PSH_ | TH_SYN_));
}

static void
advance(struct half *h, uint32_t end)
{
	if (seq_before(h->next_seq, end))
		h->next_seq = end;
}

/* Payload that its sender meant. */
static uint16_t
count_payload(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from)
{
	struct half *h = &f->half[from], *o = &f->half[other_side(from)];
	uint16_t odd = 0;

	if (o->turn_bytes || !h->bytes) {
		odd = ODD_TURN;
		h->turn_bytes = 0;
		o->turn_bytes = 0;
	}
	if (h->turn_bytes < KEEP_BYTES && pkt->payload.n)
		kept_add(kept, f, from, pkt);
	h->turn_bytes += pkt->payload_len;
	h->bytes += pkt->payload_len;
	if (!h->first_data)
		h->first_data = pkt->nsec;
	h->last_data = pkt->nsec;
	return odd;
}

static uint16_t
judge_payload(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
	      struct flow_counts *counts)
{
	struct half *h = &f->half[from];
	uint32_t seq = pkt->seq + (pkt->flags & TH_SYN_ ? 1 : 0), end = seq + pkt->payload_len;
	uint16_t odd = 0;

	if (!h->has_isn) {
		h->has_isn = true;
		h->isn = begins_with_keepalive(pkt) ? seq : seq - 1;
		h->next_seq = h->isn + 1;
	}
	if (seq_before(seq, h->next_seq)) {
		odd |= overlap(f, kept, pkt, from, counts);
	} else if (seq != h->next_seq) {
		odd |= ODD_GAP;
		h->gaps++;
	}
	if (!(odd & ODD_KEEPALIVE))
		odd |= count_payload(f, kept, pkt, from);
	advance(h, end);
	return odd;
}

static uint16_t
judge_ack(struct flow *f, const struct packet *pkt, enum side from)
{
	struct half *h = &f->half[from], *o = &f->half[other_side(from)];
	uint16_t odd = 0;

	if (!(pkt->flags & TH_ACK_) || pkt->flags & TH_RST_)
		return 0;
	if (!o->has_isn && !(pkt->flags & TH_SYN_)) {
		/* Nothing of the other side was seen yet: this is where it stands. */
		o->has_isn = true;
		o->isn = pkt->ack - 1;
		o->next_seq = pkt->ack;
	} else if (o->syns > 1 && !o->bytes && pkt->ack != o->next_seq) {
		/* Of several SYNs that name different numbers the one that is answered counts. */
		o->isn = pkt->ack - 1;
		o->next_seq = pkt->ack;
	} else if (o->has_isn && seq_before(o->next_seq, pkt->ack)) {
		odd |= ODD_ACK_UNSEEN;
		o->unseen_acked++;
	}
	if (!h->has_ack || seq_before(h->max_ack, pkt->ack))
		h->max_ack = pkt->ack;
	h->has_ack = true;
	return odd;
}

/* A flood must not run a counter over into "none". */
static void
count_one(uint16_t *n)
{
	if (*n < UINT16_MAX)
		(*n)++;
}

static uint16_t
judge_syn(struct half *h, const struct packet *pkt)
{
	count_one(&h->syns);
	if (h->syn_seen && h->bytes)
		return ODD_SYN; /* an old copy, or a forgery: it takes back nothing that was said */
	h->syn_seen = h->has_isn = true;
	h->isn = pkt->seq;
	h->next_seq = pkt->seq + 1;
	h->ts = pkt->options & OPT_TS;
	h->mss = pkt->mss;
	h->wscale = pkt->wscale;
	return ODD_SYN;
}

/* Does a side go on after its own RST or FIN? A pure acknowledgement after a FIN is normal, and
 * so is what it had sent before and sends again. */
static bool
is_after_end(const struct half *h, const struct packet *pkt)
{
	if (h->resets && !(pkt->flags & TH_RST_))
		return true;
	return h->fins && pkt->payload_len && !(pkt->flags & TH_RST_) &&
	       !seq_before(pkt->seq, h->end_seq);
}

static uint16_t
judge_tcp(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
	  struct flow_counts *counts)
{
	struct half *h = &f->half[from], *o = &f->half[other_side(from)];
	uint16_t odd = 0;

	if (is_after_end(h, pkt))
		odd |= ODD_AFTER_END;
	if (pkt->flags & TH_RST_) {
		count_one(&h->resets);
		h->end_seq = pkt->seq;
		return odd | ODD_RST | (pkt->bits & PKT_PADDED ? ODD_PADDED : 0);
	}
	if (pkt->flags & TH_SYN_)
		odd |= judge_syn(h, pkt);
	if (pkt->payload_len && !(pkt->bits & PKT_PADDED))
		odd |= judge_payload(f, kept, pkt, from, counts);
	else if (h->has_isn && pkt->seq == h->next_seq - 1 && !(pkt->flags & (TH_SYN_ | TH_FIN_)))
		/* Before its own FIN: who sent one stands behind it (detect_data.c). */
		odd |= h->fins && pkt->seq == h->end_seq ? ODD_AFTER_END : ODD_KEEPALIVE;
	odd |= judge_ack(f, pkt, from);
	if (pkt->flags & TH_FIN_) {
		count_one(&h->fins);
		h->end_seq = pkt->seq + pkt->payload_len;
		odd |= ODD_FIN;
		if (h->has_isn && seq_before(h->next_seq, h->end_seq + 1) &&
		    h->next_seq == h->end_seq)
			h->next_seq = h->end_seq + 1;
	}
	if (h->ts && o->ts && !(pkt->options & OPT_TS) && !(pkt->flags & TH_SYN_))
		odd |= ODD_NO_TS;
	if (pkt->bits & PKT_PADDED)
		odd |= ODD_PADDED;
	return odd;
}

static void
count_up(uint8_t *n)
{
	if (*n < UINT8_MAX)
		(*n)++;
}

static void
count_ip_id(struct half *h, uint16_t id)
{
	if (id == 0)
		count_up(&h->id_zero);
	else if ((uint16_t)(id - h->last_ip_id) <= 16)
		count_up(&h->id_step);
	else if (h->packets > h->id_zero)
		count_up(&h->id_jump);
	if (id)
		h->last_ip_id = id;
}

/* TTL and IP ID of ordinary packets: what a forged one is held against. */
static uint16_t
judge_ip(const struct flow *f, struct half *h, const struct packet *pkt)
{
	uint16_t odd = 0;
	bool rst = f->proto == IPPROTO_TCP && pkt->flags & TH_RST_;

	if (h->packets == 0 && !rst) {
		h->ttl = h->ttl_min = h->ttl_max = pkt->ttl;
	} else if (h->ttl && (pkt->ttl < h->ttl_min || pkt->ttl > h->ttl_max)) {
		odd |= ODD_TTL;
	}
	if (rst)
		return odd;
	if (!h->ttl)
		h->ttl = h->ttl_min = h->ttl_max = pkt->ttl;
	if (pkt->ttl < h->ttl_min)
		h->ttl_min = pkt->ttl;
	if (pkt->ttl > h->ttl_max)
		h->ttl_max = pkt->ttl;
	if (pkt->ip_version == 4)
		count_ip_id(h, pkt->ip_id);
	return odd;
}

static void
fill(struct trace *t, const struct packet *pkt, enum side from)
{
	t->nsec = pkt->nsec;
	t->at = (struct ref){pkt->number, pkt->capture};
	t->seq = pkt->seq;
	t->ack = pkt->ack;
	t->tsval = pkt->tsval;
	t->tsecr = pkt->tsecr;
	t->len = pkt->payload_len;
	t->ip_id = pkt->ip_id;
	t->window = pkt->window;
	t->options = pkt->options;
	t->bits = pkt->bits;
	t->flags = pkt->flags;
	t->ttl = pkt->ttl;
	t->reserved = pkt->reserved;
	t->tos = pkt->tos;
	t->hash = 0;
	t->odd = 0;
	t->from = (uint8_t)from;
}

static uint32_t
payload_hash(const struct packet *pkt)
{
	size_t n = pkt->payload.n < HASH_PREFIX ? pkt->payload.n : HASH_PREFIX;

	return (uint32_t)XXH3_64bits(pkt->payload.p, n) | 1;
}

static void
count_packet(struct flow *f, struct half *h, const struct packet *pkt)
{
	h->packets++;
	h->last = f->last = pkt->nsec;
	f->last_at = (struct ref){pkt->number, pkt->capture};
}

static void
count_datagram(struct half *h, struct half *o, const struct packet *pkt)
{
	if (o->turn_packets)
		h->turn_packets = h->turn_bytes = o->turn_packets = o->turn_bytes = 0;
	h->turn_packets++;
	h->turn_bytes += pkt->payload_len;
}

static void
note_packet(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
	    struct flow_counts *counts)
{
	struct half *h = &f->half[from];
	bool shaping = f->proto == IPPROTO_TCP &&
		       (shape_count(h->shape) < SHAPE_PACKETS || pkt->flags & TH_RST_);
	bool paused = h->packets && pkt->nsec - h->last >= SHAPE_SILENCE;
	bool fresh =
	    shaping && pkt->flags & TH_ACK_ && (!h->has_ack || seq_before(h->max_ack, pkt->ack));
	struct trace t;

	fill(&t, pkt, from);
	if (pkt->payload.n && h->bytes < HASH_BYTES)
		t.hash = payload_hash(pkt);
	if (h->packets && is_duplicate(f, &t)) {
		/* Told, kept, and not counted as something that the sender did. Resets are the
		 * exception: injectors do send them in identical bursts. */
		t.odd = ODD_DUPLICATE;
		h->duplicates++;
		if (!(pkt->flags & TH_RST_)) {
			counts->duplicates++;
			f->bits |= FLOW_DUPLICATED;
		} else {
			t.odd |= ODD_RST;
			count_one(&h->resets);
		}
	} else {
		t.odd = judge_ip(f, h, pkt);
		if (f->proto == IPPROTO_TCP) {
			t.odd |= judge_tcp(f, kept, pkt, from, counts);
			if (f->rate ||
			    (t.odd & (ODD_RETRANSMISSION | ODD_GAP) && h->bytes > RATE_AFTER))
				rate_note(f, &t, &counts->rate_points);
		} else {
			if (!h->first_data)
				h->first_data = pkt->nsec;
			h->last_data = pkt->nsec;
			h->bytes += pkt->payload_len;
			count_datagram(h, &f->half[other_side(from)], pkt);
		}
		h->last_window = pkt->window;
	}
	if (shaping && (!(t.odd & ODD_DUPLICATE) || t.flags & TH_RST_))
		shape_note(f, &t, paused, fresh);
	if (!h->packets)
		h->first = pkt->nsec;
	count_packet(f, h, pkt);
	if (t.odd & (TRACE_STRONG & ~(ODD_SYN | ODD_FIN)))
		f->bits |= FLOW_ODD;
	*trace_next(f) = t;
}

/* Can nothing be odd in this packet? So are nearly all: it goes on where its sender stood, confirms
 * what the other one sent, and came once. */
static bool
is_plain(const struct flow *f, const struct half *h, const struct half *o, const struct packet *pkt)
{
	if ((pkt->flags & ~TH_PSH_) != TH_ACK_ || pkt->seq != h->next_seq ||
	    pkt->bits & PKT_PADDED || f->proto != IPPROTO_TCP)
		return false;
	if (!h->packets || !h->has_isn || !o->has_isn || h->resets || h->fins || o->syns > 1 ||
	    seq_before(o->next_seq, pkt->ack))
		return false;
	if (!h->ttl || pkt->ttl < h->ttl_min || pkt->ttl > h->ttl_max ||
	    (h->ts && o->ts && !(pkt->options & OPT_TS)))
		return false;
	return !pkt->ip_id || (uint16_t)(h->last_ip_id - pkt->ip_id) > RECENT_IDS;
}

/* What note_packet() does with a packet that is_plain(). */
static void
note_plain(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
	   struct flow_counts *counts)
{
	struct half *h = &f->half[from];
	bool fresh = !h->has_ack || seq_before(h->max_ack, pkt->ack);
	struct trace *t = trace_next(f);

	fill(t, pkt, from);
	if (f->ip_version == 4)
		count_ip_id(h, pkt->ip_id);
	if (pkt->payload_len) {
		if (pkt->payload.n && h->bytes < HASH_BYTES)
			t->hash = payload_hash(pkt);
		t->odd = count_payload(f, kept, pkt, from);
		advance(h, pkt->seq + pkt->payload_len);
	}
	if (fresh)
		h->max_ack = pkt->ack;
	h->has_ack = true;
	if (f->rate)
		rate_note(f, t, &counts->rate_points);
	h->last_window = pkt->window;
	if (shape_count(h->shape) < SHAPE_PACKETS)
		shape_note(f, t, pkt->nsec - h->last >= SHAPE_SILENCE, fresh);
	count_packet(f, h, pkt);
}

void
trace_release(struct flow *f, struct kept *kept, struct flow_counts *counts)
{
	struct ref last_at = f->last_at;
	int64_t last = f->last;

	for (unsigned i = 0; i < f->decoys->nheld; i++)
		note_packet(f, kept, &f->decoys->held[i]->packet, CLIENT, counts);
	f->last = last;
	f->last_at = last_at;
	f->bits = (uint16_t)((f->bits & ~FLOW_HELD) | FLOW_RELEASED);
}

void
trace_packet(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
	     struct flow_counts *counts)
{
	struct half *h = &f->half[from], *o = &f->half[other_side(from)];

	if (f->proto == IPPROTO_TCP && decoy_is_possible(f, pkt, from) && decoy_take(f, pkt)) {
		f->bits |= FLOW_ODD | FLOW_DECOY;
		f->last = pkt->nsec;
		f->last_at = (struct ref){pkt->number, pkt->capture};
		return;
	}
	if (f->bits & FLOW_HELD && from == SERVER && decoy_is_answered(f, pkt))
		trace_release(f, kept, counts);
	if (is_plain(f, h, o, pkt))
		note_plain(f, kept, pkt, from, counts);
	else
		note_packet(f, kept, pkt, from, counts);
}

void
trace_icmp(struct flow *f, const struct packet *pkt, enum side quoted)
{
	struct icmp_error **p = &f->icmp_errors, *e;
	struct trace t;

	fill(&t, pkt, other_side(quoted));
	t.odd = ODD_ICMP;
	t.flags = pkt->icmp_type;
	t.reserved = pkt->icmp_code;
	t.seq = pkt->quote.seq;
	t.len = 0;
	*trace_next(f) = t;
	f->bits |= FLOW_ODD;
	if (f->nicmp == FLOW_NOTES_MAX)
		return;
	if (!f->arena)
		f->arena = arena_new_pooled();
	while (*p)
		p = &(*p)->next;
	e = arena_alloc(f->arena, sizeof *e);
	e->at = t.at;
	e->nsec = pkt->nsec;
	e->sender = pkt->src;
	e->quoted = quoted;
	e->type = pkt->icmp_type;
	e->code = pkt->icmp_code;
	e->ttl = pkt->ttl;
	e->quoted_ttl = pkt->quote.ttl;
	e->quoted_ip_id = pkt->quote.ip_id;
	e->quoted_seq = pkt->quote.seq;
	e->ip_version = pkt->ip_version;
	e->mtu = pkt->icmp_word & 0xffff;
	*p = e;
	f->nicmp++;
}
