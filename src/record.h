/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of the capture file formats share: the state of one file, and how it ends. */
#pragma once

#include "packet.h"
#include "source.h"

/* One interface of a pcapng section; a pcap file has exactly one. */
struct interface {
	int link_type;
	uint32_t snaplen;
	/* Ticks to nanoseconds: multiply, or divide (0: none makes one), or shift. */
	uint64_t multiply, divide;
	uint8_t shift;  /* ticks are 2^-shift s; 0 if the unit is decimal */
	int64_t offset; /* seconds to be added */
	uint64_t dropped;
};

struct capfile {
	struct source *source;
	/* Returns 1 and sets *ret, all but `capture`; 0 at the end. */
	int (*next)(struct capfile *f, struct frame *ret);
	/* See capfile_more(). */
	size_t (*more)(struct capfile *f, struct frame *ret, size_t most);
	bool big_endian;
	uint32_t number; /* frames counted so far */
	int64_t last;    /* time of the frame before, for records that have none */
	uint64_t dropped;
	bool truncated;
	bool stopped;      /* nothing more is read */
	char trouble[160]; /* why reading stopped early, or "" */

	size_t record; /* pcap: bytes of a record's header */
	bool swapped;  /* pcap: lengths may have been written the wrong way round */

	struct interface *interfaces; /* of this section */
	size_t ninterfaces, interfaces_size;
	size_t interfaces_before; /* in earlier sections */
	int first_link_type;      /* of the first interface; -1 before it was seen */
	uint32_t first_snaplen;
};

/* The largest frame of most link types: libpcap's MAXIMUM_SNAPLEN, Wireshark's
 * WTAP_MAX_PACKET_SIZE_STANDARD. A length beyond it is damage. */
#define FRAME_LARGEST 262144

/* Nothing can follow: the input ended, inside a record if anything is left. Returns 0. */
int capfile_end(struct capfile *f);
/* The bytes cannot be a record. Returns 0. */
int capfile_trouble(struct capfile *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Counts a frame. False, and trouble, if there are more than can be numbered. */
bool capfile_count(struct capfile *f);
void interface_set_decimal(struct interface *i, unsigned digits);
int64_t interface_time(const struct interface *i, uint64_t ticks);

static inline uint16_t
load_u16(const struct capfile *f, const uint8_t *p)
{
	return (uint16_t)(f->big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t
load_u32(const struct capfile *f, const uint8_t *p)
{
	uint32_t be = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	return f->big_endian ? be : __builtin_bswap32(be);
}

static inline uint64_t
load_u64(const struct capfile *f, const uint8_t *p)
{
	uint64_t a = load_u32(f, p), b = load_u32(f, p + 4);

	return f->big_endian ? a << 32 | b : b << 32 | a;
}
