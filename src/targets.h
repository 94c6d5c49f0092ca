/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the findings and the flows that fared well say about each name and address. */
#pragma once

#include "correlate.h"
#include "report.h"

/* A report of more targets than this is read by no one; those of which something is wrong come
 * first, and the limits say how many were left out. */
#define TARGETS_MAX 500

/* Findings must be numbered and sorted. The targets live in the arena. */
void targets_tell(struct arena *a, const struct services *services, struct history *h,
		  struct finding *const *findings, size_t n, const char *only, struct target **ret,
		  size_t *ret_n, size_t *ret_left_out);
