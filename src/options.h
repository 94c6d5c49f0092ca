/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: one table says which options there are, which command takes them, and what
 * they mean; parsing, --help and the mistakes that are told all come from it. */
#pragma once

#include "attach.h"
#include "custody.h"
#include "verify.h"

/* Files of one end that can be compared at once. */
#define END_FILES_MOST 16

/* Names that somebody types; more would come from a file. */
#define NAMES_MOST 64

enum command {
	ANALYZE,
	FIELDS,
	CHECK,
	EXPLAIN,
	SUGGEST,
	STATS,
	CASE,
	VERIFY,
	COMPARE,
	ATTACH,
	LIVE,
	INTERFACES,
	REDACT,
	NCOMMANDS
};

/* What watching is asked for; 0 and NULL: nothing. */
struct live_wishes {
	const char *report, *evidence_dir, *user, *write, *metrics;
	unsigned long duration, rotate_time, stats_interval; /* seconds */
	unsigned long count;                                 /* frames */
	unsigned long workers;
	unsigned long buffer, ring, rotate_size, snaplen; /* bytes */
	unsigned long max_disk;                           /* likewise */
	bool promiscuous;
};

struct options {
	struct analyze_options analyze; /* its files are the arguments that are no options */
	const struct report_writer *writer;
	enum view view;       /* of stats; NVIEWS for each capture's own */
	const char *output;   /* NULL for standard output */
	const char *evidence; /* file for the cited packets, or NULL */
	const char *captures; /* folder of samples, or NULL */
	struct live_wishes live;
	/* of case and verify: */
	struct custody custody;
	const char *sign;                /* file of a private key, or NULL */
	const char *public_key;          /* file of a public key, or NULL */
	const char *authorities;         /* file of certificates, or NULL */
	const char *places[PLACES_MOST]; /* where originals may be */
	size_t nplaces;
	/* of compare, by enum end (compare.h) */
	const char *ends[2][END_FILES_MOST];
	size_t nends[2];
	struct attach_options attach;
	/* of redact, and of what is redacted: */
	const char *key, *log; /* files, or NULL */
	const char *keep_names[NAMES_MOST], *hidden[NAMES_MOST];
	size_t nkeep_names, nhidden;
	bool redact;
	bool exit_code, quiet, help, version;
	unsigned verbose;
};

/* Returns the command of that word, or NCOMMANDS. */
enum command command_of(const char *word);

/* argv[0] is the command's word. Returns 0, or -EINVAL with one line in *ret_why, to be freed by
 * the caller, that says what was expected. */
int options_parse(enum command command, int argc, char **argv, struct options *ret, char **ret_why);
void options_help(enum command command, FILE *out);
/* "analyze, fields, check, ..." into out, which has n bytes. */
const char *command_list(char *out, size_t n);
