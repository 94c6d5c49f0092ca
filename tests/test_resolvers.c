/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What resolvers said, held against each other: contradictions, kin, habits, and the innocent
 * reasons for a denial. */
#include "pasts.h"

#include "correlate_dns.h"
#include "dnstalk.h"
#include "judge.h"

#include <stdlib.h>

/* One question and its answer. */
struct exchange {
	double second, took;
	uint8_t resolver;
	const char *name;
	uint8_t address; /* of 203.0.113.0/24; 0: none */
	uint8_t rcode;
	bool deaf, tcp;
	uint8_t ttl;
	uint16_t type;
	bool ech;
};

static void
begin_message(struct talk *t, enum side from, const char *kind)
{
	struct flow *f;

	talk_say(t, from, 0, "message");
	f = t->flow;
	f->at = (struct ref){t->number, 0};
	f->at_nsec = t->now;
	f->messages++;
	note(f, from, past_field(kind));
}

static struct episode
exchange(struct past *p, const struct exchange *x)
{
	struct talk *t = past_at(p, x->second, x->resolver, 53);
	struct addr a = addr_from_v4((const uint8_t[4]){203, 0, 113, x->address});

	t->proto = x->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	t->ttl[SERVER] = x->ttl ? x->ttl : 50;
	begin_message(t, CLIENT, "dns.query");
	note_string(t->flow, CLIENT, past_field("dns.qry.name"), x->name);
	note_uint(t->flow, CLIENT, past_field("dns.qry.type"), x->type ? x->type : DNS_A);
	note_uint(t->flow, CLIENT, past_field("dns.edns"), 1232);
	if (x->took > 0) {
		t->now += (int64_t)(x->took * (double)NSEC_PER_SEC);
		begin_message(t, SERVER, "dns.response");
		note_string(t->flow, SERVER, past_field("dns.qry.name"), x->name);
		note_uint(t->flow, SERVER, past_field("dns.qry.type"), x->type ? x->type : DNS_A);
		if (x->address)
			note_addr(t->flow, SERVER, past_field("dns.a"), &a);
		if (x->ech)
			note(t->flow, SERVER, past_field("dns.svcb.ech"));
		if (!x->deaf)
			note_uint(t->flow, SERVER, past_field("dns.edns"), 1232);
		note_uint(t->flow, SERVER, past_field("dns.flags.rcode"), x->rcode);
	}
	t->ttl[SERVER] = 50;
	return past_keep(p, x->name, false);
}

static bool
has(const struct past *p, const char *evidence)
{
	return finding_has(p->candidates[0].suspicion.finding, evidence);
}

/* A denial of bad.example (or whatsapp.com) by resolver 53, and one more exchange. */
static void
what_another_answer_means(void **state)
{
	static const struct {
		const char *evidence;
		struct exchange more;
		bool known, injected;
	} cases[] = {
	    {"control.other_resolver", {5, 0.02, 54, "bad.example", 7}},
	    {"control.other_transport", {5, 0.02, 53, "bad.example", 7, .tcp = true}, false, true},
	    {"control.same_resolver", {0, 0.02, 53, "bad.example", 7}},
	    {"dns.learnt_later", {30, 0.02, 53, "bad.example", 7}},
	    {"dns.one_type", {5, 0.02, 53, "bad.example", 7, .type = DNS_AAAA}},
	    {"control.below", {5, 0.02, 53, "www.bad.example", 7}},
	    {"control.sibling", {5, 0.02, 53, "g.whatsapp.net", 7}, true},
	    {NULL, {5, 0.02, 54, "other.example", 7}},
	    {NULL, {5, 0.02, 54, "bad.example", 0, DNS_NXDOMAIN}},
	    {NULL, {5, 0.02, 54, "xbad.example", 7}},
	    {NULL, {5, 0.02, 53, "t.me", 7}, true},
	    {NULL, {800, 0.02, 53, "bad.example", 7, .tcp = true}},
	};
	static const char *const all[] = {"control.other_resolver", "control.other_transport",
					  "control.same_resolver",  "dns.learnt_later",
					  "dns.one_type",           "control.below",
					  "control.sibling"};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *name = cases[i].known ? "whatsapp.com" : "bad.example";
		struct exchange denial = {3, 0.02, 53, name, 0, DNS_NXDOMAIN};
		struct finding *f;
		struct episode e;
		struct past p;

		past_begin(&p);
		e = exchange(&p, &denial);
		exchange(&p, &cases[i].more);
		f = suspected(&p, &e, DNS_TAMPERING, STAGE_DNS, "dns.nxdomain");
		correlate(&p.correlation);
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			if (has(&p, all[k]) !=
			    (cases[i].evidence && strcmp(all[k], cases[i].evidence) == 0))
				fail_msg("case %zu: %s", i, all[k]);
		assert_int_equal(f->mechanism, cases[i].injected ? DNS_INJECTION : DNS_TAMPERING);
		past_end(&p);
	}
}

/* A resolver that has one answer for all is no liar about one name. */
static void
all_alike(void **state)
{
	(void)state;
	for (int other = 0; other < 2; other++) {
		struct exchange x[] = {{0, 0.02, 53, "bad.example", 0, DNS_REFUSED},
				       {1, 0.02, 53, "good.test", 0, DNS_REFUSED},
				       {2, 0.02, 53, "news.invalid", 0, DNS_REFUSED},
				       {3, 0.02, 53, "fine.org", 7}};
		struct episode e = {0};
		struct past p;

		past_begin(&p);
		for (size_t i = 0; i < (other ? 4 : 3); i++) {
			struct episode more = exchange(&p, &x[i]);

			e = i == 0 ? more : e;
		}
		suspected(&p, &e, DNS_TAMPERING, STAGE_DNS, "dns.refused");
		correlate(&p.correlation);
		assert_int_equal(has(&p, "dns.all_alike"), !other);
		past_end(&p);
	}
}

/* Whoever answers to the name at the address that was given vindicates the answer. */
static void
vindicated(void **state)
{
	struct exchange lie = {0, 0.02, 53, "bad.example", 7};
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	e = exchange(&p, &lie);
	served(&p, 1, 7, 443, "bad.example");
	suspected(&p, &e, DNS_TAMPERING, STAGE_DNS, "dns.one_address");
	correlate(&p.correlation);
	/* 198.51.100.7 is another place than 203.0.113.7. */
	assert_false(has(&p, "dns.vindicated"));
	assert_true(has(&p, "control.same_name"));
	past_end(&p);
	past_begin(&p);
	e = exchange(&p, &lie);
	{
		struct episode *all;
		size_t n;

		served(&p, 1, 7, 443, "bad.example");
		all = history_episodes(p.history, &n);
		for (size_t i = 0; i < n; i++)
			if (!all[i].dns)
				e.answer = all[i].server;
		for (size_t i = 0; i < n; i++)
			if (all[i].dns)
				all[i].answer = e.answer;
	}
	suspected(&p, &e, DNS_TAMPERING, STAGE_DNS, "dns.one_address");
	correlate(&p.correlation);
	assert_true(has(&p, "dns.vindicated"));
	assert_false(has(&p, "control.same_name"));
	past_end(&p);
}

/* What judge_resolvers() suspects. */
static size_t
judged(struct past *p, const struct exchange *x, size_t n, struct finding **ret)
{
	struct hygiene hygiene = {0};
	struct judge j = {
	    .fingerprints = p->fingerprints, .history = p->history, .hygiene = &hygiene};
	size_t found;

	past_begin(p);
	j.fingerprints = p->fingerprints;
	j.history = p->history;
	for (size_t i = 0; i < n; i++)
		exchange(p, &x[i]);
	judge_resolvers(&j);
	found = j.n;
	*ret = NULL;
	for (size_t i = 0; i < j.n && i < SUSPICIONS_MAX; i++) {
		p->candidates[p->correlation.n++] = j.candidates[i];
		*ret = j.candidates[0].suspicion.finding;
	}
	free(j.candidates);
	return found;
}

static void
denials_wait_for_a_contradiction(void **state)
{
	static const struct exchange x[] = {
	    {0, 0.02, 53, "bad.example", 0, DNS_NXDOMAIN},
	    {1, 0.02, 53, "no-such.example", 0, DNS_NXDOMAIN},
	    {2, 0.02, 54, "no-such.example", 0, DNS_NXDOMAIN},
	    {3, 0.02, 53, "printer.lan", 0, DNS_NXDOMAIN},
	    {4, 0.02, 54, "printer.lan", 7},
	    {5, 0.02, 54, "bad.example", 7},
	};
	struct finding *f;
	struct past p;

	(void)state;
	assert_int_equal(judged(&p, x, 5, &f), 0);
	past_end(&p);
	assert_int_equal(judged(&p, x, 6, &f), 1);
	assert_string_equal(f->name, "bad.example");
	assert_true(finding_has(f, "dns.nxdomain") && finding_has(f, "dns.no_soa"));
	assert_int_equal(f->ncites, 2);
	past_end(&p);
}

/* Two odd marks of three, among answers that are as always before and after. */
static void
outliers(void **state)
{
	static const struct {
		double took;
		uint8_t ttl;
		bool deaf, last;
		size_t found;
	} cases[] = {
	    {0.001, 60, true, false, 1}, {0.001, 60, false, false, 1}, {0.001, 50, true, false, 1},
	    {0.03, 60, true, false, 1},  {0.001, 50, false, false, 0}, {0.03, 60, false, false, 0},
	    {0.03, 50, true, false, 0},  {0.03, 52, true, false, 0},   {0.017, 60, false, false, 0},
	    {0.001, 60, false, true, 0}, /* nothing usual after it: the route may have changed */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct exchange x[] = {
		    {0, 0.03, 53, "a.example", 7},  {1, 0.031, 53, "b.example", 8},
		    {2, 0.032, 53, "c.example", 9}, {5, cases[i].took, 53, "bad.example", 99},
		    {8, 0.03, 53, "d.example", 10}, {9, 0.04, 53, "a.example", 7}};
		struct finding *f;
		struct past p;
		size_t n;

		x[3].ttl = cases[i].ttl;
		x[3].deaf = cases[i].deaf;
		n = judged(&p, x, cases[i].last ? 4 : 6, &f);
		if (n != cases[i].found)
			fail_msg("case %zu: %zu", i, n);
		if (n) {
			assert_string_equal(f->name, "bad.example");
			assert_int_equal(f->mechanism, DNS_INJECTION);
		}
		past_end(&p);
	}
}

/* Three names in vain, and one answer without EDNS: nobody is there. */
static void
nobody_there(void **state)
{
	struct exchange x[] = {{0, 0, 53, "a.example"},
			       {1, 0, 53, "b.test"},
			       {2, 0, 53, "c.invalid"},
			       {3, 0.01, 53, "bad.org", 99, .deaf = true}};
	struct finding *f;
	struct past p;

	(void)state;
	assert_int_equal(judged(&p, x, 4, &f), 1);
	assert_string_equal(f->name, "bad.org");
	correlate(&p.correlation);
	assert_true(finding_has(f, "dns.no_resolver"));
	past_end(&p);
	/* A resolver that speaks EDNS is one, however many queries were lost. */
	x[3].deaf = false;
	assert_int_equal(judged(&p, x, 4, &f), 0);
	past_end(&p);
	assert_int_equal(judged(&p, x + 1, 3, &f), 0);
	past_end(&p);
}

/* A question that is lost is asked again; one that is always lost while others are answered, and
 * that another resolver can answer, was dropped. */
static void
dropped(void **state)
{
	enum { AGAIN, MEANWHILE, ELSEWHERE };

	(void)state;
	for (unsigned missing = 0; missing < 4; missing++) {
		struct exchange x[] = {{1, 0, 53, "bad.example"},
				       {6, 0, 53, "bad.example"},
				       {7, 0.02, 53, "good.example", 7},
				       {9, 0.02, 54, "bad.example", 8}};
		struct finding *f;
		struct past p;
		size_t n;

		if (missing == AGAIN)
			x[0].name = "good.example";
		if (missing == MEANWHILE)
			x[2].second = 30;
		if (missing == ELSEWHERE)
			x[3].address = 0;
		n = judged(&p, x, 4, &f);
		if (n != (missing == 3 ? 1 : 0)) /* nothing else came while the first waited */
			fail_msg("without %u: %zu", missing, n);
		if (n) {
			assert_int_equal(f->mechanism, DROP);
			assert_int_equal(f->cites[0].role, ROLE_UNANSWERED);
			correlate(&p.correlation);
			assert_true(has(&p, "control.other_resolver"));
			assert_true(has(&p, "control.same_service"));
			assert_true(has(&p, "silence.dns_once"));
		}
		past_end(&p);
	}
}

/* An answer whose sender was never asked, to the port from which somebody else was. */
static void
strangers(void **state)
{
	(void)state;
	for (int same = 0; same < 2; same++) {
		struct exchange asked = {1, 0.02, 53, "bad.example", 7};
		struct addr a = addr_from_v4((const uint8_t[4]){203, 0, 113, same ? 7 : 99});
		struct hygiene hygiene = {0};
		struct judge j = {.hygiene = &hygiene};
		struct talk *t;
		struct past p;

		past_begin(&p);
		j.fingerprints = p.fingerprints;
		j.history = p.history;
		exchange(&p, &asked);
		p.port--; /* the same port again */
		t = past_at(&p, 1.01, 66, 53);
		t->proto = IPPROTO_UDP;
		begin_message(t, SERVER, "dns.response");
		note_string(t->flow, SERVER, past_field("dns.qry.name"), "bad.example");
		note_uint(t->flow, SERVER, past_field("dns.qry.type"), DNS_A);
		note_addr(t->flow, SERVER, past_field("dns.a"), &a);
		note_uint(t->flow, SERVER, past_field("dns.flags.rcode"), 0);
		past_keep(&p, "bad.example", false);
		judge_resolvers(&j);
		assert_int_equal(j.n, !same);
		if (j.n) {
			struct finding *f = j.candidates[0].suspicion.finding;

			assert_true(finding_has(f, "dns.stranger") && finding_has(f, "dns.race"));
			finding_free(f);
		}
		free(j.candidates);
		past_end(&p);
	}
}

/* Who sells what does not exist has one address for all of it. */
static void
wildcard(void **state)
{
	static const struct exchange x[] = {{0, 0.02, 53, "no-such.example", 0, DNS_NXDOMAIN},
					    {1, 0.02, 54, "no-such.example", 7},
					    {2, 0.02, 54, "typo.invalid", 7},
					    {3, 0.02, 54, "wwww.test", 7}};
	struct finding *f;
	struct past p;

	(void)state;
	assert_int_equal(judged(&p, x, 4, &f), 1);
	correlate(&p.correlation);
	assert_true(finding_has(f, "dns.wildcard"));
	assert_true(f->confidence < 0.3);
	past_end(&p);
	assert_int_equal(judged(&p, x, 3, &f), 1);
	correlate(&p.correlation);
	assert_false(finding_has(f, "dns.wildcard"));
	past_end(&p);
}

/* A key that one resolver withholds: another gives it, and this one gives others'. */
static void
keys(void **state)
{
	(void)state;
	for (unsigned missing = 0; missing < 4; missing++) {
		struct exchange x[] = {
		    {1, 0.02, 53, "bad.example", .type = DNS_HTTPS},
		    {2, 0.02, 53, "good.example", .type = DNS_HTTPS, .ech = missing != 0},
		    {3, 0.02, 54, "bad.example", .type = DNS_HTTPS, .ech = missing != 1},
		    {9, 0.02, 53, "bad.example", .type = DNS_HTTPS, .ech = missing == 2}};
		struct finding *f;
		struct past p;

		assert_int_equal(judged(&p, x, 4, &f), missing < 2 ? 0 : missing == 2 ? 1 : 2);
		if (f) {
			assert_int_equal(f->mechanism, PROTOCOL_STRIPPING);
			assert_int_equal(f->trigger, TRIGGER_ECH);
			correlate(&p.correlation);
			/* It may have been too new for a cache. */
			assert_int_equal(finding_has(f, "dns.learnt_later"), missing == 2);
			assert_int_equal(f->confidence >= 0.6, missing == 3);
		}
		past_end(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_another_answer_means),
	    cmocka_unit_test(all_alike),
	    cmocka_unit_test(vindicated),
	    cmocka_unit_test(denials_wait_for_a_contradiction),
	    cmocka_unit_test(outliers),
	    cmocka_unit_test(nobody_there),
	    cmocka_unit_test(dropped),
	    cmocka_unit_test(strangers),
	    cmocka_unit_test(wildcard),
	    cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
