/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the reassembler share: a listener that checks what it hears, and senders. */
#pragma once

#include "chance.h"
#include "reassemble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Not every test needs all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
	return chance(&random_state, n);
}

/* What the sink was told: a byte of a gap is GAP. */
#define GAP 0x100
#define HEARD_MAX (1u << 18)

struct heard {
	struct stream *stream;
	uint64_t n[2];       /* offset that comes next */
	uint64_t gaps[2];    /* bytes in gaps */
	uint64_t stop_at[2]; /* 0: never */
	uint16_t said[2][HEARD_MAX];
	bool both; /* stop both sides when one is stopped */
	bool after_stop;
	bool stopped[2];
};

static void
hear(struct heard *h, enum side from, uint64_t offset, const uint8_t *p, uint64_t n)
{
	assert_int_equal(offset, h->n[from]);
	assert_true(n > 0);
	h->after_stop |= h->stopped[from];
	for (uint64_t i = 0; i < n && offset + i < HEARD_MAX; i++)
		h->said[from][offset + i] = p ? p[i] : GAP;
	h->n[from] += n;
	if (h->stop_at[from] && h->n[from] >= h->stop_at[from]) {
		stream_stop(h->stream, from);
		h->stopped[from] = true;
		if (h->both) {
			stream_stop(h->stream, other_side(from));
			h->stopped[other_side(from)] = true;
		}
	}
}

static void
on_data(void *owner, enum side from, uint64_t offset, struct bytes b)
{
	hear(owner, from, offset, b.p, b.n);
}

static void
on_gap(void *owner, enum side from, uint64_t offset, uint64_t n)
{
	struct heard *h = owner;

	h->gaps[from] += n;
	hear(h, from, offset, NULL, n);
}

static const struct stream_sink sink = {.data = on_data, .gap = on_gap};

static struct reassembler *
start(void)
{
	struct reassembler *r = reassembler_new(&sink, 100000);

	assert_non_null(r);
	return r;
}

static void
finish(struct reassembler *r)
{
	assert_int_equal(reassembler_counts(r)->lost, 0);
	reassembler_free(r);
}

/* The byte that a side sends at an offset; no zeros, so that made-up ones would show. */
static uint8_t
byte_at(enum side from, uint64_t offset)
{
	return (uint8_t)(1 + (offset * 7 + (offset >> 8) * 13 + (uint64_t)from * 101) % 255);
}

static void
open_stream(struct reassembler *r, struct heard *h, uint32_t client, uint32_t server)
{
	memset(h, 0, sizeof *h);
	h->stream = stream_open(r, h, (uint32_t[2]){client, server});
	assert_non_null(h->stream);
}

/* Sends [offset, offset + n) as the side has it, of which the capture lacks the last `cut`. Each
 * call has its own exact copy, so that a sanitizer sees who reads too far. */
static void
send_cut(struct heard *h, enum side from, uint32_t first, uint64_t offset, size_t n, size_t cut)
{
	uint8_t *p = malloc(n - cut ? n - cut : 1);

	assert_non_null(p);
	for (size_t i = 0; i < n - cut; i++)
		p[i] = byte_at(from, offset + i);
	stream_segment(h->stream, from, first + (uint32_t)offset, (struct bytes){p, n - cut},
		       (uint32_t)n);
	free(p);
}

static void
send(struct heard *h, enum side from, uint32_t first, uint64_t offset, size_t n)
{
	send_cut(h, from, first, offset, n, 0);
}

static void
check_said(const struct heard *h, enum side from, uint64_t begin, uint64_t end)
{
	for (uint64_t i = begin; i < end; i++)
		assert_int_equal(h->said[from][i], byte_at(from, i));
}

static void
check_gap(const struct heard *h, enum side from, uint64_t begin, uint64_t end)
{
	for (uint64_t i = begin; i < end; i++)
		assert_int_equal(h->said[from][i], GAP);
}

static struct heard heard;
