/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolvers that send unlike names to one address, where another resolver tells them apart:
 * redirection to a notice (OONI pipeline idea 92; dossier 1.6). Names behind one CDN share
 * addresses too, but then every resolver sends them to few. */
#include "judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Two unrelated names at one address are common hosting; three that another resolver holds
 * apart are not. */
#define UNLIKE_MIN 3
#define ANSWERS_MAX 8192

struct told {
	const struct episode *e;
	const struct addr *other; /* what another resolver says, NULL if none was asked */
	struct ref other_at;
};

static int
by_answer(const void *a, const void *b)
{
	const struct episode *x = ((const struct told *)a)->e, *y = ((const struct told *)b)->e;
	int c = addr_compare(&x->server, &y->server);

	if (c == 0)
		c = addr_compare(&x->answer, &y->answer);
	if (c == 0)
		c = strcmp(x->name, y->name);
	return c ? c : x->flow < y->flow ? -1 : x->flow > y->flow;
}

/* Do two names belong to different owners, as far as their last two labels tell? */
static bool
unlike(const char *a, const char *b)
{
	const char *p[2] = {a, b};

	for (int i = 0; i < 2; i++) {
		const char *dot = strrchr(p[i], '.');

		while (dot && dot > p[i] && dot[-1] != '.')
			dot--;
		if (dot)
			p[i] = dot;
	}
	return strcmp(p[0], p[1]) != 0;
}

static void
ask_another(const struct history *h, struct told *t)
{
	const struct episode *e;
	size_t i = SIZE_MAX;

	while ((e = history_named(h, t->e->name, &i))) {
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
	struct flow flow = {.proto = IPPROTO_UDP, .id = t->e->flow};
	struct suspicion s = {0};
	char text[ADDR_TEXT_MAX], resolver[ADDR_TEXT_MAX];
	struct cite *c;
	struct look l;

	flow.addr[CLIENT] = t->e->client;
	flow.addr[SERVER] = t->e->server;
	flow.port[CLIENT] = t->e->client_port;
	flow.port[SERVER] = t->e->port;
	look_at(&l, &flow);
	snprintf(l.name, sizeof l.name, "%s", t->e->name);
	s.finding = finding_new(&l, DNS_TAMPERING, t->e->alive_nsec);
	s.finding->direction = TO_CLIENT;
	s.finding->stage = STAGE_DNS;
	c = finding_cite(s.finding, t->e->ok_at, ROLE_INJECTED);
	finding_observe(s.finding, c, "dns.a", NULL, "%s", addr_text(&t->e->answer, text));
	finding_cite(s.finding, t->e->first_at, ROLE_TRIGGER);
	finding_weigh(s.finding, "dns.one_address", t->e->ok_at);
	finding_trigger(s.finding, TRIGGER_DNS_NAME, t->e->name, BASIS_CONTENT);
	finding_explain(
	    s.finding,
	    "The resolver %s sends %s to %s, where it sends other, unrelated names as well; "
	    "another resolver does not.",
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
		if (!first || unlike(first->e->name, t[i].e->name))
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

void
judge_resolvers(struct judge *j)
{
	size_t n, k = 0, from = 0;
	const struct episode *e = history_episodes(j->history, &n);
	struct told *t = xcalloc(n < ANSWERS_MAX ? n : ANSWERS_MAX, sizeof *t);

	for (size_t i = 0; i < n && k < ANSWERS_MAX; i++)
		if (e[i].dns_positive && e[i].name)
			t[k++].e = &e[i];
	qsort(t, k, sizeof *t, by_answer);
	for (size_t i = 1; i <= k; i++) {
		if (i < k && addr_equal(&t[i].e->server, &t[from].e->server) &&
		    addr_equal(&t[i].e->answer, &t[from].e->answer))
			continue;
		if (i - from >= UNLIKE_MIN)
			judge_run(j, t, from, i);
		from = i;
	}
	free(t);
}
