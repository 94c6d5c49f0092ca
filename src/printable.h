/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that may come from packets, made fit to be shown. Nothing that a terminal would obey, and
 * nothing that a reader could not see, gets through. */
#pragma once

#include "base.h"

/* Bytes of the longest thing that one character becomes: four bytes as \xNN, and a NUL. */
#define PRINTABLE_MAX 17

/* Takes one character from s, which must not be at its end. Writes to out what is shown for it:
 * itself, or \xNN for each of its bytes if it is malformed, a control or invisible. Returns the
 * bytes taken; *ret_columns is the width of out on a terminal. Widths are those of the current
 * locale's character set, which should be UTF-8. */
size_t printable_next(const char *s, char out[PRINTABLE_MAX], unsigned *ret_columns);

/* The same for whole texts; to be freed by the caller. */
char *printable(const char *s);
unsigned printable_columns(const char *s);

/* Well-formed UTF-8 without controls of 8 bits or DEL, for JSON, which knows how to write the
 * controls below 32 itself. To be freed by the caller. */
char *json_safe(const char *s);
