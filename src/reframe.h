/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame with everybody in it disguised: hardware addresses, IP addresses at every depth, what
 * ICMP quotes. Payloads are somebody else's; what is not understood is overwritten. */
#pragma once

#include "disguise.h"
#include "packet.h"

/* What stands above TCP or UDP, or in a fragment. */
struct reframe_payload {
	uint8_t proto;
	uint16_t ports[2]; /* source, destination */
	const uint8_t *in;
	uint8_t *out; /* filled already */
	size_t n;
	/* Of an IP fragment, whose bytes begin behind the IP headers: */
	bool fragment, more;
	uint32_t id, offset;
	struct addr src, dst;
};

struct reframe {
	struct disguise *disguise;
	void (*payload)(void *context, const struct reframe_payload *p);
	void *context;
	bool look;        /* only tell payloads: what is written does not matter */
	bool keep_clocks; /* the clients' TCP timestamps stay as they are */
};

/* Writes f->caplen bytes to out. Checksums hold if they held and are wrong by as much if they were
 * wrong; returns how many were. */
unsigned reframe(const struct reframe *r, const struct frame *f, uint8_t *out);
/* The same for a datagram that was put together, and what stands behind its IP header. */
void reframe_whole(const struct reframe *r, uint8_t proto, const struct addr *src,
		   const struct addr *dst, struct bytes datagram, uint8_t *out);
