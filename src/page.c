/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of words, wrapped by the columns that they take on a terminal. */
#include "page.h"

#include "printable.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A page is never taken to be narrower than this beyond its indent. */
#define PAGE_LEAST 16

static void
new_line(struct page *p)
{
	fputc('\n', p->out);
	p->at = 0;
	p->blank = true;
}

static unsigned
room(const struct page *p)
{
	return p->columns >= p->indent + PAGE_LEAST ? p->columns - p->indent : PAGE_LEAST;
}

static void
pad_to(struct page *p, unsigned column)
{
	for (; p->at < column; p->at++)
		fputc(' ', p->out);
}

static void
flush_word(struct page *p)
{
	unsigned gap = p->gap && p->at > p->indent;

	if (!p->word_bytes)
		return;
	if (p->at > p->indent && p->word_columns &&
	    p->at + gap + p->word_columns > p->indent + room(p)) {
		new_line(p);
		gap = 0;
	}
	pad_to(p, p->indent);
	pad_to(p, p->at + gap);
	fwrite(p->word, 1, p->word_bytes, p->out);
	p->at += p->word_columns;
	p->blank = false;
	p->word_bytes = 0;
	p->word_columns = 0;
	p->gap = false;
}

static void
put(struct page *p, const char *text, unsigned columns)
{
	size_t n = strlen(text);

	/* A word wider than a line fills lines; one with endless combining marks is cut too. */
	if (p->word_bytes + n > sizeof p->word || p->word_columns + columns > room(p))
		flush_word(p);
	memcpy(p->word + p->word_bytes, text, n);
	p->word_bytes += n;
	p->word_columns += columns;
}

void
page_words(struct page *p, const char *text)
{
	char one[PRINTABLE_MAX];
	unsigned columns;

	while (*text) {
		if (*text == ' ') {
			flush_word(p);
			p->gap = true;
			text++;
			continue;
		}
		text += printable_next(text, one, &columns);
		put(p, one, columns);
	}
}

void
page_printf(struct page *p, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	page_words(p, text);
	free(text);
}

void
page_raw(struct page *p, const char *text)
{
	char *shown;

	if (!*text)
		return;
	shown = printable(text);

	flush_word(p);
	pad_to(p, p->indent);
	if (p->gap && p->at > p->indent)
		pad_to(p, p->at + 1);
	p->gap = false;
	fputs(shown, p->out);
	p->at += printable_columns(text);
	p->blank = false;
	free(shown);
}

void
page_ink(struct page *p, enum ink ink)
{
	static const char *const codes[] = {
	    [PLAIN] = "\033[0m",  [BOLD] = "\033[1m",      [DIM] = "\033[2m",
	    [RED] = "\033[1;31m", [YELLOW] = "\033[1;33m", [GREEN] = "\033[32m"};
	size_t n = strlen(codes[ink]);

	if (!p->colour)
		return;
	if (p->word_bytes + n > sizeof p->word)
		flush_word(p);
	memcpy(p->word + p->word_bytes, codes[ink], n);
	p->word_bytes += n;
}

void
page_column(struct page *p, unsigned column)
{
	flush_word(p);
	p->gap = false;
	if (p->at > column || (p->at == column && p->at > 0 && !p->blank))
		new_line(p);
	/* The padding comes with the next word, so that no line ends in blanks. */
	p->blank = true;
	p->indent = column;
}

void
page_line(struct page *p, unsigned next_indent)
{
	flush_word(p);
	p->gap = false;
	new_line(p);
	p->indent = next_indent;
}
