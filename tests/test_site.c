/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of one owner and of two. */
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
check(const char *a, const char *b, bool unlike)
{
	if (sites_unlike(a, b) != unlike || sites_unlike(b, a) != unlike)
		fail_msg("\"%s\" and \"%s\": expected them %s", a, b, unlike ? "unlike" : "alike");
}

static void
one_owner(void **state)
{
	(void)state;
	check("example.com", "example.com", false);
	check("www.example.com", "EXAMPLE.com", false);
	check("www.example.com", "mail.example.COM", false);
	check("a.b.example.co.uk", "example.co.uk", false);
	check("a.example.co.uk", "b.example.co.uk", false);
	check("co.uk", "CO.uk", false);
	check("localhost", "localhost", false);
	/* An exception in the list: www.ck is a name although *.ck are suffixes. */
	check("a.www.ck", "b.www.ck", false);
	/* The provider's own, by what the list calls private. */
	check("one.github.io", "two.github.io", false);
	check("", "", false);
}

static void
two_owners(void **state)
{
	(void)state;
	check("example.com", "example.org", true);
	check("example.com", "anexample.com", true);
	check("example.com", "com", true);
	check("www.one.com", "www.two.com", true);
	/* Two labels are no owner's where the registry gives out third ones. */
	check("one.co.uk", "two.co.uk", true);
	check("bbc.co.uk", "www.gov.uk", true);
	check("one.com.tr", "two.com.tr", true);
	/* A star in the list. */
	check("a.one.ck", "a.two.ck", true);
	check("a.b.one.ck", "a.c.one.ck", true);
	check("one.xn--p1ai", "two.xn--p1ai", true);
	/* What the list does not know is a suffix if it is one label. */
	check("one.example", "two.example", true);
	check("localhost", "router", true);
	check("", "example.com", true);
}

/* What somebody wrote who does not want to be compared. */
static void
strange(void **state)
{
	char longer[600], other[600];

	(void)state;
	/* Longer than a name can be, and the same but for the first label. */
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	check(longer, "example.com", true);
	longer[1] = '.';
	memcpy(other, longer, sizeof longer);
	other[0] = 'b';
	check(longer, other, false);
	check(".", "..", true);
	check(".com", "com", true);
	check("a..com", "b..com", true);
	check("\xff.uk", "\xfe.uk", true);
	check("a.\xff.uk", "b.\xff.uk", false);
	check("example.com.", "example.com.", false);
}

static void
local(void **state)
{
	static const char *const own[] = {
	    "printer", "nas.local", "nas.LOCAL", "a.home.arpa", "4.3.2.1.in-addr.arpa",
	    "box.lan", ""};
	static const char *const none[] = {
	    "example.com", "local.example.com", "alocal.org",           "xlan", "192.0.2.1",
	    "2001:db8::1", "example.com.",      "host.example.com:443", "a.1"};

	(void)state;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		assert_true(site_is_local(bytes_of(own[i])));
		assert_false(site_is_public(own[i]));
	}
	assert_false(site_is_local(bytes_of("example.com")));
	assert_false(site_is_local(bytes_of("local.example.com")));
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (site_is_public(none[i]) != (i < 3))
			fail_msg("%s", none[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_owner),
	    cmocka_unit_test(two_owners),
	    cmocka_unit_test(strange),
	    cmocka_unit_test(local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
