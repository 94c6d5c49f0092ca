/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seed of all hash tables. */
#include "table.h"

#include <sys/random.h>
#include <xxhash.h>

unsigned
table_hash(const void *key, size_t n)
{
	static uint64_t seed;

	while (!seed)
		if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
			seed = 0x9e3779b97f4a7c15; /* early in a boot: any number will do */
	return (unsigned)XXH3_64bits_withSeed(key, n, seed);
}
