/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a fingerprint file, line by line. docs/fingerprints.md is the grammar. */
#include "fpdb.h"
#include "stanzas.h"

#include <stdlib.h>
#include <string.h>

/* Ids stand in reports and on command lines. */
#define ID_MAX 48
/* Sources of one stanza: a paper, its artifact, a report or two. */
#define SOURCES_MAX 16
#define REVISION_MAX 9999

/* The file being read. */
struct reader {
	struct stanza_reader text;
	struct fingerprints *db;
	struct stanza *now; /* NULL before the first [id], and in a stanza that is given up */
	bool kind_said, mechanism_said, score_said;
	size_t nsources;
};

/* A text is taken with or without quotes. */
static const char *
keep(struct reader *r, char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value[n - 1] = '\0';
		value++;
	}
	return arena_text(r->db->arena, bytes_of(value));
}

static bool
once(struct reader *r, const char *key, bool said)
{
	if (said)
		stanzas_wrong(&r->text, "\"%s\" said twice, expected it once in a stanza", key);
	return !said;
}

static void
set_title(struct reader *r, char *value)
{
	if (once(r, "title", r->now->public.title != NULL))
		r->now->public.title = keep(r, value);
}

static void
set_kind(struct reader *r, char *value)
{
	if (!once(r, "kind", r->kind_said))
		return;
	r->kind_said = true;
	if (strcmp(value, "generic") == 0)
		r->now->public.kind = GENERIC;
	else if (strcmp(value, "specific") == 0)
		r->now->public.kind = SPECIFIC;
	else if (strcmp(value, "hint") == 0)
		r->now->public.kind = HINT;
	else
		stanzas_wrong(&r->text, "unknown kind \"%s\", expected generic, specific or hint",
			      value);
}

static void
set_mechanism(struct reader *r, char *value)
{
	if (!once(r, "mechanism", r->mechanism_said))
		return;
	r->mechanism_said = true;
	for (int i = 0; i < NMECHANISMS; i++) {
		if (strcmp(value, mechanism_words[i]) == 0) {
			r->now->public.mechanism = (enum mechanism)i;
			return;
		}
	}
	stanzas_wrong(
	    &r->text,
	    "unknown mechanism \"%s\", expected one of those that \"tamperscope explain\" lists",
	    value);
}

static void
set_score(struct reader *r, char *value)
{
	double d;

	if (!once(r, "score", r->score_said))
		return;
	r->score_said = true;
	d = share_parse(value);
	if (d <= 0)
		stanzas_wrong(&r->text, "bad score \"%s\", expected 0.01 to 1, or 1%% to 100%%",
			      value);
	r->now->public.score = d;
}

static void
set_rev(struct reader *r, char *value)
{
	char *end;
	unsigned long u = strtoul(value, &end, 10);

	if (!once(r, "rev", r->now->public.rev != 0))
		return;
	if (*end || strspn(value, "0123456789") != strlen(value) || u < 1 || u > REVISION_MAX)
		stanzas_wrong(&r->text, "bad rev \"%s\", expected a number from 1 to %d", value,
			      REVISION_MAX);
	else
		r->now->public.rev = (unsigned)u;
}

static void
set_innocent(struct reader *r, char *value)
{
	const char *before = r->now->public.innocent;

	if (before)
		r->now->public.innocent =
		    arena_printf(r->db->arena, "%s %s", before, keep(r, value));
	else
		r->now->public.innocent = keep(r, value);
}

static void
set_name(struct reader *r, const char *key, const char **name, char *value)
{
	if (!once(r, key, *name != NULL))
		return;
	if (strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(value) ||
	    *value == '.')
		stanzas_wrong(
		    &r->text,
		    "bad capture name \"%s\", expected a name in captures/ without folder or "
		    "suffix",
		    value);
	else
		*name = keep(r, value);
}

static void
set_sample(struct reader *r, char *value)
{
	set_name(r, "sample", &r->now->public.sample, value);
}

static void
set_near(struct reader *r, char *value)
{
	set_name(r, "near", &r->now->public.near_miss, value);
}

static void
add_source(struct reader *r, char *value)
{
	const char **v = (const char **)(uintptr_t)r->now->public.sources;

	if (r->nsources == SOURCES_MAX) {
		stanzas_wrong(&r->text, "more than %d sources, expected fewer", SOURCES_MAX);
		return;
	}
	v[r->nsources++] = keep(r, value);
}

static bool
term_of(struct reader *r, const char *value, struct term *ret)
{
	struct term_source s = {r->db, r->text.complaints, r->text.file, r->text.line};

	return term_parse(&s, value, ret);
}

static void
add_line(struct reader *r, char *value)
{
	struct stanza *s = r->now;
	struct term t;

	if (!term_of(r, value, &t))
		return;
	if (s->nlines == LINES_MAX)
		stanzas_wrong(&r->text, "more than %d \"when\" and \"then\" lines, expected fewer",
			      LINES_MAX);
	else if (s->nlines == 0 && t.within)
		stanzas_wrong(&r->text, "\"within\" in the first line, expected a line before it");
	else
		s->lines[s->nlines++] = t;
}

static void
add_when(struct reader *r, char *value)
{
	add_line(r, value);
}

static void
add_then(struct reader *r, char *value)
{
	if (r->now->nlines == 0)
		stanzas_wrong(&r->text, "\"then\" without \"when\", expected \"when\" first");
	else
		add_line(r, value);
}

static void
add_extra(struct reader *r, const char *key, struct terms *to, const struct term *t)
{
	if (!to->v)
		to->v = arena_alloc(r->db->arena, EXTRAS_MAX * sizeof *to->v);
	if (to->n == EXTRAS_MAX)
		stanzas_wrong(&r->text, "more than %d \"%s\" lines, expected fewer", EXTRAS_MAX,
			      key);
	else
		to->v[to->n++] = *t;
}

static void
add_exception(struct reader *r, const char *key, struct terms *to, const char *value)
{
	struct term t;

	if (!term_of(r, value, &t))
		return;
	if (t.within)
		stanzas_wrong(&r->text,
			      "\"within\" in \"%s\", expected it in when, then or support", key);
	else
		add_extra(r, key, to, &t);
}

static void
add_unless(struct reader *r, char *value)
{
	add_exception(r, "unless", &r->now->unless, value);
}

static void
add_never(struct reader *r, char *value)
{
	add_exception(r, "never", &r->now->never, value);
}

/* support = +0.05 TERM */
static void
add_support(struct reader *r, char *value)
{
	char *rest = value + strcspn(value, " \t");
	struct term t;
	double bonus;

	if (*rest)
		*rest++ = '\0';
	bonus = *value == '+' ? share_parse(value + 1) : -1;
	if (bonus <= 0) {
		stanzas_wrong(&r->text, "bad bonus \"%s\", expected +0.01 to +1, or +1%% to +100%%",
			      value);
		return;
	}
	if (!term_of(r, rest, &t))
		return;
	t.bonus = bonus;
	add_extra(r, "support", &r->now->support, &t);
}

static const struct key {
	const char *name;
	void (*take)(struct reader *r, char *value);
} keys[] = {
    {"title", set_title}, {"kind", set_kind},         {"mechanism", set_mechanism},
    {"when", add_when},   {"then", add_then},         {"unless", add_unless},
    {"never", add_never}, {"support", add_support},   {"score", set_score},
    {"rev", set_rev},     {"innocent", set_innocent}, {"sample", set_sample},
    {"near", set_near},   {"source", add_source},
};

/* The stanza ends: is it whole? */
static void
end_stanza(struct reader *r)
{
	struct stanza *s = r->now;
	struct fingerprint *p = s ? &s->public : NULL;
	unsigned here = r->text.line;
	const char *missing;

	if (!s || !complaints_go_on(r->text.complaints))
		return;
	r->now = NULL;
	missing = !p->title            ? "title"
		  : !r->kind_said      ? "kind"
		  : !r->mechanism_said ? "mechanism"
		  : !s->nlines         ? "when"
		  : !r->score_said     ? "score"
		  : !p->rev            ? "rev"
		  : !r->nsources       ? "source"
				       : NULL;
	r->text.line = p->line;
	if (missing)
		stanzas_wrong(&r->text, "[%s] has no \"%s\", expected one", p->id, missing);
	r->text.line = here;
}

static void
begin_stanza(struct reader *r, const char *id)
{
	const struct fingerprint *before = fingerprints_find(r->db, id);
	struct stanza *s;

	end_stanza(r);
	if (before) {
		r->text.skip = true;
		stanzas_wrong(&r->text, "[%s] is there already, in %s:%u, expected another id", id,
			      before->file, before->line);
		return;
	}
	s = arena_alloc(r->db->arena, sizeof *s);
	s->public.id = arena_text(r->db->arena, bytes_of(id));
	s->public.file = r->text.file;
	s->public.line = r->text.line;
	s->public.sources =
	    arena_alloc(r->db->arena, (SOURCES_MAX + 1) * sizeof *s->public.sources);
	r->db->stanzas = xrealloc(r->db->stanzas, r->db->nstanzas + 1, sizeof(struct stanza *));
	r->db->stanzas[r->db->nstanzas++] = s;
	r->now = s;
	r->kind_said = r->mechanism_said = r->score_said = false;
	r->nsources = 0;
}

static void
take_key(struct reader *r, const char *key, char *value)
{
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, key) == 0) {
			keys[i].take(r, value);
			return;
		}
	}
	stanzas_wrong(
	    &r->text,
	    "unknown key \"%s\", expected title, kind, mechanism, when, then, unless, never, "
	    "support, score, rev, innocent, sample, near or source",
	    key);
}

void
database_parse(struct fingerprints *db, const char *file, struct bytes text, struct complaints *c)
{
	struct reader r = {.db = db, .text = {.complaints = c, .id_max = ID_MAX}};
	char *copy = arena_text(db->arena, text), *key, *value;
	enum stanza_part part;

	r.text.file = arena_printf(db->arena, "%s", file);
	stanzas_begin(&r.text, copy);
	if (memchr(copy, '\0', text.n)) {
		stanzas_wrong(&r.text, "a NUL byte in a text file, expected UTF-8 text");
		return;
	}
	while ((part = stanzas_next(&r.text, &key, &value)) != PART_END) {
		if (part == PART_BEGIN)
			begin_stanza(&r, key);
		else
			take_key(&r, key, value);
	}
	end_stanza(&r);
}
