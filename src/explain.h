/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a mechanism or a fingerprint means, what innocent things look like it, who says so. */
#pragma once

#include <stdio.h>

#include "fingerprint.h"

/* Explains a mechanism's word or a fingerprint's id in 80 columns; with name NULL lists all of
 * them. Returns 0, or -ENOENT with the nearest names in *ret_why (freed by the caller). */
int explain_print(const struct fingerprints *db, const char *name, FILE *out, char **ret_why);
/* The whole catalogue, in Markdown: fields, mechanisms, fingerprints, lists. */
void explain_catalogue(const struct fingerprints *db, FILE *out);
