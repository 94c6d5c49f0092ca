/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines: connections in libnids, lent to the lanes that have bytes for them, a segment at a time:
 * what one conversation has just used lies in the cache for the next. */
#include "lane.h"

/* A connection is lent on until it has taken this much. */
#define LEND_UNTIL (RENEW_AFTER / 2)
/* Buffers of connections that wait to be lent, which grow with the largest segment: enough for some
 * of the largest. */
#define IDLE_BUFFERS_MAX (1u << 20)
/* Buffers that libnids may hold in idle connections. */
#define BUFFERS_MAX (16u << 20)

static void
unlink_lane(struct reassembler *r, struct lane *l)
{
	*(l->older ? &l->older->newer : &r->oldest) = l->newer;
	*(l->newer ? &l->newer->older : &r->newest) = l->older;
	l->older = l->newer = NULL;
}

static void
link_newest(struct reassembler *r, struct lane *l)
{
	l->older = r->newest;
	*(r->newest ? &r->newest->newer : &r->oldest) = l;
	r->newest = l;
}

/* Gives the line back; what waits in the lane's own queue stays there. */
static void
forget(struct lane *l)
{
	struct reassembler *r = l->stream->r;

	unlink_lane(r, l);
	r->free[r->nfree++] = l->line;
	r->buffered -= l->buffered;
	l->buffered = 0;
	l->line->lane = NULL;
	l->line = NULL;
	if (l->queue)
		l->queue->fed = 0;
}

void
lane_hang_up(struct lane *l)
{
	connection_close(l->line->connection);
	l->line->connection = NULL;
	forget(l);
}

void
lane_detach(struct lane *l)
{
	uint64_t used = l->next - l->base;

	if (!l->line)
		return;
	if ((l->queue && l->queue->fed) || used > LEND_UNTIL ||
	    l->stream->r->idle + l->buffered > IDLE_BUFFERS_MAX) {
		lane_hang_up(l);
		return;
	}
	l->line->used = (uint32_t)used;
	l->line->buffered = l->buffered;
	l->stream->r->idle += l->buffered;
	forget(l);
}

static bool
attach(struct lane *l)
{
	struct reassembler *r = l->stream->r;
	struct line *line;

	if (!r->nfree) {
		r->counts.evicted++;
		lane_detach(r->oldest);
	}
	line = r->free[r->nfree - 1];
	if (!line->connection) {
		line->used = 0;
		line->connection = connection_open(line->id, line);
	}
	if (!line->connection)
		return false;
	r->nfree--;
	r->idle -= line->buffered;
	r->buffered += line->buffered;
	l->buffered = line->buffered;
	line->buffered = 0;
	line->lane = l;
	l->line = line;
	l->base = l->next - line->used;
	link_newest(r, l);
	return true;
}

/* Sees that the lane has a connection, and that it is the newest. */
static bool
ready(struct lane *l)
{
	struct reassembler *r = l->stream->r;

	if (!l->line)
		return attach(l);
	if (r->newest != l) {
		unlink_lane(r, l);
		link_newest(r, l);
	}
	return true;
}

/* libnids' buffers grow with the largest segment and stay: the idle ones are given back. */
static void
account(struct lane *l)
{
	struct reassembler *r = l->stream->r;
	size_t now = l->line ? connection_buffered(l->line->connection) : 0;

	if (now == l->buffered)
		return;
	r->buffered += now - l->buffered;
	l->buffered = (uint32_t)now;
	while (r->buffered > BUFFERS_MAX && r->oldest != l) {
		r->counts.evicted++;
		lane_detach(r->oldest);
	}
}

void
lane_feed(struct lane *l, uint64_t offset, struct bytes b)
{
	uint64_t next = l->next;

	while (b.n && !l->stopped) {
		size_t n = b.n < SYNTHETIC_PAYLOAD_MAX ? b.n : SYNTHETIC_PAYLOAD_MAX;

		if (!ready(l))
			return;
		connection_feed(l->line->id, (uint32_t)(offset - l->base), (struct bytes){b.p, n});
		offset += n;
		b.p += n;
		b.n -= n;
	}
	if (l->next != next)
		account(l);
}

/* What libnids says comes next. */
static void
on_bytes(void *user, struct bytes b)
{
	struct lane *l = ((struct line *)user)->lane;
	struct stream *s = l->stream;
	uint64_t offset = l->next;

	l->next += b.n;
	if (offset >= l->zeros_until && !l->stopped)
		s->r->sink.data(s->owner, (enum side)l->side, offset, b);
}

static void
on_gone(void *user)
{
	struct line *line = user;

	line->connection = NULL;
	if (line->lane)
		forget(line->lane);
}

const struct wall_events lane_events = {.bytes = on_bytes, .gone = on_gone};
