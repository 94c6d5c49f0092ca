/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams out of segments in any order, against a model that is too simple to be wrong. */
#include "reassemble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A fixed sequence of numbers: xorshift64 (Marsaglia, 2003). */
static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 16) % n);
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

static void
test_in_order(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 1000, 5);
	for (size_t i = 0; i < 40; i++) {
		send(&heard, CLIENT, 1000, i * 100, 100);
		assert_int_equal(heard.n[CLIENT], (i + 1) * 100);
		send(&heard, SERVER, 5, i * 1460, 1460);
		assert_int_equal(heard.n[SERVER], (i + 1) * 1460);
	}
	check_said(&heard, CLIENT, 0, 4000);
	check_said(&heard, SERVER, 0, 40 * 1460);
	stream_close(heard.stream);
	assert_int_equal(heard.gaps[CLIENT] + heard.gaps[SERVER], 0);
	finish(r);
}

static void
test_reversed(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 0xfffffff0, 0);
	for (size_t i = 30; i-- > 0;)
		send(&heard, CLIENT, 0xfffffff0, i * 1000, 1000);
	assert_int_equal(heard.n[CLIENT], 30000);
	check_said(&heard, CLIENT, 0, 30000);
	stream_close(heard.stream);
	assert_int_equal(heard.gaps[CLIENT], 0);
	finish(r);
}

static void
test_byte_by_byte(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 0xffffff00, 0);
	for (size_t i = 0; i < 3000; i += 2) {
		send(&heard, CLIENT, 0xffffff00, i + 1, 1);
		send(&heard, CLIENT, 0xffffff00, i, 1);
		assert_int_equal(heard.n[CLIENT], i + 2);
	}
	check_said(&heard, CLIENT, 0, 3000);
	stream_close(heard.stream);
	finish(r);
}

static void
test_old_bytes(void **state)
{
	struct reassembler *r = start();
	uint8_t other[300];

	(void)state;
	memset(other, 0xee, sizeof other);
	open_stream(r, &heard, 100, 0);
	stream_segment(heard.stream, CLIENT, 99, (struct bytes){other, 1}, 1); /* keep-alive */
	assert_int_equal(heard.n[CLIENT], 0);
	send(&heard, CLIENT, 100, 0, 200);
	stream_segment(heard.stream, CLIENT, 299, (struct bytes){other, 1}, 1);
	stream_segment(heard.stream, CLIENT, 100, (struct bytes){other, 200}, 200);
	stream_segment(heard.stream, CLIENT, 100u - 1000000, (struct bytes){other, 300}, 300);
	assert_int_equal(heard.n[CLIENT], 200);
	check_said(&heard, CLIENT, 0, 200);
	/* Only its tail is new. */
	stream_segment(heard.stream, CLIENT, 100, (struct bytes){other, 300}, 300);
	assert_int_equal(heard.n[CLIENT], 300);
	check_said(&heard, CLIENT, 0, 200);
	for (size_t i = 200; i < 300; i++)
		assert_int_equal(heard.said[CLIENT][i], 0xee);
	stream_close(heard.stream);
	finish(r);
}

static void
test_gap_at_close(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 7, 9);
	send(&heard, CLIENT, 7, 0, 10);
	send(&heard, CLIENT, 7, 20, 10);
	send(&heard, CLIENT, 7, 30, 10);
	send(&heard, CLIENT, 7, 100, 10);
	send(&heard, SERVER, 9, 60000, 10);
	assert_int_equal(heard.n[CLIENT], 10);
	assert_int_equal(heard.n[SERVER], 0);
	stream_close(heard.stream);
	assert_int_equal(heard.n[CLIENT], 110);
	check_said(&heard, CLIENT, 0, 10);
	check_gap(&heard, CLIENT, 10, 20);
	check_said(&heard, CLIENT, 20, 40);
	check_gap(&heard, CLIENT, 40, 100);
	check_said(&heard, CLIENT, 100, 110);
	check_gap(&heard, SERVER, 0, 60000);
	check_said(&heard, SERVER, 60000, 60010);
	finish(r);
}

/* The hole stays; after 64 KiB behind it nobody waits for it any more. */
static void
test_gap_when_crowded(void **state)
{
	struct reassembler *r = start();
	size_t sent = 0;

	(void)state;
	open_stream(r, &heard, 0, 0);
	while (!heard.n[CLIENT] && sent < 100) {
		send(&heard, CLIENT, 0, 1460 * (sent + 1), 1460);
		sent++;
	}
	assert_in_range(sent * 1460, 60000, 70000);
	assert_int_equal(heard.n[CLIENT], 1460 * (sent + 1));
	assert_int_equal(heard.gaps[CLIENT], 1460);
	check_said(&heard, CLIENT, 1460, heard.n[CLIENT]);
	assert_int_equal(reassembler_counts(r)->crowded, 1);
	send(&heard, CLIENT, 0, 0, 1460); /* too late */
	assert_int_equal(heard.n[CLIENT], 1460 * (sent + 1));
	stream_close(heard.stream);
	finish(r);
}

static void
test_huge_gaps(void **state)
{
	static const uint64_t jumps[] = {65535,   65536,   65537,          65495,
					 1 << 20, 1 << 29, (1 << 30) - 400};
	struct reassembler *r = start();
	uint64_t at = 0, gaps = 0;

	(void)state;
	open_stream(r, &heard, 77, 0);
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		send(&heard, CLIENT, 77, at, 100);
		assert_int_equal(heard.n[CLIENT], at + 100);
		at += 100 + jumps[i];
		gaps += jumps[i];
		send(&heard, CLIENT, 77, at, 50);
		send(&heard, CLIENT, 77, at + 50, 50);
		for (size_t j = 0; heard.n[CLIENT] < at && j < 300; j++)
			send(&heard, CLIENT, 77, at + 100 + j, 1);
		assert_true(heard.n[CLIENT] > at);
		at = heard.n[CLIENT];
		assert_int_equal(heard.gaps[CLIENT], gaps);
	}
	stream_segment(heard.stream, CLIENT, 77 + (uint32_t)at + (1 << 30) + 1,
		       (struct bytes){(const uint8_t *)"x", 1}, 1);
	assert_int_equal(reassembler_counts(r)->far, 1);
	stream_close(heard.stream);
	assert_int_equal(heard.n[CLIENT], at);
	finish(r);
}

/* 9 GiB: beyond 32 bits of sequence numbers and 31 bits of libnids' counters, twice. */
static void
test_long_stream(void **state)
{
	struct reassembler *r = start();
	const uint64_t step = 1 << 30, end = 9 * step;
	uint64_t at = 0;

	(void)state;
	open_stream(r, &heard, 0xdeadbeef, 0);
	while (at < end) {
		send(&heard, CLIENT, 0xdeadbeef, at, 5000);
		assert_int_equal(heard.n[CLIENT], at + 5000);
		/* Bytes that were cut off get us on quickly. */
		send_cut(&heard, CLIENT, 0xdeadbeef, at + 5000, step - 5000, step - 5000);
		at += step;
		assert_int_equal(heard.n[CLIENT], at);
		send(&heard, CLIENT, 0xdeadbeef, at + 500, 500);
		send(&heard, CLIENT, 0xdeadbeef, at, 500);
		assert_int_equal(heard.n[CLIENT], at + 1000);
	}
	stream_close(heard.stream);
	finish(r);
}

/* The same without gaps, through libnids' own counters. */
static void
test_long_flow(void **state)
{
	struct reassembler *r = start();
	const uint64_t end = 5ull << 30;
	size_t n = 60000;
	uint8_t *p = calloc(2, n);

	(void)state;
	assert_non_null(p);
	open_stream(r, &heard, 0xdeadbeef, 0);
	heard.n[CLIENT] = 0;
	for (uint64_t at = 0, i = 0; at < end; at += 2 * n, i++) {
		uint32_t seq = 0xdeadbeef + (uint32_t)at;

		if (i % 64 == 0) /* out of order now and then */
			stream_segment(heard.stream, CLIENT, seq + (uint32_t)n,
				       (struct bytes){p + n, n}, (uint32_t)n);
		stream_segment(heard.stream, CLIENT, seq, (struct bytes){p, n}, (uint32_t)n);
		if (i % 64 != 0)
			stream_segment(heard.stream, CLIENT, seq + (uint32_t)n,
				       (struct bytes){p + n, n}, (uint32_t)n);
		assert_int_equal(heard.n[CLIENT], at + 2 * n);
	}
	assert_int_equal(heard.gaps[CLIENT], 0);
	stream_close(heard.stream);
	free(p);
	finish(r);
}

static void
test_cut_tails(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 0, 0);
	for (size_t i = 0; i < 20; i++)
		send_cut(&heard, CLIENT, 0, i * 1460, 1460, 1400);
	assert_int_equal(heard.n[CLIENT], 20 * 1460); /* at once, not when crowded */
	for (size_t i = 0; i < 20; i++) {
		check_said(&heard, CLIENT, i * 1460, i * 1460 + 60);
		check_gap(&heard, CLIENT, i * 1460 + 60, (i + 1) * 1460);
	}
	/* Out of order, and partly repaired by another segment, on the other side. */
	send_cut(&heard, SERVER, 0, 1000, 1000, 900);
	send(&heard, SERVER, 0, 1500, 100);
	send_cut(&heard, SERVER, 0, 3000, 10, 10);
	send(&heard, SERVER, 0, 0, 1000);
	assert_int_equal(heard.n[SERVER], 2000);
	check_said(&heard, SERVER, 0, 1100);
	check_gap(&heard, SERVER, 1100, 1500);
	check_said(&heard, SERVER, 1500, 1600);
	check_gap(&heard, SERVER, 1600, 2000);
	stream_close(heard.stream);
	assert_int_equal(heard.n[SERVER], 3010);
	check_gap(&heard, SERVER, 2000, 3010);
	finish(r);
}

static void
test_large_segments(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 3, 3);
	send(&heard, CLIENT, 3, 0, 70000);
	assert_int_equal(heard.n[CLIENT], 70000);
	send(&heard, CLIENT, 3, 140000, 100);
	send(&heard, CLIENT, 3, 70000, 70000);
	assert_int_equal(heard.n[CLIENT], 140100);
	check_said(&heard, CLIENT, 0, 140100);
	send(&heard, SERVER, 3, 10, 60000);
	send(&heard, SERVER, 3, 0, 10);
	assert_int_equal(heard.n[SERVER], 60010);
	check_said(&heard, SERVER, 0, 60010);
	stream_close(heard.stream);
	assert_int_equal(heard.gaps[CLIENT] + heard.gaps[SERVER], 0);
	finish(r);
}

static void
test_stop(void **state)
{
	struct reassembler *r = start();

	(void)state;
	for (size_t both = 0; both < 2; both++) {
		open_stream(r, &heard, 0, 0);
		heard.stop_at[CLIENT] = 250;
		heard.both = both;
		send(&heard, SERVER, 0, 100, 100);
		send(&heard, CLIENT, 0, 100, 100);
		send(&heard, CLIENT, 0, 200, 100);
		send(&heard, CLIENT, 0, 300, 100);
		send(&heard, CLIENT, 0, 0, 100); /* stops within the queue */
		assert_int_equal(heard.n[CLIENT], 300);
		send(&heard, CLIENT, 0, 300, 100);
		send(&heard, SERVER, 0, 0, 100);
		assert_int_equal(heard.n[SERVER], both ? 0 : 200);
		stream_close(heard.stream);
		assert_false(heard.after_stop);
	}
	/* Stopped by a gap, and from outside. */
	open_stream(r, &heard, 0, 0);
	heard.stop_at[CLIENT] = 5;
	send(&heard, CLIENT, 0, 10, 100);
	send(&heard, SERVER, 0, 0, 100);
	stream_stop(heard.stream, SERVER);
	heard.stopped[SERVER] = true;
	send(&heard, SERVER, 0, 100, 100);
	stream_close(heard.stream);
	assert_int_equal(heard.n[CLIENT], 10);
	assert_int_equal(heard.n[SERVER], 100);
	assert_false(heard.after_stop);
	finish(r);
}

static void
test_set_first(void **state)
{
	struct reassembler *r = start();

	(void)state;
	open_stream(r, &heard, 0, 0);
	stream_set_first(heard.stream, SERVER, 12345);
	send(&heard, SERVER, 12345, 0, 100);
	assert_int_equal(heard.n[SERVER], 100);
	stream_set_first(heard.stream, SERVER, 99); /* too late */
	send(&heard, SERVER, 12345, 100, 100);
	assert_int_equal(heard.n[SERVER], 200);
	stream_close(heard.stream);
	finish(r);
}

static void
test_table_full(void **state)
{
	struct reassembler *r = reassembler_new(&sink, 3);
	struct stream *s[4];

	(void)state;
	assert_non_null(r);
	assert_null(reassembler_new(&sink, 3)); /* one in a process */
	for (size_t i = 0; i < 4; i++)
		s[i] = stream_open(r, &heard, (uint32_t[2]){0, 0});
	assert_non_null(s[2]);
	assert_null(s[3]);
	stream_close(s[0]);
	s[0] = stream_open(r, &heard, (uint32_t[2]){0, 0});
	assert_non_null(s[0]);
	stream_close(NULL);
	for (size_t i = 0; i < 3; i++)
		stream_close(s[i]);
	finish(r);
	reassembler_free(NULL);
}

static void
test_many_in_turn(void **state)
{
	struct reassembler *r = start();
	static struct heard one;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		one.n[0] = one.n[1] = 0;
		one.stream = stream_open(r, &one, (uint32_t[2]){i, i * 7});
		assert_non_null(one.stream);
		send(&one, CLIENT, i, 3, 2);
		send(&one, CLIENT, i, 0, 3);
		send(&one, SERVER, i * 7, 0, 10);
		stream_close(one.stream);
		assert_int_equal(one.n[CLIENT], 5);
		assert_int_equal(one.n[SERVER], 10);
	}
	finish(r);
}

/* More open at once than libnids may hold: idle ones are put aside and lose nothing. */
struct small {
	struct stream *stream;
	uint64_t n[2];
	bool wrong;
};

static void
on_small_data(void *owner, enum side from, uint64_t offset, struct bytes b)
{
	struct small *s = owner;

	s->wrong |= offset != s->n[from];
	for (size_t i = 0; i < b.n; i++)
		s->wrong |= b.p[i] != byte_at(from, offset + i);
	s->n[from] += b.n;
}

static void
on_small_gap(void *owner, enum side from, uint64_t offset, uint64_t n)
{
	(void)from;
	(void)offset;
	(void)n;
	((struct small *)owner)->wrong = true;
}

static void
test_many_at_once(void **state)
{
	static const struct stream_sink small_sink = {.data = on_small_data, .gap = on_small_gap};
	static const unsigned order[] = {0, 2, 1, 5, 3, 6, 4, 7};
	struct reassembler *r = reassembler_new(&small_sink, 20000);
	struct small *all = calloc(20000, sizeof *all);
	uint8_t p[100];

	(void)state;
	assert_non_null(r);
	assert_non_null(all);
	for (size_t i = 0; i < 20000; i++)
		all[i].stream = stream_open(r, &all[i], (uint32_t[2]){0xffffffff, 1});
	for (size_t round = 0; round < 8; round++) {
		uint64_t at = order[round] * sizeof p;

		for (size_t i = 0; i < 40000; i++) {
			enum side from = i % 2 ? SERVER : CLIENT;
			uint32_t first = i % 2 ? 1 : 0xffffffff;

			for (size_t j = 0; j < sizeof p; j++)
				p[j] = byte_at(from, at + j);
			stream_segment(all[i / 2].stream, from, first + (uint32_t)at,
				       (struct bytes){p, sizeof p}, sizeof p);
		}
	}
	assert_true(reassembler_counts(r)->evicted > 40000);
	for (size_t i = 0; i < 20000; i++) {
		assert_int_equal(all[i].n[CLIENT], 800);
		assert_int_equal(all[i].n[SERVER], 800);
		assert_false(all[i].wrong);
		stream_close(all[i].stream);
	}
	free(all);
	finish(r);
}

/* --- the property: what comes out is what a plain reading of the rules says --- */
#define STREAM_MAX 4000
#define SEGMENTS_MAX 60

struct segment {
	uint32_t offset, n;
	uint8_t version; /* its bytes differ from those of other versions */
	bool used;
};

static uint8_t
version_byte(uint32_t offset, uint8_t version)
{
	return (uint8_t)(1 + (offset * 31 + version * 59u) % 255);
}

/* One side as a textbook would do it: early segments wait in order of their first byte, then of
 * arrival; whatever is next is taken. */
struct model {
	uint32_t next;
	uint16_t said[STREAM_MAX * 2];
	struct segment waiting[SEGMENTS_MAX];
	size_t n;
};

static void
model_take(struct model *m, const struct segment *g)
{
	for (; m->next < g->offset + g->n; m->next++)
		m->said[m->next] = version_byte(m->next, g->version);
}

static void
model_settle(struct model *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->waiting[i].offset <= m->next)
			model_take(m, &m->waiting[i]);
		else
			break;
	while (m->n && m->waiting[0].offset <= m->next) {
		memmove(m->waiting, m->waiting + 1, (m->n - 1) * sizeof *m->waiting);
		m->n--;
	}
}

static void
model_segment(struct model *m, const struct segment *g)
{
	size_t i = m->n;

	if (g->offset <= m->next) {
		model_take(m, g);
		model_settle(m);
		return;
	}
	while (i > 0 && m->waiting[i - 1].offset > g->offset)
		i--;
	memmove(m->waiting + i + 1, m->waiting + i, (m->n - i) * sizeof *m->waiting);
	m->waiting[i] = *g;
	m->n++;
}

static void
model_close(struct model *m)
{
	while (m->n) {
		while (m->next < m->waiting[0].offset)
			m->said[m->next++] = GAP;
		model_settle(m);
	}
}

/* Cuts a side into segments that may overlap, repeat, and leave holes. */
static size_t
make_segments(struct segment *g, uint32_t *ret_end)
{
	size_t n = 5 + random_below(SEGMENTS_MAX - 10);
	uint32_t at = 0, kind = random_below(4);

	for (size_t i = 0; i < n; i++) {
		g[i] = (struct segment){.offset = at, .n = 1 + random_below(100)};
		at += g[i].n;
		if (kind & 1 && random_below(4) == 0) {
			uint32_t back = random_below(150);

			at = at > back ? at - back : 0;
			g[i].version = (uint8_t)random_below(3);
		}
		if (kind & 2 && random_below(10) == 0)
			at += 1 + random_below(60);
	}
	*ret_end = at;
	for (size_t i = n - 1; i > 0; i--) { /* shuffle, mostly near */
		size_t reach = random_below(3) ? 4 : n;
		size_t j =
		    i < reach ? random_below((uint32_t)i + 1) : i - random_below((uint32_t)reach);
		struct segment t = g[i];

		g[i] = g[j];
		g[j] = t;
	}
	return n;
}

static void
send_version(struct heard *h, enum side from, uint32_t first, const struct segment *g)
{
	uint8_t *p = malloc(g->n);

	assert_non_null(p);
	for (uint32_t i = 0; i < g->n; i++)
		p[i] = version_byte(g->offset + i, g->version);
	stream_segment(h->stream, from, first + g->offset, (struct bytes){p, g->n}, g->n);
	free(p);
}

static void
one_case(struct reassembler *r)
{
	static struct segment g[2][SEGMENTS_MAX];
	static struct model m[2];
	uint32_t first[2] = {random_below(3) ? random_below(UINT32_MAX) : 0 - random_below(2000),
			     random_below(UINT32_MAX)};
	uint32_t end;
	size_t n[2], i[2] = {0, 0};

	heard.n[0] = heard.n[1] = 0;
	heard.stream = stream_open(r, &heard, first);
	assert_non_null(heard.stream);
	memset(m, 0, sizeof m);
	n[0] = make_segments(g[0], &end);
	n[1] = make_segments(g[1], &end);
	while (i[0] < n[0] || i[1] < n[1]) {
		enum side from = random_below(2) ? SERVER : CLIENT;

		if (i[from] == n[from])
			from = other_side(from);
		model_segment(&m[from], &g[from][i[from]]);
		send_version(&heard, from, first[from], &g[from][i[from]++]);
		assert_int_equal(heard.n[from], m[from].next);
	}
	stream_close(heard.stream);
	for (size_t side = 0; side < 2; side++) {
		model_close(&m[side]);
		assert_int_equal(heard.n[side], m[side].next);
		assert_memory_equal(heard.said[side], m[side].said,
				    m[side].next * sizeof *m[side].said);
	}
}

static void
test_property(void **state)
{
	struct reassembler *r = start();

	(void)state;
	memset(&heard, 0, sizeof heard);
	random_state = 0x9e3779b97f4a7c15;
	for (size_t i = 0; i < 20000; i++)
		one_case(r);
	assert_true(reassembler_counts(r)->gaps > 1000);
	finish(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_in_order),       cmocka_unit_test(test_reversed),
	    cmocka_unit_test(test_byte_by_byte),   cmocka_unit_test(test_old_bytes),
	    cmocka_unit_test(test_gap_at_close),   cmocka_unit_test(test_gap_when_crowded),
	    cmocka_unit_test(test_huge_gaps),      cmocka_unit_test(test_long_stream),
	    cmocka_unit_test(test_long_flow),      cmocka_unit_test(test_cut_tails),
	    cmocka_unit_test(test_large_segments), cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_set_first),      cmocka_unit_test(test_table_full),
	    cmocka_unit_test(test_many_in_turn),   cmocka_unit_test(test_many_at_once),
	    cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
