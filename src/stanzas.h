/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form that fingerprints and services are written in: "format = 1", then stanzas that begin
 * with [id] and hold lines of key = value. A line that begins with a blank goes on where the one
 * before ended; # begins a comment. docs/fingerprints.md, docs/services.md. */
#pragma once

#include "complain.h"

struct stanza_reader {
	struct complaints *complaints;
	const char *file;
	size_t id_max;    /* the longest id */
	unsigned line;    /* where what was read last begins; complaints are about it */
	bool skip;        /* the stanza is given up: nothing more of it is told */
	bool format_said; /* the rest is the reader's own */
	bool begun;
	char *pending, *rest; /* a line that is not told yet, and what follows it */
	unsigned pending_line, rest_line;
};

enum stanza_part { PART_END, PART_BEGIN, PART_KEY };

/* The text is written into, and what is read of it points there. */
void stanzas_begin(struct stanza_reader *r, char *text);
/* The next thing that is well made: a stanza begins (*ret_key is its id), or a key and its value.
 * What is not is complained of and passed over. PART_END if there is no more, or nobody wants to
 * hear more complaints. */
enum stanza_part stanzas_next(struct stanza_reader *r, char **ret_key, char **ret_value);
/* Complains about the line that was read last. */
void stanzas_wrong(const struct stanza_reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
