/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads that never leave the bytes that they were given, and failures that travel outwards. */
#include "cursor.h"

#include <string.h>

static const uint8_t nothing[1];

struct cursor
cursor_over(struct bytes b, enum cursor_err at_end)
{
	const uint8_t *p = b.p ? b.p : nothing;

	return (struct cursor){
	    .p = p, .end = p + (b.p ? b.n : 0), .base = p, .err = CURSOR_OK, .at_end = at_end};
}

void
cursor_fail(struct cursor *c, enum cursor_err err)
{
	for (; err && c && !c->err; c = c->up)
		c->err = err;
}

void
set_bad(struct cursor *c)
{
	cursor_fail(c, CURSOR_BAD);
}

uint32_t
get_le32(struct cursor *c)
{
	uint32_t low;

	if (!cursor_has(c, 4))
		return 0;
	low = get_le16(c);
	return (uint32_t)get_le16(c) << 16 | low;
}

uint64_t
get_varint(struct cursor *c)
{
	uint64_t v;
	size_t n;

	if (!cursor_has(c, 1))
		return 0;
	n = (size_t)1 << (c->p[0] >> 6); /* 1, 2, 4 or 8 bytes in all */
	if (!cursor_has(c, n))
		return 0;
	v = *c->p++ & 0x3f;
	while (--n)
		v = v << 8 | *c->p++;
	return v;
}

struct cursor
get_fenced(struct cursor *c, size_t n)
{
	struct bytes b = get_bytes(c, n);

	return (struct cursor){
	    .p = b.p,
	    .end = b.p + b.n,
	    .base = c->base,
	    .up = c,
	    .err = c->err,
	    .at_end = CURSOR_BAD,
	};
}

struct bytes
get_line(struct cursor *c, size_t max)
{
	struct bytes line = {c->p, 0};
	size_t left = cursor_left(c);
	const uint8_t *lf;

	if (c->err)
		return line;
	lf = left && max ? memchr(c->p, '\n', left < max ? left : max) : NULL;
	if (!lf) {
		cursor_fail(c, left < max ? c->at_end : CURSOR_BAD);
		return line;
	}
	line.n = (size_t)(lf - c->p);
	if (line.n && lf[-1] == '\r')
		line.n--;
	c->p = lf + 1;
	return line;
}
