/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of a flow: noted by dissectors, asked for by detectors and fingerprints. */
#include "dissect_engine.h"
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

static struct fact *
fact_new(struct flow *f, enum side from, const struct field *field)
{
	struct fact *fact;

	if (f->nfacts == FACTS_MAX) {
		f->bits |= FLOW_FACTS_FULL;
		return NULL;
	}
	if (f->nfacts == f->facts_size) {
		uint16_t more = f->facts_size ? f->facts_size / 2 : 12;

		/* By half: a hello notes about 12, a DNS answer with its question 18. */
		memory_grows(more * sizeof *f->facts);
		f->facts = pool_grow(f->facts, f->facts_size, f->facts_size + (size_t)more,
				     sizeof *f->facts);
		f->facts_size = (uint16_t)(f->facts_size + more);
	}
	fact = &f->facts[f->nfacts++];
	memset(fact, 0, sizeof *fact);
	fact->field = field;
	f->noted |= field_bit(field);
	fact->at = f->at;
	fact->nsec = f->at_nsec;
	fact->message = f->messages;
	fact->from = from;
	if (field && field->telling)
		f->bits |= FLOW_ODD;
	return fact;
}

void
facts_free(struct flow *f)
{
	memory_shrinks(f->facts_size * sizeof *f->facts);
	pool_free(f->facts, f->facts_size * sizeof *f->facts);
}

void
note(struct flow *f, enum side from, const struct field *field)
{
	fact_new(f, from, field);
}

void
note_uint(struct flow *f, enum side from, const struct field *field, uint64_t u)
{
	struct fact *fact = fact_new(f, from, field);

	if (fact)
		fact->u = u;
}

void
note_text(struct flow *f, enum side from, const struct field *field, struct bytes t)
{
	struct fact *fact = fact_new(f, from, field);

	if (!fact)
		return;
	if (!f->arena)
		f->arena = arena_new_pooled();
	fact->text.p = (const uint8_t *)arena_text(f->arena, t);
	fact->text.n = t.n;
}

void
note_string(struct flow *f, enum side from, const struct field *field, const char *s)
{
	note_text(f, from, field, (struct bytes){(const uint8_t *)s, strlen(s)});
}

void
note_addr(struct flow *f, enum side from, const struct field *field, const struct addr *a)
{
	struct fact *fact = fact_new(f, from, field);

	if (fact)
		fact->addr = *a;
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
