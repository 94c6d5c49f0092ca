/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and times as text, memory that is there or ends the program, arenas. */
#include "base.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool
addr_is_v4(const struct addr *a)
{
	return memcmp(a->b, v4_prefix, sizeof v4_prefix) == 0;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

int
addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof a->b);
}

struct addr
addr_from_v4(const uint8_t b[4])
{
	struct addr a;

	memcpy(a.b, v4_prefix, sizeof v4_prefix);
	memcpy(a.b + sizeof v4_prefix, b, 4);
	return a;
}

struct addr
addr_from_v6(const uint8_t b[16])
{
	struct addr a;

	memcpy(a.b, b, sizeof a.b);
	return a;
}

const char *
addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a->b + sizeof v4_prefix, out, ADDR_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->b, out, ADDR_TEXT_MAX);
	return out;
}

const char *
time_text(int64_t nsec, char out[TIME_TEXT_MAX])
{
	int64_t sec = nsec / NSEC_PER_SEC, rest = nsec % NSEC_PER_SEC;
	struct tm tm;
	time_t t;
	size_t n;

	if (rest < 0) {
		rest += NSEC_PER_SEC;
		sec--;
	}
	t = (time_t)sec;
	if (!gmtime_r(&t, &tm) || tm.tm_year > 8099)
		memset(&tm, 0, sizeof tm);
	n = strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, TIME_TEXT_MAX - n, ".%06dZ", (int)(rest / NSEC_PER_USEC) % 1000000);
	return out;
}

static void
out_of_memory(void)
{
	fputs("tamperscope: out of memory\n", stderr);
	exit(1);
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (!p)
		out_of_memory();
	return p;
}

static size_t held;

void
memory_grows(size_t bytes)
{
	held += bytes;
}

void
memory_shrinks(size_t bytes)
{
	held -= bytes < held ? bytes : held;
}

size_t
memory_held(void)
{
	return held;
}

/* The first chunk is small, since most flows note little; later ones double. */
#define ARENA_FIRST 192
#define ARENA_LARGEST 65536

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(8) uint8_t b[];
};

struct arena {
	struct chunk *chunks;
};

static struct chunk *
chunk_new(size_t size)
{
	struct chunk *c = calloc(1, sizeof *c + size);

	if (!c)
		out_of_memory();
	c->size = size;
	memory_grows(size);
	return c;
}

struct arena *
arena_new(void)
{
	/* The arena lies in its own first chunk: one allocation for a small flow. */
	struct chunk *c = chunk_new(ARENA_FIRST);
	struct arena *a = (struct arena *)(void *)c->b;

	c->used = sizeof *a;
	a->chunks = c;
	return a;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct chunk *c = a->chunks;
	void *p;

	n = (n + 7) & ~(size_t)7;
	if (c->size - c->used < n) {
		size_t size = c->size * 2 > ARENA_LARGEST ? ARENA_LARGEST : c->size * 2;

		c = chunk_new(size < n ? n : size);
		c->next = a->chunks;
		a->chunks = c;
	}
	p = c->b + c->used;
	c->used += n;
	return p;
}

char *
arena_text(struct arena *a, struct bytes t)
{
	char *p = arena_alloc(a, t.n + 1);

	if (t.n)
		memcpy(p, t.p, t.n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p, none[1];
	int n;

	va_start(ap, fmt);
	n = vsnprintf(none, sizeof none, fmt, ap);
	va_end(ap);
	if (n < 0)
		return arena_alloc(a, 1);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_free(struct arena *a)
{
	struct chunk *c = a ? a->chunks : NULL;

	while (c) {
		struct chunk *next = c->next;

		memory_shrinks(c->size);
		free(c);
		c = next;
	}
}
