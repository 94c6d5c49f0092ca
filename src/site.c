/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What names tell by themselves. Which are one owner's says the Public Suffix List as libpsl has it
 * built in: no file is read, and the same program says the same everywhere. */
#include "site.h"

#include <libpsl.h>
#include <string.h>

/* RFC 1035, 2.3.4: no name is longer, as text. */
#define NAME_LONGEST 253

/* The longest end that both have: whole labels, without the dot before them. */
static const char *
common_end(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	const char *common = a + n;

	for (; n && m; n--, m--) {
		if (ascii_lower((uint8_t)a[n - 1]) != ascii_lower((uint8_t)b[m - 1]))
			return common;
		if (a[n - 1] == '.')
			common = a + n;
	}
	/* They are the same, or one is the end of the other. */
	if (n == m || (n ? a[n - 1] : b[m - 1]) == '.')
		common = a + n;
	return common;
}

/* Only the part of the list that registries gave: a text that is no host's name is none of them. */
static bool
is_public_suffix(const char *name)
{
	const psl_ctx_t *list = psl_builtin();
	char lower[NAME_LONGEST + 1];
	size_t n = strlen(name);

	if (n > NAME_LONGEST)
		return false;
	for (size_t i = 0; i <= n; i++) {
		if ((uint8_t)name[i] >= 0x80)
			return false;
		lower[i] = (char)ascii_lower((uint8_t)name[i]);
	}
	/* A libpsl may have been built without the list; then the last label is the suffix. */
	return list ? psl_is_public_suffix2(list, lower, PSL_TYPE_ICANN) : !strchr(name, '.');
}

bool
site_is_suffix(const char *name)
{
	/* RFC 2606, RFC 6761, RFC 6762, RFC 7686, RFC 8375, and those of site_is_local(). */
	static const char *const reserved[] = {
	    "example",     "test",    "invalid",      "local",    "localhost", "onion",
	    "alt",         "lan",     "home",         "corp",     "internal",  "intranet",
	    "localdomain", "private", "in-addr.arpa", "ip6.arpa", "home.arpa"};
	const psl_ctx_t *list = psl_builtin();

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	/* Without the rule that anything may be a suffix: "laptop" is none. */
	return list && psl_is_public_suffix2(list, name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

bool
sites_unlike(const char *a, const char *b)
{
	const char *common = common_end(a, b);

	/* What is below no public suffix is below what somebody registered. */
	return is_public_suffix(common) && strcasecmp(a, b) != 0;
}

bool
site_is_local(struct bytes name)
{
	/* RFC 6761, RFC 6762, RFC 8375, RFC 9476, and usage. */
	static const char *const ends[] = {".local",       ".lan",     ".home",      ".internal",
					   ".arpa",        ".corp",    ".localhost", ".intranet",
					   ".localdomain", ".private", ".alt"};

	if (!memchr(name.p, '.', name.n))
		return true;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);

		if (name.n >= n && strncasecmp((const char *)name.p + name.n - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

bool
site_is_public(const char *name)
{
	const char *last = strrchr(name, '.');

	/* No host's last label is a number (RFC 3696, 2). */
	return last && last[strspn(last, ".0123456789")] && !strchr(name, ':') &&
	       !site_is_local(bytes_of(name));
}
