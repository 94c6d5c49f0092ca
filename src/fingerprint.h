/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fingerprints: who did it and what it looked like, told in text files that need no C.
 * docs/fingerprints.md is the grammar. */
#pragma once

#include <stdio.h>

#include "finding.h"

struct fingerprints;

enum fingerprint_kind {
	GENERIC,  /* names a technique; answers only when no specific one of its mechanism does */
	SPECIFIC, /* names a system */
	HINT,     /* names a system for what others share: only where no specific one of its
		     mechanism fits, and it adds nothing to what is found */
};

struct fingerprint {
	const char *id; /* of the stanza */
	const char *title;
	enum fingerprint_kind kind;
	enum mechanism mechanism;
	double score;                   /* 0..1: how surely these marks are this system's own */
	const char *const *sources;     /* NULL-terminated */
	const char *innocent;           /* what innocent things look like it, or NULL */
	const char *sample, *near_miss; /* names in captures/, or NULL */
	const char *file;
	unsigned line, rev;
};

struct fingerprint_match {
	const struct fingerprint *fingerprint;
	double score;                /* with support added, at most 0.99 */
	const struct fact *facts[8]; /* the facts that its "when" and "then" lines took, in order */
	size_t nfacts;
};

/* Loads every *.fp file of a folder, in name order. On failure returns a negative errno and
 * *ret_why is "file:line: what, and what was expected" (freed by the caller). */
int fingerprints_load(const char *folder, struct fingerprints **ret, char **ret_why);
/* Adds a list of block pages or false DNS answers (fingerprints_http.csv, fingerprints_dns.csv of
 * ooni/blocking-fingerprints). On failure returns a negative errno, as above. */
int fingerprints_add(struct fingerprints *db, const char *csv, char **ret_why);
/* Is this the name of such a list? */
bool fingerprints_is_list(const char *path);
/* Where the installed ones are: $TAMPERSCOPE_FINGERPRINTS, else the source tree's folder if the
 * binary runs from its build folder, else the compiled-in data folder. */
const char *fingerprints_default_folder(void);
/* Which fingerprints fit this flow's facts. Fills at most max matches, best score first (then by
 * id) and returns how many. Generic ones and hints are left out where a specific one
 * of the same mechanism fits. */
size_t fingerprints_match(const struct fingerprints *db, const struct flow *f,
			  struct fingerprint_match *ret, size_t max);
/* Whether a fingerprint of one of these mechanisms (bits) may fit, asked before the facts of
 * packets are noted (dissect_packets): false is certain. */
bool fingerprints_may_match(const struct fingerprints *db, const struct flow *f,
			    unsigned mechanisms);
/* Does any line of any stanza speak of this field? */
bool fingerprints_mention(const struct fingerprints *db, const struct field *field);
/* May any stanza, or any row of a list, find something in this text of a bulky field? False is
 * certain. A NUL stands behind the text. */
bool fingerprints_want(const struct fingerprints *db, const struct field *field, struct bytes text);
/* Is this text or address in the named list (lists/NAME.txt of the folder)? For text, an entry
 * matches as a substring if the list says "match = contains", whole otherwise. Returns the
 * matching entry's note, "" if it has none, or NULL. */
const char *fingerprints_listed(const struct fingerprints *db, const char *list, struct bytes text);
const char *fingerprints_listed_addr(const struct fingerprints *db, const char *list,
				     const struct addr *a);
const struct fingerprint *fingerprints_find(const struct fingerprints *db, const char *id);
size_t fingerprints_count(const struct fingerprints *db);
const struct fingerprint *fingerprints_get(const struct fingerprints *db, size_t i);
const char *fingerprints_sha256(const struct fingerprints *db); /* of all files, hex */
void fingerprints_free(struct fingerprints *db);                /* accepts NULL */

/* Matches that were broken off because a flow asked for too much work: a limit of the report. */
uint64_t fingerprints_given_up(const struct fingerprints *db);

/* How a fingerprint is tried on a capture: returns 1 if it fires, 0 if not, or a negative errno. */
struct fingerprint_trial {
	int (*fires)(void *user, const char *capture, const char *fingerprint);
	void *user;
};
/* Validates a folder, all of it, one line a problem ("file:line: ..."); hints begin with
 * "file:line: hint:". With a folder of captures also looks for each sample, and with a trial
 * (may be NULL) tries each fingerprint on its sample and its near miss. Returns the number of
 * problems, hints not counted. */
unsigned fingerprints_check(const char *folder, const char *captures,
			    const struct fingerprint_trial *trial, FILE *out);
/* Every fact that a dissector may note: name, type, what it means; for 80 columns. */
void fields_print(FILE *out);
