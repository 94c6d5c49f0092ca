/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A case: a folder with reports, the packets that prove them, and a manifest by which both can be
 * checked. The same originals and options give the same folder, wherever they lie, whatever the
 * order in which they are named. */
#pragma once

#include "analyze.h"
#include "case_manifest.h"

struct case_request {
	const struct analyze_options *analyze;
	const struct custody *custody;
	const char *folder;
	const char *sign; /* file of a private key, or NULL */
	bool redact;
	const uint8_t *key; /* to redact by, or NULL: one that nobody learns */
	const char *const *keep_names;
	size_t nkeep_names; /* CASE_NAMES_MOST at most */
	/* Is shown the report; NULL if nobody asks. */
	void (*told)(const struct report *r);
};

/* Makes the folder, whole or not at all. *ret_manifest are the sums of its manifest. On failure
 * returns a negative errno with one line in *ret_why, to be freed by the caller. */
int case_make(const struct case_request *q, struct file_sums *ret_manifest, char **ret_why);

/* An original that lies somewhere: is opened, hashed, and must be a regular file. */
int case_original_sums(const char *path, struct file_sums *ret, char **ret_why);
