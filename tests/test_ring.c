/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring of frames, and what was told of findings. */
#include "ring.h"
#include "told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"

/* Whatever was added, the newest frames are there, whole and in order, and fill most of the room.
 */
static void
test_ring(void **state)
{
	enum { ROOM = 10000, LARGEST = 900 };
	uint8_t bytes[LARGEST];
	uint64_t lot = 1;
	struct ring *r = ring_new(ROOM);
	struct frame f;

	(void)state;
	for (uint32_t n = 1; n < 5000; n++) {
		uint64_t at = 0;
		uint32_t first = 0, last = 0;
		size_t held = 0;

		f = (struct frame){.data = bytes, .caplen = chance(&lot, LARGEST), .number = n};
		memset(bytes, (int)(n & 0xff), f.caplen);
		ring_add(r, &f);
		while (ring_next(r, &at, &f)) {
			assert_true(!last || f.number == last + 1);
			first = first ? first : f.number;
			last = f.number;
			held += f.caplen + sizeof f;
			for (uint32_t i = 0; i < f.caplen; i++)
				assert_int_equal(f.data[i], f.number & 0xff);
		}
		assert_int_equal(last, n);
		assert_true(first == 1 || held > ROOM / 2);
	}
	f = (struct frame){.data = bytes, .caplen = ROOM};
	ring_add(r, &f); /* too large: left out */
	ring_free(r);
}

static unsigned
tell(struct told *t, uint64_t flow, double confidence, enum mechanism mechanism)
{
	struct cite cite = {.at = {7, 0}};
	struct finding f = {.flow.id = flow,
			    .mechanism = mechanism,
			    .confidence = confidence,
			    .cites = &cite,
			    .ncites = 1,
			    .nsec = (int64_t)flow};

	return told_number(t, &f);
}

static void
test_told(void **state)
{
	struct told *t = told_new(1, 1), *other = told_new(1, 1);
	const struct telling *news;
	size_t n;

	(void)state;
	told_begin(t);
	assert_int_equal(tell(t, 1, 0.7, DROP), 1);
	assert_int_equal(tell(t, 1, 0.7, RST_INJECTION), 2); /* another act in the same flow */
	assert_int_equal(tell(t, 1, 0.7, DROP), 1);
	news = told_news(t, 0, &n);
	assert_int_equal(n, 2);
	told_learn(other, news, n);

	/* The same again is no news, unless the verdict changes. */
	told_begin(t);
	assert_int_equal(tell(t, 1, 0.75, DROP), 1);
	assert_int_equal(tell(t, 1, 0.95, RST_INJECTION), 3);
	news = told_news(t, 0, &n);
	assert_int_equal(n, 1);
	assert_int_equal(news[0].number, 3);
	assert_int_equal(news[0].revises, 2);
	assert_false(news[0].withdrawn);

	/* What is not found any more is withdrawn once, if it is still asked about. */
	told_begin(t);
	assert_int_equal(tell(t, 1, 0.95, RST_INJECTION), 3);
	told_news(t, 2, &n);
	assert_int_equal(n, 0);
	told_begin(t);
	assert_int_equal(tell(t, 1, 0.95, RST_INJECTION), 3);
	news = told_news(t, 0, &n);
	assert_int_equal(n, 1);
	assert_int_equal(news[0].revises, 1);
	assert_true(news[0].withdrawn);
	told_begin(t);
	assert_int_equal(tell(t, 1, 0.95, RST_INJECTION), 3);
	told_news(t, 0, &n);
	assert_int_equal(n, 0);
	told_begin(t);
	assert_int_equal(tell(t, 1, 0.7, DROP), 5); /* found after all */

	/* Another process that has learnt it goes on from there. */
	told_begin(other);
	assert_int_equal(tell(other, 1, 0.7, DROP), 1);
	assert_int_equal(tell(other, 2, 0.7, DROP), 3);
	told_forget(other, 2);
	assert_int_equal(tell(other, 1, 0.7, DROP), 4);
	told_free(t);
	told_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ring),
					   cmocka_unit_test(test_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
