/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every dissector must keep, whoever wrote it, tried on its payloads in tests/payloads: how
 * bytes are cut does not matter, what is cut off takes away facts from the end only, no bytes
 * crash or stall it, a message is consumed or fails, and no fact is undeclared.
 *
 * Each property is a function that says what it found wrong. A broken dissector of our own shows
 * that each of them can. */
#include "chance.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

/* Enough that a length byte of a payload is hit by each kind of damage many times over. */
#define MUTANTS 20000
/* A payload is a few KB: what takes longer than this, under ASan and a slow machine, is stuck. */
#define STALL_SECONDS 2

/* What is wrong, in words, or "". */
struct verdict {
	char text[8192];
};

static void PRINTF_LIKE(2, 3) wrong(struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	if (v->text[0])
		return;
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, one line above */
	vsnprintf(v->text, sizeof v->text, fmt, ap);
	va_end(ap);
}

/* --- bytes to facts --- */

static char *
facts_of(const struct dissector *d, const struct sample *s, const size_t *cuts, size_t ncuts)
{
	size_t at = 0;
	struct flow f;
	char *text;

	flow_begin(&f, d, s->carrier, 0);
	for (size_t i = 0; i < ncuts; i++) {
		flow_hear(&f, s->from, s->carrier, s->p + at, cuts[i] - at);
		at = cuts[i];
	}
	flow_hear(&f, s->from, s->carrier, s->p + at, s->n - at);
	text = facts_text(&f, f.nfacts);
	flow_end(&f);
	return text;
}

/* --- properties --- */

static void
cut_anywhere(const struct dissector *d, const struct sample *s, struct verdict *v)
{
	char *whole = facts_of(d, s, NULL, 0);
	size_t *each = xcalloc(s->n, sizeof *each);
	char *text;

	for (size_t cut = 1; cut < s->n && !v->text[0]; cut++) {
		text = facts_of(d, s, &cut, 1);
		if (strcmp(text, whole) != 0)
			wrong(v, "%s cut at %zu\n--- whole\n%s--- cut\n%s", s->name, cut, whole,
			      text);
		free(text);
	}
	for (size_t i = 1; i < s->n; i++)
		each[i - 1] = i;
	text = facts_of(d, s, each, s->n ? s->n - 1 : 0);
	if (strcmp(text, whole) != 0)
		wrong(v, "%s byte by byte\n--- whole\n%s--- bytes\n%s", s->name, whole, text);
	free(text);
	free(each);
	free(whole);
}

/* The same, but nobody is told whose bytes these are. */
static void
found_by_probe(const struct dissector *d, const struct sample *s, struct verdict *v)
{
	struct bytes first = {s->p, s->n < 64 ? s->n : 64};
	char *told, *probed;

	if (!d->probe || d->probe(first, s->from) != YES)
		return;
	told = facts_of(d, s, NULL, 0);
	probed = facts_of(NULL, s, NULL, 0);
	if (strcmp(told, probed) != 0)
		wrong(v, "%s by probe\n--- told\n%s--- probed\n%s", s->name, told, probed);
	free(probed);
	if (s->carrier == STREAM) {
		for (size_t cut = 1; cut < s->n && cut < 100 && !v->text[0]; cut++) {
			probed = facts_of(NULL, s, &cut, 1);
			if (strcmp(told, probed) != 0)
				wrong(v, "%s by probe, cut at %zu\n--- told\n%s--- probed\n%s",
				      s->name, cut, told, probed);
			free(probed);
		}
	}
	free(told);
}

static void
prefix_of_facts(const struct dissector *d, const struct sample *s, struct verdict *v)
{
	struct flow whole, part;

	flow_begin(&whole, d, s->carrier, 0);
	flow_hear(&whole, s->from, s->carrier, s->p, s->n);
	for (size_t n = 1; n < s->n && !v->text[0]; n++) {
		char *a, *b;

		flow_begin(&part, d, s->carrier, 0);
		flow_hear(&part, s->from, s->carrier, s->p, n);
		a = facts_text(&part, part.nfacts);
		b = facts_text(&whole, part.nfacts < whole.nfacts ? part.nfacts : whole.nfacts);
		if (strcmp(a, b) != 0)
			wrong(v, "%s: the first %zu bytes say more\n--- whole\n%s--- part\n%s",
			      s->name, n, b, a);
		else if (part.nfacts && part.nfacts < whole.nfacts &&
			 whole.facts[part.nfacts].message == part.facts[part.nfacts - 1].message)
			wrong(v, "%s: the first %zu bytes say half a message\n%s", s->name, n, a);
		free(a);
		free(b);
		flow_end(&part);
	}
	flow_end(&whole);
}

static bool
declared(const struct fact *fact)
{
	for (const struct dissector *const *d = dissectors; *d && fact->field; d++) {
		size_t n = strlen((*d)->name);

		for (const struct field *f = (*d)->fields; f && f->name; f++)
			if (f == fact->field)
				return true;
		if (strncmp(fact->field->name, (*d)->name, n) == 0 &&
		    strcmp(fact->field->name + n, ".malformed") == 0)
			return true; /* the core's own word */
	}
	return false;
}

static void
only_declared(const struct flow *f, const char *name, struct verdict *v)
{
	for (size_t i = 0; i < f->nfacts; i++)
		if (!declared(&f->facts[i]))
			wrong(v, "%s notes %s, which is in no table", name,
			      f->facts[i].field->name);
}

static void
facts_declared(const struct dissector *d, const struct sample *s, struct verdict *v)
{
	struct flow f;

	flow_begin(&f, d, s->carrier, 0);
	flow_hear(&f, s->from, s->carrier, s->p, s->n);
	only_declared(&f, s->name, v);
	flow_end(&f);
}

/* message() called as the engine does, but by hand, on bytes that end with their heap block. */
static void
consumes_or_fails(const struct dissector *d, const struct sample *s, struct verdict *v)
{
	for (size_t n = 1; n <= s->n && !v->text[0]; n++) {
		for (int end = CURSOR_SHORT; end <= CURSOR_BAD; end++) {
			uint8_t *copy = xcalloc(n, 1);
			struct cursor in;
			struct flow f;

			memcpy(copy, s->p, n);
			flow_begin(&f, d, s->carrier, 0);
			in = cursor_over((struct bytes){copy, n}, (enum cursor_err)end);
			d->message(&f, s->from, &in);
			if (in.err == CURSOR_OK && in.p == copy)
				wrong(v, "%s: of %zu bytes none is consumed", s->name, n);
			if (in.p < copy || in.p > copy + n)
				wrong(v, "%s: of %zu bytes the cursor ran off", s->name, n);
			if (in.err == CURSOR_SHORT && end == CURSOR_BAD)
				wrong(v, "%s: %zu bytes and no more may come, yet SHORT", s->name,
				      n);
			flow_end(&f);
			free(copy);
		}
	}
}

/* --- damage --- */

static uint64_t seed;

/* The same damage on every machine. */
static size_t
dice(size_t below)
{
	return chance(&seed, (uint32_t)below);
}

static size_t
damage(uint8_t *p, size_t n, size_t room, const struct sample *other)
{
	static const uint8_t edges[] = {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff};
	size_t at = dice(n), len = 1 + dice(8);

	switch (dice(6)) {
	case 0:
		p[at] ^= (uint8_t)(1u << dice(8));
		return n;
	case 1:
		p[at] = edges[dice(sizeof edges)];
		return n;
	case 2: /* cut out */
		len = len < n - at ? len : n - at;
		memmove(p + at, p + at + len, n - at - len);
		return n - len ? n - len : 1;
	case 3: /* repeat */
		len = len < n - at ? len : n - at;
		if (n + len > room)
			return n;
		memmove(p + at + len, p + at, n - at);
		return n + len;
	case 4: /* end early */
		return at ? at : 1;
	default: /* the tail of another payload */
		len = dice(other->n);
		if (at + other->n - len > room)
			return n;
		memcpy(p + at, other->p + len, other->n - len);
		return at + other->n - len ? at + other->n - len : 1;
	}
}

/* One mutant, in pieces; both sides speak now and then. */
static void
hear_mutant(const struct dissector *d, const struct sample *s, const uint8_t *p, size_t n,
	    struct verdict *v)
{
	struct timespec begin, end;
	struct flow f;

	flow_begin(&f, d, s->carrier, 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (size_t at = 0; at < n;) {
		size_t piece = s->carrier == STREAM && dice(2) ? 1 + dice(n - at) : n - at;
		enum side from = dice(8) ? s->from : other_side(s->from);

		if (s->carrier == STREAM && dice(64) == 0)
			dissect_stream_gap(&f, from, dice(4096));
		flow_hear(&f, from, s->carrier, p + at, piece);
		at += piece;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (end.tv_sec - begin.tv_sec > STALL_SECONDS)
		wrong(v, "a mutant of %s takes %d s", s->name, (int)(end.tv_sec - begin.tv_sec));
	if (f.messages > n)
		wrong(v, "a mutant of %s: %u messages in %zu bytes", s->name, f.messages, n);
	only_declared(&f, s->name, v);
	flow_end(&f);
}

static void
survives_damage(const struct dissector *d, const struct samples *all, struct verdict *v)
{
	seed = 0x9e3779b97f4a7c15u;
	for (unsigned i = 0; i < MUTANTS && !v->text[0]; i++) {
		const struct sample *s = &all->list[dice(all->n)];
		const struct sample *other = &all->list[dice(all->n)];
		size_t room = s->n * 2 + other->n + 64, n = s->n;
		uint8_t *p = xcalloc(room, 1);

		memcpy(p, s->p, n);
		for (uint64_t k = 1 + dice(4); k > 0; k--)
			n = damage(p, n, room, other);
		hear_mutant(d, s, p, n, v);
		free(p);
	}
}

/* --- the tests: each property over all dissectors --- */

typedef void property(const struct dissector *d, const struct sample *s, struct verdict *v);

static void
for_all(property *check, bool streams_only)
{
	for (const struct dissector *const *d = dissectors; *d; d++) {
		struct samples all = samples_read((*d)->name);

		for (size_t i = 0; i < all.n; i++) {
			struct verdict v = {""};

			if (streams_only && all.list[i].carrier != STREAM)
				continue;
			check(*d, &all.list[i], &v);
			if (v.text[0])
				fail_msg("%s: %s", (*d)->name, v.text);
		}
		samples_free(&all);
	}
}

static void
test_payloads(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct dissector *const *d = dissectors; *d; d++, n++) {
		struct samples all = samples_read((*d)->name);

		if ((*d)->message && all.n == 0)
			fail_msg("%s: tests/payloads/%s holds nothing to try it on", (*d)->name,
				 (*d)->name);
		samples_free(&all);
	}
	assert_true(n > 0);
}

static void
test_tables(void **state)
{
	(void)state;
	for (const struct dissector *const *d = dissectors; *d; d++) {
		assert_non_null((*d)->fields);
		assert_non_null((*d)->title);
		assert_non_null((*d)->spec);
		if ((*d)->carriers & (1u << DATAGRAMS | 1u << STREAM)) {
			assert_non_null((*d)->probe);
			assert_non_null((*d)->message);
		}
		for (const struct field *f = (*d)->fields; f->name; f++) {
			if (f->name[strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789._")])
				fail_msg("%s: a field's name is lower case, digits, _ and .",
					 f->name);
			if (!f->doc || !f->doc[0] || strchr(f->doc, '\n'))
				fail_msg("%s: wants one line that says what it is", f->name);
			for (const struct field *g = f + 1; g->name; g++)
				if (strcmp(f->name, g->name) == 0)
					fail_msg("%s: declared twice", f->name);
		}
	}
}

static void
test_cut_anywhere(void **state)
{
	(void)state;
	for_all(cut_anywhere, true);
}

static void
test_found_by_probe(void **state)
{
	(void)state;
	for_all(found_by_probe, false);
}

static void
test_prefix(void **state)
{
	(void)state;
	for_all(prefix_of_facts, true);
}

static void
test_declared(void **state)
{
	(void)state;
	for_all(facts_declared, false);
}

static void
test_consumes_or_fails(void **state)
{
	(void)state;
	for_all(consumes_or_fails, false);
}

static void
test_damage(void **state)
{
	(void)state;
	for (const struct dissector *const *d = dissectors; *d; d++) {
		struct samples all = samples_read((*d)->name);
		struct verdict v = {""};

		if (all.n)
			survives_damage(*d, &all, &v);
		if (v.text[0])
			fail_msg("%s: %s", (*d)->name, v.text);
		samples_free(&all);
	}
}

/* --- a dissector that breaks every rule, to see that each breach is noticed --- */

static const struct field broken_fields[] = {{"broken.byte", FACT_UINT, "a byte"}, {0}};

/* Notes what it has, not what a message is; takes 2 bytes or, if it is alone, none. */
static void
broken_message(struct flow *f, enum side from, struct cursor *in)
{
	size_t n = cursor_left(in) > 3 ? 4 : cursor_left(in);

	note_uint(f, from, &broken_fields[0], n);
	if (n > 1)
		skip_bytes(in, n);
}

static enum guess
broken_probe(struct bytes first, enum side from)
{
	(void)from;
	return first.n ? YES : MAYBE;
}

static void
test_broken(void **state)
{
	static const struct dissector broken = {.name = "broken",
						.carriers = 1u << STREAM,
						.fields = broken_fields,
						.probe = broken_probe,
						.message = broken_message};
	static uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct sample s = {.name = NULL, .carrier = STREAM, .p = bytes, .n = sizeof bytes};
	property *const checks[] = {cut_anywhere, found_by_probe, prefix_of_facts, facts_declared,
				    consumes_or_fails};

	(void)state;
	s.name = xstrdup("broken");
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct verdict v = {""};

		checks[i](&broken, &s, &v);
		if (!v.text[0])
			fail_msg("property %zu does not notice a broken dissector", i);
	}
	free(s.name);
}

/* Garbled datagrams hide what comes after them on the same ports only where no port tells, and
 * only if there are more of them than tools send as a decoy. */
static void
test_bad_datagram_first(void **state)
{
	static const uint8_t query[] = "\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
				       "\x01"
				       "a\x00\x00\x01\x00\x01";
	static const uint8_t garbage[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	static const struct {
		uint16_t port;
		int decoys;
		bool found;
	} cases[] = {{53, 40, true}, {9999, 12, true}, {9999, 40, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct flow f;

		flow_begin(&f, NULL, DATAGRAMS, cases[i].port);
		for (int k = 0; k < cases[i].decoys; k++)
			flow_hear(&f, CLIENT, DATAGRAMS, garbage, sizeof garbage - 1);
		flow_hear(&f, CLIENT, DATAGRAMS, query, sizeof query - 1);
		if (cases[i].found)
			assert_non_null(flow_first(&f, "dns.qry.name"));
		else
			assert_null(flow_first(&f, "dns.qry.name"));
		flow_end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_payloads),
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_found_by_probe),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_declared),
	    cmocka_unit_test(test_consumes_or_fails),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_bad_datagram_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
