/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The traffic mix: what a flow is (mix.c) and how its packets are written (mixgen.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MIX_FIN 0x01u
#define MIX_SYN 0x02u
#define MIX_PSH 0x08u
#define MIX_ACK 0x10u

#define MIX_RAMP 4000000u /* microseconds in which the first flows begin */

enum mix_kind { MIX_TLS, MIX_HTTP, MIX_DNS, MIX_QUIC, MIX_ELEPHANT, MIX_KINDS };
extern const char *const mix_words[MIX_KINDS];

/* One turn: a side says n bytes. */
struct turn {
	uint32_t n;
	uint8_t up;
	uint8_t content; /* enum in mix.c */
};

#define MIX_TURNS 12

struct flow {
	uint64_t time; /* of its next packet, microseconds */
	uint64_t number;
	uint64_t sent[2]; /* sequence numbers used, [up] */
	uint64_t again;   /* offset in the turn of a segment that is still to come, + 1 */
	uint32_t isn[2];
	uint32_t client, server, rtt, gap;
	uint32_t at;   /* bytes said of the turn */
	uint32_t name; /* number in the server's name */
	uint32_t pool; /* where in the pool its bytes begin */
	uint16_t port, service, mss, since_ack;
	uint16_t ip_id[2];
	uint8_t kind, state, turn, turns;
	bool v6, udp, held;
	struct turn said[MIX_TURNS];
};

struct mix {
	FILE *out;
	uint8_t *pool;
	size_t pool_size, slots, count;
	struct flow *all;
	uint32_t *heap; /* indices into all */
	uint64_t random, bytes, packets, packets_v6, flows;
	uint64_t started[MIX_KINDS];
	unsigned percent_v6;
	bool held; /* keep all flows open: nothing is answered before all have begun */
	bool failed;
};

uint32_t draw(struct mix *m, uint32_t below);
/* Writes one packet; `at` is its sequence number behind the initial one. */
void emit(struct mix *m, const struct flow *f, bool up, uint64_t at, unsigned flags,
	  const uint8_t *payload, size_t n);
/* Clients are in 10.0.0.0/8 and fd00::/8. The servers' addresses belong to networks of the public
 * Internet, because that is what traffic looks like; nothing is ever sent there. */
void put_address(uint8_t *p, bool v6, uint32_t host, bool server);
void flow_begin(struct mix *m, struct flow *f, uint64_t when);
/* Sends the next packet and sets the time of the one behind it; false if that was the last. */
bool flow_step(struct mix *m, struct flow *f);
