/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many literals searched for in one text at once, after Wu and Manber (A Fast Algorithm for
 * Multi-Pattern Searching, 1994): most of the text is stepped over. Pages of 8 kB are what is
 * searched most. */
#include "fpdb.h"

#include <stdlib.h>
#include <string.h>

/* A shorter text holds nobody back: it would be found by chance. */
#define LITERAL_MIN 5
/* Bytes by which a literal is recognised. A text is looked at in steps: whatever stands in it, one
 * of its first few grams begins at a step. */
#define GRAM 4
#define STEP 7
/* What is too short for such steps is searched for by one of its bytes: of the shipped lists five.
 */
#define LITERAL_LONG (STEP + GRAM - 1)
/* One bit for each hash of a gram: about 2 % of them are set by the shipped lists. */
#define GRAM_BITS 16
#define BUCKETS 4096

struct literal {
	const struct field *field;
	struct bytes text; /* lower case */
	uint32_t atom;
};

/* Where in a literal a gram stands. Those of a bucket lie side by side: a text is searched after a
 * megabyte of others has gone by, and each step from one to the next would miss the cache. */
struct place {
	uint32_t gram;
	uint32_t at; /* the literal's number, times STEP, and the offset */
};

struct search {
	struct literal *literals;
	size_t n, size;
	uint32_t *few; /* those that are too short for steps */
	size_t nfew;
	struct place *places;
	uint32_t first[BUCKETS + 1]; /* place of each bucket */
	uint64_t grams[(1U << GRAM_BITS) / 64];
};

/* Both cases of a letter are one; so are a few pairs of other characters. */
static uint32_t
gram_at(const uint8_t *p)
{
	uint32_t gram;

	memcpy(&gram, p, sizeof gram);
	return gram | 0x20202020;
}

static uint32_t
hash_of(uint32_t gram)
{
	/* Knuth's multiplicative hash, TAOCP volume 3, 6.4. */
	return gram * 2654435761U >> (32 - GRAM_BITS);
}

struct search *
search_new(void)
{
	return xcalloc(1, sizeof(struct search));
}

void
search_free(struct search *s)
{
	if (!s)
		return;
	free(s->literals);
	free(s->few);
	free(s->places);
	free(s);
}

bool
search_takes(struct bytes text)
{
	return text.n >= LITERAL_MIN;
}

void
search_add(struct search *s, const struct field *field, struct bytes text, uint32_t atom)
{
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 256;
		s->literals = xrealloc(s->literals, s->size, sizeof *s->literals);
	}
	s->literals[s->n++] = (struct literal){.field = field, .text = text, .atom = atom};
}

/* Counts the grams of a bucket, or puts them into their places. */
static void
take_grams(struct search *s, size_t i, uint32_t *room)
{
	for (uint32_t at = 0; at < STEP; at++) {
		uint32_t gram = gram_at(s->literals[i].text.p + at), hash = hash_of(gram);

		s->grams[hash / 64] |= (uint64_t)1 << hash % 64;
		if (room)
			s->places[room[hash % BUCKETS]++] =
			    (struct place){gram, (uint32_t)i * STEP + at};
		else
			s->first[hash % BUCKETS + 1]++;
	}
}

static bool
is_long(const struct literal *l)
{
	return l->text.n >= LITERAL_LONG;
}

void
search_finish(struct search *s)
{
	uint32_t *room = xcalloc(BUCKETS + 1, sizeof *room);

	s->few = xcalloc(s->n, sizeof *s->few);
	for (size_t i = 0; i < s->n; i++)
		if (is_long(&s->literals[i]))
			take_grams(s, i, NULL);
		else
			s->few[s->nfew++] = (uint32_t)i;
	for (size_t i = 0; i < BUCKETS; i++)
		s->first[i + 1] += s->first[i];
	memcpy(room, s->first, sizeof s->first);
	s->places = xcalloc(s->first[BUCKETS], sizeof *s->places);
	for (size_t i = 0; i < s->n; i++)
		if (is_long(&s->literals[i]))
			take_grams(s, i, room);
	free(room);
}

static bool
stands_at(const struct literal *l, struct bytes text, size_t at)
{
	if (text.n - at < l->text.n)
		return false;
	for (size_t i = 0; i < l->text.n; i++)
		if (ascii_lower(text.p[at + i]) != l->text.p[i])
			return false;
	return true;
}

static void
hold(uint64_t *held, uint32_t atom)
{
	held[atom / 64] |= (uint64_t)1 << atom % 64;
}

static __attribute__((noinline)) void
try_bucket(const struct search *s, uint32_t bucket, const struct field *field, struct bytes text,
	   size_t at, uint64_t *held)
{
	uint32_t gram = gram_at(text.p + at);

	for (uint32_t i = s->first[bucket]; i < s->first[bucket + 1]; i++) {
		const struct place *p = &s->places[i];
		const struct literal *l = &s->literals[p->at / STEP];

		if (p->gram == gram && p->at % STEP <= at && l->field == field &&
		    stands_at(l, text, at - p->at % STEP))
			hold(held, l->atom);
	}
}

static bool
stands_behind(const struct literal *l, struct bytes text, uint8_t byte, size_t offset)
{
	const uint8_t *p = text.p + offset, *end = text.p + text.n;

	for (; p < end && (p = memchr(p, byte, (size_t)(end - p))); p++)
		if (stands_at(l, text, (size_t)(p - text.p) - offset))
			return true;
	return false;
}

/* By a byte that has no case, if there is one: the library finds it quicker than anybody steps
 * through a text. */
static bool
is_found(const struct literal *l, struct bytes text)
{
	size_t offset = 0;
	uint8_t byte;

	if (text.n < l->text.n)
		return false;
	while (offset < l->text.n - 1 && l->text.p[offset] >= 'a' && l->text.p[offset] <= 'z')
		offset++;
	byte = l->text.p[offset];
	return stands_behind(l, text, byte, offset) ||
	       (byte >= 'a' && byte <= 'z' && stands_behind(l, text, byte & ~0x20, offset));
}

void
search_text(const struct search *s, const struct field *field, struct bytes text, uint64_t *held)
{
	for (size_t at = 0; at + GRAM <= text.n; at += STEP) {
		uint32_t hash = hash_of(gram_at(text.p + at));

		if (s->grams[hash / 64] >> hash % 64 & 1)
			try_bucket(s, hash % BUCKETS, field, text, at, held);
	}
	for (size_t i = 0; i < s->nfew; i++) {
		const struct literal *l = &s->literals[s->few[i]];

		if (l->field == field && is_found(l, text))
			hold(held, l->atom);
	}
}
