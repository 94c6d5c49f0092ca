/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fuzz_flow lets its packets say: short messages that the dissectors claim, so that an input
 * of a few bytes can reach what is judged behind them. Any other bytes can stand in an input. */
#pragma once

#include "base.h"

#include <stdlib.h>
#include <string.h>

#define SAYING_MAX 512

struct saying {
	uint8_t b[SAYING_MAX];
	size_t n;
};

static inline void
say_bytes(struct saying *s, const void *p, size_t n)
{
	if (n > sizeof s->b - s->n)
		abort();
	memcpy(s->b + s->n, p, n);
	s->n += n;
}

static inline void
say16(struct saying *s, unsigned v)
{
	say_bytes(s, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

/* A TLS 1.2 handshake message in a record of its own (RFC 5246, 6.2.1 and 7.4). */
static inline void
say_handshake(struct saying *s, uint8_t type, const struct saying *body)
{
	say_bytes(s, "\x16\x03\x01", 3);
	say16(s, (unsigned)body->n + 4);
	say_bytes(s, (const uint8_t[]){type, 0}, 2);
	say16(s, (unsigned)body->n);
	say_bytes(s, body->b, body->n);
}

/* server_name is extension 0 (RFC 6066, 3). */
static inline void
say_client_hello(struct saying *s, const char *name)
{
	struct saying body = {.n = 0};
	unsigned n = (unsigned)strlen(name);
	static const uint8_t random[32] = {1, 2, 3};

	say16(&body, 0x0303);
	say_bytes(&body, random, sizeof random);
	say_bytes(&body, "\x00\x00\x02\x13\x01\x01\x00", 7);
	say16(&body, n + 9);
	say16(&body, 0);
	say16(&body, n + 5);
	say16(&body, n + 3);
	say_bytes(&body, "", 1);
	say16(&body, n);
	say_bytes(&body, name, n);
	say_handshake(s, 1, &body);
}

static inline void
say_server_hello(struct saying *s)
{
	struct saying body = {.n = 0};
	static const uint8_t random[32] = {4, 5, 6};

	say16(&body, 0x0303);
	say_bytes(&body, random, sizeof random);
	say_bytes(&body, "\x00\xc0\x2f\x00", 4);
	say_handshake(s, 2, &body);
}

/* A name in labels (RFC 1035, 3.1). */
static inline void
say_name(struct saying *s, const char *name)
{
	for (const char *p = name, *dot; *p; p = *dot ? dot + 1 : dot) {
		uint8_t n;

		dot = strchrnul(p, '.');
		n = (uint8_t)(dot - p);
		say_bytes(s, &n, 1);
		say_bytes(s, p, n);
	}
	say_bytes(s, "", 1);
}

/* RFC 1035, 4.1; with answers if flags has the highest bit. */
static inline void
say_dns(struct saying *s, unsigned flags, const char *name, unsigned type, const void *data,
	size_t n)
{
	say16(s, 0x1234);
	say16(s, flags);
	say16(s, 1);
	say16(s, n > 0);
	say16(s, 0);
	say16(s, 0);
	say_name(s, name);
	say16(s, type);
	say16(s, 1);
	if (n == 0)
		return;
	say_bytes(s, "\xc0\x0c", 2);
	say16(s, type);
	say16(s, 1);
	say_bytes(s, "\x00\x00\x00\x3c", 4);
	say16(s, (unsigned)n);
	say_bytes(s, data, n);
}

enum {
	SAY_NOTHING, /* the input's own bytes are SAY_INLINE */
	SAY_INLINE,
	SAY_FILLER,
	SAY_HELLO,
	SAY_HELLO_OTHER,
	SAY_SERVER_HELLO,
	SAY_ALERT,
	SAY_GET,
	SAY_GET_OTHER,
	SAY_OK,
	SAY_BLOCKED,
	SAY_REDIRECT,
	SAY_QUERY,
	SAY_QUERY_OTHER,
	SAY_ANSWER,
	SAY_ANSWER_FORGED,
	SAY_ANSWER_PRIVATE,
	SAY_ANSWER_OTHER,
	SAY_NXDOMAIN,
	SAY_EMPTY,
	SAY_QUERY_SIX,
	SAY_ANSWER_SIX,
	NSAYINGS
};

#define NAME_WATCHED "blocked.example"
#define NAME_OTHER "www.example.com"

static inline void
sayings_fill(struct saying s[NSAYINGS])
{
	static const struct {
		int which;
		const char *text;
	} texts[] = {
	    {SAY_GET, "GET /a HTTP/1.1\r\nHost: " NAME_WATCHED "\r\n\r\n"},
	    {SAY_GET_OTHER, "GET / HTTP/1.1\r\nHost: " NAME_OTHER "\r\n\r\n"},
	    {SAY_OK, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
	    {SAY_BLOCKED,
	     "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html><head>"
	     "<title>M1-6</title></head><body><iframe src=\"http://10.10.34.34?type=x\">"
	     "</iframe></body></html>\r\n\r\n"},
	    {SAY_REDIRECT, "HTTP/1.1 302 Found\r\nLocation: http://warning.example/?u=" NAME_WATCHED
			   "\r\nContent-Length: 0\r\n\r\n"},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		say_bytes(&s[texts[i].which], texts[i].text, strlen(texts[i].text));
	memset(s[SAY_FILLER].b, 'f', SAYING_MAX);
	s[SAY_FILLER].n = SAYING_MAX;
	say_bytes(&s[SAY_ALERT], "\x15\x03\x03\x00\x02\x02\x28", 7);
	say_client_hello(&s[SAY_HELLO], NAME_WATCHED);
	say_client_hello(&s[SAY_HELLO_OTHER], NAME_OTHER);
	say_server_hello(&s[SAY_SERVER_HELLO]);
	say_dns(&s[SAY_QUERY], 0x0100, NAME_WATCHED, 1, NULL, 0);
	say_dns(&s[SAY_QUERY_OTHER], 0x0100, NAME_OTHER, 1, NULL, 0);
	say_dns(&s[SAY_QUERY_SIX], 0x0100, NAME_WATCHED, 28, NULL, 0);
	say_dns(&s[SAY_ANSWER], 0x8180, NAME_WATCHED, 1, "\xc0\x00\x02\x2a", 4);
	say_dns(&s[SAY_ANSWER_FORGED], 0x8580, NAME_WATCHED, 1, "\x1f\x0d\x5e\x25", 4);
	say_dns(&s[SAY_ANSWER_PRIVATE], 0x8180, NAME_WATCHED, 1, "\x0a\x0a\x22\x24", 4);
	say_dns(&s[SAY_ANSWER_OTHER], 0x8180, NAME_OTHER, 1, "\xc6\x33\x64\x07", 4);
	say_dns(&s[SAY_NXDOMAIN], 0x8183, NAME_WATCHED, 1, NULL, 0);
	say_dns(&s[SAY_EMPTY], 0x8180, NAME_WATCHED, 1, NULL, 0);
	say_dns(&s[SAY_ANSWER_SIX], 0x8180, NAME_WATCHED, 28,
		"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}
