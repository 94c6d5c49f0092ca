/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rate limits: what is noted of connections that lose packets, and which losses fit a bucket. */
#include "flows.h"
#include "policer.h"
#include "look.h"
#include "rate.h"
#include "rates.h"

#include <math.h>
#include <stdio.h>

#define SEGMENT 1400
#define POINTS (1 << 15)

/* --- the record --- */

static char filler[SEGMENT + 1];

static struct talk *
transfer(struct talk *t, int segments)
{
	memset(filler, 'x', SEGMENT);
	talk_begin(t, 16, NULL, NULL);
	talk_open(t);
	talk_say(t, CLIENT, TH_PSH_ | TH_ACK_, "a request");
	t->now += TALK_RTT;
	for (int i = 0; i < segments; i++) {
		talk_say(t, SERVER, TH_ACK_, filler);
		t->now += NSEC_PER_MSEC;
	}
	return t;
}

/* The server says again what lay `back` bytes behind. */
static void
again(struct talk *t, uint32_t back, size_t n)
{
	struct packet p = talk_packet(t, SERVER, TH_ACK_, filler);

	p.seq -= back;
	p.payload.n = n;
	p.payload_len = (uint32_t)n;
	p.ip_id = ++t->ip_id[SERVER];
	talk_hear(t, p);
}

static void
healthy_flows_note_nothing(void **state)
{
	struct talk t;

	(void)state;
	transfer(&t, 40);
	assert_null(t.flow->rate);
	talk_end(&t);
	/* Nor does a loss of what has just begun. */
	transfer(&t, 3);
	again(&t, SEGMENT, SEGMENT);
	assert_null(t.flow->rate);
	talk_end(&t);
}

static void
lost_is_what_is_sent_again(void **state)
{
	struct talk t;
	struct rate_side *s;

	(void)state;
	transfer(&t, 20);
	again(&t, SEGMENT, SEGMENT); /* the record begins; what was before is not in it */
	assert_non_null(t.flow->rate);
	s = &t.flow->rate->side[SERVER];
	assert_int_equal(s->burst, 19 * SEGMENT);
	assert_int_equal(s->unplaced, 1);
	for (int i = 0; i < 5; i++)
		talk_say(&t, SERVER, TH_ACK_, filler);
	t.now += 200 * NSEC_PER_MSEC;
	again(&t, 3 * SEGMENT, SEGMENT);
	assert_int_equal(s->lost, 1);
	assert_int_equal(s->n, 7);
	assert_int_equal(s->points[3].fate, RATE_LOST);
	assert_int_equal(s->points[6].fate, RATE_PASSED);
	/* Its repetition is lost, too. */
	t.now += 200 * NSEC_PER_MSEC;
	again(&t, 3 * SEGMENT, SEGMENT);
	assert_int_equal(s->lost, 2);
	assert_int_equal(s->points[6].fate, RATE_LOST);
	/* Half of one: the other half had passed. */
	again(&t, SEGMENT, SEGMENT / 2);
	assert_int_equal(s->lost, 3);
	assert_int_equal(s->points[5].fate, RATE_PASSED);
	assert_int_equal(s->points[5].len, SEGMENT / 2);
	talk_end(&t);
	assert_int_equal(memory_held(), 0);
}

/* A connection that is over, of so many packets with so many losses. */
static void
take(struct rates *r, uint32_t n, uint32_t lost, uint32_t *points)
{
	struct flow f = {.rate = xcalloc(1, sizeof *f.rate)};
	struct rate_side *s = &f.rate->side[SERVER];
	struct look l = {.flow = &f};

	s->points = xcalloc(n, sizeof *s->points);
	s->n = s->size = n;
	s->lost = lost;
	for (uint32_t i = 0; i < n; i++)
		s->points[i] =
		    (struct rate_point){.usec = i * 900, .frame = i * 2 + 1, .len = 1400};
	memory_grows(sizeof *f.rate + n * sizeof *s->points);
	*points += n;
	rates_take(r, &l, &f);
	assert_null(f.rate);
}

static void
a_packed_record_says_the_same(void **state)
{
	static const struct rate_point points[] = {
	    {0, 7, 1, 40000, 1400, RATE_PASSED},   {120, 8, 2, 0, 1400, RATE_LOST},
	    {100, 900000, 3, 1, 1, RATE_HOLE},     {4200000000, 5, 4, 4200000000, 65535, RATE_VOID},
	    {0, UINT32_MAX, 5, 2, 0, RATE_PASSED},
	};
	enum { N = sizeof points / sizeof *points };
	struct rate_point out[N];
	struct rate *r = xcalloc(1, sizeof *r);
	uint32_t count = N;

	(void)state;
	r->side[SERVER].points = xcalloc(N, sizeof *points);
	memcpy(r->side[SERVER].points, points, sizeof points);
	r->side[SERVER].n = r->side[SERVER].size = N;
	memory_grows(sizeof *r + sizeof points);
	rate_pack(r, &count);
	assert_int_equal(count, 0);
	rate_unpack(&r->side[SERVER], out);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(out[i].usec, points[i].usec);
		assert_int_equal(out[i].frame, points[i].frame);
		assert_int_equal(out[i].delay, points[i].delay);
		assert_int_equal(out[i].len, points[i].len);
		assert_int_equal(out[i].fate, points[i].fate);
	}
	rate_free(r, &count);
	assert_int_equal(memory_held(), 0);
}

/* Those that lost too few to be suspected are forgotten in time, which is missed only if somebody
 * was suspected. */
static void
bystanders_are_bounded(void **state)
{
	uint32_t points = 0;
	struct rates *r = rates_new(&points);

	(void)state;
	for (int i = 0; i < 400; i++)
		take(r, 10000, 10, &points);
	assert_int_equal(points, 0);
	assert_in_range(memory_held(), BYSTANDERS_MAX / 4 * 3, BYSTANDERS_MAX + 65536);
	assert_int_equal(rates_forgotten(r), 0);
	take(r, 10000, 60, &points);
	assert_in_range(rates_forgotten(r), 300, 390);
	/* Nor may those who are suspected fill it all. */
	for (unsigned i = 0; i < 2000; i++)
		take(r, 10000, 60, &points);
	assert_in_range(memory_held(), RECORDS_MAX / 4 * 3, RECORDS_MAX + (1 << 20));
	assert_in_range(rates_forgotten(r), 1900, 2100);
	for (unsigned i = 0; i < 10; i++)
		take(r, 16, 15, &points);
	assert_in_range(rates_forgotten(r), 1900, 2100 + 10);
	rates_free(r);
	assert_int_equal(points, 0);
	assert_int_equal(memory_held(), 0);
}

static void
captured_twice_is_not_lost(void **state)
{
	struct talk t;
	struct rate_side *s;

	(void)state;
	transfer(&t, 20);
	again(&t, SEGMENT, SEGMENT);
	s = &t.flow->rate->side[SERVER];
	for (int i = 0; i < 4; i++)
		talk_say(&t, SERVER, TH_ACK_, filler);
	t.now += 40 * NSEC_PER_USEC;
	for (unsigned i = 4; i > 0; i--)
		again(&t, i * SEGMENT, SEGMENT);
	assert_int_equal(s->lost, 0);
	assert_int_equal(s->n, 5);
	t.now += 200 * NSEC_PER_MSEC;
	again(&t, SEGMENT, SEGMENT);
	assert_int_equal(s->lost, 1);
	talk_end(&t);
}

static void
what_was_confirmed_is_not_lost(void **state)
{
	struct talk t;
	struct rate_side *s;

	(void)state;
	transfer(&t, 20);
	again(&t, SEGMENT, SEGMENT);
	s = &t.flow->rate->side[SERVER];
	talk_say(&t, SERVER, TH_ACK_, filler);
	t.now += 30 * NSEC_PER_MSEC;
	talk_say(&t, CLIENT, TH_ACK_, "");
	again(&t, SEGMENT, SEGMENT);
	assert_int_equal(s->lost, 0);
	/* Sent in the same microsecond as the repetition before: nobody knows which it was. */
	assert_int_equal(s->points[1].delay, 0);
	t.now += NSEC_PER_MSEC;
	talk_say(&t, SERVER, TH_ACK_, filler);
	t.now += 30 * NSEC_PER_MSEC;
	talk_say(&t, CLIENT, TH_ACK_, "");
	assert_int_equal(s->points[3].delay, 30000);
	talk_end(&t);
}

static void
holes_are_lost_when_they_are_filled_late(void **state)
{
	struct talk t;
	struct rate_side *s;

	(void)state;
	transfer(&t, 20);
	again(&t, SEGMENT, SEGMENT);
	s = &t.flow->rate->side[SERVER];
	t.now += 40 * NSEC_PER_MSEC;
	t.seq[SERVER] += SEGMENT;
	talk_say(&t, SERVER, TH_ACK_, filler);
	assert_int_equal(s->points[1].fate, RATE_HOLE);
	assert_int_equal(s->lost, 0);
	t.now += 100 * NSEC_PER_MSEC;
	again(&t, 2 * SEGMENT, SEGMENT);
	assert_int_equal(s->points[1].fate, RATE_LOST);
	assert_int_equal(s->holes, 1);
	assert_int_equal(s->points[1].frame, t.number); /* where a reader finds it */
	/* It went by no later than what passed before it. */
	assert_int_equal(s->points[1].usec, s->points[0].usec);
	/* Filled at once: the packets were reordered. */
	t.seq[SERVER] += SEGMENT;
	talk_say(&t, SERVER, TH_ACK_, filler);
	t.now += NSEC_PER_MSEC;
	again(&t, 2 * SEGMENT, SEGMENT);
	assert_int_equal(s->lost, 1);
	assert_int_equal(s->points[4].fate, RATE_VOID);
	talk_end(&t);
}

static void
the_record_is_bounded(void **state)
{
	uint32_t points = RATE_POINTS_ALL;
	struct talk t;
	struct trace x;

	(void)state;
	transfer(&t, 20);
	again(&t, SEGMENT, SEGMENT);
	for (int i = 0; i < RATE_POINTS_MAX + 10; i++)
		talk_say(&t, SERVER, TH_ACK_, filler);
	assert_true(t.flow->rate->full);
	assert_int_equal(t.flow->rate->side[SERVER].n, RATE_POINTS_MAX);
	talk_end(&t);
	/* No room in all. */
	transfer(&t, 20);
	x = *flow_trace(t.flow, flow_trace_count(t.flow) - 1);
	rate_note(t.flow, &x, &points);
	assert_true(t.flow->rate->full);
	assert_int_equal(t.flow->rate->side[SERVER].n, 0);
	talk_end(&t);
	assert_int_equal(memory_held(), 0);
}

/* --- the bucket --- */

/* Senders with a window, a round trip of 100 ms, and something on the way. */
struct path {
	double rate, depth;  /* of the bucket or the queue, bytes a second and bytes */
	double fill, chance; /* chance: of a random loss */
	int64_t at;
	bool queue;
	uint32_t random;
};

static double
draw(struct path *x)
{
	x->random = x->random * 1664525 + 1013904223; /* Numerical Recipes */
	return (x->random >> 8) / 16777216.0;
}

/* What becomes of a packet. The fill is what is in the bucket, or free in the queue. */
static struct passage
pass(struct path *x, int64_t usec, uint16_t flow)
{
	struct passage p = {.usec = usec, .len = SEGMENT, .arrived = true, .flow = flow};

	p.delay = 100000 + (uint32_t)(draw(x) * 300);
	p.lost = draw(x) < x->chance;
	if (x->rate <= 0 || p.lost)
		return p;
	x->fill += x->rate * (double)(usec - x->at) / 1e6;
	x->at = usec;
	if (x->fill > x->depth)
		x->fill = x->depth;
	p.lost = x->fill < SEGMENT;
	if (p.lost)
		return p;
	x->fill -= SEGMENT;
	if (x->queue)
		p.delay += (uint32_t)((x->depth - x->fill) / x->rate * 1e6);
	return p;
}

/* `flows` connections for that many round trips, each with a window that grows by one a round trip
 * and is halved by a loss. */
static size_t
run(struct path *x, struct passage *p, unsigned flows, int rounds)
{
	double window[4] = {10, 10, 10, 10};
	size_t n = 0;

	x->fill = x->depth;
	for (int k = 0; k < rounds; k++) {
		for (unsigned f = 0; f < flows; f++) {
			bool lost = flows > 1 && draw(x) < 0.05; /* one has less to say */

			/* The bursts of several connections do not touch. */
			int64_t at = k * 100000 + (int64_t)(draw(x) * 20000) + f * 30000;

			for (int i = 0; i < (int)window[f] && n < POINTS; i++) {
				p[n] = pass(x, at + i * 200, (uint16_t)f);
				lost |= p[n++].lost;
			}
			window[f] = lost ? fmax(window[f] / 2, 2) : window[f] + 1;
		}
	}
	for (size_t i = 0; i < n; i++)
		p[i].frame = (uint32_t)i + 1;
	return n;
}

/* As a capture behind it sees it: where something is missing is known from what comes next, and
 * when it was lost only from what passed before. */
static void
seen_from_behind(struct passage *p, size_t n)
{
	int64_t last = p[0].usec;

	for (size_t i = 0; i < n; i++) {
		p[i].behind = true;
		p[i].delay = 0;
		if (p[i].lost)
			p[i].usec = last;
		last = p[i].usec;
	}
}

static struct policer_fit
fitted_from_behind(struct path *x, int rounds)
{
	struct passage *p = xcalloc(POINTS, sizeof *p);
	size_t n = run(x, p, 1, rounds);
	struct policer_fit fit;

	seen_from_behind(p, n);
	assert_true(policer_fit(p, n, 100000, &fit));
	free(p);
	return fit;
}

static struct policer_fit
fitted(struct path *x, unsigned flows, int rounds, int only)
{
	struct passage *p = xcalloc(POINTS, sizeof *p);
	size_t n = run(x, p, flows, rounds), m = 0;
	struct policer_fit fit;

	for (size_t i = 0; i < n; i++)
		if (only < 0 || p[i].flow == only)
			p[m++] = p[i];
	assert_true(policer_fit(p, m, 100000, &fit));
	free(p);
	return fit;
}

static void
a_policer_is_told(void **state)
{
	static const double rates[] = {30e3, 60e3, 180e3, 400e3}, depths[] = {8e3, 30e3, 200e3};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 3; k++) {
			struct path x = {.rate = rates[i], .depth = depths[k], .random = 1};
			struct policer_fit fit = fitted(&x, 1, 900, -1);

			if (fit.held < 0.6 && fit.score < 0.5)
				fail_msg("%g, %g: %g held, score %g", rates[i], depths[k], fit.held,
					 fit.score);
			/* A bucket that a round trip fills is full at each burst: what is held then
			 * is less than its rate. */
			if (fit.held >= 0.6 && depths[k] > 0.1 * rates[i] &&
			    fabs(fit.rate / rates[i] - 1) > 0.08)
				fail_msg("%g, %g: taken for %g", rates[i], depths[k], fit.rate);
			assert_true(fit.arrival > 3 * fit.rate);
		}
	}
}

static void
chance_is_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		struct path x = {.chance = 0.005 * (1 + i % 4), .random = i};
		struct policer_fit fit = fitted(&x, 1, 1200, -1);

		if (fit.held >= 0.45 || (fit.score >= 0.3 && fit.surprise >= 12))
			fail_msg("%u: %g held, score %g", i, fit.held, fit.score);
	}
}

static void
behind_is_as_good_as_before(void **state)
{
	static const double rates[] = {30e3, 60e3, 180e3, 400e3};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct path x = {.rate = rates[i], .depth = 12e3, .random = 1};
		struct policer_fit fit = fitted_from_behind(&x, 900);

		if (fit.score < 0.5 || fit.surprise < 12)
			fail_msg("%g: score %g", rates[i], fit.score);
	}
	for (unsigned i = 0; i < 12; i++) {
		struct path x = {.chance = 0.005 * (1 + i % 4), .random = i};
		struct policer_fit fit = fitted_from_behind(&x, 1200);

		if (fit.score >= 0.3 && fit.surprise >= 12)
			fail_msg("%u: score %g", i, fit.score);
	}
}

/* Two on one way: a bucket holds one of them, the other loses something now and then. */
static void
chance_beside_a_policer_is_told(void **state)
{
	struct path held = {.rate = 100e3, .depth = 12e3, .random = 5};
	struct path free_one = {.chance = 0.01, .random = 9};
	struct passage *p = xcalloc(POINTS, sizeof *p);
	struct policer_fit fit;
	size_t n = run(&held, p, 1, 600), m;
	struct passage *q = xcalloc(POINTS, sizeof *q);

	(void)state;
	m = run(&free_one, q, 1, 600);
	assert_true(n + m <= POINTS);
	for (size_t i = 0; i < m; i++) {
		p[n] = q[i];
		p[n].usec += 50000;
		p[n++].flow = 1;
	}
	assert_true(policer_fit(p, n, 100000, &fit));
	assert_true(fit.own[1] < 0.3);
	free(p);
	free(q);
}

static void
a_queue_is_told(void **state)
{
	static const double depths[] = {8e3, 16e3, 64e3, 200e3};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct path x = {.rate = 180e3, .depth = depths[i], .queue = true, .random = 7};
		struct policer_fit fit = fitted(&x, 1, 900, -1);

		if (fit.arrival > 1.5 * x.rate)
			fail_msg("%g: bursts arrive at %g", depths[i], fit.arrival);
	}
}

static void
a_shared_policer_is_told_together(void **state)
{
	struct path x = {.rate = 180e3, .depth = 60e3, .random = 3}, y = x;
	struct policer_fit alone = fitted(&x, 3, 900, 0), all = fitted(&y, 3, 900, -1);

	(void)state;
	assert_true(alone.held < 0.6);
	assert_true(all.held > 0.8);
	for (int i = 0; i < 3; i++)
		assert_true(all.own[i] >= 0.3);
	assert_true(fabs(all.rate / 180e3 - 1) < 0.05);
}

static void
little_says_nothing(void **state)
{
	struct passage p[20] = {{0}};
	struct policer_fit fit;

	(void)state;
	assert_false(policer_fit(p, 0, 100000, &fit));
	/* Losses, but all at one time, or of nothing. */
	for (size_t i = 0; i < 20; i++)
		p[i].lost = true;
	assert_false(policer_fit(p, 20, 100000, &fit));
	for (size_t i = 0; i < 20; i++)
		p[i].usec = (int64_t)i * 200000;
	assert_true(policer_fit(p, 20, 100000, &fit));
	assert_int_equal(fit.spans, 0);
	assert_true(isfinite(fit.score) && isfinite(fit.goodput) && isfinite(fit.surprise));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(healthy_flows_note_nothing),
	    cmocka_unit_test(lost_is_what_is_sent_again),
	    cmocka_unit_test(captured_twice_is_not_lost),
	    cmocka_unit_test(what_was_confirmed_is_not_lost),
	    cmocka_unit_test(holes_are_lost_when_they_are_filled_late),
	    cmocka_unit_test(the_record_is_bounded),
	    cmocka_unit_test(a_packed_record_says_the_same),
	    cmocka_unit_test(bystanders_are_bounded),
	    cmocka_unit_test(a_policer_is_told),
	    cmocka_unit_test(chance_is_told),
	    cmocka_unit_test(behind_is_as_good_as_before),
	    cmocka_unit_test(chance_beside_a_policer_is_told),
	    cmocka_unit_test(a_queue_is_told),
	    cmocka_unit_test(a_shared_policer_is_told_together),
	    cmocka_unit_test(little_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
