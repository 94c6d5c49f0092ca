/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of a conversation: an array of the first and the odd ones, a ring of the last. */
#include "traces.h"
#include "pool.h"

#include <netinet/in.h>

/* A handshake, a request and the beginning of the answer are about six packets. */
#define TRACE_HEAD 6
#define TRACE_TAIL 4
/* Odd packets kept between head and tail. The weak ones (a retransmission is odd, but a bulk
 * transfer has hundreds) may fill half of it. */
#define TRACE_ODD 40
#define TRACE_WEAK 20
#define TRACE_MAX (TRACE_HEAD + TRACE_ODD)

/* Where the next of the first and the odd ones goes. */
static struct trace *
append(struct flow *f)
{
	if (f->ntrace == f->trace_size) {
		uint16_t had = f->trace_size;

		/* A connection fills the head, a lookup is two packets. */
		if (!had)
			f->trace_size = f->proto == IPPROTO_TCP ? TRACE_HEAD : 2;
		else
			f->trace_size = (uint16_t)(had < TRACE_HEAD ? had + 2 : had * 3 / 2);
		if (f->trace_size > TRACE_MAX)
			f->trace_size = TRACE_MAX;
		f->trace = pool_grow(f->trace, had, f->trace_size, sizeof *f->trace);
	}
	return &f->trace[f->ntrace++];
}

/* A record leaves the ring: odd ones stay. Everything in the ring is later than it. */
static void
keep_odd(struct flow *f, const struct trace *t)
{
	if (t->odd == ODD_KEEPALIVE)
		return;
	if (!(t->odd & TRACE_STRONG)) {
		if (f->weak == TRACE_WEAK)
			return;
		f->weak++;
	}
	if (f->ntrace == TRACE_MAX) {
		f->bits |= FLOW_TRACE_FULL;
		return;
	}
	*append(f) = *t;
}

struct trace *
trace_next(struct flow *f)
{
	struct trace *t;

	if (f->ntail == TRACE_TAIL) {
		t = &f->tail[f->tail_at];
		if (t->odd)
			keep_odd(f, t);
		f->tail_at = (uint16_t)((f->tail_at + 1) % TRACE_TAIL);
		return t;
	}
	if (f->ntrace < TRACE_HEAD && !f->tail)
		return append(f);
	if (!f->tail)
		f->tail = pool_alloc(TRACE_TAIL * sizeof *f->tail);
	return &f->tail[f->ntail++];
}

void
trace_free(struct flow *f)
{
	pool_free(f->trace, f->trace_size * sizeof *f->trace);
	pool_free(f->tail, TRACE_TAIL * sizeof *f->tail);
}

#define CACHE_LINE ((ptrdiff_t)64)

void
trace_fetch(const struct flow *f)
{
	/* The one before, for comparison, and where the next one goes. */
	const uint8_t *p = f->tail     ? (const uint8_t *)f->tail
			   : f->ntrace ? (const uint8_t *)&f->trace[f->ntrace - 1]
				       : NULL;

	if (!p)
		return;
	__builtin_prefetch(p, 1);
	__builtin_prefetch(p + CACHE_LINE, 1);
	if (f->tail) {
		__builtin_prefetch(p + 2 * CACHE_LINE, 1);
		__builtin_prefetch(p + 3 * CACHE_LINE, 1);
	}
}

size_t
flow_trace_count(const struct flow *f)
{
	return (size_t)f->ntrace + f->ntail;
}

const struct trace *
flow_trace(const struct flow *f, size_t i)
{
	if (i < f->ntrace)
		return &f->trace[i];
	i += f->tail_at - (size_t)f->ntrace;
	return &f->tail[i < f->ntail ? i : i - f->ntail];
}
