/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of flows that are over: enough to hold others against them. Bounded: the
 * oldest make room for the newest. */
#pragma once

#include "look.h"

/* 65,536 flows of about 170 bytes, and as many names: under 20 MB. */
#define EPISODES_MAX 65536
#define NAMES_MAX 65536
#define RESOLVERS_MAX 4096

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
	uint16_t dns_type;               /* DNS: what was asked for */
	uint16_t client_port, port;      /* port: the server's */
	uint32_t quic;                   /* the version of QUIC that was spoken last, or 0 */
	uint8_t proto;
	uint8_t outcome;    /* enum outcome */
	uint8_t data_ttl;   /* of the server's first payload; 0 if it said nothing */
	uint8_t rcode, ttl; /* DNS: of the answer, if took; ttl 0: unknown */
	uint8_t asked;      /* DNS: how often the same question was sent */
	bool dns, dns_positive;
	bool dns_soa, dns_asked_edns, dns_edns; /* DNS: the answer's zone; EDNS either way */
	bool dns_declared;                      /* DNS: it explains itself (RFC 8914) */
	bool again;       /* the same name was asked for in this conversation before */
	uint32_t shape;   /* which program the client is, by its ClientHello; 0: unknown */
	uint32_t chose;   /* what the server chose: version and cipher suite of TLS; 0: unknown */
	uint32_t url;     /* hash of what was asked for over HTTP; 0: nothing */
	bool ech;         /* the ClientHello has Encrypted Client Hello, or greases it */
	uint8_t starttls; /* of mail: 0 not told, 1 not offered, 2 offered */
	bool silent;      /* opened in vain: not one packet came back */
	bool interfered;  /* set by correlation */
	bool large_heard; /* the server confirmed a packet of the client's that was full */
	bool reset;       /* the server, or somebody in its name, reset it after words were said */
	bool encrypted;   /* the client's first words look like nothing at all (opening.h) */
	bool dns_key;     /* DNS: an HTTPS answer with a key for Encrypted Client Hello */
	bool unasked;     /* DNS: an answer in a conversation that asked nothing */
	struct pace pace[2];              /* TCP: by side */
	struct usage usage;               /* by what its bytes say */
	const struct dissector *protocol; /* who read it; NULL if nobody did */
};

/* How one resolver usually answers. */
struct resolver {
	uint64_t answers;
	int64_t fastest;
	uint8_t ttl_min, ttl_max;
	uint64_t asked_edns, edns; /* asked with EDNS, and answered with it */
};

struct history;

struct history *history_new(void);
void history_free(struct history *h); /* accepts NULL */
/* `suspected` ends with NULL and lists the names for which something is suspected here, "" for the
 * whole conversation: of these no address is learnt. Each question of a DNS conversation becomes
 * an episode; *ret is the first. */
void history_add(struct history *h, const struct look *l, const char *const *suspected,
		 struct episode *ret);
/* The name by which that client is most likely to have come to an address at that time, learnt
 * from DNS answers in the capture: the last one that led there, its own before others'. NULL if
 * none did. */
const char *history_name_of(const struct history *h, const struct addr *a,
			    const struct addr *client, int64_t when);
const struct resolver *history_resolver(const struct history *h, const struct addr *a);
/* A text that lives as long as the history; NULL if there are too many. */
const char *history_intern(struct history *h, const char *text);

/* After the last flow: all episodes, sorted by server address, then time. */
struct episode *history_episodes(struct history *h, size_t *ret_n);
/* The episodes with that server address: [*ret_from, *ret_to). */
void history_at_server(const struct history *h, const struct addr *server, size_t *ret_from,
		       size_t *ret_to);
/* Next episode with that name after episode *i of the sorted ones; start with *i = SIZE_MAX.
 * NULL at the end. */
struct episode *history_named(const struct history *h, const char *name, size_t *i);
/* How many flows were forgotten, or went nameless, for want of room. */
uint64_t history_forgotten(const struct history *h);
