/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fingerprints that the program brings along: each can fire, and each condition matters. */
#include "fingerprint_kit.h"

#include "explain.h"

/* Where the text of a list's first entry becomes a value. */
static void
list_value(const struct list *l, struct fact *f)
{
	unsigned prefix;

	assert_true(list_entries(l) > 0);
	if (list_match(l) != LIST_NETWORK)
		f->text = list_text(l, 0);
	else
		list_network(l, 0, &f->addr, &prefix);
}

static bool
all_hold(const struct condition *const *c, size_t n, const struct fact *f)
{
	for (size_t i = 0; i < n; i++)
		if (!condition_holds(c[i], f))
			return false;
	return true;
}

/* A value for the field that satisfies all the conditions on it. */
static void
find_value(const struct condition *const *c, size_t n, struct fact *f)
{
	static char joined[512];

	for (size_t i = 0; i < n; i++) {
		for (int step = -1; step <= 1 && f->field->type == FACT_UINT; step++) {
			f->u = c[i]->u + (uint64_t)(int64_t)step;
			if (all_hold(c, n, f))
				return;
		}
		if (f->field->type == FACT_ADDR)
			f->addr = c[i]->addr;
		if (f->field->type == FACT_TEXT)
			f->text = c[i]->text;
		if (c[i]->op == OP_IN)
			list_value(c[i]->list, f);
		if (all_hold(c, n, f))
			return;
	}
	/* Several markers in one text. */
	joined[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%.*s",
			 (int)c[i]->text.n, (const char *)c[i]->text.p);
	f->text = bytes_of(joined);
	if (!all_hold(c, n, f))
		fail_msg("no value of %s satisfies its conditions", f->field->name);
}

/* Facts of one packet that satisfy a term; all but the condition number `without`. */
static void
witness_packet(const struct term *t, uint32_t frame, int64_t nsec, size_t without)
{
	for (size_t i = 0; i <= t->nwith; i++) {
		const struct condition *same[WITH_MAX + 1], *c = i ? &t->with[i - 1] : &t->what;
		size_t n = 0;
		bool before = false;
		struct fact *f;

		if (i == without)
			continue;
		for (size_t k = 0; k <= t->nwith; k++) {
			const struct condition *o = k ? &t->with[k - 1] : &t->what;

			if (k == without || strcmp(o->field->name, c->field->name) != 0)
				continue;
			before |= k < i;
			same[n++] = o;
		}
		if (before)
			continue; /* one fact satisfies them all */
		f = add(HELLO, t->any_side ? SERVER : t->side, frame, 0);
		f->field = c->field;
		f->nsec = nsec;
		find_value(same, n, f);
	}
}

#define NOTHING SIZE_MAX

/* A flow that fits the stanza; without line `line` at all, or without its condition `without`. */
static void
witness(const struct stanza *s, size_t line, size_t without)
{
	uint32_t frame = 10;
	int64_t nsec = 1000 * NSEC_PER_SEC;

	begin();
	for (size_t i = 0; i < s->nlines; i++) {
		const struct term *t = &s->lines[i];

		for (unsigned k = 0; k < t->times; k++, frame++, nsec += NSEC_PER_USEC)
			if (i != line || without != NOTHING)
				witness_packet(t, frame, nsec, i == line ? without : NOTHING);
	}
}

static bool
fits_stanza(const struct fingerprints *db, const struct stanza *s)
{
	const struct fact *facts[1024];
	struct fingerprint_match m;

	for (size_t i = 0; i < flow.nfacts; i++)
		facts[i] = &pool[i];
	return stanza_fits(db, s, facts, flow.nfacts, &m);
}

/* Is the condition on a field of which the packet has no other condition? Then nothing else in
 * the packet can stand in for it. */
static bool
alone(const struct term *t, size_t without)
{
	const struct condition *c = without ? &t->with[without - 1] : &t->what;
	size_t n = 0;

	for (size_t k = 0; k <= t->nwith; k++)
		n += strcmp((k ? &t->with[k - 1] : &t->what)->field->name, c->field->name) == 0;
	return n == 1;
}

/* Every stanza can fire, through the public entry and against all others, and each of its
 * conditions and exceptions matters. */
static void
test_shipped_stanzas(void **state)
{
	struct fingerprints *db = shipped();

	(void)state;
	assert_true(fingerprints_count(db) >= 80);
	for (size_t i = 0; i < db->nstanzas; i++) {
		const struct stanza *s = db->stanzas[i];

		witness(s, NOTHING, NOTHING);
		if (!fits_stanza(db, s))
			fail_msg("[%s] does not fit what it asks for", s->public.id);
		assert_true(match(db) > 0);
		for (size_t line = 0; line < s->nlines; line++) {
			witness(s, line, NOTHING);
			if (fits_stanza(db, s))
				fail_msg("[%s] fits without line %zu", s->public.id, line);
			for (size_t k = 0; k <= s->lines[line].nwith; k++) {
				witness(s, line, k);
				if (alone(&s->lines[line], k) && fits_stanza(db, s))
					fail_msg("[%s] line %zu fits without condition %zu",
						 s->public.id, line, k);
			}
		}
	}
	fingerprints_free(db);
}

static void
test_shipped_exceptions(void **state)
{
	struct fingerprints *db = shipped();
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < db->nstanzas; i++) {
		const struct stanza *s = db->stanzas[i];

		for (size_t k = 0; k < s->never.n + s->unless.n; k++, tried++) {
			bool never = k < s->never.n;
			const struct term *t =
			    never ? &s->never.v[k] : &s->unless.v[k - s->never.n];

			begin();
			for (unsigned n = 0; n < t->times; n++)
				witness_packet(t, 1 + n, 0, NOTHING);
			for (uint32_t n = flow.nfacts, frame = 10; frame == 10; frame++) {
				struct fact exception[64];

				assert_true(n <= 64);
				memcpy(exception, pool, n * sizeof *pool);
				witness(s, NOTHING, NOTHING);
				memmove(pool + n, pool, flow.nfacts * sizeof *pool);
				memcpy(pool, exception, n * sizeof *pool);
				flow.nfacts = (uint16_t)(flow.nfacts + n);
			}
			if (fits_stanza(db, s))
				fail_msg("[%s] fits in spite of line %u", s->public.id, t->line);
		}
	}
	assert_true(tried > 20);
	fingerprints_free(db);
}

/* Nothing is wrong with them, by the author's own tool. */
static void
test_shipped_check(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *memory = open_memstream(&text, &n);
	unsigned problems = fingerprints_check(FOLDER, NULL, NULL, memory);

	(void)state;
	fclose(memory);
	if (problems)
		fail_msg("%u problems:\n%s", problems, text);
	free(text);
}

static void
test_deterministic(void **state)
{
	struct fingerprints *a = shipped(), *b = shipped();

	(void)state;
	assert_int_equal(strlen(fingerprints_sha256(a)), 64);
	assert_string_equal(fingerprints_sha256(a), fingerprints_sha256(b));
	for (size_t i = 0; i < fingerprints_count(a); i++)
		assert_string_equal(fingerprints_get(a, i)->id, fingerprints_get(b, i)->id);
	fingerprints_free(a);
	fingerprints_free(b);
}

static void
test_default_folder(void **state)
{
	(void)state;
	unsetenv("TAMPERSCOPE_FINGERPRINTS");
	assert_string_equal(fingerprints_default_folder(), FOLDER);
	setenv("TAMPERSCOPE_FINGERPRINTS", "/somewhere", 1);
	assert_string_equal(fingerprints_default_folder(), "/somewhere");
	unsetenv("TAMPERSCOPE_FINGERPRINTS");
}

static void
test_catalogue_is_current(void **state)
{
	struct fingerprints *db = shipped();
	char *text = NULL, *page = read_text(SOURCE_ROOT "/docs/signatures.md");
	size_t n;
	FILE *memory = open_memstream(&text, &n);

	(void)state;
	explain_catalogue(db, memory);
	fclose(memory);
	if (strcmp(text, page) != 0)
		fail_msg("docs/signatures.md is out of date: run tests/make_signatures.sh");
	free(text);
	free(page);
	fingerprints_free(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shipped_stanzas), cmocka_unit_test(test_shipped_exceptions),
	    cmocka_unit_test(test_shipped_check),   cmocka_unit_test(test_deterministic),
	    cmocka_unit_test(test_default_folder),  cmocka_unit_test(test_catalogue_is_current),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
