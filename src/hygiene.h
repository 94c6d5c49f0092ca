/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture cannot show, in plain words. */
#pragma once

#include "capture.h"
#include "decode.h"
#include "flow_table.h"
#include "reassemble.h"
#include "tricks.h"

/* With so many servers behind one TTL, a gateway writes it (B-21). */
#define SERVERS_MANY 4

struct hygiene {
	const struct decode_counts *decode;
	const struct flow_counts *flows;
	const struct defrag_counts *defrag;
	uint64_t tcp_flows, tcp_both_ways;  /* judged TCP flows; those with both directions */
	uint64_t udp_both_ways, quic_flows; /* of UDP */
	uint64_t middle;                    /* without their beginning */
	uint64_t unseen_acked; /* flows in which bytes were confirmed that are not here */
	uint64_t facts_full, trace_full;
	uint8_t server_ttl;
	bool server_ttls_differ;
	struct addr servers[SERVERS_MANY]; /* the first different ones */
	size_t nservers;
	uint64_t suspicions_dropped, forgotten, unlearnt;
	uint64_t suspicions_forgotten; /* old ones, of a capture that goes on */
	uint64_t rates_forgotten;      /* records of losses that are not whole */
	uint64_t given_up; /* conversations that asked the fingerprints for too much work */
	size_t targets_left_out;
	unsigned workers; /* processes that share the capture, of which this is one */
	struct tricks tricks;
	unsigned http_proxied; /* servers whose port 80 is nearer than their port 443 */
};

/* Counts one finished flow. */
void hygiene_count(struct hygiene *h, const struct look *l);
/* The capture shows one direction only: nothing can be concluded from silence. */
bool hygiene_one_way(const struct hygiene *h);
/* The packets of several servers all arrive with one TTL: something rewrites it. */
bool hygiene_flat_ttl(const struct hygiene *h);
/* QUIC was spoken, and no conversation of UDP or TCP shows both directions. */
bool hygiene_udp_unheard(const struct hygiene *h);
/* The capture itself lost packets, by more than one in a thousand. */
bool hygiene_lossy(const struct hygiene *h);
/* Fills the sentences; returns how many. They live in the arena. */
size_t limits_tell(struct arena *a, const struct hygiene *h, const struct capture *c,
		   const char ***ret);
