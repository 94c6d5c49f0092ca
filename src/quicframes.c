/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames of QUIC's Initial packets. */
#include "quicframes.h"

#include <string.h>

enum { PADDING, PING, ACK, ACK_ECN, CRYPTO = 6, CLOSE = 0x1c }; /* RFC 9000, table 3 */

struct bytes
quic_pieces_known(const struct quic_pieces *p)
{
	size_t n = 0;

	while (n < QUIC_HELLO_MAX / 8 && p->have[n] == 0xff)
		n++;
	n *= 8;
	while (n < QUIC_HELLO_MAX && p->have[n / 8] & 1u << n % 8)
		n++;
	return (struct bytes){p->bytes, n};
}

/* A byte counts as it came first: RFC 9000, 2.2 forbids that it change. */
static void
put_piece(struct quic_pieces *p, uint64_t offset, struct bytes b)
{
	for (size_t i = 0; i < b.n && offset + i < QUIC_HELLO_MAX; i++) {
		size_t at = (size_t)offset + i;

		if (p->have[at / 8] & 1u << at % 8)
			continue;
		p->bytes[at] = b.p[i];
		p->have[at / 8] |= (uint8_t)(1u << at % 8);
	}
}

static void
skip_ack(struct cursor *c, bool ecn)
{
	uint64_t ranges;

	get_varint(c); /* largest, delay */
	get_varint(c);
	ranges = get_varint(c);
	get_varint(c);
	for (; ranges && !c->err; ranges--) {
		get_varint(c);
		get_varint(c);
	}
	for (int i = 0; ecn && i < 3; i++)
		get_varint(c);
}

static void
take_crypto(struct cursor *c, struct quic_frames *r, struct quic_pieces *into)
{
	uint64_t offset = get_varint(c), length = get_varint(c);
	struct bytes b = get_bytes(c, length < SIZE_MAX ? (size_t)length : SIZE_MAX);

	if (c->err)
		return;
	if (offset == 0 && !r->first.n)
		r->first = b;
	r->whole = ++r->crypto == 1 && offset == 0;
	if (into)
		put_piece(into, offset, b);
}

void
quic_frames_read(struct bytes text, struct quic_frames *ret, struct quic_pieces *into)
{
	struct cursor c = cursor_over(text, CURSOR_BAD);

	memset(ret, 0, sizeof *ret);
	while (cursor_left(&c) && !c.err) {
		uint64_t type = get_varint(&c);

		if (type == ACK || type == ACK_ECN) {
			ret->ack = true;
			skip_ack(&c, type == ACK_ECN);
		} else if (type == CRYPTO) {
			take_crypto(&c, ret, into);
		} else if (type == CLOSE) {
			ret->code = get_varint(&c);
			ret->closed = !c.err;
			return;
		} else if (type != PADDING && type != PING) {
			return;
		}
	}
}
