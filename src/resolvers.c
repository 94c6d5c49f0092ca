/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolvers that deny names which others know, and such as send unlike names to one address, where
 * another resolver tells them apart: redirection to a notice (OONI pipeline idea 92; dossier 1.6).
 * Names behind one CDN share addresses too, but then every resolver sends them to few. */
#include "accuse.h"
#include "control.h"
#include "dnstalk.h"
#include "order.h"
#include "outliers.h"
#include "site.h"
#include "stripped.h"
#include "unanswered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two unrelated names at one address are common hosting; three that another resolver holds
 * apart are not. */
#define UNLIKE_MIN 3
#define ANSWERS_MAX 8192

struct told {
	const struct episode *e;
	size_t server;            /* counted from 0, as episodes are sorted */
	const struct addr *other; /* what another resolver says, NULL if none was asked */
	struct ref other_at;
};

static int
by_name(const void *a, const void *b)
{
	const struct episode *x = ((const struct told *)a)->e, *y = ((const struct told *)b)->e;
	int c = strcmp(x->name, y->name);

	return c ? c : x->flow < y->flow ? -1 : x->flow > y->flow;
}

static void
ask_another(const struct history *h, struct told *t)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	while (asked++ < ASK_MAX && (e = history_named(h, t->e->name, &i))) {
		if (!e->dns_positive || addr_equal(&e->server, &t->e->server))
			continue;
		if (addr_equal(&e->answer, &t->e->answer)) {
			t->other = NULL;
			return; /* it agrees */
		}
		t->other = &e->answer;
		t->other_at = e->ok_at;
	}
}

static void
suspect(struct judge *j, const struct told *t)
{
	char text[ADDR_TEXT_MAX], resolver[ADDR_TEXT_MAX];
	struct suspicion s;
	struct finding *f = dns_accuse(t->e, DNS_TAMPERING, t->e->ok_at, &s);

	finding_observe(f, &f->cites[0], addr_is_v4(&t->e->answer) ? "dns.a" : "dns.aaaa", NULL,
			"%s", addr_text(&t->e->answer, text));
	finding_weigh(f, "dns.one_address", t->e->ok_at);
	finding_explain(f,
			"The resolver %s sends %s to %s, where it sends other, unrelated names as "
			"well; another resolver does not.",
			addr_text(&t->e->server, resolver), t->e->name, text);
	judge_keep(j, &s, t->e);
}

/* One resolver's answers that are the same address: [from, to). */
static void
judge_run(struct judge *j, struct told *t, size_t from, size_t to)
{
	const struct told *first = NULL;
	size_t names = 0, apart = 0;

	for (size_t i = from; i < to; i++) {
		if (i > from && strcmp(t[i].e->name, t[i - 1].e->name) == 0)
			continue;
		ask_another(j->history, &t[i]);
		if (!t[i].other)
			continue;
		if (!first || sites_unlike(first->e->name, t[i].e->name))
			names++;
		if (first && !addr_equal(first->other, t[i].other))
			apart++;
		if (!first)
			first = &t[i];
	}
	if (names < UNLIKE_MIN || apart + 1 < names)
		return;
	for (size_t i = from; i < to; i++)
		if (t[i].other)
			suspect(j, &t[i]);
}

static size_t
gather(const struct episode *e, size_t n, struct told *ret)
{
	size_t k = 0;

	for (size_t i = 0; i < n && k < ANSWERS_MAX; i++) {
		if (!e[i].dns_positive || !e[i].name)
			continue;
		ret[k].e = &e[i];
		if (k)
			ret[k].server =
			    ret[k - 1].server + !addr_equal(&e[i].server, &ret[k - 1].e->server);
		k++;
	}
	return k;
}

/* By resolver, and by what it says. */
static void
order_by_answer(struct keyed *k, struct told *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		k[i] = (struct keyed){order_of_bytes(&t[i].e->answer.b[8]), &t[i]};
	order_keyed(k, n);
	for (size_t i = 0; i < n; i++)
		k[i].key = order_of_bytes(((const struct told *)k[i].what)->e->answer.b);
	order_keyed(k, n);
	for (size_t i = 0; i < n; i++)
		k[i].key = ((const struct told *)k[i].what)->server;
	order_keyed(k, n);
}

static void
judge_one_address(struct judge *j, const struct episode *e, size_t n)
{
	size_t most = n < ANSWERS_MAX ? n : ANSWERS_MAX, from = 0, k;
	struct told *all = xcalloc(most, sizeof *all), *t = xcalloc(most, sizeof *t);
	struct keyed *order = xcalloc(most, sizeof *order);

	k = gather(e, n, all);
	order_by_answer(order, all, k);
	for (size_t i = 0; i < k; i++)
		t[i] = *(const struct told *)order[i].what;
	for (size_t i = 1; i <= k; i++) {
		if (i < k && t[i].server == t[from].server &&
		    addr_equal(&t[i].e->answer, &t[from].e->answer))
			continue;
		if (i - from >= UNLIKE_MIN) {
			qsort(&t[from], i - from, sizeof *t, by_name);
			judge_run(j, t, from, i);
		}
		from = i;
	}
	free(order);
	free(t);
	free(all);
}

/* Does anything in the capture say that a denied name exists? What it is, and how much it is
 * worth, correlation tells. */
static bool
is_contradicted(const struct judge *j, const struct episode *me)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	while (asked++ < ASK_MAX && (e = history_named(j->history, me->name, &i))) {
		if (!e->dns && e->outcome == OUTCOME_OK && episodes_near(e, me, COMPARABLE))
			return true;
		if (e->dns && e->dns_positive && e->dns_type == me->dns_type &&
		    !fingerprints_listed_addr(j->fingerprints, "bogons", &e->answer))
			return true;
	}
	return false;
}

/* That a name is denied, refused or not found is nothing remarkable, until somebody else knows
 * it. */
static void
judge_denials(struct judge *j, const struct episode *all, size_t n)
{
	size_t before = j->n; /* what is found here is one each */

	for (size_t i = 0; i < n; i++) {
		const struct episode *e = &all[i];
		char resolver[ADDR_TEXT_MAX];
		struct suspicion s;
		struct finding *f;

		if (!e->dns || !e->took || !e->name || e->dns_declared ||
		    (e->rcode != DNS_NXDOMAIN && e->rcode != DNS_REFUSED &&
		     e->rcode != DNS_SERVFAIL) ||
		    site_is_local(bytes_of(e->name)) || !is_contradicted(j, e) ||
		    dns_is_suspected(j, before, e))
			continue;
		f = dns_accuse(e, DNS_TAMPERING, e->alive_at, &s);
		finding_observe(f, &f->cites[0], "dns.flags.rcode", NULL, "%u", e->rcode);
		dns_weigh_negative(f, (enum dns_rcode)e->rcode, e->dns_soa, e->alive_at);
		if (s.no_edns)
			finding_weigh(f, "dns.edns_missing", e->alive_at);
		dns_explain_negative(f, (enum dns_rcode)e->rcode, addr_text(&e->server, resolver));
		judge_keep(j, &s, e);
	}
}

void
judge_resolvers(struct judge *j)
{
	size_t n;
	const struct episode *e = history_episodes(j->history, &n);

	judge_one_address(j, e, n);
	judge_denials(j, e, n);
	judge_outliers(j, e, n);
	judge_unanswered(j, e, n);
	judge_stripped(j, e, n);
}
