/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WhatsApp's chat transport: Noise in frames, on any TCP port. No specification is published; the
 * bytes are as the open clients send them (tulir/whatsmeow, WhiskeySockets/Baileys) and as nDPI
 * looks for them.
 *
 *   client, once:  [ "ED" 0 1 | length (3) | routing data ]  "WA" | version | dictionary
 *   both sides:    length (3) | that many bytes; first the handshake, a protobuf message:
 *                  field 2 is the client's hello, 3 the server's, 4 the client's last word */
#include "dissect.h"

#include <string.h>

/* Frames of one side that are noted: the handshake has two, the rest is encrypted. */
#define FRAMES_MAX 4
/* Routing data have a handful of bytes; the length's first byte is zero in all that was seen. */
#define ROUTING_MAX 4096
/* Versions and dictionaries so far: 1.5, 2.0, 4.1, 5.2, 6.2, 6.3, 6.5. Newer ones will not jump. */
#define VERSION_MAX 15
#define PREFIX 4

enum { CLIENT_HELLO = 0x12, SERVER_HELLO = 0x1a, CLIENT_FINISH = 0x22 }; /* protobuf tags */

enum { F_ROUTING, F_VERSION, F_CLIENT_HELLO, F_SERVER_HELLO, F_CLIENT_FINISH, F_FRAME };

static const struct field fields[] = {
    [F_ROUTING] = {"whatsapp.routing", FACT_MARK, "the client asks for the data centre it knows"},
    [F_VERSION] = {"whatsapp.version", FACT_UINT, "version and dictionary, e.g. 0x0603"},
    [F_CLIENT_HELLO] = {"whatsapp.client_hello", FACT_MARK,
			"the client's key: the handshake begins"},
    [F_SERVER_HELLO] = {"whatsapp.server_hello", FACT_MARK, "the server's key"},
    [F_CLIENT_FINISH] = {"whatsapp.client_finish", FACT_MARK, "the client logs in"},
    [F_FRAME] = {"whatsapp.frame", FACT_UINT, "length of a frame, of the first four a side"},
    {0},
};

struct whatsapp {
	bool greeted;
	uint8_t frames[2];
};

static void
greeting(struct flow *f, struct cursor *in)
{
	struct whatsapp *w = f->state;
	struct bytes magic = get_bytes(in, 2);

	if (magic.n && memcmp(magic.p, "ED", 2) == 0) {
		uint16_t version = get_be16(in);
		uint32_t length = get_be24(in);

		if (!in->err && (version != 1 || length > ROUTING_MAX))
			set_bad(in);
		skip_bytes(in, length);
		if (!in->err)
			note(f, CLIENT, &fields[F_ROUTING]);
	} else if (magic.n && memcmp(magic.p, "WA", 2) == 0) {
		uint16_t version = get_be16(in);

		if (in->err)
			return;
		note_uint(f, CLIENT, &fields[F_VERSION], version);
		w->greeted = true;
	} else if (magic.n) {
		set_bad(in);
	}
}

static void
frame(struct flow *f, enum side from, struct cursor *in)
{
	struct whatsapp *w = f->state;
	uint32_t length = get_be24(in);
	uint8_t tag = length ? get_u8(in) : 0;

	if (in->err)
		return;
	note_uint(f, from, &fields[F_FRAME], length);
	if (w->frames[from] == 0 && from == CLIENT && tag == CLIENT_HELLO)
		note(f, from, &fields[F_CLIENT_HELLO]);
	else if (w->frames[from] == 0 && from == SERVER && tag == SERVER_HELLO)
		note(f, from, &fields[F_SERVER_HELLO]);
	else if (w->frames[from] == 1 && from == CLIENT && tag == CLIENT_FINISH)
		note(f, from, &fields[F_CLIENT_FINISH]);
	if (length)
		flow_skip(f, from, length - 1);
	if (++w->frames[from] == FRAMES_MAX)
		flow_enough(f, from);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct whatsapp *w = f->state;

	if (from == CLIENT && !w->greeted)
		greeting(f, in);
	else
		frame(f, from, in);
}

static enum guess
begins(struct bytes b, const char *prefix, size_t n)
{
	if (memcmp(b.p, prefix, b.n < n ? b.n : n) != 0)
		return NO;
	return b.n < n ? MAYBE : YES;
}

static enum guess
probe(struct bytes first, enum side from)
{
	enum guess guess;

	if (from != CLIENT)
		return NO;
	guess = begins(first, "ED\0\1\0", PREFIX + 1);
	if (guess != NO)
		return guess;
	guess = begins(first, "WA", 2);
	if (guess != YES)
		return guess;
	/* The frame behind it is shorter than 64 KiB. */
	if ((first.n > 2 && (first.p[2] == 0 || first.p[2] > VERSION_MAX)) ||
	    (first.n > 3 && first.p[3] > VERSION_MAX) || (first.n > PREFIX && first.p[PREFIX]))
		return NO;
	return first.n > PREFIX ? YES : MAYBE;
}

const struct dissector dissector_whatsapp = {
    .name = "whatsapp",
    .title = "WhatsApp's chat transport",
    .spec = "tulir/whatsmeow, socket/",
    .carriers = 1u << STREAM,
    .trigger = "whatsapp",
    .fields = fields,
    .state_size = sizeof(struct whatsapp),
    .probe = probe,
    .message = message,
};
