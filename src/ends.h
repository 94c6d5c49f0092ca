/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two ends of a conversation, as a packet names them. */
#pragma once

#include "packet.h"

/* The first sent something to the second. Borrows the packet's addresses. */
struct ends {
	const struct addr *addr[2];
	uint16_t port[2];
	uint8_t proto;
	bool v4; /* both addresses are IPv4's */
};

static inline struct ends
ends_of(const struct packet *pkt)
{
	return (struct ends){
	    {&pkt->src, &pkt->dst}, {pkt->sport, pkt->dport}, pkt->proto, pkt->ip_version == 4};
}

/* Both directions have the same hash, which is never 0. */
uint32_t ends_hash(const struct ends *e, uint64_t seed);
