/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says of a case what is intact, what was changed, what is missing, and whether the originals give
 * it again. */
#pragma once

#include "analyze.h"

#include <stdio.h>

/* More places than one are rotated captures on several disks. */
#define PLACES_MOST 32

struct verify_request {
	const char *folder;
	const char *places[PLACES_MOST]; /* where the originals may be */
	size_t nplaces;
	const uint8_t *key;      /* that the case was redacted by, or NULL */
	const char *public_key;  /* whose signature is expected: a file, or NULL */
	const char *authorities; /* certificates for time stamps: a file, or NULL */
	/* Where the fingerprints are, and whether progress is drawn. */
	const struct analyze_options *analyze;
};

/* Writes a line about each thing. Returns 1 if all is well, 0 if anything is not, or a negative
 * errno with one line in *ret_why, to be freed by the caller, if it could not be told. */
int verify_case(const struct verify_request *q, FILE *out, char **ret_why);
