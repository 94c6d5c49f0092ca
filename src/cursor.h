/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only way to read untrusted bytes.
 *
 * After the first failure every read returns zero and moves nothing: read a message straight
 * through and look at `err` once. A fenced child cannot see past its fence, and its failure is
 * its parent's failure. A child points at its parent: neither may outlive the block in which it
 * was made, nor be moved. */
#pragma once

#include "base.h"

/* SHORT: more bytes may come, or the capture was cut. BAD: the bytes contradict the protocol. */
enum cursor_err { CURSOR_OK, CURSOR_SHORT, CURSOR_BAD };

struct cursor {
	const uint8_t *p, *end;
	const uint8_t *base; /* first byte of the outermost view, for offsets and compression */
	struct cursor *up;   /* parent, NULL at the root */
	enum cursor_err err;
	enum cursor_err
	    at_end; /* what running off the end means: SHORT if more may come, else BAD */
};

/* b.p may be NULL if b.n is 0. */
struct cursor cursor_over(struct bytes b, enum cursor_err at_end);
/* The first failure of c, and thereby of every cursor that c is fenced in. Later ones change
 * nothing. For reads that are not here; a dissector says set_bad(). */
void cursor_fail(struct cursor *c, enum cursor_err err);
void set_bad(struct cursor *c);

static inline size_t
cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* Whether n more bytes may be read; if not, c has failed. */
static inline bool
cursor_has(struct cursor *c, size_t n)
{
	if (c->err)
		return false;
	if (cursor_left(c) >= n)
		return true;
	cursor_fail(c, c->at_end);
	return false;
}

static inline uint8_t
get_u8(struct cursor *c)
{
	return cursor_has(c, 1) ? *c->p++ : 0;
}

static inline uint16_t
get_be16(struct cursor *c)
{
	if (!cursor_has(c, 2))
		return 0;
	c->p += 2;
	return (uint16_t)(c->p[-2] << 8 | c->p[-1]);
}

static inline uint32_t
get_be24(struct cursor *c)
{
	if (!cursor_has(c, 3))
		return 0;
	c->p += 3;
	return (uint32_t)c->p[-3] << 16 | (uint32_t)c->p[-2] << 8 | c->p[-1];
}

static inline uint32_t
get_be32(struct cursor *c)
{
	if (!cursor_has(c, 4))
		return 0;
	c->p += 4;
	return (uint32_t)c->p[-4] << 24 | (uint32_t)c->p[-3] << 16 | (uint32_t)c->p[-2] << 8 |
	       c->p[-1];
}

static inline uint16_t
get_le16(struct cursor *c)
{
	if (!cursor_has(c, 2))
		return 0;
	c->p += 2;
	return (uint16_t)(c->p[-1] << 8 | c->p[-2]);
}

/* A view of the next n bytes; empty if they are not there. */
static inline struct bytes
get_bytes(struct cursor *c, size_t n)
{
	struct bytes b = {c->p, 0};

	if (cursor_has(c, n)) {
		b.n = n;
		c->p += n;
	}
	return b;
}

static inline void
skip_bytes(struct cursor *c, size_t n)
{
	if (cursor_has(c, n))
		c->p += n;
}

uint32_t get_le32(struct cursor *c);
uint64_t get_varint(struct cursor *c); /* RFC 9000, 16 */
/* A sub-message of n bytes. Running off its end is BAD, whatever the parent says: the length
 * was given and did not hold. Running off the parent's end while making it is the parent's
 * at_end. */
struct cursor get_fenced(struct cursor *c, size_t n);
/* A line up to and including LF (CRLF or LF; the view excludes both). SHORT if there is no LF
 * within the bytes left; BAD if there is none within max bytes. */
struct bytes get_line(struct cursor *c, size_t max);
