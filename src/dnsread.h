/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DNS messages of a flow, put together again from their facts: who asked what, and what came
 * back. */
#pragma once

#include "flow.h"

/* Messages of one flow that are compared; a flow of more is judged in parts. */
#define DNS_MESSAGES_MAX 96
/* The dissector notes as many of each family; browsers try a handful. */
#define DNS_ADDRESSES_MAX 24
/* Answers to one query come within 5 s of each other, and within 5 s of it (OONI's technique
 * note, tq-002). */
#define DNS_RACE (10 * NSEC_PER_SEC)

/* RFC 1035, 4.1.1. */
enum dns_rcode { DNS_NOERROR = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_REFUSED = 5 };
/* RFC 1035, 3.2.2; RFC 3596; RFC 9460. */
enum dns_type { DNS_A = 1, DNS_AAAA = 28, DNS_HTTPS = 65, DNS_ANY = 255 };

struct dns_message {
	const struct fact *mark; /* its first fact */
	bool response, edns, soa;
	bool typed; /* an answer has the type that was asked for, or is an alias */
	bool ech;   /* an HTTPS answer offers ECH */
	uint64_t id, type, flags, rcode, answers, record_ttl;
	long ede; /* the first extended error, -1: none */
	struct bytes name, cname, ede_text, soa_name;
	struct addr addr[DNS_ADDRESSES_MAX];
	size_t naddr;
};

/* Reads what was not judged before. Returns how many messages there are, at most max. */
size_t dns_read(const struct flow *f, struct dns_message *ret, size_t max);
bool dns_same_question(const struct dns_message *a, const struct dns_message *b);
/* The first answer to message q, or NULL. */
const struct dns_message *dns_answer(const struct dns_message *m, size_t n, size_t q);
