/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1: who was asked for what stays where a finding is about it; who asked goes. RFC 9112. */
#include "scrubber.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* As much of a page as the analysis looks at (dissectors/http.c). */
#define BODY_MAX 8192
#define HTTP_LINE 16384
/* So large is what BODY_MAX bytes may unfold to and still be searched: deflate's limit is a
 * thousandfold, pages have ten. */
#define UNFOLDED_MAX ((size_t)64 * BODY_MAX)

/* What becomes of a header's value. */
enum rule { BLANK, KEEP, NAME, URL, VIA, EVIDENCE };

static const struct {
	const char *name;
	enum rule request, response;
} headers[] = {
    {"host", NAME, BLANK},
    {"connection", KEEP, KEEP},
    {"proxy-connection", KEEP, KEEP},
    {"keep-alive", KEEP, KEEP},
    {"content-length", KEEP, KEEP},
    {"transfer-encoding", KEEP, KEEP},
    {"content-encoding", KEEP, KEEP},
    {"content-type", BLANK, KEEP},
    {"accept-encoding", KEEP, BLANK},
    {"upgrade", KEEP, KEEP},
    {"date", BLANK, KEEP},
    {"server", BLANK, KEEP},
    {"location", BLANK, URL},
    {"refresh", BLANK, EVIDENCE},
    {"link", BLANK, EVIDENCE},
    {"via", VIA, VIA},
    {"expires", BLANK, KEEP},
    {"pragma", BLANK, KEEP},
    {"cache-control", BLANK, KEEP},
};

static bool
word_is(struct bytes b, const char *word)
{
	return b.n == strlen(word) && strncasecmp((const char *)b.p, word, b.n) == 0;
}

static void
blank(struct scrub *s, struct bytes b)
{
	if (b.n)
		scrub_set(s, scrub_at(s, b.p), 'x', b.n);
}

static void
keep(struct scrub *s, struct bytes b)
{
	if (b.n)
		scrub_keep(s, scrub_at(s, b.p), b.n);
}

static size_t
find_byte(struct bytes b, size_t from, const char *any)
{
	while (from < b.n && !strchr(any, b.p[from]))
		from++;
	return from;
}

/* host, host:port, [address]:port; a user's name before it goes. */
static void
authority(struct scrub *s, struct bytes b)
{
	const uint8_t *user = memrchr(b.p, '@', b.n);
	size_t n;

	if (user) {
		blank(s, (struct bytes){b.p, (size_t)(user - b.p)});
		keep(s, (struct bytes){user, 1});
		b.n -= (size_t)(user + 1 - b.p);
		b.p = user + 1;
	}
	if (b.n && b.p[0] == '[') {
		n = find_byte(b, 0, "]");
		keep(s, (struct bytes){b.p, 1});
		scrub_address(s, scrub_at(s, b.p) + 1, n - 1);
	} else {
		n = find_byte(b, 0, ":");
		scrub_name(s, scrub_at(s, b.p), n);
	}
	if (n < b.n)
		keep(s, (struct bytes){b.p + n, b.n - n < 7 ? b.n - n : 7}); /* ]:65535 */
}

/* A target: of a finding's conversation it stays, but for a user's name; of others all but the
 * slashes goes. */
static void
path(struct scrub *s, struct bytes b, bool shown)
{
	for (size_t i = 0; i < b.n; i++) {
		struct bytes c = {b.p + i, 1};

		if (i == 0)
			keep(s, c);
		else
			blank(s, c);
	}
	if (shown && b.n)
		scrub_text(s, scrub_at(s, b.p), b.n);
}

static void
url(struct scrub *s, struct bytes b, bool shown)
{
	size_t at = 0;
	const uint8_t *scheme = memmem(b.p, b.n, "://", 3);

	if (b.n >= 2 && b.p[0] == '/' && b.p[1] == '/')
		at = 2;
	else if (scheme && (size_t)(scheme - b.p) < 8)
		at = (size_t)(scheme - b.p) + 3;
	keep(s, (struct bytes){b.p, at});
	if (at) {
		size_t end = find_byte(b, at, "/?#");

		authority(s, (struct bytes){b.p + at, end - at});
		at = end;
	}
	path(s, (struct bytes){b.p + at, b.n - at}, shown);
}

/* "1.1 name (comment), ..."; who handles the client's traffic may be near the client. */
static void
via(struct scrub *s, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (strchr(" ,./()", b.p[i]) || (b.p[i] >= '0' && b.p[i] <= '9' && i < 3))
			keep(s, (struct bytes){b.p + i, 1});
		else
			blank(s, (struct bytes){b.p + i, 1});
}

static enum rule
rule_of(struct bytes name, bool request)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		if (word_is(name, headers[i].name))
			return request ? headers[i].request : headers[i].response;
	return BLANK;
}

static void
header(struct scrub *s, struct bytes line, bool request)
{
	size_t colon = find_byte(line, 0, ":"), at = colon + 1;
	struct bytes value;

	if (colon == line.n) {
		blank(s, line);
		return;
	}
	keep(s, (struct bytes){line.p, colon + 1});
	while (at < line.n && (line.p[at] == ' ' || line.p[at] == '\t'))
		at++;
	keep(s, (struct bytes){line.p + colon + 1, at - colon - 1});
	value = (struct bytes){line.p + at, line.n - at};
	blank(s, value);
	if (!value.n)
		return;
	switch (rule_of((struct bytes){line.p, colon}, request)) {
	case KEEP:
		scrub_text(s, scrub_at(s, value.p), value.n);
		break;
	case NAME:
		authority(s, value);
		break;
	case URL: /* where a block leads, names and all */
		if (s->concerned)
			scrub_text(s, scrub_at(s, value.p), value.n);
		else
			url(s, value, false);
		break;
	case VIA:
		via(s, value);
		break;
	case EVIDENCE:
		if (s->concerned)
			scrub_text(s, scrub_at(s, value.p), value.n);
		break;
	case BLANK:
		break;
	}
}

/* "GET target HTTP/1.1", "HTTP/1.1 403 Forbidden". */
static bool
first_line(struct scrub *s, struct bytes line, bool *ret_request)
{
	size_t a = find_byte(line, 0, " "), b;
	struct bytes target;

	*ret_request = !(line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0);
	if (!*ret_request) {
		scrub_text(s, scrub_at(s, line.p), line.n);
		return true;
	}
	if (a == line.n || a > 24)
		return false;
	for (b = line.n; b > a && line.p[b - 1] != ' ';)
		b--;
	if (b <= a + 1) /* no version */
		b = line.n + 1;
	keep(s, (struct bytes){line.p, a + 1});
	target = (struct bytes){line.p + a + 1, b - a - 2};
	if (b <= line.n)
		keep(s, (struct bytes){line.p + b - 1, line.n - b + 1});
	if (word_is((struct bytes){line.p, a}, "CONNECT"))
		authority(s, target);
	else
		url(s, target, s->concerned);
	return true;
}

/* Does a compressed page hold an address that is not to be shown? Then none of it is. */
static bool
unfolds_clean(struct scrub *s, struct bytes b)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)b.p, .avail_in = (uInt)b.n};
	uint8_t *out = xcalloc(2, UNFOLDED_MAX);
	struct scrub inside = *s;
	bool clean = false;

	z.next_out = out;
	z.avail_out = (uInt)UNFOLDED_MAX;
	if (inflateInit2(&z, 15 + 32) == Z_OK) { /* gzip or zlib, as it says */
		int r = inflate(&z, Z_SYNC_FLUSH);

		if (r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR) {
			inside.in = out;
			inside.out = out + UNFOLDED_MAX;
			inside.where = NULL;
			inside.n = UNFOLDED_MAX - z.avail_out;
			scrub_text(&inside, 0, inside.n);
			clean = inside.n && memcmp(inside.in, inside.out, inside.n) == 0;
		}
		inflateEnd(&z);
	}
	free(out);
	return clean;
}

/* Pages stay where a finding is about them. */
static void
body(struct scrub *s, struct bytes b, bool request, bool folded)
{
	struct bytes head = {b.p, b.n < BODY_MAX ? b.n : BODY_MAX};

	if (request || !s->concerned || !b.n)
		return;
	if (!folded)
		scrub_text(s, scrub_at(s, b.p), head.n);
	else if (unfolds_clean(s, head))
		keep(s, head);
}

struct message {
	bool request, folded, chunked, has_length;
	uint64_t length;
	unsigned code;
};

static void
learn(struct message *m, struct bytes line)
{
	size_t colon = find_byte(line, 0, ":"), at = colon + 1;
	struct bytes name = {line.p, colon};

	if (colon == line.n)
		return;
	if (word_is(name, "content-encoding"))
		m->folded = true;
	if (word_is(name, "transfer-encoding"))
		m->chunked = true;
	if (!word_is(name, "content-length"))
		return;
	m->has_length = true;
	m->length = 0;
	for (; at < line.n; at++)
		if (line.p[at] >= '0' && line.p[at] <= '9' && m->length < 1ULL << 40)
			m->length = m->length * 10 + line.p[at] - '0';
}

/* True if a head was there as a whole. */
static bool
head(struct scrub *s, struct cursor *in, struct message *m)
{
	bool first = true;

	memset(m, 0, sizeof *m);
	for (;;) {
		struct bytes rest = {in->p, cursor_left(in)}, line;

		if (!rest.n)
			return false;
		line = get_line(in, HTTP_LINE);
		if (in->err) { /* no end of line: what there is, is read as a line */
			line = rest;
			if (first)
				first_line(s, line, &m->request);
			else
				header(s, line, m->request);
			return false;
		}
		keep(s, (struct bytes){line.p + line.n, (size_t)(in->p - line.p) - line.n});
		if (first && !line.n)
			continue;
		if (first) {
			if (!first_line(s, line, &m->request))
				return false;
			if (!m->request && line.n >= 12)
				m->code = (line.p[9] - '0') * 100U + (line.p[10] - '0') * 10U +
					  line.p[11] - '0';
		} else if (!line.n) {
			return true;
		} else {
			learn(m, line);
			header(s, line, m->request);
		}
		first = false;
	}
}

/* Sizes and ends of lines stay, so that the next message is found. */
static bool
chunks(struct scrub *s, struct cursor *in, const struct message *m)
{
	for (;;) {
		struct bytes line = get_line(in, 256), b;
		size_t n = 0, i;

		if (in->err)
			return false;
		for (i = 0; i < line.n && i < 8; i++) {
			uint8_t c = ascii_lower(line.p[i]);

			if (c >= '0' && c <= '9')
				n = n << 4 | (c - '0');
			else if (c >= 'a' && c <= 'f')
				n = n << 4 | (c - 'a' + 10U);
			else
				break;
		}
		keep(s, (struct bytes){line.p, i});
		keep(s, (struct bytes){line.p + line.n, (size_t)(in->p - line.p) - line.n});
		b = get_bytes(in, n < cursor_left(in) ? n : cursor_left(in));
		body(s, b, m->request, m->folded);
		line = get_line(in, 256);
		if (in->err)
			return false;
		keep(s, (struct bytes){line.p + line.n, (size_t)(in->p - line.p) - line.n});
		if (!n)
			return true;
	}
}

void
scrub_http(struct scrub *s)
{
	struct cursor in = cursor_over((struct bytes){s->in, s->n}, CURSOR_SHORT);
	struct message m;

	while (cursor_left(&in) && head(s, &in, &m)) {
		uint64_t n = cursor_left(&in);

		if (m.chunked) {
			if (!chunks(s, &in, &m))
				return;
			continue;
		}
		if (m.has_length)
			n = m.length < n ? m.length : n;
		else if (m.request || m.code / 100 == 1 || m.code == 204 || m.code == 304)
			n = 0;
		body(s, get_bytes(&in, (size_t)n), m.request, m.folded);
	}
}
