/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP byte streams and IP datagrams put together again by libnids, behind an adapter.
 *
 * libnids has global state, so there is one `struct reassembler` in a process, and
 * synthetic.c alone includes <nids.h>. It never sees real headers: each direction gets a
 * synthetic address, a synthetic handshake and segments without options, resets or FINs, so
 * that nothing on the wire can make it lose bytes. docs/architecture.md says why. */
#pragma once

#include "base.h"

struct reassembler;
struct stream;
struct defrag;

struct stream_sink {
	/* Bytes in order. offset counts from the first byte of that side; 64 bits. The view is
	 * valid during the call. */
	void (*data)(void *owner, enum side from, uint64_t offset, struct bytes b);
	/* [offset, offset + n) never appeared in the capture; what follows comes after it. */
	void (*gap)(void *owner, enum side from, uint64_t offset, uint64_t n);
};

/* max_streams: how many may be open at once; one more evicts none and stream_open returns
 * NULL. Returns NULL only if libnids cannot start. */
struct reassembler *reassembler_new(const struct stream_sink *sink, size_t max_streams);
/* Close every stream, and free the defrag, before. Accepts NULL. */
void reassembler_free(struct reassembler *r);

struct reassembler_counts {
	uint64_t far;     /* segments more than 1 GiB ahead, ignored */
	uint64_t gaps;    /* told to the sink */
	uint64_t crowded; /* of these: told early, because too much was queued behind them */
	uint64_t evicted; /* idle buffers given back; costs time, loses nothing */
	uint64_t lost; /* bytes that libnids did not give back; always 0, or something is broken */
};
const struct reassembler_counts *reassembler_counts(const struct reassembler *r);

/* Opens a stream, with the sequence number of the first byte of each side. `owner` is handed
 * to the sink. Returns NULL if too many are open. */
struct stream *stream_open(struct reassembler *r, void *owner, const uint32_t first_seq[2]);

/* Corrects the first sequence number of a side of which no byte was fed yet. */
void stream_set_first(struct stream *s, enum side from, uint32_t first_seq);

/* Hands over the payload of one segment; the bytes are copied where they must be kept. `len`
 * is the payload's length on the wire; the part beyond b.n was cut by the snaplen and becomes
 * a gap. May call the sink. Never call it from the sink. */
void stream_segment(struct stream *s, enum side from, uint32_t seq, struct bytes b, uint32_t len);

/* No more bytes of that side are wanted: later segments cost nothing. May be called from the
 * sink. When both sides are stopped the stream's buffers are freed at once or at the next call. */
void stream_stop(struct stream *s, enum side from);

/* Hands out what is still queued behind gaps, then frees. Never call it from the sink. */
void stream_close(struct stream *s); /* accepts NULL */

/* IP fragments, both families, in capture time: what is older than 30 s is forgotten (RFC 8200,
 * 4.5 says 60 s at most; RFC 1122, 3.3.2 asks for 60 to 120 s at hosts; a capture need not
 * wait so long). Memory is bounded. */
struct fragment {
	struct addr src, dst;
	uint32_t scope; /* of the packet: fragments of different tunnels never mix */
	uint32_t id;    /* identification, 16 or 32 bits */
	uint8_t ip_version, proto;
	uint32_t offset; /* bytes */
	bool more;
	struct bytes b; /* the fragment's data, after the IP (and extension) headers */
	bool cut;       /* the capture lacks its tail */
	int64_t nsec;
};

struct defrag *defrag_new(struct reassembler *r);
/* Returns true when this fragment completes its datagram; *ret_whole is then valid until the
 * next call. */
bool defrag_feed(struct defrag *d, const struct fragment *f, struct bytes *ret_whole);
struct defrag_counts {
	uint64_t fragments, whole, overlaps, too_small, expired, dropped;
};
const struct defrag_counts *defrag_counts(const struct defrag *d);
void defrag_free(struct defrag *d); /* accepts NULL */
