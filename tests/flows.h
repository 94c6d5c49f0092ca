/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations for the tests of everything between the decoder and the report: two hosts that
 * say what they are told to, packet by packet, into a real flow table. */
#pragma once

#include "flow_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <cmocka.h>

/* The time of the first packet: 2026-01-01T00:00:00Z. */
#define TALK_BEGIN (1767225600 * NSEC_PER_SEC)
#define TALK_RTT (40 * NSEC_PER_MSEC)

struct talk {
	struct flow_table *table;
	struct flow *flow; /* of the last packet */
	enum side from;    /* its sender, by the table's word */
	int64_t now;
	uint32_t number; /* of the last packet */
	struct addr addr[2];
	uint16_t port[2], ip_id[2];
	uint32_t seq[2]; /* what each side sends next */
	uint8_t ttl[2], proto, ip_version;
	unsigned judged;
};

static inline void
talk_judge(void *context, struct flow *f)
{
	struct talk *t = context;

	(void)f;
	t->judged++;
}

/* The addresses of a pair of hosts: 192.0.2.client and 198.51.100.server (RFC 5737). */
static inline void
talk_between(struct talk *t, uint8_t client, uint8_t server, uint16_t client_port, uint16_t port)
{
	t->addr[CLIENT] = addr_from_v4((const uint8_t[4]){192, 0, 2, client});
	t->addr[SERVER] = addr_from_v4((const uint8_t[4]){198, 51, 100, server});
	t->port[CLIENT] = client_port;
	t->port[SERVER] = port;
	t->seq[CLIENT] = 1000;
	t->seq[SERVER] = 50000;
}

/* The same over IPv6, 2001:db8::client and 2001:db8::100:server (RFC 3849). */
static inline void
talk_over_v6(struct talk *t, uint8_t client, uint8_t server)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8};

	b[15] = client;
	t->addr[CLIENT] = addr_from_v6(b);
	b[13] = 1;
	b[15] = server;
	t->addr[SERVER] = addr_from_v6(b);
	t->ip_version = 6;
}

static inline void
talk_begin(struct talk *t, size_t max, flow_judge *judge, void *context)
{
	*t = (struct talk){.now = TALK_BEGIN,
			   .ttl = {64, 50},
			   .ip_id = {100, 7000},
			   .proto = IPPROTO_TCP,
			   .ip_version = 4};
	talk_between(t, 1, 1, 40000, 443);
	t->table = flow_table_new(max, judge ? judge : talk_judge, judge ? context : t);
}

static inline void
talk_end(struct talk *t)
{
	flow_drain(t->table);
	flow_table_free(t->table);
}

/* The packet that a side would send now. The text must live on. */
static inline struct packet
talk_packet(const struct talk *t, enum side from, uint8_t flags, const char *text)
{
	enum side to = other_side(from);
	size_t n = strlen(text);

	return (struct packet){.payload = {(const uint8_t *)text, n},
			       .payload_len = (uint32_t)n,
			       .bits = t->ip_version == 4 ? PKT_DF : 0,
			       .src = t->addr[from],
			       .dst = t->addr[to],
			       .seq = t->proto == IPPROTO_TCP ? t->seq[from] : 0,
			       .ack = flags & TH_ACK_ ? t->seq[to] : 0,
			       .sport = t->port[from],
			       .dport = t->port[to],
			       .ip_id = t->ip_version == 4 ? t->ip_id[from] : 0,
			       .window = 64240,
			       .ip_version = t->ip_version,
			       .proto = t->proto,
			       .ttl = t->ttl[from],
			       .flags = flags};
}

/* Sends a packet as it is, but for number and time. NULL if it belongs to no conversation. */
static inline struct flow *
talk_hear(struct talk *t, struct packet p)
{
	struct flow *f;

	p.number = ++t->number;
	p.nsec = t->now;
	f = flow_track(t->table, &p, &t->from);
	if (f)
		t->flow = f;
	return f;
}

/* Sends what is next and counts on. */
static inline const struct trace *
talk_say(struct talk *t, enum side from, uint8_t flags, const char *text)
{
	struct packet p = talk_packet(t, from, flags, text);

	assert_non_null(talk_hear(t, p));
	t->seq[from] += p.payload_len + (flags & TH_SYN_ ? 1 : 0) + (flags & TH_FIN_ ? 1 : 0);
	t->ip_id[from]++;
	return flow_trace(t->flow, flow_trace_count(t->flow) - 1);
}

/* The three packets of the handshake, seen at the client (RFC 9293, 3.5). */
static inline void
talk_open(struct talk *t)
{
	talk_say(t, CLIENT, TH_SYN_, "");
	t->now += TALK_RTT;
	talk_say(t, SERVER, TH_SYN_ | TH_ACK_, "");
	t->now += NSEC_PER_MSEC / 10;
	talk_say(t, CLIENT, TH_ACK_, "");
}

/* A request and its answer, and a farewell from both sides. */
static inline void
talk_whole(struct talk *t)
{
	talk_open(t);
	talk_say(t, CLIENT, TH_PSH_ | TH_ACK_, "a request");
	t->now += TALK_RTT;
	talk_say(t, SERVER, TH_PSH_ | TH_ACK_, "an answer");
	talk_say(t, CLIENT, TH_FIN_ | TH_ACK_, "");
	t->now += TALK_RTT;
	talk_say(t, SERVER, TH_FIN_ | TH_ACK_, "");
	talk_say(t, CLIENT, TH_ACK_, "");
}
