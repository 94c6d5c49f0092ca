/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts while a flow lives, and once it is judged: what was packed is read back as it was noted. */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MARK, NUMBER, TEXT, ADDRESS };
static const struct field fields[] = {
    [MARK] = {"x.mark", FACT_MARK, "a mark", .telling = true},
    [NUMBER] = {"x.number", FACT_UINT, "a number"},
    [TEXT] = {"x.text", FACT_TEXT, "a text"},
    [ADDRESS] = {"x.address", FACT_ADDR, "an address"},
    {0},
};

static void
assert_same(const struct fact *a, const struct fact *b)
{
	assert_ptr_equal(a->field, b->field);
	assert_int_equal(a->nsec, b->nsec);
	assert_true(ref_equal(a->at, b->at));
	assert_int_equal(a->message, b->message);
	assert_int_equal(a->from, b->from);
	switch (a->field->type) {
	case FACT_MARK:
		break;
	case FACT_UINT:
		assert_int_equal(a->u, b->u);
		break;
	case FACT_TEXT:
		assert_int_equal(a->text.n, b->text.n);
		assert_memory_equal(a->text.p, b->text.p, a->text.n + 1); /* with its NUL */
		break;
	case FACT_ADDR:
		assert_true(addr_equal(&a->addr, &b->addr));
		break;
	}
}

static void
assert_same_facts(const struct flow *a, const struct flow *b)
{
	assert_int_equal(a->nfacts, b->nfacts);
	for (size_t i = 0; i < a->nfacts; i++)
		assert_same(&a->facts[i], &b->facts[i]);
}

/* Numbers, times and places at both ends of their scales. */
static void
note_extremes(struct flow *f)
{
	static const int64_t times[] = {0, -1, INT64_MAX, INT64_MIN, 1772359200000000000};
	static const uint64_t numbers[] = {0, 1, 127, 128, UINT32_MAX, UINT64_MAX};
	static const uint8_t ten[4] = {10, 0, 0, 1}, six[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
	static const uint8_t bytes[300] = {0, 0xff, 'x'};
	struct addr v4 = addr_from_v4(ten), v6 = addr_from_v6(six);

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		f->at_nsec = times[i];
		f->at = (struct ref){i % 2 ? UINT32_MAX : (uint32_t)i, i % 2 ? UINT16_MAX : 0};
		f->messages = i == 2 ? UINT32_MAX - 1 : (uint32_t)i;
		for (int side = 0; side < 2; side++) {
			note(f, (enum side)side, &fields[MARK]);
			for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
				note_uint(f, (enum side)side, &fields[NUMBER], numbers[k]);
			note_text(f, (enum side)side, &fields[TEXT], (struct bytes){NULL, 0});
			note_text(f, (enum side)side, &fields[TEXT],
				  (struct bytes){bytes, sizeof bytes});
			note_addr(f, (enum side)side, &fields[ADDRESS], &v4);
			note_addr(f, (enum side)side, &fields[ADDRESS], &v6);
		}
	}
}

static void
test_extremes(void **state)
{
	struct flow packed = {0}, list = {0};

	(void)state;
	facts_unpack(&list);
	note_extremes(&list);
	note_extremes(&packed);
	assert_null(packed.facts);
	assert_int_equal(packed.bits, FLOW_ODD); /* one of the fields is telling */
	assert_int_equal(packed.nfacts, list.nfacts);
	facts_unpack(&packed);
	assert_same_facts(&packed, &list);
	/* What is noted later joins the list. */
	note_extremes(&list);
	note_extremes(&packed);
	assert_same_facts(&packed, &list);
	flow_end(&packed);
	flow_end(&list);
	assert_null(packed.packed);
	assert_int_equal(memory_held(), 0);
}

static void
note_numbers(struct flow *f, uint64_t from, uint64_t n)
{
	for (uint64_t i = from; i < from + n; i++)
		note_uint(f, CLIENT, &fields[NUMBER], i);
}

/* An unfinished message leaves nothing behind, whether it is noted again or not. */
static void
test_taking_back(void **state)
{
	struct flow f = {.at = {1, 0}, .messages = 1};
	struct noted before;

	(void)state;
	before = facts_noted(&f);
	note_numbers(&f, 90, 5); /* of nothing before */
	facts_take_back(&f, before);
	note_numbers(&f, 0, 3);
	for (uint32_t try = 0; try < 100; try++) {
		before = facts_noted(&f);
		f.at.frame = 2 + try;
		f.messages++;
		note_numbers(&f, 100UL * try, 40);
		f.messages--;
		facts_take_back(&f, before);
	}
	note_numbers(&f, 3, 2);
	facts_unpack(&f);
	assert_int_equal(f.nfacts, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(f.facts[i].u, i);
		assert_int_equal(f.facts[i].at.frame, i < 3 ? 1 : 101);
		assert_int_equal(f.facts[i].message, 1);
	}
	flow_end(&f);
}

static void
note_at(struct flow *f, int64_t nsec, uint64_t u)
{
	f->at_nsec = nsec;
	f->at.frame++;
	note_uint(f, CLIENT, &fields[NUMBER], u);
}

/* Only what was there when somebody asked for order is put in order. */
static void
test_order(void **state)
{
	static const uint64_t order[] = {1, 3, 2, 0, 5, 4};
	struct flow f = {0};

	(void)state;
	note_at(&f, 5, 0);
	note_at(&f, 1, 1);
	note_at(&f, 3, 2);
	note_at(&f, 1, 3);
	facts_sort(&f);
	note_at(&f, 9, 5);
	note_at(&f, 8, 4);
	facts_unpack(&f);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(f.facts[i].u, order[i]);
	facts_sort(&f);
	assert_int_equal(f.facts[5].u, 5);
	flow_end(&f);
}

static void
test_full(void **state)
{
	struct flow f = {0};

	(void)state;
	note_numbers(&f, 0, FACTS_MAX);
	assert_int_equal(f.bits, 0);
	note_numbers(&f, FACTS_MAX, 1);
	assert_int_equal(f.bits, FLOW_FACTS_FULL);
	facts_unpack(&f);
	assert_int_equal(f.nfacts, FACTS_MAX);
	assert_int_equal(f.facts[FACTS_MAX - 1].u, FACTS_MAX - 1);
	facts_free(&f);
	note_numbers(&f, 7, 1); /* the next part of the conversation */
	facts_unpack(&f);
	assert_int_equal(f.nfacts, 1);
	assert_int_equal(f.facts[0].u, 7);
	flow_end(&f);
}

/* What dissectors make of the payloads, in pieces of that size. */
static struct flow
heard(const struct dissector *d, const struct sample *s, bool packed, size_t piece)
{
	struct flow f;

	flow_begin(&f, d, s->carrier, 0);
	if (packed)
		facts_free(&f);
	for (size_t at = 0; at < s->n; at += piece)
		flow_hear(&f, s->from, s->carrier, s->p + at,
			  s->n - at < piece ? s->n - at : piece);
	dissect_stream_end(&f, s->from);
	assert_int_equal(f.facts == NULL, packed);
	facts_unpack(&f);
	return f;
}

static void
test_payloads(void **state)
{
	static const size_t pieces[] = {SIZE_MAX / 2, 100, 13};
	size_t facts = 0;

	(void)state;
	for (const struct dissector *const *d = dissectors; *d; d++) {
		struct samples s = samples_read((*d)->name);

		for (size_t i = 0; i < s.n; i++)
			for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
				size_t piece =
				    s.list[i].carrier == STREAM ? pieces[k] : SIZE_MAX / 2;
				struct flow a = heard(*d, &s.list[i], false, piece);
				struct flow b = heard(*d, &s.list[i], true, piece);

				assert_same_facts(&a, &b);
				facts += a.nfacts;
				flow_end(&a);
				flow_end(&b);
			}
		samples_free(&s);
	}
	assert_in_range(facts, 1000, SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_extremes), cmocka_unit_test(test_taking_back),
	    cmocka_unit_test(test_order),    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
