/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PPTP's control connection; its data travel as GRE. RFC 2637, 2. */
#include "dissect.h"

#include <string.h>

/* Messages of one side: a connection and a call take two; echoes follow. */
#define NOTED_MAX 8
/* The longest has 220 bytes (RFC 2637, 2.8). */
#define LENGTH_MAX 256

enum { F_TYPE, F_RESULT };

static const struct field fields[] = {
    [F_TYPE] = {"pptp.type", FACT_UINT, "1 asks for a connection, 7 for a call; 2 and 8 answer"},
    [F_RESULT] = {"pptp.result", FACT_UINT, "of the answer to a connection or call; 1 is good"},
    {0},
};

struct pptp {
	uint8_t noted[2];
};

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct pptp *s = f->state;
	uint16_t length = get_be16(in), kind = get_be16(in), type;
	struct bytes magic = get_bytes(in, 4);
	struct cursor body;

	if (in->err)
		return;
	if (kind != 1 || length < 12 || length > LENGTH_MAX ||
	    memcmp(magic.p, "\x1a\x2b\x3c\x4d", 4) != 0) {
		set_bad(in);
		return;
	}
	body = get_fenced(in, length - 8u);
	type = get_be16(&body);
	skip_bytes(&body, 2);
	if (in->err)
		return;
	note_uint(f, from, &fields[F_TYPE], type);
	if ((type == 2 || type == 8) && cursor_left(&body) >= 5) {
		skip_bytes(&body, type == 2 ? 2 : 4); /* a version, or two calls' numbers */
		note_uint(f, from, &fields[F_RESULT], get_u8(&body));
	}
	if (++s->noted[from] == NOTED_MAX)
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	static const uint8_t fixed[] = {0, 1, 0x1a, 0x2b, 0x3c, 0x4d};

	(void)from;
	if (first.p[0] != 0)
		return NO;
	if (first.n <= 2)
		return MAYBE;
	if (memcmp(first.p + 2, fixed, first.n < 8 ? first.n - 2 : sizeof fixed) != 0)
		return NO;
	return first.n < 8 ? MAYBE : YES;
}

static const uint16_t ports[] = {1723, 0}; /* IANA: pptp */

const struct dissector dissector_pptp = {
    .name = "pptp",
    .title = "Point-to-Point Tunneling Protocol",
    .spec = "RFC 2637",
    .carriers = 1u << STREAM,
    .ports = ports,
    .trigger = "pptp",
    .fields = fields,
    .state_size = sizeof(struct pptp),
    .probe = probe,
    .message = message,
};
