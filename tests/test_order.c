/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting by distribution, held against the C library's. */
#include "order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MANY 3000

static uint64_t
random_bits(uint64_t *state)
{
	/* Marsaglia, Xorshift RNGs, 2003. */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int
by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

/* `what` tells the place where each was, so that the library's sort is held to it, too. */
static void
like_the_library(uint64_t mask, size_t n)
{
	static struct keyed ours[MANY], theirs[MANY];
	uint64_t state = mask | 1;

	for (size_t i = 0; i < n; i++)
		ours[i] = (struct keyed){random_bits(&state) & mask, &theirs[i]};
	memcpy(theirs, ours, n * sizeof *ours);
	qsort(theirs, n, sizeof *theirs, by_key);
	order_keyed(ours, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(ours[i].key == theirs[i].key);
		assert_ptr_equal(ours[i].what, theirs[i].what);
	}
}

static void
random_keys(void **state)
{
	static const uint64_t masks[] = {0,          1,           0xff,
					 0xff00,     0xffff,      0xff0000000000ff00,
					 UINT64_MAX, 0x3ffffffff, (uint64_t)1 << 63};

	(void)state;
	for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
		for (size_t n = 0; n <= MANY; n = n * 3 + 1)
			like_the_library(masks[i], n);
}

static void
two_keys(void **state)
{
	struct {
		int64_t major, minor;
	} pairs[] = {{1, 5}, {-1, 3}, {1, -5}, {0, 0}, {-1, -3}, {INT64_MIN, 1}, {INT64_MAX, 1}};
	static const int want[] = {5, 4, 1, 3, 2, 0, 6};
	struct keyed k[7];

	(void)state;
	for (size_t i = 0; i < 7; i++)
		k[i] = (struct keyed){order_of_signed(pairs[i].minor), &pairs[i]};
	order_keyed(k, 7);
	for (size_t i = 0; i < 7; i++)
		k[i].key = order_of_signed(*(int64_t *)k[i].what);
	order_keyed(k, 7);
	for (size_t i = 0; i < 7; i++)
		assert_ptr_equal(k[i].what, &pairs[want[i]]);
}

static void
bytes_as_numbers(void **state)
{
	static const uint8_t low[8] = {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t high[8] = {0, 0, 0, 2, 0, 0, 0, 0};

	(void)state;
	assert_true(order_of_bytes(low) < order_of_bytes(high));
	assert_true(order_of_bytes(high) == 0x200000000);
	assert_true(order_of_signed(-1) < order_of_signed(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_keys),
	    cmocka_unit_test(two_keys),
	    cmocka_unit_test(bytes_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
