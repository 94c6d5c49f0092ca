/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two halves of verify share: verify.c looks at the folder, verify_again.c does it again.
 */
#pragma once

#include "case_manifest.h"
#include "verify.h"

enum remark { FINE, NOTED, CHANGED, MISSING, EXTRA, SAME, DIFFERENT, BAD, GOOD };

struct verifying {
	FILE *out;
	int folder;
	struct arena *arena;
	struct manifest manifest;
	struct bytes text; /* of the manifest */
	struct bytes sums; /* SHA256SUMS */
	struct bytes signature;
	uint8_t *query_now; /* the query for this manifest */
	size_t nquery_now;
	struct sign_key *pin;
	bool manifest_vouched;
	bool made_again;            /* byte for byte */
	unsigned wrong, wrong_here; /* in all; in the folder itself */
};

/* One line. */
void verify_say(struct verifying *v, enum remark remark, const char *what, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Looks for the originals, if places were given, and makes the case again. Returns 0, or a negative
 * errno with one line in *ret_why. */
int verify_again(struct verifying *v, const struct verify_request *q, char **ret_why);
