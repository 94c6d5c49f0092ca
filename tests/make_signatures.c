/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints docs/signatures.md from the fingerprints of the source tree. */
#include <stdio.h>
#include <stdlib.h>

#include "explain.h"

int
main(void)
{
	struct fingerprints *db;
	char *why;

	if (fingerprints_load(SOURCE_ROOT "/fingerprints", &db, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		free(why);
		return 1;
	}
	explain_catalogue(db, stdout);
	fingerprints_free(db);
	return fflush(stdout) ? 1 : 0;
}
