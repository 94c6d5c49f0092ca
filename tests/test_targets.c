/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of each name and address: the four states, how surely, in which order, how many. */
#include "complain.h"
#include "pasts.h"

#include "targets.h"

#include <math.h>

struct verdicts {
	struct past past;
	struct finding *findings[SUSPICIONS_MAX];
	struct arena *arena;
	struct services *services; /* NULL: none */
	struct target *targets;
	size_t n, left_out;
};

static void
begin(struct verdicts *v)
{
	memset(v, 0, sizeof *v);
	past_begin(&v->past);
	v->arena = arena_new();
}

static void
end(struct verdicts *v)
{
	arena_free(v->arena);
	past_end(&v->past);
}

/* Accuses that conversation, so surely. */
static struct finding *
accuse(struct verdicts *v, const struct episode *e, enum mechanism m, double confidence)
{
	struct finding *f = suspected(&v->past, e, m, STAGE_FIRST_DATA, "trigger.name");

	f->confidence = confidence;
	f->number = (unsigned)v->past.correlation.n;
	v->findings[v->past.correlation.n - 1] = f;
	return f;
}

static void
conclude(struct verdicts *v, const char *only)
{
	targets_tell(v->arena, v->services, v->past.history, v->findings, v->past.correlation.n,
		     only, &v->targets, &v->n, &v->left_out);
}

static const struct target *
target(const struct verdicts *v, const char *name, enum target_kind kind)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->targets[i].name, name) == 0 && v->targets[i].kind == kind)
			return &v->targets[i];
	fail_msg("no target %s", name);
	return NULL;
}

static void
assert_near(double a, double b)
{
	if (fabs(a - b) > 1e-9)
		fail_msg("%.9f is not %.9f", a, b);
}

static void
four_states(void **state)
{
	const struct target *t;
	struct verdicts v;
	struct episode e;

	(void)state;
	begin(&v);
	e = unheard(&v.past, 0, 1, 443, "blocked.example");
	accuse(&v, &e, DROP, 0.8);
	e = unheard(&v.past, 10, 2, 443, "impaired.example");
	accuse(&v, &e, DROP, 0.7);
	served(&v.past, 20, 2, 443, "impaired.example");
	served(&v.past, 30, 3, 443, "fine.example");
	unheard(&v.past, 40, 4, 443, "unclear.example");
	e = unheard(&v.past, 50, 5, 443, "suspected.example");
	accuse(&v, &e, DROP, 0.5);
	conclude(&v, NULL);
	assert_int_equal(v.n, 5);
	t = target(&v, "blocked.example", TARGET_DOMAIN);
	assert_int_equal(t->state, STATE_BLOCKED);
	assert_near(t->confidence, 0.8);
	assert_int_equal(t->flows, 1);
	assert_int_equal(t->interfered, 1);
	assert_int_equal(t->mechanisms, 1u << DROP);
	t = target(&v, "impaired.example", TARGET_DOMAIN);
	assert_int_equal(t->state, STATE_IMPAIRED);
	assert_int_equal(t->flows, 2);
	assert_int_equal(t->interfered, 1);
	t = target(&v, "fine.example", TARGET_DOMAIN);
	assert_int_equal(t->state, STATE_REACHABLE);
	assert_near(t->confidence, 1);
	t = target(&v, "unclear.example", TARGET_DOMAIN);
	assert_int_equal(t->state, STATE_UNCLEAR);
	assert_near(t->confidence, 0);
	/* What may be is no interference. */
	t = target(&v, "suspected.example", TARGET_DOMAIN);
	assert_int_equal(t->state, STATE_UNCLEAR);
	assert_int_equal(t->interfered, 0);
	assert_int_equal(t->mechanisms, 0);
	assert_int_equal(t->nfindings, 1);
	assert_near(t->confidence, 0.5);
	end(&v);
}

/* Attempts in a row that fared alike are one span; of what always worked nothing is told. */
static void
turns_are_told(void **state)
{
	static const enum fate fates[] = {FATE_WORKED, FATE_FAILED, FATE_WORKED};
	static const uint64_t attempts[] = {1, 2, 1};
	const struct target *t;
	struct verdicts v;
	struct episode e;

	(void)state;
	begin(&v);
	served(&v.past, 0, 1, 443, "turns.example");
	unheard(&v.past, 10, 1, 443, "turns.example");
	e = unheard(&v.past, 20, 1, 443, "turns.example");
	served(&v.past, 30, 1, 443, "turns.example");
	served(&v.past, 40, 3, 443, "fine.example");
	conclude(&v, NULL);
	t = target(&v, "turns.example", TARGET_DOMAIN);
	assert_int_equal(t->nspans, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(t->spans[i].fate, fates[i]);
		assert_int_equal(t->spans[i].attempts, attempts[i]);
		assert_int_equal(t->spans[i].function, NFUNCTIONS);
	}
	assert_true(t->spans[1].to == e.first);
	assert_true(t->spans[1].from < t->spans[1].to);
	assert_int_equal(target(&v, "fine.example", TARGET_DOMAIN)->nspans, 0);
	end(&v);
}

/* Findings of unlike kinds make it surer, those of one kind do not; several of one flow are one. */
static void
findings_add_up(void **state)
{
	const struct target *t;
	struct verdicts v;
	struct episode e;

	(void)state;
	begin(&v);
	e = unheard(&v.past, 0, 1, 443, "bad.example");
	accuse(&v, &e, DROP, 0.8);
	accuse(&v, &e, RST_INJECTION, 0.7);
	e = unheard(&v.past, 20, 1, 443, "bad.example");
	accuse(&v, &e, DROP, 0.9);
	conclude(&v, NULL);
	t = target(&v, "bad.example", TARGET_DOMAIN);
	assert_near(t->confidence, 1 - 0.3 * 0.1);
	assert_int_equal(t->flows, 2);
	assert_int_equal(t->interfered, 2);
	assert_int_equal(t->mechanisms, 1u << DROP | 1u << RST_INJECTION);
	assert_int_equal(t->nfindings, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(t->findings[i], i + 1);
	end(&v);
}

static void
never_certain(void **state)
{
	struct verdicts v;

	(void)state;
	begin(&v);
	for (int i = 0; i < 40; i++) {
		struct episode e = unheard(&v.past, 10 * i, 1, 443, "bad.example");

		accuse(&v, &e, DROP, 0.95);
	}
	conclude(&v, NULL);
	assert_near(v.targets[0].confidence, 0.95);
	assert_int_equal(v.targets[0].nfindings, 40);
	end(&v);
	begin(&v);
	for (int i = 0; i < 4; i++) {
		static const enum mechanism unlike[] = {DROP, RST_INJECTION, BLOCK_PAGE, FREEZE};
		struct episode e = unheard(&v.past, 10 * i, 1, 443, "bad.example");

		accuse(&v, &e, unlike[i], 0.95);
	}
	conclude(&v, NULL);
	assert_near(v.targets[0].confidence, 0.999);
	end(&v);
}

/* An address without a name is a target of its own; what else went there counts as well. */
static void
nameless_addresses(void **state)
{
	(void)state;
	for (int fine = 0; fine < 2; fine++) {
		const struct target *t;
		struct verdicts v;
		struct episode e;

		begin(&v);
		if (fine)
			served(&v.past, 0, 1, 80, "");
		e = in_vain(&v.past, 10, 1, 443, "");
		accuse(&v, &e, DROP, 0.5);
		accuse(&v, &e, ICMP_REJECTION, 0.9);
		conclude(&v, NULL);
		assert_int_equal(v.n, 1);
		t = target(&v, "198.51.100.1", TARGET_ADDRESS);
		assert_int_equal(t->flows, 1 + fine);
		assert_int_equal(t->interfered, 1);
		assert_int_equal(t->state, fine ? STATE_IMPAIRED : STATE_BLOCKED);
		end(&v);
	}
}

/* The DNS answers of the capture give addresses their names. */
static void
names_from_dns(void **state)
{
	struct verdicts v;
	struct episode e;

	(void)state;
	begin(&v);
	resolved(&v.past, 0, 0.02, 53, "bad.example", 7);
	talk_between(&v.past.talk, 1, 1, 10500, 443);
	v.past.talk.proto = IPPROTO_TCP;
	v.past.talk.addr[SERVER] = addr_from_v4((const uint8_t[4]){203, 0, 113, 7});
	talk_say(&v.past.talk, CLIENT, TH_SYN_, "");
	e = past_keep(&v.past, "", true);
	accuse(&v, &e, DROP, 0.7);
	conclude(&v, NULL);
	assert_int_equal(v.n, 1);
	assert_string_equal(v.targets[0].name, "bad.example");
	assert_int_equal(v.targets[0].kind, TARGET_DOMAIN);
	assert_int_equal(v.targets[0].state, STATE_BLOCKED);
	assert_int_equal(v.targets[0].flows, 2);
	end(&v);
}

/* A resolver that lies is a target; one in whose name others speak is none. */
static void
resolvers(void **state)
{
	(void)state;
	for (int injected = 0; injected < 2; injected++) {
		struct verdicts v;
		struct episode e;
		size_t n = 0;

		begin(&v);
		resolved(&v.past, 0, 0.02, 53, "good.example", 7);
		e = resolved(&v.past, 1, 0.02, 53, "bad.example", 0);
		accuse(&v, &e, injected ? DNS_INJECTION : DNS_TAMPERING, 0.95);
		conclude(&v, NULL);
		for (size_t i = 0; i < v.n; i++)
			n += v.targets[i].kind == TARGET_RESOLVER;
		assert_int_equal(n, !injected);
		if (!injected) {
			const struct target *t = target(&v, "198.51.100.53", TARGET_RESOLVER);

			assert_int_equal(t->state, STATE_IMPAIRED);
			assert_int_equal(t->mechanisms, 1u << DNS_TAMPERING);
		}
		assert_int_equal(target(&v, "bad.example", TARGET_DOMAIN)->state, STATE_BLOCKED);
		end(&v);
	}
}

/* Blocked first, then impaired, unclear, reachable; by name. */
static void
in_order(void **state)
{
	static const char *const order[] = {"d.example", "e.example", "c.example",
					    "b.example", "a.example", "f.example"};
	struct verdicts v;
	struct episode e;

	(void)state;
	begin(&v);
	served(&v.past, 0, 1, 443, "a.example");
	served(&v.past, 1, 6, 443, "f.example");
	unheard(&v.past, 5, 2, 443, "b.example");
	served(&v.past, 10, 3, 443, "c.example");
	e = unheard(&v.past, 15, 3, 443, "c.example");
	accuse(&v, &e, DROP, 0.9);
	e = unheard(&v.past, 20, 5, 443, "e.example");
	accuse(&v, &e, DROP, 0.6);
	e = unheard(&v.past, 25, 4, 443, "d.example");
	accuse(&v, &e, DROP, 0.6);
	conclude(&v, NULL);
	assert_int_equal(v.n, 6);
	for (size_t i = 0; i < v.n; i++)
		assert_string_equal(v.targets[i].name, order[i]);
	conclude(&v, "C.EXAMPLE");
	assert_int_equal(v.n, 1);
	assert_string_equal(v.targets[0].name, "c.example");
	end(&v);
}

static void
bounded(void **state)
{
	struct verdicts v;
	struct episode e;
	char name[32];

	(void)state;
	begin(&v);
	for (int i = 0; i < TARGETS_MAX + 7; i++) {
		snprintf(name, sizeof name, "a%d.example", i);
		served(&v.past, i, (uint8_t)i, 443, name);
	}
	e = unheard(&v.past, 5, 5, 443, "z.example");
	accuse(&v, &e, DROP, 0.9);
	conclude(&v, NULL);
	assert_int_equal(v.n, TARGETS_MAX);
	assert_int_equal(v.left_out, 8);
	assert_string_equal(v.targets[0].name, "z.example");
	end(&v);
}

/* None that was interfered with is left out, as the limits say. */
static void
victims_are_all_told(void **state)
{
	enum { MANY = TARGETS_MAX + 20 };
	static struct finding *findings[MANY];
	struct verdicts v;
	char name[32];

	(void)state;
	begin(&v);
	for (int i = 0; i < MANY; i++) {
		struct flow flow = {.proto = IPPROTO_TCP, .id = (uint64_t)i + 1};
		struct look l = {.flow = &flow};

		snprintf(l.name, sizeof l.name, "a%d.example", i);
		findings[i] = finding_new(&l, DROP, i);
		findings[i]->confidence = 0.9;
		snprintf(name, sizeof name, "b%d.example", i);
		served(&v.past, i, (uint8_t)i, 443, name);
	}
	targets_tell(v.arena, NULL, v.past.history, findings, MANY, NULL, &v.targets, &v.n,
		     &v.left_out);
	assert_int_equal(v.n, MANY);
	assert_int_equal(v.left_out, MANY);
	for (size_t i = 0; i < v.n; i++)
		assert_int_equal(v.targets[i].interfered, 1);
	for (int i = 0; i < MANY; i++)
		finding_free(findings[i]);
	end(&v);
}

/* A few controls are shown, each once, in words and with its frame. */
static void
controls(void **state)
{
	struct verdicts v;
	struct finding *f;
	struct episode e;
	struct cite *c;

	(void)state;
	begin(&v);
	e = unheard(&v.past, 0, 1, 443, "bad.example");
	f = accuse(&v, &e, DROP, 0.9);
	for (uint32_t i = 0; i < 10; i++) {
		c = finding_cite(f, (struct ref){100 + i / 2, 0},
				 i & 1 ? ROLE_CONTROL : ROLE_TRIGGER);
		finding_observe(f, c, "control", NULL, "it worked");
	}
	f = accuse(&v, &e, RST_INJECTION, 0.9);
	c = finding_cite(f, (struct ref){100, 0}, ROLE_CONTROL);
	finding_observe(f, c, "control", NULL, "it worked");
	conclude(&v, NULL);
	assert_int_equal(v.targets[0].ncontrols, 4);
	assert_string_equal(v.targets[0].controls[0], "it worked, frame 100");
	assert_string_equal(v.targets[0].controls[3], "it worked, frame 103");
	end(&v);
}

static void
expect_functions(const struct target *t, enum target_state state, const char *words)
{
	char text[256] = "";
	size_t n = 0;

	for (int i = 0; i < NFUNCTIONS; i++)
		if (t->functions[i])
			n += (size_t)snprintf(text + n, sizeof text - n, "%s %s; ",
					      function_words[i],
					      target_state_words[t->functions[i] - 1]);
	assert_string_equal(text, words);
	assert_int_equal(t->state, state);
}

/* A service's functions fare each in its own way; that its names are found is no success beside
 * attempts that failed; what its address hints at counts where the service was met. */
static void
functions_of_services(void **state)
{
	struct complaints c = {.all = stderr};
	const struct target *t;
	struct verdicts v;
	struct episode e;

	(void)state;
	begin(&v);
	v.services = services_load(SOURCE_ROOT "/services", &c);
	resolved(&v.past, 0, 0.01, 250, "web.whatsapp.com", 1);
	resolved(&v.past, 0.1, 0.01, 250, "whatsapp.com", 0);
	e = unheard(&v.past, 1, 1, 443, "web.whatsapp.com");
	accuse(&v, &e, DROP, 0.9);
	served(&v.past, 10, 2, 5222, "g.whatsapp.net");
	unheard(&v.past, 20, 3, 443, "mmg.whatsapp.net");
	resolved(&v.past, 30, 0.01, 250, "signal.org", 4);
	e = unheard(&v.past, 31, 5, 443, "chat.signal.org");
	accuse(&v, &e, DROP, 0.8);
	served(&v.past, 40, 6, 443, "max.ru");
	unheard(&v.past, 50, 7, 443, "telegram.org");
	conclude(&v, NULL);
	t = target(&v, "whatsapp", TARGET_SERVICE);
	expect_functions(t, STATE_IMPAIRED,
			 "dns reachable; web blocked; chat reachable; media unclear; ");
	assert_int_equal(t->flows, 5);
	assert_int_equal(t->interfered, 1);
	assert_int_equal(t->nfindings, 1);
	assert_near(t->confidence, 0.9);
	t = target(&v, "signal", TARGET_SERVICE);
	expect_functions(t, STATE_BLOCKED, "dns reachable; chat blocked; ");
	assert_int_equal(t->mechanisms, 1u << DROP);
	expect_functions(target(&v, "max", TARGET_SERVICE), STATE_REACHABLE, "web reachable; ");
	expect_functions(target(&v, "telegram", TARGET_SERVICE), STATE_UNCLEAR, "web unclear; ");
	for (size_t i = 0; i < v.n; i++)
		assert_string_not_equal(v.targets[i].name, "viber");
	services_free(v.services);
	end(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(functions_of_services),
	    cmocka_unit_test(four_states),
	    cmocka_unit_test(turns_are_told),
	    cmocka_unit_test(findings_add_up),
	    cmocka_unit_test(never_certain),
	    cmocka_unit_test(nameless_addresses),
	    cmocka_unit_test(names_from_dns),
	    cmocka_unit_test(resolvers),
	    cmocka_unit_test(in_order),
	    cmocka_unit_test(bounded),
	    cmocka_unit_test(victims_are_all_told),
	    cmocka_unit_test(controls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
