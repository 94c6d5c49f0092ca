/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of measurements: one document, several one after the other (JSONL), or a list of them. */
#include "measurement.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The largest OONI documents, with bodies of pages, have a few MB; a day of one probe fits. */
#define FILE_MAX ((size_t)64 << 20)
/* Documents of one file: as many lines as the above holds of short results. */
#define DOCUMENTS_MAX 65536

/* In the order in which they are asked. A format is a file and a row here. */
static const struct measurement_format *const formats[] = {
    &format_ooni, &format_ripe, &format_censoredplanet, &format_list, NULL};

PRINTF_LIKE(2, 3)
static int
wrong(char **ret_why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(ret_why, fmt, ap) < 0)
		*ret_why = xstrdup("the measurement cannot be read");
	va_end(ap);
	return -EINVAL;
}

static const struct measurement_format *
format_of(const json_t *root)
{
	const struct measurement_format *const *f = formats;

	while (*f && !(*f)->is(root))
		f++;
	return *f;
}

/* The value of that extent; NULL with *ret_why. */
static json_t *
parse(const char *file, struct bytes text, struct extent e, char **ret_why)
{
	size_t n = e.to - e.from;
	char *plain = xcalloc(n + 1, 1);
	json_error_t error;
	json_t *root;

	memcpy(plain, text.p + e.from, n);
	json_blank_comments(plain, n);
	/* Numbers that fit no integer of 64 bits are no reason to refuse a document. */
	root = json_loadb(plain, n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL,
			  &error);
	free(plain);
	/* It quotes the document. */
	for (char *c = error.text; !root && *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	if (!root)
		wrong(ret_why, "%s:%zu: expected JSON: %s", file,
		      json_line(text, e.from) + (size_t)(error.line > 0 ? error.line - 1 : 0),
		      error.text);
	return root;
}

static int
add(struct measurements *all, const char *file, const json_t *root, struct extent e,
    const struct measurement_format *format, char **ret_why)
{
	struct measurement *m;
	struct extent home;

	if (all->n == DOCUMENTS_MAX)
		return wrong(ret_why, "%s: expected at most %d measurements", file, DOCUMENTS_MAX);
	if ((all->n & (all->n - 1)) == 0)
		all->list = xrealloc(all->list, all->n ? 2 * all->n : 1, sizeof *all->list);
	m = &all->list[all->n++];
	*m = (struct measurement){.format = format,
				  .text = e,
				  .home = e,
				  .identity = json_object(),
				  .arena = arena_new()};
	if (format->home && json_member(all->text, e, format->home, &home) &&
	    all->text.p[home.from] == '{')
		m->home = home;
	format->read(m, root, file);
	return 0;
}

/* A list of documents, each of a format of its own. */
static int
add_list(struct measurements *all, const char *file, const json_t *root, struct extent e,
	 char **ret_why)
{
	size_t at = e.from, i = 0;
	struct extent name, item;
	int error = 0;

	all->many = true;
	for (; !error && json_item(all->text, e, &at, &name, &item); i++) {
		const json_t *value = json_array_get(root, i);
		const struct measurement_format *format = format_of(value);

		if (!format)
			return wrong(ret_why,
				     "%s:%zu: expected a measurement of OONI, RIPE Atlas or "
				     "Censored Planet, or a list of {target, time}",
				     file, json_line(all->text, item.from));
		error = add(all, file, value, item, format, ret_why);
	}
	return error;
}

static int
add_value(struct measurements *all, const char *file, struct extent e, char **ret_why)
{
	json_t *root = parse(file, all->text, e, ret_why);
	const struct measurement_format *format = root ? format_of(root) : NULL;
	int error;

	if (!root)
		return -EINVAL;
	if (format)
		error = add(all, file, root, e, format, ret_why);
	else if (json_is_array(root) && json_array_size(root))
		error = add_list(all, file, root, e, ret_why);
	else
		error = wrong(ret_why,
			      "%s:%zu: expected a measurement of OONI, RIPE Atlas or Censored "
			      "Planet, or a list of {target, time}",
			      file, json_line(all->text, e.from));
	json_decref(root);
	return error;
}

int
measurements_parse(const char *file, char *text, size_t n, struct measurements *ret, char **ret_why)
{
	/* A byte order mark is no part of the document (RFC 8259, 8.1). */
	size_t at = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, values = 0;
	struct measurements all = {.text = {(const uint8_t *)text, n}};
	struct extent e;
	int found, error = 0;

	while (!error && (found = json_next(all.text, &at, &e)) != 0) {
		if (found < 0)
			error = wrong(ret_why, "%s:%zu: expected JSON that is whole", file,
				      json_line(all.text, at));
		else
			error = add_value(&all, file, e, ret_why);
		values++;
	}
	if (!error && !values)
		error = wrong(ret_why, "%s: expected a measurement, found nothing", file);
	all.many |= values > 1;
	if (error)
		measurements_free(&all);
	else
		*ret = all;
	return error;
}

int
measurements_load(const char *file, struct measurements *ret, char **ret_why)
{
	bool standard = strcmp(file, "-") == 0;
	FILE *f = standard ? stdin : fopen(file, "rbe");
	size_t n = 0, size = 1 << 16, got;
	char *text;
	int error;

	if (!f) {
		error = errno;
		wrong(ret_why, "%s: %s", file, strerror(error));
		return -error;
	}
	text = xrealloc(NULL, size, 1);
	while ((got = fread(text + n, 1, size - n, f)) > 0 && n + got <= FILE_MAX) {
		n += got;
		if (n == size)
			text = xrealloc(text, size *= 2, 1);
	}
	error = ferror(f) ? (errno ? errno : EIO) : 0;
	if (!standard)
		fclose(f);
	if (error)
		wrong(ret_why, "%s: %s", file, strerror(error));
	else if (got)
		error = -wrong(ret_why, "%s: expected at most %zu MiB", file, FILE_MAX >> 20);
	if (error) {
		free(text);
		return -error;
	}
	return measurements_parse(file, text, n, ret, ret_why);
}

void
measurements_free(struct measurements *m)
{
	for (size_t i = 0; i < m->n; i++) {
		json_decref(m->list[i].identity);
		arena_free(m->list[i].arena);
	}
	free(m->list);
	free((void *)m->text.p);
	*m = (struct measurements){0};
}
