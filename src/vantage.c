/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where was a capture taken? A TTL that no router has lowered yet was set next door; and with
 * a = SYN to SYN+ACK and b = SYN+ACK to ACK, the larger one is on the far side. */
#include "vantage.h"

#include <netinet/in.h>

/* Shorter waits are the work of kernels, not of the path. */
#define WAIT_MIN (NSEC_PER_MSEC)
#define MUCH_LONGER 5

static bool
untouched(uint8_t ttl)
{
	return ttl == 64 || ttl == 128 || ttl == 255;
}

/* The time from a question to its answer, seen from here. */
static int64_t
answer_time(const struct look *l)
{
	const struct half *c = &l->flow->half[CLIENT], *s = &l->flow->half[SERVER];

	if (l->flow->proto == IPPROTO_TCP)
		return l->rtt[SERVER];
	return s->first_data > c->first_data ? s->first_data - c->first_data : 0;
}

/* One direction only: the TTL alone tells. */
static void
vote_one_way(struct vantage_votes *v, const struct flow *f, enum side from)
{
	bool near = untouched(f->half[from].ttl);

	*((from == CLIENT) == near ? &v->client : &v->server) += 1;
}

void
vantage_vote(struct vantage_votes *v, const struct look *l)
{
	const struct flow *f = l->flow;
	bool near_client = untouched(f->half[CLIENT].ttl);
	bool near_server = untouched(f->half[SERVER].ttl);
	int64_t a = answer_time(l), b = l->rtt[CLIENT];

	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return;
	if (!f->half[CLIENT].ttl || !f->half[SERVER].ttl) {
		if (f->half[CLIENT].ttl || f->half[SERVER].ttl)
			vote_one_way(v, f, f->half[CLIENT].ttl ? CLIENT : SERVER);
		return;
	}
	/* A slow program at the client delays its ACK, so the TTLs are asked first. */
	if (near_client && !near_server)
		v->client += 3;
	else if (near_server && !near_client)
		v->server += 3;
	else if (!near_client)
		v->path += 3; /* routers on both sides */
	else if (a >= WAIT_MIN && a / MUCH_LONGER > b)
		v->client += 2;
	else if (b >= WAIT_MIN && b / MUCH_LONGER > a)
		v->server += 2;
}

enum vantage
vantage_told(const struct vantage_votes *v)
{
	uint64_t all = v->client + v->server + v->path;

	if (all == 0)
		return VANTAGE_UNKNOWN;
	if (v->client * 3 > all * 2)
		return VANTAGE_CLIENT;
	if (v->server * 3 > all * 2)
		return VANTAGE_SERVER;
	if (v->path * 3 > all * 2)
		return VANTAGE_PATH;
	return VANTAGE_UNKNOWN;
}
