/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the fingerprint database, shared by its loader, matcher and checker. */
#pragma once

#include <stdio.h>

#include "complain.h"
#include "fingerprint.h"
#include "lists.h"

/* Ordered lines of a stanza: six tell every technique in the catalogue with room to spare, and
 * keep the search for an assignment small. A match has room for eight facts. */
#define LINES_MAX 6
/* "with" conditions of one term: a packet has about a dozen header facts. */
#define WITH_MAX 12
/* unless, never and support terms of one stanza, each. */
#define EXTRAS_MAX 16
/* "times N": facts of a flow are capped far below what a larger count could mean. */
#define TIMES_MAX 100
/* "within TIME": one day. A pause longer than that is another conversation. */
#define WITHIN_MAX (86400 * NSEC_PER_SEC)
/* Work of one stanza on one flow, in facts looked at (or 64 bytes of text searched). Real flows
 * need a few hundred; a hostile one is given up here, after about a millisecond. */
#define STEPS_MAX 40000

/* Different conditions that the gate tells apart; the shipped files have about 250. What goes
 * beyond holds no stanza back. */
#define GATE_ATOMS 2048
#define GATE_WORDS (GATE_ATOMS / 64)
/* Of one stanza: its lines with what they ask of the same packet, as far as needed. */
#define NEEDS_MAX 16

enum operator{
	OP_PRESENT, /* the fact is there, whatever it says */
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_CONTAINS,
	OP_PREFIX,
	OP_IN,
	NOPERATORS
};

struct condition {
	const struct field *field;
	enum operator op;
	uint64_t u;
	struct bytes text; /* lower case */
	struct addr addr;
	unsigned prefix; /* bits of addr that count, of 128 */
	const struct list *list;
	const char *list_name;
};

struct term {
	struct condition what;
	struct condition *with;
	size_t nwith;
	bool any_side;
	enum side side;
	int64_t within; /* nanoseconds, 0 if it was not said */
	unsigned times;
	double bonus; /* of a support term */
	unsigned line;
};

struct terms {
	struct term *v;
	size_t n;
};

struct stanza {
	struct fingerprint public;
	struct term lines[LINES_MAX];
	size_t nlines;
	struct terms unless, never, support;
	uint16_t
	    needs[NEEDS_MAX]; /* conditions that some fact must satisfy, by the gate's number */
	size_t nneeds;
	const struct stanza *same_need; /* the next one with the same first need (fpgate.c) */
};

struct gate;
struct markers;

struct fingerprints {
	struct arena *arena;
	struct stanza **stanzas;
	size_t nstanzas;
	struct gate *gate;
	struct lists *lists;
	struct markers *markers;           /* NULL: none were given */
	const struct field *const *tables; /* NULL-terminated: the fields that may be named */
	uint64_t *given_up;                /* matches broken off at STEPS_MAX; atomic */
	char sha256[65];
};

/* An empty database over these field tables, to which text is added. The tables must outlive
 * it. */
struct fingerprints *database_new(const struct field *const *tables);
/* Adds the stanzas of one file. */
void database_parse(struct fingerprints *db, const char *file, struct bytes text,
		    struct complaints *c);
/* Builds the gate once everything is in. */
void database_finish(struct fingerprints *db);
/* All of a folder: lists, then stanzas, then the gate and the digest. Returns NULL on failure
 * unless c->all is set: then what was understood is returned. */
struct fingerprints *database_load(const char *folder, const struct field *const *tables,
				   struct complaints *c);
/* Adds the rows of a file as ooni/blocking-fingerprints has them, and its digest. */
void database_add(struct fingerprints *db, const char *path, struct complaints *c);

/* The field of that name, or NULL. Equal names are equal pointers. */
const struct field *database_field(const struct fingerprints *db, const char *name);
/* The field tables of every dissector, and that of the core; static. */
const struct field *const *registry_tables(void);

/* "mark", "number", "text", "address". */
const char *field_type_word(enum fact_type type);

/* Parses TERM. Returns false after a complaint. */
struct term_source {
	struct fingerprints *db;
	struct complaints *complaints;
	const char *file;
	unsigned line;
};
bool term_parse(const struct term_source *s, const char *text, struct term *ret);
/* "0.9" or "90%": 0..1, or a negative number. */
double share_parse(const char *text);

/* Does this fact satisfy the condition, apart from its neighbours? */
bool condition_holds(const struct condition *c, const struct fact *f);
/* Whatever fits `narrow` fits `wide`. */
bool stanza_implies(const struct stanza *narrow, const struct stanza *wide);
bool stanza_fits(const struct fingerprints *db, const struct stanza *s,
		 const struct fact *const *facts, size_t n, struct fingerprint_match *ret);

/* Literals of conditions on texts, searched for all at once (fpsearch.c), whatever their case. */
struct search;
struct search *search_new(void);
void search_free(struct search *s);   /* accepts NULL */
bool search_takes(struct bytes text); /* is it long enough? */
/* The text, in lower case, must outlive the search. After the last one search_finish() is called.
 */
void search_add(struct search *s, const struct field *field, struct bytes text, uint32_t atom);
void search_finish(struct search *s);
/* Sets the bits of those atoms of the field of which the text has a literal. */
void search_text(const struct search *s, const struct field *field, struct bytes text,
		 uint64_t *held);

/* The gate (fpgate.c) tells which stanzas are worth a try. It numbers the conditions of all stanzas
 * once these are complete. */
struct gate *gate_new(struct fingerprints *db);
void gate_free(struct gate *g); /* accepts NULL */
/* Which conditions may hold for some fact of the flow: those whose bit is not set do not. */
void gate_look(const struct gate *g, const struct flow *f, uint64_t held[GATE_WORDS]);
/* May some condition of some stanza hold for a fact of this bulky field that says so? */
bool gate_wants(const struct gate *g, const struct field *field, struct bytes text);
bool gate_passes(const struct stanza *s, const uint64_t held[GATE_WORDS]);
/* May any stanza of these mechanisms (bits) fit once the facts of packets are noted? */
bool gate_may_pass(const struct gate *g, const struct flow *f, unsigned mechanisms);

/* Writes a term as it would be written in a file. */
void term_print(const struct term *t, FILE *out);
