/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of one flow that is over. */
#pragma once

#include "look.h"

/* How one side's bytes came along, if they were enough to tell. */
struct pace {
	float speed; /* bytes a second, from the first to the last; 0: unknown */
	float lost;  /* share of the packets that were repeated or missing */
};

struct episode {
	uint64_t flow;
	int64_t first, last;
	struct addr client, server;
	const char *name; /* lives as long as the history; NULL if none was said */
	struct ref first_at;
	struct ref alive_at; /* first packet of the server's, frame 0 if there is none */
	struct ref ok_at;    /* the packet that shows success, frame 0 if there is none */
	int64_t alive_nsec, server_last; /* 0 if the server never spoke */
	int64_t rtt;                     /* of its handshake, from here to the server; 0: unknown */
	struct addr answer;              /* DNS: the first address, if dns_positive */
	int64_t took;                    /* DNS: from the question to the answer; 0: none came */
	const struct dissector *protocol; /* who read it; NULL if nobody did */
	struct pace pace[2];              /* TCP: by side */
	uint32_t quic;                    /* the version of QUIC that was spoken last, or 0 */
	uint32_t shape;    /* which program the client is, by its ClientHello; 0: unknown */
	uint32_t chose;    /* what the server chose: version and cipher suite of TLS; 0: unknown */
	uint32_t url;      /* hash of what was asked for over HTTP; 0: nothing */
	uint16_t dns_type; /* DNS: what was asked for */
	uint16_t client_port, port; /* port: the server's */
	struct usage usage;         /* by what its bytes say */
	uint8_t proto;
	uint8_t outcome;    /* enum outcome */
	uint8_t first_ttl;  /* of the server's first packet that is no reset; 0: none came */
	uint8_t data_ttl;   /* of the server's first payload; 0 if it said nothing */
	uint8_t rcode, ttl; /* DNS: of the answer, if took; ttl 0: unknown */
	uint8_t asked;      /* DNS: how often the same question was sent */
	uint8_t starttls;   /* of mail: 0 not told, 1 not offered, 2 offered */
	bool dns : 1, dns_positive : 1;
	bool dns_soa : 1; /* DNS: the answer's zone */
	bool dns_asked_edns : 1, dns_edns : 1;
	bool dns_declared : 1; /* DNS: it explains itself (RFC 8914) */
	bool dns_key : 1;      /* DNS: an HTTPS answer with a key for Encrypted Client Hello */
	bool unasked : 1;      /* DNS: an answer in a conversation that asked nothing */
	bool again : 1;        /* the same name was asked for in this conversation before */
	bool ech : 1;          /* the ClientHello has Encrypted Client Hello, or greases it */
	bool silent : 1;       /* opened in vain: not one packet came back */
	bool interfered : 1;   /* set by correlation */
	bool large_heard : 1;  /* the server confirmed a packet of the client's that was full */
	bool reset : 1; /* the server, or somebody in its name, reset it after words were said */
	bool encrypted : 1; /* the client's first words look like nothing at all (opening.h) */
};

/* Did the one take less than half as long as the other, and not only by the jitter of a capture?
 * Then it did not come from as far away. */
bool much_sooner(int64_t took, int64_t other);
/* All but its name, and what its DNS messages say. */
void episode_read(const struct look *l, struct episode *e);
/* A finding about a conversation that is gone: its ends and its name are what is remembered. */
struct finding *episode_accuse(const struct episode *e, enum mechanism mechanism, int64_t nsec);
