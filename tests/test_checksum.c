/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checksum against the definition of RFC 1071, word by word, at every length and alignment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checksum.h"

#define LENGTH_MAX 1600

/* RFC 1071, 4.1 */
static uint16_t
by_the_book(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
agrees_with_the_definition(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (size_t n = 2; n < LENGTH_MAX; n++) {
		size_t odd = n & 1;
		uint8_t *heap = malloc(n + odd);
		uint16_t sum;

		assert_non_null(heap);
		for (size_t i = 0; i < n + odd; i++) {
			x = x * 1103515245 + 12345; /* C11, 7.22.2.2 */
			heap[i] = n % 7 == 0 ? 0xff : (uint8_t)(x >> 16);
		}
		heap[0] = heap[1] = 0;
		if (odd)
			heap[n] = 0;
		sum = by_the_book(heap, n);
		heap[0] = (uint8_t)(sum >> 8);
		heap[1] = (uint8_t)sum;
		assert_true(checksum_holds(checksum_add(0, heap, n)));
		/* in two pieces, the first of even length */
		assert_true(checksum_holds(checksum_add(checksum_add(0, heap, n / 4 * 2),
							heap + n / 4 * 2, n - n / 4 * 2)));
		heap[n / 2] ^= 0x10;
		assert_false(checksum_holds(checksum_add(0, heap, n)));
		free(heap);
	}
}

/* As many bytes as a datagram can have, all ones: sums must not overflow. */
static void
holds_for_the_largest(void **state)
{
	const size_t n = 4 << 20;
	uint8_t *p = malloc(n);

	(void)state;
	assert_non_null(p);
	memset(p, 0xff, n);
	assert_true(checksum_holds(checksum_add(0, p, n)));
	assert_true(checksum_holds(checksum_add(0, p, 65535 & ~1)));
	p[n - 1] = 0xfe;
	assert_false(checksum_holds(checksum_add(0, p, n)));
	free(p);
	assert_false(checksum_holds(checksum_add(0, (const uint8_t[4]){0}, 4)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_the_definition),
	    cmocka_unit_test(holds_for_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
