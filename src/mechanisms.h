/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mechanisms in words, for those who ask what a finding means. */
#pragma once

#include "finding.h"

struct mechanism_text {
	const char *meaning;    /* what happens on the wire */
	const char *evidence;   /* what tells it from an accident */
	const char *innocent;   /* what innocent things look like it */
	const char *sources[4]; /* NULL-terminated */
};

extern const struct mechanism_text mechanism_texts[NMECHANISMS];
