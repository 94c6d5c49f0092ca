/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no true end does with a reset (Weaver, Sommer and Paxson, NDSS 2009): each detector on the
 * forgery that it is for, and on the innocent things that come nearest. */
#include "resets.h"
#include "flows.h"

static size_t
last(const struct talk *t)
{
	return flow_trace_count(t->flow) - 1;
}

static void
begin(struct talk *t)
{
	talk_begin(t, FLOWS_MAX, NULL, NULL);
	talk_open(t);
	t->now += NSEC_PER_MSEC;
	talk_say(t, CLIENT, TH_ACK_ | TH_PSH_, "a request");
	t->now += TALK_RTT;
}

/* A packet with numbers that are so far from the side's next ones. */
static size_t
odd(struct talk *t, enum side from, uint8_t flags, int seq, int ack)
{
	struct packet p = talk_packet(t, from, flags, "");

	p.seq += (uint32_t)seq;
	p.ack += (uint32_t)ack;
	p.ip_id = (uint16_t)(9000 + t->number);
	assert_non_null(talk_hear(t, p));
	return last(t);
}

static void
stale(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	talk_say(&t, SERVER, TH_ACK_ | TH_PSH_, "the answer");
	t.now += 5 * NSEC_PER_MSEC;
	assert_true(reset_is_stale(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, -10, 0)));
	talk_end(&t);

	/* Its true number; a moment later than what may have overtaken it; a kernel's reply. */
	begin(&t);
	talk_say(&t, SERVER, TH_ACK_ | TH_PSH_, "abc");
	assert_false(reset_is_stale(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	assert_false(reset_is_stale(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, -3, 0)));
	t.now += NSEC_PER_SEC;
	assert_false(reset_is_stale(t.flow, odd(&t, SERVER, TH_RST_, -3, 0)));
	assert_true(reset_is_stale(t.flow, odd(&t, SERVER, TH_RST_, -2, 0)));
	talk_end(&t);

	/* After a FIN the number before it is what some systems name. */
	begin(&t);
	talk_say(&t, SERVER, TH_ACK_ | TH_PSH_, "abc");
	talk_say(&t, SERVER, TH_ACK_ | TH_FIN_, "");
	t.now += NSEC_PER_SEC;
	assert_false(reset_is_stale(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, -1, 0)));
	talk_end(&t);
}

static void
guessed_seq(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	assert_false(reset_guesses_seq(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	t.now += NSEC_PER_MSEC;
	assert_true(reset_guesses_seq(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 1460, 0)));
	assert_true(reset_guesses_seq(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 4380, 0)));
	talk_end(&t);

	/* The same again; a lower one; one for each packet that asks. */
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0);
	assert_false(reset_guesses_seq(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	assert_false(reset_guesses_seq(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, -1, 0)));
	talk_say(&t, CLIENT, TH_ACK_, "more");
	assert_false(reset_guesses_seq(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 1460, 0)));
	talk_end(&t);
}

static void
guessed_ack(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0);
	assert_true(reset_guesses_ack(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 700)));
	talk_end(&t);

	/* South Korea's: no ACK flag, but numbers. */
	begin(&t);
	odd(&t, SERVER, TH_RST_, 0, 111);
	assert_true(reset_guesses_ack(t.flow, odd(&t, SERVER, TH_RST_, 0, 222)));
	talk_end(&t);

	/* One for each segment that was sent: both numbers are ends of segments. */
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, -9);
	assert_false(reset_guesses_ack(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	assert_false(reset_guesses_ack(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	talk_end(&t);
}

static void
repeated(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0);
	t.now += NSEC_PER_SEC / 4;
	assert_true(reset_is_repeated(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	talk_end(&t);

	/* In the same breath; asked for; without ACK flag, as kernels reply. */
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0);
	t.now += NSEC_PER_MSEC;
	assert_false(reset_is_repeated(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	t.now += NSEC_PER_SEC / 4;
	talk_say(&t, CLIENT, TH_ACK_, "more");
	assert_false(reset_is_repeated(t.flow, odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0)));
	t.now += NSEC_PER_SEC / 4;
	assert_false(reset_is_repeated(t.flow, odd(&t, SERVER, TH_RST_, 0, 0)));
	talk_end(&t);
}

static void
denied(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 0, 0);
	t.now += NSEC_PER_MSEC;
	talk_say(&t, SERVER, TH_ACK_ | TH_PSH_, "the truth");
	assert_true(data_deny_reset(t.flow, last(&t)));
	talk_end(&t);

	/* What was sent before it, and was overtaken by it, or is sent again. */
	begin(&t);
	odd(&t, SERVER, TH_RST_ | TH_ACK_, 9, 0);
	talk_say(&t, SERVER, TH_ACK_ | TH_PSH_, "the truth");
	assert_false(data_deny_reset(t.flow, last(&t)));
	talk_end(&t);
}

static void
refused_and_accepted(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	talk_say(&t, CLIENT, TH_SYN_, "");
	t.now += NSEC_PER_MSEC;
	odd(&t, SERVER, TH_RST_ | TH_ACK_, -50000, 0);
	t.now += TALK_RTT;
	talk_say(&t, SERVER, TH_SYN_ | TH_ACK_, "");
	assert_true(syn_ack_denies_reset(t.flow, last(&t)));
	assert_false(syn_ack_differs(t.flow, last(&t)));
	t.now += NSEC_PER_MSEC;
	assert_true(syn_ack_differs(t.flow, odd(&t, SERVER, TH_SYN_ | TH_ACK_, 7777, 0)));
	talk_end(&t);

	/* Refused, asked again, accepted: a server that just came up. The same SYN+ACK again. */
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	talk_say(&t, CLIENT, TH_SYN_, "");
	odd(&t, SERVER, TH_RST_ | TH_ACK_, -50000, 0);
	t.now += NSEC_PER_SEC;
	t.seq[CLIENT]--;
	talk_say(&t, CLIENT, TH_SYN_, "");
	t.now += TALK_RTT;
	talk_say(&t, SERVER, TH_SYN_ | TH_ACK_, "");
	assert_false(syn_ack_denies_reset(t.flow, last(&t)));
	assert_false(syn_ack_differs(t.flow, odd(&t, SERVER, TH_SYN_ | TH_ACK_, -1, 0)));
	talk_end(&t);
}

/* A packet with a timestamp. */
static size_t
stamped(struct talk *t, enum side from, uint8_t flags, const char *text, uint32_t tsval)
{
	struct packet p = talk_packet(t, from, flags, text);

	p.options = OPT_ANY | OPT_TS;
	p.tsval = tsval;
	p.ip_id = (uint16_t)(9000 + t->number);
	assert_non_null(talk_hear(t, p));
	t->seq[from] += p.payload_len + (flags & TH_SYN_ ? 1 : 0);
	return last(t);
}

static void
clocks(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	stamped(&t, CLIENT, TH_SYN_, "", 100);
	stamped(&t, SERVER, TH_SYN_ | TH_ACK_, "", 777000000);
	stamped(&t, CLIENT, TH_ACK_ | TH_PSH_, "a request", 101);
	t.now += TALK_RTT;
	/* The SYN+ACK may have been a proxy's. */
	assert_false(
	    clock_is_wrong(t.flow, stamped(&t, SERVER, TH_ACK_ | TH_PSH_, "yes", 5000000)));
	t.now += NSEC_PER_SEC;
	assert_false(
	    clock_is_wrong(t.flow, stamped(&t, SERVER, TH_ACK_ | TH_PSH_, "and", 5001000)));
	t.now += NSEC_PER_SEC; /* Linux' clock of microseconds */
	assert_false(clock_is_wrong(t.flow, stamped(&t, SERVER, TH_ACK_ | TH_PSH_, "so", 6001000)));
	assert_false(clock_is_wrong(t.flow, stamped(&t, SERVER, TH_RST_ | TH_ACK_, "", 6001001)));
	assert_true(clock_is_wrong(t.flow, stamped(&t, SERVER, TH_RST_ | TH_ACK_, "", 4000000)));
	assert_true(clock_is_wrong(t.flow, stamped(&t, SERVER, TH_RST_ | TH_ACK_, "", 906001001)));
	talk_end(&t);

	/* Nothing was said before it; what comes behind it tells. */
	for (int wrong = 0; wrong < 2; wrong++) {
		size_t reset;

		talk_begin(&t, FLOWS_MAX, NULL, NULL);
		stamped(&t, CLIENT, TH_SYN_, "", 100);
		stamped(&t, SERVER, TH_SYN_ | TH_ACK_, "", 5000000);
		stamped(&t, CLIENT, TH_ACK_ | TH_PSH_, "a request", 101);
		reset = stamped(&t, SERVER, TH_RST_ | TH_ACK_, "", wrong ? 91000000 : 5000001);
		assert_false(clock_is_wrong(t.flow, reset));
		t.now += TALK_RTT;
		stamped(&t, SERVER, TH_ACK_ | TH_PSH_, "an answer", 5000040);
		assert_int_equal(clock_is_wrong(t.flow, reset), wrong);
		talk_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stale),       cmocka_unit_test(guessed_seq),
	    cmocka_unit_test(guessed_ack), cmocka_unit_test(repeated),
	    cmocka_unit_test(denied),      cmocka_unit_test(refused_and_accepted),
	    cmocka_unit_test(clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
