/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telegram's reflectors, which relay calls: hellos, and whether they were answered. A client says
 * hello every 0.5 s until the reflector answers, and every 10 s from then on.
 * TelegramMessenger/tgcalls, v2/ReflectorPort.cpp.
 *
 *   hello  peer tag (16; the last four differ from client to client) | ff x 12 | fe ff ff ff |
 *          a number (8), 123
 *   data   peer tag (16) | tag of who sends (4) | length (4) | data, padded to four bytes */
#include "dissect.h"

#include <string.h>

#define TAG 12 /* bytes of the peer tag that both ends share */
#define HELLO_LENGTH 40
/* Half a minute of hellos; a call that nobody relays is given up by then. */
#define NOTED_MAX 64

enum { F_HELLO, F_ANSWER, F_DATA };

static const struct field fields[] = {
    [F_HELLO] = {"reflector.hello", FACT_MARK, "a client says hello to a reflector of Telegram's"},
    [F_ANSWER] = {"reflector.answer", FACT_MARK, "the first datagram that bears the same tag back"},
    [F_DATA] = {"reflector.data", FACT_MARK, "the first datagram of that side with data"},
    {0},
};

struct reflector {
	uint8_t tag[TAG];
	bool begun, answered;
	bool data[2];
	uint8_t noted[2];
};

static bool
is_hello(struct bytes b)
{
	static const uint8_t mark[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff};

	return b.n == HELLO_LENGTH && memcmp(b.p + 16, mark, sizeof mark) == 0;
}

static void
hello(struct flow *f, enum side from, struct bytes b)
{
	struct reflector *r = f->state;

	if (!r->begun)
		memcpy(r->tag, b.p, TAG);
	r->begun = true;
	if (r->noted[from] == NOTED_MAX)
		return;
	r->noted[from]++;
	note(f, from, &fields[F_HELLO]);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct reflector *r = f->state;
	struct bytes b = get_bytes(in, cursor_left(in));
	bool same = r->begun && b.n >= sizeof r->tag && memcmp(b.p, r->tag, sizeof r->tag) == 0;

	if (from == SERVER && same && !r->answered) {
		r->answered = true;
		note(f, from, &fields[F_ANSWER]);
	}
	if (is_hello(b)) {
		hello(f, from, b);
	} else if (same && !r->data[from]) {
		r->data[from] = true;
		note(f, from, &fields[F_DATA]);
	}
	if (r->data[CLIENT] && r->data[SERVER])
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	(void)from;
	return is_hello(first) ? YES : NO;
}

const struct dissector dissector_reflector = {
    .name = "reflector",
    .title = "Telegram's reflectors",
    .spec = "TelegramMessenger/tgcalls",
    .carriers = 1u << DATAGRAMS,
    .trigger = "reflector",
    .request = "reflector.hello",
    .fields = fields,
    .state_size = sizeof(struct reflector),
    .probe = probe,
    .message = message,
};
