/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flow looked at once, for all detectors: who spoke when, what the client had just said, how
 * far things got, and how long the path is. */
#pragma once

#include "dnsread.h"
#include "finding.h"
#include "services.h"

#define NAME_MAX_TEXT 256 /* RFC 1035, 2.3.4: a name has at most 255 octets */

/* Facts of which every conversation is asked. */
enum first {
	FIRST_CERTIFICATE,
	FIRST_CLIENT_HELLO,
	FIRST_CUT_HELLO,
	FIRST_DNS_NAME,
	FIRST_DNS_QUERY,
	FIRST_DNS_RCODE,
	FIRST_DNS_RESPONSE,
	FIRST_ECH,
	FIRST_ESNI,
	FIRST_HOST,
	FIRST_HTTP_REQUEST,
	FIRST_HTTP_RESPONSE,
	FIRST_MAIL,
	FIRST_QUIC_AHEAD,
	FIRST_QUIC_REPEAT,
	FIRST_QUIC_SHORT,
	FIRST_QUIC_SNI,
	FIRST_QUIC_VERSION,
	FIRST_SERVER_CIPHER,
	FIRST_SERVER_HELLO,
	FIRST_SERVER_VERSION,
	FIRST_SHAPE,
	FIRST_SNI,
	FIRST_URI,
	NFIRSTS
};

struct look {
	const struct flow *flow;
	uint16_t first[NFIRSTS]; /* where in the list of facts, + 1; 0: there is none */
	size_t n;                /* kept packets: flow_trace(flow, 0 .. n-1) */
	long syn, syn_ack;       /* indices into the trace, -1 if not there */
	long handshake_ack;
	long data[2];   /* first payload of each side */
	int64_t rtt[2]; /* round trip between the capture point and that side; 0: unknown */
	char
	    name[NAME_MAX_TEXT]; /* what the client asked for: SNI, Host, DNS name; "" if nothing */
	enum trigger_kind said;  /* how it said it: TRIGGER_SNI, _HTTP_HOST, _DNS_NAME, _ECH; or
				    TRIGGER_UNKNOWN */
	struct ref said_at;      /* the packet that completed it */
	int64_t said_nsec;
	bool answered;     /* the server side said something after the client's first words */
	bool half_seen[2]; /* packets of that side are in the capture */
	enum outcome outcome;
	const struct dns_message *dns; /* set by look_at_dns() */
	size_t ndns;
	struct usage usage; /* whose it is, by what its bytes say; set by who knows services */
};

void look_at(struct look *l, const struct flow *f);
/* Finds the facts again after others were noted among them. */
void look_again(struct look *l);

/* Puts together what its DNS messages say, in room that lives as long as the look. */
void look_at_dns(struct look *l, struct dns_message room[DNS_MESSAGES_MAX]);

/* What flow_first() finds, at once. */
static inline const struct fact *
look_first(const struct look *l, enum first which)
{
	return l->first[which] ? &l->flow->facts[l->first[which] - 1] : NULL;
}

/* Whether the client asked a server for something by datagrams that it must answer, and nothing
 * came back. A peer may be gone, and an address of one's own network is nobody else's business. */
bool look_asked_in_vain(const struct flow *f);

/* How far the flow had got when packet i came (or at its end, for i = n). */
enum stage look_stage(const struct look *l, size_t i);
/* The last payload of a side before packet i, or -1. */
long look_last_data(const struct look *l, enum side from, size_t i);
/* The kept packet with that number: its index in the trace, or -1; itself, or NULL. */
long look_index(const struct look *l, struct ref at);
const struct trace *look_packet(const struct look *l, struct ref at);
/* Distance of a packet's TTL from those of its side's other packets; 0 if it lies among them.
 * *ret_usual is the nearest of these, *ret_n how many there were. */
int look_ttl_jump(const struct look *l, const struct trace *t, int *ret_usual, size_t *ret_n);
/* Did the client send other datagrams ahead of its first words? */
bool look_sends_ahead(const struct look *l);
/* Does an ICMP error tell of something else than such a datagram that died on the way? */
bool look_has_error(const struct look *l);
