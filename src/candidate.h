/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A suspicion and the flow that it is about, as they are held against others. */
#pragma once

#include "detect.h"
#include "history.h"
#include "rates.h"

struct candidate {
	struct suspicion suspicion;
	struct episode episode;
};

struct correlation {
	struct history *history;
	const struct fingerprints *fingerprints;
	const struct services *services; /* NULL: none are known */
	struct rates *rates;
	struct candidate *candidates;
	size_t n;
	const enum vantage *vantages; /* one a capture; NULL: unknown */
	bool one_way;                 /* no TCP flow of the capture shows both directions */
	bool udp_unheard;             /* no flow of UDP, nor of TCP, shows both directions */
	bool flat_ttl;                /* something rewrites TTLs: an equal one acquits nobody */
	bool lossy;                   /* the capture itself lost packets */
};

/* From here on a flow counts as interfered with: the contract's "likely". */
#define SURE 0.6
