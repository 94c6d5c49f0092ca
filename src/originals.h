/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the originals of a case by their bytes, whatever their names are now. */
#pragma once

#include "case_manifest.h"

/* Where each original was found, or, if `redacted`, the redacted copy of each: a path, to be freed
 * by originals_free(), or NULL. */
char **originals_find(const struct manifest *m, bool redacted, const char *const *places,
		      size_t nplaces, char **ret_why);
void originals_free(char **paths, const struct manifest *m);
