/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS answers that cannot be true, or that say themselves that they are false (RFC 8914). */
#include "dnstalk.h"
#include "site.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* RFC 8914, 4 (registry "Extended DNS Error Codes"). */
enum {
	EDE_FORGED = 4,
	EDE_BOGUS_FIRST = 5, /* 5 to 12: DNSSEC does not hold */
	EDE_BOGUS_LAST = 12,
	EDE_CACHED = 13, /* an error of before */
	EDE_NOT_READY = 14,
	EDE_BLOCKED = 15,
	EDE_CENSORED = 16,
	EDE_FILTERED = 17,
	EDE_PROHIBITED = 18, /* this client may not ask here */
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NO_AUTHORITY = 22, /* the authorities cannot be reached */
	EDE_NETWORK = 23,
};

/* Ad blockers answer with "nothing" or "here" on purpose. */
static bool
is_sinkhole(const struct dns_message *m)
{
	for (size_t i = 0; i < m->naddr; i++) {
		struct addr any4 = addr_from_v4((const uint8_t[4]){0, 0, 0, 0});
		struct addr any6 = {{0}};

		if (addr_equal(&m->addr[i], &any4) || addr_equal(&m->addr[i], &any6))
			return true;
	}
	return false;
}

static bool
is_private(const struct addr *a, const struct fingerprints *db)
{
	return fingerprints_listed_addr(db, "bogons", a) != NULL;
}

/* No public server can have it. Lists that answer yes or no, as those of spammers' addresses, do
 * so with codes from 127.0.0.2 on, never with 127.0.0.1 (RFC 5782, 2.1 and 5). */
static bool
is_bogon(const struct addr *a, const struct fingerprints *db)
{
	bool loopback = addr_is_v4(a) && a->b[12] == 127;

	return is_private(a, db) && (!loopback || a->b[15] <= 1);
}

/* What the resolver itself says about its answer, in words for the explanation; NULL: nothing. */
static const char *
weigh_declared(struct finding *f, const struct dns_message *a)
{
	switch (a->ede) {
	case EDE_FORGED:
		finding_weigh(f, "dns.censored", a->mark->at);
		return "that it gives a forged answer";
	case EDE_CENSORED:
		finding_weigh(f, "dns.censored", a->mark->at);
		return "that somebody else ordered it to block";
	case EDE_BLOCKED:
		finding_weigh(f, "dns.blocked", a->mark->at);
		return "that it blocks by its operator's own policy";
	case EDE_FILTERED:
		finding_weigh(f, "dns.filtered", a->mark->at);
		return "that it filters, as whoever chose it wished,";
	case EDE_PROHIBITED:
		finding_weigh(f, "dns.prohibited", a->mark->at);
		return NULL;
	case EDE_CACHED:
	case EDE_NOT_READY:
	case EDE_NOT_AUTHORITATIVE:
	case EDE_NO_AUTHORITY:
	case EDE_NETWORK:
		finding_weigh(f, "dns.upstream", a->mark->at);
		return NULL;
	default:
		if (a->ede >= EDE_BOGUS_FIRST && a->ede <= EDE_BOGUS_LAST)
			finding_weigh(f, "dns.upstream", a->mark->at);
		return NULL;
	}
}

static void
weigh_bogon(struct finding *f, const struct dns_talk *t, const struct dns_message *a)
{
	const struct fingerprints *db = t->d->fingerprints;
	struct ref at = a->mark->at;
	bool own = fingerprints_listed_addr(db, "private-networks", &a->addr[0]) != NULL;

	finding_weigh(f, is_sinkhole(a) ? "dns.sinkhole" : "dns.bogon", at);
	if (!is_private(&t->l->flow->addr[SERVER], db)) {
		finding_weigh(f, "dns.public_resolver", at);
		if (own)
			finding_weigh(f, "dns.private_record", at);
		return;
	}
	finding_weigh(f, "dns.local_resolver", at);
	if (own)
		finding_weigh(f, "dns.own_network", at);
}

static void
explain(struct finding *f, const struct dns_talk *t, const struct dns_message *a,
	const char *declared, bool bogon)
{
	char resolver[ADDR_TEXT_MAX];

	addr_text(&t->l->flow->addr[SERVER], resolver);
	if (declared)
		finding_explain(f, "The resolver %s says itself %s %s.", resolver, declared,
				f->name);
	else if (f->mechanism == DNS_INJECTION)
		finding_explain(f,
				"Somebody else answered the question about %s: it asked for one "
				"kind of record and got an address, which no resolver does.",
				f->name);
	else if (bogon)
		finding_explain(
		    f,
		    "The answer to the question for the address of %s, in the name of %s, points "
		    "into a network where no public server can be.",
		    f->name, resolver);
	else
		dns_explain_negative(f, (enum dns_rcode)a->rcode, resolver);
}

/* A single answer that looks false by itself. */
static void
detect_false(const struct dns_talk *t, size_t q, size_t i)
{
	const struct dns_message *query = &t->m[q], *a = &t->m[i];
	struct suspicion x = {0};
	bool negative =
	    a->rcode == DNS_NXDOMAIN || a->rcode == DNS_REFUSED || a->rcode == DNS_SERVFAIL;
	bool declared = a->ede == EDE_FORGED || (a->ede >= EDE_BLOCKED && a->ede <= EDE_FILTERED);
	bool wrong = dns_wrong_type(query, a);
	bool known = negative && a->rcode != DNS_REFUSED &&
		     fingerprints_listed(t->d->fingerprints, "dns-known-names", a->name);
	struct finding *f;

	/* That a name is denied means nothing by itself: resolvers.c waits for a contradiction. */
	if ((!declared && !t->bogon[i] && !wrong && !known) || site_is_local(a->name))
		return;
	f = dns_finding(t, q, i, wrong ? DNS_INJECTION : DNS_TAMPERING);
	dns_cite(f, t, i, ROLE_INJECTED);
	finding_cite(f, query->mark->at, ROLE_TRIGGER);
	if (wrong)
		finding_weigh(f, "dns.wrong_type", a->mark->at);
	if (t->bogon[i])
		weigh_bogon(f, t, a);
	if (negative)
		dns_weigh_negative(f, (enum dns_rcode)a->rcode, a->soa, a->mark->at);
	if (known)
		finding_weigh(f, "dns.known_name", a->mark->at);
	if (query->edns && !a->edns)
		finding_weigh(f, "dns.edns_missing", a->mark->at);
	explain(f, t, a, weigh_declared(f, a), t->bogon[i]);
	x.finding = f;
	x.answer_nsec = a->mark->nsec - query->mark->nsec;
	x.answer_ttl = t->packet[i] ? t->packet[i]->ttl : 0;
	x.no_edns = query->edns && !a->edns;
	t->d->suspect(t->d->context, t->l, &x);
}

/* Is there anything to be looked at in more than passing? */
static bool
is_abnormal(const struct dns_talk *t)
{
	size_t responses = 0, queries = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct dns_message *m = &t->m[i];

		queries += !m->response;
		responses += m->response;
		if (m->response && (m->rcode != DNS_NOERROR || m->ede >= 0 || t->bogon[i] ||
				    (m->naddr && !m->typed)))
			return true;
	}
	return responses > queries || responses > 1;
}

void
detect_dns(const struct detection *d, const struct look *l)
{
	struct dns_talk t;

	if (!look_first(l, FIRST_DNS_RESPONSE))
		return;
	t.d = d;
	t.l = l;
	t.m = l->dns;
	t.n = l->ndns;
	for (size_t i = 0; i < t.n; i++) {
		t.bogon[i] = false;
		for (size_t k = 0; k < t.m[i].naddr; k++)
			t.bogon[i] |= is_bogon(&t.m[i].addr[k], d->fingerprints);
	}
	if (!is_abnormal(&t))
		return;
	for (size_t i = 0; i < t.n; i++)
		t.packet[i] = look_packet(l, t.m[i].mark->at);
	for (size_t q = 0; q < t.n; q++) {
		const struct dns_message *a;

		if (t.m[q].response || (l->flow->proto == IPPROTO_UDP && detect_dns_race(&t, q)))
			continue;
		a = dns_answer(t.m, t.n, q);
		if (a)
			detect_false(&t, q, (size_t)(a - t.m));
	}
}
