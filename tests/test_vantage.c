/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the capture was taken, from TTLs that no router has lowered and from who waits for whom. */
#include "flows.h"

#include "vantage.h"

/* One connection with such TTLs and waits, in milliseconds: for the SYN+ACK, for the ACK. */
static void
vote(struct vantage_votes *v, uint8_t client, uint8_t server, int64_t a, int64_t b)
{
	struct talk t;
	struct look l;

	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	t.ttl[CLIENT] = client;
	t.ttl[SERVER] = server;
	if (client)
		talk_say(&t, CLIENT, TH_SYN_, "");
	t.now += a * NSEC_PER_MSEC;
	if (server)
		talk_say(&t, SERVER, TH_SYN_ | TH_ACK_, "");
	t.now += b * NSEC_PER_MSEC;
	if (client)
		talk_say(&t, CLIENT, TH_ACK_, "");
	look_at(&l, t.flow);
	vantage_vote(v, &l);
	talk_end(&t);
}

static void
single_flows(void **state)
{
	static const struct {
		uint8_t client, server;
		int64_t a, b;
		enum vantage vantage;
	} cases[] = {
	    {64, 50, 40, 0, VANTAGE_CLIENT},   {128, 50, 40, 0, VANTAGE_CLIENT},
	    {255, 50, 40, 0, VANTAGE_CLIENT},  {64, 50, 0, 40, VANTAGE_CLIENT},
	    {50, 64, 0, 40, VANTAGE_SERVER},   {50, 128, 40, 0, VANTAGE_SERVER},
	    {50, 51, 20, 20, VANTAGE_PATH},    {50, 51, 20, 0, VANTAGE_PATH},
	    {64, 64, 40, 1, VANTAGE_CLIENT},   {64, 64, 1, 40, VANTAGE_SERVER},
	    {64, 64, 20, 20, VANTAGE_UNKNOWN}, {64, 64, 0, 0, VANTAGE_UNKNOWN},
	    {64, 0, 0, 0, VANTAGE_CLIENT},     {50, 0, 0, 0, VANTAGE_SERVER},
	    {0, 64, 0, 0, VANTAGE_SERVER},     {0, 50, 0, 0, VANTAGE_CLIENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct vantage_votes v = {0};

		vote(&v, cases[i].client, cases[i].server, cases[i].a, cases[i].b);
		if (vantage_told(&v) != cases[i].vantage)
			fail_msg("case %zu: %d", i, vantage_told(&v));
	}
}

/* More than two thirds of the votes decide. */
static void
majorities(void **state)
{
	static const struct {
		struct vantage_votes votes;
		enum vantage vantage;
	} cases[] = {
	    {{0, 0, 0}, VANTAGE_UNKNOWN}, {{1, 0, 0}, VANTAGE_CLIENT},  {{0, 1, 0}, VANTAGE_SERVER},
	    {{0, 0, 1}, VANTAGE_PATH},    {{2, 1, 0}, VANTAGE_UNKNOWN}, {{3, 1, 0}, VANTAGE_CLIENT},
	    {{1, 1, 1}, VANTAGE_UNKNOWN}, {{1, 0, 3}, VANTAGE_PATH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(vantage_told(&cases[i].votes), cases[i].vantage);
}

/* DNS has no handshake; what is neither TCP nor UDP has no vote. */
static void
datagrams(void **state)
{
	static const uint8_t protos[] = {IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE};

	(void)state;
	for (size_t i = 0; i < sizeof protos; i++) {
		struct vantage_votes v = {0};
		struct talk t;
		struct look l;

		talk_begin(&t, FLOWS_MAX, NULL, NULL);
		t.proto = protos[i];
		t.ttl[SERVER] = 64;
		talk_say(&t, CLIENT, 0, "?");
		t.now += TALK_RTT;
		talk_say(&t, SERVER, 0, "!");
		look_at(&l, t.flow);
		vantage_vote(&v, &l);
		assert_int_equal(vantage_told(&v),
				 protos[i] == IPPROTO_UDP ? VANTAGE_CLIENT : VANTAGE_UNKNOWN);
		talk_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(single_flows),
	    cmocka_unit_test(majorities),
	    cmocka_unit_test(datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
