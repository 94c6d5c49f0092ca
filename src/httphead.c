/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the heads of HTTP/1 messages (RFC 9112, 2 to 6; RFC 9110, 5) as forgivingly as browsers
 * do, since what forges them is seldom careful; only where the body ends is taken strictly. */
#include "httphead.h"

#include <string.h>
#include <strings.h>

static const char *const names[HTTP_HEADERS] = {
    [HTTP_HOST] = "host",
    [HTTP_USER_AGENT] = "user-agent",
    [HTTP_UPGRADE] = "upgrade",
    [HTTP_LOCATION] = "location",
    [HTTP_SERVER] = "server",
    [HTTP_VIA] = "via",
    [HTTP_CONTENT_TYPE] = "content-type",
    [HTTP_CONTENT_ENCODING] = "content-encoding",
    [HTTP_LINK] = "link",
    [HTTP_CONNECTION] = "connection",
    [HTTP_REFRESH] = "refresh",
    [HTTP_DATE] = "date",
    [HTTP_CONTENT_LENGTH] = "content-length",
    [HTTP_TRANSFER_ENCODING] = "transfer-encoding",
};

bool
text_is(struct bytes t, const char *s)
{
	return t.n == strlen(s) && strncasecmp((const char *)t.p, s, t.n) == 0;
}

bool
text_has(struct bytes t, const char *s)
{
	size_t n = strlen(s);

	for (; t.n >= n; t.p++, t.n--)
		if (strncasecmp((const char *)t.p, s, n) == 0)
			return true;
	return false;
}

static bool
is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

struct bytes
text_trim(struct bytes t)
{
	for (; t.n && is_blank(t.p[0]); t.p++)
		t.n--;
	while (t.n && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

/* Takes what is before the first `end` off t, and that itself. All of t if there is none. */
static struct bytes
cut(struct bytes *t, char end)
{
	const uint8_t *p = t->n ? memchr(t->p, end, t->n) : NULL;
	struct bytes head = *t;

	if (!p) {
		t->p += t->n;
		t->n = 0;
		return head;
	}
	head.n = (size_t)(p - t->p);
	t->n -= head.n + 1;
	t->p = p + 1;
	return head;
}

static bool
is_version(struct bytes t)
{
	return t.n == 8 && memcmp(t.p, "HTTP/1.", 7) == 0 && t.p[7] >= '0' && t.p[7] <= '9';
}

static bool
read_status_line(struct bytes line, struct http_head *h)
{
	struct bytes version = cut(&line, ' '), code;

	line = text_trim(line);
	code = cut(&line, ' ');
	if (!is_version(version) || code.n != 3)
		return false;
	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] < '0' || code.p[i] > '9')
			return false;
		h->code = h->code * 10 + code.p[i] - '0';
	}
	h->phrase = text_trim(line);
	return true;
}

/* RFC 9110, 5.6.2. */
static bool
is_token(struct bytes t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] <= ' ' || t.p[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", t.p[i]))
			return false;
	return t.n > 0;
}

/* What is wrong with the version or with blanks is for the server to mind: those who look for ways
 * around a filter send such requests, and filters may still act on them. */
static bool
read_request_line(struct bytes line, struct http_head *h)
{
	struct bytes version;

	h->request = true;
	h->method = cut(&line, ' ');
	line = text_trim(line);
	if (!is_token(h->method) || !text_has(line, "HTTP/"))
		return false;
	version = line;
	while (version.n && !is_blank(version.p[version.n - 1]))
		version.n--;
	h->uri = text_trim(version);
	if (!version.n && line.n > 5 && !text_is((struct bytes){line.p, 5}, "HTTP/"))
		h->uri = line; /* no blank at all: what is target and what version is unclear */
	return true;
}

static void
read_length(struct bytes value, struct http_head *h)
{
	uint64_t length = 0;

	for (; value.n > 1 && value.p[0] == '0'; value.p++)
		value.n--;
	/* 18 digits fit into 64 bits, and no body is longer. */
	if (!value.n || value.n > 18)
		h->torn = true;
	for (size_t i = 0; i < value.n && !h->torn; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			h->torn = true;
		else
			length = length * 10 + value.p[i] - '0';
	}
	if (h->has_length && length != h->length)
		h->torn = true;
	h->has_length = true;
	h->length = length;
}

/* chunked must be the last coding, and given once (RFC 9112, 6.1). */
static void
read_codings(struct bytes value, struct http_head *h)
{
	while (value.n) {
		struct bytes coding = text_trim(cut(&value, ','));

		if (h->chunked)
			h->torn = true;
		if (text_is(coding, "chunked"))
			h->chunked = true;
		else if (!text_is(coding, "identity"))
			h->coded = true;
	}
}

/* Returns which header the line was, or HTTP_HEADERS. */
static enum http_header
read_header(struct bytes line, struct http_head *h)
{
	struct bytes name = cut(&line, ':'), value = text_trim(line), bare = text_trim(name);
	enum http_header i = 0;

	while (i < HTTP_HEADERS && !text_is(bare, names[i]))
		i++;
	if (i == HTTP_HEADERS)
		return i;
	/* A blank before the colon: some read the header, some do not (RFC 9112, 5.1). */
	if (bare.n != name.n && (i == HTTP_CONTENT_LENGTH || i == HTTP_TRANSFER_ENCODING))
		h->torn = true;
	if (i == HTTP_CONTENT_LENGTH)
		read_length(value, h);
	else if (i == HTTP_TRANSFER_ENCODING)
		read_codings(value, h);
	if (!h->header[i].n)
		h->header[i] = value;
	return i;
}

static void
read_headers(struct cursor *in, struct http_head *h)
{
	enum http_header last = HTTP_HEADERS;

	for (;;) {
		struct bytes line = get_line(in, HTTP_LINE_MAX);

		if (in->err || line.n == 0)
			break;
		/* A line that continues the last (RFC 9112, 5.2) is left out. */
		if (line.p[0] != ' ' && line.p[0] != '\t')
			last = read_header(line, h);
		else if (last == HTTP_CONTENT_LENGTH || last == HTTP_TRANSFER_ENCODING)
			h->torn = true;
	}
	/* Both lengths: an attempt at smuggling, or an error (RFC 9112, 6.3). */
	if (h->has_length && (h->chunked || h->coded))
		h->torn = true;
	if (h->coded && !h->chunked && h->request)
		h->torn = true;
}

/* Whether the empty line is there, with p at an LF; in one pass, before anything is taken apart,
 * because an unfinished head comes again with each segment. */
static bool
is_whole(const uint8_t *p, const uint8_t *end)
{
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (p < end && *p == '\r')
			p++;
		if (p == end)
			return false;
		if (*p == '\n')
			return true;
	}
	return false;
}

void
http_head_read(struct cursor *in, struct http_head *ret)
{
	struct bytes line = get_line(in, HTTP_LINE_MAX);
	bool good;

	memset(ret, 0, sizeof *ret);
	if (in->err)
		return;
	if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0)
		good = read_status_line(line, ret);
	else
		good = read_request_line(line, ret);
	if (!good)
		set_bad(in);
	else if (!is_whole(in->p - 1, in->end)) /* from the first line's LF on */
		cursor_fail(in, cursor_left(in) > HTTP_HEAD_MAX ? CURSOR_BAD : in->at_end);
	else
		read_headers(in, ret);
}

/* The host of "host:port", where host may be an IPv6 address in brackets. */
static struct bytes
without_port(struct bytes authority)
{
	if (authority.n && authority.p[0] == '[') {
		cut(&authority, '[');
		return cut(&authority, ']');
	}
	return cut(&authority, ':');
}

struct bytes
http_head_host(const struct http_head *h)
{
	struct bytes target = h->uri, user;

	if (h->header[HTTP_HOST].n)
		return without_port(h->header[HTTP_HOST]);
	if (text_is(h->method, "CONNECT"))
		return without_port(target);
	if (target.n < 8 || strncasecmp((const char *)target.p, "http://", 7) != 0)
		return (struct bytes){target.p, 0};
	target.p += 7;
	target.n -= 7;
	target = cut(&target, '/');
	target = cut(&target, '?');
	user = target;
	cut(&user, '@');
	return without_port(user.n ? user : target);
}
