/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comma-separated values (RFC 4180), a record at a time. */
#pragma once

#include "base.h"

/* The lists that we read have eleven columns. */
#define CSV_FIELDS_MAX 32

struct csv {
	struct arena *arena; /* where fields live */
	const uint8_t *p, *end;
	unsigned line; /* where the next record begins */
};

struct csv csv_over(struct arena *arena, struct bytes text);
/* The next record: its fields and the line on which it begins. 1, 0 at the end, -EBADMSG if a
 * quote is never closed, -E2BIG if it has more than CSV_FIELDS_MAX fields. Empty lines are passed
 * over. */
int csv_next(struct csv *c, struct bytes ret[CSV_FIELDS_MAX], size_t *ret_n, unsigned *ret_line);
