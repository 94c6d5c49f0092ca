/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers in groups of seven bits, the lowest first, as in LEB128 (DWARF 5, 7.6). Signed ones are
 * folded first, so that small ones stay short. */
#pragma once

#include "base.h"

/* Bytes of a number, at most. */
#define LEB_MOST 10

static inline uint64_t
leb_fold(int64_t i)
{
	return (uint64_t)i << 1 ^ (uint64_t)(i >> 63);
}

static inline int64_t
leb_unfold(uint64_t u)
{
	return (int64_t)(u >> 1 ^ -(u & 1));
}

/* Returns where the next number goes. */
static inline uint8_t *
leb_put(uint8_t *b, uint64_t u)
{
	for (; u >= 0x80; u >>= 7)
		*b++ = (uint8_t)(u | 0x80);
	*b++ = (uint8_t)u;
	return b;
}

/* Of bytes that leb_put() wrote. Moves *b to the next number. */
static inline uint64_t
leb_take(const uint8_t **b)
{
	uint64_t u = 0;
	unsigned shift = 0;

	for (; **b & 0x80; shift += 7)
		u |= (uint64_t)(*(*b)++ & 0x7f) << shift;
	return u | (uint64_t) * (*b)++ << shift;
}
