/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How watching goes, in Prometheus' text format, in a file that is replaced as a whole.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#pragma once

#include "glance.h"
#include "livecap.h"

/* What is told apart; of further ones all together. Few machines have more that are watched. */
#define METRICS_INTERFACES_MAX 32

struct metrics_interface {
	uint64_t packets, bytes, dropped;
	uint64_t interface_dropped; /* by the interface or its driver */
};

/* Without pointers: workers share it with who leads them. */
struct metrics {
	struct metrics_interface interfaces[METRICS_INTERFACES_MAX];
	struct told_counts told;
	uint64_t flows, open; /* conversations since the beginning, and those not over */
	uint64_t looks, looks_failed, resident;
	/* Nanoseconds: how long the last look took, how old the newest frame was when it was taken;
	 * when it was captured, and when watching began, since 1970. */
	int64_t look_took, lag, last, began;
};

/* Sums; of times, the largest, and the earliest beginning. */
void metrics_add(struct metrics *sum, const struct metrics *more);
/* names: of the n interfaces. Returns 0, or a negative errno. */
int metrics_write(const struct metrics *m, const char *const *names, size_t n, const char *file);
/* Memory of this process, in bytes; 0 where it cannot be told. */
uint64_t metrics_resident(void);
