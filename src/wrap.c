/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prose for a terminal: greedy line breaking at blanks. */
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

/* Characters, as far as UTF-8 can be counted without a locale: all but continuation bytes. */
static size_t
width(const char *text, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char)text[i] & 0xc0) != 0x80;
	return w;
}

void
wrap_print(const char *text, size_t column, size_t indent, FILE *out)
{
	size_t at = column;
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " "), w = width(text, n);

		while (w > WRAP_COLUMNS - indent) /* an address of a page, say */
			w = width(text, --n);
		if (!first && at + 1 + w > WRAP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			putc(' ', out);
			at++;
		}
		fwrite(text, 1, n, out);
		at += w;
		first = false;
		text += n;
		text += strspn(text, " ");
	}
	putc('\n', out);
}
