/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WireGuard: handshakes, and that data followed. Its relatives hide the handshake behind junk
 * datagrams or make it longer. The WireGuard paper (Donenfeld, NDSS 2017), 5.4. */
#include "dissect.h"

/* A handshake is tried again every 5 s (paper, 6.4): this is more than two minutes of it. */
#define NOTED_MAX 32

enum { INITIATION = 1, RESPONSE = 2, COOKIE = 3, DATA = 4 };

enum { /* lengths of whole messages (paper, 5.4) */
       INITIATION_LENGTH = 148,
       RESPONSE_LENGTH = 92,
       COOKIE_LENGTH = 64,
       DATA_LEAST = 32,
       /* TunnelBear's are longer by 56 and 8 (nDPI). */
       LONG_INITIATION = 204,
       LONG_RESPONSE = 100,
};

enum {
	F_INITIATION,
	F_RESPONSE,
	F_COOKIE,
	F_DATA,
	F_SENDER,
	F_RECEIVER,
	F_JUNK,
	F_LONG,
	F_RESERVED
};

static const struct field fields[] = {
    [F_INITIATION] = {"wireguard.initiation", FACT_MARK, "a handshake is begun"},
    [F_RESPONSE] = {"wireguard.response", FACT_MARK, "a handshake is answered"},
    [F_COOKIE] = {"wireguard.cookie", FACT_MARK, "a server under load asks for a proof"},
    [F_DATA] = {"wireguard.data", FACT_MARK, "the first encrypted packet of that side"},
    [F_SENDER] = {"wireguard.sender", FACT_UINT, "number that the handshake's sender chose"},
    [F_RECEIVER] = {"wireguard.receiver", FACT_UINT, "number of the handshake that is answered"},
    [F_JUNK] = {"wireguard.junk", FACT_UINT,
		"datagrams of that side ahead of the first handshake, as AmneziaWG sends them"},
    [F_LONG] = {"wireguard.long", FACT_MARK, "the handshake is padded, as TunnelBear does"},
    [F_RESERVED] = {"wireguard.reserved", FACT_MARK,
		    "the handshake uses the reserved bytes, as Cloudflare's WARP does"},
    {0},
};

struct wireguard {
	bool begun;
	bool data[2];
	uint8_t noted[2];
};

/* The message that this could be by its first byte and its length, or 0. */
static unsigned
kind_of(struct bytes b)
{
	if (b.n < DATA_LEAST || b.p[0] < INITIATION || b.p[0] > DATA)
		return 0;
	if (b.p[0] == INITIATION)
		return b.n == INITIATION_LENGTH || b.n == LONG_INITIATION ? INITIATION : 0;
	if (b.p[0] == RESPONSE)
		return b.n == RESPONSE_LENGTH || b.n == LONG_RESPONSE ? RESPONSE : 0;
	if (b.p[0] == COOKIE)
		return b.n == COOKIE_LENGTH ? COOKIE : 0;
	return b.n % 16 == 0 ? DATA : 0;
}

static bool
is_reserved(struct bytes b)
{
	return b.p[1] || b.p[2] || b.p[3];
}

static void
initiation(struct flow *f, enum side from, struct cursor *in)
{
	struct wireguard *w = f->state;

	note(f, from, &fields[F_INITIATION]);
	note_uint(f, from, &fields[F_SENDER], get_le32(in));
	if (!w->begun && f->half[from].packets > 1)
		note_uint(f, from, &fields[F_JUNK], f->half[from].packets - 1);
	w->begun = true;
}

static void
response(struct flow *f, enum side from, struct cursor *in)
{
	note(f, from, &fields[F_RESPONSE]);
	note_uint(f, from, &fields[F_SENDER], get_le32(in));
	note_uint(f, from, &fields[F_RECEIVER], get_le32(in));
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct wireguard *w = f->state;
	size_t n = cursor_left(in);
	bool reserved = n >= 4 && is_reserved((struct bytes){in->p, n});
	unsigned kind = kind_of((struct bytes){in->p, n});

	if (kind == 0 && n < DATA_LEAST && in->at_end == CURSOR_SHORT) {
		skip_bytes(in, DATA_LEAST);
		return;
	}
	skip_bytes(in, 4);
	if (kind == DATA && !w->data[from]) {
		w->data[from] = true;
		note(f, from, &fields[F_DATA]);
	} else if (kind && kind != DATA && w->noted[from] < NOTED_MAX) {
		w->noted[from]++;
		if (kind == INITIATION)
			initiation(f, from, in);
		else if (kind == RESPONSE)
			response(f, from, in);
		else
			note(f, from, &fields[F_COOKIE]);
		if (reserved)
			note(f, from, &fields[F_RESERVED]);
		if (n == LONG_INITIATION || n == LONG_RESPONSE)
			note(f, from, &fields[F_LONG]);
	}
	if (!in->err)
		skip_bytes(in, cursor_left(in));
}

static enum guess
probe(struct bytes first, enum side from)
{
	unsigned kind = kind_of(first);

	(void)from;
	if (kind == 0)
		return NO;
	if (is_reserved(first))
		return MAYBE; /* a byte and a length are little: believe the port */
	if (kind != DATA)
		return YES;
	/* Nobody has sent 2^32 packets under one key: it is good for two minutes (paper, 6.1). */
	return first.p[12] || first.p[13] || first.p[14] || first.p[15] ? NO : YES;
}

/* What wg-quick and most providers use; Cloudflare's WARP. */
static const uint16_t ports[] = {51820, 2408, 0};

const struct dissector dissector_wireguard = {
    .name = "wireguard",
    .title = "WireGuard",
    .spec = "Donenfeld, NDSS 2017",
    .carriers = 1u << DATAGRAMS,
    .ports = ports,
    .trigger = "wireguard",
    .request = "wireguard.initiation",
    .fields = fields,
    .state_size = sizeof(struct wireguard),
    .probe = probe,
    .message = message,
};
