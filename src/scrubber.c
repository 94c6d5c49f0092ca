/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting back what may be shown. */
#include "scrubber.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

void
scrub_fill(uint8_t *out, uint64_t offset, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = scrub_filling(offset + i);
}

/* How many of n bytes from there belong to the payload. */
static size_t
inside(const struct scrub *s, size_t at, size_t n)
{
	if (at >= s->n)
		return 0;
	return n < s->n - at ? n : s->n - at;
}

void
scrub_put(struct scrub *s, size_t at, const uint8_t *p, size_t n)
{
	n = inside(s, at, n);
	for (size_t i = 0; i < n; i++)
		s->out[s->where ? s->where[at + i] : at + i] = p[i];
}

void
scrub_keep(struct scrub *s, size_t at, size_t n)
{
	scrub_put(s, at, s->in + at, n);
}

void
scrub_set(struct scrub *s, size_t at, uint8_t byte, size_t n)
{
	n = inside(s, at, n);
	for (size_t i = 0; i < n; i++)
		scrub_put(s, at + i, &byte, 1);
}

void
scrub_v4(struct scrub *s, size_t at)
{
	uint8_t b[4];

	if (inside(s, at, 4) < 4)
		return;
	memcpy(b, s->in + at, 4);
	disguise_v4(s->disguise, b);
	scrub_put(s, at, b, 4);
}

void
scrub_v6(struct scrub *s, size_t at)
{
	uint8_t b[16];

	if (inside(s, at, 16) < 16)
		return;
	memcpy(b, s->in + at, 16);
	disguise_v6(s->disguise, b);
	scrub_put(s, at, b, 16);
}

static bool
read_address(const uint8_t *p, size_t n, struct addr *ret)
{
	char text[ADDR_TEXT_MAX];
	uint8_t b[16];

	if (!n || n >= sizeof text)
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, b) == 1) {
		*ret = addr_from_v4(b);
		return true;
	}
	if (inet_pton(AF_INET6, text, b) == 1) {
		*ret = addr_from_v6(b);
		return true;
	}
	return false;
}

/* What does not fit into the room of the original is told as far as digits go: nobody needs it. */
void
scrub_address(struct scrub *s, size_t at, size_t n)
{
	struct addr a, shown;
	char text[ADDR_TEXT_MAX];
	size_t length;

	n = inside(s, at, n);
	if (!read_address(s->in + at, n, &a)) {
		scrub_set(s, at, 'x', n);
		return;
	}
	shown = disguise_addr(s->disguise, &a);
	if (addr_equal(&a, &shown)) {
		scrub_keep(s, at, n);
		return;
	}
	length = strlen(addr_text(&shown, text));
	if (length > n) {
		scrub_set(s, at, 'x', n);
		return;
	}
	scrub_put(s, at, (const uint8_t *)text, length);
	scrub_set(s, at + length, ' ', n - length);
}

void
scrub_name(struct scrub *s, size_t at, size_t n)
{
	uint8_t name[DISGUISE_NAME_MAX];
	struct addr a;

	n = inside(s, at, n);
	if (read_address(s->in + at, n, &a)) {
		scrub_address(s, at, n);
		return;
	}
	if (n > sizeof name) {
		scrub_set(s, at, 'x', n);
		return;
	}
	memcpy(name, s->in + at, n);
	disguise_name(s->disguise, name, n);
	scrub_put(s, at, name, n);
}

static bool
is_of_address(uint8_t c)
{
	return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') ||
	       c == '.' || c == ':';
}

/* The longest address that begins there, or 0. */
static size_t
address_at(const uint8_t *p, size_t n)
{
	size_t most = 0;
	struct addr a;

	while (most < n && most < ADDR_TEXT_MAX && is_of_address(p[most]))
		most++;
	for (; most >= 3; most--)
		if (read_address(p, most, &a))
			return most;
	return 0;
}

/* An address that a link leads to is a server's. */
static bool
is_linked(const struct scrub *s, size_t at, size_t n)
{
	struct addr a;

	return at >= 2 && s->in[at - 1] == '/' && s->in[at - 2] == '/' &&
	       read_address(s->in + at, n, &a) && !disguise_is_client(s->disguise, &a);
}

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

void
scrub_text(struct scrub *s, size_t at, size_t n)
{
	size_t end = at + inside(s, at, n);

	for (size_t i = at; i < end;) {
		size_t found = 0;

		if (is_of_address(s->in[i]) && (i == 0 || !is_word(s->in[i - 1])))
			found = address_at(s->in + i, end - i);
		if (found && !is_linked(s, i, found))
			scrub_address(s, i, found);
		else
			scrub_keep(s, i, found ? found : 1);
		i += found ? found : 1;
	}
}
