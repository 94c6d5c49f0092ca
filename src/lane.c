/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines: connections in libnids, for lanes whose bytes come early. */
#include "lane.h"

/* Buffers of libnids' connections, which grow with the largest segment. */
#define BUFFERS_MAX (16u << 20)

static void
unlink_line(struct reassembler *r, struct line *n)
{
	*(n->older ? &n->older->newer : &r->oldest) = n->newer;
	*(n->newer ? &n->newer->older : &r->newest) = n->older;
	n->older = n->newer = NULL;
}

static void
link_newest(struct reassembler *r, struct line *n)
{
	n->older = r->newest;
	*(r->newest ? &r->newest->newer : &r->oldest) = n;
	r->newest = n;
}

/* Gives the line back; what waits in the lane's own queue stays there. */
static void
forget(struct lane *l)
{
	struct reassembler *r = stream_of(l)->r;
	struct line *n = l->line;

	unlink_line(r, n);
	r->free[r->nfree++] = n;
	r->buffered -= n->buffered;
	n->buffered = 0;
	n->connection = NULL;
	n->lane = NULL;
	l->line = NULL;
	if (l->queue)
		l->queue->fed = 0;
}

void
lane_detach(struct lane *l)
{
	if (!l->line)
		return;
	connection_close(l->line->connection);
	forget(l);
}

static bool
attach(struct lane *l)
{
	struct reassembler *r = stream_of(l)->r;
	struct line *n;

	if (!r->nfree) {
		r->counts.evicted++;
		lane_detach(r->oldest->lane);
	}
	n = r->free[r->nfree - 1];
	n->connection = connection_open(n->id, n);
	if (!n->connection)
		return false;
	r->nfree--;
	n->lane = l;
	n->base = l->next;
	n->zeros_until = 0;
	l->line = n;
	link_newest(r, n);
	return true;
}

/* Sees that the lane has a connection, and that it is the newest. */
static bool
ready(struct lane *l)
{
	struct reassembler *r = stream_of(l)->r;

	if (!l->line)
		return attach(l);
	if (r->newest != l->line) {
		unlink_line(r, l->line);
		link_newest(r, l->line);
	}
	return true;
}

/* Whose bytes came longest ago must do without libnids when there is too much. */
static void
account(struct lane *l)
{
	struct reassembler *r = stream_of(l)->r;
	struct line *n = l->line;
	size_t now;

	if (!n)
		return;
	now = connection_buffered(n->connection);
	if (now == n->buffered)
		return;
	r->buffered += now - n->buffered;
	n->buffered = (uint32_t)now;
	while (r->buffered > BUFFERS_MAX && r->oldest != n) {
		r->counts.evicted++;
		lane_detach(r->oldest->lane);
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
		connection_feed(l->line->id, (uint32_t)(offset - l->line->base),
				(struct bytes){b.p, n});
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
	const struct line *n = user;
	struct lane *l = n->lane;
	struct stream *s = stream_of(l);
	uint64_t offset = l->next;

	l->next += b.n;
	if (offset >= n->zeros_until && !l->stopped)
		s->r->sink.data(s->owner, (enum side)l->side, offset, b);
}

static void
on_gone(void *user)
{
	const struct line *n = user;

	if (n->lane)
		forget(n->lane);
}

const struct wall_events lane_events = {.bytes = on_bytes, .gone = on_gone};
