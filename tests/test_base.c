/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that every stage uses: addresses, times and bytes as text, lists in arenas. */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <arpa/inet.h>

#include <cmocka.h>

static struct addr
addr(const char *text)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		return addr_from_v4(b);
	assert_int_equal(inet_pton(AF_INET6, text, b), 1);
	return addr_from_v6(b);
}

static void
addresses(void **state)
{
	static const char *const texts[] = {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::"};
	char out[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct addr a = addr(texts[i]);

		assert_string_equal(addr_text(&a, out), texts[i]);
		assert_int_equal(addr_is_v4(&a), !strchr(texts[i], ':'));
	}
}

static void
networks(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
	    {"192.0.2.1", "192.0.255.1", true},
	    {"192.0.2.1", "192.1.2.1", false},
	    {"2001:db8::1", "2001:db8:ffff::1", true},
	    {"2001:db8::1", "2001:db9::1", false},
	    {"::1", "0.0.0.1", false}, /* both begin with zeros */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr a = addr(cases[i].a), b = addr(cases[i].b);

		if (addr_same_network(&a, &b) != cases[i].same ||
		    addr_same_network(&b, &a) != cases[i].same)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
}

static void
times(void **state)
{
	char out[TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(time_text(0, out), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(time_text(1770836400123456789, out), "2026-02-11T19:00:00.123456Z");
	assert_string_equal(time_text(-1, out), "1969-12-31T23:59:59.999999Z");
}

static void
lower_case(void **state)
{
	uint8_t out[6];
	struct bytes b = bytes_lower(bytes_of("A[Z`\xc4@Tail"), out, sizeof out);

	(void)state;
	assert_int_equal(b.n, sizeof out);
	assert_memory_equal(b.p, "a[z`\xc4@", sizeof out);
	assert_int_equal(bytes_lower(bytes_of(""), out, sizeof out).n, 0);
}

static void
digits(void **state)
{
	char out[9];

	(void)state;
	assert_string_equal(hex_text(bytes_of("\x01\xab\xff\x7f!"), 4, out), "01abff7f");
	assert_string_equal(hex_text(bytes_of("!"), 4, out), "21");
	assert_string_equal(hex_text(bytes_of(""), 4, out), "");
}

static void
list_in_arena(void **state)
{
	struct arena *a = arena_new();
	unsigned *list = NULL;

	(void)state;
	for (unsigned n = 0; n < 1000; n++) {
		list = arena_room(a, list, n, sizeof *list);
		list[n] = n;
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses), cmocka_unit_test(networks),
	    cmocka_unit_test(times),     cmocka_unit_test(lower_case),
	    cmocka_unit_test(digits),    cmocka_unit_test(list_in_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
