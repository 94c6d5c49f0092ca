/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of flows that are over: enough to hold others against them. Bounded: the
 * oldest make room for the newest. */
#pragma once

#include "look.h"

/* 65,536 flows of about 130 bytes, and as many names: under 20 MB. */
#define EPISODES_MAX 65536
#define NAMES_MAX 65536
#define RESOLVERS_MAX 4096

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
	uint16_t client_port, port;      /* port: the server's */
	uint8_t proto;
	uint8_t outcome;  /* enum outcome */
	uint8_t data_ttl; /* of the server's first payload; 0 if it said nothing */
	bool dns, dns_positive;
	bool silent;     /* opened in vain: not one packet came back */
	bool interfered; /* set by correlation */
};

/* How one resolver usually answers. */
struct resolver {
	uint64_t answers;
	int64_t fastest;
	uint8_t ttl_min, ttl_max;
	uint64_t edns;
};

struct history;

struct history *history_new(void);
void history_free(struct history *h); /* accepts NULL */
void history_add(struct history *h, const struct look *l, bool suspected, struct episode *ret);
/* A name for an address, learnt from DNS answers in the capture; NULL if none. */
const char *history_name_of(const struct history *h, const struct addr *a);
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
