/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tells that a service's calls were singled out: its chat goes on, known by its bytes, by its
 * name, or by the name that led there; and what does not tell it. */
#include "complain.h"
#include "pasts.h"
#include "dissect_engine.h"
#include "whose.h"

#define RELAY 3478

static struct past p;

static int
begin(void **state)
{
	struct complaints c = {.all = stderr};

	(void)state;
	past_begin(&p);
	p.correlation.services = services_load(SOURCE_ROOT "/services", &c);
	assert_non_null(p.correlation.services);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	services_free((struct services *)p.correlation.services);
	past_end(&p);
	return 0;
}

/* STUN, with an answer or without; usage: whose it is by its bytes. */
static struct episode
asked(double second, uint8_t server, bool answered, struct usage usage)
{
	struct talk *t = past_at(&p, second, server, RELAY);
	struct episode e;
	struct look l;

	t->proto = IPPROTO_UDP;
	talk_say(t, CLIENT, 0, "who am I?");
	t->flow->dissector = dissector_find("stun");
	if (answered)
		talk_say(t, SERVER, 0, "somebody");
	facts_unpack(t->flow);
	look_at(&l, t->flow);
	l.usage = usage;
	l.outcome = answered ? OUTCOME_OK : OUTCOME_FAILED;
	history_add(p.history, &l, NULL, &e);
	return e;
}

static struct usage
service(const char *name)
{
	struct usage usage = services_by_name(p.correlation.services, name);

	assert_int_not_equal(usage.service, 0);
	usage.function = FUNCTION_CALLS;
	return usage;
}

static const struct usage nobody;

static bool
tells(const struct episode *e, const char *evidence)
{
	suspected(&p, e, DROP, STAGE_DATAGRAM, "request.unanswered");
	correlate(&p.correlation);
	return finding_has(p.candidates[p.correlation.n - 1].suspicion.finding, evidence);
}

/* Nothing but the name that led to the relay tells whose it is. */
static void
relay_by_name(void **state)
{
	struct episode e;

	(void)state;
	resolved(&p, 0, 0.02, 53, "turn1.voip.signal.org", 7);
	e = asked(1, 7, false, nobody);
	served(&p, 5, 8, 443, "chat.signal.org");
	assert_false(tells(&e, "request.service_alive"));
	e.server = addr_from_v4((const uint8_t[4]){203, 0, 113, 7});
	assert_true(tells(&e, "request.service_alive"));
}

static void
chat_by_name(void **state)
{
	struct episode e = asked(1, 7, false, service("chat.signal.org"));

	(void)state;
	served(&p, 5, 8, 443, "chat.signal.org");
	assert_true(tells(&e, "request.service_alive"));
}

/* Pages stand elsewhere than relays, and another service's chat says nothing. */
static void
pages_and_others(void **state)
{
	struct episode e = asked(1, 7, false, service("chat.signal.org"));

	(void)state;
	served(&p, 5, 8, 443, "www.signal.org");
	served(&p, 6, 9, 443, "gateway.discord.gg");
	assert_false(tells(&e, "request.service_alive"));
}

static void
dead_by_name(void **state)
{
	struct episode e = asked(1, 7, false, service("chat.signal.org"));

	(void)state;
	in_vain(&p, 5, 8, 443, "chat.signal.org");
	assert_true(tells(&e, "request.service_dead"));
}

/* A service whose chat was reset by somebody is not down. */
static void
killed_is_not_dead(void **state)
{
	struct episode e = asked(1, 7, false, service("chat.signal.org")), chat;

	(void)state;
	chat = in_vain(&p, 5, 8, 443, "chat.signal.org");
	suspected(&p, &chat, RST_INJECTION, STAGE_FIRST_DATA, "conflict.isn");
	finding_weigh(p.candidates[0].suspicion.finding, "time.early_ack", chat.first_at);
	finding_weigh(p.candidates[0].suspicion.finding, "ttl.far", chat.first_at);
	assert_false(tells(&e, "request.service_dead"));
	assert_true(p.candidates[0].suspicion.finding->confidence >= SURE);
}

/* A relay that told whose it is, in a conversation of before. */
static void
known_from_before(void **state)
{
	struct episode e;

	(void)state;
	asked(0, 7, true, service("chat.signal.org"));
	e = asked(30, 7, false, nobody);
	asked(31, 9, true, nobody);
	assert_true(tells(&e, "request.kind_answered"));
	assert_false(finding_has(p.candidates[0].suspicion.finding, "request.kin_answered"));
}

static void
places_of_two(void **state)
{
	struct episode e;
	struct usage usage;

	(void)state;
	asked(0, 7, true, service("chat.signal.org"));
	e = asked(30, 7, false, nobody);
	usage = whose(p.correlation.services, p.history, &e);
	assert_int_equal(usage.service, service("chat.signal.org").service);
	assert_int_equal(usage.function, FUNCTION_CALLS);
	e.port++;
	assert_int_equal(whose(p.correlation.services, p.history, &e).service, 0);
	e.port--;
	e.proto = IPPROTO_TCP;
	assert_int_equal(whose(p.correlation.services, p.history, &e).service, 0);
	e.proto = IPPROTO_UDP;
	e.silent = false;
	assert_int_equal(whose(p.correlation.services, p.history, &e).service, 0);
	e.silent = true;
	asked(40, 7, true, service("www.messenger.com"));
	assert_int_equal(whose(p.correlation.services, p.history, &e).service, 0);
}

/* Without services all of a protocol are kin, as before. */
static void
without_services(void **state)
{
	struct episode e;
	struct past bare;

	(void)state;
	bare = p;
	p.correlation.services = NULL;
	e = asked(1, 7, false, nobody);
	asked(2, 9, true, nobody);
	assert_true(tells(&e, "request.kin_answered"));
	assert_false(tells(&e, "request.kind_answered"));
	p.correlation.services = bare.correlation.services;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(relay_by_name), TEST(chat_by_name),       TEST(pages_and_others),
	    TEST(dead_by_name),  TEST(killed_is_not_dead), TEST(known_from_before),
	    TEST(places_of_two), TEST(without_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
