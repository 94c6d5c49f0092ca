/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue of signatures in Markdown: what docs/signatures.md is made of. */
#include "explain.h"

#include <string.h>

#include "fpdb.h"
#include "mechanisms.h"

/* A bar would end a cell of a table. */
static void
cell(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '|')
			putc('\\', out);
		putc(*text, out);
	}
}

static void
fields_table(const struct fingerprints *db, FILE *out)
{
	fputs("## Fields\n\n| field | type | meaning |\n|---|---|---|\n", out);
	for (size_t i = 0; db->tables[i]; i++) {
		for (const struct field *f = db->tables[i]; f->name; f++) {
			fprintf(out, "| `%s` | %s | ", f->name, field_type_word(f->type));
			cell(f->doc ? f->doc : "", out);
			fputs(" |\n", out);
		}
	}
}

static void
mechanisms_chapter(FILE *out)
{
	fputs("\n## Mechanisms\n", out);
	for (int i = 0; i < NMECHANISMS; i++) {
		const struct mechanism_text *t = &mechanism_texts[i];

		fprintf(out, "\n### %s\n\n%s\n\n*Evidence:* %s\n\n*Innocent:* %s\n\n*Sources:* ",
			mechanism_words[i], t->meaning, t->evidence, t->innocent);
		for (size_t k = 0; t->sources[k]; k++)
			fprintf(out, "%s%s", k ? "; " : "", t->sources[k]);
		fputs("\n", out);
	}
}

static void
terms_lines(const char *key, const struct terms *terms, FILE *out)
{
	for (size_t i = 0; i < terms->n; i++) {
		fprintf(out, "%-7s = ", key);
		if (terms->v[i].bonus > 0)
			fprintf(out, "+%.0f%% ", terms->v[i].bonus * 100);
		term_print(&terms->v[i], out);
		fputs("\n", out);
	}
}

static const char *const kind_words[] = {
    [GENERIC] = "Generic", [SPECIFIC] = "Specific", [HINT] = "Hint"};

static void
stanza_section(const struct stanza *s, FILE *out)
{
	const struct fingerprint *p = &s->public;
	const char *slash = strrchr(p->file, '/');

	fprintf(out, "\n### %s\n\n%s. %s, `%s`, score %.0f%%, revision %u, in `%s`.\n\n```\n",
		p->id, p->title, kind_words[p->kind], mechanism_words[p->mechanism], p->score * 100,
		p->rev, slash ? slash + 1 : p->file);
	for (size_t i = 0; i < s->nlines; i++) {
		fprintf(out, "%-7s = ", i ? "then" : "when");
		term_print(&s->lines[i], out);
		fputs("\n", out);
	}
	terms_lines("unless", &s->unless, out);
	terms_lines("never", &s->never, out);
	terms_lines("support", &s->support, out);
	fputs("```\n\n", out);
	if (p->innocent)
		fprintf(out, "*Innocent:* %s\n\n", p->innocent);
	for (size_t i = 0; p->sources[i]; i++)
		fprintf(out, "- %s\n", p->sources[i]);
}

static void
lists_table(const struct fingerprints *db, FILE *out)
{
	static const char *const how[] = {"whole", "prefix", "contains", "network"};

	fputs("\n## Lists\n\n| list | match | entries | sources |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < lists_count(db->lists); i++) {
		const struct list *l = lists_get(db->lists, i);

		fprintf(out, "| `%s` | %s | %zu | ", list_name(l), how[list_match(l)],
			list_entries(l));
		for (const char *const *s = list_sources(l); *s; s++) {
			cell(*s, out);
			fputs(s[1] ? "; " : "", out);
		}
		fputs(" |\n", out);
	}
}

void
explain_catalogue(const struct fingerprints *db, FILE *out)
{
	fputs("# Signatures\n\nEvery fact that a dissector notes, every mechanism that a report "
	      "names, every\nfingerprint and list that the program brings along. This page is made "
	      "by\n`tests/make_signatures.sh`; a test fails if it is out of date.\n\n",
	      out);
	fields_table(db, out);
	mechanisms_chapter(out);
	fputs("\n## Fingerprints\n", out);
	for (size_t i = 0; i < db->nstanzas; i++)
		stanza_section(db->stanzas[i], out);
	lists_table(db, out);
}
