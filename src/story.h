/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of conversations that somebody asks for, in a few lines each: when it was opened,
 * what was said, who ended it. Made while the capture is analysed, of flows that the asker wants;
 * findings are told elsewhere. */
#pragma once

#include "look.h"

/* Answers to one question that are kept: injectors have sent three, and the true one comes last. */
#define STORY_ANSWERS_MAX 8

struct story_answer {
	struct ref at;
	int64_t nsec;
	uint8_t rcode;
	uint8_t naddr;
	struct addr addr[DNS_ADDRESSES_MAX];
};

struct story_question {
	const char *name; /* in lower case */
	uint16_t id, type;
	struct ref at;
	int64_t nsec;
	struct story_answer *answers; /* in order */
	size_t nanswers;
};

/* Who ended a TCP connection first, and how. */
enum ended { ENDED_NOT, ENDED_RESET, ENDED_FIN };

struct story_end {
	enum ended how;
	enum side by; /* whose address it bears */
	struct ref at;
	int64_t nsec;
	bool alike; /* its TTL is that of the other packets of its side, or near it */
};

struct story {
	uint64_t flow; /* id */
	uint8_t proto;
	struct addr addr[2];
	uint16_t port[2];
	const char *name; /* that was said to the server, in lower case, or NULL */
	bool tls, http, quic, dns;
	bool shaken; /* the server finished its half of a TLS or QUIC handshake, as far as seen */
	int64_t first, last;
	struct ref first_at, last_at;
	struct ref accepted_at; /* SYN+ACK; frame 0: none */
	int64_t accepted;
	struct ref spoke_at; /* first payload of the client */
	int64_t spoke;
	struct ref answered_at; /* first payload of the server after that */
	int64_t answered;
	struct story_end end;
	enum outcome outcome;
	struct story_question *questions;
	size_t nquestions;
};

struct stories;

/* `wants` is asked of each server (address, port 0: of any) or name. At most `most` are kept. */
struct stories *stories_new(bool (*wants_server)(void *context, const struct addr *a,
						 uint16_t port),
			    bool (*wants_name)(void *context, const char *name), void *context);
void stories_free(struct stories *s); /* accepts NULL */
/* To be called as analyze_options.watch, with the stories as its context. */
void stories_watch(void *stories, const struct flow *f);
size_t stories_count(const struct stories *s);
struct story *stories_get(const struct stories *s, size_t i); /* in order of flow id */
/* Wanted, but beyond what is kept. */
uint64_t stories_left_out(const struct stories *s);
/* To be called once, when all were seen. */
void stories_sort(struct stories *s);
