/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decompresses the beginnings of pages with zlib, within bounds, and finds their titles. */
#include "webpage.h"
#include "httphead.h"

#include <limits.h>
#include <string.h>

#include <zlib.h>

/* zlib's windowBits: 15, the largest window, with which all smaller ones can be read. */
#define GZIP_OR_ZLIB (15 + 32)
#define RAW_DEFLATE (-15)

static size_t
inflate_as(int kind, struct bytes raw, uint8_t *out, size_t max)
{
	z_stream z = {.next_in = (z_const Bytef *)raw.p,
		      .avail_in = (uInt)raw.n,
		      .next_out = out,
		      .avail_out = (uInt)max};
	size_t n;

	if (inflateInit2(&z, kind) != Z_OK)
		return 0;
	/* Whatever it returns: what came out before the end, or before the error, is what the
	 * page says. */
	inflate(&z, Z_SYNC_FLUSH);
	n = max - z.avail_out;
	inflateEnd(&z);
	return n;
}

enum page_coding
page_coding(struct bytes header)
{
	if (!header.n || text_is(header, "identity"))
		return PAGE_PLAIN;
	if (text_is(header, "gzip") || text_is(header, "x-gzip"))
		return PAGE_GZIP;
	return text_is(header, "deflate") ? PAGE_DEFLATE : PAGE_OTHER;
}

size_t
page_decode(struct bytes raw, enum page_coding coding, uint8_t *out, size_t max)
{
	size_t n;

	if (!raw.n || !max || raw.n > UINT_MAX || max > UINT_MAX || coding == PAGE_OTHER)
		return 0;
	if (coding == PAGE_PLAIN) {
		n = raw.n < max ? raw.n : max;
		memcpy(out, raw.p, n);
		return n;
	}
	n = inflate_as(GZIP_OR_ZLIB, raw, out, max);
	/* Some send deflate without zlib's frame (RFC 9110, 8.4.1.2). */
	return n || coding == PAGE_GZIP ? n : inflate_as(RAW_DEFLATE, raw, out, max);
}

/* The view of t from the first s on, minding no case; empty if s is not in it. */
static struct bytes
from(struct bytes t, const char *s)
{
	size_t n = strlen(s);
	const uint8_t *p;

	/* What is looked for begins with a character that has no case: a library call finds it. */
	while (t.n >= n && (p = memchr(t.p, s[0], t.n - n + 1))) {
		t.n -= (size_t)(p - t.p);
		t.p = p;
		if (text_is((struct bytes){t.p, n}, s))
			return t;
		t.p++;
		t.n--;
	}
	return (struct bytes){t.p, 0};
}

struct bytes
page_title(struct bytes page)
{
	struct bytes tag = from(page, "<title"), text = from(tag, ">"), end;

	if (!text.n)
		return text;
	text.p++;
	text.n--;
	end = from(text, "</");
	if (end.n)
		text.n = (size_t)(end.p - text.p);
	return text_trim(text);
}

/* The same for words that begin with a letter. */
static struct bytes
from_word(struct bytes t, const char *s)
{
	for (size_t n = strlen(s); t.n >= n; t.p++, t.n--)
		if (text_is((struct bytes){t.p, n}, s))
			return t;
	return (struct bytes){t.p, 0};
}

/* The value of an attribute, up to its quote or what else ends it. */
static struct bytes
attribute(struct bytes tag, const char *name)
{
	struct bytes value = from_word(tag, name);
	size_t skip = strlen(name), n = 0;
	uint8_t quote = 0;

	if (!value.n)
		return value;
	value.p += skip;
	value.n -= skip;
	while (value.n &&
	       (*value.p == ' ' || *value.p == '=' || *value.p == '"' || *value.p == '\'')) {
		if (*value.p == '"' || *value.p == '\'')
			quote = *value.p;
		value.p++;
		value.n--;
	}
	while (n < value.n && value.p[n] != '>' &&
	       (quote ? value.p[n] != quote : !strchr(" \"'", value.p[n])))
		n++;
	return (struct bytes){value.p, n};
}

struct bytes
page_frame(struct bytes page)
{
	struct bytes tag = from(page, "<iframe"), refresh;

	if (!tag.n)
		tag = from(page, "<frame ");
	if (tag.n)
		return attribute(tag, "src");
	for (tag = from(page, "<meta"); tag.n; tag = from(tag, "<meta")) {
		const uint8_t *end = memchr(tag.p, '>', tag.n);
		struct bytes inside = {tag.p, end ? (size_t)(end - tag.p) : tag.n};

		refresh = from_word(inside, "refresh");
		if (refresh.n)
			return attribute(refresh, "url");
		tag.p++;
		tag.n--;
	}
	return tag;
}
