/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the same client did at about the same time. */
#pragma once

#include "history.h"

struct contemporaries;

/* An index over the history, to be made after the last flow. */
struct contemporaries *contemporaries_new(struct history *h);
void contemporaries_free(struct contemporaries *c); /* accepts NULL */
/* The flows of that client within `within` nanoseconds of this one, itself left out: those that
 * began nearest to it first, at most max. Returns how many. */
size_t contemporaries_of(const struct contemporaries *c, const struct episode *me, int64_t within,
			 const struct episode **ret, size_t max);
