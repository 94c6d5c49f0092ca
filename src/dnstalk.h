/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the detectors of false DNS answers share: one flow's messages, with what the packets and
 * the lists say of each. */
#pragma once

#include "detect.h"
#include "dnsread.h"

struct dns_talk {
	const struct detection *d;
	const struct look *l;
	size_t n;
	const struct dns_message *m;
	const struct trace *packet[DNS_MESSAGES_MAX]; /* NULL if it was not kept */
	bool bogon[DNS_MESSAGES_MAX]; /* it names an address that cannot be public */
	double odd[DNS_MESSAGES_MAX]; /* how much speaks for a forgery */
};

/* So many other answers of a resolver tell what is usual for it (dossier 1.1). */
#define DNS_USUAL_MIN 3
/* The path to a resolver may differ by two hops from one packet to the next (dossier 1.1). */
#define DNS_TTL_APART 2
/* So many unlike names that are asked for in vain: there is no resolver, or none that works. */
#define DNS_VAIN_MIN 3

/* Answers to query q that contradict each other. False if there are none (detect_dns_race.c). */
bool detect_dns_race(struct dns_talk *t, size_t q);

/* A new finding about the name that query q asks for. */
struct finding *dns_finding(const struct dns_talk *t, size_t q, size_t answer,
			    enum mechanism mechanism);
struct cite *dns_cite(struct finding *f, const struct dns_talk *t, size_t i, enum role role);
/* A record that nobody asked for, instead of the one that was: no resolver does that. */
bool dns_wrong_type(const struct dns_message *query, const struct dns_message *answer);
/* The name is denied, refused, or could not be found. */
void dns_weigh_negative(struct finding *f, enum dns_rcode rcode, bool soa, struct ref at);
void dns_explain_negative(struct finding *f, enum dns_rcode rcode, const char *resolver);
