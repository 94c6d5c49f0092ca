/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wall around libnids: nothing but packets made here ever reaches it.
 *
 * Two services: a one-way connection, into which bytes go by offset and come out in order, and
 * a datagram, into which fragments go and which comes out whole. libnids has global state, so
 * these are plain functions; reassemble.c and defrag.c are the only users. */
#pragma once

#include "base.h"

struct tcp_stream; /* libnids' own */

/* How many connections may be open at once. Each keeps a buffer of 4 KiB or more, and an idle
 * one can be taken for other bytes at any time: few enough to stay in a processor's cache. */
#define CONNECTIONS_MAX 1024

/* How far beyond the first byte of a connection a segment may lie. libnids drops what is
 * outside of the window, and the largest window is 65535 << 14 (RFC 7323, 2.2 and 2.3). */
#define CONNECTION_SPAN ((uint32_t)65535 << 14)

/* The data of one synthetic IPv4 packet and of one synthetic datagram, at most (RFC 791, 3.1:
 * the total length has 16 bits). */
#define SYNTHETIC_PAYLOAD_MAX (65535u - 20 - 20)
#define SYNTHETIC_DATAGRAM_MAX (65535u - 20)

struct wall_events {
	/* The next bytes of the connection that was opened for `user`. */
	void (*bytes)(void *user, struct bytes b);
	/* libnids gave the connection up by itself; its pointer is dead. */
	void (*gone)(void *user);
};

/* Starts libnids. Returns -EBUSY if it runs already, -EIO if it will not start. */
int wall_start(const struct wall_events *events);
void wall_stop(void);

/* "1.26": the libnids that this was built with; it does not say so itself. */
const char *libnids_version(void);

/* id: 1 to CONNECTIONS_MAX, not in use. Returns NULL if libnids did not take it. */
struct tcp_stream *connection_open(uint16_t id, void *user);
/* Never from within an event of the same connection. */
void connection_close(struct tcp_stream *t);
/* at: distance of the segment from the first byte, below CONNECTION_SPAN - n. */
void connection_feed(uint16_t id, uint32_t at, struct bytes b);
/* The same with n zero bytes. */
void connection_feed_zeros(uint16_t id, uint32_t at, size_t n);
/* Bytes that libnids has allocated for the connection. */
size_t connection_buffered(const struct tcp_stream *t);

/* Fragments of one datagram, in order of offset, with a new id for every datagram. The first one
 * must hold 8 bytes or more. Returns true if libnids made a datagram of them; it is valid until
 * the next call. */
bool datagram_feed(uint16_t id, uint32_t offset, bool more, struct bytes b,
		   struct bytes *ret_whole);
