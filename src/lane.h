/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the reassembler: lanes, and the lines that carry them through libnids. */
#pragma once

#include "reassemble.h"
#include "synthetic.h"

/* A connection is replaced after so many bytes: what is NEAR is still inside its span. */
#define RENEW_AFTER (CONNECTION_SPAN / 2)

/* A segment that came early. */
struct early {
	uint64_t offset;
	uint8_t *data;
	uint32_t n;   /* bytes at data */
	uint32_t cut; /* bytes after these which the capture lacks */
};

struct queue {
	size_t n, size;
	size_t fed; /* the first so many are in libnids' queue too */
	size_t bytes;
	struct early early[]; /* by offset, then by arrival */
};

/* A connection in libnids, for as long as something of its lane waits. */
struct line {
	struct tcp_stream *connection;
	struct lane *lane;          /* NULL: free */
	struct line *older, *newer; /* among those in use */
	uint64_t base;              /* the lane's offset at which the connection begins */
	uint64_t zeros_until; /* bytes from the lane's next up to here are zeros that we made up */
	uint32_t buffered;    /* bytes of its buffer */
	uint16_t id;
};

/* One direction of a stream. */
struct lane {
	struct line *line;   /* NULL while nothing waits */
	struct queue *queue; /* NULL: nothing came early */
	uint64_t next;       /* offset of the first byte not handed out */
	uint64_t cut_until;  /* bytes from next up to here were cut off; wait for none */
	uint32_t first_seq;
	uint8_t side;
	bool stopped;
};

struct stream {
	struct reassembler *r;
	void *owner;
	struct lane lane[2];
};

static inline struct stream *
stream_of(struct lane *l)
{
	return (struct stream *)(void *)((uint8_t *)(l - l->side) - offsetof(struct stream, lane));
}

struct reassembler {
	struct stream_sink sink;
	struct reassembler_counts counts;
	const struct stream *busy; /* inside a call for this one */
	size_t max_streams, nstreams;
	struct line *oldest, *newest; /* in use */
	size_t queued;
	size_t buffered; /* bytes of libnids' buffers */
	size_t nfree;
	struct line *free[CONNECTIONS_MAX]; /* a stack, so that the last one used is the next */
	struct line lines[CONNECTIONS_MAX];
};

/* Puts bytes of the lane at `offset` into libnids; they come out at the sink, in order. */
void lane_feed(struct lane *l, uint64_t offset, struct bytes b);
/* Takes the lane off its line, if it is on one. What waits in its queue stays there. */
void lane_detach(struct lane *l);

extern const struct wall_events lane_events;
