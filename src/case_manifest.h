/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.json: what a case is made from, by what, how, and what came of it. docs/case.md tells
 * its fields. */
#pragma once

#include "custody.h"
#include "filesums.h"

/* Names of the files that stand for themselves: the manifest cannot hold their digests. */
#define MANIFEST_FILE "manifest.json"
#define SUMS_FILE "SHA256SUMS"
#define SIGNATURE_FILE "manifest.json.sig"
#define QUERY_FILE "manifest.json.tsq"
#define STAMP_FILE "manifest.json.tsr"
#define README_FILE "README.txt"
#define REDACTION_FILE "redaction.json"
#define PUBLIC_FILE "public.pem"

/* This version writes seven at most; a later one may know some more. */
#define CASE_FILES_MOST 32
/* As many as there are lists (analyze.h). */
#define CASE_LISTS_MOST 8
/* Names that somebody types (options.h). */
#define CASE_NAMES_MOST 64
/* Those whose version may matter: see docs/architecture.md. */
#define LIBRARIES_MOST 16
/* A case of 65535 originals, each of 400 bytes here, and all notes that there may be. */
#define MANIFEST_MAX (32 << 20)

struct library {
	const char *name, *version;
};

struct original {
	const char *label; /* its base name, made fit to be shown, and the only one of that name */
	struct file_sums sums;
	struct file_sums redacted; /* of what was looked at in its place, in a redacted case */
};

struct case_file {
	const char *name;
	struct file_sums sums;
};

struct manifest {
	const char *version; /* of tamperscope */
	struct library libraries[LIBRARIES_MOST];
	size_t nlibraries;
	char fingerprints_sha256[SUM256_HEX + 1], services_sha256[SUM256_HEX + 1]; /* or "" */
	/* Options that change what is found. */
	const char *filter; /* NULL if there is none */
	double min_confidence;
	const char *fingerprints; /* base name of the folder; NULL for the one that is installed */
	const char *lists[CASE_LISTS_MOST]; /* base names */
	size_t nlists;
	bool redact;
	bool key_given;                          /* it was redacted by a key that somebody keeps */
	const char *keep_names[CASE_NAMES_MOST]; /* and showing these */
	size_t nkeep_names;
	struct custody custody;
	struct original *originals; /* by label */
	size_t noriginals;
	struct case_file files[CASE_FILES_MOST]; /* by name */
	size_t nfiles;
	bool is_signed;
};

/* The file's text, to be freed by the caller. */
char *manifest_text(const struct manifest *m);
/* Reads what manifest_text() has written, and refuses all else: names that leave the folder,
 * numbers that are none, keys that are there twice. Texts live in the arena. Returns 0, or -EINVAL
 * with one line in *ret_why, to be freed by the caller. */
int manifest_parse(struct arena *a, struct bytes text, struct manifest *ret, char **ret_why);

/* The command that makes the case, word by word, in the arena; *ret_n words. The folder's name
 * changes nothing, so that `case` stands for it, as `key` does for the file of a key. */
const char **manifest_command(struct arena *a, const struct manifest *m, size_t *ret_n);
/* The digest of words as they are handed to a program: each with a NUL at its end. */
void manifest_command_sum(const char *const *words, size_t n, struct file_sums *ret);
/* The command as a line for a shell. */
const char *manifest_command_line(struct arena *a, const struct manifest *m);

/* Puts a file's sums where they belong. Returns -E2BIG if there are too many files. */
int manifest_add_file(struct manifest *m, const char *name, const struct file_sums *sums);
/* NULL if it is not there. */
const struct case_file *manifest_file(const struct manifest *m, const char *name);
