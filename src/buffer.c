/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that wait for the rest of their message, and what dissectors of datagrams remember. */
#include "buffer.h"
#include "pool.h"

#include <string.h>

/* Room for a short message and what may follow it; later by half of what is there. */
#define SIZE_FIRST 496

struct waiting {
	struct ref at; /* the packet that the last byte came with */
	int64_t at_nsec;
	uint8_t b[];
};

struct message_buffer *
buffer_of(struct flow *f, enum side from)
{
	if (!f->buffer[from])
		f->buffer[from] = pool_alloc(sizeof **f->buffer);
	return f->buffer[from];
}

struct bytes
buffer_bytes(const struct message_buffer *m)
{
	return (struct bytes){m->waiting ? m->waiting->b : NULL, m->n};
}

static void
grow(struct message_buffer *m, size_t want)
{
	memory_grows(want - m->size);
	m->waiting = pool_grow(m->waiting, m->waiting ? sizeof *m->waiting + m->size : 0,
			       sizeof *m->waiting + want, 1);
	m->size = (uint32_t)want;
}

void
buffer_append(struct message_buffer *m, const struct flow *f, struct bytes b)
{
	size_t n = m->n + b.n;

	if (b.n == 0)
		return;
	if (n > m->size)
		grow(m, n + n / 2 < SIZE_FIRST ? SIZE_FIRST : n + n / 2);
	m->waiting->at = f->at;
	m->waiting->at_nsec = f->at_nsec;
	memcpy(m->waiting->b + m->n, b.p, b.n);
	m->n += (uint32_t)b.n;
}

void
buffer_cite(const struct message_buffer *m, struct flow *f)
{
	f->at = m->waiting->at;
	f->at_nsec = m->waiting->at_nsec;
}

void
buffer_drop(struct message_buffer *m)
{
	if (!m->waiting)
		return;
	memory_shrinks(m->size);
	pool_free(m->waiting, sizeof *m->waiting + m->size);
	m->waiting = NULL;
	m->n = m->size = 0;
}

void
buffer_consume(struct message_buffer *m, size_t n)
{
	if (n >= m->n) {
		buffer_drop(m);
		return;
	}
	memmove(m->waiting->b, m->waiting->b + n, m->n - n);
	m->n -= (uint32_t)n;
}

void
buffer_free(struct flow *f, enum side from)
{
	if (!f->buffer[from])
		return;
	buffer_drop(f->buffer[from]);
	pool_free(f->buffer[from], sizeof **f->buffer);
	f->buffer[from] = NULL;
}

void *
buffer_memory(struct message_buffer *m, size_t n)
{
	if (m->size < n) {
		buffer_drop(m);
		grow(m, n);
		memset(m->waiting->b, 0, m->size);
	}
	return m->waiting->b;
}
