/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first packets of one side, four bits each: all that the 19 signatures of Sundara Raman et
 * al. (SIGCOMM 2023) ask of a healthy connection, in one word. */
#pragma once

#include "flow.h"

/* What the paper's servers kept of a connection: its first ten inbound packets (section 3). */
#define SHAPE_PACKETS 10u
/* And for how long a side must have been silent. */
#define SHAPE_SILENCE (3 * NSEC_PER_SEC)

/* Three bits. REPEAT is a packet that brings nothing new: bytes or a SYN that were sent before, a
 * keep-alive, an acknowledgement of nothing more. */
enum shape_kind {
	SHAPE_REPEAT,
	SHAPE_SYN,
	SHAPE_ACK,
	SHAPE_DATA, /* payload that goes on in the next segment */
	SHAPE_PUSH, /* payload with PSH: a whole message */
	SHAPE_FIN,
	SHAPE_RST,
	SHAPE_RST_ACK
};

/* How many packets are in it. */
static inline unsigned
shape_count(uint64_t shape)
{
	return (unsigned)(shape >> 4 * SHAPE_PACKETS & 15);
}

#define SHAPE_CUT_AT 56

/* How many of the other side's were there at its first reset. */
static inline unsigned
shape_cut(uint64_t shape)
{
	return (unsigned)(shape >> SHAPE_CUT_AT);
}

/* The i-th one; i < shape_count(). */
static inline enum shape_kind
shape_at(uint64_t shape, unsigned i)
{
	return (enum shape_kind)(shape >> 4 * i & 7);
}

/* Was its side silent for SHAPE_SILENCE before it? */
static inline bool
shape_paused(uint64_t shape, unsigned i)
{
	return shape >> 4 * i & 8;
}

/* Notes a packet that its flow has judged. paused: its side had been silent. fresh: it
 * acknowledges something new. */
void shape_note(struct flow *f, const struct trace *t, bool paused, bool fresh);
