/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the bytes of a connection passed, and which of them were lost: the record from which a rate
 * limit is told (Flach et al., An Internet-Wide Analysis of Traffic Policing, SIGCOMM 2016).
 *
 * It begins with the first loss of a connection that has carried something, so that a healthy one
 * costs a comparison. A packet is lost if its bytes are sent again before they were confirmed (the
 * capture stands before the loss), or if a hole in the stream is filled later (behind it). */
#pragma once

#include "flow.h"

/* What is sent before the first loss is noted: the smallest bucket of the literature has 8 kB. */
#define RATE_AFTER 8192
/* One direction's packets: 10 MB of full segments are 7,000. */
#define RATE_POINTS_MAX 12288
/* Those of all connections that are not over: 32 MB. */
#define RATE_POINTS_ALL (3u << 19)

enum rate_fate {
	RATE_PASSED,
	RATE_LOST,
	RATE_HOLE, /* missing in the capture, and not filled so far */
	RATE_VOID, /* neither: reordered, or counted by parts */
};

/* A packet with payload. 20 bytes. */
struct rate_point {
	uint32_t usec; /* since rate.began; of a hole: when the packet before it came */
	uint32_t frame;
	uint32_t seq;
	uint32_t delay; /* until it was confirmed, in microseconds; 0 if unknown */
	uint16_t len;
	uint8_t fate; /* enum rate_fate */
};

struct rate_side {
	struct rate_point *points; /* NULL once packed */
	uint32_t n, size;
	uint8_t *packed;
	uint32_t npacked;  /* bytes of it */
	uint32_t next;     /* sequence number that should come next */
	uint32_t acked;    /* points before it have been looked at by acknowledgements */
	uint32_t repeated; /* usec of the last retransmission */
	uint32_t lost, holes, unplaced;
	uint32_t burst; /* bytes before the first loss */
	uint32_t highest_ack;
};

struct rate {
	int64_t began;
	uint16_t capture;
	bool full; /* later packets were not noted */
	struct rate_side side[2];
};

/* Takes note of a packet that trace_packet() has judged. `points` counts those of all flows. */
void rate_note(struct flow *f, const struct trace *t, uint32_t *points);
/* Which side lost more; the server, if both lost the same. */
enum side rate_loser(const struct rate *r);
/* Did that side lose so much that a limit may be the cause? */
bool rate_is_suspicious(const struct rate *r);
/* Makes a finished record small: some 7 bytes a packet. Sequence numbers are forgotten. */
void rate_pack(struct rate *r, uint32_t *points);
/* Writes the points of a packed side, of which there are s->n. */
void rate_unpack(const struct rate_side *s, struct rate_point *ret);
void rate_free(struct rate *r, uint32_t *points); /* accepts NULL */
