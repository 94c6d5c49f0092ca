/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discord's voice over UDP: a client asks where it comes from, and media follow. Discord,
 * "Voice Connections", IP Discovery; ntop/nDPI, discord.c.
 *
 *   discovery  type (2): 1 asks, 2 answers | length (2): 70 | SSRC (4) | address (64) | port (2) */
#include "dissect.h"

#include <string.h>

#define DISCOVERY_LENGTH 74
/* Discoveries and signs of life of one side: a call that lasts says no more by its hundredth. */
#define NOTED_MAX 16

enum { F_DISCOVERY, F_DISCOVERED, F_KEEPALIVE, F_RTP };

static const struct field fields[] = {
    [F_DISCOVERY] = {"discord.discovery", FACT_MARK, "the client asks where it comes from"},
    [F_DISCOVERED] = {"discord.discovered", FACT_MARK, "the server tells it"},
    [F_KEEPALIVE] = {"discord.keepalive", FACT_MARK, "a sign of life"},
    [F_RTP] = {"discord.rtp", FACT_MARK, "the first media packet of that side"},
    {0},
};

struct discord {
	bool rtp[2];
	uint8_t noted[2];
};

/* The field that this datagram stands for; F_RTP if it is none of Discord's own. */
static unsigned
kind_of(struct bytes b)
{
	if (b.n == DISCOVERY_LENGTH && b.p[0] == 0 && b.p[2] == 0 && b.p[3] == 70)
		return b.p[1] == 1 ? F_DISCOVERY : b.p[1] == 2 ? F_DISCOVERED : F_RTP;
	if (b.n == 8 && memcmp(b.p, "\x13\x37\xca\xfe", 4) == 0)
		return F_KEEPALIVE;
	return F_RTP;
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct discord *d = f->state;
	struct bytes b = get_bytes(in, cursor_left(in));
	unsigned kind = kind_of(b);

	if (kind != F_RTP && d->noted[from] < NOTED_MAX) {
		d->noted[from]++;
		note(f, from, &fields[kind]);
	} else if (kind == F_RTP && b.n >= 12 && b.p[0] >> 6 == 2 && !d->rtp[from]) {
		d->rtp[from] = true;
		note(f, from, &fields[F_RTP]);
	}
	if (d->rtp[CLIENT] && d->rtp[SERVER])
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	(void)from;
	return kind_of(first) != F_RTP ? YES : NO;
}

const struct dissector dissector_discord = {
    .name = "discord",
    .title = "Discord's voice",
    .spec = "Discord, Voice Connections",
    .carriers = 1u << DATAGRAMS,
    .trigger = "discord",
    .request = "discord.discovery",
    .fields = fields,
    .state_size = sizeof(struct discord),
    .probe = probe,
    .message = message,
};
