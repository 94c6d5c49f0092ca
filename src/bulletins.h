/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What watching tells beside findings: statistics by windows of time, and metrics. */
#pragma once

#include "analyze.h"
#include "metrics.h"
#include "window.h"

struct bulletin_options {
	int64_t stats_interval; /* nanoseconds; 0: no statistics */
	enum view view;         /* of them; NVIEWS: as the vantage tells */
	const char *metrics;    /* file, or NULL */
};

/* Who writes the file: the only process, or the one that leads workers. */
struct metrics_file {
	const char *name; /* NULL: nobody wants it */
	const char *const *interfaces;
	size_t n;
	int64_t next; /* when it is due, of the steady clock */
	bool complained;
};

/* Is it due? Once a second it is. */
bool metrics_file_due(struct metrics_file *f);
/* Writes it. A failure is told once: then returns a line for the user, to be freed by the caller;
 * otherwise NULL. */
char *metrics_file_write(struct metrics_file *f, const struct metrics *m);

struct bulletins {
	const struct bulletin_options *o;
	struct analysis *analysis;
	struct livecap *capture;
	const struct glance *glance;
	size_t first, n; /* of the analysis' captures these are the interfaces watched here */
	struct window window;
	struct metrics metrics;
	int64_t newest; /* time of the newest frame */
};

/* `b` has o, analysis, capture, glance, first and n. */
void bulletins_begin(struct bulletins *b);
/* It is that late by now, in capture time: writes a line if a window is over. Returns 0, or a
 * negative errno. */
int bulletins_time(struct bulletins *b, int64_t now, FILE *out);
/* A frame of that time comes next. */
int bulletins_frame(struct bulletins *b, int64_t nsec, FILE *out);
/* Frames were just taken. */
void bulletins_taken(struct bulletins *b);
/* A look is over; it took so long. */
void bulletins_looked(struct bulletins *b, int64_t took, bool failed);
/* Brings the metrics up to date. */
const struct metrics *bulletins_metrics(struct bulletins *b);
/* After the last flow was judged: the last window. Returns 0, or a negative errno. */
int bulletins_end(struct bulletins *b, FILE *out);
