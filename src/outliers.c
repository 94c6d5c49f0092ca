/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are unlike all others of their resolver: earlier than it can answer, from another
 * distance, deaf to EDNS. What they say may be anything; the true answer may never have come.
 * Weaver et al. (NDSS 2009), Duan et al. (2012); dossier 1.1, features 5 to 7. */
#include "outliers.h"
#include "accuse.h"
#include "control.h"
#include "dnstalk.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* What answers three times as often as not is a resolver, on a path that loses one packet in four:
 * a judgement, as nobody measured how much worse paths to resolvers become. */
#define VAIN_SHARE 3

/* What is usual for one resolver. */
struct usual {
	unsigned ttls[256];
	/* The first and the last answers with the usual TTL, to two different names. */
	const struct episode *earliest[2], *latest[2];
	uint8_t ttl;
	uint64_t asked_edns, edns;
	const char *fastest_name;
	int64_t fastest, second; /* second: of another name than the fastest one's */
};

static bool
is_answer(const struct episode *e)
{
	return e->dns && e->took && e->name && e->proto == IPPROTO_UDP && !e->unasked;
}

static void
remember(const struct episode *two[2], const struct episode *e)
{
	if (!two[0])
		two[0] = e;
	else if (!two[1] && e->name != two[0]->name)
		two[1] = e;
}

static void
measure(struct usual *u, const struct episode *e, size_t n)
{
	memset(u, 0, sizeof *u);
	u->fastest = u->second = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		if (!is_answer(&e[i]))
			continue;
		u->ttls[e[i].ttl]++;
		u->asked_edns += e[i].dns_asked_edns;
		u->edns += e[i].dns_asked_edns && e[i].dns_edns;
		if (e[i].name == u->fastest_name) {
			if (e[i].took < u->fastest)
				u->fastest = e[i].took;
		} else if (e[i].took < u->fastest) {
			u->second = u->fastest;
			u->fastest = e[i].took;
			u->fastest_name = e[i].name;
		} else if (e[i].took < u->second) {
			u->second = e[i].took;
		}
	}
	for (unsigned t = 1; t < 256; t++)
		if (u->ttls[t] > u->ttls[u->ttl])
			u->ttl = (uint8_t)t;
	for (size_t i = 0; i < n; i++)
		if (is_answer(&e[i]) && e[i].ttl == u->ttl)
			remember(u->earliest, &e[i]);
	for (size_t i = n; i-- > 0;)
		if (is_answer(&e[i]) && e[i].ttl == u->ttl)
			remember(u->latest, &e[i]);
}

static bool
is_early(const struct usual *u, const struct episode *e)
{
	int64_t floor = e->name == u->fastest_name ? u->second : u->fastest;

	return floor != INT64_MAX && much_sooner(e->took, floor);
}

/* Usual answers of that resolver to other names, before and after it: a route that changes
 * changes for all names, and does not change back in between. */
static bool
is_from_elsewhere(const struct usual *u, const struct episode *e)
{
	int apart = e->ttl > u->ttl ? e->ttl - u->ttl : u->ttl - e->ttl;
	bool before = false, after = false;

	if (!e->ttl || !u->ttl || apart <= DNS_TTL_APART || u->ttls[u->ttl] < DNS_USUAL_MIN)
		return false;
	for (int i = 0; i < 2; i++) {
		before |= u->earliest[i] && u->earliest[i]->name != e->name &&
			  u->earliest[i]->first < e->first;
		after |=
		    u->latest[i] && u->latest[i]->name != e->name && u->latest[i]->first > e->first;
	}
	return before && after;
}

static bool
is_deaf(const struct usual *u, const struct episode *e)
{
	/* All others speak it, but for one in ten. */
	return e->dns_asked_edns && !e->dns_edns && u->edns >= DNS_USUAL_MIN &&
	       u->edns * 10 >= (u->asked_edns - 1) * 9;
}

static void
judge_answer(struct judge *j, const struct usual *u, const struct episode *e)
{
	bool early = is_early(u, e), deaf = is_deaf(u, e), elsewhere;
	char resolver[ADDR_TEXT_MAX];
	struct suspicion s;
	struct finding *f;

	if ((!early && !deaf) || j->n == CANDIDATES_MAX)
		return;
	elsewhere = is_from_elsewhere(u, e);
	/* A cache is early as well, and one odd mark is no proof. */
	if (early + deaf + elsewhere < 2 || dns_is_suspected(j, j->n, e))
		return;
	f = dns_accuse(e, DNS_INJECTION, e->alive_at, &s);
	finding_observe(f, &f->cites[0], "dns.time", NULL, "%.1f ms",
			(double)e->took / (double)NSEC_PER_MSEC);
	if (early)
		finding_weigh(f, "dns.early", e->alive_at);
	if (elsewhere) {
		char usual[4];

		snprintf(usual, sizeof usual, "%u", u->ttl);
		finding_observe(f, &f->cites[0], "ip.ttl", usual, "%u", e->ttl);
		finding_weigh(f, "dns.ttl", e->alive_at);
	}
	if (deaf)
		finding_weigh(f, "dns.edns_lost", e->alive_at);
	finding_explain(f,
			"The answer about %s that came in the name of the resolver %s is unlike "
			"all its others: somebody else sent it.",
			e->name, addr_text(&e->server, resolver));
	judge_keep(j, &s, e);
}

/* An address that has no resolver, and yet there is an answer: what came is somebody else's. */
static void
judge_nobody(struct judge *j, const struct episode *e, size_t n)
{
	size_t vain = 0, answered = 0;
	bool closed = false;

	for (size_t i = 0; i < n; i++) {
		vain += e[i].dns && !e[i].took && (i == 0 || e[i].name != e[i - 1].name);
		answered += is_answer(&e[i]);
		closed |= e[i].dns && e[i].silent && e[i].outcome == OUTCOME_REFUSED;
	}
	if (answered == 0 || (!closed && (vain < DNS_VAIN_MIN || answered > vain * VAIN_SHARE)))
		return;
	for (size_t i = 0; i < n; i++) {
		char resolver[ADDR_TEXT_MAX];
		struct suspicion s;
		struct finding *f;

		/* An answer without the EDNS that was asked for: resolvers speak it, forgers
		 * seldom do. */
		if (!is_answer(&e[i]) || e[i].dns_edns || dns_is_suspected(j, j->n, &e[i]))
			continue;
		f = dns_accuse(&e[i], DNS_INJECTION, e[i].alive_at, &s);
		if (s.no_edns)
			finding_weigh(f, "dns.edns_missing", e[i].alive_at);
		finding_explain(f,
				"The address %s answers for %s, though no resolver is there: "
				"somebody else sent the answer.",
				addr_text(&e[i].server, resolver), e[i].name);
		judge_keep(j, &s, &e[i]);
	}
}

void
judge_outliers(struct judge *j, const struct episode *all, size_t n)
{
	struct usual u;

	for (size_t from = 0, to; from < n; from = to) {
		size_t answers = 0, mute = 0;

		for (to = from; to < n && addr_equal(&all[to].server, &all[from].server); to++) {
			answers += is_answer(&all[to]);
			mute += all[to].dns && !all[to].took;
		}
		if (mute && answers)
			judge_nobody(j, &all[from], to - from);
		if (answers <= DNS_USUAL_MIN)
			continue;
		measure(&u, &all[from], to - from);
		for (size_t i = from; i < to; i++)
			if (is_answer(&all[i]))
				judge_answer(j, &u, &all[i]);
	}
}
