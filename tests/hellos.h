/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests: ClientHellos built from lists, and records around them. */
#pragma once

#include "conversation.h"

struct build {
	uint8_t b[70000];
	size_t n;
};

static inline void
put8(struct build *m, unsigned v)
{
	assert_true(m->n < sizeof m->b);
	m->b[m->n++] = (uint8_t)v;
}

static inline void
put16(struct build *m, unsigned v)
{
	put8(m, v >> 8);
	put8(m, v & 0xff);
}

static inline void
put_bytes(struct build *m, const void *p, size_t n)
{
	assert_true(m->n + n <= sizeof m->b);
	if (n)
		memcpy(m->b + m->n, p, n);
	m->n += n;
}

/* A length of so many bytes before all that is put until close_length(). */
static inline size_t
open_length(struct build *m, int width)
{
	for (int i = 0; i < width; i++)
		put8(m, 0);
	return m->n;
}

static inline void
close_length(struct build *m, size_t start, int width)
{
	size_t n = m->n - start;

	for (int i = 1; i <= width; i++, n >>= 8)
		m->b[start - (size_t)i] = (uint8_t)n;
}

#define LIST_MAX 32
struct hello { /* lists end with the first 0 after the first element; 0x10000 stands for 0 */
	unsigned version;
	unsigned ciphers[LIST_MAX], extensions[LIST_MAX], groups[LIST_MAX], formats[LIST_MAX],
	    signatures[LIST_MAX], versions[LIST_MAX];
	const char *sni, *alpn;
};

static inline void
put_list16(struct build *m, const unsigned *list)
{
	size_t start = open_length(m, 2);

	for (; *list; list++)
		put16(m, *list & 0xffff);
	close_length(m, start, 2);
}

static inline void
put_list8(struct build *m, const unsigned *list, int width)
{
	size_t start = open_length(m, 1);

	for (; *list; list++)
		width == 1 ? put8(m, *list & 0xff) : put16(m, *list & 0xffff);
	close_length(m, start, 1);
}

static inline void
put_extension(struct build *m, const struct hello *h, unsigned type)
{
	size_t whole, list, name;

	put16(m, type);
	whole = open_length(m, 2);
	switch (type) {
	case 0:
		list = open_length(m, 2);
		put8(m, 0);
		name = open_length(m, 2);
		put_bytes(m, h->sni, strlen(h->sni));
		close_length(m, name, 2);
		close_length(m, list, 2);
		break;
	case 10:
		put_list16(m, h->groups);
		break;
	case 11:
		put_list8(m, h->formats, 1);
		break;
	case 13:
		put_list16(m, h->signatures);
		break;
	case 16:
		list = open_length(m, 2);
		name = open_length(m, 1);
		put_bytes(m, h->alpn, strlen(h->alpn));
		close_length(m, name, 1);
		put_bytes(m, "\x08http/1.1", 9);
		close_length(m, list, 2);
		break;
	case 43:
		put_list8(m, h->versions, 2);
		break;
	case 0xfe0d: /* ECHClientHello outer, as long as one is */
		put8(m, 0);
		put_bytes(m, "\0\1\0\1\x2a", 5);
		break;
	}
	close_length(m, whole, 2);
}

/* The handshake message, without record. */
static inline void
put_hello(struct build *m, const struct hello *h)
{
	size_t whole, list;

	put8(m, 1);
	whole = open_length(m, 3);
	put16(m, h->version);
	for (unsigned i = 0; i < 32; i++)
		put8(m, 0xa0 + i);
	put8(m, 0);
	put_list16(m, h->ciphers);
	put_bytes(m, "\1\0", 2);
	if (h->extensions[0]) {
		list = open_length(m, 2);
		for (const unsigned *e = h->extensions; *e; e++)
			put_extension(m, h, *e & 0xffff);
		close_length(m, list, 2);
	}
	close_length(m, whole, 3);
}

/* Puts bytes into records of at most `size` bytes each. */
static inline void
put_records(struct build *m, unsigned type, const void *p, size_t n, size_t size)
{
	for (size_t at = 0; at < n; at += size) {
		size_t part = n - at < size ? n - at : size;

		put8(m, type);
		put16(m, 0x0301);
		put16(m, (unsigned)part);
		put_bytes(m, (const uint8_t *)p + at, part);
	}
}

static inline char *
hello_facts(const struct hello *h)
{
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	char *text;

	put_hello(message, h);
	put_records(m, 22, message->b, message->n, 16384);
	text = facts_told("tls", &(struct turn){CLIENT, m->b, m->n}, 1);
	free(message);
	free(m);
	return text;
}

/* Chrome 143, whose JA3 text and hash and JA4 and JA4_r browserleaks.com publishes as follows, with
 * GREASE put where Chrome puts it. The hashes were checked against the texts with md5sum and
 * sha256sum. */
static const struct hello chrome = {
    .version = 0x0303,
    .ciphers = {0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
		0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
    .extensions = {0xdada, 45, 51, 16, 65037, 23, 17613, 0x10000, 11, 10, 43, 65281, 35, 18, 5, 13,
		   27, 0x2a2a},
    .groups = {0xfafa, 4588, 29, 23, 24},
    .formats = {0x10000},
    .signatures = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
    .versions = {0x7a7a, 0x0304, 0x0303},
    .sni = "TLS.BrowserLeaks.com",
    .alpn = "h2",
};
