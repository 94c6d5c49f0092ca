/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of a flow: noted by dissectors, asked for by detectors and fingerprints. */
#include "dissect_engine.h"
#include "packed.h"
#include "pool.h"

#include <stdlib.h>
#include <string.h>

/* A bit for each field, shared by some: what a flow has none of need not be looked for. */
static uint64_t
field_bit(const struct field *field)
{
	return (uint64_t)1 << ((uintptr_t)field / sizeof *field % 64);
}

static bool
may_have(const struct flow *f, const struct field *field)
{
	return !field || f->noted & field_bit(field);
}

static int
by_time(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;

	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	if (x->at.capture != y->at.capture)
		return x->at.capture < y->at.capture ? -1 : 1;
	if (x->at.frame != y->at.frame)
		return x->at.frame < y->at.frame ? -1 : 1;
	return 0;
}

/* Insertion sort: stable, and the two runs that it merges are sorted already. */
static void
sort(struct fact *a, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct fact x = a[i];
		size_t j = i;

		for (; j > 0 && by_time(&a[j - 1], &x) > 0; j--)
			a[j] = a[j - 1];
		a[j] = x;
	}
}

/* A list begins with room for a handshake, and grows by half. */
#define LIST_FIRST 12

static void
grow(struct flow *f, size_t size)
{
	memory_grows((size - f->facts_size) * sizeof *f->facts);
	f->facts = pool_grow(f->facts, f->facts_size, size, sizeof *f->facts);
	f->facts_size = (uint16_t)size;
}

void
facts_unpack(struct flow *f)
{
	if (f->facts)
		return;
	grow(f, f->nfacts ? f->nfacts : LIST_FIRST);
	if (f->nfacts)
		sort(f->facts, packed_read(f->packed, f->facts, f->nfacts));
}

/* A flow that somebody looks at has a list of its facts. */
static void
add_to_list(struct flow *f, const struct fact *fact)
{
	struct fact *own;

	if (f->nfacts == f->facts_size)
		grow(f, f->facts_size + f->facts_size / 2U + 1);
	own = &f->facts[f->nfacts];
	*own = *fact;
	if (fact->field && fact->field->type == FACT_TEXT) {
		if (!f->arena)
			f->arena = arena_new_pooled();
		own->text.p = (const uint8_t *)arena_text(f->arena, fact->text);
	}
}

static struct fact
fact_from(const struct flow *f, enum side from, const struct field *field)
{
	return (struct fact){
	    .field = field, .nsec = f->at_nsec, .at = f->at, .message = f->messages, .from = from};
}

static void
add(struct flow *f, const struct fact *fact)
{
	if (f->nfacts == FACTS_MAX) {
		f->bits |= FLOW_FACTS_FULL;
		return;
	}
	if (f->facts)
		add_to_list(f, fact);
	else
		packed_add(f, fact);
	f->nfacts++;
	f->noted |= field_bit(fact->field);
	if (fact->field && fact->field->telling)
		f->bits |= FLOW_ODD;
}

void
facts_sort(struct flow *f)
{
	if (f->facts)
		sort(f->facts, f->nfacts);
	else
		packed_sort(f->packed, f->nfacts);
}

struct noted
facts_noted(const struct flow *f)
{
	return (struct noted){f->nfacts, f->facts ? 0 : packed_bytes(f->packed)};
}

void
facts_take_back(struct flow *f, struct noted to)
{
	f->nfacts = to.facts;
	if (!f->facts)
		packed_cut(f->packed, to.bytes);
}

void
facts_free(struct flow *f)
{
	memory_shrinks(f->facts_size * sizeof *f->facts);
	pool_free(f->facts, f->facts_size * sizeof *f->facts);
	f->facts = NULL;
	f->nfacts = f->facts_size = 0;
	packed_free(f);
}

void
note(struct flow *f, enum side from, const struct field *field)
{
	struct fact fact = fact_from(f, from, field);

	add(f, &fact);
}

void
note_uint(struct flow *f, enum side from, const struct field *field, uint64_t u)
{
	struct fact fact = fact_from(f, from, field);

	fact.u = u;
	add(f, &fact);
}

void
note_text(struct flow *f, enum side from, const struct field *field, struct bytes t)
{
	struct fact fact = fact_from(f, from, field);

	fact.text = t;
	add(f, &fact);
}

void
note_string(struct flow *f, enum side from, const struct field *field, const char *s)
{
	note_text(f, from, field, (struct bytes){(const uint8_t *)s, strlen(s)});
}

void
note_addr(struct flow *f, enum side from, const struct field *field, const struct addr *a)
{
	struct fact fact = fact_from(f, from, field);

	fact.addr = *a;
	add(f, &fact);
}

/* Names of facts are string literals nearly always: what a name means is remembered by its
 * address, and confirmed by its text. */
#define KNOWN_BITS 10 /* ten times the names that the tree asks for */

static struct {
	const char *name;
	const struct field *field;
} known[1 << KNOWN_BITS];

static __attribute__((noinline)) const struct field *
declared(const char *name)
{
	for (const struct dissector *const *d = dissectors; *d; d++)
		for (const struct field *field = (*d)->fields; field && field->name; field++)
			if (strcmp(field->name, name) == 0)
				return field;
	for (const struct field *field = malformed_fields; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

const struct field *
field_named(const char *name)
{
	/* Fibonacci hashing: TAOCP volume 3, 6.4. */
	size_t slot = (uintptr_t)name * 0x9e3779b97f4a7c15U >> (64 - KNOWN_BITS);

	if (known[slot].name != name || !known[slot].field ||
	    strcmp(known[slot].field->name, name) != 0) {
		known[slot].name = name;
		known[slot].field = declared(name);
	}
	return known[slot].field;
}

static bool
is_named(const struct fact *fact, const struct field *field, const char *name)
{
	return field ? fact->field == field : strcmp(fact->field->name, name) == 0;
}

const struct fact *
flow_fact(const struct flow *f, const char *name, enum side from, size_t *i)
{
	const struct field *field = *i < f->nfacts ? field_named(name) : NULL;

	if (!may_have(f, field))
		*i = f->nfacts;
	for (; *i < f->nfacts; (*i)++)
		if (f->facts[*i].from == from && is_named(&f->facts[*i], field, name))
			return &f->facts[(*i)++];
	return NULL;
}

const struct fact *
flow_first(const struct flow *f, const char *name)
{
	const struct field *field = f->nfacts ? field_named(name) : NULL;

	for (size_t i = 0; may_have(f, field) && i < f->nfacts; i++)
		if (is_named(&f->facts[i], field, name))
			return &f->facts[i];
	return NULL;
}
