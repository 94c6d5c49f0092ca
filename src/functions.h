/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a service works and what does not, told from all its flows. */
#pragma once

#include "correlate.h"
#include "report.h"

/* One target for each service that was met, into ret, which has room for all. Returns how many. */
size_t functions_tell(struct arena *a, const struct services *s, struct history *h,
		      struct finding *const *findings, size_t n, struct target *ret);
