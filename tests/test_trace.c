/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the trace says of each packet. RFC 9293, 3.4 and 3.8.4;
 * RFC 6864 for IP IDs. */
#include "dissect_engine.h"
#include "flows.h"

static void
begin(struct talk *t)
{
	talk_begin(t, FLOWS_MAX, NULL, NULL);
	talk_open(t);
}

static uint16_t
last_odd(const struct talk *t)
{
	return flow_trace(t->flow, flow_trace_count(t->flow) - 1)->odd;
}

/* Bytes of a side from `at` on, counted from its first one, a second after the last packet. */
static uint16_t
tell(struct talk *t, enum side from, uint32_t at, const char *text)
{
	struct packet p = talk_packet(t, from, TH_ACK_ | TH_PSH_, text);

	p.seq = t->flow->half[from].isn + 1 + at;
	p.ip_id = t->ip_id[from]++;
	t->now += NSEC_PER_SEC;
	talk_hear(t, p);
	return last_odd(t);
}

static void
ordinary_is_not_odd(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	assert_int_equal(flow_trace(t.flow, 0)->odd, ODD_SYN);
	assert_int_equal(flow_trace(t.flow, 1)->odd, ODD_SYN);
	assert_int_equal(flow_trace(t.flow, 2)->odd, 0);
	assert_int_equal(tell(&t, CLIENT, 0, "one"), ODD_TURN);
	assert_int_equal(tell(&t, CLIENT, 3, "two"), 0);
	assert_int_equal(tell(&t, SERVER, 0, "three"), ODD_TURN);
	assert_int_equal(tell(&t, CLIENT, 6, "four"), ODD_TURN);
	assert_false(t.flow->bits & FLOW_ODD);
	assert_int_equal(t.flow->half[CLIENT].bytes, 10);
	assert_int_equal(t.flow->half[CLIENT].next_seq, t.flow->half[CLIENT].isn + 11);
	talk_end(&t);
}

static void
sequence_numbers(void **state)
{
	struct talk t;
	struct half *h;

	(void)state;
	begin(&t);
	h = &t.flow->half[CLIENT];
	tell(&t, CLIENT, 0, "abcdef");
	assert_int_equal(tell(&t, CLIENT, 0, "abcdef"), ODD_RETRANSMISSION);
	assert_int_equal(tell(&t, CLIENT, 2, "cd"), ODD_RETRANSMISSION);
	assert_int_equal(tell(&t, CLIENT, 4, "efgh"), ODD_RETRANSMISSION); /* and new ones */
	assert_int_equal(h->next_seq, h->isn + 9);
	assert_int_equal(tell(&t, CLIENT, 20, "far"), ODD_GAP);
	assert_int_equal(h->retransmissions, 3);
	assert_int_equal(h->gaps, 1);
	assert_int_equal(h->conflicts, 0);
	assert_null(t.flow->conflicts);
	talk_end(&t);
}

/* The same around the end of the number space. */
static void
numbers_wrap(void **state)
{
	struct talk t;
	struct half *h;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	t.seq[CLIENT] = UINT32_MAX - 3;
	t.seq[SERVER] = UINT32_MAX;
	talk_open(&t);
	h = &t.flow->half[CLIENT];
	assert_int_equal(tell(&t, CLIENT, 0, "abcdefgh"), ODD_TURN);
	assert_int_equal(h->next_seq, 5);
	assert_int_equal(tell(&t, CLIENT, 1, "bcd"), ODD_RETRANSMISSION);
	assert_int_equal(tell(&t, CLIENT, 8, "ij"), 0);
	assert_int_equal(tell(&t, CLIENT, 2, "cXe"), ODD_CONFLICT);
	assert_int_equal(t.flow->conflicts->seq, UINT32_MAX - 3 + 1 + 3);
	assert_int_equal(h->unseen_acked, 0);
	talk_end(&t);
}

/* RFC 9293, 3.8.4: nothing, or one byte of no meaning, from before the next one. */
static void
keepalives(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	tell(&t, CLIENT, 0, "abcdef");
	assert_int_equal(tell(&t, CLIENT, 5, ""), ODD_KEEPALIVE);
	assert_int_equal(tell(&t, CLIENT, 5, "X"), ODD_KEEPALIVE);
	assert_int_equal(tell(&t, CLIENT, 5, "XY"), ODD_CONFLICT);
	assert_int_equal(t.flow->half[CLIENT].conflicts, 1);
	assert_int_equal(t.flow->half[CLIENT].retransmissions, 0);
	talk_end(&t);
}

/* Both versions, from the byte on in which they differ. */
static void
conflicts(void **state)
{
	const struct conflict *c;
	struct talk t;
	uint32_t first;

	(void)state;
	begin(&t);
	tell(&t, CLIENT, 0, "GET /");
	tell(&t, SERVER, 0, "HTTP/1.1 302 Found");
	first = t.number;
	assert_int_equal(tell(&t, SERVER, 0, "HTTP/1.1 200 OK"), ODD_CONFLICT);
	c = t.flow->conflicts;
	assert_int_equal(c->from, SERVER);
	assert_int_equal(c->first.frame, first);
	assert_int_equal(c->second.frame, t.number);
	assert_int_equal(c->seq, t.flow->half[SERVER].isn + 1 + 9);
	assert_int_equal(c->nfirst, 9);
	assert_memory_equal(c->first_bytes, "302 Found", 9);
	assert_int_equal(c->nsecond, 6);
	assert_memory_equal(c->second_bytes, "200 OK", 6);
	assert_true(t.flow->bits & FLOW_ODD);
	/* A third version that lies askew. */
	assert_int_equal(tell(&t, SERVER, 13, "Gone"), ODD_CONFLICT);
	c = c->next;
	assert_int_equal(c->seq, t.flow->half[SERVER].isn + 1 + 13);
	assert_memory_equal(c->second_bytes, "Gone", 4);
	assert_null(c->next);
	assert_int_equal(flow_counts(t.table)->conflicts, 2);
	talk_end(&t);
}

/* Lost segments that come again, cut at other places, say the same. */
static void
recut_is_no_conflict(void **state)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog";
	struct talk t;

	(void)state;
	begin(&t);
	for (uint32_t i = 0; i + 8 < sizeof text; i += 8) {
		static char part[6][9];

		memcpy(part[i / 8], text + i, 8);
		tell(&t, SERVER, i, part[i / 8]);
	}
	for (uint32_t i = 0; i < 40; i += 3)
		assert_true(tell(&t, SERVER, i, text + i) & ODD_RETRANSMISSION);
	assert_int_equal(t.flow->half[SERVER].conflicts, 0);
	talk_end(&t);
}

static void
conflicts_are_bounded(void **state)
{
	struct talk t;
	unsigned n = 0;

	(void)state;
	begin(&t);
	tell(&t, SERVER, 0, "aaaa");
	for (int i = 0; i < 100; i++)
		tell(&t, SERVER, 0, "bbbb");
	for (const struct conflict *c = t.flow->conflicts; c; c = c->next)
		n++;
	assert_int_equal(n, FLOW_NOTES_MAX);
	/* So many versions are looked at, newest first; then the first one is out of reach. */
	assert_int_equal(t.flow->half[SERVER].conflicts, 64);
	talk_end(&t);
}

/* A segment that the snaplen cut is compared as far as it goes; padding is not compared at all. */
static void
only_what_was_captured_conflicts(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	begin(&t);
	tell(&t, SERVER, 0, "abcdef");
	p = talk_packet(&t, SERVER, TH_ACK_, "abcXXX");
	p.payload.n = 3;
	p.bits |= PKT_CUT;
	talk_hear(&t, p);
	assert_true(last_odd(&t) & ODD_RETRANSMISSION);
	p = talk_packet(&t, SERVER, TH_ACK_, "\0\0\0\0\0");
	p.payload.n = p.payload_len = 6;
	p.bits |= PKT_PADDED;
	talk_hear(&t, p);
	assert_false(last_odd(&t) & ODD_CONFLICT);
	assert_int_equal(t.flow->half[SERVER].conflicts, 0);
	talk_end(&t);
}

/* The same packet again at once, by its own word (IP ID) or by its payload. */
static void
duplicates(void **state)
{
	static const struct {
		bool v6, syn, payload, counted; /* counted: the IP ID is not zero */
		int64_t later;
		int ttl;
		bool duplicate;
	} cases[] = {
	    {false, false, true, true, 1000, 0, true},
	    {false, false, false, true, 1000, 0, true},
	    {false, false, true, true, 1000, -1, true}, /* a mirror behind a router */
	    {false, false, true, true, 1000, -2, false},
	    {false, false, true, true, 20 * NSEC_PER_MSEC, 0, false},
	    {false, false, false, false, 1000, 0, false}, /* IP ID 0: a sender may repeat it */
	    {false, false, true, false, 1000, 0, false},
	    {true, false, false, false, 1000, 0, false}, /* a duplicate ACK: RFC 5681 */
	    {true, false, true, false, 1000, 0, true},
	    {true, true, false, false, 1000, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet p;
		struct talk t;

		talk_begin(&t, FLOWS_MAX, NULL, NULL);
		if (cases[i].v6)
			talk_over_v6(&t, 1, 1);
		if (!cases[i].syn)
			talk_open(&t);
		p = talk_packet(&t, CLIENT, cases[i].syn ? TH_SYN_ : TH_ACK_,
				cases[i].payload ? "hello" : "");
		if (!cases[i].counted)
			p.ip_id = 0;
		t.now += 20 * NSEC_PER_MSEC;
		talk_hear(&t, p);
		t.now += cases[i].later;
		p.ttl = (uint8_t)(p.ttl + cases[i].ttl);
		talk_hear(&t, p);
		if (!!(last_odd(&t) & ODD_DUPLICATE) != cases[i].duplicate)
			fail_msg("case %zu", i);
		assert_int_equal(t.flow->half[CLIENT].duplicates, cases[i].duplicate);
		assert_int_equal(!!(t.flow->bits & FLOW_DUPLICATED), cases[i].duplicate);
		if (cases[i].duplicate)
			assert_int_equal(t.flow->half[CLIENT].bytes, cases[i].payload ? 5 : 0);
		talk_end(&t);
	}
}

/* Other bytes in a packet that is otherwise the same are a conflict and no duplicate. */
static void
same_header_other_bytes(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	begin(&t);
	p = talk_packet(&t, SERVER, TH_ACK_, "true!");
	talk_hear(&t, p);
	p.payload.p = (const uint8_t *)"false";
	talk_hear(&t, p);
	assert_true(last_odd(&t) & ODD_CONFLICT);
	assert_false(last_odd(&t) & ODD_DUPLICATE);
	talk_end(&t);
}

/* Resets in a burst are counted each: that is what an injector does. */
static void
equal_resets(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	begin(&t);
	p = talk_packet(&t, SERVER, TH_RST_ | TH_ACK_, "");
	for (int i = 0; i < 3; i++)
		talk_hear(&t, p);
	assert_int_equal(t.flow->half[SERVER].resets, 3);
	assert_false(t.flow->bits & FLOW_DUPLICATED);
	assert_int_equal(flow_counts(t.table)->duplicates, 0);
	talk_end(&t);
}

static void
after_the_end(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	tell(&t, SERVER, 0, "abc");
	t.seq[SERVER] += 3;
	talk_say(&t, SERVER, TH_FIN_ | TH_ACK_, "");
	t.now += NSEC_PER_SEC;
	talk_say(&t, SERVER, TH_ACK_, "");
	assert_int_equal(last_odd(&t), 0); /* a pure ACK behind a FIN */
	assert_int_equal(tell(&t, SERVER, 0, "abc"), ODD_RETRANSMISSION);
	assert_true(tell(&t, SERVER, 4, "more") & ODD_AFTER_END);
	talk_end(&t);

	begin(&t);
	talk_say(&t, SERVER, TH_RST_, "");
	assert_true(last_odd(&t) & ODD_RST);
	t.now += NSEC_PER_SEC;
	talk_say(&t, SERVER, TH_ACK_, "");
	assert_true(last_odd(&t) & ODD_AFTER_END);
	talk_say(&t, CLIENT, TH_ACK_, "x"); /* the other side did not leave */
	assert_false(last_odd(&t) & ODD_AFTER_END);
	talk_end(&t);
}

static void
confirmed_but_unseen(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	begin(&t);
	tell(&t, CLIENT, 0, "abc");
	p = talk_packet(&t, SERVER, TH_ACK_, "");
	p.ack = t.flow->half[CLIENT].isn + 4;
	talk_hear(&t, p);
	assert_int_equal(last_odd(&t), 0);
	p.ack += 1;
	p.ip_id++;
	talk_hear(&t, p);
	assert_true(last_odd(&t) & ODD_ACK_UNSEEN);
	assert_int_equal(t.flow->half[CLIENT].unseen_acked, 1);
	/* A reset's acknowledgement may be anything: that is no sign of loss. */
	p.flags = TH_RST_ | TH_ACK_;
	p.ack += 5000;
	talk_hear(&t, p);
	assert_int_equal(t.flow->half[CLIENT].unseen_acked, 1);
	talk_end(&t);
}

/* Where it begins in the middle the first number is the beginning. */
static void
from_the_middle(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	talk_say(&t, SERVER, TH_ACK_, "answer");
	assert_true(t.flow->bits & FLOW_MIDDLE);
	assert_int_equal(t.flow->half[SERVER].isn + 1, 50000);
	assert_int_equal(t.flow->half[CLIENT].isn + 1, 1000); /* as the server confirms it */
	talk_say(&t, CLIENT, TH_ACK_, "question");
	assert_int_equal(last_odd(&t), ODD_TURN);
	assert_int_equal(t.flow->half[CLIENT].unseen_acked, 0);
	assert_int_equal(t.flow->half[SERVER].unseen_acked, 0);
	talk_end(&t);
}

/* A SYN that arrives again behind the first words is an old copy: it takes nothing back. */
static void
late_syn(void **state)
{
	struct packet syn;
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	syn = talk_packet(&t, CLIENT, TH_SYN_, "");
	talk_open(&t);
	tell(&t, CLIENT, 0, "hello");
	t.now += NSEC_PER_SEC;
	talk_hear(&t, syn);
	assert_int_equal(t.flow->half[CLIENT].next_seq, 1006);
	assert_int_equal(tell(&t, CLIENT, 5, "more"), 0);
	t.seq[CLIENT] = 1010;
	talk_say(&t, SERVER, TH_ACK_, "");
	assert_int_equal(t.flow->half[CLIENT].unseen_acked, 0);
	assert_int_equal(t.flow->half[CLIENT].gaps, 0);
	talk_end(&t);
}

static void
ttl_and_timestamps(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	for (int s = 0; s < 2; s++) {
		p = talk_packet(&t, (enum side)s, s ? TH_SYN_ | TH_ACK_ : TH_SYN_, "");
		p.options = OPT_ANY | OPT_TS;
		talk_hear(&t, p);
		t.seq[s]++;
	}
	p = talk_packet(&t, SERVER, TH_ACK_, "a");
	p.options = OPT_ANY | OPT_TS;
	talk_hear(&t, p);
	assert_false(last_odd(&t) & (ODD_NO_TS | ODD_TTL));
	p.options = 0;
	p.seq++;
	p.ttl = 61;
	talk_hear(&t, p);
	assert_true(last_odd(&t) & ODD_NO_TS);
	assert_true(last_odd(&t) & ODD_TTL);
	assert_int_equal(t.flow->half[SERVER].ttl, 50);
	assert_int_equal(t.flow->half[SERVER].ttl_max, 61);
	/* A reset does not teach what is usual, and needs no timestamps (RFC 7323, 5.2). */
	p.flags = TH_RST_;
	p.ttl = 200;
	p.seq++;
	talk_hear(&t, p);
	assert_true(last_odd(&t) & ODD_TTL);
	assert_false(last_odd(&t) & ODD_NO_TS);
	assert_int_equal(t.flow->half[SERVER].ttl_max, 61);
	talk_end(&t);
}

/* Clocks that leap or step back tell of no delay. */
static void
delays_of_lying_clocks(void **state)
{
	static const struct {
		int64_t later;
		bool since, kappa;
	} cases[] = {
	    {NSEC_PER_SEC, true, true}, {(int64_t)1 << 61, true, false}, {-1, false, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk t;

		begin(&t);
		talk_say(&t, CLIENT, TH_ACK_ | TH_PSH_, "request");
		t.now += cases[i].later;
		/* Straight into the trace: the table would take it for another conversation. */
		{
			struct packet p = talk_packet(&t, SERVER, TH_RST_, "");
			struct flow_counts counts = {0};

			p.nsec = t.now;
			p.number = ++t.number;
			trace_packet(t.flow, NULL, &p, SERVER, &counts);
		}
		dissect_packets(t.flow);
		assert_int_equal(flow_first(t.flow, "tcp.since_trigger_us") != NULL,
				 cases[i].since);
		assert_int_equal(flow_first(t.flow, "tcp.kappa") != NULL, cases[i].kappa);
		talk_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_is_not_odd),
	    cmocka_unit_test(sequence_numbers),
	    cmocka_unit_test(numbers_wrap),
	    cmocka_unit_test(keepalives),
	    cmocka_unit_test(conflicts),
	    cmocka_unit_test(recut_is_no_conflict),
	    cmocka_unit_test(conflicts_are_bounded),
	    cmocka_unit_test(only_what_was_captured_conflicts),
	    cmocka_unit_test(duplicates),
	    cmocka_unit_test(same_header_other_bytes),
	    cmocka_unit_test(equal_resets),
	    cmocka_unit_test(after_the_end),
	    cmocka_unit_test(confirmed_but_unseen),
	    cmocka_unit_test(from_the_middle),
	    cmocka_unit_test(late_syn),
	    cmocka_unit_test(ttl_and_timestamps),
	    cmocka_unit_test(delays_of_lying_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
