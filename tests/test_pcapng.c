/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcapng files: sections, interfaces, units, blocks that lie. */
#include "capture_files.h"

static void
test_pcapng_cut(void **state)
{
	for (int big = 0; big < 2; big++) {
		struct blob b = {0};
		size_t clean[8], frames[3], n = 0, at;

		(void)state;
		put_section(&b, big);
		clean[n++] = b.n;
		put_interface(&b, 1, 0, 6, 0);
		clean[n++] = b.n;
		put_enhanced(&b, 1, 0, 5, 21);
		frames[0] = clean[n++] = b.n;
		at = block_begin(&b, 0x77777777);
		put_pattern(&b, 3, 9);
		block_end(&b, at);
		clean[n++] = b.n;
		put_enhanced(&b, 2, 0, 6, 16);
		frames[1] = clean[n++] = b.n;
		put_section(&b, !big);
		clean[n++] = b.n;
		put_interface(&b, 1, 0, -1, 0);
		clean[n++] = b.n;
		put_enhanced(&b, 3, 0, 7, 1);
		frames[2] = clean[n++] = b.n;
		cut_everywhere(&b, frames, 3, 28, clean, n);
		free(b.b);
	}
}

/* Two sections of different byte order, with interfaces of different link types and units. */
static void
test_pcapng_interfaces(void **state)
{
	static const struct {
		int64_t nsec;
		uint32_t caplen;
		int link_type;
		uint16_t interface;
		uint32_t number;
	} expected[] = {
	    {1500000000, 21, 1, 0, 1},   {3250000000, 7, 101, 1, 2},  {2000000007, 8, 113, 2, 4},
	    {2000000007, 33, 1, 0, 5},   {4000000000, 5, 1, 3, 6},    {-6000000000, 12, 12, 4, 7},
	    {9000000000, 12, 101, 5, 8}, {1000000000, 12, 276, 6, 9},
	};
	struct blob b = {0};
	struct capture *c;
	struct frame f;
	size_t at;

	(void)state;
	put_section(&b, false);
	put_interface(&b, 1, 33, -1, 0);
	put_interface(&b, 101, 0, 0x80 | 20, 0);
	put_interface(&b, 113, 0, 9, 2);
	put_enhanced(&b, 0, 0, 1500000, 21);
	put_enhanced(&b, 1, 1, (3u << 20) + (1u << 18), 7);
	at = block_begin(&b, 9); /* a journal entry has a frame number and is no packet */
	put_pattern(&b, 0, 13);
	block_end(&b, at);
	put_enhanced(&b, 2, 2, 7, 8);
	at = block_begin(&b, 3); /* simple: cut to the snaplen, no time */
	put_u32(&b, 50);
	put_pattern(&b, 3, 33);
	block_end(&b, at);
	put_section(&b, true);
	put_interface(&b, 1, 0, 3, 0);
	put_interface(&b, 12, 0, 6, -10);
	put_interface(&b, 101, 0, 0x80 | 40, 0);
	put_interface(&b, 276, 0, 12, 0);
	at = block_begin(&b, 2); /* the obsolete packet block */
	put_u16(&b, 0);
	put_u16(&b, 1);
	put_u32(&b, 0);
	put_u32(&b, 4000);
	put_u32(&b, 5);
	put_u32(&b, 5);
	put_pattern(&b, 4, 5);
	block_end(&b, at);
	put_enhanced(&b, 5, 1, 4000000, 12);
	put_enhanced(&b, 6, 2, 9ull << 40, 12);
	put_enhanced(&b, 7, 3, 1000000000000, 12);
	at = block_begin(&b, 5);
	put_u32(&b, 0);
	put_uint(&b, 0, 8);
	put_option(&b, 5, 30, 8);
	put_option(&b, 7, 4, 8);
	block_end(&b, at);

	c = open_blob(&b, &plain, NULL);
	for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
		assert_int_equal(capture_next(c, &f), 1);
		assert_int_equal(f.nsec, expected[i].nsec);
		assert_int_equal(f.caplen, expected[i].caplen);
		assert_int_equal(f.link_type, expected[i].link_type);
		assert_int_equal(f.interface, expected[i].interface);
		assert_int_equal(f.number, expected[i].number);
		assert_true(is_pattern(f.data, i, f.caplen));
	}
	assert_int_equal(drain(c), 0);
	assert_int_equal(capture_info(c, 0)->packets, 9);
	assert_int_equal(capture_info(c, 0)->dropped, 34);
	assert_int_equal(capture_info(c, 0)->snaplen, 33);
	assert_int_equal(capture_info(c, 0)->first, -6000000000);
	assert_int_equal(capture_info(c, 0)->last, 9000000000);
	assert_int_equal(capture_info(c, 0)->out_of_order, 4);
	assert_int_equal(capture_info(c, 0)->largest_step_back, 10000000000);
	assert_int_equal(capture_info(c, 0)->cut_frames, 1);
	assert_true(capture_info(c, 0)->several_link_types);
	assert_null(capture_info(c, 0)->trouble);
	capture_close(c);
	free(b.b);
}

/* No unit and no offset may lead out of 64 bits; units that are too fine count as zero. */
static void
test_pcapng_times(void **state)
{
	static const int64_t limit = ((int64_t)1 << 62) - 1;
	static const struct {
		int resolution;
		int64_t offset;
		uint64_t ticks;
		int64_t nsec;
	} cases[] = {
	    {6, 0, UINT64_MAX, limit},
	    {0, 0, 7, 7000000000},
	    {0x80, 0, 7, 7000000000},
	    {9, 0, UINT64_MAX, limit},
	    {127, 0, UINT64_MAX, 0},
	    {0x80 | 63, 0, (uint64_t)3 << 62, 1500000000},
	    {0x80 | 64, 0, (uint64_t)1 << 63, 500000000},
	    {0x80 | 127, 0, UINT64_MAX, 0},
	    {0x80 | 1, 0, UINT64_MAX, limit},
	    {0x80 | 34, 0, 3ull << 33, 1500000000},
	    {6, INT64_MAX, UINT64_MAX, limit},
	    {6, INT64_MIN, 0, -limit - 1},
	    {6, -1, 1, -999999000},
	    {28, 0, UINT64_MAX, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct blob b = {0};
		struct capture *c;
		struct frame f;

		put_section(&b, i % 2);
		put_interface(&b, 1, 0, cases[i].resolution, cases[i].offset);
		put_enhanced(&b, 0, 0, cases[i].ticks, 0);
		c = open_blob(&b, &plain, NULL);
		assert_int_equal(capture_next(c, &f), 1);
		assert_int_equal(f.nsec, cases[i].nsec);
		capture_close(c);
		free(b.b);
	}
}

/* Writes a 32-bit lie over a good file with two frames; the second block of them starts at
 * `at`. Expects how many frames survive, and a word of the trouble: "cut" if the file is
 * taken for one that was cut, NULL if for a good one. */
static void
lie(size_t offset, uint32_t value, unsigned frames, const char *word)
{
	struct blob b = {0};
	struct capture *c;
	const char *trouble;
	size_t end, at;

	put_section(&b, false);
	put_interface(&b, 1, 0, 6, 0);
	put_enhanced(&b, 1, 0, 1, 40);
	at = b.n;
	put_enhanced(&b, 2, 0, 2, 40);
	put_enhanced(&b, 3, 0, 3, 40);
	end = b.n;
	b.n = at + offset;
	put_u32(&b, value);
	b.n = end;
	c = open_blob(&b, &plain, NULL);
	assert_int_equal(drain(c), frames);
	trouble = capture_info(c, 0)->trouble;
	assert_int_equal(capture_info(c, 0)->truncated, word && strcmp(word, "cut") == 0);
	if (!word || capture_info(c, 0)->truncated)
		assert_null(trouble);
	else if (!trouble || !strstr(trouble, word))
		fail_msg("trouble is '%s', expected '%s'", trouble ? trouble : "", word);
	capture_close(c);
	free(b.b);
}

static void
test_pcapng_lies(void **state)
{
	(void)state;
	/* The control: no lie at all. */
	lie(4, 72, 3, NULL);
	/* Total length. */
	lie(4, 0, 1, "claims 0 bytes");
	lie(4, 8, 1, "claims 8 bytes");
	lie(4, 31, 1, "claims 31 bytes");
	lie(4, 68, 1, "lengths");
	lie(4, 76, 1, "lengths");
	lie(4, 0x00ffffff, 1, "cut");
	lie(4, 0x01000001, 1, "claims");
	lie(4, 0xfffffffc, 1, "claims");
	lie(4, 0xffffffff, 1, "claims");
	lie(68, 4, 1, "lengths");
	/* Captured length, interface. */
	lie(20, 41, 1, "captured bytes");
	lie(20, 0xffffffff, 1, "captured bytes");
	lie(20, 262145, 1, "captured bytes");
	lie(20, 0, 3, NULL);
	lie(8, 1, 1, "interface 1");
	lie(8, 0xffffffff, 1, "interface 4294967295");
	/* Type: another one is passed over; a second section forgets the interface. */
	lie(0, 0x12345678, 2, NULL);
	lie(0, 0x0a0d0d0a, 1, "byte order");
}

/* A block of unknown kind may be larger than anything that is held in memory. */
static void
test_pcapng_unknown_blocks(void **state)
{
	struct blob b = {0};
	struct capture *c;
	size_t at;

	(void)state;
	put_section(&b, true);
	put_interface(&b, 1, 0, 6, 0);
	at = block_begin(&b, 0x8000beef);
	for (int i = 0; i < 17 * 1024; i++)
		put_pattern(&b, 1, 1024);
	block_end(&b, at);
	put_enhanced(&b, 3, 0, 3, 40);
	c = open_blob(&b, &plain, NULL);
	assert_int_equal(drain(c), 1);
	assert_null(capture_info(c, 0)->trouble);
	capture_close(c);
	b.n -= 100; /* cut behind the block */
	c = open_blob(&b, &plain, NULL);
	assert_int_equal(drain(c), 0);
	assert_true(capture_info(c, 0)->truncated);
	capture_close(c);
	free(b.b);
}

/* Options whose length runs out of the block end the list; nothing else suffers. */
static void
test_pcapng_option_lies(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 70000; n = n < 20 ? n + 1 : n * 3) {
		struct blob b = {0};
		struct capture *c;
		size_t at;

		put_section(&b, false);
		at = block_begin(&b, 1);
		put_u16(&b, 1);
		put_u16(&b, 0);
		put_u32(&b, 0);
		put_u16(&b, 9);
		put_u16(&b, n & 0xffff);
		put_u32(&b, 9);
		block_end(&b, at);
		at = block_begin(&b, 5);
		put_u32(&b, n);
		put_uint(&b, 0, 8);
		put_u16(&b, 5);
		put_u16(&b, n & 0xffff);
		block_end(&b, at);
		put_enhanced(&b, 1, 0, 1, 1);
		c = open_blob(&b, &plain, NULL);
		assert_int_equal(drain(c), 1);
		assert_int_equal(capture_info(c, 0)->dropped, 0);
		assert_int_equal(capture_info(c, 0)->first, n == 1 ? 1 : 1000);
		capture_close(c);
		free(b.b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pcapng_cut),
	    cmocka_unit_test(test_pcapng_interfaces),
	    cmocka_unit_test(test_pcapng_times),
	    cmocka_unit_test(test_pcapng_lies),
	    cmocka_unit_test(test_pcapng_unknown_blocks),
	    cmocka_unit_test(test_pcapng_option_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
