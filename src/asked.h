/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which findings a report is asked to hold. */
#pragma once

#include "judge.h"

struct asked {
	double min_confidence; /* findings below it are left out */
	unsigned only;         /* bits of enum mechanism; 0 means all */
	const char *target;    /* only of this name or address, or NULL */
	unsigned (*number)(void *context, const struct finding *f); /* NULL: by time, from 1 */
	void *context;
};

/* The findings of the judge's candidates that are asked for, by time, numbered. The list is
 * to be freed by the caller, the findings stay the judge's. */
struct finding **findings_asked(struct judge *j, const struct asked *asked, size_t *ret_n);
