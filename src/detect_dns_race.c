/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One query, answers that contradict each other (Hold-On: Duan et al. 2012). */
#include "dnstalk.h"

#include <stdlib.h>
#include <string.h>

/* More answers to one query than this are a flood, and prove no more. */
#define ANSWERS_MAX 16
/* The paths of one sender's packets within seconds differ by a hop at most. */
#define TTL_APART 2

/* AA and RA: a resolver that claims to be the authority. */
#define FLAGS_AA_RA 0x0480

/* Two addresses of one operator's block tell the same story (dossier 1.2: same /24). */
static bool
neighbours(const struct addr *a, const struct addr *b)
{
	if (addr_is_v4(a) != addr_is_v4(b))
		return false;
	return memcmp(a->b, b->b, addr_is_v4(a) ? 15 : 6) == 0;
}

/* Could one sender have made both? A forger's false address may happen to lie beside the true
 * one: China's are drawn from the networks of the very companies that are asked for (Hoang et al.
 * 2021). */
static bool
same_teller(const struct dns_talk *t, size_t a, size_t b)
{
	int apart = t->packet[a] && t->packet[b] ? abs(t->packet[a]->ttl - t->packet[b]->ttl) : 0;

	return t->m[a].edns == t->m[b].edns && apart < TTL_APART;
}

static bool
same_content(const struct dns_talk *t, size_t i, size_t k)
{
	const struct dns_message *a = &t->m[i], *b = &t->m[k];

	if (a->rcode != b->rcode)
		return false;
	if (a->naddr == 0 && b->naddr == 0)
		return a->answers == b->answers || !(a->answers && b->answers) ||
		       a->cname.n == b->cname.n;
	for (size_t x = 0; x < a->naddr; x++)
		for (size_t y = 0; y < b->naddr; y++)
			if (addr_equal(&a->addr[x], &b->addr[y]) ||
			    (same_teller(t, i, k) && neighbours(&a->addr[x], &b->addr[y])))
				return true;
	return false;
}

static void
judge_oddness(struct dns_talk *t, size_t q, size_t a)
{
	const struct dns_message *m = &t->m[a];
	const struct trace *packet = t->packet[a];
	bool edns_elsewhere = false;
	double odd = 0;
	size_t count;
	int usual;

	for (size_t i = 0; i < t->n; i++)
		edns_elsewhere |= t->m[i].response && t->m[i].edns;
	if (t->bogon[a])
		odd += 3;
	if (dns_wrong_type(&t->m[q], m))
		odd += 2;
	if (t->m[q].edns && !m->edns)
		odd += edns_elsewhere ? 2 : 0.5;
	if ((m->flags & FLAGS_AA_RA) == FLAGS_AA_RA)
		odd += 0.5;
	if (packet && look_ttl_jump(t->l, packet, &usual, &count) >= 3 && count)
		odd += 0.5;
	if (packet && packet->ip_id <= 1 && !(packet->bits & PKT_DF))
		odd += 0.5;
	for (size_t i = 0; i < t->n; i++)
		if (t->m[i].response && i != a && !same_content(t, i, a) &&
		    t->m[i].answers > m->answers)
			odd += 0.5;
	t->odd[a] = odd;
}

struct race {
	size_t answer[ANSWERS_MAX], n, queries;
	size_t truth; /* index into answer */
};

/* The answers to query q. False if the race is judged with an earlier query. */
static bool
gather(struct race *r, const struct dns_talk *t, size_t q)
{
	for (size_t i = 0; i < t->n && r->n < ANSWERS_MAX; i++) {
		if (!dns_same_question(&t->m[i], &t->m[q]))
			continue;
		if (!t->m[i].response) {
			r->queries++;
			if (i < q)
				return false;
		} else if (i > q && t->m[i].mark->nsec - t->m[q].mark->nsec < DNS_RACE) {
			r->answer[r->n++] = i;
		}
	}
	return r->n >= 2;
}

/* A resolver answers a question once. Where several injectors watch (Triplet Censors, FOCI
 * 2020), or one says it again, their TTL becomes the usual one of the flow. */
static bool
is_repeated(const struct race *r, const struct dns_talk *t, size_t answer)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += same_content(t, r->answer[i], answer);
	return n > r->queries;
}

/* Do they differ, and which one is believed? */
static bool
compare(struct race *r, struct dns_talk *t, size_t q)
{
	bool differ = false;

	for (size_t i = 1; i < r->n; i++)
		differ |= !same_content(t, r->answer[i], r->answer[0]);
	if (!differ)
		return false;
	for (size_t i = 0; i < r->n; i++)
		judge_oddness(t, q, r->answer[i]);
	for (size_t i = 0; i < r->n; i++)
		t->odd[r->answer[i]] += is_repeated(r, t, r->answer[i]) ? 1 : 0;
	for (size_t i = 1; i < r->n; i++)
		/* Of equals the later one is believed: an injector exists to be first. */
		if (t->odd[r->answer[i]] <= t->odd[r->answer[r->truth]])
			r->truth = i;
	return true;
}

static void
weigh_forgeries(struct finding *f, struct suspicion *x, const struct race *r,
		const struct dns_talk *t, size_t q)
{
	size_t truth = r->answer[r->truth];

	for (size_t i = 0; i < r->n; i++) {
		size_t k = r->answer[i];
		const struct dns_message *a = &t->m[k];

		if (same_content(t, k, truth)) {
			dns_cite(f, t, k, k == truth ? ROLE_CONTRADICTION : ROLE_BASELINE);
			continue;
		}
		dns_cite(f, t, k, ROLE_INJECTED);
		if (t->bogon[k])
			finding_weigh(f, "dns.bogon", a->mark->at);
		if (t->m[q].edns && !a->edns && t->m[truth].edns)
			finding_weigh(f, "dns.edns_lost", a->mark->at);
		if (dns_wrong_type(&t->m[q], a))
			finding_weigh(f, "dns.wrong_type", a->mark->at);
		if (!x->answer_nsec) {
			x->answer_nsec = a->mark->nsec - t->m[q].mark->nsec;
			x->answer_ttl = t->packet[k] ? t->packet[k]->ttl : 0;
		}
	}
	if (t->odd[truth] + 0.4 < t->odd[r->answer[r->truth ? 0 : 1]])
		finding_weigh(f, "dns.style", t->m[r->answer[0]].mark->at);
}

bool
detect_dns_race(struct dns_talk *t, size_t q)
{
	struct suspicion x = {0};
	struct race r = {0};
	struct finding *f;

	if (!gather(&r, t, q) || !compare(&r, t, q))
		return false;
	f = dns_finding(t, q, r.answer[0], DNS_INJECTION);
	weigh_forgeries(f, &x, &r, t, q);
	finding_weigh(f, "dns.race", t->m[r.answer[r.truth]].mark->at);
	if (r.queries >= r.n)
		finding_weigh(f, "dns.asked_again", t->m[q].mark->at);
	finding_cite(f, t->m[q].mark->at, ROLE_TRIGGER);
	finding_excludes(f, "one resolver with several addresses",
			 "%zu answers to one query share no address and no network", r.n);
	finding_explain(
	    f,
	    "Somebody else answered the question for the address of %s: one query drew answers "
	    "that contradict each other.",
	    f->name);
	x.finding = f;
	t->d->suspect(t->d->context, t->l, &x);
	return true;
}
