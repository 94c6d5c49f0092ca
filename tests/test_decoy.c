/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoys of the client's are left out, and what only looks like one is not. */
#include "decoy.h"

#include "flows.h"

static const char hello[] = "the true words", other[] = "of another name";

static void
begin(struct talk *t)
{
	talk_begin(t, FLOWS_MAX, NULL, NULL);
	talk_open(t);
}

/* A packet of the client's, at its next byte; nothing is counted on. */
static struct packet
words(const struct talk *t, const char *text)
{
	return talk_packet(t, CLIENT, TH_ACK_ | TH_PSH_, text);
}

static void
hear(struct talk *t, struct packet p)
{
	t->now += NSEC_PER_MSEC;
	talk_hear(t, p);
	t->flow->bits &= (uint16_t)~FLOW_DECOY; /* as who reads packets does */
}

/* What a tool does to its decoy. */
static struct packet
spoilt(const struct talk *t, enum decoy kind)
{
	struct packet p = words(t, other);

	switch (kind) {
	case DECOY_TTL:
		p.ttl = 6;
		break;
	case DECOY_SUM:
		p.bits |= PKT_BAD_SUM;
		break;
	case DECOY_MD5:
		p.options |= OPT_MD5;
		break;
	case DECOY_CLOCK:
		p.options |= OPT_TS;
		p.tsval = flow_trace(t->flow, 0)->tsval - 600000;
		break;
	case DECOY_NO_ACK:
		p.flags = TH_PSH_;
		p.ack = 0;
		break;
	case DECOY_ACK:
		p.ack -= 66000;
		break;
	default:
		p.seq -= 10000;
	}
	return p;
}

static void
each_is_left_out(void **state)
{
	(void)state;
	for (int kind = 0; kind < NDECOYS; kind++) {
		struct talk t;
		size_t n;

		begin(&t);
		t.flow->trace[0].options |= OPT_TS;
		n = flow_trace_count(t.flow);
		for (int i = 0; i < 6; i++)
			hear(&t, spoilt(&t, (enum decoy)kind));
		assert_int_equal(flow_trace_count(t.flow), n);
		hear(&t, words(&t, hello));
		assert_int_equal(flow_trace_count(t.flow), n + 1);
		assert_int_equal(t.flow->half[CLIENT].bytes, strlen(hello));
		assert_null(t.flow->conflicts);
		assert_int_equal(t.flow->decoys->n[kind], 6);
		assert_int_equal(t.flow->decoys->at[kind].frame, t.number - 6);
		assert_int_equal(t.flow->bits & (FLOW_HELD | FLOW_RELEASED), 0);
		talk_end(&t);
	}
}

/* What dies on the way and is all that the client says is what it says. */
static void
only_words_are_words(void **state)
{
	struct packet answer;
	struct talk t;

	(void)state;
	begin(&t);
	hear(&t, spoilt(&t, DECOY_TTL));
	assert_true(t.flow->bits & FLOW_HELD);
	assert_int_equal(t.flow->half[CLIENT].bytes, 0);
	answer = talk_packet(&t, SERVER, TH_RST_ | TH_ACK_, "");
	talk_hear(&t, answer);
	assert_true(t.flow->bits & FLOW_RELEASED);
	assert_int_equal(t.flow->half[CLIENT].bytes, strlen(other));
	assert_int_equal(t.flow->decoys->n[DECOY_TTL], 0);
	/* They stand before the answer, as they came. */
	assert_int_equal(flow_trace(t.flow, 3)->from, CLIENT);
	assert_int_equal(flow_trace(t.flow, 4)->from, SERVER);
	talk_end(&t);
}

/* A capture that was edited: the only version is confirmed. */
static void
confirmed_words_are_words(void **state)
{
	struct packet ack;
	struct talk t;

	(void)state;
	begin(&t);
	hear(&t, spoilt(&t, DECOY_SUM));
	assert_true(t.flow->bits & FLOW_HELD);
	ack = talk_packet(&t, SERVER, TH_ACK_, "");
	talk_hear(&t, ack); /* of the handshake: says nothing of them */
	assert_true(t.flow->bits & FLOW_HELD);
	ack.ack += (uint32_t)strlen(other);
	talk_hear(&t, ack);
	assert_false(t.flow->bits & FLOW_HELD);
	assert_int_equal(t.flow->half[CLIENT].bytes, strlen(other));
	talk_end(&t);
}

/* Where the card makes all sums, where the SYN was signed, and where the client is far away. */
static void
what_is_usual_is_none(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	begin(&t);
	t.flow->trace[0].bits |= PKT_BAD_SUM;
	hear(&t, spoilt(&t, DECOY_SUM));
	assert_null(t.flow->decoys);
	talk_end(&t);

	begin(&t);
	p = spoilt(&t, DECOY_SUM);
	p.bits |= PKT_PARTIAL_SUM;
	hear(&t, p);
	assert_null(t.flow->decoys);
	talk_end(&t);

	begin(&t);
	t.flow->trace[0].options |= OPT_MD5;
	hear(&t, spoilt(&t, DECOY_MD5));
	assert_null(t.flow->decoys);
	talk_end(&t);

	begin(&t);
	t.flow->trace[0].ttl = 40;
	hear(&t, spoilt(&t, DECOY_TTL));
	assert_null(t.flow->decoys);
	talk_end(&t);

	/* A keep-alive before the first word, and the server's own packets. */
	begin(&t);
	p = words(&t, "x");
	p.seq--;
	hear(&t, p);
	p = talk_packet(&t, SERVER, TH_ACK_ | TH_PSH_, other);
	p.ttl = 6;
	hear(&t, p);
	assert_null(t.flow->decoys);
	talk_end(&t);
}

/* More than are kept: the first ones are, and none is forgotten when it is counted. */
static void
many_are_bounded(void **state)
{
	struct talk t;

	(void)state;
	begin(&t);
	for (int i = 0; i < 1000; i++)
		hear(&t, spoilt(&t, DECOY_TTL));
	assert_int_equal(t.flow->decoys->nheld, HELD_MAX);
	hear(&t, words(&t, hello));
	assert_int_equal(t.flow->decoys->n[DECOY_TTL], 1000);
	talk_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_left_out),          cmocka_unit_test(only_words_are_words),
	    cmocka_unit_test(confirmed_words_are_words), cmocka_unit_test(what_is_usual_is_none),
	    cmocka_unit_test(many_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
