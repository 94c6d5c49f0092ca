/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names are kept once, found again, numbered, and no more than were allowed. */
#include "names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MANY 5000
#define LONG 40000 /* longer than what names are cut from */

static const char *
name(size_t i)
{
	static char text[32];

	/* Such as begin alike, and of all lengths modulo four. */
	snprintf(text, sizeof text, "host%zu%s", i, &".example"[i % 8]);
	return text;
}

static void
kept_once(void **state)
{
	const char *kept[MANY];
	struct names *n = names_new(MANY);

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		assert_null(names_find(n, name(i)));
		kept[i] = names_keep(n, name(i));
		assert_int_equal(names_count(n), i + 1);
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_string_equal(kept[i], name(i));
		assert_int_equal(names_number(kept[i]), i);
		assert_ptr_equal(names_keep(n, name(i)), kept[i]);
		assert_ptr_equal(names_find(n, name(i)), kept[i]);
	}
	assert_int_equal(names_count(n), MANY);
	names_free(n);
}

static void
no_more_than_allowed(void **state)
{
	struct names *n = names_new(2);
	const char *first = names_keep(n, "a.example");

	(void)state;
	assert_non_null(names_keep(n, ""));
	assert_null(names_keep(n, "b.example"));
	assert_null(names_find(n, "b.example"));
	assert_ptr_equal(names_keep(n, "a.example"), first);
	assert_int_equal(names_count(n), 2);
	names_free(n);
	names_free(NULL);
}

static void
long_ones(void **state)
{
	static char text[LONG + 1];
	struct names *n = names_new(100);
	const char *first, *last;

	(void)state;
	memset(text, 'x', LONG);
	first = names_keep(n, text);
	text[LONG - 1] = '\0';
	last = names_keep(n, text);
	assert_int_equal(strlen(first), LONG);
	assert_int_equal(strlen(last), LONG - 1);
	assert_int_equal(names_number(names_keep(n, "short.example")), 2);
	assert_string_equal(last, text);
	names_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kept_once),
	    cmocka_unit_test(no_more_than_allowed),
	    cmocka_unit_test(long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
