/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of interference afterwards, and who is a victim at all: found after all controls
 * were heard. Dossier, section 11. */
#include "pasts.h"

#include <stdlib.h>

static bool
told(struct past *p, size_t i, const char *evidence)
{
	return finding_has(p->candidates[i].suspicion.finding, evidence);
}

/* Who is a victim is decided after controls were heard, not before: one that only a control made
 * sure of speaks for nobody any more. */
static void
victims_by_contrast(void **state)
{
	(void)state;
	for (int contrast = 0; contrast < 2; contrast++) {
		struct episode e, doubtful;
		struct finding *g;
		struct past p;

		past_begin(&p);
		e = unheard(&p, 0, 1, 443, "bad.example");
		doubtful = served(&p, 10, 1, 443, "worse.example");
		if (contrast)
			served(&p, 20, 1, 443, "worst.example");
		g = suspected(&p, &doubtful, DATA_INJECTION, STAGE_FIRST_DATA, "header.df");
		finding_weigh(g, "header.no_timestamps", doubtful.first_at);
		suspected(&p, &e, DROP, STAGE_FIRST_DATA, "silence.data");
		correlate(&p.correlation);
		/* The doubtful one is told of by the third, and becomes sure by it. */
		assert_int_equal(g->confidence >= 0.6, contrast);
		for (size_t i = 0; i < p.candidates[1].suspicion.finding->ncites; i++) {
			const struct cite *c = &p.candidates[1].suspicion.finding->cites[i];

			if (contrast && c->role == ROLE_CONTROL)
				assert_int_not_equal(c->at.frame, doubtful.ok_at.frame);
		}
		assert_true(told(&p, 1, "control.other_name"));
		past_end(&p);
	}
}

/* Who says no name says the same again: a silence that repeats is no rest of the first. */
static void
nameless_is_no_rest(void **state)
{
	static const char *const names[][2] = {{"bad.example", "else.example"}, {NULL, NULL}};

	(void)state;
	for (int nameless = 0; nameless < 2; nameless++) {
		struct past p;

		past_begin(&p);
		for (int i = 0; i < 2; i++) {
			struct episode e = unheard(&p, 20 * i, 1, 443, names[nameless][i]);

			suspected(&p, &e, DROP, STAGE_FIRST_DATA, "silence.data");
			p.candidates[i].suspicion.silence = true;
			finding_weigh(p.candidates[i].suspicion.finding, "control.other_transport",
				      e.first_at);
		}
		correlate(&p.correlation);
		assert_int_equal(told(&p, 1, "history.residual"), !nameless);
		past_end(&p);
	}
}

/* What is kept for the fit alone is nobody's repetition. */
static void
hopeless_is_no_repeat(void **state)
{
	(void)state;
	for (int hopeless = 0; hopeless < 2; hopeless++) {
		struct past p;

		past_begin(&p);
		for (int i = 0; i < 6; i++) {
			struct episode e = unheard(&p, i, 1, 443, "bad.example");

			suspected(&p, &e, RST_INJECTION, STAGE_FIRST_DATA, "ttl.far");
			p.candidates[i].suspicion.hopeless = hopeless && i > 0;
		}
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "history.often"), !hopeless);
		past_end(&p);
	}
}

/* Silence after a hit on the same client, address and port, for as long as was ever measured. */
static void
residual(void **state)
{
	static const struct {
		double second;
		uint8_t server, client;
		uint16_t port;
		bool sure, told;
	} cases[] = {
	    {30, 1, 1, 443, true, true},   {419, 1, 1, 443, true, true},
	    {422, 1, 1, 443, true, false}, {30, 2, 1, 443, true, false},
	    {30, 1, 2, 443, true, false},  {30, 1, 1, 80, true, false},
	    {30, 1, 1, 443, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct finding *hit, *f;
		struct episode first, then;
		struct past p;

		past_begin(&p);
		first = unheard(&p, 0, 1, 443, "bad.example");
		p.client = cases[i].client;
		then = in_vain(&p, cases[i].second, cases[i].server, cases[i].port, "");
		hit = suspected(&p, &first, RST_INJECTION, STAGE_FIRST_DATA, "time.early");
		finding_trigger(hit, TRIGGER_SNI, "bad.example", BASIS_CONTENT);
		if (cases[i].sure)
			finding_weigh(hit, "after.goes_on", first.first_at);
		f = suspected(&p, &then, DROP, STAGE_SYN, "silence.syn");
		correlate(&p.correlation);
		if (told(&p, 1, "history.residual") != cases[i].told)
			fail_msg("case %zu", i);
		assert_int_equal(f->trigger == TRIGGER_RESIDUAL, cases[i].told);
		if (cases[i].told) {
			assert_string_equal(f->trigger_value, "bad.example");
			assert_non_null(strstr(f->explanation, "bad.example"));
			assert_true(f->confidence > 0.9);
		}
		past_end(&p);
	}
}

/* If nobody knows what set the first one off, the sentence names the address. */
static void
residual_of_something_unknown(void **state)
{
	struct episode first, then;
	struct finding *hit, *f;
	struct past p;

	(void)state;
	past_begin(&p);
	first = unheard(&p, 0, 1, 443, "");
	then = in_vain(&p, 30, 1, 443, "");
	hit = suspected(&p, &first, RST_INJECTION, STAGE_FIRST_DATA, "time.early");
	finding_weigh(hit, "after.goes_on", first.first_at);
	f = suspected(&p, &then, DROP, STAGE_SYN, "silence.syn");
	correlate(&p.correlation);
	assert_true(told(&p, 1, "history.residual"));
	assert_null(strstr(f->explanation, "  "));
	assert_non_null(strstr(f->explanation, "198.51.100.1"));
	past_end(&p);
}

/* The block between the last attempt in vain and the first answer, and for whom it held. */
static void
residual_is_measured(void **state)
{
	static const struct {
		bool pair, service, host, other_pair_served;
		unsigned tuple;
		double low, high;
	} cases[] = {
	    {false, true, false, false, 3, 62, 120},
	    {false, true, true, false, 2, 72, 120},
	    {true, false, false, true, 4, 52, 110},
	    {true, false, false, false, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct episode hit, e = {0};
		struct finding *f;
		struct past p;
		uint16_t pair;

		past_begin(&p);
		served(&p, -20, 1, 80, "");
		pair = p.port;
		hit = unheard(&p, 0, 1, 443, "bad.example");
		if (cases[i].other_pair_served)
			served(&p, 20, 1, 443, "good.example");
		if (cases[i].pair) {
			uint16_t next = p.port;

			p.port = pair;
			e = in_vain(&p, 50, 1, 443, "");
			p.port = pair;
			served(&p, 110, 1, 443, "good.example");
			p.port = next;
		}
		if (cases[i].service)
			e = in_vain(&p, 60, 1, 443, "");
		if (cases[i].host)
			in_vain(&p, 70, 1, 80, "");
		if (cases[i].service)
			served(&p, 120, 1, 443, "good.example");
		if (cases[i].host)
			served(&p, 121, 1, 80, "good.example");
		f = suspected(&p, &hit, RST_INJECTION, STAGE_FIRST_DATA, "time.early_ack");
		finding_weigh(f, "ttl.far", hit.first_at);
		f = suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
		correlate(&p.correlation);
		if (!told(&p, 1, "history.residual") || f->trigger != TRIGGER_RESIDUAL)
			fail_msg("case %zu is not told", i);
		if (f->residual.tuple != cases[i].tuple)
			fail_msg("case %zu: %u ends", i, f->residual.tuple);
		assert_memory_equal(&f->residual, &p.candidates[0].suspicion.finding->residual,
				    sizeof f->residual);
		assert_in_range((unsigned)f->residual.seconds_low, (unsigned)cases[i].low,
				(unsigned)cases[i].low + 1);
		assert_in_range((unsigned)f->residual.seconds_high, (unsigned)cases[i].high,
				(unsigned)cases[i].high + 1);
		past_end(&p);
	}
}

/* Another port of the server's that is silent after the cause, and never answered at all, is a
 * closed port behind a firewall and nothing more. */
static void
silent_ports_are_no_residual(void **state)
{
	(void)state;
	for (int answered = 0; answered < 2; answered++) {
		struct episode hit, e;
		struct finding *f;
		struct past p;

		past_begin(&p);
		if (answered)
			served(&p, -20, 1, 8080, "");
		hit = unheard(&p, 0, 1, 443, "bad.example");
		e = in_vain(&p, 60, 1, 8080, "");
		f = suspected(&p, &hit, RST_INJECTION, STAGE_FIRST_DATA, "time.early_ack");
		finding_weigh(f, "ttl.far", hit.first_at);
		suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
		correlate(&p.correlation);
		assert_int_equal(told(&p, 1, "history.residual"), answered);
		past_end(&p);
	}
}

/* Of connections to one name at once the first were served and the last not; a full queue of the
 * server's own looks the same but for the SYN+ACKs that it repeats. */
static void
parallel(void **state)
{
	(void)state;
	for (int full = 0; full < 2; full++) {
		for (int fine = 0; fine < 4; fine++) {
			struct episode e;
			struct finding *f;
			struct past p;

			past_begin(&p);
			for (int i = 0; i < fine; i++)
				served(&p, i * 0.1, 1, 443, "bad.example");
			e = unheard(&p, 1, 1, 443, "bad.example");
			f = suspected(&p, &e, DROP, STAGE_FIRST_DATA, "silence.data");
			if (full)
				finding_weigh(f, "silence.queue_full", e.first_at);
			correlate(&p.correlation);
			assert_int_equal(told(&p, 0, "control.parallel"), !full && fine == 3);
			past_end(&p);
		}
	}
}

/* Silence on other ports of the address makes it the address; an answer on one, the port. */
static void
address_or_port(void **state)
{
	(void)state;
	for (int others = 0; others < 3; others++) {
		struct episode e;
		struct finding *f;
		struct past p;

		past_begin(&p);
		e = in_vain(&p, 0, 1, 443, "");
		if (others)
			in_vain(&p, 5, 1, 22, "");
		if (others == 2)
			served(&p, 8, 1, 80, "");
		f = suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
		finding_trigger(f, TRIGGER_IP_PORT, "198.51.100.1:443", BASIS_CONTENT);
		correlate(&p.correlation);
		assert_int_equal(f->trigger, others == 1 ? TRIGGER_IP : TRIGGER_IP_PORT);
		past_end(&p);
	}
}

/* A server that reset the client itself may have shut it out; one in whose name it was reset by
 * somebody else has not. */
static void
bans(void **state)
{
	(void)state;
	for (int forged = 0; forged < 2; forged++) {
		struct episode e, before;
		struct finding *f;
		struct past p;

		past_begin(&p);
		talk_open(past_at(&p, 0, 1, 443));
		talk_say(&p.talk, CLIENT, TH_PSH_ | TH_ACK_, "a request");
		talk_say(&p.talk, SERVER, TH_RST_ | TH_ACK_, "");
		before = past_keep(&p, "bad.example", forged);
		e = in_vain(&p, 10, 1, 443, "");
		suspected(&p, &e, DROP, STAGE_SYN, "silence.syn");
		f = suspected(&p, &before, RST_INJECTION, STAGE_FIRST_DATA, "ttl.far");
		if (forged)
			finding_weigh(f, "time.early_ack", before.first_at);
		correlate(&p.correlation);
		assert_int_equal(told(&p, 0, "history.refused"), !forged);
		past_end(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(victims_by_contrast),
	    cmocka_unit_test(hopeless_is_no_repeat),
	    cmocka_unit_test(nameless_is_no_rest),
	    cmocka_unit_test(residual),
	    cmocka_unit_test(residual_of_something_unknown),
	    cmocka_unit_test(bans),
	    cmocka_unit_test(address_or_port),
	    cmocka_unit_test(parallel),
	    cmocka_unit_test(silent_ports_are_no_residual),
	    cmocka_unit_test(residual_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
