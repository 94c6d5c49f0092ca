/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every edge of the cursor: the first byte, the last, one past it, fences, and whose failure a
 * failure is. */
#include "cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t ten[] = {0x01, 0x02, 0x83, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a};

/* A cursor over a heap block of exactly n bytes, so that ASan sees a step beyond them. */
struct fixture {
	uint8_t *p;
	struct cursor c;
};

static struct fixture
over(const void *p, size_t n, enum cursor_err at_end)
{
	struct fixture x = {.p = malloc(n ? n : 1)};

	assert_non_null(x.p);
	if (n)
		memcpy(x.p, p, n);
	x.c = cursor_over((struct bytes){x.p, n}, at_end);
	return x;
}

/* One read of each width, with exactly enough bytes, and with one too few. */
#define EDGES(read, width, value)                                                                  \
	do {                                                                                       \
		struct fixture x = over(ten, width, CURSOR_SHORT);                                 \
                                                                                                   \
		assert_true(read(&x.c) == (value));                                                \
		assert_int_equal(x.c.err, CURSOR_OK);                                              \
		assert_int_equal(cursor_left(&x.c), 0);                                            \
		assert_true(read(&x.c) == 0);                                                      \
		assert_int_equal(x.c.err, CURSOR_SHORT);                                           \
		free(x.p);                                                                         \
		x = over(ten, (width)-1, CURSOR_BAD);                                              \
		assert_true(read(&x.c) == 0);                                                      \
		assert_int_equal(x.c.err, CURSOR_BAD);                                             \
		assert_ptr_equal(x.c.p, x.c.base);                                                 \
		free(x.p);                                                                         \
	} while (0)

static void
test_widths(void **state)
{
	(void)state;
	EDGES(get_u8, 1, 0x01);
	EDGES(get_be16, 2, 0x0102);
	EDGES(get_le16, 2, 0x0201);
	EDGES(get_be24, 3, 0x010283u);
	EDGES(get_be32, 4, 0x01028304u);
	EDGES(get_le32, 4, 0x04830201u);
}

static void
test_high_bits(void **state)
{
	static const uint8_t ones[4] = {0xff, 0xff, 0xff, 0xff};
	struct cursor c = cursor_over((struct bytes){ones, 4}, CURSOR_BAD);

	(void)state;
	assert_true(get_be32(&c) == UINT32_MAX);
	c = cursor_over((struct bytes){ones, 4}, CURSOR_BAD);
	assert_true(get_le32(&c) == UINT32_MAX);
	c = cursor_over((struct bytes){ones, 3}, CURSOR_BAD);
	assert_true(get_be24(&c) == 0xffffff);
}

static void
test_after_failure(void **state)
{
	struct fixture x = over(ten, 3, CURSOR_SHORT);
	struct bytes b;

	(void)state;
	assert_int_equal(get_be32(&x.c), 0);
	assert_int_equal(x.c.err, CURSOR_SHORT);
	/* There are three bytes, but nobody gets them any more. */
	assert_int_equal(get_u8(&x.c), 0);
	assert_int_equal(get_be16(&x.c), 0);
	skip_bytes(&x.c, 1);
	b = get_bytes(&x.c, 1);
	assert_int_equal(b.n, 0);
	assert_int_equal(get_line(&x.c, 9).n, 0);
	assert_int_equal(get_varint(&x.c), 0);
	assert_int_equal(cursor_left(&x.c), 3);
	set_bad(&x.c); /* the first failure stands */
	assert_int_equal(x.c.err, CURSOR_SHORT);
	free(x.p);
}

static void
test_bytes(void **state)
{
	struct fixture x = over(ten, 10, CURSOR_SHORT);
	struct bytes b = get_bytes(&x.c, 10);

	(void)state;
	assert_int_equal(b.n, 10);
	assert_ptr_equal(b.p, x.p);
	assert_int_equal(get_bytes(&x.c, 0).n, 0);
	skip_bytes(&x.c, 0);
	assert_int_equal(x.c.err, CURSOR_OK);
	assert_int_equal(get_bytes(&x.c, 1).n, 0);
	assert_int_equal(x.c.err, CURSOR_SHORT);
	free(x.p);
	x = over(ten, 10, CURSOR_SHORT);
	assert_int_equal(get_bytes(&x.c, 11).n, 0);
	assert_int_equal(cursor_left(&x.c), 10);
	free(x.p);
	x = over(ten, 10, CURSOR_BAD);
	skip_bytes(&x.c, SIZE_MAX);
	assert_int_equal(x.c.err, CURSOR_BAD);
	free(x.p);
}

static void
test_empty(void **state)
{
	struct cursor c = cursor_over((struct bytes){NULL, 0}, CURSOR_SHORT);

	(void)state;
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(get_bytes(&c, 0).n, 0);
	assert_int_equal(c.err, CURSOR_OK);
	assert_int_equal(get_u8(&c), 0);
	assert_int_equal(c.err, CURSOR_SHORT);
}

/* The examples of RFC 9000, A.1, and each with its last byte missing. */
static void
test_varint(void **state)
{
	static const struct {
		uint64_t value;
		size_t n;
		uint8_t b[8];
	} examples[] = {
	    {151288809941952652u, 8, {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}},
	    {494878333, 4, {0x9d, 0x7f, 0x3e, 0x7d}},
	    {15293, 2, {0x7b, 0xbd}},
	    {37, 1, {0x25}},
	    {37, 2, {0x40, 0x25}},
	    {(UINT64_C(1) << 62) - 1, 8, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct fixture x = over(examples[i].b, examples[i].n, CURSOR_SHORT);

		assert_true(get_varint(&x.c) == examples[i].value);
		assert_int_equal(cursor_left(&x.c), 0);
		assert_int_equal(x.c.err, CURSOR_OK);
		free(x.p);
		x = over(examples[i].b, examples[i].n - 1, CURSOR_SHORT);
		assert_true(get_varint(&x.c) == 0);
		assert_int_equal(x.c.err, CURSOR_SHORT);
		assert_ptr_equal(x.c.p, x.c.base);
		free(x.p);
	}
}

static void
test_fence(void **state)
{
	struct fixture x = over(ten, 10, CURSOR_SHORT);

	(void)state;
	{
		struct cursor child = get_fenced(&x.c, 4);

		assert_int_equal(cursor_left(&x.c), 6); /* the parent is behind it at once */
		assert_ptr_equal(child.base, x.p);
		assert_int_equal(get_be32(&child), 0x01028304);
		assert_int_equal(child.err, CURSOR_OK);
		/* There are more bytes, but they are not the child's: BAD, though the parent's
		 * end would mean SHORT. */
		assert_int_equal(get_u8(&child), 0);
		assert_int_equal(child.err, CURSOR_BAD);
	}
	assert_int_equal(x.c.err, CURSOR_BAD);
	assert_int_equal(get_u8(&x.c), 0);
	free(x.p);
}

static void
test_fence_too_long(void **state)
{
	struct fixture x = over(ten, 10, CURSOR_SHORT);

	(void)state;
	{
		struct cursor child = get_fenced(&x.c, 11);

		assert_int_equal(child.err, CURSOR_SHORT);
		assert_int_equal(cursor_left(&child), 0);
		assert_int_equal(get_u8(&child), 0);
	}
	assert_int_equal(x.c.err, CURSOR_SHORT);
	free(x.p);
	x = over(ten, 10, CURSOR_SHORT);
	{
		struct cursor child = get_fenced(&x.c, 10);
		struct cursor grandchild = get_fenced(&child, 11);

		/* The child's end is a promise that was not kept. */
		assert_int_equal(grandchild.err, CURSOR_BAD);
		assert_int_equal(child.err, CURSOR_BAD);
	}
	assert_int_equal(x.c.err, CURSOR_BAD);
	free(x.p);
}

static void
test_fence_edges(void **state)
{
	struct fixture x = over(ten, 10, CURSOR_SHORT);

	(void)state;
	{
		struct cursor none = get_fenced(&x.c, 0);
		struct cursor all = get_fenced(&x.c, 10);
		struct cursor after = get_fenced(&x.c, 0);

		assert_int_equal(cursor_left(&none), 0);
		assert_int_equal(cursor_left(&all), 10);
		assert_int_equal(cursor_left(&after), 0);
		assert_int_equal(x.c.err, CURSOR_OK);
		set_bad(&all);
		assert_int_equal(none.err, CURSOR_OK); /* a sibling is not concerned */
	}
	assert_int_equal(x.c.err, CURSOR_BAD);
	free(x.p);
}

/* A failure far inside is the failure of all that hold it. */
static void
test_deep(void **state)
{
	struct fixture x = over(ten, 10, CURSOR_SHORT);

	(void)state;
	{
		struct cursor a = get_fenced(&x.c, 8), b = get_fenced(&a, 6), c = get_fenced(&b, 4);

		set_bad(&c);
		assert_int_equal(b.err, CURSOR_BAD);
		assert_int_equal(a.err, CURSOR_BAD);
	}
	assert_int_equal(x.c.err, CURSOR_BAD);
	free(x.p);
	x = over(ten, 2, CURSOR_SHORT);
	get_be32(&x.c);
	{
		/* A child made after the failure has failed, too. */
		struct cursor child = get_fenced(&x.c, 1);

		assert_int_equal(child.err, CURSOR_SHORT);
	}
	free(x.p);
}

static void
check_line(const char *text, size_t max, const char *line, size_t left, enum cursor_err err)
{
	struct fixture x = over(text, strlen(text), CURSOR_SHORT);
	struct bytes b = get_line(&x.c, max);

	assert_int_equal(x.c.err, err);
	assert_int_equal(b.n, strlen(line));
	assert_memory_equal(b.p, line, b.n);
	assert_int_equal(cursor_left(&x.c), left);
	free(x.p);
}

static void
test_line(void **state)
{
	(void)state;
	check_line("a\r\nb", 100, "a", 1, CURSOR_OK);
	check_line("a\nb", 100, "a", 1, CURSOR_OK);
	check_line("a\rb\r\n", 100, "a\rb", 0, CURSOR_OK);
	check_line("\r\n", 100, "", 0, CURSOR_OK);
	check_line("\n", 100, "", 0, CURSOR_OK);
	check_line("a\r\r\n", 100, "a\r", 0, CURSOR_OK);
	check_line("", 100, "", 0, CURSOR_SHORT);
	check_line("a\r", 100, "", 2, CURSOR_SHORT);
	/* The LF may be the last of max bytes, but not the one after. */
	check_line("abc\n", 4, "abc", 0, CURSOR_OK);
	check_line("abcd\n", 4, "", 5, CURSOR_BAD);
	check_line("abcd", 4, "", 4, CURSOR_BAD);
	check_line("abc", 4, "", 3, CURSOR_SHORT);
	check_line("\n", 0, "", 1, CURSOR_BAD);
}

static void
test_line_in_fence(void **state)
{
	struct fixture x = over("ab\n", 3, CURSOR_SHORT);

	(void)state;
	{
		struct cursor child = get_fenced(&x.c, 2); /* the LF is outside */

		assert_int_equal(get_line(&child, 100).n, 0);
		assert_int_equal(child.err, CURSOR_BAD);
	}
	assert_int_equal(x.c.err, CURSOR_BAD);
	free(x.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_widths),        cmocka_unit_test(test_high_bits),
	    cmocka_unit_test(test_after_failure), cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_empty),         cmocka_unit_test(test_varint),
	    cmocka_unit_test(test_fence),         cmocka_unit_test(test_fence_too_long),
	    cmocka_unit_test(test_fence_edges),   cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_line),          cmocka_unit_test(test_line_in_fence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
