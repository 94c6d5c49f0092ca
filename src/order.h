/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many things put in order of a number each, without comparing them with each other. */
#pragma once

#include "base.h"

struct keyed {
	uint64_t key;
	void *what;
};

/* In order of their keys; such as have equal keys stay as they were. What several numbers decide is
 * put in order by the least of them first, and by the most important one at last. */
void order_keyed(struct keyed *v, size_t n);

/* Eight bytes as a number that is in the same order as they are. */
static inline uint64_t
order_of_bytes(const uint8_t b[8])
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++)
		key = key << 8 | b[i];
	return key;
}

/* The same for numbers that may be negative. */
static inline uint64_t
order_of_signed(int64_t x)
{
	return (uint64_t)x ^ (uint64_t)1 << 63;
}
