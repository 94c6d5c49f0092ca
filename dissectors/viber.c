/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Viber's own protocol, as far as it shows itself: frames over TCP, and calls' first datagrams on
 * its ports. No specification is published; the marks are those of ntop/nDPI, viber.c.
 *
 *   TCP  length (2, little-endian), of all of it | ...
 *        bytes 6, 7: fc ff, byte 9: 80; or bytes 4, 5: 03 80, byte 10: 0a
 *   UDP  bytes 2, 3: 03 00; 09 00 (20 bytes in all); 19 00 or 1b 00 (34 bytes in all) */
#include "dissect.h"

/* Frames of one side that are noted. */
#define NOTED_MAX 4
#define HEADER 11

enum { F_FRAME, F_CALL };

static const struct field fields[] = {
    [F_FRAME] = {"viber.frame", FACT_UINT, "length of a frame, of the first four a side"},
    [F_CALL] = {"viber.call", FACT_UINT, "type of a call's datagram, of the first four a side"},
    {0},
};

struct viber {
	uint8_t noted[2];
};

static bool
is_frame(const uint8_t *p)
{
	return (p[6] == 0xfc && p[7] == 0xff && p[9] == 0x80) ||
	       (p[4] == 3 && p[5] == 0x80 && p[10] == 0x0a);
}

static bool
is_call(struct bytes b)
{
	if (b.n < 12 || b.p[3])
		return false;
	return (b.n == 12 && b.p[2] == 3) || (b.n == 20 && b.p[2] == 9) ||
	       (b.n == 34 && (b.p[2] == 0x19 || b.p[2] == 0x1b));
}

static void
datagram(struct flow *f, enum side from, struct cursor *in)
{
	struct viber *v = f->state;
	struct bytes b = get_bytes(in, cursor_left(in));

	if (is_call(b))
		note_uint(f, from, &fields[F_CALL], b.p[2]);
	if (++v->noted[from] == NOTED_MAX)
		flow_enough(f, from);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct viber *v = f->state;
	uint16_t length;

	if (flow_carrier(f) != STREAM) {
		datagram(f, from, in);
		return;
	}
	length = get_le16(in);
	if (!in->err && length < HEADER)
		set_bad(in);
	skip_bytes(in, length - 2u);
	if (in->err)
		return;
	note_uint(f, from, &fields[F_FRAME], length);
	if (++v->noted[from] == NOTED_MAX)
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	size_t length;

	(void)from;
	/* A datagram's marks are few: believe the port. */
	if (is_call(first))
		return MAYBE;
	if (first.n < HEADER)
		return NO;
	length = (size_t)first.p[1] << 8 | first.p[0];
	return length >= HEADER && (first.n == length || (first.n == 64 && length > 64)) &&
		       is_frame(first.p)
		   ? YES
		   : NO;
}

/* Viber, "What ports should I open?": 4244, 5242, 5243, 7985 and the web's. */
static const uint16_t ports[] = {4244, 5242, 5243, 7985, 0};

const struct dissector dissector_viber = {
    .name = "viber",
    .title = "Viber",
    .spec = "ntop/nDPI, viber.c",
    .carriers = 1u << DATAGRAMS | 1u << STREAM,
    .ports = ports,
    .trigger = "viber",
    .fields = fields,
    .state_size = sizeof(struct viber),
    .probe = probe,
    .message = message,
};
