/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence for measurements: reads captures once, joins what measurements say with the
 * conversations in them, and writes what the packets say to it. */
#pragma once

#include "analyze.h"
#include "attachment.h"

struct attach_options {
	const char *measurement; /* file, or "-" */
	bool in_line, raw;
	bool clock_given;
	int64_t clock_offset; /* nanoseconds that the measurement's clock is behind */
};

struct attaching;

/* Reads the measurements and analyses the captures; hash, flows and watch of `analyze` are set. On
 * failure returns a negative errno, and one line in *ret_why, to be freed by the caller. */
int attach(const struct attach_options *options, const struct analyze_options *analyze,
	   struct attaching **ret, char **ret_why);
const struct report *attach_report(const struct attaching *a);
int attach_write(struct attaching *a, FILE *out);
void attach_free(struct attaching *a); /* accepts NULL */
