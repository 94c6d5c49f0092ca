/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other flows say about a suspicion: each control speaks where it should, and is silent in
 * the case that looks like it. Dossier, sections 11, 12 and 14. */
#include "pasts.h"
#include "proxies.h"

#include <stdlib.h>

static bool
told(struct past *p, size_t i, const char *evidence)
{
	return finding_has(p->candidates[i].suspicion.finding, evidence);
}

/* Another name at the same address, port and time was served, or something else. */
static void
other_name(void **state)
{
	static const struct {
		double second;
		uint8_t server;
		uint16_t port;
		const char *name;
		enum stage stage;
		bool told;
	} cases[] = {
	    {30, 1, 443, "good.example", STAGE_FIRST_DATA, true},
	    {30, 1, 443, "bad.example", STAGE_FIRST_DATA, false},
	    {30, 1, 443, "", STAGE_FIRST_DATA, false},
	    {30, 1, 80, "good.example", STAGE_FIRST_DATA, false},
	    {30, 2, 443, "good.example", STAGE_FIRST_DATA, false},
	    {30, 1, 443, "good.example", STAGE_SYN, false},
	    {590, 1, 443, "good.example", STAGE_FIRST_DATA, true},
	    {650, 1, 443, "good.example", STAGE_FIRST_DATA, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct finding *f;
		struct episode e;
		struct past p;

		past_begin(&p);
		e = unheard(&p, 0, 1, 443, "bad.example");
		served(&p, cases[i].second, cases[i].server, cases[i].port, cases[i].name);
		f = suspected(&p, &e, DROP, cases[i].stage, "silence.data");
		correlate(&p.correlation);
		if (told(&p, 0, "control.other_name") != cases[i].told)
			fail_msg("case %zu", i);
		assert_int_equal(f->basis & BASIS_CONTRAST ? 1 : 0,
				 cases[i].told || told(&p, 0, "control.others_fine") ||
				     told(&p, 0, "control.same_service"));
		past_end(&p);
	}
}

/* A flow that is surely interfered with is nobody's control, though an answer was seen. */
static void
victims_are_no_controls(void **state)
{
	(void)state;
	for (int sure = 0; sure < 2; sure++) {
		struct episode e, other;
		struct finding *g;
		struct past p;

		past_begin(&p);
		e = unheard(&p, 0, 1, 443, "bad.example");
		other = served(&p, 10, 1, 443, "worse.example");
		suspected(&p, &e, DROP, STAGE_FIRST_DATA, "silence.data");
		g = suspected(&p, &other, DATA_INJECTION, STAGE_FIRST_DATA, "conflict.bytes");
		if (sure)
			finding_weigh(g, "time.early", other.first_at);
		else
			finding_weigh(g, "conflict.many", other.first_at);
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "control.other_name"), !sure);
		past_end(&p);
	}
}

static void
same_name_elsewhere(void **state)
{
	(void)state;
	for (int here = 0; here < 2; here++) {
		struct episode e;
		struct past p;

		past_begin(&p);
		e = unheard(&p, 0, 1, 443, "bad.example");
		served(&p, 10, here ? 1 : 2, 443, "bad.example");
		suspected(&p, &e, DROP, STAGE_FIRST_DATA, "silence.data");
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "control.same_name"), !here);
		past_end(&p);
	}
}

/* Another client's success says that this one is singled out; one's own says that it is not. */
static void
same_service(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		bool port = i & 1, silence = i & 2, mine = i & 4;
		struct episode e;
		struct past p;

		past_begin(&p);
		e = in_vain(&p, 0, 1, 443, "");
		p.client += !mine;
		served(&p, 20, 1, port ? 80 : 443, "");
		suspected(&p, &e, silence ? DROP : RST_INJECTION, STAGE_SYN,
			  silence ? "silence.syn" : "ttl.off");
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "control.same_service"), silence && !port && !mine);
		assert_int_equal(told(&p, 0, "control.same_address"), silence && port);
		past_end(&p);
	}
}

/* Where the capture was taken at the host that is silent, nobody on the way can be to blame. */
static void
own_silence(void **state)
{
	static const enum vantage places[] = {VANTAGE_UNKNOWN, VANTAGE_CLIENT, VANTAGE_SERVER,
					      VANTAGE_PATH};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (int stage = 0; stage < 2; stage++) {
			struct finding *f;
			struct episode e;
			struct past p;

			past_begin(&p);
			p.correlation.vantages = &places[i];
			e = in_vain(&p, 0, 1, 443, "");
			f = suspected(&p, &e, DROP, stage ? STAGE_SYN : STAGE_FIRST_DATA,
				      stage ? "silence.syn" : "silence.data");
			finding_cite(f, e.first_at, ROLE_UNANSWERED);
			correlate(&p.correlation);
			assert_int_equal(told(&p, 0, "silence.own"),
					 stage && places[i] == VANTAGE_SERVER);
			past_end(&p);
		}
	}
}

/* A server that answered before and never since may be switched off. */
static void
gone_servers(void **state)
{
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	served(&p, 0, 1, 443, "");
	e = in_vain(&p, 20, 1, 443, "");
	suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
	correlate(&p.correlation);
	assert_false(told(&p, 0, "control.same_service"));
	past_end(&p);
}

/* Early against a handshake that was slow, and not against another one of the same service. */
static void
slow_handshakes(void **state)
{
	static const struct {
		int64_t took; /* milliseconds after the request; a handshake takes 40 */
		uint16_t port;
		bool slow, marked, early;
	} cases[] = {
	    {41, 443, true, false, false}, {5, 443, true, false, true},
	    {41, 443, false, false, true}, {41, 80, true, false, true},
	    {41, 443, true, true, false},  {0, 443, true, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct finding *f;
		struct episode e;
		struct past p;

		past_begin(&p);
		served(&p, 30, 1, cases[i].port, "good.example");
		e = unheard(&p, 0, 1, 443, "bad.example");
		if (cases[i].slow)
			e.rtt = 900 * NSEC_PER_MSEC;
		f = suspected(&p, &e, RST_INJECTION, STAGE_FIRST_DATA, "time.early_ack");
		finding_weigh(f, "fingerprint.specific", e.first_at);
		if (cases[i].marked)
			finding_weigh(f, "ttl.far", e.first_at);
		finding_attribute(f, "a-system", 1, NULL);
		p.candidates[0].suspicion.took = cases[i].took * NSEC_PER_MSEC;
		correlate(&p.correlation);
		if (told(&p, 0, "time.early_ack") != cases[i].early)
			fail_msg("case %zu", i);
		/* Marks name a system only where something else stands out. */
		assert_int_equal(f->nattributions, cases[i].early || cases[i].marked);
		assert_int_equal(told(&p, 0, "fingerprint.specific"),
				 cases[i].early || cases[i].marked);
		past_end(&p);
	}
}

/* Others answered in the meantime; or they fell silent, too. */
static void
network_is_up(void **state)
{
	static const struct {
		int fine, failed;
		double fine_at;
		bool others_fine, outage;
	} cases[] = {{1, 0, 1, true, false},  {0, 2, 0, false, true},  {0, 1, 0, false, false},
		     {1, 2, 1, true, false},  {1, 2, 30, false, true}, {1, 0, 30, true, false},
		     {1, 0, 90, false, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct episode e;
		struct past p;

		past_begin(&p);
		e = in_vain(&p, 0, 1, 443, "");
		for (int k = 0; k < cases[i].fine; k++)
			served(&p, cases[i].fine_at, (uint8_t)(10 + k), 443, "");
		for (int k = 0; k < cases[i].failed; k++)
			in_vain(&p, 0.5, (uint8_t)(20 + k), 443, "");
		suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
		correlate(&p.correlation);
		if (told(&p, 0, "control.others_fine") != cases[i].others_fine ||
		    told(&p, 0, "context.outage") != cases[i].outage)
			fail_msg("case %zu", i);
		past_end(&p);
	}
}

/* Twice the same dead server is one failure; another client's are none of ours. */
static void
outage_counts_servers(void **state)
{
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	e = in_vain(&p, 0, 1, 443, "");
	in_vain(&p, 1, 2, 443, "");
	in_vain(&p, 2, 2, 443, "");
	p.client = 9;
	in_vain(&p, 1, 3, 443, "");
	suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
	correlate(&p.correlation);
	assert_false(told(&p, 0, "context.outage"));
	past_end(&p);
}

static void
scans(void **state)
{
	(void)state;
	for (uint8_t targets = 19; targets <= 20; targets++) {
		struct episode e;
		struct past p;

		past_begin(&p);
		e = in_vain(&p, 0, 1, 443, "");
		for (uint8_t i = 0; i < targets; i++)
			in_vain(&p, 1, (uint8_t)(10 + i), 443, "");
		suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "context.scan"), targets >= 20);
		past_end(&p);
	}
}

/* What the capture cannot show weighs on silences only. */
static void
hygiene_weighs(void **state)
{
	(void)state;
	for (int silence = 0; silence < 2; silence++) {
		struct finding *f;
		struct episode e;
		struct past p;

		past_begin(&p);
		p.correlation.one_way = p.correlation.lossy = p.correlation.flat_ttl = true;
		e = in_vain(&p, 0, 1, 443, "");
		f = suspected(&p, &e, silence ? DROP : RST_INJECTION, STAGE_SYN,
			      silence ? "silence.syn" : "ttl.same");
		finding_weigh(f, "trigger.name", e.first_at);
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "context.one_way"), silence);
		assert_int_equal(told(&p, 0, "context.capture_gaps"), silence);
		assert_false(told(&p, 0, "ttl.same"));
		assert_true(told(&p, 0, "trigger.name"));
		past_end(&p);
	}
}

static void
repeats(void **state)
{
	static const struct {
		const char *name;
		uint8_t server;
		enum stage stage;
		enum mechanism mechanism;
		const char *evidence;
		bool told;
	} cases[] = {
	    {"bad.example", 1, STAGE_FIRST_DATA, DROP, "silence.data", true},
	    {"bad.example", 2, STAGE_FIRST_DATA, DROP, "silence.data", true},
	    {"else.example", 2, STAGE_FIRST_DATA, DROP, "silence.data", false},
	    {"bad.example", 1, STAGE_SYN, DROP, "silence.data", false},
	    {"bad.example", 1, STAGE_FIRST_DATA, RST_INJECTION, "time.early", false},
	    {"bad.example", 1, STAGE_FIRST_DATA, DROP, "silence.one_way", false}, /* too weak */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct episode e, other;
		struct past p;

		past_begin(&p);
		e = unheard(&p, 0, 1, 443, "bad.example");
		other = unheard(&p, 20, cases[i].server, 443, cases[i].name);
		suspected(&p, &e, DROP, STAGE_FIRST_DATA, "silence.data");
		suspected(&p, &other, cases[i].mechanism, cases[i].stage, cases[i].evidence);
		correlate(&p.correlation);
		if (told(&p, 0, "history.repeat") != cases[i].told)
			fail_msg("case %zu", i);
		past_end(&p);
	}
}

static void
again_and_again(void **state)
{
	(void)state;
	for (int n = 4; n <= 5; n++) {
		for (int stage = STAGE_SYN; stage <= STAGE_FIRST_DATA; stage += 2) {
			struct past p;

			past_begin(&p);
			for (int i = 0; i < n; i++) {
				struct episode e = unheard(&p, 20 * i, 1, 443, "bad.example");

				suspected(&p, &e, DROP, (enum stage)stage, "silence.data");
			}
			correlate(&p.correlation);
			assert_int_equal(told(&p, 0, "history.often"),
					 n == 5 && stage != STAGE_SYN);
			past_end(&p);
		}
	}
}

/* Every name at the address met the same: then no name set it off. */
static void
same_fate(void **state)
{
	static const struct {
		const char *name;
		uint8_t server;
		uint16_t port;
		double second;
		bool fine, told;
	} cases[] = {
	    {"also.example", 1, 443, 20, false, true},    {"bad.example", 1, 443, 20, false, false},
	    {"also.example", 2, 443, 20, false, false},   {"also.example", 1, 80, 20, false, false},
	    {"also.example", 1, 443, 1000, false, false}, {"also.example", 1, 443, 20, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct episode e, other;
		struct past p;

		past_begin(&p);
		e = unheard(&p, 0, 1, 443, "bad.example");
		other = unheard(&p, cases[i].second, cases[i].server, cases[i].port, cases[i].name);
		if (cases[i].fine)
			served(&p, 30, 1, 443, "good.example");
		suspected(&p, &e, RST_INJECTION, STAGE_FIRST_DATA, "ttl.off");
		suspected(&p, &other, RST_INJECTION, STAGE_FIRST_DATA, "ttl.off");
		correlate(&p.correlation);
		if (told(&p, 0, "control.same_fate") != cases[i].told)
			fail_msg("case %zu", i);
		past_end(&p);
	}
}

/* An answer that came sooner, or from farther, than this resolver's ever do. */
static void
resolvers_habits(void **state)
{
	static const struct {
		int64_t took;
		uint8_t ttl;
		bool early, odd_ttl;
	} cases[] = {
	    {NSEC_PER_MSEC, 50, true, false},
	    {15 * NSEC_PER_MSEC, 50, false, false},
	    {40 * NSEC_PER_MSEC, 50, false, false},
	    {40 * NSEC_PER_MSEC, 48, false, false},
	    {40 * NSEC_PER_MSEC, 47, false, true},
	    {40 * NSEC_PER_MSEC, 53, false, true},
	    {0, 0, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int known = 2; known <= 3; known++) {
			struct finding *f;
			struct episode e;
			struct past p;

			past_begin(&p);
			for (int k = 0; k < known; k++)
				resolved(&p, k, 0.03, 53, "good.example", 7);
			e = past_keep(&p, "bad.example", true);
			f = suspected(&p, &e, DNS_TAMPERING, STAGE_DNS, "dns.bogon");
			p.candidates[0].suspicion.answer_nsec = cases[i].took;
			p.candidates[0].suspicion.answer_ttl = cases[i].ttl;
			correlate(&p.correlation);
			if (told(&p, 0, "dns.early") != (known == 3 && cases[i].early) ||
			    told(&p, 0, "dns.ttl") != (known == 3 && cases[i].odd_ttl))
				fail_msg("case %zu", i);
			assert_int_equal(f->mechanism,
					 known == 3 && (cases[i].early || cases[i].odd_ttl)
					     ? DNS_INJECTION
					     : DNS_TAMPERING);
			past_end(&p);
		}
	}
}

static void
other_resolver(void **state)
{
	static const struct {
		uint8_t resolver;
		const char *name;
		uint8_t address;
		bool told;
	} cases[] = {{54, "bad.example", 7, true},
		     {53, "bad.example", 7, false},
		     {54, "good.example", 7, false},
		     {54, "bad.example", 0, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct episode e;
		struct past p;

		past_begin(&p);
		e = resolved(&p, 0, 0.02, 53, "bad.example", 0);
		resolved(&p, 5, 0.02, cases[i].resolver, cases[i].name, cases[i].address);
		suspected(&p, &e, DNS_TAMPERING, STAGE_DNS, "dns.nxdomain");
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "control.other_resolver"), cases[i].told);
		past_end(&p);
	}
}

/* The order in which suspicions come changes nothing. */
static void
order_does_not_matter(void **state)
{
	double confidence[2][3];

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct episode e[3];
		struct past p;

		past_begin(&p);
		e[0] = unheard(&p, 0, 1, 443, "bad.example");
		e[1] = unheard(&p, 20, 1, 443, "bad.example");
		e[2] = in_vain(&p, 60, 1, 443, "");
		served(&p, 30, 1, 443, "good.example");
		for (int i = 0; i < 3; i++) {
			int k = turn ? 2 - i : i;

			suspected(&p, &e[k], DROP, k == 2 ? STAGE_SYN : STAGE_FIRST_DATA,
				  k == 2 ? "silence.syn" : "silence.data");
		}
		correlate(&p.correlation);
		for (int i = 0; i < 3; i++)
			confidence[turn][turn ? 2 - i : i] =
			    p.candidates[i].suspicion.finding->confidence;
		past_end(&p);
	}
	for (int i = 0; i < 3; i++)
		assert_true(confidence[0][i] == confidence[1][i]);
}

/* Handshakes of two ports of each server, in milliseconds. */
static unsigned
proxied(const int (*rtt)[2], size_t servers)
{
	struct past p;
	struct episode *e;
	unsigned count;
	size_t n;

	past_begin(&p);
	for (size_t i = 0; i < servers; i++) {
		served(&p, (double)i, (uint8_t)(10 + i), 80, "");
		served(&p, (double)i + 0.5, (uint8_t)(10 + i), 443, "");
	}
	e = history_episodes(p.history, &n);
	assert_int_equal(n, 2 * servers);
	for (size_t i = 0; i < n; i++)
		e[i].rtt = rtt[i / 2][e[i].port == 443] * NSEC_PER_MSEC;
	count = proxies_of_http(p.history);
	past_end(&p);
	return count;
}

static void
test_proxies(void **state)
{
	static const int near[][2] = {{3, 80}, {3, 120}, {4, 40}},
			 far[][2] = {{80, 80}, {120, 119}};
	static const int one[][2] = {{3, 80}}, mixed[][2] = {{3, 80}, {3, 90}, {50, 50}};
	static const int close[][2] = {{1, 4}, {1, 5}};

	(void)state;
	assert_int_equal(proxied(near, 3), 3);
	assert_int_equal(proxied(far, 2), 0);
	assert_int_equal(proxied(one, 1), 0);
	assert_int_equal(proxied(mixed, 3), 0);
	assert_int_equal(proxied(close, 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_proxies),
	    cmocka_unit_test(other_name),
	    cmocka_unit_test(victims_are_no_controls),
	    cmocka_unit_test(same_name_elsewhere),
	    cmocka_unit_test(same_service),
	    cmocka_unit_test(own_silence),
	    cmocka_unit_test(gone_servers),
	    cmocka_unit_test(slow_handshakes),
	    cmocka_unit_test(network_is_up),
	    cmocka_unit_test(outage_counts_servers),
	    cmocka_unit_test(scans),
	    cmocka_unit_test(hygiene_weighs),
	    cmocka_unit_test(repeats),
	    cmocka_unit_test(again_and_again),
	    cmocka_unit_test(same_fate),
	    cmocka_unit_test(resolvers_habits),
	    cmocka_unit_test(other_resolver),
	    cmocka_unit_test(order_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
