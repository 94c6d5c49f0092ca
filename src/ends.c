/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH3 of both ends, the lower one first. */
#include "ends.h"

/* The keys are short and of fixed length: half of the cost is the call. */
#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t
hash_v4(const struct ends *e, uint64_t seed)
{
	uint64_t a, b, key[2];
	uint32_t addr[2];

	memcpy(&addr[0], e->addr[0]->b + ADDR_V4_AT, sizeof addr[0]);
	memcpy(&addr[1], e->addr[1]->b + ADDR_V4_AT, sizeof addr[1]);
	a = (uint64_t)addr[0] << 16 | e->port[0];
	b = (uint64_t)addr[1] << 16 | e->port[1];
	key[0] = a < b ? a : b;
	key[1] = (a < b ? b : a) | (uint64_t)e->proto << 48;
	return XXH3_64bits_withSeed(key, sizeof key, seed);
}

/* Not worth the registers where addresses are IPv4's. */
static __attribute__((noinline)) uint64_t
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
	uint32_t hash = (uint32_t)(e->v4 ? hash_v4(e, seed) : hash_v6(e, seed));

	return hash ? hash : 1;
}
