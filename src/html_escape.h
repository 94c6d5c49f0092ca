/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text for a page of HTML: nothing that came from a packet becomes markup, and nothing in it is
 * hidden from a reader. */
#pragma once

#include <stdio.h>

#include "base.h"

/* Markup of the program's own, as it is. */
void html_put(FILE *out, const char *markup);
/* Text, for elements and for attributes between double quotes: & < > " ' as references, what is no
 * UTF-8, a control or invisible as \xNN. */
void html_text(FILE *out, const char *text);
/* The same for what printf() would write; what is longer than 1023 bytes is cut. */
void html_words(FILE *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A name out of the capture, apart from the words around it in its direction of writing (UAX 9,
 * 2.4): in <bdi>, with places to break a line at. */
void html_name(FILE *out, const char *name);
/* At most so many columns of a text, "..." for the rest. For pictures, which cannot wrap. */
void html_short(FILE *out, const char *text, unsigned columns);

/* A file's name, or any text, as one word for a POSIX shell: bare, in '', or in $'' if there is
 * something in it that a reader could not see. A leading "-" gets "./" before it. To be freed by
 * the caller. */
char *shell_word(const char *text);
