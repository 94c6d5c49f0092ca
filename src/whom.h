/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in a capture: what its analysis knows of each conversation, for those who rewrite it. */
#pragma once

#include "disguise.h"
#include "packet.h"
#include "report.h"

/* Conversations that are remembered, of about 150 bytes: what comes later keeps no payload. */
#define WHOM_MAX (1u << 20)

struct scrub_quic;
struct wording;

struct talk {
	struct addr addr[2]; /* [CLIENT], [SERVER] */
	uint16_t port[2];
	uint32_t scope[2];
	uint32_t first, last; /* frames */
	uint32_t number;      /* from 1, in whom_get()'s order */
	uint16_t capture;
	uint8_t proto;
	bool concerned; /* a finding is about it, or cites a packet of it */
	bool peers;     /* both ends are people's */
	uint64_t id;
	const char *protocol; /* of the dissector that claimed it, or NULL */
	const char *name;     /* that it asked for, or NULL */
	struct scrub_quic *quic;
	struct wording *wording[2]; /* wording.c */
	struct talk *earlier;       /* between the same two ends */
};

struct whom;
struct flow;
struct services;
struct lists;

/* Names of services and of the fingerprints' lists are no secret, nor are addresses that these list
 * one by one. */
struct whom *whom_new(const struct services *services, const struct lists *lists,
		      struct disguise *d);
void whom_free(struct whom *w); /* accepts NULL */
/* For analyze_options.watch: the context is the struct whom. */
void whom_watch(void *whom, const struct flow *f);
/* Whom the findings are about: their names are kept. */
void whom_concern(struct whom *w, const struct report *r);
/* A frame that a finding cites makes its conversation concerned. */
bool whom_is_cited(const struct whom *w, struct ref at);
/* Who is a client and who is a server, as far as conversations tell; tells the disguise. */
void whom_settle(struct whom *w);
/* The conversation that a TCP or UDP packet belongs to, and from which side; NULL if none does. */
struct talk *whom_find(struct whom *w, const struct packet *pkt, enum side *ret_from);
size_t whom_count(const struct whom *w);
struct talk *whom_get(struct whom *w, size_t i);
