/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the manifest of a case, which may have come from anybody: nothing in it is believed before
 * it was looked at. */
#include "case_manifest.h"

#include "printable.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* One original has an index of 16 bits in every citation. */
#define ORIGINALS_MOST 65535
/* A name has 255 bytes at most, each written as \xNN, and a number behind them. */
#define LABEL_MOST 1040
/* As long as one argument of a program may be (Linux: MAX_ARG_STRLEN). */
#define FILTER_MOST (128 << 10)

struct reader {
	struct arena *arena;
	char *why; /* the first complaint */
};

PRINTF_LIKE(2, 3)
static bool
wrong(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!r->why && vasprintf(&r->why, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	return false;
}

/* Without a NUL inside, which C would end at. */
static const char *
take_text(struct reader *r, const json_t *j, const char *key, size_t most, bool may_be_null)
{
	const json_t *v = json_object_get(j, key);
	size_t n = json_string_length(v);

	if (json_is_null(v) && may_be_null)
		return NULL;
	if (json_is_string(v) && n <= most && strlen(json_string_value(v)) == n)
		return arena_printf(r->arena, "%s", json_string_value(v));
	wrong(r, "\"%s\": expected a text of at most %zu bytes", key, most);
	return "";
}

static bool
is_hex(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static void
take_sum(struct reader *r, const json_t *j, const char *key, size_t n, char *ret)
{
	const char *s = take_text(r, j, key, n, false);

	if (is_hex(s, n))
		memcpy(ret, s, n + 1);
	else
		wrong(r, "\"%s\": expected %zu hexadecimal digits", key, n);
}

static void
take_sum_or_null(struct reader *r, const json_t *j, const char *key, char *ret)
{
	if (!json_is_null(json_object_get(j, key)))
		take_sum(r, j, key, SUM256_HEX, ret);
}

static void
take_sums(struct reader *r, const json_t *j, bool sha512, struct file_sums *ret)
{
	const json_t *size = json_object_get(j, "size");

	if (!json_is_integer(size) || json_integer_value(size) < 0)
		wrong(r, "\"size\": expected a number of bytes");
	else
		ret->size = (uint64_t)json_integer_value(size);
	take_sum(r, j, "sha256", SUM256_HEX, ret->sha256);
	if (sha512)
		take_sum(r, j, "sha512", SUM512_HEX, ret->sha512);
}

static const json_t *
take_list(struct reader *r, const json_t *j, const char *key, size_t most)
{
	const json_t *list = json_object_get(j, key);

	if (json_is_array(list) && json_array_size(list) <= most)
		return list;
	wrong(r, "\"%s\": expected a list of at most %zu", key, most);
	return NULL;
}

static size_t
take_texts(struct reader *r, const json_t *j, const char *key, size_t most, const char **ret)
{
	const json_t *list = take_list(r, j, key, most);
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		size_t length = json_string_length(v);

		if (!json_is_string(v) || strlen(json_string_value(v)) != length ||
		    length > TEXT_MOST)
			wrong(r, "\"%s\": expected texts of at most %d bytes", key, TEXT_MOST);
		ret[i] =
		    arena_printf(r->arena, "%s", json_is_string(v) ? json_string_value(v) : "");
	}
	return n;
}

static void
take_options(struct reader *r, const json_t *j, struct manifest *m)
{
	const json_t *o = json_object_get(j, "options");
	const json_t *confidence = json_object_get(o, "min_confidence");
	const json_t *redact = json_object_get(o, "redact"), *key = json_object_get(o, "key");

	m->filter = take_text(r, o, "filter", FILTER_MOST, true);
	m->fingerprints = take_text(r, o, "fingerprints", LABEL_MOST, true);
	m->nlists = take_texts(r, o, "lists", CASE_LISTS_MOST, m->lists);
	m->min_confidence = json_number_value(confidence);
	/* The contract: below 0.3 nothing is reported. */
	if (!json_is_number(confidence) || !(m->min_confidence >= 0.3 && m->min_confidence <= 1))
		wrong(r, "\"min_confidence\": expected a number from 0.3 to 1");
	if (!json_is_boolean(redact) || !json_is_boolean(key))
		wrong(r, "\"redact\", \"key\": expected true or false");
	m->redact = json_is_true(redact);
	m->key_given = json_is_true(key);
	m->nkeep_names = take_texts(r, o, "keep_names", CASE_NAMES_MOST, m->keep_names);
}

static void
take_libraries(struct reader *r, const json_t *j, struct manifest *m)
{
	json_t *libraries = json_object_get(j, "libraries");
	const char *name;
	json_t *v;

	if (!json_is_object(libraries) || json_object_size(libraries) > LIBRARIES_MOST) {
		wrong(r, "\"libraries\": expected at most %d names with versions", LIBRARIES_MOST);
		return;
	}
	json_object_foreach(libraries, name, v)
	{
		m->libraries[m->nlibraries++] =
		    (struct library){arena_printf(r->arena, "%s", name),
				     take_text(r, libraries, name, LABEL_MOST, false)};
	}
}

static void
take_custody(struct reader *r, const json_t *j, struct custody *c)
{
	json_t *meta = json_object_get(j, "meta");
	const char *notes[NOTES_MOST], *key;
	size_t n = take_texts(r, j, "notes", NOTES_MOST, notes);
	json_t *v;

	for (size_t i = 0; i < n && !r->why; i++)
		custody_note(c, notes[i], &r->why);
	if (!json_is_object(meta))
		wrong(r, "\"meta\": expected keys with values");
	json_object_foreach(meta, key, v)
	{
		const char *value = take_text(r, meta, key, TEXT_MOST, false);

		if (r->why)
			return;
		custody_meta(c, arena_printf(r->arena, "%s=%s", key, value), &r->why);
	}
}

/* Of a case's own folder: no way leads out of it, and none of the files that stand for themselves.
 */
static bool
is_file_name(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_.";
	static const char *const others[] = {MANIFEST_FILE, SUMS_FILE, SIGNATURE_FILE, QUERY_FILE,
					     STAMP_FILE};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(s, others[i]) == 0)
			return false;
	return *s && *s != '.' && *s != '-' && !s[strspn(s, plain)];
}

static void
take_files(struct reader *r, const json_t *j, struct manifest *m)
{
	const json_t *list = take_list(r, j, "files", CASE_FILES_MOST);

	for (size_t i = 0; i < json_array_size(list) && !r->why; i++) {
		const json_t *v = json_array_get(list, i);
		const char *name = take_text(r, v, "file", LABEL_MOST, false);
		struct file_sums sums = {0};

		take_sums(r, v, false, &sums);
		if (!is_file_name(name))
			wrong(r, "\"files\": '%s' is not the name of a file in a case", name);
		else if (manifest_file(m, name))
			wrong(r, "\"files\": %s is there twice", name);
		else
			manifest_add_file(m, name, &sums);
	}
}

static bool
is_shown(const char *label)
{
	char *shown = printable(label);
	bool same = *label && strcmp(shown, label) == 0;

	free(shown);
	return same;
}

static void
take_originals(struct reader *r, const json_t *j, struct manifest *m)
{
	const json_t *list = take_list(r, j, "originals", ORIGINALS_MOST);

	m->noriginals = json_array_size(list);
	m->originals = arena_alloc(r->arena, (m->noriginals + 1) * sizeof *m->originals);
	if (!m->noriginals)
		wrong(r, "\"originals\": expected one at least");
	for (size_t i = 0; i < m->noriginals && !r->why; i++) {
		const json_t *v = json_array_get(list, i);
		struct original *o = &m->originals[i];

		o->label = take_text(r, v, "file", LABEL_MOST, false);
		take_sums(r, v, true, &o->sums);
		if (m->redact)
			take_sums(r, json_object_get(v, "redacted"), false, &o->redacted);
		if (!is_shown(o->label))
			wrong(r, "\"originals\": '%s' is not fit to be shown", o->label);
	}
}

/* The command says again what the options say; somebody who changes one must be seen. */
static void
check_command(struct reader *r, const json_t *j, const struct manifest *m)
{
	size_t n;
	const char **words = manifest_command(r->arena, m, &n);
	const json_t *list = json_object_get(j, "command");
	struct file_sums sum;
	bool same = json_array_size(list) == n;

	for (size_t i = 0; i < n; i++) {
		const char *said = json_string_value(json_array_get(list, i));

		same &= said && strcmp(said, words[i]) == 0;
	}
	manifest_command_sum(words, n, &sum);
	if (!same)
		wrong(r, "\"command\" is not what the options and the originals say");
	else if (strcmp(take_text(r, j, "command_sha256", SUM256_HEX, false), sum.sha256) != 0)
		wrong(r, "\"command_sha256\" is not the digest of \"command\"");
}

static void
take_all(struct reader *r, const json_t *j, struct manifest *m)
{
	const json_t *tool = json_object_get(j, "tool"),
		     *signature = json_object_get(j, "signature");
	const char *format = json_string_value(json_object_get(j, "format"));

	if (!format || strcmp(format, "tamperscope-case") != 0 ||
	    json_integer_value(json_object_get(j, "format_version")) != 1) {
		wrong(r, "expected \"format\": \"tamperscope-case\", \"format_version\": 1");
		return;
	}
	m->version = take_text(r, tool, "version", LABEL_MOST, false);
	take_libraries(r, j, m);
	take_sum_or_null(r, j, "fingerprints_sha256", m->fingerprints_sha256);
	take_sum_or_null(r, j, "services_sha256", m->services_sha256);
	take_options(r, j, m);
	take_custody(r, j, &m->custody);
	take_originals(r, j, m);
	take_files(r, j, m);
	m->is_signed = json_is_string(signature);
	if (!json_is_null(signature) &&
	    !(m->is_signed && strcmp(json_string_value(signature), "Ed25519") == 0))
		wrong(r, "\"signature\": expected \"Ed25519\" or null");
	if (!r->why)
		check_command(r, j, m);
}

int
manifest_parse(struct arena *a, struct bytes text, struct manifest *ret, char **ret_why)
{
	struct reader r = {.arena = a};
	struct manifest m = {0};
	json_error_t error;
	json_t *j = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);

	if (!j)
		wrong(&r, "line %d: %s", error.line, error.text);
	else
		take_all(&r, j, &m);
	json_decref(j);
	if (r.why) {
		*ret_why = r.why;
		return -EINVAL;
	}
	*ret = m;
	return 0;
}
