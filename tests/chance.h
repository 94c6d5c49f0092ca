/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers that look drawn by lot, the same on every machine. */
#pragma once

#include <stdint.h>

/* xorshift64 (Marsaglia 2003). The state must not be 0; below 0 there is only 0. */
static inline uint32_t
chance(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return below ? (uint32_t)((*state >> 16) % below) : 0;
}
