/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writer of pcapng writes, our own reader reads; tests/check_evidence.py asks tshark. */
#include "pcapngout.h"
#include "reread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t bytes[61] = {[12] = 8, [14] = 0x45, [60] = 0xee};

static char *
temporary(FILE **ret)
{
	char *name = strdup("/tmp/pcapngout.XXXXXX");
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	*ret = fdopen(fd, "w");
	return name;
}

/* Frames of two link types, cut and whole, with the nanoseconds and lengths that they had. */
static void
test_frames(void **state)
{
	static const struct frame given[] = {
	    {.data = bytes, .nsec = 1771000000123456789, .caplen = 61, .len = 1500},
	    {.data = bytes, .nsec = 1, .caplen = 0, .len = 40},
	    {.data = bytes, .nsec = 1771000000123456788, .caplen = 20, .len = 20},
	};
	static const uint32_t interfaces[] = {0, 1, 0};
	static const char *const comments[] = {"what it is", "and again"};
	static const struct capture_options plain;
	struct pcapngout *w;
	struct capture *c;
	struct frame f;
	char *name, *why;
	FILE *out;

	(void)state;
	name = temporary(&out);
	w = pcapngout_new(out, "section", "test");
	assert_int_equal(pcapngout_interface(w, 1, 262144, "first"), 0);
	assert_int_equal(pcapngout_interface(w, 101, 0, NULL), 1);
	for (size_t i = 0; i < 3; i++)
		pcapngout_frame(w, interfaces[i], &given[i], comments, i);
	assert_int_equal(pcapngout_finish(w), 0);
	fclose(out);
	assert_int_equal(capture_open((const char *const *)&name, 1, &plain, &c, &why), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(capture_next(c, &f), 1);
		assert_int_equal(f.nsec, given[i].nsec);
		assert_int_equal(f.caplen, given[i].caplen);
		assert_int_equal(f.len, given[i].len);
		assert_int_equal(f.interface, interfaces[i]);
		assert_int_equal(f.link_type, interfaces[i] ? 101 : 1);
		assert_memory_equal(f.data, bytes, f.caplen);
	}
	assert_int_equal(capture_next(c, &f), 0);
	assert_false(capture_info(c, 0)->truncated);
	assert_null(capture_info(c, 0)->trouble);
	capture_close(c);
	unlink(name);
	free(name);
}

/* Every block's length stands at both of its ends and is a multiple of four. */
static void
assert_blocks(const uint8_t *p, size_t n, size_t expected)
{
	size_t blocks = 0;

	for (uint32_t length, again; n > 0; p += length, n -= length, blocks++) {
		assert_true(n >= 12);
		memcpy(&length, p + 4, 4);
		assert_true(length % 4 == 0 && length >= 12 && length <= n);
		memcpy(&again, p + length - 4, 4);
		assert_int_equal(length, again);
	}
	assert_int_equal(blocks, expected);
}

/* Comments that are too long are cut; lines stay, what a terminal would obey is shown. */
static void
test_texts(void **state)
{
	const struct pcapngout_name names[] = {
	    {addr_from_v4((const uint8_t[]){192, 0, 2, 1}), "a.example"},
	    {addr_from_v6((const uint8_t[16]){0x20, 1, 0xd, 0xb8}), "b.example"}};
	size_t n = 70001;
	char *text = malloc(n + 1), *data = NULL;
	const char *comments[] = {text, "one\n\033[31mred"};
	struct pcapngout *w;
	size_t size = 0;
	FILE *out;

	(void)state;
	memset(text, 'x', n);
	text[n] = '\0';
	out = open_memstream(&data, &size);
	w = pcapngout_new(out, text, NULL);
	pcapngout_names(w, names, 0);
	pcapngout_names(w, names, 2);
	pcapngout_interface(w, 1, 0, NULL);
	pcapngout_frame(w, 0, &(struct frame){.data = bytes, .caplen = 1, .len = 1}, comments, 2);
	assert_int_equal(pcapngout_finish(w), 0);
	fclose(out);
	assert_blocks((uint8_t *)data, size, 4);
	assert_null(memmem(data, size, "\033[31m", 5));
	assert_non_null(memmem(data, size, "one\n\\x1b[31mred", 15));
	assert_non_null(memmem(data, size, "b.example", 10));
	free(data);
	free(text);
}

static void
test_full_disk(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct pcapngout *w;

	(void)state;
	assert_non_null(out);
	w = pcapngout_new(out, "x", "y");
	assert_true(pcapngout_finish(w) < 0);
	fclose(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames),
					   cmocka_unit_test(test_texts),
					   cmocka_unit_test(test_full_disk)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
