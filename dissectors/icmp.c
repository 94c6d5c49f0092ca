/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP conversations: echo and its answers, by which a reader sees whether a host was
 * reachable at all. Errors that quote a packet belong to the flow that they quote, and the flow
 * table keeps them there. RFC 792, RFC 4443.
 *
 * The decoder has read the header's eight bytes; what comes here is what follows them. */
#include "dissect.h"

/* A ping a second for half a minute shows all that pings can show, and a flood shows no more;
 * the flow counts the packets anyway. */
#define MESSAGES_MAX 32

enum { V4_ECHO_REPLY = 0, V4_ECHO = 8, V4_TIMESTAMP = 13, V4_TIMESTAMP_REPLY = 14 };
enum { V6_ECHO = 128, V6_ECHO_REPLY = 129 };

enum { TYPE, CODE, IDENT, SEQ };

static const struct field fields[] = {
    [TYPE] = {"icmp.type", FACT_UINT, "ICMP or ICMPv6 type"},
    [CODE] = {"icmp.code", FACT_UINT, "ICMP or ICMPv6 code"},
    [IDENT] = {"icmp.ident", FACT_UINT, "identifier of an echo or timestamp"},
    [SEQ] = {"icmp.seq", FACT_UINT, "sequence number of an echo or timestamp"},
    {0},
};

struct state {
	uint16_t told[2];
};

/* Does the second word of the header hold an identifier and a sequence number? */
static bool
has_ident(unsigned ip_version, uint8_t type)
{
	if (ip_version == 6)
		return type == V6_ECHO || type == V6_ECHO_REPLY;
	return type == V4_ECHO || type == V4_ECHO_REPLY || type == V4_TIMESTAMP ||
	       type == V4_TIMESTAMP_REPLY;
}

/* The bytes behind the header are the sender's own and tell nothing: the flow's protocol
 * number decides. */
static enum guess
probe(struct bytes first, enum side from)
{
	(void)first;
	(void)from;
	return MAYBE;
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct packet *p = f->now;
	struct state *state = f->state;

	skip_bytes(in, cursor_left(in));
	if (!p)
		return;
	note_uint(f, from, &fields[TYPE], p->icmp_type);
	note_uint(f, from, &fields[CODE], p->icmp_code);
	if (has_ident(p->ip_version, p->icmp_type)) {
		note_uint(f, from, &fields[IDENT], p->icmp_word >> 16);
		note_uint(f, from, &fields[SEQ], p->icmp_word & 0xffff);
	}
	if (++state->told[from] == MESSAGES_MAX)
		flow_enough(f, from);
}

static const uint8_t protocols[] = {1, 58, 0}; /* IANA: ICMP, IPv6-ICMP */

const struct dissector dissector_icmp = {
    .name = "icmp",
    .title = "Internet Control Message Protocol",
    .spec = "RFC 792",
    .carriers = 1u << DATAGRAMS,
    .fields = fields,
    .state_size = sizeof(struct state),
    .protocols = protocols,
    .probe = probe,
    .message = message,
};
