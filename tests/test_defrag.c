/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams out of fragments in any order, against a map of their bytes. */
#include "chance.h"
#include "reassemble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
	return chance(&random_state, n);
}

static void
no_data(void *owner, enum side from, uint64_t offset, struct bytes b)
{
	(void)owner;
	(void)from;
	(void)offset;
	(void)b;
	fail_msg("a fragment reached a stream");
}

static void
no_gap(void *owner, enum side from, uint64_t offset, uint64_t n)
{
	no_data(owner, from, offset, (struct bytes){NULL, (size_t)n});
}

static struct reassembler *
start(void)
{
	static const struct stream_sink sink = {.data = no_data, .gap = no_gap};
	struct reassembler *r = reassembler_new(&sink, 1);

	assert_non_null(r);
	return r;
}

static uint8_t datagram[65536];

static struct fragment
fragment_of(uint8_t version, uint32_t id, uint32_t offset, uint32_t n, uint32_t total)
{
	struct fragment f = {.scope = 0, .id = id, .ip_version = version, .proto = 17};

	f.src.b[15] = 1;
	f.dst.b[15] = 2;
	f.offset = offset;
	f.b = (struct bytes){datagram + offset, n};
	f.more = offset + n < total;
	return f;
}

/* From an exact copy, so that a sanitizer sees who reads too far. */
static bool
feed_copy(struct defrag *d, const struct fragment *f, struct bytes *ret_whole)
{
	struct fragment copy = *f;
	uint8_t *p = malloc(f->b.n ? f->b.n : 1);
	bool whole;

	assert_non_null(p);
	if (f->b.n)
		memcpy(p, f->b.p, f->b.n);
	copy.b.p = p;
	whole = defrag_feed(d, &copy, ret_whole);
	if (whole && ret_whole->p == p) /* a datagram of its own */
		ret_whole->p = f->b.p;
	free(p);
	return whole;
}

static void
fill_datagram(void)
{
	for (size_t i = 0; i < sizeof datagram; i++)
		datagram[i] = (uint8_t)(1 + (i * 7 + (i >> 8) * 13) % 255);
}

static void
expect_whole(struct defrag *d, const struct fragment *f, uint32_t total)
{
	struct bytes whole = {NULL, 0};

	assert_true(feed_copy(d, f, &whole));
	assert_int_equal(whole.n, total);
	assert_memory_equal(whole.p, datagram, total);
}

static void
expect_none(struct defrag *d, const struct fragment *f)
{
	struct bytes whole;

	assert_false(feed_copy(d, f, &whole));
}

/* Five fragments, the last of which has 3 bytes, in all 120 orders, each also with every
 * fragment sent twice. */
static void
test_fragment_orders(void **state)
{
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);
	uint32_t id = 0;

	(void)state;
	fill_datagram();
	for (unsigned i = 0; i < 5 * 5 * 5 * 5 * 5; i++) {
		unsigned o[5] = {i % 5, i / 5 % 5, i / 25 % 5, i / 125 % 5, i / 625 % 5};
		unsigned seen = 1u << o[0] | 1u << o[1] | 1u << o[2] | 1u << o[3] | 1u << o[4];

		if (seen != 31)
			continue;
		for (unsigned way = 0; way < 4; way++) {
			uint8_t version = way & 1 ? 6 : 4;

			id++;
			for (unsigned k = 0; k < 5; k++) {
				uint32_t n = o[k] == 4 ? 3 : 64;
				struct fragment f = fragment_of(version, id, o[k] * 64, n, 259);

				if (k == 4)
					expect_whole(d, &f, 259);
				else
					expect_none(d, &f);
				if (way & 2)
					expect_none(d, &f);
			}
		}
	}
	assert_int_equal(defrag_counts(d)->whole, 480);
	assert_int_equal(defrag_counts(d)->overlaps, 0);
	assert_int_equal(defrag_counts(d)->dropped, 0);
	defrag_free(d);
	reassembler_free(r);
}

static void
test_fragment_sizes(void **state)
{
	static const uint32_t totals[] = {9, 16, 1500, 65515, 65516, 65535};
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);
	struct fragment f;

	(void)state;
	fill_datagram();
	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		uint32_t step = totals[i] < 1000 ? 8 : 1432, at = 0;

		for (; at + step < totals[i]; at += step) {
			f = fragment_of(6, (uint32_t)i, at, step, totals[i]);
			expect_none(d, &f);
		}
		f = fragment_of(6, (uint32_t)i, at, totals[i] - at, totals[i]);
		expect_whole(d, &f, totals[i]);
	}
	/* All of 8 bytes, backwards. */
	for (uint32_t at = 65520; at > 0; at -= 8) {
		f = fragment_of(4, 99, at, 8, 65528);
		expect_none(d, &f);
	}
	f = fragment_of(4, 99, 0, 8, 65528);
	expect_whole(d, &f, 65528);
	/* One that is no fragment at all, RFC 6946. */
	f = fragment_of(6, 100, 0, 5, 5);
	expect_whole(d, &f, 5);
	defrag_free(d);
	reassembler_free(r);
}

static void
test_fragment_lies(void **state)
{
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);
	struct fragment f;

	(void)state;
	fill_datagram();
	f = fragment_of(4, 1, 0, 7, 100); /* nothing that could have a place */
	expect_none(d, &f);
	f = fragment_of(6, 1, 0, 15, 100);
	expect_none(d, &f);
	f = fragment_of(4, 1, 8, 0, 8);
	expect_none(d, &f);
	assert_int_equal(defrag_counts(d)->too_small, 3);
	f = fragment_of(4, 2, 65528, 7, 65535); /* ends at the limit */
	expect_none(d, &f);
	assert_int_equal(defrag_counts(d)->dropped, 0);
	f.b.n = 8; /* and beyond it: the ping of death */
	f.id = 3;
	expect_none(d, &f);
	assert_int_equal(defrag_counts(d)->dropped, 1);
	f = fragment_of(4, 4, 8, 8, 16); /* two ends */
	expect_none(d, &f);
	f = fragment_of(4, 4, 16, 8, 24);
	expect_none(d, &f);
	f = fragment_of(4, 4, 0, 8, 24);
	expect_none(d, &f);
	assert_int_equal(defrag_counts(d)->dropped, 2);
	f = fragment_of(4, 5, 16, 8, 32); /* bytes beyond the end */
	expect_none(d, &f);
	f = fragment_of(4, 5, 8, 8, 16);
	expect_none(d, &f);
	assert_int_equal(defrag_counts(d)->dropped, 3);
	f = fragment_of(4, 6, 0, 8, 16); /* cut by the snaplen */
	f.cut = true;
	expect_none(d, &f);
	f = fragment_of(4, 6, 8, 8, 16);
	expect_none(d, &f);
	assert_int_equal(defrag_counts(d)->dropped, 4);
	defrag_free(d);
	reassembler_free(r);
}

/* Keys that differ anywhere never mix. */
static void
test_fragment_keys(void **state)
{
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);

	(void)state;
	fill_datagram();
	for (unsigned part = 0; part < 7; part++) {
		struct fragment f = fragment_of(4, 1, 8 * part, 8, 64);

		f.src.b[0] = part == 0;
		f.dst.b[0] = part == 1;
		f.scope = part == 2;
		f.id = part == 3 ? 65537 : 1;
		f.proto = part == 4 ? 6 : 17;
		f.ip_version = part == 5 ? 6 : 4;
		expect_none(d, &f);
		f.offset = 56;
		f.more = false;
		expect_none(d, &f);
	}
	assert_int_equal(defrag_counts(d)->whole, 0);
	defrag_free(d);
	reassembler_free(r);
}

static void
test_fragment_times(void **state)
{
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);
	struct fragment f, last = fragment_of(4, 1, 8, 8, 16);

	(void)state;
	fill_datagram();
	for (int back = 0; back < 2; back++) { /* clocks jump both ways */
		f = fragment_of(4, 1, 0, 8, 16);
		f.nsec = 100 * NSEC_PER_SEC;
		expect_none(d, &f);
		last.nsec = (back ? 69 : 131) * NSEC_PER_SEC;
		expect_none(d, &last);
		f.nsec = last.nsec + 30 * NSEC_PER_SEC;
		expect_whole(d, &f, 16);
		/* A second copy of what is complete leaves nothing behind. */
		f.nsec += NSEC_PER_MSEC;
		expect_none(d, &f);
		f.nsec += NSEC_PER_SEC;
		expect_none(d, &f);
		last.nsec = f.nsec + 1;
		expect_whole(d, &last, 16);
		f.nsec += 1000 * NSEC_PER_SEC; /* clear the table */
		f.id = 2;
		expect_none(d, &f);
		f.nsec -= 5000 * NSEC_PER_SEC;
		expect_none(d, &f);
	}
	assert_true(defrag_counts(d)->expired >= 2);
	f.nsec = INT64_MIN;
	expect_none(d, &f);
	f.nsec = INT64_MAX;
	expect_none(d, &f);
	defrag_free(d);
	reassembler_free(r);
}

/* Lone fragments cost bounded memory and time, and do not keep others from being whole. */
static void
test_fragment_flood(void **state)
{
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);

	(void)state;
	fill_datagram();
	for (uint32_t i = 0; i < 100000; i++) {
		struct fragment f = fragment_of(i % 2 ? 4 : 6, i + 10, 8, 1400, 3000);

		f.src.b[3] = (uint8_t)i;
		expect_none(d, &f);
		if (i % 1000 == 0) {
			f = fragment_of(4, 1, 0, 1400, 2000);
			f.src.b[2] = (uint8_t)(i / 1000);
			expect_none(d, &f);
			f = fragment_of(4, 1, 1400, 600, 2000);
			f.src.b[2] = (uint8_t)(i / 1000);
			expect_whole(d, &f, 2000);
		}
	}
	assert_true(defrag_counts(d)->dropped > 90000);
	defrag_free(d);
	reassembler_free(r);
}

/* Random fragments of one datagram against a map of bytes. */
static void
one_datagram(struct defrag *d, uint32_t id, uint8_t version, uint64_t *ret_overlaps)
{
	static uint8_t map[512], bytes[512];
	uint32_t total = 24 + random_below(300), have = 0;
	bool dead = false, whole = false;
	uint32_t covered[64][2];
	size_t n = 0;

	memset(map, 0, sizeof map);
	for (unsigned i = 0; i < 60 && !whole; i++) {
		uint32_t at = random_below((total + 7) / 8) * 8, end = at + 8 + 8 * random_below(6);
		struct fragment f;
		struct bytes got;
		bool same = false, over = false, more;

		end = end < total ? end : total;
		more = end < total;
		f = fragment_of(version, id, at, end - at, total);
		if (random_below(4) == 0) /* another copy with other bytes */
			for (uint32_t k = at; k < end; k++)
				datagram[k] = (uint8_t)random_below(256);
		if (at == 0 && !more)
			continue;
		for (size_t k = 0; k < n; k++)
			same |= covered[k][0] == at && covered[k][1] == end;
		for (uint32_t k = at; k < end; k++)
			over |= map[k];
		for (uint32_t k = at; k < end && same; k++)
			same &= bytes[k] == datagram[k];
		if (version == 6 && over && !same)
			dead = true;
		for (uint32_t k = at; k < end; k++)
			if (!map[k]) {
				map[k] = 1;
				bytes[k] = datagram[k];
				have++;
			}
		covered[n][0] = at;
		covered[n++][1] = end;
		*ret_overlaps += over;
		whole = feed_copy(d, &f, &got);
		/* have == total needs the end, which only the last fragment has */
		assert_int_equal(whole, !dead && have == total);
		if (whole) {
			assert_int_equal(got.n, total);
			assert_memory_equal(got.p, bytes, total);
		}
	}
}

static void
test_fragment_property(void **state)
{
	struct reassembler *r = start();
	struct defrag *d = defrag_new(r);
	uint64_t overlaps = 0;

	(void)state;
	random_state = 0x2545f4914f6cdd1d;
	for (uint32_t i = 0; i < 20000; i++)
		one_datagram(d, i, i % 2 ? 4 : 6, &overlaps);
	assert_true(overlaps > 1000);
	assert_true(defrag_counts(d)->whole > 5000);
	assert_true(defrag_counts(d)->overlaps > 1000);
	defrag_free(d);
	reassembler_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fragment_orders),   cmocka_unit_test(test_fragment_sizes),
	    cmocka_unit_test(test_fragment_lies),     cmocka_unit_test(test_fragment_keys),
	    cmocka_unit_test(test_fragment_times),    cmocka_unit_test(test_fragment_flood),
	    cmocka_unit_test(test_fragment_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
