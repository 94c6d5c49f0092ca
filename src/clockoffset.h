/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By how much the clocks of a measurement and of the captures differ. */
#pragma once

#include "fitting.h"

/* Two seconds beyond what the clocks leave open: OONI's engine and the packets of what it does lie
 * so close together (dossier on formats, 5.5). */
#define JOIN_SLACK (2 * NSEC_PER_SEC)

/* How far the measurement's clock is behind the capture's. */
struct clock_offset {
	int64_t nsec;
	int64_t uncertainty;
	enum { CLOCK_TRUSTED, CLOCK_GIVEN, CLOCK_ESTIMATED } source;
	unsigned agree, of; /* of an estimate: servers and names that fit it, and that were tried */
	double tries; /* how many offsets might have fitted as well; 1 if none was looked for */
};

/* The time that the captures cover. */
struct covered {
	int64_t from, to;
};

/* Tells the offset from the measurement itself, if several servers or names agree on it and less
 * speaks for none. */
struct clock_offset clock_offset_estimate(const struct measurement *m, const struct join_index *x,
					  struct covered covered);
