/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the bytes of a connection passed, and which of them were lost. */
#include "rate.h"
#include "leb128.h"

#include <stdlib.h>
#include <string.h>

/* How far back the packet is looked for whose bytes are sent again: a window of 3 MB. */
#define LOOK_BACK 2048
/* A hole that is filled within this was reordering (RFC 4653 calls for a round trip; captures show
 * one to three milliseconds). */
#define REORDERED_USEC 3000
/* The detector of 2016 asks for so many losses. */
#define LOSSES_MIN 15
/* And one packet in so many: policed transfers lose a fifth on average (SIGCOMM 2016), and in the
 * captures of that study one in 65 at the least. Looking costs; ordinary lines lose less. */
#define ONE_IN 200
/* Time is kept in 32 bits of microseconds. */
#define USEC_MAX (4200LL * NSEC_PER_SEC / NSEC_PER_USEC)

static struct rate_point *
append(struct rate *r, struct rate_side *s, const struct rate_point *p, uint32_t *points)
{
	if (s->n == RATE_POINTS_MAX || (s->n == s->size && *points >= RATE_POINTS_ALL)) {
		r->full = true;
		return NULL;
	}
	if (s->n == s->size) {
		uint32_t size = s->size ? s->size * 2 : 64;

		if (size > RATE_POINTS_MAX)
			size = RATE_POINTS_MAX;
		memory_grows((size - s->size) * sizeof *s->points);
		*points += size - s->size;
		s->points = xrealloc(s->points, size, sizeof *s->points);
		s->size = size;
	}
	s->points[s->n] = *p;
	return &s->points[s->n++];
}

/* The bytes [from, to) of that point were lost; what is left of it had passed. */
static void
lose_part(struct rate *r, struct rate_side *s, size_t i, uint32_t from, uint32_t to,
	  uint32_t *points)
{
	struct rate_point lost = s->points[i];
	uint32_t n = to - from;

	s->lost++;
	if (n >= s->points[i].len) {
		s->points[i].fate = RATE_LOST;
		return;
	}
	s->points[i].len = (uint16_t)(s->points[i].len - n);
	lost.seq = from;
	lost.len = (uint16_t)n;
	lost.fate = RATE_LOST;
	append(r, s, &lost, points);
}

/* Bytes come that came, or should have come, before: which packet was lost? The newest that held
 * them. False if none was: a sender learns of a loss after a round trip, so that what comes again
 * at once was captured twice. */
static bool
place_loss(struct rate *r, struct rate_side *s, const struct trace *t, uint32_t usec,
	   uint32_t *points)
{
	uint32_t seq = t->seq, end = seq + t->len, frame = t->at.frame;

	for (uint32_t i = s->n, k = 0; i > 0 && k < LOOK_BACK; i--, k++) {
		struct rate_point *p = &s->points[i - 1];
		uint32_t from = seq_before(p->seq, seq) ? seq : p->seq;
		uint32_t to = seq_before(end, p->seq + p->len) ? end : p->seq + p->len;

		if (!seq_before(from, to) || p->fate == RATE_VOID)
			continue;
		if (p->fate == RATE_LOST)
			return true; /* a part of it that was counted */
		if (p->fate == RATE_PASSED && usec - p->usec < REORDERED_USEC)
			return false;
		if (p->fate == RATE_HOLE && i < s->n && usec - s->points[i].usec < REORDERED_USEC) {
			p->fate = RATE_VOID;
			return true;
		}
		if (p->fate == RATE_HOLE) {
			s->holes++;
			p->frame = frame;
		}
		p->fate = RATE_PASSED;
		lose_part(r, s, i - 1, from, to, points);
		return true;
	}
	s->unplaced++;
	return true;
}

static void
note_data(struct rate *r, enum side from, const struct trace *t, uint32_t usec, uint32_t *points)
{
	struct rate_side *s = &r->side[from];
	struct rate_point p = {.usec = usec, .frame = t->at.frame, .seq = t->seq};
	uint32_t ahead = t->seq - s->next;

	if (seq_before(t->seq, s->next)) {
		if (t->len > 1 && seq_before(s->highest_ack, t->seq + t->len) &&
		    !place_loss(r, s, t, usec, points))
			return;
		s->repeated = usec;
	} else if (ahead && ahead <= UINT16_MAX) {
		p.seq = s->next;
		p.len = (uint16_t)ahead;
		p.fate = RATE_HOLE;
		/* Of a burst that is cut off the end is missing: it shows when the next one comes,
		 * by when a policer's bucket has filled again. */
		if (s->n)
			p.usec = s->points[s->n - 1].usec;
		append(r, s, &p, points);
		p.usec = usec;
		p.seq = t->seq;
	}
	p.len = (uint16_t)(t->len < UINT16_MAX ? t->len : UINT16_MAX);
	p.fate = RATE_PASSED;
	append(r, s, &p, points);
	if (seq_before(s->next, t->seq + t->len))
		s->next = t->seq + t->len;
}

/* Round trips of what was sent since the last retransmission: of everything else nobody knows which
 * copy was confirmed, or what it had to wait for (RFC 6298, 3). */
static void
note_ack(struct rate_side *s, uint32_t ack, uint32_t usec)
{
	if (!seq_before(s->highest_ack, ack))
		return;
	s->highest_ack = ack;
	while (s->acked < s->n) {
		struct rate_point *p = &s->points[s->acked];

		if (seq_before(ack, p->seq + p->len))
			return;
		if (p->usec > s->repeated && p->fate == RATE_PASSED && usec > p->usec)
			p->delay = usec - p->usec;
		s->acked++;
	}
}

static struct rate *
begin(const struct flow *f, const struct trace *t)
{
	struct rate *r = xcalloc(1, sizeof *r);

	memory_grows(sizeof *r);
	r->began = t->nsec;
	r->capture = t->at.capture;
	for (int i = 0; i < 2; i++) {
		const struct half *h = &f->half[i], *o = &f->half[1 - i];

		r->side[i].next = h->next_seq;
		r->side[i].highest_ack = o->has_ack ? o->max_ack : h->isn;
	}
	r->side[t->from].burst = t->seq - f->half[t->from].isn - 1;
	if (t->odd & ODD_GAP)
		r->side[t->from].next = t->seq; /* how large the hole was is not known any more */
	return r;
}

void
rate_note(struct flow *f, const struct trace *t, uint32_t *points)
{
	struct rate *r = f->rate;
	int64_t usec;

	if (t->odd & (ODD_DUPLICATE | ODD_KEEPALIVE | ODD_RST | ODD_ICMP | ODD_PADDED | ODD_SYN))
		return;
	if (!r)
		r = f->rate = begin(f, t);
	usec = (t->nsec - r->began) / NSEC_PER_USEC;
	if (r->full || usec < 0 || usec > USEC_MAX || t->at.capture != r->capture)
		return;
	if (t->len)
		note_data(r, (enum side)t->from, t, (uint32_t)usec, points);
	if (t->flags & TH_ACK_)
		note_ack(&r->side[other_side((enum side)t->from)], t->ack, (uint32_t)usec);
}

void
rate_free(struct rate *r, uint32_t *points)
{
	if (!r)
		return;
	memory_shrinks(sizeof *r);
	for (int i = 0; i < 2; i++) {
		memory_shrinks(r->side[i].size * sizeof *r->side[i].points);
		memory_shrinks(r->side[i].npacked);
		*points -= r->side[i].size;
		free(r->side[i].points);
		free(r->side[i].packed);
	}
	free(r);
}

enum side
rate_loser(const struct rate *r)
{
	return r->side[SERVER].lost >= r->side[CLIENT].lost ? SERVER : CLIENT;
}

bool
rate_is_suspicious(const struct rate *r)
{
	const struct rate_side *s = &r->side[rate_loser(r)];

	return s->lost >= LOSSES_MIN && s->lost * ONE_IN >= s->n;
}

/* Of a packed point: the fate, and what is not as usual. */
enum {
	FATE = 3,
	OTHER_LENGTH = 1 << 2, /* than that of the point before */
	CONFIRMED = 1 << 3,    /* the delay is known */
};
/* A byte of these, and four numbers. */
#define PACKED_MOST (1 + 4 * LEB_MOST)

static uint8_t *
pack_point(uint8_t *b, const struct rate_point *p, const struct rate_point *before)
{
	bool other = p->len != before->len;

	*b++ = (uint8_t)(p->fate | (other ? OTHER_LENGTH : 0) | (p->delay ? CONFIRMED : 0));
	b = leb_put(b, leb_fold((int64_t)p->usec - before->usec));
	b = leb_put(b, leb_fold((int64_t)p->frame - before->frame));
	if (other)
		b = leb_put(b, p->len);
	return p->delay ? leb_put(b, p->delay) : b;
}

static void
pack_side(struct rate_side *s)
{
	uint8_t *all = xrealloc(NULL, (size_t)s->n + 1, PACKED_MOST), *b = all;
	struct rate_point none = {0};

	for (uint32_t i = 0; i < s->n; i++)
		b = pack_point(b, &s->points[i], i ? &s->points[i - 1] : &none);
	s->npacked = (uint32_t)(b - all);
	s->packed = xrealloc(NULL, s->npacked + (size_t)1, 1);
	memcpy(s->packed, all, s->npacked);
	free(all);
	memory_grows(s->npacked);
}

void
rate_pack(struct rate *r, uint32_t *points)
{
	for (int i = 0; i < 2; i++) {
		struct rate_side *s = &r->side[i];

		pack_side(s);
		memory_shrinks(s->size * sizeof *s->points);
		*points -= s->size;
		free(s->points);
		s->points = NULL;
		s->size = 0;
	}
}

void
rate_unpack(const struct rate_side *s, struct rate_point *ret)
{
	const uint8_t *b = s->packed;
	struct rate_point p = {0};

	for (uint32_t i = 0; i < s->n; i++) {
		unsigned mark = *b++;

		p.fate = mark & FATE;
		p.usec = (uint32_t)(p.usec + leb_unfold(leb_take(&b)));
		p.frame = (uint32_t)(p.frame + leb_unfold(leb_take(&b)));
		if (mark & OTHER_LENGTH)
			p.len = (uint16_t)leb_take(&b);
		p.delay = mark & CONFIRMED ? (uint32_t)leb_take(&b) : 0;
		ret[i] = p;
	}
}
