/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds its way in the text of JSON documents (RFC 8259) and leaves the text as it is, so that
 * something can be put in between. Comments, as JSONC has them, count as blanks. */
#pragma once

#include "base.h"

/* A part of a text: bytes from .. to-1. */
struct extent {
	size_t from, to;
};

/* The value that follows at *at, which is moved behind it. A text may hold several values, one
 * after the other. Returns 1, 0 if only blanks are left, or -EINVAL with *at where the text breaks
 * off or is no JSON. What is inside of a value is not checked; a parser does that. */
int json_next(struct bytes text, size_t *at, struct extent *ret);

/* The next element of an array, or member of an object, `of`. *at is `of.from` at first. *ret_name
 * is the member's name without its quotes, as it is spelled; empty in an array. The text must have
 * been parsed before. Returns false at the end. */
bool json_item(struct bytes text, struct extent of, size_t *at, struct extent *ret_name,
	       struct extent *ret);
/* The last member of that name, as parsers take it; false if there is none. */
bool json_member(struct bytes text, struct extent of, const char *name, struct extent *ret);

/* Where a further member of object `of` has to be put, and whether a comma goes before it. */
size_t json_end_of_members(struct bytes text, struct extent of, bool *ret_comma);

/* Turns comments into as many blanks, in place. */
void json_blank_comments(char *text, size_t n);

/* From 1. */
size_t json_line(struct bytes text, size_t at);
