/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where was a capture taken? Two clocks tell: with a = SYN to SYN+ACK and b = SYN+ACK to ACK, the
 * larger one is on the far side (dossier, "Viewpoints"); and a TTL that no router has lowered yet
 * was set next door. */
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

void
vantage_vote(struct vantage_votes *v, const struct look *l)
{
	const struct flow *f = l->flow;
	bool near_client = f->half[CLIENT].ttl && untouched(f->half[CLIENT].ttl);
	bool near_server = f->half[SERVER].ttl && untouched(f->half[SERVER].ttl);
	int64_t a = l->rtt[SERVER], b = l->rtt[CLIENT];

	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return;
	if (a >= WAIT_MIN && a > MUCH_LONGER * b && b > 0)
		v->client += near_client ? 3 : near_server ? 1 : 2;
	else if (b >= WAIT_MIN && b > MUCH_LONGER * a && a > 0)
		v->server += near_server ? 3 : near_client ? 1 : 2;
	else if (a >= WAIT_MIN && b >= WAIT_MIN && !near_client && !near_server)
		v->path += 2;
	else if (near_client && f->half[SERVER].ttl && !near_server)
		v->client++;
	else if (near_server && f->half[CLIENT].ttl && !near_client)
		v->server++;
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
