/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP byte streams in order (RFC 9293, 3.4 and 3.10.7.4), assembled by libnids.
 *
 * Each direction of a stream is a lane of its own: its own offset, its own queue, and, while
 * segments wait in it, its own connection in libnids. A segment that comes next while nothing
 * waits is in order as it is, and goes straight to the sink. One that comes early is copied into
 * the lane's queue and put into libnids, and so is all that follows until nothing waits. The queue
 * is there so that we know where the gaps are, and so that a connection can be closed and opened
 * again at any time without loss: that is how idle buffers are given back, how large gaps are
 * jumped, and how a stream outlives libnids' 31-bit counters. */
#include "lane.h"
#include "pool.h"

#include <stdlib.h>
#include <string.h>

/* What may wait behind a gap of one lane. The receive buffer of a host without window scaling
 * (RFC 7323, 1.1): what waits longer than that is a hole in the capture, not reordering. */
#define QUEUE_BYTES_MAX 65536
/* libnids queues in a linear list; this many small segments keep its walk under 1 us. */
#define QUEUE_SEGMENTS_MAX 256
/* And of all lanes together: 512 full queues. */
#define QUEUE_TOTAL_MAX (32u << 20)
/* Only what is as near as this is put into libnids' own queue. A gap before it costs as many
 * zero bytes, so one hostile segment costs no more than a full-sized honest one. */
#define NEAR 65536
/* Segments further ahead than any window allows (RFC 7323, 2.3: below 2^30) are forged. */
#define AHEAD_MAX (1u << 30)

static void
queue_free(struct lane *l)
{
	struct queue *q = l->queue;

	if (!q)
		return;
	for (size_t i = 0; i < q->n; i++)
		free(q->early[i].data);
	stream_of(l)->r->queued -= q->bytes;
	free(q);
	l->queue = NULL;
}

static size_t
cost(const struct early *e)
{
	return e->n + sizeof *e;
}

/* Copies an early segment into the queue. A segment inside of another adds nothing: the one
 * that begins first wins, and of two that begin together the first to come. */
static void
enqueue(struct lane *l, uint64_t offset, struct bytes b, uint32_t cut)
{
	struct reassembler *r = stream_of(l)->r;
	struct queue *q = l->queue;
	struct early *e;
	size_t i;

	if (!q || q->n == q->size) {
		size_t size = q ? q->size * 2 : 4;
		bool first = !q;

		q = xrealloc(q, 1, sizeof *q + size * sizeof *e);
		if (first)
			memset(q, 0, sizeof *q);
		q->size = size;
		l->queue = q;
	}
	for (i = q->n; i > 0 && q->early[i - 1].offset > offset; i--)
		;
	for (size_t j = 0; j < i; j++)
		if (q->early[j].offset + q->early[j].n >= offset + b.n + cut)
			return;
	e = &q->early[i];
	memmove(e + 1, e, (q->n - i) * sizeof *e);
	q->n++;
	*e = (struct early){.offset = offset, .n = (uint32_t)b.n, .cut = cut};
	e->data = xcalloc(1, b.n);
	if (b.n)
		memcpy(e->data, b.p, b.n);
	q->bytes += cost(e);
	r->queued += cost(e);
	if (i < q->fed) {
		q->fed++;
		lane_feed(l, offset, b);
	}
}

/* Drops from the queue what has been handed out. */
static void
shed(struct lane *l)
{
	struct queue *q = l->queue;
	size_t n = 0;

	for (; n < q->n && q->early[n].offset + q->early[n].n <= l->next; n++) {
		const struct early *e = &q->early[n];
		uint64_t end = e->offset + e->n + e->cut;

		if (end > l->cut_until)
			l->cut_until = end;
		q->bytes -= cost(e);
		stream_of(l)->r->queued -= cost(e);
		free(e->data);
	}
	if (!n)
		return;
	q->n -= n;
	q->fed = q->fed > n ? q->fed - n : 0;
	if (!q->n) {
		queue_free(l);
		return;
	}
	memmove(q->early, q->early + n, q->n * sizeof *q->early);
}

/* Gives up on [next, end). Nothing in the queue begins before end. libnids gets zeros for a
 * small gap, and a new connection beyond a large one. */
static void
skip(struct lane *l, uint64_t end)
{
	struct stream *s = stream_of(l);
	uint64_t n = end - l->next;

	s->r->counts.gaps++;
	s->r->sink.gap(s->owner, (enum side)l->side, l->next, n);
	if (l->stopped)
		return;
	if (l->line && n <= NEAR) {
		uint64_t at = l->next;

		l->line->zeros_until = end;
		for (; at < end && l->next == at && !l->stopped; at += n) {
			n = end - at < SYNTHETIC_PAYLOAD_MAX ? end - at : SYNTHETIC_PAYLOAD_MAX;
			connection_feed_zeros(l->line->id, (uint32_t)(at - l->line->base),
					      (size_t)n);
		}
		if (l->next >= end || l->stopped)
			return;
		s->r->counts.lost += end - l->next;
	}
	lane_detach(l);
	l->next = end;
}

/* With nothing waiting libnids would give back these bytes and no others: docs/architecture.md says
 * what that costs. */
static void
hand_out(struct lane *l, struct bytes b)
{
	struct stream *s = stream_of(l);
	uint64_t offset = l->next;

	l->next += b.n;
	s->r->sink.data(s->owner, (enum side)l->side, offset, b);
}

/* What libnids does not give back at once never comes: better a gap than a stream that hangs. */
static void
feed_in_order(struct lane *l, struct bytes b)
{
	uint64_t end = l->next + b.n;

	if (!l->line && !l->queue && b.n) {
		hand_out(l, b);
		return;
	}
	lane_feed(l, l->next, b);
	if (l->next >= end || l->stopped)
		return;
	stream_of(l)->r->counts.lost += end - l->next;
	lane_detach(l);
	skip(l, end);
}

/* Puts the next of the queue into libnids, if it is near enough. */
static bool
feed_early(struct lane *l)
{
	struct queue *q = l->queue;
	const struct early *e;
	uint64_t old;

	if (!q || q->fed == q->n || q->early[q->fed].offset > l->next + NEAR)
		return false;
	e = &q->early[q->fed++];
	old = e->offset < l->next ? l->next - e->offset : 0;
	if (old < e->n)
		lane_feed(l, e->offset + old, (struct bytes){e->data + old, e->n - (size_t)old});
	return true;
}

static bool
crowded(struct lane *l)
{
	const struct queue *q = l->queue;

	return q->bytes > QUEUE_BYTES_MAX || q->n > QUEUE_SEGMENTS_MAX ||
	       stream_of(l)->r->queued > QUEUE_TOTAL_MAX;
}

/* Hands out what can be handed out: what libnids has not got yet, what lies behind bytes that
 * the capture lacks for certain, and what waited too long, or everything. */
static void
settle(struct lane *l, bool everything)
{
	while (!l->stopped) {
		uint64_t front = UINT64_MAX;

		if (l->queue)
			shed(l);
		if (feed_early(l))
			continue;
		if (l->queue)
			front = l->queue->early[0].offset;
		if (l->next < l->cut_until) {
			skip(l, front < l->cut_until ? front : l->cut_until);
		} else if (l->queue && (everything || crowded(l))) {
			stream_of(l)->r->counts.crowded += !everything;
			skip(l, front);
		} else {
			return;
		}
	}
}

static void
release(struct lane *l)
{
	lane_detach(l);
	queue_free(l);
}

/* A call for this stream is over: frees what the sink stopped meanwhile, and gives the line back
 * if libnids holds nothing. */
static void
leave(struct stream *s)
{
	s->r->busy = NULL;
	for (size_t i = 0; i < 2; i++) {
		struct lane *l = &s->lane[i];

		if (l->stopped)
			release(l);
		else if (l->line && !(l->queue && l->queue->fed))
			lane_detach(l);
	}
}

void
stream_segment(struct stream *s, enum side from, uint32_t seq, struct bytes b, uint32_t len)
{
	struct lane *l = &s->lane[from];
	uint32_t ahead = seq - (l->first_seq + (uint32_t)l->next);
	uint64_t end;

	if (l->stopped)
		return;
	if (b.n > len)
		b.n = len;
	if (ahead >= 1u << 31) { /* begins with bytes that were handed out, or before the first */
		uint32_t behind = -ahead;
		size_t old = behind < b.n ? behind : b.n;

		if (behind >= len)
			return;
		b.p += old;
		b.n -= old;
		len -= behind;
		ahead = 0;
	}
	if (ahead > AHEAD_MAX) {
		s->r->counts.far++;
		return;
	}
	if (!len)
		return;
	s->r->busy = s;
	if (l->line && l->next - l->line->base > RENEW_AFTER)
		lane_detach(l);
	end = l->next + ahead + len;
	if (ahead) {
		enqueue(l, l->next + ahead, b, len - (uint32_t)b.n);
	} else {
		feed_in_order(l, b);
		if (len > b.n && end > l->cut_until)
			l->cut_until = end;
	}
	if (l->queue || l->next < l->cut_until)
		settle(l, false);
	leave(s);
}

void
stream_stop(struct stream *s, enum side from)
{
	struct lane *l = &s->lane[from];

	l->stopped = true;
	if (s->r->busy != s)
		release(l);
}

void
stream_set_first(struct stream *s, enum side from, uint32_t first_seq)
{
	struct lane *l = &s->lane[from];

	if (!l->next && !l->queue)
		l->first_seq = first_seq;
}

struct stream *
stream_open(struct reassembler *r, void *owner, const uint32_t first_seq[2])
{
	struct stream *s;

	if (r->nstreams >= r->max_streams)
		return NULL;
	r->nstreams++;
	s = pool_alloc(sizeof *s);
	s->r = r;
	s->owner = owner;
	for (size_t i = 0; i < 2; i++) {
		s->lane[i].side = (uint8_t)i;
		s->lane[i].first_seq = first_seq[i];
	}
	return s;
}

void
stream_close(struct stream *s)
{
	if (!s)
		return;
	s->r->busy = s;
	for (size_t i = 0; i < 2; i++)
		settle(&s->lane[i], true);
	s->r->busy = NULL;
	for (size_t i = 0; i < 2; i++)
		release(&s->lane[i]);
	s->r->nstreams--;
	pool_free(s, sizeof *s);
}

struct reassembler *
reassembler_new(const struct stream_sink *sink, size_t max_streams)
{
	struct reassembler *r;

	if (wall_start(&lane_events) < 0)
		return NULL;
	r = xcalloc(1, sizeof *r);
	r->sink = *sink;
	r->max_streams = max_streams;
	for (; r->nfree < CONNECTIONS_MAX; r->nfree++) {
		r->free[r->nfree] = &r->lines[r->nfree];
		r->lines[r->nfree].id = (uint16_t)(r->nfree + 1);
	}
	return r;
}

const struct reassembler_counts *
reassembler_counts(const struct reassembler *r)
{
	return &r->counts;
}

void
reassembler_free(struct reassembler *r)
{
	if (!r)
		return;
	while (r->oldest)
		lane_detach(r->oldest->lane);
	wall_stop();
	free(r);
}
