/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a token bucket explain which packets of a stream were lost? Flach et al., An Internet-Wide
 * Analysis of Traffic Policing, SIGCOMM 2016. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connections of a group that are told apart. */
#define POLICER_FLOWS 32

/* One packet of one direction, or of several connections that go the same way. */
struct passage {
	int64_t usec;
	uint32_t len;   /* bytes of payload */
	uint32_t delay; /* until it was confirmed, in microseconds; 0 if the capture stands behind
			   what is looked for */
	uint32_t frame;
	uint16_t flow; /* which of the connections */
	bool lost;
	bool behind;  /* the capture stands behind: a loss is noted when the last before it came */
	bool arrived; /* usec and delay tell when it came out at the far end */
};

/* Rates are bytes of payload a second, shares are 0..1. */
struct policer_fit {
	size_t losses, slices; /* lost packets; bursts of them, a round trip apart */
	double goodput;        /* between the first loss and the last */

	size_t spans;           /* stretches from loss to loss that were compared */
	double held;            /* how many of them ran at the one rate */
	double rate, low, high; /* that rate, and where half of them lie */

	double bucket, bucket_rate; /* bytes, and rate, of the bucket that explains most */
	double explained;           /* bursts of loss that began with an empty bucket */
	double chance;              /* packets that passed an empty bucket all the same */
	double overdrawn;           /* packets that passed though there was nothing left */
	double score;               /* explained, less the other two */
	double own[POLICER_FLOWS];  /* the same of one connection's losses alone */
	double surprise;            /* how much likelier than chance, as a natural logarithm */

	double
	    arrival; /* rate at which bursts come out: three quarters come no faster; 0: unknown */
	double rushed; /* bytes that come out more than three times as fast as all in all */
	size_t ranked; /* bursts of loss before which a delay is known */
	double rank;   /* where these delays stand among all, 0.5: anywhere */
	double queue;  /* score of a queue of that rate */
};

/* Sorts the packets by time. False if there are too few losses to say anything. */
bool policer_fit(struct passage *p, size_t n, int64_t rtt_usec, struct policer_fit *ret);
