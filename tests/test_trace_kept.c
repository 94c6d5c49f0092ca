/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which packets the trace keeps of thousands: the first, the last and the odd ones, in order. */
#include "flows.h"

#include "kept.h"

/* What trace.c keeps: 6 first ones, 40 odd ones, of which 20 weak, and 4 last ones. */
#define HEAD 6
#define KEPT 46
#define TAIL 4

static void
begin(struct talk *t)
{
	talk_begin(t, FLOWS_MAX, NULL, NULL);
	talk_open(t);
}

/* Bytes of a side from `at` on, counted from its first one, a second after the last packet. */
static void
tell(struct talk *t, enum side from, uint32_t at, const char *text)
{
	struct packet p = talk_packet(t, from, TH_ACK_ | TH_PSH_, text);

	p.seq = t->flow->half[from].isn + 1 + at;
	p.ip_id = t->ip_id[from]++;
	t->now += NSEC_PER_SEC;
	talk_hear(t, p);
}

static void
assert_in_order(const struct flow *f)
{
	for (size_t i = 1; i < flow_trace_count(f); i++)
		assert_true(flow_trace(f, i - 1)->at.frame < flow_trace(f, i)->at.frame);
}

static bool
is_kept(const struct flow *f, uint32_t frame)
{
	for (size_t i = 0; i < flow_trace_count(f); i++)
		if (flow_trace(f, i)->at.frame == frame)
			return true;
	return false;
}

/* Of thousands of packets the first, the last and the odd ones stay, in order. */
static void
bounded_and_in_order(void **state)
{
	struct talk t;
	uint32_t odd[12];
	size_t n = 0;

	(void)state;
	begin(&t);
	for (int i = 0; i < 5000; i++) {
		if (i % 500 == 250) {
			tell(&t, SERVER, 0, "other");
			odd[n++] = t.number;
		}
		t.now += NSEC_PER_MSEC;
		talk_say(&t, i & 1 ? SERVER : CLIENT, TH_ACK_, i & 1 ? "bytes" : "");
		if (i % 97 == 0)
			assert_in_order(t.flow);
		assert_in_range(flow_trace_count(t.flow), 1, KEPT + TAIL);
	}
	assert_in_order(t.flow);
	assert_int_equal(n, 10);
	for (size_t i = 0; i < n; i++)
		assert_true(is_kept(t.flow, odd[i]));
	for (uint32_t i = 1; i <= HEAD; i++)
		assert_true(is_kept(t.flow, i));
	for (uint32_t i = 0; i < TAIL; i++)
		assert_true(is_kept(t.flow, t.number - i));
	assert_false(t.flow->bits & FLOW_TRACE_FULL);
	assert_int_equal(flow_trace(t.flow, flow_trace_count(t.flow) - 1)->at.frame, t.number);
	talk_end(&t);
}

/* The weak ones leave room for the strong ones, and a full trace says so. */
static void
full_trace(void **state)
{
	struct talk t;
	uint32_t strong;

	(void)state;
	begin(&t);
	for (int i = 0; i < 2000; i++) {
		talk_say(&t, SERVER, TH_ACK_, "bytes");
		tell(&t, SERVER, 0, "bytes");
	}
	assert_int_equal(flow_trace_count(t.flow), HEAD + 20 + TAIL);
	assert_false(t.flow->bits & FLOW_TRACE_FULL);
	tell(&t, SERVER, 0, "other");
	strong = t.number;
	for (int i = 0; i < 100; i++)
		talk_say(&t, CLIENT, TH_ACK_, "");
	assert_true(is_kept(t.flow, strong));
	for (int i = 0; i < 100; i++)
		tell(&t, SERVER, 0, "other");
	assert_int_equal(flow_trace_count(t.flow), KEPT + TAIL);
	assert_true(t.flow->bits & FLOW_TRACE_FULL);
	assert_in_order(t.flow);
	talk_end(&t);
}

/* What is counted does not run over into nothing. */
static void
counters_saturate(void **state)
{
	struct packet p;
	struct talk t;

	(void)state;
	begin(&t);
	p = talk_packet(&t, SERVER, TH_RST_, "");
	for (unsigned i = 0; i < 65536; i++) {
		p.seq++;
		talk_hear(&t, p);
	}
	assert_true(t.flow->half[SERVER].resets > 0);
	p = talk_packet(&t, CLIENT, TH_FIN_ | TH_ACK_, "");
	for (unsigned i = 0; i < 65536; i++) {
		p.ip_id++;
		talk_hear(&t, p);
	}
	assert_true(t.flow->half[CLIENT].fins > 0);
	talk_end(&t);

	talk_begin(&t, FLOWS_MAX, NULL, NULL);
	p = talk_packet(&t, CLIENT, TH_SYN_, "");
	for (unsigned i = 0; i < 65536; i++) {
		p.ip_id++;
		talk_hear(&t, p);
	}
	assert_true(t.flow->half[CLIENT].syns > 2);
	talk_end(&t);
}

/* Segments are compared until they are forgotten, and newer ones after that. */
static void
forgotten_segments(void **state)
{
	struct packet first = {.number = 1, .seq = 100}, second = {.number = 2, .seq = 102};
	struct flow f = {.id = 1};
	struct kept *k = kept_new();
	struct conflict c;

	(void)state;
	first.payload = bytes_of("hello");
	second.payload = bytes_of("LLO");
	for (int i = 0; i < 100; i++) /* beyond the first page */
		kept_add(k, &f, SERVER, &first);
	assert_true(kept_compare(k, &f, SERVER, &second, &c));
	assert_int_equal(c.first.frame, 1);
	kept_forget(k);
	assert_false(kept_compare(k, &f, SERVER, &second, &c));
	kept_add(k, &f, SERVER, &first);
	assert_true(kept_compare(k, &f, SERVER, &second, &c));
	kept_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forgotten_segments),
	    cmocka_unit_test(bounded_and_in_order),
	    cmocka_unit_test(full_trace),
	    cmocka_unit_test(counters_saturate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
