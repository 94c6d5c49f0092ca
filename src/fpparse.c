/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a fingerprint file, line by line. docs/fingerprints.md is the grammar. */
#include "fpdb.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "1"
/* Ids stand in reports and on command lines. */
#define ID_MAX 48
/* Sources of one stanza: a paper, its artifact, a report or two. */
#define SOURCES_MAX 16
#define REVISION_MAX 9999

/* The file being read. */
struct reader {
	struct fingerprints *db;
	struct complaints *complaints;
	const char *file;
	unsigned line;
	bool format_said;
	struct stanza *now; /* NULL before the first [id], and in a stanza that is given up */
	bool skip;
	bool kind_said, mechanism_said, score_said;
	size_t nsources;
};

static void PRINTF_LIKE(2, 3) wrong(struct reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	complain(r->complaints, r->file, r->line, "%s", text);
}

/* A text is taken with or without quotes. */
static const char *
keep(struct reader *r, char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value[n - 1] = '\0';
		value++;
	}
	return arena_printf(r->db->arena, "%s", value);
}

static bool
once(struct reader *r, const char *key, bool said)
{
	if (said)
		wrong(r, "\"%s\" said twice, expected it once in a stanza", key);
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
		wrong(r, "unknown kind \"%s\", expected generic, specific or hint", value);
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
	wrong(r,
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
		wrong(r, "bad score \"%s\", expected 0.01 to 1, or 1%% to 100%%", value);
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
		wrong(r, "bad rev \"%s\", expected a number from 1 to %d", value, REVISION_MAX);
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
		wrong(r,
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
		wrong(r, "more than %d sources, expected fewer", SOURCES_MAX);
		return;
	}
	v[r->nsources++] = keep(r, value);
}

static bool
term_of(struct reader *r, const char *value, struct term *ret)
{
	struct term_source s = {r->db, r->complaints, r->file, r->line};

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
		wrong(r, "more than %d \"when\" and \"then\" lines, expected fewer", LINES_MAX);
	else if (s->nlines == 0 && t.within)
		wrong(r, "\"within\" in the first line, expected a line before it");
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
		wrong(r, "\"then\" without \"when\", expected \"when\" first");
	else
		add_line(r, value);
}

static void
add_extra(struct reader *r, const char *key, struct terms *to, const struct term *t)
{
	if (!to->v)
		to->v = arena_alloc(r->db->arena, EXTRAS_MAX * sizeof *to->v);
	if (to->n == EXTRAS_MAX)
		wrong(r, "more than %d \"%s\" lines, expected fewer", EXTRAS_MAX, key);
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
		wrong(r, "\"within\" in \"%s\", expected it in when, then or support", key);
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
		wrong(r, "bad bonus \"%s\", expected +0.01 to +1, or +1%% to +100%%", value);
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
	unsigned here = r->line;
	const char *missing;

	if (!s || !complaints_go_on(r->complaints))
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
	r->line = p->line;
	if (missing)
		wrong(r, "[%s] has no \"%s\", expected one", p->id, missing);
	r->line = here;
}

static void
begin_stanza(struct reader *r, char *line)
{
	size_t n = strlen(line), good;
	const char *id = line + 1;
	const struct fingerprint *before;
	struct stanza *s;

	end_stanza(r);
	r->skip = true;
	good = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (good == 0 || good > ID_MAX || line[1 + good] != ']' || n != good + 2) {
		wrong(r,
		      "bad id, expected [name] of at most %d lower-case letters, digits and "
		      "hyphens",
		      ID_MAX);
		return;
	}
	line[n - 1] = '\0';
	before = fingerprints_find(r->db, id);
	if (before) {
		wrong(r, "[%s] is there already, in %s:%u, expected another id", id, before->file,
		      before->line);
		return;
	}
	s = arena_alloc(r->db->arena, sizeof *s);
	s->public.id = arena_printf(r->db->arena, "%s", id);
	s->public.file = r->file;
	s->public.line = r->line;
	s->public.sources =
	    arena_alloc(r->db->arena, (SOURCES_MAX + 1) * sizeof *s->public.sources);
	r->db->stanzas = xrealloc(r->db->stanzas, r->db->nstanzas + 1, sizeof(struct stanza *));
	r->db->stanzas[r->db->nstanzas++] = s;
	r->now = s;
	r->skip = r->kind_said = r->mechanism_said = r->score_said = false;
	r->nsources = 0;
}

/* Cuts the line at a comment, at the blanks before it, and at a carriage return. */
static void
trim(char *line)
{
	bool quoted = false;
	char *p, *end;

	for (p = line; *p; p++) {
		if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '#' && !quoted && (p == line || p[-1] == ' ' || p[-1] == '\t'))
			break;
	}
	end = p;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*end = '\0';
}

/* key = value; the value is non-empty. */
static bool
cut_key(struct reader *r, char *line, char **ret_value)
{
	char *equals = strchr(line, '='), *end = equals;

	if (!equals || equals == line) {
		wrong(r, "no \"=\", expected key = value, [id] or a comment");
		return false;
	}
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	equals++;
	equals += strspn(equals, " \t");
	if (!*equals) {
		wrong(r, "\"%s\" has no value, expected one", line);
		return false;
	}
	*ret_value = equals;
	return true;
}

static void
take_key(struct reader *r, char *line)
{
	char *value;

	if (!cut_key(r, line, &value))
		return;
	if (!r->format_said) {
		r->format_said = true;
		if (strcmp(line, "format") != 0)
			wrong(r, "\"%s\" comes first, expected \"format = " FORMAT "\"", line);
		else if (strcmp(value, FORMAT) != 0)
			wrong(r, "unknown format \"%s\", expected " FORMAT, value);
		return;
	}
	if (!r->now) {
		wrong(r, "\"%s\" before the first stanza, expected [id]", line);
		return;
	}
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, line) == 0) {
			keys[i].take(r, value);
			return;
		}
	}
	wrong(r,
	      "unknown key \"%s\", expected title, kind, mechanism, when, then, unless, never, "
	      "support, score, rev, innocent, sample, near or source",
	      line);
}

static void
take_line(struct reader *r, char *line)
{
	line += strspn(line, " \t");
	if (*line != '[') {
		if (!r->skip)
			take_key(r, line);
	} else if (!r->format_said) {
		r->format_said = true;
		wrong(r, "a stanza comes first, expected \"format = " FORMAT "\"");
	} else {
		begin_stanza(r, line);
	}
}

/* Hands over one line, put together from itself and the indented ones below it. */
static void
flush(struct reader *r, char *pending, unsigned line)
{
	unsigned here = r->line;

	if (!pending)
		return;
	r->line = line;
	take_line(r, pending);
	r->line = here;
}

/* A line that begins with a blank goes on where the one before ended; they lie in one buffer. */
static void
read_lines(struct reader *r, char *text)
{
	char *pending = NULL, *line = text;
	unsigned begun = 0;

	for (; line && complaints_go_on(r->complaints); r->line++) {
		char *end = strchr(line, '\n');
		bool goes_on = *line == ' ' || *line == '\t';

		if (end)
			*end = '\0';
		trim(line);
		if (goes_on && *line && pending && *pending) {
			size_t n = strlen(pending);

			pending[n] = ' ';
			memmove(pending + n + 1, line, strlen(line) + 1);
		} else if (*line) {
			flush(r, pending, begun);
			pending = line;
			begun = r->line;
		}
		line = end ? end + 1 : NULL;
	}
	if (complaints_go_on(r->complaints))
		flush(r, pending, begun);
}

void
database_parse(struct fingerprints *db, const char *file, struct bytes text, struct complaints *c)
{
	struct reader r = {.db = db, .complaints = c};
	char *copy = arena_text(db->arena, text);

	r.file = arena_printf(db->arena, "%s", file);
	r.line = 1;
	if (memchr(copy, '\0', text.n)) {
		wrong(&r, "a NUL byte in a text file, expected UTF-8 text");
		return;
	}
	read_lines(&r, copy);
	end_stanza(&r);
	if (complaints_go_on(c) && !r.format_said) {
		r.line = 1;
		wrong(&r, "nothing in the file, expected \"format = " FORMAT "\"");
	}
}
