/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of JSON documents: RFC 8259, with comments. */
#include "jsonscan.h"

#include <errno.h>

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of a comment that begins at `at`, or `at` if there is none. */
static size_t
skip_comment(struct bytes t, size_t at)
{
	size_t i = at + 2;

	if (t.n - at < 2 || t.p[at] != '/' || (t.p[at + 1] != '/' && t.p[at + 1] != '*'))
		return at;
	if (t.p[at + 1] == '/') {
		while (i < t.n && t.p[i] != '\n')
			i++;
		return i;
	}
	while (i < t.n && !(t.p[i] == '*' && i + 1 < t.n && t.p[i + 1] == '/'))
		i++;
	return i < t.n ? i + 2 : t.n;
}

static size_t
skip_blanks(struct bytes t, size_t at)
{
	size_t before;

	do {
		before = at;
		while (at < t.n && is_blank(t.p[at]))
			at++;
		if (at < t.n)
			at = skip_comment(t, at);
	} while (at != before);
	return at;
}

/* Behind the string that begins at `at`, or t.n + 1 if it has no end. */
static size_t
skip_string(struct bytes t, size_t at)
{
	for (at++; at < t.n; at++) {
		if (t.p[at] == '"')
			return at + 1;
		if (t.p[at] == '\\')
			at++;
	}
	return t.n + 1;
}

static bool
ends_scalar(uint8_t c)
{
	return is_blank(c) || c == ',' || c == ':' || c == ']' || c == '}' || c == '[' ||
	       c == '{' || c == '"' || c == '/';
}

/* Behind the value that begins at `at`, or t.n + 1 if it has no end. Nesting is counted only, so
 * that no depth hurts. */
static size_t
skip_value(struct bytes t, size_t at)
{
	size_t depth = 0;

	do {
		uint8_t c = t.p[at];

		if (c == '"') {
			at = skip_string(t, at);
		} else if (c == '{' || c == '[') {
			depth++;
			at++;
		} else if (c == '}' || c == ']') {
			depth--;
			at++;
		} else if (c == ',' || c == ':') {
			at++;
		} else {
			at++;
			while (at < t.n && !ends_scalar(t.p[at]))
				at++;
		}
		if (depth && at < t.n)
			at = skip_blanks(t, at);
	} while (depth && at < t.n);
	return depth ? t.n + 1 : at;
}

int
json_next(struct bytes text, size_t *at, struct extent *ret)
{
	size_t from = skip_blanks(text, *at), to;

	*at = from;
	if (from >= text.n)
		return 0;
	if (text.p[from] == ',' || text.p[from] == ':' || text.p[from] == ']' ||
	    text.p[from] == '}')
		return -EINVAL;
	to = skip_value(text, from);
	if (to > text.n)
		return -EINVAL;
	*at = to;
	*ret = (struct extent){from, to};
	return 1;
}

bool
json_item(struct bytes text, struct extent of, size_t *at, struct extent *ret_name,
	  struct extent *ret)
{
	struct bytes t = {text.p, of.to};
	bool object = of.from < of.to && t.p[of.from] == '{';
	size_t i = skip_blanks(t, *at == of.from ? of.from + 1 : *at);

	if (i < t.n && t.p[i] == ',')
		i = skip_blanks(t, i + 1);
	*ret_name = (struct extent){i, i};
	if (object && i < t.n && t.p[i] == '"') {
		size_t end = skip_string(t, i);

		if (end > t.n)
			return false;
		*ret_name = (struct extent){i + 1, end - 1};
		i = skip_blanks(t, end);
		if (i >= t.n || t.p[i] != ':')
			return false;
		i++;
	}
	return json_next(t, &i, ret) == 1 && (*at = i, true);
}

bool
json_member(struct bytes text, struct extent of, const char *name, struct extent *ret)
{
	size_t at = of.from, n = strlen(name);
	struct extent key, value;
	bool found = false;

	while (json_item(text, of, &at, &key, &value)) {
		if (key.to - key.from != n || memcmp(text.p + key.from, name, n) != 0)
			continue;
		*ret = value;
		found = true;
	}
	return found;
}

size_t
json_end_of_members(struct bytes text, struct extent of, bool *ret_comma)
{
	size_t at = of.from, end = of.from + 1;
	struct extent key, value;

	*ret_comma = false;
	while (json_item(text, of, &at, &key, &value)) {
		end = value.to;
		*ret_comma = true;
	}
	return end;
}

void
json_blank_comments(char *text, size_t n)
{
	struct bytes t = {(const uint8_t *)text, n};
	size_t at = 0;

	while (at < n) {
		size_t end = skip_comment(t, at);

		for (size_t i = at; i < end; i++)
			if (text[i] != '\n')
				text[i] = ' ';
		if (end == at)
			end = text[at] == '"' ? skip_string(t, at) : at + 1;
		at = end;
	}
}

size_t
json_line(struct bytes text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}
