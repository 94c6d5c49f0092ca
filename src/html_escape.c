/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTML Living Standard, 13.1.4: five characters are references, whatever they stand in. */
#include "html_escape.h"
#include "printable.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What the words around a name take; names go through html_text(). */
#define WORDS_MAX 1024
/* A longer word may be broken, so that a long name does not widen a narrow page. */
#define UNBROKEN_MAX 20

void
html_put(FILE *out, const char *markup)
{
	fputs(markup, out);
}

static void
put_escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*s, out);
		}
	}
}

void
html_text(FILE *out, const char *text)
{
	char one[PRINTABLE_MAX];
	unsigned columns;

	while (*text) {
		text += printable_next(text, one, &columns);
		put_escaped(out, one);
	}
}

void
html_words(FILE *out, const char *fmt, ...)
{
	char text[WORDS_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	html_text(out, text);
}

void
html_name(FILE *out, const char *name)
{
	unsigned columns, unbroken = 0;
	char one[PRINTABLE_MAX];

	fputs("<bdi>", out);
	while (*name) {
		name += printable_next(name, one, &columns);
		put_escaped(out, one);
		unbroken = *one == ' ' ? 0 : unbroken + columns;
		if (*name &&
		    (unbroken >= UNBROKEN_MAX || (unbroken > 3 && (*one == '.' || *one == '/')))) {
			fputs("<wbr>", out);
			unbroken = 0;
		}
	}
	fputs("</bdi>", out);
}

void
html_short(FILE *out, const char *text, unsigned columns)
{
	bool whole = printable_columns(text) <= columns;
	unsigned left = whole ? columns : columns - 1, width;
	char one[PRINTABLE_MAX];

	while (*text) {
		text += printable_next(text, one, &width);
		if (width > left)
			break;
		left -= width;
		put_escaped(out, one);
	}
	if (!whole)
		fputs("\xe2\x80\xa6", out);
}

/* Does the shell take it as it is? POSIX 1-2017, Shell Command Language, 2.2. */
static bool
is_bare(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_./:@%+,-")];
}

static bool
is_visible(const char *s)
{
	char *shown = printable(s);
	bool same = strcmp(shown, s) == 0;

	free(shown);
	return same;
}

char *
shell_word(const char *text)
{
	const char *dash = *text == '-' && text[1] ? "./" : "";
	size_t n = strlen(text);
	char *word = xcalloc(n * 4 + 8, 1), *p = stpcpy(word, "");
	bool visible = is_visible(text);

	if (is_bare(text)) {
		stpcpy(stpcpy(p, dash), text);
		return word;
	}
	p = stpcpy(p, visible ? "'" : "$'");
	p = stpcpy(p, dash);
	for (; *text; text++) {
		if (*text == '\'' && visible)
			p = stpcpy(p, "'\\''");
		else if (!visible && ((uint8_t)*text < 0x20 || (uint8_t)*text >= 0x7f ||
				      *text == '\'' || *text == '\\'))
			p += snprintf(p, 5, "\\x%02x", (uint8_t)*text);
		else
			*p++ = *text;
	}
	stpcpy(p, "'");
	return word;
}
