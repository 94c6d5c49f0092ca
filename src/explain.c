/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Explains mechanisms and fingerprints to a reader, from the same texts that the program uses. */
#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fpdb.h"
#include "mechanisms.h"
#include "wrap.h"

#define INDENT 14
/* Names longer than any mechanism or id are not compared. */
#define NAME_LONGEST 64
/* Suggestions: the nearest, if at most a third of the letters are wrong. */
#define SUGGESTIONS_MAX 3

static void
labelled(const char *label, const char *text, FILE *out)
{
	fprintf(out, "%-*s", INDENT, label);
	wrap_print(text, INDENT, INDENT, out);
}

static int
find_mechanism(const char *name)
{
	for (int i = 0; i < NMECHANISMS; i++)
		if (strcmp(mechanism_words[i], name) == 0)
			return i;
	return -1;
}

static void
explain_mechanism(const struct fingerprints *db, enum mechanism m, FILE *out)
{
	const struct mechanism_text *t = &mechanism_texts[m];
	bool any = false;

	labelled("mechanism", mechanism_words[m], out);
	labelled("meaning", t->meaning, out);
	labelled("evidence", t->evidence, out);
	labelled("innocent", t->innocent, out);
	for (size_t i = 0; t->sources[i]; i++)
		labelled(i ? "" : "sources", t->sources[i], out);
	for (size_t i = 0; i < fingerprints_count(db); i++) {
		const struct fingerprint *p = fingerprints_get(db, i);

		if (p->mechanism != m)
			continue;
		labelled(any ? "" : "fingerprints", p->id, out);
		any = true;
	}
}

static const struct stanza *
stanza_of(const struct fingerprints *db, const char *id)
{
	for (size_t i = 0; i < db->nstanzas; i++)
		if (strcmp(db->stanzas[i]->public.id, id) == 0)
			return db->stanzas[i];
	return NULL;
}

/* A term is printed as it would be written; the bonus of a support term stands before it. */
static void
labelled_term(const char *label, const struct term *t, FILE *out)
{
	char *text = NULL;
	size_t n = 0;
	FILE *memory = open_memstream(&text, &n);

	if (!memory)
		return;
	if (t->bonus > 0)
		fprintf(memory, "+%.0f%% ", t->bonus * 100);
	term_print(t, memory);
	fclose(memory);
	labelled(label, text, out);
	free(text);
}

static void
labelled_terms(const char *label, const struct terms *terms, FILE *out)
{
	for (size_t i = 0; i < terms->n; i++)
		labelled_term(label, &terms->v[i], out);
}

static void
explain_conditions(const struct stanza *s, FILE *out)
{
	for (size_t i = 0; i < s->nlines; i++)
		labelled_term(i ? "then" : "when", &s->lines[i], out);
	labelled_terms("unless", &s->unless, out);
	labelled_terms("never", &s->never, out);
	labelled_terms("support", &s->support, out);
}

static const char *const kind_words[] = {
    [GENERIC] = "names a technique", [SPECIFIC] = "names a system", [HINT] = "hints at a system"};

/* s is NULL for a row of somebody else's list. */
static void
explain_fingerprint(const struct fingerprint *p, const struct stanza *s, FILE *out)
{
	char text[512];

	snprintf(text, sizeof text, "%s (%s, revision %u)", p->id, kind_words[p->kind], p->rev);
	labelled("fingerprint", text, out);
	labelled("title", p->title, out);
	labelled("mechanism", mechanism_words[p->mechanism], out);
	labelled("meaning", mechanism_texts[p->mechanism].meaning, out);
	if (s)
		explain_conditions(s, out);
	snprintf(text, sizeof text, "%.0f%%: how surely these marks are its own", p->score * 100);
	labelled("score", text, out);
	labelled("innocent", p->innocent ? p->innocent : mechanism_texts[p->mechanism].innocent,
		 out);
	for (size_t i = 0; p->sources[i]; i++)
		labelled(i ? "" : "sources", p->sources[i], out);
	if (p->sample)
		labelled("sample", p->sample, out);
	if (p->near_miss)
		labelled("near miss", p->near_miss, out);
	snprintf(text, sizeof text, "%s:%u", p->file, p->line);
	labelled("written in", text, out);
}

/* Levenshtein's distance, one row at a time. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NAME_LONGEST + 1], n = strlen(b);

	if (strlen(a) > NAME_LONGEST || n > NAME_LONGEST)
		return NAME_LONGEST;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

struct candidate {
	const char *name;
	size_t far;
};

/* Part of a name or a title is near, too: "iran" finds the fingerprints of Iran. */
static size_t
farness(const char *asked, const char *name, const char *title)
{
	if (strlen(asked) >= 3 && (strcasestr(name, asked) || strcasestr(title, asked)))
		return 1;
	return distance(asked, name);
}

static void
consider(struct candidate *best, const char *asked, const char *name, const char *title)
{
	struct candidate c = {name, farness(asked, name, title)};

	for (size_t i = 0; i < SUGGESTIONS_MAX; i++) {
		if (!best[i].name || c.far < best[i].far) {
			struct candidate down = best[i];

			best[i] = c;
			c = down;
			if (!c.name)
				break;
		}
	}
}

static char *
suggestions(const struct fingerprints *db, const char *asked)
{
	struct candidate best[SUGGESTIONS_MAX] = {{NULL, 0}};
	char *text = NULL;
	size_t n = 0, said = 0, limit = strlen(asked) / 3 + 1;
	FILE *memory = open_memstream(&text, &n);

	if (!memory)
		return xstrdup("out of memory");
	for (int i = 0; i < NMECHANISMS; i++)
		consider(best, asked, mechanism_words[i], "");
	for (size_t i = 0; i < fingerprints_count(db); i++)
		consider(best, asked, fingerprints_get(db, i)->id, fingerprints_get(db, i)->title);
	fprintf(memory, "no mechanism or fingerprint \"%s\"", asked);
	for (size_t i = 0; i < SUGGESTIONS_MAX && best[i].name; i++)
		if (best[i].far <= limit)
			fprintf(memory, "%s%s", said++ ? ", " : "; nearest: ", best[i].name);
	if (!said)
		fputs("; \"tamperscope explain\" lists them all", memory);
	fclose(memory);
	return text;
}

static void
list_names(const struct fingerprints *db, FILE *out)
{
	fputs("Mechanisms:\n", out);
	for (int i = 0; i < NMECHANISMS; i++)
		fprintf(out, "  %s\n", mechanism_words[i]);
	fputs("\nFingerprints:\n", out);
	for (size_t i = 0; i < fingerprints_count(db); i++) {
		const struct fingerprint *p = fingerprints_get(db, i);

		fprintf(out, "  %-24s ", p->id);
		wrap_print(p->title, 27, 27, out);
	}
}

int
explain_print(const struct fingerprints *db, const char *name, FILE *out, char **ret_why)
{
	const struct fingerprint *p;
	int m;

	if (!name) {
		list_names(db, out);
		return 0;
	}
	m = find_mechanism(name);
	p = fingerprints_find(db, name);
	if (m >= 0) {
		explain_mechanism(db, (enum mechanism)m, out);
	} else if (p) {
		explain_fingerprint(p, stanza_of(db, name), out);
	} else {
		*ret_why = suggestions(db, name);
		return -ENOENT;
	}
	return 0;
}
