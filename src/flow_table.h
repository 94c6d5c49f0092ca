/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bounded table of open conversations. */
#pragma once

#include "flow.h"
#include "kept.h"

struct flow_table;

/* Called when a conversation has ended, was idle for too long, or had to make room; the flow is
 * freed afterwards. */
typedef void flow_judge(void *context, struct flow *f);

/* Most conversations open at once: 100 MB, at 1.5 KB each. */
#define FLOWS_MAX 65536
/* Most conflicts, and most ICMP errors, that a flow remembers: the first ones prove the case. */
#define FLOW_NOTES_MAX 8

struct flow_counts {
	uint64_t flows, tcp, udp, icmp, other; /* conversations, port reuse counted anew */
	uint64_t evicted, reused, quotes, quotes_unknown;
	uint64_t packets, duplicates, conflicts;
	uint32_t rate_points; /* held in records of losses (rate.h) */
	uint64_t one_way;     /* judged TCP conversations of which one direction is missing */
};

struct flow_table *flow_table_new(size_t max, flow_judge *judge, void *context);
/* Of packets that will be tracked soon: three calls, each for all of them before the next, in which
 * memory is fetched that the next one looks at. They change nothing but pkt->ends. */
void flow_expect(const struct flow_table *t, struct packet *pkt);
void flow_fetch(const struct flow_table *t, const struct packet *pkt);
void flow_fetch_trace(const struct flow_table *t, const struct packet *pkt);
/* The conversation that a packet belongs to, made if need be, with the packet noted in it. An
 * ICMP error goes to the conversation that it quotes. NULL if it belongs to none. */
struct flow *flow_track(struct flow_table *t, const struct packet *pkt, enum side *ret_from);
/* Judges whatever is over at this time of the capture. */
void flow_retire(struct flow_table *t, int64_t now);
/* Judges the rest, oldest conversation first. */
void flow_drain(struct flow_table *t);
struct flow_counts *flow_counts(struct flow_table *t);
/* How many conversations are remembered just now. */
size_t flow_open(const struct flow_table *t);
void flow_table_free(struct flow_table *t); /* accepts NULL; judges nothing */

/* trace.c: notes one packet in its conversation. */
void trace_packet(struct flow *f, struct kept *kept, const struct packet *pkt, enum side from,
		  struct flow_counts *counts);
/* What was held back is noted now (FLOW_HELD). */
void trace_release(struct flow *f, struct kept *kept, struct flow_counts *counts);
void trace_icmp(struct flow *f, const struct packet *pkt, enum side quoted);
