/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams out of segments in any order: one case after another. */
#include "streams.h"

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
	for (uint64_t at = 0; at < end; at += 2 * n) {
		uint32_t seq = 0xdeadbeef + (uint32_t)at;

		/* The wrong way round, or they would go past libnids. */
		stream_segment(heard.stream, CLIENT, seq + (uint32_t)n, (struct bytes){p + n, n},
			       (uint32_t)n);
		stream_segment(heard.stream, CLIENT, seq, (struct bytes){p, n}, (uint32_t)n);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
