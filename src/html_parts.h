/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the page share. Every part writes whole elements. */
#pragma once

#include "html_escape.h"
#include "report_parts.h"

/* A page longer than this nobody reads, and browsers get slow; the JSON has all. */
#define HTML_FULL_MAX 40     /* findings told in full, each with its picture */
#define HTML_AGAIN_MAX 1000  /* findings told in a row, those alike and those beyond the above */
#define HTML_TARGETS_MAX 200 /* targets in the table */
#define HTML_FLOWS_MAX 2000  /* rows of --flows */

struct html {
	FILE *out;
	struct report *report;
	bool *told; /* by number - 1: has the finding a place on the page that links can lead to? */
};

/* The style sheet: lines, NULL-terminated. */
extern const char *const html_style[];

/* Shapes that the icons below refer to; once a page. */
void html_shapes(FILE *out);
/* A shape and the word: never colour alone. */
void html_state(FILE *out, enum target_state state);
void html_verdict_word(FILE *out, double confidence);
/* <time> in UTC with milliseconds. */
void html_time(FILE *out, int64_t nsec);
/* "10:05:12", of the day, in UTC. */
void html_clock(FILE *out, int64_t nsec);
/* "tcp 192.0.2.10:43123 to 203.0.113.5:443". */
void html_flow(FILE *out, const struct flow_name *f);
void html_endpoint(FILE *out, const struct flow_name *f, enum side s);
/* A file's name without its folder. */
const char *html_base_name(const char *file);
/* "1043", or "1043 of evening.pcapng" if there are several captures; with the file's folder if
 * others have that name. */
void html_frame(const struct html *h, struct ref at);
/* "f1, f2 and 7 more", as links where the page tells of them. */
void html_ids(const struct html *h, const unsigned *numbers, size_t n, size_t most);
/* A table that scrolls sideways where it is too wide; ends with html_table_end(). Those of the
 * classes "stack ..." and "packets" are folded on narrow pages, so that their parts say what they
 * are: role=row, rowheader, cell. */
void html_table(FILE *out, const char *class, const char *caption, const char *const *columns);
void html_table_end(FILE *out);

void html_verdict(const struct html *h); /* html_targets.c */
void html_targets(const struct html *h);
void html_timeline(const struct html *h);
bool html_has_timeline(const struct report *r, const struct target *t);
/* Says in h->told which findings get a place: the first of each kind, then those alike, as far as
 * there is room. To be called first. */
void html_choose(struct html *h);
void html_findings(const struct html *h);
/* The picture of a finding's packets; there is none if nothing is known of them. */
bool html_has_ladder(const struct finding *f);
void html_ladder(const struct html *h, const struct finding *f);
