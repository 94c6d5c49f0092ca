/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoys: packets that the client's side makes for filters to read and for no server to take, as
 * tools against filters do. Read as the client's words they would name what it never asked for, and
 * contradict what it did ask. */
#pragma once

#include "flow.h"

/* Why no server takes it. */
enum decoy {
	DECOY_TTL,    /* it dies on the way */
	DECOY_SUM,    /* its checksum is wrong */
	DECOY_MD5,    /* it is signed (RFC 2385), and its SYN was not */
	DECOY_CLOCK,  /* its timestamp is from before the SYN (RFC 7323, 5.3) */
	DECOY_NO_ACK, /* it lacks the ACK flag (RFC 9293, 3.10.7.4) */
	DECOY_ACK,    /* it confirms what was before the server's first byte (RFC 5961, 5.2) */
	DECOY_SEQ,    /* it stands before the client's first byte */
	NDECOYS
};

/* A packet and its payload. */
struct held {
	struct packet packet;
	enum decoy kind;
	uint8_t b[];
};

/* Tests of filters send their only words with a small TTL, and captures that were edited have wrong
 * checksums: whether such a packet is a decoy is seen by what follows. Decoys are sent one to a
 * dozen times; more than these are not kept. */
#define HELD_MAX 4

/* Those of one connection. */
struct decoys {
	uint64_t n[NDECOYS];
	struct ref at[NDECOYS]; /* the first of each kind */
	struct held *held[HELD_MAX];
	uint8_t nheld;
};

/* Tools set TTLs of 3 to 20 where they measure the path (zapret, --dpi-desync-autottl), and 1 to 12
 * where they do not; byedpi 8. */
#define DECOY_TTL_MAX 20
/* So much less than what its sender's SYN had: ways through the Internet do not differ by more from
 * packet to packet. */
#define DECOY_TTL_LESS 8

/* From a host that is no more than so many routers away a packet has nearly the TTL that stacks
 * begin with: farther off a small TTL is the way's, and nobody's forgery is seen between the two.
 */
#define NEAR 4

/* No router at all lies between: what others send to the server does not pass here. */
static inline bool
is_untouched(uint8_t ttl)
{
	return ttl == 64 || ttl == 128 || ttl == 255;
}

static inline bool
is_sent_near(uint8_t ttl)
{
	return (ttl <= 64 && ttl >= 64 - NEAR) || (ttl <= 128 && ttl >= 128 - NEAR) ||
	       ttl >= 255 - NEAR;
}

/* Was the conversation captured beside its client, as far as TTLs tell? */
static inline bool
is_beside_client(const struct flow *f)
{
	return is_untouched(f->half[CLIENT].ttl) && !is_untouched(f->half[SERVER].ttl);
}

/* Is this packet of the client's one of them? Then it was noted, and is nobody's word. Or it may be
 * one, and is held back (FLOW_HELD). */
bool decoy_take(struct flow *f, const struct packet *pkt);
/* Does this packet of the server's answer what is held back? */
bool decoy_is_answered(const struct flow *f, const struct packet *pkt);

/* Asked of each packet: could it be? Only the client makes them, once its SYN was seen. */
static inline bool
decoy_is_possible(const struct flow *f, const struct packet *pkt, enum side from)
{
	const struct half *c = &f->half[CLIENT], *s = &f->half[SERVER];

	if (from != CLIENT || !c->syn_seen || !(pkt->payload_len || pkt->flags & TH_RST_) ||
	    pkt->flags & TH_SYN_)
		return false;
	return f->bits & FLOW_HELD || pkt->ttl <= DECOY_TTL_MAX || pkt->bits & PKT_BAD_SUM ||
	       pkt->options & OPT_MD5 || !(pkt->flags & TH_ACK_) ||
	       (s->syn_seen && !seq_before(s->isn, pkt->ack)) ||
	       !seq_before(c->isn + 1, pkt->seq + pkt->payload_len) ||
	       (!s->bytes && pkt->options & OPT_TS);
}
