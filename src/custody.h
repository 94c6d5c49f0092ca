/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user says about a case: notes, and facts of who, where and when. Nothing of it is made
 * up, and nothing but it tells a time other than the capture's. */
#pragma once

#include "base.h"

/* A list of what was done, step by step, has a dozen lines. */
#define NOTES_MOST 64
/* docs/case.md names two dozen keys. */
#define META_MOST 64
/* What is longer is a document, and belongs beside the case. */
#define TEXT_MOST 4096
/* Keys are words, not sentences. */
#define KEY_MOST 40

struct meta {
	struct bytes key;
	const char *value;
};

struct custody {
	const char *notes[NOTES_MOST]; /* in the order in which they were given */
	size_t nnotes;
	struct meta meta[META_MOST]; /* by key */
	size_t nmeta;
};

/* Both keep pointers to the text. They return 0, or -EINVAL with one line in *ret_why, to be freed
 * by the caller, that says what was expected. A pair is KEY=VALUE. */
int custody_note(struct custody *c, const char *text, char **ret_why);
int custody_meta(struct custody *c, const char *pair, char **ret_why);
