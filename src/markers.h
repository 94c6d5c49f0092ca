/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers of block pages and false DNS answers as OONI's lists have them
 * (ooni/blocking-fingerprints, Readme.md: fingerprints_http.csv and fingerprints_dns.csv). */
#pragma once

#include "complain.h"
#include "fingerprint.h"

struct markers;

/* Everything lives in the arena but hash tables and compiled patterns. */
struct markers *markers_new(struct arena *arena);
void markers_free(struct markers *m); /* accepts NULL */
/* Adds the rows of one file. Complains of what is wrong. */
void markers_parse(struct markers *m, const char *file, struct bytes text, struct complaints *c);
/* How many rows speak of places that nobody reads here. */
size_t markers_left_out(const struct markers *m);
/* The fingerprint that a row stands for, by its name or number; NULL if there is none. */
const struct fingerprint *markers_find(const struct markers *m, const char *id);
/* Does any row fit a fact of this field that says so? A NUL stands behind the text. */
bool markers_want(const struct markers *m, const struct field *field, struct bytes text);
/* Adds what fits the flow's facts to ret, which holds n of at most max; returns the new number. A
 * row of the scope "fp" that fits takes everything back that speaks of the same mechanism. */
size_t markers_match(const struct markers *m, const struct flow *f, struct fingerprint_match *ret,
		     size_t n, size_t max);
