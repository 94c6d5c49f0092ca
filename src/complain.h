/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Complaints about a file that somebody wrote: file, line, what, and what was expected. */
#pragma once

#include <stdio.h>

#include "base.h"

/* Where complaints go: all of them to a file, or the first one into memory. */
struct complaints {
	FILE *all; /* NULL: keep the first, then stop */
	char *first;
	unsigned count;
};

void complain(struct complaints *c, const char *file, unsigned line, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* True if the reader should go on to the next line. */
bool complaints_go_on(const struct complaints *c);
