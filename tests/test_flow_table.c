/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of conversations: who is client, when each kind is over, who makes room, to whom an
 * ICMP error belongs, and what is counted. RFC 9293, 3.6.1; RFC 792; RFC 4443. */
#include "flows.h"

struct seen {
	unsigned n;
	uint64_t id[64];
	uint16_t bits[64], client_port[64];
};

static void
see(void *context, struct flow *f)
{
	struct seen *s = context;

	assert_in_range(s->n, 0, 63);
	s->id[s->n] = f->id;
	s->bits[s->n] = f->bits;
	s->client_port[s->n] = f->port[CLIENT];
	s->n++;
}

static void
both_ways_are_one(void **state)
{
	struct talk t;
	uint64_t id;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (int lesser = 0; lesser < 2; lesser++) {
			talk_begin(&t, FLOWS_MAX, NULL, NULL);
			if (v6)
				talk_over_v6(&t, 1, 1);
			if (lesser) {
				struct addr a = t.addr[0];

				t.addr[0] = t.addr[1];
				t.addr[1] = a;
			}
			talk_say(&t, CLIENT, TH_SYN_, "");
			assert_int_equal(t.from, CLIENT);
			id = t.flow->id;
			talk_say(&t, SERVER, TH_SYN_ | TH_ACK_, "");
			assert_int_equal(t.from, SERVER);
			assert_int_equal(t.flow->id, id);
			assert_int_equal(flow_counts(t.table)->flows, 1);
			talk_end(&t);
		}
	}
}

/* A host that talks to itself: the ports tell the sides apart. */
static void
same_address_twice(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	t.addr[SERVER] = t.addr[CLIENT];
	talk_open(&t);
	assert_int_equal(flow_counts(t.table)->flows, 1);
	assert_int_equal(t.flow->half[CLIENT].packets, 2);
	assert_int_equal(t.flow->half[SERVER].packets, 1);
	talk_end(&t);
}

static void
client_is_guessed(void **state)
{
	struct talk t;
	static const struct {
		uint16_t port[2]; /* of who speaks first, of the other */
		uint8_t flags;
		bool first_is_client, guessed, middle;
	} cases[] = {
	    {{40000, 443}, TH_SYN_, true, false, false},
	    {{443, 40000}, TH_SYN_ | TH_ACK_, false, false, false},
	    {{443, 40000}, TH_SYN_, true, false, false},
	    {{443, 40000}, TH_ACK_, false, true, true},
	    {{40000, 443}, TH_ACK_, true, true, true},
	    {{40000, 50000}, TH_ACK_, true, true, true},
	    {{80, 443}, TH_ACK_, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet p;

		talk_begin(&t, FLOWS_MAX, NULL, NULL);
		t.port[CLIENT] = cases[i].port[0];
		t.port[SERVER] = cases[i].port[1];
		p = talk_packet(&t, CLIENT, cases[i].flags, "");
		talk_hear(&t, p);
		assert_int_equal(t.from == CLIENT, cases[i].first_is_client);
		assert_int_equal(!!(t.flow->bits & FLOW_SWAPPED), cases[i].guessed);
		assert_int_equal(!!(t.flow->bits & FLOW_MIDDLE), cases[i].middle);
		assert_int_equal(t.flow->port[CLIENT],
				 cases[i].port[cases[i].first_is_client ? 0 : 1]);
		talk_end(&t);
	}
}

/* Each kind ends after its own silence, in capture time: not a nanosecond sooner, and not more
 * than an eighth later (plus a look at the clock). */
static void
over_at(void (*tell)(struct talk *t), int64_t idle)
{
	struct talk t;
	int64_t last;

	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	tell(&t);
	last = t.flow->last;
	flow_retire(t.table, last + idle);
	assert_int_equal(t.judged, 0);
	flow_retire(t.table, last + idle + idle / 8 + NSEC_PER_SEC / 10);
	assert_int_equal(t.judged, 1);
	flow_retire(t.table, INT64_MAX / 2);
	assert_int_equal(t.judged, 1);
	talk_end(&t);
	assert_int_equal(t.judged, 1);
}

static void
tell_syn(struct talk *t)
{
	talk_say(t, CLIENT, TH_SYN_, "");
}

static void
tell_refusal(struct talk *t)
{
	talk_say(t, CLIENT, TH_SYN_, "");
	talk_say(t, SERVER, TH_RST_ | TH_ACK_, "");
}

static void
tell_words(struct talk *t)
{
	talk_open(t);
	talk_say(t, CLIENT, TH_ACK_, "words");
}

static void
tell_one_farewell(struct talk *t)
{
	talk_open(t);
	talk_say(t, CLIENT, TH_FIN_ | TH_ACK_, "");
}

static void
tell_unconfirmed_farewells(struct talk *t)
{
	tell_one_farewell(t);
	talk_say(t, SERVER, TH_FIN_ | TH_ACK_, "");
}

static void
tell_datagram(struct talk *t)
{
	t->proto = IPPROTO_UDP;
	talk_say(t, CLIENT, 0, "?");
}

static void
silences(void **state)
{
	(void)state;
	over_at(tell_syn, 130 * NSEC_PER_SEC);
	over_at(tell_refusal, 60 * NSEC_PER_SEC);
	over_at(tell_words, 300 * NSEC_PER_SEC);
	over_at(tell_one_farewell, 300 * NSEC_PER_SEC);
	over_at(tell_unconfirmed_farewells, 60 * NSEC_PER_SEC);
	over_at(talk_whole, 2 * NSEC_PER_SEC);
	over_at(tell_datagram, 10 * NSEC_PER_SEC);
}

/* What was settled is judged once, though stray packets come, and its ports may be used anew. */
static void
settled_stays_settled(void **state)
{
	struct talk t;
	uint64_t id;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	talk_whole(&t);
	id = t.flow->id;
	t.now += 3 * NSEC_PER_SEC;
	flow_retire(t.table, t.now);
	assert_int_equal(t.judged, 1);
	talk_say(&t, SERVER, TH_ACK_, "late");
	assert_int_equal(t.flow->id, id);
	talk_say(&t, SERVER, TH_RST_, "");
	t.seq[CLIENT] += 12345;
	talk_say(&t, CLIENT, TH_SYN_, "");
	assert_int_not_equal(t.flow->id, id);
	assert_true(t.flow->bits & FLOW_REUSED);
	assert_int_equal(t.judged, 1);
	talk_end(&t);
	assert_int_equal(t.judged, 2);
}

/* A clock that steps back ends nothing, and one that leaps ends everything. */
static void
clocks_lie(void **state)
{
	static const int64_t first = (int64_t)1 << 62, times[] = {-first, 0, first - 1, -first};
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		t.now = times[i];
		talk_say(&t, CLIENT, TH_ACK_, "x");
		flow_retire(t.table, t.now);
	}
	assert_int_equal(flow_counts(t.table)->flows, 3);
	talk_end(&t);
	assert_int_equal(t.judged, 3);
}

/* Who makes room: what is over, then attempts, then datagrams, then open connections; of equals
 * the one that was silent for longest. */
static void
room_is_made(void **state)
{
	static const uint16_t order[] = {5, 3, 1, 6, 2, 4};
	struct seen seen = {0};
	struct talk t;

	(void)state;
	talk_begin(&t, 6, see, &seen);
	for (uint16_t i = 1; i <= 6; i++) {
		talk_between(&t, 1, 1, i, 443);
		t.proto = i == 2 || i == 6 ? IPPROTO_UDP : IPPROTO_TCP;
		t.now += NSEC_PER_MSEC;
		if (i == 4)
			talk_open(&t);
		else if (t.proto == IPPROTO_UDP)
			talk_say(&t, CLIENT, 0, "?");
		else
			talk_say(&t, CLIENT, TH_SYN_, "");
		if (i == 5)
			talk_say(&t, SERVER, TH_RST_ | TH_ACK_, "");
	}
	/* The older attempt and the older datagram make themselves heard again, so much later
	 * that it counts. */
	t.now += 20 * NSEC_PER_SEC;
	talk_between(&t, 1, 1, 1, 443);
	t.proto = IPPROTO_TCP;
	talk_say(&t, CLIENT, TH_SYN_, "");
	talk_between(&t, 1, 1, 2, 443);
	t.proto = IPPROTO_UDP;
	talk_say(&t, CLIENT, 0, "?");
	assert_int_equal(seen.n, 0);
	t.proto = IPPROTO_TCP;
	for (unsigned i = 0; i < 6; i++) {
		talk_between(&t, 2, 1, (uint16_t)(100 + i), 443);
		talk_open(&t); /* an open connection makes no room for another */
		assert_int_equal(seen.n, i + 1);
		assert_int_equal(seen.client_port[i], order[i]);
		assert_true(seen.bits[i] & FLOW_EVICTED);
	}
	assert_int_equal(flow_counts(t.table)->evicted, 6);
	talk_end(&t);
	assert_int_equal(seen.n, 12);
}

/* What was judged already makes room without anything being lost. */
static void
settled_goes_first(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 2, NULL, NULL);
	talk_say(&t, CLIENT, TH_SYN_, "");
	talk_between(&t, 1, 1, 2, 443);
	talk_whole(&t);
	t.now += 3 * NSEC_PER_SEC;
	flow_retire(t.table, t.now);
	assert_int_equal(t.judged, 1);
	talk_between(&t, 1, 1, 3, 443);
	talk_say(&t, CLIENT, TH_SYN_, "");
	assert_int_equal(t.judged, 1);
	assert_int_equal(flow_counts(t.table)->evicted, 0);
	talk_end(&t);
	assert_int_equal(t.judged, 3);
}

/* Of very many that are settled the last ones keep their names. */
static void
settled_are_few(void **state)
{
	enum { MANY = 16384 + 100 };
	struct talk t;
	uint64_t flows;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	for (unsigned i = 0; i < MANY; i++) {
		talk_between(&t, 1, 1, (uint16_t)(20000 + i), 443);
		t.now = TALK_BEGIN;
		talk_whole(&t);
	}
	t.now += 3 * NSEC_PER_SEC;
	flow_retire(t.table, t.now);
	assert_int_equal(t.judged, MANY);
	flows = flow_counts(t.table)->flows;
	talk_between(&t, 1, 1, 20000 + 100, 443);
	talk_say(&t, SERVER, TH_ACK_, "late");
	assert_int_equal(flow_counts(t.table)->flows, flows);
	talk_between(&t, 1, 1, 20000 + 99, 443);
	talk_say(&t, SERVER, TH_ACK_, "late");
	assert_int_equal(flow_counts(t.table)->flows, flows + 1);
	assert_int_equal(flow_counts(t.table)->evicted, 0);
	talk_end(&t);
}

/* The rest is judged in order of first packets, whatever its state. */
static void
drained_in_order(void **state)
{
	struct seen seen = {0};
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, see, &seen);
	for (uint16_t i = 1; i <= 20; i++) {
		talk_between(&t, 1, 1, i, 443);
		if (i % 3 == 0)
			talk_open(&t);
		else
			talk_say(&t, CLIENT, i % 3 == 1 ? TH_SYN_ : TH_RST_, "");
	}
	talk_end(&t);
	assert_int_equal(seen.n, 20);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(seen.id[i], i + 1);
}

/* A router's complaint about a packet of that side. */
static struct packet
complaint(const struct talk *t, enum side about)
{
	struct packet p = talk_packet(t, about, 0, "");

	p.quote = (struct quote){.src = t->addr[about],
				 .dst = t->addr[other_side(about)],
				 .sport = t->port[about],
				 .dport = t->port[other_side(about)],
				 .seq = t->seq[about],
				 .ip_id = 77,
				 .proto = t->proto,
				 .ttl = 1,
				 .present = true};
	p.proto = t->ip_version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	p.icmp_type = t->ip_version == 4 ? 11 : 3;
	p.dst = t->addr[about];
	p.src = t->addr[other_side(about)];
	p.src.b[15] = 254;
	p.sport = p.dport = 0;
	p.ttl = 250;
	return p;
}

static void
complaints_find_their_flow(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (int about = 0; about < 2; about++) {
			const struct icmp_error *e;
			const struct trace *last;
			struct talk t;
			struct flow *f;

			talk_begin(&t, FLOWS_MAX, NULL, NULL);
			if (v6)
				talk_over_v6(&t, 1, 1);
			talk_open(&t);
			f = t.flow;
			assert_null(talk_hear(&t, complaint(&t, (enum side)about)));
			e = f->icmp_errors;
			assert_non_null(e);
			assert_null(e->next);
			assert_int_equal(e->quoted, about);
			assert_int_equal(e->type, v6 ? 3 : 11);
			assert_int_equal(e->ttl, 250);
			assert_int_equal(e->quoted_ttl, 1);
			assert_int_equal(e->at.frame, t.number);
			assert_int_equal(e->sender.b[15], 254);
			last = flow_trace(f, flow_trace_count(f) - 1);
			assert_true(last->odd & ODD_ICMP);
			assert_int_equal(last->from, !about);
			assert_true(f->bits & FLOW_ODD);
			assert_int_equal(flow_counts(t.table)->quotes, 1);
			/* One about a conversation that nobody saw makes none. */
			t.port[CLIENT]++;
			assert_null(talk_hear(&t, complaint(&t, CLIENT)));
			assert_int_equal(flow_counts(t.table)->quotes_unknown, 1);
			assert_int_equal(flow_counts(t.table)->flows, 1);
			talk_end(&t);
		}
	}
}

static void
complaints_are_bounded(void **state)
{
	struct talk t;
	unsigned n = 0;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	t.proto = IPPROTO_UDP;
	talk_say(&t, CLIENT, 0, "?");
	for (int i = 0; i < 1000; i++)
		talk_hear(&t, complaint(&t, CLIENT));
	for (const struct icmp_error *e = t.flow->icmp_errors; e; e = e->next)
		assert_int_equal(e->at.frame, ++n + 1);
	assert_int_equal(n, FLOW_NOTES_MAX);
	assert_int_equal(flow_counts(t.table)->quotes, 1000);
	talk_end(&t);
}

/* A SYN that crosses the other side's, and one that changes who is client. */
static void
sides_change(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	talk_say(&t, CLIENT, TH_SYN_, "");
	talk_say(&t, SERVER, TH_SYN_, ""); /* simultaneous open, RFC 9293, 3.5 */
	assert_int_equal(flow_counts(t.table)->flows, 1);
	t.seq[SERVER] += 999;
	talk_say(&t, SERVER, TH_SYN_, "");
	assert_int_equal(flow_counts(t.table)->flows, 2);
	assert_int_equal(t.from, CLIENT);
	talk_end(&t);
}

static void
kinds_are_counted(void **state)
{
	static const uint8_t protos[] = {IPPROTO_TCP,  IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP,
					 IPPROTO_ICMP, IPPROTO_GRE, IPPROTO_SCTP};
	const struct flow_counts *c;
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	c = flow_counts(t.table);
	for (uint8_t i = 0; i < sizeof protos; i++) {
		talk_between(&t, 1, i, 40000, 443);
		t.proto = protos[i];
		talk_say(&t, CLIENT, i ? 0 : TH_SYN_, "");
	}
	talk_between(&t, 1, 100, 40000, 443);
	t.proto = IPPROTO_TCP;
	talk_say(&t, CLIENT, TH_ACK_, "from the middle, and alone");
	assert_int_equal(c->flows, 8);
	assert_int_equal(c->tcp, 2);
	assert_int_equal(c->udp, 2);
	assert_int_equal(c->icmp, 2);
	assert_int_equal(c->other, 2);
	assert_int_equal(c->packets, 8);
	flow_drain(t.table);
	assert_int_equal(c->one_way, 1); /* a lone SYN is an attempt */
	flow_table_free(t.table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_ways_are_one),
	    cmocka_unit_test(same_address_twice),
	    cmocka_unit_test(client_is_guessed),
	    cmocka_unit_test(silences),
	    cmocka_unit_test(settled_stays_settled),
	    cmocka_unit_test(clocks_lie),
	    cmocka_unit_test(room_is_made),
	    cmocka_unit_test(settled_goes_first),
	    cmocka_unit_test(settled_are_few),
	    cmocka_unit_test(drained_in_order),
	    cmocka_unit_test(complaints_find_their_flow),
	    cmocka_unit_test(complaints_are_bounded),
	    cmocka_unit_test(sides_change),
	    cmocka_unit_test(kinds_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
