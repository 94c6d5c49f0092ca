/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the connections of a capture ended, counted by stage and signature: tables 1 and 2 of
 * Sundara Raman et al., SIGCOMM 2023. Nothing here accuses anybody. */
#pragma once

#include "origins.h"
#include "report.h"

struct stats;

/* mmdb: tells where clients are, or NULL; it is closed with the statistics. */
struct stats *stats_new(size_t ncaptures, struct mmdb *mmdb);
void stats_free(struct stats *s); /* accepts NULL */
/* Counts a flow that is over; end: until when it was watched. */
void stats_count(struct stats *s, const struct flow *f, int64_t end);

/* Write the table. view: NVIEWS to take each capture's own, as its vantage tells. Return 0, or a
 * negative errno. */
int stats_text(const struct stats *s, const struct report *r, enum view view, FILE *out);
int stats_json(const struct stats *s, const struct report *r, enum view view, FILE *out);
/* A line of what was counted since the last one, from and to that time; then counts anew. Returns
 * 0, or a negative errno. */
int stats_window(struct stats *s, const struct report *r, enum view view, int64_t from, int64_t to,
		 FILE *out);
