/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of an HTTP/1 message: its first line, the headers that matter, and how its body is
 * framed (RFC 9112). */
#pragma once

#include "cursor.h"

/* Apache takes 8190 bytes a line, nginx 32 KB and Node 16 KB a head: what is longer gets no
 * answer anywhere. */
#define HTTP_LINE_MAX 16384
#define HTTP_HEAD_MAX 32768

enum http_header {
	HTTP_HOST,
	HTTP_USER_AGENT,
	HTTP_UPGRADE,
	HTTP_LOCATION,
	HTTP_SERVER,
	HTTP_VIA,
	HTTP_CONTENT_TYPE,
	HTTP_CONTENT_ENCODING,
	HTTP_LINK,
	HTTP_CONNECTION,
	HTTP_REFRESH,
	HTTP_DATE,
	HTTP_CONTENT_LENGTH,
	HTTP_TRANSFER_ENCODING,
	HTTP_HEADERS,
};

struct http_head {
	bool request;
	struct bytes method, uri; /* of a request */
	unsigned code;            /* of a response */
	struct bytes phrase;
	struct bytes header[HTTP_HEADERS]; /* the first of each, trimmed; empty if absent */
	bool has_length, chunked;
	bool coded; /* a transfer coding other than chunked comes last: the end is not marked */
	bool torn;  /* where the body ends is told in two ways, or in none that can be trusted */
	uint64_t length;
};

/* Reads a head up to and including the empty line. The views point into it. */
void http_head_read(struct cursor *in, struct http_head *ret);

/* The host that a request is for: its Host header, or that of its target. Without port; an IPv6
 * address without brackets. Empty if it names none. */
struct bytes http_head_host(const struct http_head *h);

/* Comparisons that mind no case, of ASCII. */
bool text_is(struct bytes t, const char *s);
bool text_has(struct bytes t, const char *s);
struct bytes text_trim(struct bytes t);
