/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH3 of both ends, the lower one first. */
#include "ends.h"

/* The keys are short and of fixed length: half of the cost is the call. */
#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t
hash_v4(const struct ends *e, uint64_t seed)
{
	struct {
		uint32_t addr[2];
		uint16_t port[2];
		uint32_t proto;
	} key;
	uint32_t a, b;
	bool swap;

	memcpy(&a, e->addr[0]->b + ADDR_V4_AT, sizeof a);
	memcpy(&b, e->addr[1]->b + ADDR_V4_AT, sizeof b);
	swap = a != b ? a > b : e->port[0] > e->port[1];
	key.addr[0] = swap ? b : a;
	key.addr[1] = swap ? a : b;
	key.port[0] = e->port[swap];
	key.port[1] = e->port[!swap];
	key.proto = e->proto;
	return XXH3_64bits_withSeed(&key, sizeof key, seed);
}

static uint64_t
hash_v6(const struct ends *e, uint64_t seed)
{
	struct {
		uint64_t word[4];
		uint32_t port[2];
		uint64_t proto;
	} key;
	uint64_t w[2][2];
	bool swap;

	memcpy(w[0], e->addr[0], sizeof w[0]);
	memcpy(w[1], e->addr[1], sizeof w[1]);
	if (w[0][1] != w[1][1])
		swap = w[0][1] > w[1][1];
	else if (w[0][0] != w[1][0])
		swap = w[0][0] > w[1][0];
	else
		swap = e->port[0] > e->port[1];
	memcpy(key.word, w[swap], sizeof w[0]);
	memcpy(key.word + 2, w[!swap], sizeof w[0]);
	key.port[0] = e->port[swap];
	key.port[1] = e->port[!swap];
	key.proto = e->proto;
	return XXH3_64bits_withSeed(&key, sizeof key, seed);
}

uint32_t
ends_hash(const struct ends *e, uint64_t seed)
{
	/* Most are IPv4, and a third of the bytes. */
	bool v4 = addr_is_v4(e->addr[0]) && addr_is_v4(e->addr[1]);
	uint32_t hash = (uint32_t)(v4 ? hash_v4(e, seed) : hash_v6(e, seed));

	return hash ? hash : 1;
}
