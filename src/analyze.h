/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data path, from capture files to a report. */
#pragma once

#include "stats.h"

/* One for HTTP and one for DNS, each in a few versions. */
#define LISTS_MOST 8

struct flow;

struct analyze_options {
	const char *const *files;
	size_t nfiles;
	const char *const *labels;     /* what reports call the files, or NULL: their names */
	const char *filter;            /* BPF, or NULL */
	const char *fingerprints;      /* folder, or NULL for the default one */
	const char *lists[LISTS_MOST]; /* of others, in their own format (markers.h) */
	size_t nlists;
	bool hash;             /* SHA-256 of the inputs */
	bool progress;         /* draw a progress line */
	bool flows;            /* keep a row for each flow */
	double min_confidence; /* findings below it are left out; 0.3 by default */
	unsigned only;         /* bits of enum mechanism; 0 means all */
	const char *target;    /* only findings and targets of this name or address, or NULL */
	unsigned workers;      /* that many processes share the capture; 0 and 1: it is alone */
	bool pushed;           /* `files` are interfaces, whose frames analysis_push() brings */
	bool suggest;          /* print a stanza for each abnormal flow that nothing explains */
	bool stats;            /* count endings and signatures */
	const char *mmdb[MMDB_MOST]; /* databases that say where clients are */
	size_t nmmdb;
	bool weighing; /* dump one line of JSON a candidate, for the fit of the weights */

	/* The number of a finding, for those that were told before; NULL: by time, from 1. */
	unsigned (*number)(void *context, const struct finding *f);
	void *number_context;

	/* Shown every flow, or part of one, when it is judged; for development. NULL otherwise. */
	void (*watch)(void *context, const struct flow *f);
	void *watch_context;
};

struct analysis;

/* Reads everything and concludes. On failure returns a negative errno and sets *ret_why to one
 * line, to be freed by the caller. The report belongs to the analysis. */
int analyze(const struct analyze_options *options, struct analysis **ret, char **ret_why);

/* The same for a capture that goes on: begun with options->pushed, then told of frames and of time
 * as they come, and ended once. */
int analysis_begin(const struct analyze_options *options, struct analysis **ret, char **ret_why);
/* A frame of interface i, which is numbered. */
void analysis_push(struct analysis *a, size_t i, struct frame *f);
/* It is that late by now, though nothing was captured. */
void analysis_time(struct analysis *a, int64_t nsec);
/* Judges what still goes on as it stands, and concludes. */
void analysis_end(struct analysis *a);
/* Conversations that are open, and all there were. */
size_t analysis_open_flows(const struct analysis *a);
uint64_t analysis_flows(const struct analysis *a);
/* stats_window() of the flows that were judged since the last call, with options->stats. */
int analysis_stats_window(struct analysis *a, enum view view, int64_t from, int64_t to, FILE *out);
/* Forgets the oldest suspicions when they are many. Returns the time before which nothing is
 * remembered, or 0. */
int64_t analysis_make_room(struct analysis *a);
struct capture *analysis_capture(struct analysis *a);

struct report *analysis_report(struct analysis *a);
/* NULL unless it was asked for. */
const struct stats *analysis_stats(const struct analysis *a);
void analysis_free(struct analysis *a); /* accepts NULL */
