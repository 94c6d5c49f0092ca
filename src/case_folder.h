/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder that appears whole or not at all: it is filled beside its place under a temporary name,
 * and renamed. */
#pragma once

#include "base.h"

#include <stdio.h>

struct case_folder {
	char *final, *temporary;
	int fd; /* of the temporary folder */
};

/* What is there already is never written into; an empty folder is replaced. Returns 0, or a
 * negative errno with one line in *ret_why, to be freed by the caller. */
int case_folder_begin(const char *name, struct case_folder *ret, char **ret_why);
/* A new file in it, for writing and reading. Returns 0 or a negative errno. */
int case_folder_create(const struct case_folder *f, const char *name, FILE **ret);
/* Has the disk take what was written. Returns 0 or a negative errno. */
int case_folder_sync(FILE *file);
/* Moves it to its place. Returns 0 or a negative errno; the folder is gone then. */
int case_folder_commit(struct case_folder *f);
/* No trace is left; also after a commit, when it does nothing. */
void case_folder_discard(struct case_folder *f);
