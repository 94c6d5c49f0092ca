/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arenas: chunks from which many small objects are cut that die together. */
#include "pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
	bool pooled;
};

static struct chunk *
chunk_new(size_t size, bool pooled)
{
	struct chunk *c = pooled ? pool_alloc(sizeof *c + size) : xcalloc(1, sizeof *c + size);

	c->size = size;
	memory_grows(size);
	return c;
}

/* The arena lies in its own first chunk: one allocation for a small flow. */
static struct arena *
make(bool pooled)
{
	struct chunk *c = chunk_new(ARENA_FIRST, pooled);
	struct arena *a = (struct arena *)(void *)c->b;

	c->used = sizeof *a;
	a->chunks = c;
	a->pooled = pooled;
	return a;
}

struct arena *
arena_new(void)
{
	return make(false);
}

struct arena *
arena_new_pooled(void)
{
	return make(true);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct chunk *c = a->chunks;
	void *p;

	n = (n + 7) & ~(size_t)7;
	if (c->size - c->used < n) {
		size_t size = c->size * 2 > ARENA_LARGEST ? ARENA_LARGEST : c->size * 2;

		c = chunk_new(size < n ? n : size, a->pooled);
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

void *
arena_room(struct arena *a, void *list, size_t n, size_t size)
{
	void *more;

	/* It was made for a power of two, which is full now. */
	if (n & (n - 1))
		return list;
	more = arena_alloc(a, (n ? n * 2 : 1) * size);
	if (n)
		memcpy(more, list, n * size);
	return more;
}

void
arena_free(struct arena *a)
{
	struct chunk *c = a ? a->chunks : NULL;
	bool pooled = a && a->pooled;

	while (c) {
		struct chunk *next = c->next;

		memory_shrinks(c->size);
		if (pooled)
			pool_free(c, sizeof *c + c->size);
		else
			free(c);
		c = next;
	}
}
