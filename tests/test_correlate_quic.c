/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Silences of QUIC, and what other conversations say about them. */
#include "pasts.h"

#include <stdlib.h>

#define V1 1u
#define V2 0x6b3343cfu

/* A handshake of that version: it is served, or said twice in vain. */
static struct episode
said(struct past *p, double second, uint8_t server, const char *name, uint32_t version, bool well)
{
	struct talk *t = past_at(p, second, server, 443);
	struct flow *f;

	t->proto = IPPROTO_UDP;
	talk_say(t, CLIENT, 0, "?");
	f = t->flow;
	f->at = (struct ref){t->number, 0};
	f->at_nsec = t->now;
	f->messages++;
	note_uint(f, CLIENT, past_field("quic.version"), version);
	t->now += well ? NSEC_PER_SEC / 20 : 3 * NSEC_PER_SEC;
	talk_say(t, well ? SERVER : CLIENT, 0, "!");
	if (well)
		note(f, SERVER, past_field("quic.short"));
	return past_keep(p, name, !well);
}

static struct finding *
suspected_of(struct past *p, const struct episode *e)
{
	struct finding *f = suspected(p, e, DROP, STAGE_DATAGRAM, "quic.unanswered");

	finding_trigger(f, TRIGGER_QUIC_SNI, e->name, BASIS_CONTENT);
	return f;
}

static void
another_name(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++) {
		struct finding *f;
		struct episode e;
		struct past p;

		past_begin(&p);
		if (!after)
			said(&p, 0, 1, "good.example", V1, true);
		e = said(&p, 10, 1, "bad.example", V1, false);
		if (after)
			said(&p, 20, 1, "good.example", V1, true);
		f = suspected_of(&p, &e);
		correlate(&p.correlation);
		assert_int_equal(finding_has(f, "control.other_name"), after);
		assert_int_equal(finding_has(f, "quic.other_before"), !after);
		assert_int_equal(f->trigger, TRIGGER_QUIC_SNI);
		assert_false(finding_has(f, "quic.unspoken"));
		past_end(&p);
	}
}

/* A name that was served there before another one was is not what differs. */
static void
served_before(void **state)
{
	struct finding *f;
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	said(&p, 0, 1, "mine.example", V1, true);
	said(&p, 5, 1, "other.example", V1, true);
	e = said(&p, 10, 1, "mine.example", V1, false);
	f = suspected_of(&p, &e);
	correlate(&p.correlation);
	assert_false(finding_has(f, "quic.other_before"));
	assert_int_equal(f->trigger, TRIGGER_RESIDUAL);
	assert_string_equal(f->trigger_value, "other.example");
	assert_true(f->confidence < 0.6);
	past_end(&p);
}

static void
dead_server(void **state)
{
	(void)state;
	for (int dead = 0; dead < 2; dead++) {
		struct finding *f;
		struct episode e;
		struct past p;

		past_begin(&p);
		said(&p, 0, 1, "good.example", V1, true);
		e = said(&p, 10, 1, "bad.example", V1, false);
		if (dead)
			in_vain(&p, 11, 1, 443, "");
		else
			served(&p, 11, 1, 443, "bad.example");
		f = suspected_of(&p, &e);
		correlate(&p.correlation);
		assert_int_equal(finding_has(f, "quic.tcp_dead"), dead);
		assert_int_equal(finding_has(f, "quic.tcp_fine"), !dead);
		assert_int_equal(f->confidence >= 0.6, !dead);
		past_end(&p);
	}
}

static void
another_version(void **state)
{
	struct finding *f;
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	said(&p, 0, 1, "any.example", V2, true);
	e = said(&p, 10, 1, "any.example", V1, false);
	f = suspected_of(&p, &e);
	correlate(&p.correlation);
	assert_true(finding_has(f, "quic.other_version"));
	assert_int_equal(f->trigger, TRIGGER_QUIC);
	assert_string_equal(f->trigger_value, "QUIC version 1");
	past_end(&p);
}

static void
unspoken(void **state)
{
	struct finding *f;
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	e = said(&p, 10, 1, "any.example", V1, false);
	served(&p, 11, 1, 443, "any.example");
	f = suspected_of(&p, &e);
	correlate(&p.correlation);
	assert_true(finding_has(f, "quic.unspoken"));
	assert_true(finding_has(f, "quic.no_udp"));
	assert_true(f->confidence < 0.3);
	past_end(&p);
}

/* What is left of a hit, and how long it lasted; nothing is, if something got through since. */
static void
residual(void **state)
{
	(void)state;
	for (int between = 0; between < 2; between++) {
		struct finding *hit, *f;
		struct episode first, then;
		struct past p;

		past_begin(&p);
		said(&p, 0, 1, "good.example", V1, true);
		first = said(&p, 10, 1, "bad.example", V1, false);
		if (between)
			said(&p, 40, 1, "third.example", V1, true);
		then = said(&p, 60, 1, "good.example", V1, false);
		said(&p, 200, 1, "good.example", V1, true);
		hit = suspected_of(&p, &first);
		finding_weigh(hit, "quic.path_fine", first.first_at);
		f = suspected_of(&p, &then);
		correlate(&p.correlation);
		assert_int_equal(finding_has(f, "history.residual"), !between);
		if (!between) {
			assert_int_equal(f->trigger, TRIGGER_RESIDUAL);
			assert_string_equal(f->trigger_value, "bad.example");
			assert_true(finding_has(f, "history.recovered"));
			assert_non_null(strstr(f->explanation, "lasted for 53 to 190 seconds"));
		}
		past_end(&p);
	}
}

/* QUIC to all falls silent, and TCP goes on: it is QUIC that is dropped. If TCP is gone as well it
 * is an outage. */
static void
all_at_once(void **state)
{
	(void)state;
	for (int outage = 0; outage < 2; outage++) {
		struct episode e[3];
		struct finding *f = NULL;
		struct past p;

		past_begin(&p);
		for (uint8_t i = 0; i < 3; i++)
			said(&p, i, (uint8_t)(i + 1), "some.example", V1, true);
		for (uint8_t i = 0; i < 3; i++) {
			e[i] = said(&p, 20 + i, (uint8_t)(i + 1), "some.example", V1, false);
			if (outage)
				in_vain(&p, 20 + i, (uint8_t)(i + 1), 443, "");
			else
				served(&p, 20 + i, (uint8_t)(i + 1), 443, "some.example");
		}
		for (int i = 0; i < 3; i++)
			f = suspected_of(&p, &e[i]);
		correlate(&p.correlation);
		assert_int_equal(finding_has(f, "quic.fell_silent"), !outage);
		if (!outage)
			assert_string_equal(f->trigger_value, "QUIC");
		assert_int_equal(f->confidence >= 0.6, !outage);
		past_end(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(another_name), cmocka_unit_test(served_before),
	    cmocka_unit_test(dead_server),  cmocka_unit_test(another_version),
	    cmocka_unit_test(unspoken),     cmocka_unit_test(residual),
	    cmocka_unit_test(all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
