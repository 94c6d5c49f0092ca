/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of one input, plain or compressed, as a window that slides forward. */
#pragma once

#include "base.h"

/* The unread part of the window is [at, end); everything else belongs to source.c. */
struct source {
	const uint8_t *at, *end;
	uint8_t *window;
	size_t size;
	uint64_t before; /* bytes of the (uncompressed) stream that lie before the window */
	bool eof;        /* nothing more comes into the window */
	bool cut;        /* the compressed stream ends in its middle */
	bool bad;        /* reading or decompressing failed; `why` says so */
	char why[96];
	int fd;
	uint64_t raw_bytes; /* read from the disk so far */
	struct unpacker *unpacker;
	struct digest *digest;
};

/* Opens a file, or standard input if the name is "-". With `hash`, the bytes as they lie on the
 * disk are digested while they are read. On failure returns a negative errno; what the file
 * holds is looked at by the first peek. */
int source_open(const char *name, bool hash, struct source **ret);
void source_close(struct source *s); /* accepts NULL */

/* Slow half of source_peek(). */
const uint8_t *source_fill(struct source *s, size_t n);

/* A view of the next n bytes without taking them, valid until the next peek, or NULL if there are
 * fewer: then [at, end) is all that is left, and cut and bad say why. The caller bounds n. */
static inline const uint8_t *
source_peek(struct source *s, size_t n)
{
	return (size_t)(s->end - s->at) >= n ? s->at : source_fill(s, n);
}

/* Takes n bytes that a peek has shown. The headers that follow are fetched while these are looked
 * at. */
static inline void
source_take(struct source *s, size_t n)
{
	s->at += n;
	__builtin_prefetch(s->at);
	__builtin_prefetch((const void *)((uintptr_t)s->at + 64));
}

/* Takes n bytes, seen or not. Returns false if there are fewer; they are taken then. */
bool source_skip(struct source *s, uint64_t n);

/* How many bytes of the (uncompressed) stream were taken. */
uint64_t source_position(const struct source *s);

/* Reads the rest of a hashed input, and writes the digest of all of it in hex. */
void source_finish_hash(struct source *s, char ret_hex[65]);
