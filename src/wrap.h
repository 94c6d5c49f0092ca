/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prose for a terminal of 80 columns. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#define WRAP_COLUMNS 80

/* Writes text from the present column on, broken at blanks; further lines begin at `indent`.
 * UTF-8 is counted by characters. Ends with a newline. */
void wrap_print(const char *text, size_t column, size_t indent, FILE *out);
