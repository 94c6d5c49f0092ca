/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes words on lines of so many columns. All that goes through it is made printable first. */
#pragma once

#include <stdio.h>

#include "base.h"

enum ink { PLAIN, BOLD, DIM, RED, YELLOW, GREEN };

/* Longer words are broken. Host names have at most 253 characters (RFC 1035, 2.3.4). */
#define PAGE_WORD_MAX 1024

struct page {
	FILE *out;
	unsigned columns; /* of the page */
	unsigned indent;  /* where lines begin */
	unsigned at;      /* columns written of this line */
	bool gap;         /* a space is due before the next word */
	bool blank;       /* nothing was written since the line or column began */
	bool colour;
	char word[PAGE_WORD_MAX]; /* being gathered */
	size_t word_bytes;
	unsigned word_columns;
};

/* Text is split at spaces only; a text that goes on where the last one ended continues its word. */
void page_words(struct page *p, const char *text);
void page_printf(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As it is, on this line however long that gets: for what a reader wants to copy. */
void page_raw(struct page *p, const char *text);
void page_ink(struct page *p, enum ink ink);
/* Moves on to a column, or to the next line's if it is passed already, and makes it the indent. */
void page_column(struct page *p, unsigned column);
/* Ends the line and sets where the next one begins. */
void page_line(struct page *p, unsigned next_indent);
