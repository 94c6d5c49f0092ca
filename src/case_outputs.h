/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a case that follow from its originals and options: written when it is made, and
 * again when somebody verifies it. */
#pragma once

#include "analyze.h"
#include "case_manifest.h"

/* Where they go. Both return 0 or a negative errno. */
struct case_sink {
	void *context;
	int (*create)(void *context, const char *name, FILE **ret);
	/* All was written; closes the file, also on failure. */
	int (*whole)(void *context, const char *name, FILE *file);
};

/* What this program is made of, for a manifest. */
void case_made_by(struct manifest *m);
struct case_from {
	/* Whose files are the originals, and whose labels those of the manifest. */
	const struct analyze_options *analyze;
	const uint8_t *key; /* to redact by; NULL: one that nobody learns */
	bool is_redacted;   /* the files are redacted already, as they were for the case */
	/* Is shown the report; NULL if nobody asks. */
	void (*told)(const struct report *r);
};

/* Analyses the originals, which must be what the manifest says, and writes reports and evidence;
 * the manifest tells whether they are redacted before. On failure returns a negative errno with one
 * line in *ret_why, to be freed by the caller. */
int case_outputs(const struct case_from *from, struct manifest *m, const struct case_sink *to,
		 char **ret_why);
/* README.txt, once the names of all other files are in the manifest. */
int case_readme(const struct manifest *m, FILE *out);

/* SHA256SUMS, as sha256sum(1) reads it: files of the manifest, and those that stand for
 * themselves. To be freed by the caller. */
struct case_seals {
	struct bytes manifest, query, signature; /* signature.n is 0 if there is none */
};
char *case_sums(const struct manifest *m, const struct case_seals *seals);
