/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the manifest of a case. The same case gives the same bytes: keys have their order here,
 * and lists have theirs. */
#include "case_manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define FORMAT_VERSION 1
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(15))

static json_t *
text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *
texts(const char *const *list, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, json_string(list[i]));
	return j;
}

static json_t *
libraries(const struct manifest *m)
{
	json_t *j = json_object();

	for (size_t i = 0; i < m->nlibraries; i++)
		json_object_set_new(j, m->libraries[i].name, json_string(m->libraries[i].version));
	return j;
}

static json_t *
options(const struct manifest *m)
{
	return json_pack("{so sf so so sb sb so}", "filter", text_or_null(m->filter),
			 "min_confidence", m->min_confidence, "fingerprints",
			 text_or_null(m->fingerprints), "lists", texts(m->lists, m->nlists),
			 "redact", m->redact, "key", m->key_given, "keep_names",
			 texts(m->keep_names, m->nkeep_names));
}

static json_t *
meta(const struct custody *c)
{
	json_t *j = json_object();

	for (size_t i = 0; i < c->nmeta; i++) {
		char key[KEY_MOST + 1] = "";

		memcpy(key, c->meta[i].key.p, c->meta[i].key.n);
		json_object_set_new(j, key, json_string(c->meta[i].value));
	}
	return j;
}

static json_t *
entry(const char *name, const struct file_sums *s)
{
	return json_pack("{ss sI ss ss*}", "file", name, "size", (json_int_t)s->size, "sha256",
			 s->sha256, "sha512", *s->sha512 ? s->sha512 : NULL);
}

static json_t *
files(const struct manifest *m)
{
	json_t *j = json_array();

	for (size_t i = 0; i < m->nfiles; i++)
		json_array_append_new(j, entry(m->files[i].name, &m->files[i].sums));
	return j;
}

static json_t *
originals(const struct manifest *m)
{
	json_t *j = json_array();

	for (size_t i = 0; i < m->noriginals; i++) {
		const struct original *o = &m->originals[i];
		json_t *v = entry(o->label, &o->sums);

		if (m->redact)
			json_object_set_new(v, "redacted",
					    json_pack("{sI ss}", "size",
						      (json_int_t)o->redacted.size, "sha256",
						      o->redacted.sha256));
		json_array_append_new(j, v);
	}
	return j;
}

void
manifest_command_sum(const char *const *words, size_t n, struct file_sums *ret)
{
	char *all = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&all, &size);

	if (!out)
		out_of_memory();
	for (size_t i = 0; i < n; i++)
		fwrite(words[i], 1, strlen(words[i]) + 1, out);
	if (fclose(out))
		out_of_memory();
	bytes_sums((struct bytes){(uint8_t *)all, size}, ret);
	free(all);
}

char *
manifest_text(const struct manifest *m)
{
	struct arena *scratch = arena_new();
	struct file_sums sum;
	size_t n;
	const char **words = manifest_command(scratch, m, &n);
	json_t *j;
	char *dumped, *text;

	manifest_command_sum(words, n, &sum);
	j = json_pack(
	    "{ss si s{ss ss} so so so so so ss so so so so so}", "format", "tamperscope-case",
	    "format_version", FORMAT_VERSION, "tool", "name", "tamperscope", "version", m->version,
	    "libraries", libraries(m), "fingerprints_sha256",
	    text_or_null(*m->fingerprints_sha256 ? m->fingerprints_sha256 : NULL),
	    "services_sha256", text_or_null(*m->services_sha256 ? m->services_sha256 : NULL),
	    "options", options(m), "command", texts(words, n), "command_sha256", sum.sha256, "meta",
	    meta(&m->custody), "notes", texts(m->custody.notes, m->custody.nnotes), "originals",
	    originals(m), "files", files(m), "signature",
	    m->is_signed ? json_string("Ed25519") : json_null());
	dumped = j ? json_dumps(j, DUMP_FLAGS) : NULL;
	if (!dumped) /* all texts are UTF-8 here */
		out_of_memory();
	text = xasprintf("%s\n", dumped);
	free(dumped);
	json_decref(j);
	arena_free(scratch);
	return text;
}

const char **
manifest_command(struct arena *a, const struct manifest *m, size_t *ret_n)
{
	/* Two words of the command, two for each of six options, each list and each name, --,
	 * originals. */
	size_t most = 2 + 2 * (6 + m->nlists + m->nkeep_names) + 1 + m->noriginals;
	const char **w = arena_alloc(a, most * sizeof *w);
	size_t n = 0;

	w[n++] = "tamperscope";
	w[n++] = "case";
	if (m->filter) {
		w[n++] = "--filter";
		w[n++] = m->filter;
	}
	w[n++] = "--min-confidence";
	w[n++] = arena_printf(a, "%.15g", m->min_confidence);
	if (m->fingerprints) {
		w[n++] = "--fingerprints";
		w[n++] = m->fingerprints;
	}
	for (size_t i = 0; i < m->nlists; i++) {
		w[n++] = "--fingerprints";
		w[n++] = m->lists[i];
	}
	if (m->redact)
		w[n++] = "--redact";
	if (m->key_given) {
		w[n++] = "--key";
		w[n++] = "key";
	}
	for (size_t i = 0; i < m->nkeep_names; i++) {
		w[n++] = "--keep-name";
		w[n++] = m->keep_names[i];
	}
	w[n++] = "-o";
	w[n++] = "case";
	w[n++] = "--";
	for (size_t i = 0; i < m->noriginals; i++)
		w[n++] = m->originals[i].label;
	*ret_n = n;
	return w;
}

/* POSIX.1-2017, XCU 2.2.2: between single quotes all but themselves is what it is. */
static void
put_quoted(const char *word, FILE *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./,:+@%";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	}
	putc('\'', out);
}

const char *
manifest_command_line(struct arena *a, const struct manifest *m)
{
	char *all = NULL;
	size_t size = 0, n;
	const char **words = manifest_command(a, m, &n), *line;
	FILE *out = open_memstream(&all, &size);

	if (!out)
		out_of_memory();
	for (size_t i = 0; i < n; i++) {
		if (i)
			putc(' ', out);
		put_quoted(words[i], out);
	}
	if (fclose(out))
		out_of_memory();
	line = arena_printf(a, "%s", all);
	free(all);
	return line;
}

int
manifest_add_file(struct manifest *m, const char *name, const struct file_sums *sums)
{
	size_t at = 0;

	if (m->nfiles == CASE_FILES_MOST)
		return -E2BIG;
	while (at < m->nfiles && strcmp(m->files[at].name, name) < 0)
		at++;
	memmove(m->files + at + 1, m->files + at, (m->nfiles - at) * sizeof *m->files);
	m->files[at] = (struct case_file){name, *sums};
	m->nfiles++;
	return 0;
}

const struct case_file *
manifest_file(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->nfiles; i++)
		if (strcmp(m->files[i].name, name) == 0)
			return &m->files[i];
	return NULL;
}
