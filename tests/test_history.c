/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of flows that are over, how it is found again, and what is forgotten. */
#include "pasts.h"

#include "contemporaries.h"

#include <stdlib.h>

static void
outcomes_are_remembered(void **state)
{
	struct episode ok, vain, mute;
	struct past p;

	(void)state;
	past_begin(&p);
	ok = served(&p, 0, 1, 443, "good.example");
	vain = in_vain(&p, 10, 2, 443, "");
	mute = unheard(&p, 20, 3, 80, "bad.example");
	assert_int_equal(ok.outcome, OUTCOME_OK);
	assert_int_equal(ok.alive_at.frame, 2);
	assert_int_equal(ok.ok_at.frame, 5);
	assert_string_equal(ok.name, "good.example");
	assert_false(ok.silent);
	assert_int_equal(vain.outcome, OUTCOME_FAILED);
	assert_true(vain.silent);
	assert_null(vain.name);
	assert_int_equal(vain.alive_at.frame, 0);
	assert_int_equal(mute.outcome, OUTCOME_FAILED);
	assert_false(mute.silent);
	assert_int_equal(mute.ok_at.frame, 0);
	assert_true(mute.alive_at.frame > 0);
	past_end(&p);
}

static void
found_by_server(void **state)
{
	struct addr server = addr_from_v4((const uint8_t[4]){198, 51, 100, 2});
	struct episode *e;
	size_t n, from, to;
	struct past p;

	(void)state;
	past_begin(&p);
	history_at_server(p.history, &server, &from, &to);
	assert_int_equal(from, to);
	for (int i = 9; i >= 0; i--)
		served(&p, i, (uint8_t)(1 + i % 3), 443, "");
	e = history_episodes(p.history, &n);
	assert_int_equal(n, 10);
	history_at_server(p.history, &server, &from, &to);
	assert_int_equal(to - from, 3);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(addr_equal(&e[i].server, &server), i >= from && i < to);
		if (i > from && i < to)
			assert_true(e[i].first > e[i - 1].first);
	}
	server.b[15] = 200;
	history_at_server(p.history, &server, &from, &to);
	assert_int_equal(from, to);
	past_end(&p);
}

static void
found_by_name(void **state)
{
	const struct episode *e;
	size_t n, i = SIZE_MAX, found = 0;
	struct past p;

	(void)state;
	past_begin(&p);
	for (int k = 0; k < 9; k++)
		served(&p, k, (uint8_t)k, 443,
		       k % 3 == 0   ? "a.example"
		       : k % 3 == 1 ? "b.example"
				    : "");
	assert_null(history_named(p.history, "a.example", &i)); /* not sorted yet */
	history_episodes(p.history, &n);
	while ((e = history_named(p.history, "a.example", &i))) {
		assert_string_equal(e->name, "a.example");
		found++;
	}
	assert_int_equal(found, 3);
	i = SIZE_MAX;
	assert_null(history_named(p.history, "c.example", &i));
	assert_null(history_named(p.history, NULL, &i));
	past_end(&p);
}

static void
names_are_kept_once(void **state)
{
	struct history *h = history_new();
	char text[16] = "a.example";
	const char *a = history_intern(h, text);

	(void)state;
	assert_ptr_not_equal(a, text);
	assert_ptr_equal(history_intern(h, "a.example"), a);
	assert_null(history_intern(h, ""));
	assert_int_equal(history_forgotten(h), 0);
	for (int i = 1; i < NAMES_MAX; i++) {
		snprintf(text, sizeof text, "%d", i);
		assert_non_null(history_intern(h, text));
	}
	assert_null(history_intern(h, "one too many"));
	assert_ptr_equal(history_intern(h, "a.example"), a);
	assert_int_equal(history_forgotten(h), 1);
	history_free(h);
}

/* The oldest make room for the newest, and it is told. */
static void
oldest_are_forgotten(void **state)
{
	struct flow flow = {.proto = IPPROTO_TCP};
	struct look l;
	struct episode e, *all;
	struct history *h = history_new();
	bool *seen = xcalloc(EPISODES_MAX + 1000, 1);
	size_t n;

	(void)state;
	for (uint64_t i = 0; i < EPISODES_MAX + 1000; i++) {
		flow.id = i;
		flow.first = (int64_t)i;
		look_at(&l, &flow);
		history_add(h, &l, NULL, &e);
	}
	assert_int_equal(history_forgotten(h), 1000);
	all = history_episodes(h, &n);
	assert_int_equal(n, EPISODES_MAX);
	for (size_t i = 0; i < n; i++)
		seen[all[i].flow] = true;
	for (size_t i = 0; i < EPISODES_MAX + 1000; i++)
		assert_int_equal(seen[i], i >= 1000);
	free(seen);
	history_free(h);
}

static void
resolvers_are_known(void **state)
{
	struct addr resolver = addr_from_v4((const uint8_t[4]){198, 51, 100, 53});
	struct addr answer = addr_from_v4((const uint8_t[4]){203, 0, 113, 7});
	const struct resolver *r;
	struct episode e;
	struct past p;

	(void)state;
	past_begin(&p);
	assert_null(history_resolver(p.history, &resolver));
	e = resolved(&p, 0, 0.02, 53, "a.example", 7);
	assert_true(e.dns && e.dns_positive);
	assert_true(addr_equal(&e.answer, &answer));
	p.talk.ttl[SERVER] = 55;
	resolved(&p, 1, 0.01, 53, "b.example", 7);
	p.talk.ttl[SERVER] = 52;
	e = resolved(&p, 2, 0.03, 53, "c.example", 0);
	assert_true(e.dns && !e.dns_positive);
	r = history_resolver(p.history, &resolver);
	assert_int_equal(r->answers, 3);
	assert_int_equal(r->fastest, 10 * NSEC_PER_MSEC);
	assert_int_equal(r->ttl_min, 50);
	assert_int_equal(r->ttl_max, 55);
	assert_null(history_name_of(p.history, &resolver, &e.client, e.first));
	past_end(&p);
}

/* Of the names that led to an address, the client's own last one before it went there was meant. */
static void
names_of_addresses(void **state)
{
	struct addr answer = addr_from_v4((const uint8_t[4]){203, 0, 113, 7});
	struct addr nowhere = addr_from_v4((const uint8_t[4]){203, 0, 113, 8});
	struct episode e[3];
	struct past p;

	(void)state;
	past_begin(&p);
	e[0] = resolved(&p, 10, 0.02, 53, "a.example", 7);
	e[1] = resolved(&p, 20, 0.02, 53, "b.example", 7);
	p.client = 2;
	e[2] = resolved(&p, 30, 0.02, 53, "c.example", 7);
	for (int i = 0; i < 3; i++) {
		const char *name = history_name_of(p.history, &answer, &e[i].client, e[i].last);

		assert_string_equal(name, e[i].name);
	}
	/* Before all of them: the first that came after. Somebody else's: the last one before. */
	assert_string_equal(
	    history_name_of(p.history, &answer, &e[0].client, e[0].first - NSEC_PER_SEC),
	    "a.example");
	assert_string_equal(history_name_of(p.history, &answer, &nowhere, e[1].last), "b.example");
	assert_null(history_name_of(p.history, &nowhere, &e[0].client, e[0].last));
	/* A large host has more names than are kept; what is asked for again stays. */
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof name, "%d.example", i);
		resolved(&p, 40 + i, 0.02, 53, name, 7);
		e[2] = resolved(&p, 40.5 + i, 0.02, 53, "c.example", 7);
	}
	assert_string_equal(history_name_of(p.history, &answer, &e[2].client, e[2].last),
			    "c.example");
	past_end(&p);
}

static void
tell(struct past *p, enum side from, uint64_t id, const char *name, uint8_t address)
{
	struct talk *t = &p->talk;
	struct addr a = addr_from_v4((const uint8_t[4]){203, 0, 113, address});
	struct flow *f;

	t->now += 10 * NSEC_PER_MSEC;
	talk_say(t, from, 0, "message");
	f = t->flow;
	f->messages++;
	f->at = (struct ref){t->number, 0};
	f->at_nsec = t->now;
	note(f, from, past_field(from == CLIENT ? "dns.query" : "dns.response"));
	note_uint(f, from, past_field("dns.id"), id);
	note_string(f, from, past_field("dns.qry.name"), name);
	note_uint(f, from, past_field("dns.qry.type"), 1);
	if (from == CLIENT)
		return;
	if (address)
		note_addr(f, from, past_field("dns.a"), &a);
	note_uint(f, from, past_field("dns.flags.rcode"), address ? 0 : 3);
}

/* A stub or a forwarder asks for many names from one port: each is remembered by itself. */
static void
questions_of_one_conversation(void **state)
{
	static const char *const doubted[] = {"bad.example", NULL};
	struct addr answer = addr_from_v4((const uint8_t[4]){203, 0, 113, 7});
	struct addr lie = addr_from_v4((const uint8_t[4]){203, 0, 113, 9});
	static struct dns_message room[DNS_MESSAGES_MAX];
	struct episode e, *all;
	struct look l;
	struct past p;
	size_t n;

	(void)state;
	past_begin(&p);
	past_at(&p, 0, 53, 53)->proto = IPPROTO_UDP;
	tell(&p, CLIENT, 1, "a.example", 0);
	tell(&p, CLIENT, 2, "no.example", 0);
	tell(&p, CLIENT, 1, "a.example", 0); /* again, the same question */
	tell(&p, SERVER, 2, "no.example", 0);
	tell(&p, SERVER, 1, "a.example", 7);
	tell(&p, CLIENT, 3, "bad.example", 0);
	tell(&p, SERVER, 3, "bad.example", 9);
	tell(&p, CLIENT, 4, "mute.example", 0);
	tell(&p, CLIENT, 5, "a.example", 0);
	facts_unpack(p.talk.flow);
	look_at(&l, p.talk.flow);
	look_at_dns(&l, room);
	history_add(p.history, &l, doubted, &e);
	assert_string_equal(e.name, "a.example");
	assert_true(e.dns_positive);
	assert_int_equal(e.took, 40 * NSEC_PER_MSEC);
	all = history_episodes(p.history, &n);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++) {
		const struct episode *x = &all[i];
		bool mute = strcmp(x->name, "mute.example") == 0;

		assert_int_equal(x->flow, e.flow);
		assert_int_equal(x->again, x->name == e.name && x->first > e.first);
		assert_int_equal(x->took == 0, mute || x->again);
		assert_int_equal(x->rcode, strcmp(x->name, "no.example") == 0 ? 3 : 0);
		assert_int_equal(x->silent, mute || x->again);
	}
	assert_string_equal(history_name_of(p.history, &answer, &e.client, e.last), "a.example");
	assert_null(history_name_of(p.history, &lie, &e.client, e.last));
	past_end(&p);
}

/* Who answers falsely teaches neither addresses nor speed. */
static void
liars_teach_nothing(void **state)
{
	struct addr resolver = addr_from_v4((const uint8_t[4]){198, 51, 100, 53});
	struct addr answer = addr_from_v4((const uint8_t[4]){203, 0, 113, 7});
	struct addr client = addr_from_v4((const uint8_t[4]){192, 0, 2, 1});
	struct past p;

	(void)state;
	past_begin(&p);
	resolved(&p, 0, 0.02, 53, "a.example", 9);
	/* the same flow, now suspected */
	p.talk.flow->facts[p.talk.flow->nfacts - 1].addr = answer;
	past_keep(&p, "b.example", true);
	assert_int_equal(history_resolver(p.history, &resolver)->answers, 1);
	assert_null(history_name_of(p.history, &answer, &client, TALK_BEGIN));
	past_end(&p);
}

static void
nearest_contemporaries(void **state)
{
	const struct episode *got[8];
	struct contemporaries *c;
	struct episode me;
	struct past p;
	size_t n;

	(void)state;
	past_begin(&p);
	for (int i = 0; i < 20; i++)
		if (i != 10)
			served(&p, i * 10, (uint8_t)i, 443, "");
	me = served(&p, 100, 10, 443, "");
	p.client = 2;
	served(&p, 100, 11, 443, "somebody else's");
	c = contemporaries_new(p.history);
	n = contemporaries_of(c, &me, 60 * NSEC_PER_SEC, got, 4);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		int64_t apart = llabs(got[i]->first - me.first) / NSEC_PER_SEC;

		assert_int_equal(apart, 10 * (1 + i / 2));
		assert_true(addr_equal(&got[i]->client, &me.client));
		assert_int_not_equal(got[i]->flow, me.flow);
	}
	/* None beyond the time asked for, however much room there is. */
	assert_int_equal(contemporaries_of(c, &me, 15 * NSEC_PER_SEC, got, 8), 2);
	assert_int_equal(contemporaries_of(c, &me, 0, got, 8), 0);
	contemporaries_free(c);
	contemporaries_free(NULL);
	past_end(&p);
}

/* One that began long before and still goes on is a contemporary, too. */
static void
long_lived_contemporary(void **state)
{
	const struct episode *got[8];
	struct contemporaries *c;
	struct episode me;
	struct past p;

	(void)state;
	past_begin(&p);
	talk_open(past_at(&p, 0, 1, 443));
	for (int i = 0; i < 10; i++) {
		p.talk.now += 100 * NSEC_PER_SEC;
		talk_say(&p.talk, SERVER, TH_ACK_, "still here");
	}
	past_keep(&p, "", false);
	me = in_vain(&p, 900, 2, 443, "");
	c = contemporaries_new(p.history);
	assert_int_equal(contemporaries_of(c, &me, 60 * NSEC_PER_SEC, got, 8), 1);
	contemporaries_free(c);
	past_end(&p);
}

static void
empty_history(void **state)
{
	struct history *h = history_new();
	struct contemporaries *c;
	const struct episode *got[1];
	struct episode me = {0};
	size_t n = 1;

	(void)state;
	history_episodes(h, &n);
	assert_int_equal(n, 0);
	c = contemporaries_new(h);
	assert_int_equal(contemporaries_of(c, &me, NSEC_PER_SEC, got, 1), 0);
	contemporaries_free(c);
	history_free(h);
	history_free(NULL);
}

/* A capture that goes on names more than is kept: the newest are known, and their conversations. */
static void
names_slide(void **state)
{
	enum { MANY = 3 * NAMES_MAX };
	char text[32];
	struct episode held = {0}, e;
	const char **holds[] = {&held.name};
	const struct addr a = addr_from_v4((const uint8_t[4]){203, 0, 113, 9});
	size_t i = SIZE_MAX;
	struct past p;

	(void)state;
	past_begin(&p);
	for (unsigned n = 0; n < MANY; n++) {
		snprintf(text, sizeof text, "n%u.example", n);
		e = served(&p, n, (uint8_t)(1 + n % 200), 443, text);
		assert_non_null(e.name);
		if (!n)
			held.name = e.name;
		history_make_room(p.history, (const char **const *)holds, 1);
		assert_string_equal(held.name, "n0.example");
	}
	assert_true(names_count(history_names(p.history)) <= NAMES_MAX);
	assert_true(history_forgotten(p.history) >= MANY - EPISODES_MAX);
	history_episodes(p.history, &i);
	i = SIZE_MAX;
	assert_non_null(history_named(p.history, text, &i));
	i = SIZE_MAX;
	assert_null(history_named(p.history, "n5.example", &i));
	assert_null(history_name_of(p.history, &a, &a, 0));
	past_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(outcomes_are_remembered),
	    cmocka_unit_test(found_by_server),
	    cmocka_unit_test(found_by_name),
	    cmocka_unit_test(names_are_kept_once),
	    cmocka_unit_test(oldest_are_forgotten),
	    cmocka_unit_test(names_slide),
	    cmocka_unit_test(resolvers_are_known),
	    cmocka_unit_test(names_of_addresses),
	    cmocka_unit_test(questions_of_one_conversation),
	    cmocka_unit_test(liars_teach_nothing),
	    cmocka_unit_test(nearest_contemporaries),
	    cmocka_unit_test(long_lived_contemporary),
	    cmocka_unit_test(empty_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
