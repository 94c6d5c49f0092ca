/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Internet checksum, 32 bytes at a time. RFC 1071. */
#include "checksum.h"

#include <string.h>

#define LANES 4
#define BLOCK (sizeof(uint32_t) * LANES * 2)

/* A block adds at most 4 * 0xffff to a lane, so that 16384 of them fit in 32 bits. */
#define BLOCKS_MAX 16384

/* Gathering the lanes in the end takes as long as the plain loop does for this many bytes. */
#define WORTH_BLOCKS 256

/* What every processor that Debian knows adds at once, or the compiler splits. */
typedef uint32_t lanes __attribute__((vector_size(sizeof(uint32_t) * LANES)));

static uint64_t
add_blocks(const uint8_t *p, size_t blocks)
{
	lanes even = {0}, odd = {0};
	uint64_t sum = 0;

	for (; blocks; blocks--, p += BLOCK) {
		lanes a, b;

		memcpy(&a, p, sizeof a);
		memcpy(&b, p + sizeof a, sizeof b);
		even += (a & 0xffff) + (a >> 16);
		odd += (b & 0xffff) + (b >> 16);
	}
	for (unsigned i = 0; i < LANES; i++)
		sum += (uint64_t)even[i] + odd[i];
	return sum;
}

uint64_t
checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t pair;
	uint32_t word;
	uint16_t half;

	while (n >= WORTH_BLOCKS) {
		size_t blocks = n / BLOCK < BLOCKS_MAX ? n / BLOCK : BLOCKS_MAX;

		sum += add_blocks(p, blocks);
		p += blocks * BLOCK;
		n -= blocks * BLOCK;
	}
	/* A sum of 64-bit words, its carry put back, is worth the sum of their halves (RFC 1071,
	 * 2 (C)). It is folded once, so that the caller may add to it. */
	for (; n >= sizeof pair; n -= sizeof pair, p += sizeof pair) {
		memcpy(&pair, p, sizeof pair);
		sum += pair;
		sum += sum < pair;
	}
	sum = (sum & 0xffffffff) + (sum >> 32);
	if (n & 4) {
		memcpy(&word, p, 4);
		sum += word;
		p += 4;
	}
	if (n & 2) {
		memcpy(&half, p, 2);
		sum += half;
		p += 2;
	}
	if (n & 1) {
		/* an odd byte comes first in its word, as on the wire */
		uint8_t last[2] = {*p, 0};

		memcpy(&half, last, 2);
		sum += half;
	}
	return sum;
}

bool
checksum_holds(uint64_t sum)
{
	/* Folding keeps the remainder, as 65536 leaves 1, and ends in 0xffff unless in 0. */
	return sum && sum % 0xffff == 0;
}
