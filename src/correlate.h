/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds each suspicion against what else the capture shows: controls, repeats, residual
 * blocking, resolvers that disagree. */
#pragma once

#include "detect.h"
#include "history.h"

/* Suspicions beyond this are counted and dropped: nobody reads ten thousand findings, and each
 * costs about 2 KB. */
#define CANDIDATES_MAX 8192

struct candidate {
	struct suspicion suspicion;
	struct episode episode;
};

struct correlation {
	struct history *history;
	const struct fingerprints *fingerprints;
	struct candidate *candidates;
	size_t n;
	const enum vantage *vantages; /* one a capture; NULL: unknown */
	bool one_way;                 /* no TCP flow of the capture shows both directions */
	bool udp_unheard;             /* no flow of UDP, nor of TCP, shows both directions */
	bool flat_ttl;                /* something rewrites TTLs: an equal one acquits nobody */
	bool lossy;                   /* the capture itself lost packets */
};

/* Adds what the other flows say, and sets every finding's confidence. */
void correlate(const struct correlation *c);
