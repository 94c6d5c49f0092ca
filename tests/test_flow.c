/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which packets make one conversation: ports used again, silences, and networks that differ by
 * direction. RFC 9293, 3.6.1. */
#include "flow_table.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct judged {
	unsigned flows;
	uint64_t packets[64][2];
	uint8_t icmp[64];
};

static void
judge(void *context, struct flow *f)
{
	struct judged *j = context;

	assert_in_range(j->flows, 0, 63);
	j->icmp[j->flows] = f->nicmp;
	for (int s = 0; s < 2; s++)
		j->packets[j->flows][s] = f->half[s].packets;
	j->flows++;
}

struct play {
	struct flow_table *table;
	struct judged judged;
	uint32_t number, next[2];
	struct flow *last;
};

static void
begin(struct play *p)
{
	memset(p, 0, sizeof *p);
	p->table = flow_table_new(FLOWS_MAX, judge, &p->judged);
}

static void
finish(struct play *p)
{
	flow_drain(p->table);
	flow_table_free(p->table);
}

/* A segment between two ends that never change. */
static void
say(struct play *p, enum side from, uint32_t scope, uint8_t flags, uint32_t seq, unsigned seconds,
    unsigned length)
{
	static const uint8_t ends[2][4] = {{192, 0, 2, 1}, {198, 51, 100, 1}};
	static const uint16_t ports[2] = {40000, 443};
	static const uint8_t payload[64];
	struct packet pkt = {.nsec = seconds * NSEC_PER_SEC,
			     .payload = {payload, length},
			     .payload_len = length,
			     .number = ++p->number,
			     .src = addr_from_v4(ends[from]),
			     .dst = addr_from_v4(ends[other_side(from)]),
			     .scope = scope,
			     .seq = seq,
			     .ack = flags & TH_ACK_ ? p->next[other_side(from)] : 0,
			     .sport = ports[from],
			     .dport = ports[other_side(from)],
			     .ip_version = 4,
			     .proto = IPPROTO_TCP,
			     .ttl = 64,
			     .flags = flags};
	enum side side;

	p->last = flow_track(p->table, &pkt, &side);
	assert_non_null(p->last);
	assert_int_equal(side, from);
	p->next[from] = seq + length + (flags & TH_SYN_ ? 1 : 0);
	flow_retire(p->table, pkt.nsec);
}

static void
directions_may_differ(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	say(&p, CLIENT, 1, TH_SYN_, 100, 0, 0);
	say(&p, SERVER, 2, TH_SYN_ | TH_ACK_, 500, 0, 0);
	say(&p, CLIENT, 1, TH_ACK_, 101, 0, 10);
	say(&p, SERVER, 2, TH_ACK_, 501, 0, 10);
	finish(&p);
	assert_int_equal(p.judged.flows, 1);
	assert_int_equal(p.judged.packets[0][CLIENT], 2);
	assert_int_equal(p.judged.packets[0][SERVER], 2);
}

/* The same conversation seen in two networks, in any order, is two. */
static void
networks_stay_apart(void **state)
{
	static const uint32_t orders[][4] = {
	    {1, 2, 2, 1}, {1, 2, 1, 2}, {2, 1, 1, 2}, {0, 7, 7, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		const uint32_t *scope = orders[i];
		struct play p;

		begin(&p);
		say(&p, CLIENT, scope[0], TH_SYN_, 100, 0, 0);
		say(&p, CLIENT, scope[1], TH_SYN_, 100, 0, 0);
		say(&p, SERVER, scope[2], TH_SYN_ | TH_ACK_, 500, 0, 0);
		say(&p, SERVER, scope[3], TH_SYN_ | TH_ACK_, 500, 0, 0);
		say(&p, CLIENT, scope[1], TH_ACK_, 101, 0, 0);
		say(&p, CLIENT, scope[0], TH_ACK_, 101, 0, 0);
		finish(&p);
		assert_int_equal(p.judged.flows, 2);
		for (int f = 0; f < 2; f++) {
			assert_int_equal(p.judged.packets[f][CLIENT], 2);
			assert_int_equal(p.judged.packets[f][SERVER], 1);
		}
	}
}

/* The search must not grow with the networks that a hostile file makes up. */
static void
networks_are_few(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	for (uint32_t scope = 1; scope <= 60; scope++)
		say(&p, CLIENT, scope, TH_SYN_, 100, 0, 0);
	finish(&p);
	assert_int_equal(p.judged.flows, 16);
}

static void
ports_are_used_again(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	say(&p, CLIENT, 0, TH_SYN_, 100, 0, 0);
	say(&p, CLIENT, 0, TH_SYN_, 900, 1, 0); /* an attempt more: nothing was said yet */
	say(&p, SERVER, 0, TH_SYN_ | TH_ACK_, 500, 1, 0);
	say(&p, CLIENT, 0, TH_ACK_, 901, 1, 10);
	say(&p, CLIENT, 0, TH_SYN_, 900, 2, 0);  /* the same number: repeated */
	say(&p, CLIENT, 0, TH_SYN_, 5000, 3, 0); /* another connection */
	say(&p, SERVER, 0, TH_RST_ | TH_ACK_, 0, 3, 0);
	say(&p, CLIENT, 0, TH_SYN_, 7000, 4, 0); /* and another */
	finish(&p);
	assert_int_equal(p.judged.flows, 3);
	assert_int_equal(p.judged.packets[0][CLIENT], 4);
	assert_int_equal(p.judged.packets[1][CLIENT], 1);
	assert_int_equal(p.judged.packets[1][SERVER], 1);
	assert_int_equal(p.judged.packets[2][CLIENT], 1);
}

static void
silence_ends_it(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	say(&p, CLIENT, 0, TH_SYN_, 100, 0, 0);
	say(&p, SERVER, 0, TH_SYN_ | TH_ACK_, 500, 0, 0);
	say(&p, CLIENT, 0, TH_ACK_, 101, 0, 10);
	say(&p, SERVER, 0, TH_ACK_, 501, 299, 10);
	assert_int_equal(p.judged.flows, 0);
	say(&p, SERVER, 0, TH_ACK_, 511, 600, 10);
	assert_int_equal(p.judged.flows, 1);
	finish(&p);
	assert_int_equal(p.judged.flows, 2);
	assert_int_equal(p.judged.packets[0][SERVER], 2);
}

/* A capture that begins with a keep-alive: its byte is none of the stream. */
static void
keepalive_is_no_beginning(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	say(&p, CLIENT, 0, TH_ACK_, 99, 0, 1);
	assert_int_equal(p.last->half[CLIENT].bytes, 0);
	say(&p, CLIENT, 0, TH_ACK_ | TH_PSH_, 100, 1, 10);
	assert_int_equal(p.last->half[CLIENT].bytes, 10);
	assert_int_equal(p.last->half[CLIENT].isn, 99);
	assert_int_equal(p.last->half[CLIENT].retransmissions, 0);
	finish(&p);
	begin(&p);
	say(&p, CLIENT, 0, TH_ACK_ | TH_PSH_, 99, 0, 1);
	assert_int_equal(p.last->half[CLIENT].bytes, 1);
	assert_int_equal(p.last->half[CLIENT].isn, 98);
	finish(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(directions_may_differ), cmocka_unit_test(networks_stay_apart),
	    cmocka_unit_test(networks_are_few),      cmocka_unit_test(ports_are_used_again),
	    cmocka_unit_test(silence_ends_it),       cmocka_unit_test(keepalive_is_no_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
