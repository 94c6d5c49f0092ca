/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How two clocks differ, told from packets that both ends saw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compare.h"

#include <math.h>
#include <stdlib.h>

#define MSEC NSEC_PER_MSEC
#define START (1772359200 * NSEC_PER_SEC)

/* A way of so long and the time in its queues, whose far clock is ahead by offset and drifts. */
struct world {
	int64_t way[NENDS], jitter, offset;
	double drift;
	uint32_t lot;
};

static uint32_t
draw(struct world *w)
{
	w->lot = w->lot * 1664525u + 1013904223u; /* Numerical Recipes */
	return w->lot >> 8;
}

static int64_t
far_time(const struct world *w, int64_t true_time)
{
	return true_time + w->offset + (int64_t)(w->drift * (double)(true_time - START));
}

static struct clock_sample
sample(struct world *w, int64_t at, enum end sender)
{
	int64_t late = at + w->way[sender] + draw(w) % (uint32_t)(w->jitter + 1);

	if (sender == NEAR)
		return (struct clock_sample){at, far_time(w, late), NEAR};
	return (struct clock_sample){late, far_time(w, at), FAR};
}

static struct pair_clock
estimate(struct world *w, size_t n, int64_t apart, unsigned ends)
{
	struct clock_sample *v = xcalloc(n, sizeof *v);
	struct pair_clock k;

	for (size_t i = 0; i < n; i++)
		v[i] = sample(w, START + (int64_t)i * apart,
			      ends == 3   ? i % 2
			      : ends == 1 ? NEAR
					  : FAR);
	clock_estimate(v, n, &k);
	free(v);
	return k;
}

/* Of an equal way there and back all is known, as well as jitter lets. */
static void
offset_and_drift(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct world w = {.way = {20 * MSEC, 20 * MSEC},
				  .jitter = MSEC / 2,
				  .offset = ((int64_t)i - 100) * 37 * NSEC_PER_SEC,
				  .drift = ((double)i - 100) * 1e-6,
				  .lot = i};
		struct pair_clock k = estimate(&w, 400, 100 * MSEC, 3);

		assert_true(k.known && k.drift_known && !k.one_way);
		assert_true(llabs((int64_t)k.offset - w.offset) < MSEC);
		assert_true(k.offset_error > 19 * MSEC && k.offset_error < 21 * MSEC);
		assert_true(fabs(k.drift - w.drift) < 5e-6);
		assert_true(fabs(k.drift - w.drift) <= 3 * k.drift_error + 1e-9);
	}
}

/* However unequal the ways are: the truth lies within the error. */
static void
unequal_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct world w = {.way = {(1 + i) * MSEC, 3 * MSEC},
				  .jitter = 2 * MSEC,
				  .offset = -5 * NSEC_PER_SEC,
				  .lot = i};
		struct pair_clock k = estimate(&w, 300, 100 * MSEC, 3);

		assert_true(fabs(k.offset - (double)w.offset) <= k.offset_error + (double)MSEC);
		assert_true(k.least[NEAR] + k.least[FAR] >= (3 + i) * MSEC);
	}
}

/* Packets of one direction say nothing of the offset, but of the drift. */
static void
one_direction(void **state)
{
	struct world w = {.way = {50 * MSEC, 50 * MSEC}, .jitter = MSEC, .drift = 50e-6};
	struct pair_clock k;

	(void)state;
	for (unsigned ends = 1; ends <= 2; ends++) {
		k = estimate(&w, 300, 100 * MSEC, ends);
		assert_true(k.one_way && !k.known && k.offset_error == 0);
		assert_true(k.drift_known && fabs(k.drift - w.drift) < 5e-6);
	}
}

/* A few seconds of jitter tell no drift. */
static void
too_short(void **state)
{
	struct world w = {.way = {20 * MSEC, 20 * MSEC}, .jitter = MSEC};
	struct pair_clock k = estimate(&w, 80, 100 * MSEC, 3);

	(void)state;
	assert_true(k.known && !k.drift_known && k.drift == 0);
	clock_estimate(NULL, 0, &k);
	assert_false(k.known || k.one_way);
}

static void
there_and_back(void **state)
{
	struct world w = {.way = {20 * MSEC, 20 * MSEC},
			  .jitter = MSEC,
			  .offset = 3600 * NSEC_PER_SEC,
			  .drift = 80e-6};
	struct pair_clock k = estimate(&w, 400, 100 * MSEC, 3);

	(void)state;
	for (int64_t t = START; t < START + 4000 * NSEC_PER_SEC; t += 77 * NSEC_PER_SEC)
		assert_true(llabs(clock_near(&k, clock_far(&k, t)) - t) < 1000);
	/* Captures may say any time. */
	assert_true(clock_near(&k, 0) >= 0 && clock_far(&k, 0) >= 0);
	assert_true(clock_near(&k, ((int64_t)1 << 62) - 1) > 0);
	assert_true(clock_far(&k, ((int64_t)1 << 62) - 1) > 0);
}

static void
same_bytes(void **state)
{
	static const uint8_t a[] = "true words", b[] = "true woods";
	struct pair_packet p = {.bytes = a, .held = 10, .len = 10},
			   q = {.bytes = b, .held = 10, .len = 10};
	long at;

	(void)state;
	assert_false(pair_same_bytes(&p, &q, &at));
	assert_int_equal(at, 7);
	q.held = 7; /* cut before it differs */
	assert_true(pair_same_bytes(&p, &q, &at));
	q.len = 12;
	assert_false(pair_same_bytes(&p, &q, &at));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(offset_and_drift), cmocka_unit_test(unequal_ways),
	    cmocka_unit_test(one_direction),    cmocka_unit_test(too_short),
	    cmocka_unit_test(there_and_back),   cmocka_unit_test(same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
