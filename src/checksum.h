/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Internet checksum, RFC 1071. */
#pragma once

#include "base.h"

/* Adds n bytes to a sum (0 to begin with). The sum is kept unfolded and in the machine's byte
 * order, which RFC 1071, 2 (B) allows. All pieces but the last must be of even length. */
uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n);
/* The same of n bytes that are a multiple of four and few: a header. */
static inline uint64_t
checksum_words(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;
	uint32_t word;

	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		sum += word;
	}
	return sum;
}

/* Whether a sum over everything, the checksum field included, is that of an intact message. */
bool checksum_holds(uint64_t sum);
