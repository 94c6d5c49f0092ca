/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comma-separated values (RFC 4180). Fields may hold commas, quotes and lines if they are quoted;
 * lines end with LF or CRLF. */
#include "csv.h"

#include <errno.h>

struct csv
csv_over(struct arena *arena, struct bytes text)
{
	return (struct csv){arena, text.p, text.p + text.n, 1};
}

/* A quoted field, behind its first quote. */
static bool
quoted(struct csv *c, struct bytes *ret)
{
	const uint8_t *q = c->p;
	uint8_t *out;
	size_t n = 0;

	while (q < c->end && !(*q == '"' && (q + 1 == c->end || q[1] != '"')))
		q += *q == '"' ? 2 : 1;
	if (q >= c->end)
		return false;
	out = arena_alloc(c->arena, (size_t)(q - c->p) + 1);
	for (const uint8_t *p = c->p; p < q; p++) {
		c->line += *p == '\n';
		out[n++] = *p;
		p += *p == '"';
	}
	*ret = (struct bytes){out, n};
	c->p = q + 1;
	return true;
}

static bool
ends_field(const struct csv *c)
{
	return c->p == c->end || *c->p == ',' || *c->p == '\n' ||
	       (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n');
}

static bool
field(struct csv *c, struct bytes *ret)
{
	const uint8_t *start = c->p;

	if (c->p < c->end && *c->p == '"') {
		c->p++;
		return quoted(c, ret) && ends_field(c);
	}
	while (!ends_field(c))
		c->p++;
	*ret = (struct bytes){start, (size_t)(c->p - start)};
	return true;
}

static void
end_line(struct csv *c)
{
	if (c->p < c->end && *c->p == '\r')
		c->p++;
	if (c->p < c->end && *c->p == '\n') {
		c->p++;
		c->line++;
	}
}

int
csv_next(struct csv *c, struct bytes ret[CSV_FIELDS_MAX], size_t *ret_n, unsigned *ret_line)
{
	size_t n = 0;

	while (c->p < c->end && ends_field(c) && *c->p != ',')
		end_line(c);
	*ret_line = c->line;
	if (c->p == c->end)
		return 0;
	for (;;) {
		if (n == CSV_FIELDS_MAX)
			return -E2BIG;
		if (!field(c, &ret[n++]))
			return -EBADMSG;
		if (c->p == c->end || *c->p != ',')
			break;
		c->p++;
	}
	end_line(c);
	*ret_n = n;
	return 1;
}
