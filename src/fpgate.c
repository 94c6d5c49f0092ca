/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which stanzas could fit a flow at all: one look at each fact tells it for all of them, so that a
 * healthy flow costs nothing more. What passes the gate is still to be held against the stanza
 * (fpmatch.c); what does not pass cannot fit. */
#include "dissect.h"
#include "fpdb.h"

#include <stdlib.h>
#include <string.h>

/* IP IDs by which stanzas know an injector: the shipped ones ask for five. */
#define IDS_MAX 16
/* Fields that conditions speak of: twice as many slots as the dissectors declare. */
#define SLOTS 512

/* What is asked of one field. */
struct asked {
	const struct field *field;
	uint32_t present; /* the atom that every fact satisfies, + 1 */
	uint32_t tried;   /* the first atom to be tried on each fact, + 1 */
	bool searched;    /* the text may hold literals */
	bool sifted;      /* only addresses in the map need be tried */
};

/* What is asked of all fields. */
struct questions {
	struct asked asked[SLOTS];
	uint32_t next[GATE_ATOMS]; /* of the same field to be tried, + 1; 0 ends it */
};

struct gate {
	const struct condition *atoms[GATE_ATOMS];
	uint32_t natoms;
	uint64_t literals[GATE_WORDS]; /* atoms of texts that are searched for */
	uint64_t mapped[GATE_WORDS];   /* of networks that are in the map */
	struct questions all, first;   /* first: what is some stanza's first need */
	uint64_t later[GATE_WORDS];    /* atoms of facts that dissect_packets() notes */
	struct {
		uint32_t atom;
		uint16_t id;
	} ids[IDS_MAX]; /* those of them that ask for one IP ID */
	size_t nids;
	/* Stanzas by their first need; those of none come last. */
	const struct stanza *stanzas[GATE_ATOMS + 1];
	uint64_t first_needs[NMECHANISMS][GATE_WORDS];
	struct search *search;
	bool overfull;                    /* some condition has no number */
	uint64_t networks[2][65536 / 64]; /* [1]: IPv4. By the first 16 bits */
};

static void
set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= (uint64_t)1 << i % 64;
}

static bool
has_bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* Words of bits that are in use. */
static size_t
words_of(const struct gate *g)
{
	return (g->natoms + 63) / 64;
}

/* The slot of a field, or the empty one where it belongs; NULL if all are taken. */
static struct asked *
slot_of(struct questions *q, const struct field *field)
{
	size_t i = (uintptr_t)field / sizeof *field;

	for (size_t n = 0; n < SLOTS; n++, i++) {
		struct asked *a = &q->asked[i % SLOTS];

		if (!a->field || a->field == field)
			return a;
	}
	return NULL;
}

static bool
same_condition(const struct condition *a, const struct condition *b)
{
	return a->field == b->field && a->op == b->op && a->u == b->u && a->list == b->list &&
	       a->prefix == b->prefix && addr_equal(&a->addr, &b->addr) && a->text.n == b->text.n &&
	       (!a->text.n || memcmp(a->text.p, b->text.p, a->text.n) == 0);
}

static bool
covers_v4(const struct addr *a, unsigned prefix)
{
	static const uint8_t zero[4];
	struct addr v4 = addr_from_v4(zero);
	unsigned whole = prefix / 8, rest = prefix % 8;

	return prefix < 96 && memcmp(a->b, v4.b, whole) == 0 &&
	       (!rest || ((a->b[whole] ^ v4.b[whole]) & (0xff00U >> rest) & 0xff) == 0);
}

static void
add_network(struct gate *g, const struct addr *a, unsigned prefix)
{
	bool v4 = addr_is_v4(a) && prefix >= 96;
	const uint8_t *p = a->b + (v4 ? 12 : 0);
	unsigned bits = v4 ? prefix - 96 : prefix;
	uint32_t rest = bits < 16 ? 0xffffU >> bits : 0;
	uint32_t from = ((uint32_t)p[0] << 8 | p[1]) & ~rest;

	for (uint32_t i = 0; i <= rest; i++)
		set_bit(g->networks[v4], from + i);
	if (covers_v4(a, prefix))
		memset(g->networks[1], 0xff, sizeof g->networks[1]);
}

static bool
may_be_listed(const struct gate *g, const struct addr *a)
{
	bool v4 = addr_is_v4(a);
	const uint8_t *p = a->b + (v4 ? 12 : 0);

	return has_bit(g->networks[v4], (uint32_t)p[0] << 8 | p[1]);
}

/* Can the literals of this condition be searched for? If so they are noted. */
static bool
take_literals(struct gate *g, const struct condition *c, uint32_t atom)
{
	size_t n = c->op == OP_IN ? list_entries(c->list) : 0;

	if (c->op == OP_NE || (c->op != OP_IN && !search_takes(c->text)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!search_takes(list_text(c->list, i)))
			return false;
	for (size_t i = 0; i < n; i++)
		search_add(g->search, c->field, list_text(c->list, i), atom);
	if (c->op != OP_IN)
		search_add(g->search, c->field, c->text, atom);
	return true;
}

/* Is the condition one that only some networks satisfy? If so they are noted. */
static bool
take_networks(struct gate *g, const struct condition *c)
{
	struct addr a;
	unsigned prefix;

	if (c->op == OP_EQ)
		add_network(g, &c->addr, c->prefix);
	if (c->op != OP_IN)
		return c->op == OP_EQ;
	for (size_t i = 0; i < list_entries(c->list); i++) {
		list_network(c->list, i, &a, &prefix);
		add_network(g, &a, prefix);
	}
	return true;
}

/* Does some dissector of packets note this field? */
static bool
is_noted_later(const struct field *field)
{
	for (const struct dissector *const *d = dissectors; *d; d++) {
		if (!(*d)->packets)
			continue;
		for (const struct field *f = (*d)->fields; f->name; f++)
			if (f == field)
				return true;
	}
	return false;
}

/* An IP ID is the rarest of all marks, and the trace itself tells whether it occurs. */
static bool
is_ip_id(const struct condition *c)
{
	return c->op == OP_EQ && strcmp(c->field->name, "ip.id") == 0;
}

static void
take_later(struct gate *g, const struct condition *c, uint32_t atom)
{
	if (!is_ip_id(c) || g->nids == IDS_MAX) {
		set_bit(g->later, atom);
		return;
	}
	g->ids[g->nids].atom = atom;
	g->ids[g->nids++].id = (uint16_t)c->u;
}

/* Has the fields' facts asked about this atom. False if there is no room for one more field. */
static bool
ask(const struct gate *g, struct questions *q, uint32_t atom)
{
	const struct condition *c = g->atoms[atom];
	struct asked *a = slot_of(q, c->field);

	if (!a)
		return false;
	if (!a->field)
		*a = (struct asked){.field = c->field, .sifted = true};
	if (c->op == OP_PRESENT) {
		a->present = atom + 1;
	} else if (has_bit(g->literals, atom)) {
		a->searched = true;
	} else {
		a->sifted &= has_bit(g->mapped, atom);
		q->next[atom] = a->tried;
		a->tried = atom + 1;
	}
	return true;
}

/* Numbers the condition. Returns GATE_ATOMS if there is no room for one more. */
static uint32_t
atom_of(struct gate *g, const struct condition *c)
{
	uint32_t atom = g->natoms;

	for (uint32_t i = 0; i < g->natoms; i++)
		if (same_condition(g->atoms[i], c))
			return i;
	if (g->natoms == GATE_ATOMS || !slot_of(&g->all, c->field)) {
		g->overfull = true;
		return GATE_ATOMS;
	}
	g->atoms[g->natoms++] = c;
	if (is_noted_later(c->field))
		take_later(g, c, atom);
	if (c->field->type == FACT_TEXT && c->op != OP_PRESENT && take_literals(g, c, atom))
		set_bit(g->literals, atom);
	if (c->field->type == FACT_ADDR && take_networks(g, c))
		set_bit(g->mapped, atom);
	ask(g, &g->all, atom);
	return atom;
}

static void
take_condition(struct gate *g, struct stanza *s, const struct condition *c)
{
	uint32_t atom = atom_of(g, c);

	if (atom < GATE_ATOMS && s->nneeds < NEEDS_MAX)
		s->needs[s->nneeds++] = (uint16_t)atom;
}

/* What tells most is asked first: a text, an address or an IP ID, then a number, then whether there
 * is any such fact, and at last what is not known yet. */
static int
rank_of(const struct condition *c)
{
	if (is_noted_later(c->field))
		return is_ip_id(c) ? 0 : 3;
	return c->op == OP_PRESENT ? 2 : c->field->type == FACT_UINT;
}

static void
take_stanza(struct gate *g, struct stanza *s)
{
	for (int turn = 0; turn < 4; turn++) {
		for (size_t i = 0; i < s->nlines; i++) {
			const struct term *t = &s->lines[i];

			for (size_t k = 0; k <= t->nwith; k++) {
				const struct condition *c = k ? &t->with[k - 1] : &t->what;

				if (rank_of(c) == turn)
					take_condition(g, s, c);
			}
		}
	}
	if (s->nneeds) {
		if (!g->stanzas[s->needs[0]])
			ask(g, &g->first, s->needs[0]);
		set_bit(g->first_needs[s->public.mechanism], s->needs[0]);
	}
	s->same_need = g->stanzas[s->nneeds ? s->needs[0] : GATE_ATOMS];
	g->stanzas[s->nneeds ? s->needs[0] : GATE_ATOMS] = s;
}

/* What the other terms ask of bulky texts, which are kept only where something is asked of them. */
static void
take_extras(struct gate *g, const struct terms *terms)
{
	for (size_t i = 0; i < terms->n; i++) {
		const struct term *t = &terms->v[i];

		for (size_t k = 0; k <= t->nwith; k++) {
			const struct condition *c = k ? &t->with[k - 1] : &t->what;

			if (c->field->bulky)
				atom_of(g, c);
		}
	}
}

struct gate *
gate_new(struct fingerprints *db)
{
	struct gate *g = xcalloc(1, sizeof *g);

	g->search = search_new();
	for (size_t i = 0; i < db->nstanzas; i++)
		take_stanza(g, db->stanzas[i]);
	for (size_t i = 0; i < db->nstanzas; i++) {
		take_extras(g, &db->stanzas[i]->unless);
		take_extras(g, &db->stanzas[i]->never);
		take_extras(g, &db->stanzas[i]->support);
	}
	search_finish(g->search);
	return g;
}

void
gate_free(struct gate *g)
{
	if (g)
		search_free(g->search);
	free(g);
}

/* What is asked beyond that there is such a fact; of most facts nothing is. */
static __attribute__((noinline)) void
look_into_fact(const struct gate *g, const struct questions *q, const struct asked *a,
	       const struct fact *fact, uint64_t *held)
{
	if (a->searched)
		search_text(g->search, fact->field, fact->text, held);
	if (a->tried && a->sifted && !may_be_listed(g, &fact->addr))
		return;
	for (uint32_t k = a->tried; k; k = q->next[k - 1])
		if (!has_bit(held, k - 1) && condition_holds(g->atoms[k - 1], fact))
			set_bit(held, k - 1);
}

static void
look_at_fact(const struct gate *g, const struct questions *q, const struct fact *fact,
	     uint64_t *held)
{
	const struct asked *a = slot_of((struct questions *)q, fact->field);

	if (!a || !a->field)
		return;
	if (a->present)
		set_bit(held, a->present - 1);
	if (a->searched || a->tried)
		look_into_fact(g, q, a, fact, held);
}

static void
look(const struct gate *g, const struct questions *q, const struct flow *f, uint64_t *held)
{
	memset(held, 0, GATE_WORDS * sizeof *held);
	for (size_t i = 0; i < f->nfacts; i++)
		look_at_fact(g, q, &f->facts[i], held);
}

void
gate_look(const struct gate *g, const struct flow *f, uint64_t held[GATE_WORDS])
{
	look(g, &g->all, f, held);
}

bool
gate_wants(const struct gate *g, const struct field *field, struct bytes text)
{
	struct fact fact = {.field = field};
	uint64_t held[GATE_WORDS] = {0};

	fact.text = text;
	look_at_fact(g, &g->all, &fact, held);
	for (size_t i = 0; i < GATE_WORDS; i++)
		if (held[i])
			return true;
	return g->overfull;
}

/* Adds what may hold once the facts of packets are noted. */
static void
expect(const struct gate *g, const struct flow *f, uint64_t held[GATE_WORDS])
{
	for (size_t i = 0; i < words_of(g); i++)
		held[i] |= g->later[i];
	for (size_t i = 0; i < flow_trace_count(f) && f->ip_version == 4; i++) {
		uint16_t id = flow_trace(f, i)->ip_id;

		for (size_t k = 0; k < g->nids; k++)
			if (g->ids[k].id == id)
				set_bit(held, g->ids[k].atom);
	}
}

bool
gate_passes(const struct stanza *s, const uint64_t held[GATE_WORDS])
{
	for (size_t i = 0; i < s->nneeds; i++)
		if (!has_bit(held, s->needs[i]))
			return false;
	return true;
}

static bool
passes_one_of(const struct stanza *s, unsigned mechanisms, const uint64_t held[GATE_WORDS])
{
	for (; s; s = s->same_need)
		if (mechanisms & 1U << s->public.mechanism && gate_passes(s, held))
			return true;
	return false;
}

/* The first needs of stanzas of these mechanisms that hold, in one word. */
static uint64_t
first_needs(const struct gate *g, unsigned mechanisms, const uint64_t *held, size_t word)
{
	uint64_t needs = 0;

	for (unsigned some = mechanisms; some; some &= some - 1)
		needs |= g->first_needs[__builtin_ctz(some)][word];
	return needs & held[word];
}

/* Most flows have nothing that any stanza needs first. */
static bool
may_begin(const struct gate *g, const struct flow *f, unsigned mechanisms, uint64_t *held)
{
	if (g->stanzas[GATE_ATOMS])
		return true;
	look(g, &g->first, f, held);
	expect(g, f, held);
	for (size_t i = 0; i < words_of(g); i++)
		if (first_needs(g, mechanisms, held, i))
			return true;
	return false;
}

bool
gate_may_pass(const struct gate *g, const struct flow *f, unsigned mechanisms)
{
	uint64_t held[GATE_WORDS];

	if (!may_begin(g, f, mechanisms, held))
		return false;
	gate_look(g, f, held);
	expect(g, f, held);
	for (size_t i = 0; i < words_of(g); i++)
		for (uint64_t needs = first_needs(g, mechanisms, held, i); needs;
		     needs &= needs - 1)
			if (passes_one_of(g->stanzas[i * 64 + (size_t)__builtin_ctzll(needs)],
					  mechanisms, held))
				return true;
	return passes_one_of(g->stanzas[GATE_ATOMS], mechanisms, held);
}
