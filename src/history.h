/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of flows that are over: enough to hold others against them. Bounded: the
 * oldest make room for the newest. */
#pragma once

#include "episode.h"
#include "names.h"

/* 65,536 flows of 200 bytes, and as many names: under 25 MB. */
#define EPISODES_MAX 65536
#define NAMES_MAX 65536
#define RESOLVERS_MAX 4096

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
 * an episode; *ret is the first. Look must have been at its DNS. */
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
/* All such texts: each name of an episode is one of them. */
const struct names *history_names(const struct history *h);

/* Of a capture that goes on: when names are many, those go that only the oldest conversations have
 * said, and these with them, so that new ones are not nameless; likewise addresses and resolvers.
 * `held` are n names of the history that others hold: they stay, and are written anew. */
void history_make_room(struct history *h, const char **const *held, size_t n);
/* Addresses, and resolvers, whose names or habits were forgotten for want of room. */
uint64_t history_unlearnt(const struct history *h);

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
