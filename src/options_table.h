/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which options there are, which command takes them, and what they mean: one table, from which
 * parsing,
 * --help and what is said of mistakes come. */
#pragma once

#include "options.h"

#define FOR(command) (1U << (command))

/* Options without a letter of their own. */
enum {
	FINGERPRINTS = 256,
	MIN_CONFIDENCE,
	ONLY,
	TARGET,
	FLOWS,
	EXIT_CODE,
	HASH,
	EVIDENCE,
	WEIGHING,
	CAPTURES,
	VIEW,
	NOTE,
	META,
	SIGN,
	ORIGINALS,
	PUBLIC,
	TSA,
	CLIENT_END,
	SERVER_END,
	MEASUREMENT,
	IN_LINE,
	RAW,
	CLOCK_OFFSET,
	REPORT,
	EVIDENCE_DIR,
	MAX_DISK,
	WRITE,
	ROTATE_SIZE,
	ROTATE_TIME,
	RING,
	DURATION,
	COUNT,
	BUFFER,
	SNAPLEN,
	PROMISCUOUS,
	STATS_INTERVAL,
	MMDB,
	METRICS,
	USER,
	REDACTED,
	KEY,
	LOG,
	KEEP_NAME,
	HIDE_SERVER,
	WORKERS
};

struct row {
	int letter;
	unsigned commands;
	const char *name, *argument; /* argument NULL if there is none */
	const char *help;
};

/* Ends with {0}. */
extern const struct row option_rows[];
extern const char *const command_words[NCOMMANDS];

struct command_row {
	const char *arguments, *help;
	int least, most; /* arguments that are no options; most < 0: any number */
};
extern const struct command_row command_rows[NCOMMANDS];
