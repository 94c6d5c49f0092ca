/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watches interfaces: capture, tell, keep the proof. */
#pragma once

#include "bulletins.h"
#include "evidence_files.h"
#include "livecap.h"
#include "output.h"
#include "report.h"

struct live_options {
	struct analyze_options analyze; /* its files are the interfaces */
	struct livecap_options capture;
	const char *output; /* lines of findings; NULL for standard output */
	const char *report; /* file for the report at the end, or NULL */
	const struct report_writer *writer;
	struct evidence_files evidence;
	const char *user;      /* who it becomes when the interfaces are open; NULL: nobody */
	const char *write;     /* file for all that is captured, or NULL */
	uint64_t rotate_bytes; /* of it: begin a new one; 0: never */
	int64_t rotate_nsec;
	struct bulletin_options bulletins;
	size_t ring;      /* bytes of frames that are kept for evidence */
	int64_t duration; /* nanoseconds; 0: until it is told to end */
	uint64_t count;   /* frames; 0: any number */
	unsigned workers; /* processes, from 1 */
	bool quiet;
};

/* Returns 0 when it ended as it should, or a negative errno with one line in *ret_why, to be freed
 * by the caller. `tell` is for what happens meanwhile. */
int live_run(const struct live_options *o, void (*tell)(const char *fmt, ...), char **ret_why);
