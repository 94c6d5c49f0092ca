/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands, and what they share: words to the user and exit statuses. */
#pragma once

#include "options.h"
#include "redact.h"

/* The contract's exit statuses. */
enum { EXIT_DONE, EXIT_UNREADABLE, EXIT_USAGE, EXIT_INTERFERED = 10 };

/* Each runs a command and returns its exit status. */
int run_analyze(const struct options *o); /* suggest and stats, too */
int run_attach(const struct options *o);
int run_check(const struct options *o);
int run_explain(const struct options *o);
int run_case(const struct options *o);
int run_verify(const struct options *o);
int run_compare(const struct options *o);
int run_redact(const struct options *o);
int run_fields(const struct options *o);
int run_live(const struct options *o);
int run_interfaces(const struct options *o);

/* One line on standard error, whatever is in it. */
void tell(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Tells what went wrong, frees it, and gives the status back. */
int fail(int status, char *why);
/* Tells that a file cannot be written, for a negative errno; returns the status. */
int write_failed(const char *name, int error);
/* Flushes; returns the status. */
int finish_stdout(void);
/* Whether a filter means nothing on any common link: then it tells so. */
bool filter_is_wrong(const char *filter);
/* Tells which captures were not read to their ends. */
void warn_of_captures(const struct report *r);
/* How the text is to look where it goes: colours and columns of a terminal. */
struct report_style style_for(const struct options *o);
/* What is said about redaction, as redact_begin() wants it; the key is read into `key`. Returns an
 * exit status; what was wrong has been told. */
int redact_options_of(const struct options *o, const struct analyze_options *analyze,
		      uint8_t key[CRYPTOPAN_KEY], struct redact_options *ret);
