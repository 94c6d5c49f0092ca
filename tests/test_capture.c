/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcap files of every kind, cut anywhere, merged and filtered. */
#include "capture_files.h"

#include <errno.h>
#include <sys/resource.h>

static void
test_pcap_variants(void **state)
{
	static const struct {
		uint32_t magic;
		int64_t unit;
		size_t extra;
	} kinds[] = {{MICRO, 1000, 0}, {NANO, 1, 0}, {PATCHED, 1000, 8}};

	(void)state;
	for (unsigned k = 0; k < 6; k++) {
		struct blob b = {.big = k % 2};
		struct capture *c;
		struct frame f;

		/* The link type carries an FCS length of 4 (bits 28 to 31) and its flag. */
		put_pcap_header(&b, kinds[k / 2].magic, 96, 0x44000001);
		for (unsigned i = 0; i < 5; i++) {
			put_pcap_record(&b, 0xf0000000u + i, 999999, i * 11, i * 12);
			put_pattern(&b, 99, kinds[k / 2].extra);
			put_pattern(&b, i, (size_t)i * 11);
		}
		c = open_blob(&b, &plain, NULL);
		for (unsigned i = 0; i < 5; i++) {
			assert_int_equal(capture_next(c, &f), 1);
			assert_int_equal(f.number, i + 1);
			assert_int_equal(f.nsec, (0xf0000000LL + i) * NSEC_PER_SEC +
						     999999 * kinds[k / 2].unit);
			assert_int_equal(f.caplen, i * 11);
			assert_int_equal(f.len, i * 12);
			assert_int_equal(f.link_type, 1);
			assert_true(is_pattern(f.data, i, f.caplen));
		}
		assert_int_equal(drain(c), 0);
		assert_int_equal(capture_info(c, 0)->packets, 5);
		assert_int_equal(capture_info(c, 0)->cut_frames, 4);
		assert_int_equal(capture_info(c, 0)->bytes, 110);
		assert_int_equal(capture_info(c, 0)->snaplen, 96);
		assert_false(capture_info(c, 0)->truncated);
		assert_string_equal(capture_info(c, 0)->link_type, "EN10MB");
		capture_close(c);
		free(b.b);
	}
}

/* Before version 2.4 some writers swapped the two lengths. */
static void
test_pcap_swapped_lengths(void **state)
{
	struct blob b = {0};
	struct capture *c;
	struct frame f;

	(void)state;
	put_pcap_header(&b, MICRO, 0, 101);
	b.b[6] = 3;
	put_pcap_record(&b, 1, 0, 100, 20);
	put_pattern(&b, 1, 20);
	put_pcap_record(&b, 1, 0, 30, 40);
	put_pattern(&b, 2, 30);
	c = open_blob(&b, &plain, NULL);
	assert_int_equal(capture_next(c, &f), 1);
	assert_int_equal(f.caplen, 20);
	assert_int_equal(f.len, 100);
	assert_int_equal(capture_next(c, &f), 1);
	assert_int_equal(f.caplen, 30);
	assert_true(is_pattern(f.data, 2, 30));
	assert_int_equal(drain(c), 0);
	assert_string_equal(capture_info(c, 0)->link_type, "RAW");
	capture_close(c);
	free(b.b);
}

static void
test_pcap_cut(void **state)
{
	for (int big = 0; big < 2; big++) {
		struct blob b = {.big = big};
		size_t ends[5];

		(void)state;
		put_pcap_header(&b, MICRO, 0, 1);
		ends[0] = b.n;
		for (unsigned i = 1; i < 5; i++) {
			put_pcap_frame(&b, i, i, i * 9);
			ends[i] = b.n;
		}
		cut_everywhere(&b, ends + 1, 4, 24, ends, 5);
		free(b.b);
	}
}

static void
test_record_lengths(void **state)
{
	static const uint32_t lengths[] = {262144, 262145, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct blob b = {0};
		struct capture *c;

		put_pcap_header(&b, MICRO, 0xffffffff, 1);
		put_pcap_frame(&b, 1, 1, 60);
		put_pcap_record(&b, 2, 0, lengths[i], lengths[i]);
		put_pattern(&b, 2, 262144);
		c = open_blob(&b, &plain, NULL);
		assert_int_equal(drain(c), i == 0 ? 2 : 1);
		if (i == 0)
			assert_null(capture_info(c, 0)->trouble);
		else
			assert_non_null(strstr(capture_info(c, 0)->trouble, "captured bytes"));
		assert_int_equal(capture_info(c, 0)->snaplen, 0);
		capture_close(c);
		/* As the first record: trouble and no packet. */
		memmove(b.b + 24, b.b + 24 + 76, b.n -= 24 + 76);
		b.n += 24;
		c = open_blob(&b, &plain, NULL);
		assert_int_equal(drain(c), i == 0);
		assert_int_equal(capture_info(c, 0)->packets, i == 0);
		assert_int_equal(capture_info(c, 0)->trouble != NULL, i > 0);
		capture_close(c);
		free(b.b);
	}
}

static void
test_long_file(void **state)
{
	struct blob b = long_file(3000);
	struct capture *c = open_blob(&b, &plain, NULL);

	(void)state;
	assert_true(b.n > 4 * 1024 * 1024);
	assert_int_equal(check_long(c), 3000);
	capture_close(c);
	free(b.b);
}

/* Writes a file with a frame at each of the given times, ended by -1. */
static struct memory_file
timed_file(const int *usec, unsigned link)
{
	struct blob b = {0};
	struct memory_file f;

	put_pcap_header(&b, MICRO, 0, link);
	for (; *usec >= 0; usec++)
		put_pcap_frame(&b, (unsigned)*usec, (unsigned)*usec, 20);
	f = memory_file(b.b, b.n);
	free(b.b);
	return f;
}

/* Time, input and number of each frame. */
static void
check_merged(struct capture *c, const int (*expected)[3], size_t n, unsigned more)
{
	struct frame f[BATCH];
	bool together = false;
	size_t at = 0;

	for (unsigned k; (k = next_batch(c, f, more)) > 0; at += k) {
		together |= k > 1;
		for (unsigned i = 0; i < k; i++) {
			const int *x = expected[at + i];

			assert_true(at + i < n);
			assert_int_equal(f[i].nsec, x[0] * 1000);
			assert_int_equal(f[i].capture, x[1]);
			assert_int_equal(f[i].number, x[2]);
			assert_true(is_pattern(f[i].data, (unsigned)x[0], f[i].caplen));
		}
	}
	assert_int_equal(at, n);
	assert_int_equal(together, more > 0);
}

static void
test_merge(void **state)
{
	static const int times[4][8] = {
	    {10, 20, 15, 30, 40, -1}, {5, 20, 20, 21, 90, -1}, {-1}, {1, 50, 12, 60, -1}};
	/* Time, input and frame. The 15 of the first file and the 12 of the last come when their
	 * file has come to them; at equal times the earlier input is first. */
	static const int expected[][3] = {
	    {1, 3, 1},  {5, 1, 1},  {10, 0, 1}, {20, 0, 2}, {15, 0, 3}, {20, 1, 2}, {20, 1, 3},
	    {21, 1, 4}, {30, 0, 4}, {40, 0, 5}, {50, 3, 2}, {12, 3, 3}, {60, 3, 4}, {90, 1, 5}};
	struct memory_file files[4];
	const char *names[4];
	struct capture *c;
	char *why;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		files[i] = timed_file(times[i], 1);
		names[i] = files[i].name;
	}
	for (unsigned more = 1; more < BATCH; more++) { /* the same, in batches of any size */
		assert_int_equal(capture_open(names, 4, &plain, &c, &why), 0);
		check_merged(c, expected, sizeof expected / sizeof *expected, more);
		capture_close(c);
	}
	assert_int_equal(capture_open(names, 4, &plain, &c, &why), 0);
	check_merged(c, expected, sizeof expected / sizeof *expected, 0);
	assert_int_equal(capture_count(c), 4);
	assert_int_equal(capture_info(c, 0)->out_of_order, 1);
	assert_int_equal(capture_info(c, 0)->largest_step_back, 5000);
	assert_int_equal(capture_info(c, 2)->packets, 0);
	assert_string_equal(capture_info(c, 2)->link_type, "EN10MB");
	assert_int_equal(capture_info(c, 3)->largest_step_back, 38000);
	assert_int_equal(capture_info(c, 3)->last, 60000);
	capture_close(c);
	for (size_t i = 0; i < 4; i++)
		close(files[i].fd);
}

/* More files than may be open at once, unless the limit is raised: first such that wait for
 * each other, then such that overlap. */
static void
test_many_files(void **state)
{
	enum { FILES = 2000 };
	static const int times[2][3] = {{7, -1}, {7, 9, -1}};

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct memory_file f = timed_file(times[k], 1);
		const char *names[FILES];
		struct rlimit limit;
		struct capture *c;
		char *why;

		for (size_t i = 0; i < FILES; i++)
			names[i] = f.name;
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
		if (k == 1 && limit.rlim_max < FILES + 100)
			skip();
		limit.rlim_cur = 256;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(capture_open(names, FILES, &plain, &c, &why), 0);
		if (k == 0)
			assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(drain(c), FILES * (k + 1));
		for (size_t i = 0; i < FILES; i++)
			assert_null(capture_info(c, i)->trouble);
		capture_close(c);
		close(f.fd);
	}
}

/* An IPv4 frame of 34 bytes with that protocol, behind an Ethernet header or none. */
static void
put_ip(struct blob *b, bool ethernet, unsigned protocol)
{
	uint8_t p[34] = {[12] = 8, [14] = 0x45, [17] = 20, [22] = 64};

	p[23] = (uint8_t)protocol;
	put_pcap_record(b, 1, 0, ethernet ? 34 : 20, ethernet ? 34 : 20);
	put(b, ethernet ? p : p + 14, ethernet ? 34 : 20);
}

static void
test_filter(void **state)
{
	const struct capture_options udp = {.filter = "udp"};

	(void)state;
	for (int ethernet = 0; ethernet < 2; ethernet++) {
		struct blob b = {0};
		struct capture *c;
		struct frame f;

		put_pcap_header(&b, MICRO, 0, ethernet ? 1 : 101);
		for (unsigned i = 0; i < 20; i++)
			put_ip(&b, ethernet, i % 5 == 3 ? 17 : 6);
		c = open_blob(&b, &udp, NULL);
		for (unsigned i = 4; i <= 20; i += 5) {
			assert_int_equal(capture_next(c, &f), 1);
			assert_int_equal(f.number, i);
		}
		assert_int_equal(drain(c), 0);
		assert_int_equal(capture_info(c, 0)->packets, 20);
		assert_int_equal(capture_info(c, 0)->filtered, 16);
		capture_close(c);
		free(b.b);
	}
}

/* One program for each link type; a type without any meaning lets nothing pass. */
static void
test_filter_link_types(void **state)
{
	const struct capture_options all = {.filter = "greater 10"};
	struct blob b = {0};
	struct capture *c;

	(void)state;
	put_section(&b, false);
	for (unsigned i = 0; i < 400; i++)
		put_interface(&b, i, 0, 6, 0);
	for (unsigned i = 0; i < 800; i++)
		put_enhanced(&b, i, i % 400, i, 5 + (i % 400 == 101) * 10);
	c = open_blob(&b, &all, NULL);
	assert_int_equal(drain(c), 2);
	assert_int_equal(capture_info(c, 0)->packets, 800);
	assert_int_equal(capture_info(c, 0)->filtered, 798);
	capture_close(c);
	free(b.b);
}

static void
test_filter_wrong(void **state)
{
	const struct capture_options wrong = {.filter = "tcp port !"};
	struct memory_file f = timed_file((const int[]){7, -1}, 1);
	const char *name = f.name;
	struct capture *c;
	char *why = NULL;

	(void)state;
	assert_int_equal(capture_open(&name, 1, &wrong, &c, &why), -EINVAL);
	assert_non_null(strstr(why, "tcp port !"));
	free(why);
	close(f.fd);
}

static void
test_refused(void **state)
{
	static const char *const names[] = {"/nonexistent/file", "/proc/self"};
	static const char *const words[] = {"/nonexistent/file: No such file or directory",
					    "/proc/self: reading failed: Is a directory"};
	struct blob b = {0};

	(void)state;
	refused(&b, "empty file");
	put(&b, "snoop\0\0\0\0\0\0\2\0\0\0\4", 16);
	refused(&b, "not a pcap or pcapng file");
	b.n = 0;
	put_pcap_header(&b, MICRO, 0, 1);
	b.b[4] = 1;
	refused(&b, "pcap version 1.4 is not known");
	b.n = 0;
	put_pcap_header(&b, MICRO, 0, 0x00010001); /* a reserved bit */
	refused(&b, "not a pcap or pcapng file");
	b.n = 0;
	put_section(&b, false);
	b.b[12] = 2;
	refused(&b, "pcapng version 2.0 is not known");
	b.b[8] = 0;
	refused(&b, "not a pcap or pcapng file");
	free(b.b);
	for (size_t i = 0; i < 2; i++) {
		struct capture *c;
		char *why;

		assert_true(capture_open(&names[i], 1, &plain, &c, &why) < 0);
		assert_string_equal(why, words[i]);
		free(why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pcap_variants),     cmocka_unit_test(test_pcap_swapped_lengths),
	    cmocka_unit_test(test_pcap_cut),          cmocka_unit_test(test_record_lengths),
	    cmocka_unit_test(test_long_file),         cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_many_files),        cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_filter_link_types), cmocka_unit_test(test_filter_wrong),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
