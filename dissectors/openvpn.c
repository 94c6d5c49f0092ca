/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenVPN's control channel, over UDP or TCP: resets, control packets, acknowledgements, and that
 * data followed. OpenVPN's doxygen pages "Network protocol" and "Control channel"; ssl_pkt.h.
 *
 *   opcode and key id (1) | session id (8)
 *   then, plain:      acknowledgements | packet id (4)
 *         tls-auth:   HMAC (16 to 64) | replay id (4) | time (4) | acknowledgements | packet id
 *         tls-crypt:  replay id (4) | time (4) | tag (32) | ciphertext */
#include "dissect.h"

#include <string.h>

/* Control packets of one side that are noted: a TLS handshake has about ten of them. */
#define NOTED_MAX 24
/* Over TCP each packet has a length before it; packets are no longer than a tunnel's MTU allows
 * (OpenVPN, --tun-mtu: at most 65535, 1500 by default, and TLS records of 16 KiB). */
#define LENGTH 2

enum { /* P_ in ssl_pkt.h */
       CONTROL_V1 = 4,
       ACK_V1 = 5,
       DATA_V1 = 6,
       HARD_RESET_CLIENT_V2 = 7,
       HARD_RESET_SERVER_V2 = 8,
       DATA_V2 = 9,
       HARD_RESET_CLIENT_V3 = 10,
       CONTROL_WKC_V1 = 11,
};

enum { F_CLIENT_RESET, F_SERVER_RESET, F_CONTROL, F_ACK, F_DATA, F_CRYPT };

static const struct field fields[] = {
    [F_CLIENT_RESET] = {"openvpn.client_reset", FACT_MARK, "a client begins a session"},
    [F_SERVER_RESET] = {"openvpn.server_reset", FACT_MARK, "the server answers it"},
    [F_CONTROL] = {"openvpn.control", FACT_MARK, "a packet of the TLS handshake inside"},
    [F_ACK] = {"openvpn.ack", FACT_MARK, "an acknowledgement alone"},
    [F_DATA] = {"openvpn.data", FACT_MARK, "the first data packet of that side"},
    [F_CRYPT] = {"openvpn.tls_crypt", FACT_MARK, "the reset is encrypted (tls-crypt)"},
    {0},
};

struct openvpn {
	bool data[2];
	uint8_t noted[2];
};

static bool
is_zero(const uint8_t *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return n == 0;
}

/* The replay id begins with 1, or with the mark of early negotiation (EARLY_NEG_START); then the
 * time, of which the upper byte says that it lies between 2012 and 2038. */
static bool
is_first_replay_id(const uint8_t *p)
{
	bool first = p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] <= 1;
	bool early = p[0] == 0x0f && p[1] == 0 && p[2] == 0 && p[3] <= 1;

	return (first || early) && p[4] >= 0x4f && p[4] <= 0x7f;
}

/* Could a client's first packet be n bytes long and begin so? `seen` bytes of it are there. */
static enum guess
is_client_reset(const uint8_t *p, size_t seen, size_t n)
{
	/* 9 bytes before, 13 behind it: HMAC of MD5, SHA-1, SHA-256, SHA-512 and none. */
	static const uint8_t hmacs[] = {16, 20, 32, 64};

	if (p[0] == HARD_RESET_CLIENT_V3 << 3) {
		if (seen < 14)
			return MAYBE;
		return n >= 54 && is_first_replay_id(p + 9) ? YES : NO;
	}
	if (p[0] != HARD_RESET_CLIENT_V2 << 3)
		return NO;
	if (n == 14)
		return seen < n ? MAYBE : is_zero(p + 9, 5) ? YES : NO;
	if (n == 54) {
		if (seen < 14)
			return MAYBE;
		if (is_first_replay_id(p + 9))
			return YES;
	}
	for (size_t i = 0; i < sizeof hmacs; i++) {
		size_t at = 9u + hmacs[i];

		if (n != at + 13)
			continue;
		if (seen < at + 5)
			return MAYBE; /* beyond what a probe sees of a stream: believe the port */
		return is_first_replay_id(p + at) && (seen < n || is_zero(p + n - 5, 5)) ? YES : NO;
	}
	return NO;
}

/* A server's first packet without tls-auth acknowledges the client's and names its session. */
static bool
is_server_reset(struct bytes b)
{
	return b.n == 26 && b.p[0] == HARD_RESET_SERVER_V2 << 3 && b.p[9] == 1 &&
	       is_zero(b.p + 10, 4) && is_zero(b.p + 22, 4);
}

static void
packet(struct flow *f, enum side from, struct bytes b)
{
	struct openvpn *o = f->state;
	unsigned opcode = b.p[0] >> 3;
	static const uint8_t kinds[] = {
	    [CONTROL_V1] = F_CONTROL,
	    [ACK_V1] = F_ACK,
	    [DATA_V1] = F_DATA,
	    [HARD_RESET_CLIENT_V2] = F_CLIENT_RESET,
	    [HARD_RESET_SERVER_V2] = F_SERVER_RESET,
	    [DATA_V2] = F_DATA,
	    [HARD_RESET_CLIENT_V3] = F_CLIENT_RESET,
	    [CONTROL_WKC_V1] = F_CONTROL,
	};

	if (opcode < CONTROL_V1 || opcode > CONTROL_WKC_V1)
		return;
	if (kinds[opcode] == F_DATA) {
		if (!o->data[from])
			note(f, from, &fields[F_DATA]);
		o->data[from] = true;
		return;
	}
	if (o->noted[from] == NOTED_MAX)
		return;
	o->noted[from]++;
	note(f, from, &fields[kinds[opcode]]);
	if (kinds[opcode] == F_CLIENT_RESET && b.n >= 54 && is_first_replay_id(b.p + 9))
		note(f, from, &fields[F_CRYPT]);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct openvpn *o = f->state;
	bool stream = flow_carrier(f) == STREAM;
	size_t n = stream ? get_be16(in) : cursor_left(in);
	struct bytes b = get_bytes(in, n);
	unsigned opcode;

	if (in->err)
		return;
	opcode = n ? b.p[0] >> 3 : 0;
	if (stream && (opcode < 1 || opcode > CONTROL_WKC_V1)) {
		set_bad(in);
		return;
	}
	packet(f, from, b);
	if (o->data[CLIENT] && o->data[SERVER])
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	size_t length;
	enum guess guess;

	(void)from; /* who is client may have been guessed wrongly */
	guess = is_client_reset(first.p, first.n, first.n);
	if (guess == YES || is_server_reset(first))
		return YES;
	if (first.n <= LENGTH)
		return first.p[0] == 0 ? MAYBE : NO;
	length = (size_t)first.p[0] << 8 | first.p[1];
	if (first.n > LENGTH + length)
		first.n = LENGTH + length;
	if (length < 14)
		return NO;
	return is_client_reset(first.p + LENGTH, first.n - LENGTH, length);
}

static const uint16_t ports[] = {1194, 0}; /* IANA: openvpn */

const struct dissector dissector_openvpn = {
    .name = "openvpn",
    .title = "OpenVPN",
    .spec = "OpenVPN, network protocol",
    .carriers = 1u << DATAGRAMS | 1u << STREAM,
    .ports = ports,
    .trigger = "openvpn",
    .request = "openvpn.client_reset",
    .fields = fields,
    .state_size = sizeof(struct openvpn),
    .message_max = 65535 + LENGTH,
    .probe = probe,
    .message = message,
};
