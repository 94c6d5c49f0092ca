/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures fit to be shared: the same packets at the same times, of the same lengths, without the
 * people in them, and with the same findings. docs/redaction.md says what becomes of what. */
#pragma once

#include "analyze.h"
#include "disguise.h"

struct redact_options {
	const struct analyze_options *analyze; /* files, fingerprints, lists */
	const uint8_t *key;                    /* CRYPTOPAN_KEY bytes; NULL: thrown away */
	const char *const *keep_names;         /* shown, with all below them */
	size_t nkeep_names;
	const char *const *hidden; /* servers to be disguised: addresses as text */
	size_t nhidden;
};

struct redaction;

/* Reads the captures and learns who is in them; "-" must be a regular file (spool_inputs()). The
 * options must outlive it. Returns a negative errno and one line in *ret_why, to be freed. */
int redact_begin(const struct redact_options *o, struct redaction **ret, char **ret_why);
void redact_end(struct redaction *r); /* accepts NULL; forgets the key */
/* Writes the i-th of the files as pcapng. Frames keep their numbers. Errors as above. */
int redact_write(struct redaction *r, size_t i, FILE *out, char **ret_why);
/* What was done so far, as JSON; no secrets. Digests are hex or NULL. */
int redact_log(const struct redaction *r, const char *output_sha256, FILE *out);
/* The same in a line or two. */
void redact_tell(const struct redaction *r, FILE *out);

/* For reports: all files in temporary ones without names of their own, as paths that can be opened
 * while *ret lives. A report of these can tell no more than they hold. */
struct redacted;
int redact_files(const struct redact_options *o, struct redacted **ret, char **ret_why);
const char *const *redacted_paths(const struct redacted *r);
void redacted_free(struct redacted *r); /* accepts NULL */

/* Reads a file of exactly CRYPTOPAN_KEY bytes. Returns a negative errno. */
int redact_key_read(const char *file, uint8_t key[CRYPTOPAN_KEY]);
/* Is that text an address, as `hidden` wants it? */
bool redact_is_address(const char *text);
