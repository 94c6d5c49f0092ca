/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule by which China's national filter knew fully encrypted traffic by its first payload, from
 * November 2021 to March 2023. Wu et al., How the Great Firewall of China Detects and Blocks Fully
 * Encrypted Traffic, USENIX Security 2023; gfw-report/usenixsecurity23-artifact. */
#include "opening.h"

#include <string.h>

/* Ex1: random bytes have four of eight bits set. In tenths of a bit. */
#define FEW_ONES 34
#define MANY_ONES 46
/* Ex2: so many printable bytes at the beginning. */
#define TEXT_BEGINS 6
/* Ex4: more printable bytes than these in a row. */
#define TEXT_RUN 20
/* Ex5: the minor version of a record, as the artifact's tool has it; the paper writes 9. */
#define TLS_MINOR_MAX 0x0f

enum { HANDSHAKE = 0x16, APPLICATION_DATA = 0x17 }; /* RFC 8446, 5.1 */

static bool
is_printable(uint8_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

static bool
begins_with(struct bytes b, const char *word)
{
	size_t n = strlen(word);

	return b.n >= n && memcmp(b.p, word, n) == 0;
}

/* Ex2 and Ex5. */
static bool
begins_like_something(struct bytes b)
{
	size_t n = 0;

	while (n < b.n && n < TEXT_BEGINS && is_printable(b.p[n]))
		n++;
	if (n == TEXT_BEGINS)
		return true;
	if (b.n >= 3 && (b.p[0] == HANDSHAKE || b.p[0] == APPLICATION_DATA) && b.p[1] == 3 &&
	    b.p[2] <= TLS_MINOR_MAX)
		return true;
	return begins_with(b, "GET ") || begins_with(b, "PUT ") || begins_with(b, "POST ") ||
	       begins_with(b, "HEAD ");
}

void
opening_count(struct opening *o, struct bytes first)
{
	unsigned run = 0;

	memset(o, 0, sizeof *o);
	if (first.n > UINT16_MAX || begins_like_something(first))
		return;
	o->n = (uint16_t)first.n;
	for (size_t i = 0; i < first.n; i++) {
		o->ones += (unsigned)__builtin_popcount(first.p[i]);
		run = is_printable(first.p[i]) ? run + 1 : 0;
		o->printable = (uint16_t)(o->printable + (run > 0));
		if (run > o->run)
			o->run = (uint16_t)run;
	}
}

bool
opening_is_encrypted(const struct opening *o)
{
	if (o->n == 0 || o->ones * 10 <= o->n * FEW_ONES || o->ones * 10 >= o->n * MANY_ONES)
		return false;
	return o->printable * 2 <= o->n && o->run <= TEXT_RUN;
}

/* The shortest that is known has 64 bytes; so many equal ones are no chance. */
#define FILLED 16

bool
opening_is_filler(struct bytes b)
{
	return b.n >= FILLED && memcmp(b.p + 1, b.p + 2, FILLED - 2) == 0;
}
