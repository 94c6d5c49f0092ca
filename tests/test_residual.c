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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(victims_by_contrast),
	    cmocka_unit_test(hopeless_is_no_repeat),
	    cmocka_unit_test(residual),
	    cmocka_unit_test(residual_of_something_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
