/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many hops away a forger is placed by the TTLs of what it sent, and when it is left open. */
#include "flows.h"

#include "injector.h"

/* A conversation with forged resets of such TTLs, and what is told of it. */
static struct injector
place(uint8_t client, uint8_t server, enum side from, const uint8_t *ttls, size_t n, bool mirror)
{
	struct injector told;
	struct finding *f;
	struct talk t;
	struct look l;

	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	t.ttl[CLIENT] = client;
	t.ttl[SERVER] = server;
	talk_open(&t);
	talk_say(&t, CLIENT, TH_ACK_ | TH_PSH_, "a request");
	for (size_t i = 0; i < n; i++) {
		struct packet p = talk_packet(&t, from, TH_RST_ | TH_ACK_, "");

		t.now += NSEC_PER_MSEC;
		p.ttl = ttls[i];
		p.ip_id = (uint16_t)(4000 + i);
		talk_hear(&t, p);
	}
	look_at(&l, t.flow);
	f = finding_new(&l, RST_INJECTION, t.now);
	for (size_t i = 0; i < n; i++)
		finding_cite(f, flow_trace(t.flow, 4 + i)->at, ROLE_INJECTED);
	if (mirror)
		finding_weigh(f, "id.mirror", flow_trace(t.flow, 4)->at);
	injector_tell(f, &l);
	told = f->injector;
	finding_free(f);
	talk_end(&t);
	return told;
}

struct injector_case {
	uint8_t client, server;
	enum side from;
	uint8_t ttls[3];
	bool mirror;
	int hops; /* 0: not told */
};

static void
cases(void **state)
{
	static const struct injector_case all[] = {
	    {64, 50, SERVER, {61}, false, 3},       /* at the client */
	    {64, 50, SERVER, {125}, false, 3},      /* begins with 128 */
	    {64, 50, SERVER, {251, 251}, false, 4}, /* with 255 */
	    {62, 50, SERVER, {61}, false, 5},       /* two hops from the client */
	    {50, 64, CLIENT, {57}, false, 7},       /* at the server: from there */
	    {64, 50, SERVER, {50}, false, 0},       /* as the server's own */
	    {64, 50, SERVER, {52}, false, 0},       /* or nearly so */
	    {64, 50, SERVER, {61, 60}, false, 0},   /* it counts, or draws */
	    {64, 50, SERVER, {44}, false, 0},       /* farther than the server */
	    {64, 50, SERVER, {188}, false, 0},      /* began with something else */
	    {64, 50, SERVER, {64}, false, 0},       /* next door: who knows */
	    {64, 50, SERVER, {56}, true, 4},        /* header copied: there and back */
	    {64, 50, SERVER, {55}, true, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const struct injector_case *c = &all[i];
		size_t n = c->ttls[1] ? 2 : 1;
		struct injector told = place(c->client, c->server, c->from, c->ttls, n, c->mirror);

		if (!told.basis != !c->hops || told.hops != c->hops)
			fail_msg("case %zu: %d hops, expected %d", i, told.hops, c->hops);
		if (!c->hops)
			continue;
		assert_int_equal(told.from, other_side(c->from));
		assert_string_equal(told.basis, c->mirror ? "copied-ttl" : "ttl");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
