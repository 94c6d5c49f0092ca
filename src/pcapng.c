/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads pcapng: draft-ietf-opsawg-pcapng.
 *
 *   block   type u32, total length u32, body, options, total length again; padded to 4
 *   option  code u16, length u16, value; padded to 4
 *
 * A section begins with its own byte order and forgets all interfaces before it. */
#include "pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MAGIC 0x1a2b3c4du

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 2u /* obsolete */
#define BLOCK_SIMPLE 3u
#define BLOCK_STATISTICS 5u
#define BLOCK_ENHANCED 6u
/* No packets, but Wireshark gives them frame numbers (4.0: wiretap/pcapng.c). */
#define BLOCK_JOURNAL 9u
#define BLOCK_EVENT 0x204u
#define BLOCK_EVENT_FLAGS 0x208u
#define BLOCK_EVENT_2 0x216u
#define BLOCK_EVENT_FLAGS_2 0x217u
#define BLOCK_EVENT_2_LARGE 0x221u
#define BLOCK_EVENT_FLAGS_2_LARGE 0x222u
#define BLOCK_CUSTOM 0xbadu
#define BLOCK_CUSTOM_LOCAL 0x40000badu

#define OPTION_END 0
#define OPTION_RESOLUTION 9     /* if_tsresol */
#define OPTION_OFFSET 14        /* if_tsoffset */
#define OPTION_IF_DROPPED 5     /* isb_ifdrop */
#define OPTION_SYSTEM_DROPPED 7 /* isb_osdrop */

/* Bytes of the smallest block of each kind, both lengths included. */
#define BLOCK_SMALLEST 12
#define SECTION_SMALLEST 28
#define INTERFACE_SMALLEST 20
#define STATISTICS_SMALLEST 24
#define SIMPLE_SMALLEST 16
#define ENHANCED_SMALLEST 32

/* A block of a kind that is looked into is held in memory whole: libpcap's MAX_BLOCKSIZE, sixty
 * times the largest frame, which leaves room for long comments. */
#define BLOCK_LARGEST (16u * 1024 * 1024)

/* A frame names its interface by 16 bits in struct frame and in the obsolete Packet Block. */
#define INTERFACES_MOST 65536

struct block {
	uint32_t type;
	uint32_t total;   /* as given */
	uint32_t padded;  /* rounded up to 4: some writers give the length without its padding */
	const uint8_t *p; /* the whole block, or NULL if it is not held */
};

struct option {
	unsigned code;
	size_t n;
	const uint8_t *p;
};

/* Reads the option at *at, which it moves on. Returns false at the last, or at one that lies. */
static bool
next_option(const struct capfile *f, const struct block *b, size_t *at, struct option *ret)
{
	size_t end = b->padded - 4, padded;

	if (*at + 4 > end)
		return false;
	ret->code = load_u16(f, b->p + *at);
	ret->n = load_u16(f, b->p + *at + 2);
	ret->p = b->p + *at + 4;
	padded = (ret->n + 3) & ~(size_t)3;
	if (ret->code == OPTION_END || padded > end - *at - 4)
		return false;
	*at += 4 + padded;
	return true;
}

/* Brings a whole block into view and holds its two lengths against each other. */
static bool
view_block(struct capfile *f, struct block *b, uint32_t smallest)
{
	if (b->total < smallest || b->padded > BLOCK_LARGEST) {
		capfile_trouble(f, "a block of type %u claims %u bytes", b->type, b->total);
		return false;
	}
	b->p = source_peek(f->source, b->padded);
	if (!b->p) {
		capfile_end(f);
		return false;
	}
	if (load_u32(f, b->p + b->padded - 4) != b->total) {
		capfile_trouble(f, "the two lengths of a block of type %u differ", b->type);
		return false;
	}
	return true;
}

/* Learns the byte order from the section header at p, of 12 bytes. */
static bool
section_order(struct capfile *f, const uint8_t *p)
{
	for (int big = 0; big < 2; big++) {
		f->big_endian = big;
		if (load_u32(f, p + 8) == BYTE_ORDER_MAGIC)
			return true;
	}
	return false;
}

static bool
read_section(struct capfile *f, struct block *b)
{
	const uint8_t *p = source_peek(f->source, 12);
	unsigned major, minor;

	if (!p) {
		capfile_end(f);
		return false;
	}
	if (!section_order(f, p)) {
		capfile_trouble(f, "a section without byte order");
		return false;
	}
	b->total = load_u32(f, p + 4);
	b->padded = b->total > BLOCK_LARGEST ? b->total : (b->total + 3) & ~3u;
	if (!view_block(f, b, SECTION_SMALLEST))
		return false;
	major = load_u16(f, b->p + 12);
	minor = load_u16(f, b->p + 14);
	/* 1.2 was written for a while and is the same (section 4.1). */
	if (major != 1 || (minor != 0 && minor != 2)) {
		capfile_trouble(f, "pcapng version %u.%u is not known", major, minor);
		return false;
	}
	f->interfaces_before += f->ninterfaces;
	f->ninterfaces = 0;
	return true;
}

static struct interface *
add_interface(struct capfile *f)
{
	if (f->ninterfaces == f->interfaces_size) {
		f->interfaces_size = f->interfaces_size ? f->interfaces_size * 2 : 4;
		f->interfaces = xrealloc(f->interfaces, f->interfaces_size, sizeof *f->interfaces);
	}
	return memset(&f->interfaces[f->ninterfaces++], 0, sizeof *f->interfaces);
}

static bool
read_interface(struct capfile *f, struct block *b)
{
	struct interface *i;
	struct option o;
	size_t at = 16;

	if (!view_block(f, b, INTERFACE_SMALLEST))
		return false;
	/* Frames of an interface beyond the last are refused when they come. */
	if (f->ninterfaces == INTERFACES_MOST)
		return true;
	i = add_interface(f);
	i->link_type = load_u16(f, b->p + 8);
	i->snaplen = load_u32(f, b->p + 12);
	interface_set_decimal(i, 6);
	while (next_option(f, b, &at, &o)) {
		if (o.code == OPTION_OFFSET && o.n == 8) {
			i->offset = (int64_t)load_u64(f, o.p);
		} else if (o.code == OPTION_RESOLUTION && o.n == 1) {
			interface_set_decimal(i, o.p[0] & 0x7f);
			if (o.p[0] & 0x80 && o.p[0] & 0x7f)
				i->shift = o.p[0] & 0x7f;
			else if (o.p[0] & 0x80)
				interface_set_decimal(i, 0); /* 2^0: seconds */
		}
	}
	if (f->first_link_type < 0) {
		f->first_link_type = i->link_type;
		f->first_snaplen = i->snaplen;
	}
	return true;
}

/* Drop counts of an interface are running totals; the largest stands. */
static bool
read_statistics(struct capfile *f, struct block *b)
{
	uint64_t dropped = 0;
	struct interface *i;
	struct option o;
	size_t at = 20;
	uint32_t id;

	if (!view_block(f, b, STATISTICS_SMALLEST))
		return false;
	id = load_u32(f, b->p + 8);
	if (id >= f->ninterfaces)
		return true;
	i = &f->interfaces[id];
	while (next_option(f, b, &at, &o))
		if ((o.code == OPTION_IF_DROPPED || o.code == OPTION_SYSTEM_DROPPED) && o.n == 8)
			dropped += load_u64(f, o.p);
	if (dropped > i->dropped) {
		f->dropped += dropped - i->dropped;
		i->dropped = dropped;
	}
	return true;
}

/* Sets *ret from a packet's fields, which start at the block's byte `data`. Returns 1, or 0. */
static int
make_frame(struct capfile *f, const struct block *b, uint32_t id, uint32_t caplen, uint32_t len,
	   size_t data, struct frame *ret)
{
	size_t number = f->interfaces_before + id;

	if (id >= f->ninterfaces)
		return capfile_trouble(f, "a frame of interface %u, which is not described", id);
	if (caplen > FRAME_LARGEST || caplen > b->padded - 4 - data)
		return capfile_trouble(f, "a block of %u bytes claims %u captured bytes", b->total,
				       caplen);
	if (!capfile_count(f))
		return 0;
	ret->data = b->p + data;
	ret->caplen = caplen;
	ret->len = len > caplen ? len : caplen;
	ret->number = f->number;
	ret->interface = (uint16_t)(number < UINT16_MAX ? number : UINT16_MAX);
	ret->link_type = f->interfaces[id].link_type;
	source_take(f->source, b->padded);
	return 1;
}

/* Enhanced Packet Block, and the obsolete one, which differs in its first word only. */
static int
read_packet(struct capfile *f, struct block *b, struct frame *ret)
{
	const uint8_t *p;
	uint64_t ticks;
	uint32_t id;
	int r;

	if (!view_block(f, b, ENHANCED_SMALLEST))
		return 0;
	p = b->p;
	id = b->type == BLOCK_ENHANCED ? load_u32(f, p + 8) : load_u16(f, p + 8);
	ticks = (uint64_t)load_u32(f, p + 12) << 32 | load_u32(f, p + 16);
	r = make_frame(f, b, id, load_u32(f, p + 20), load_u32(f, p + 24), 28, ret);
	if (r > 0)
		f->last = ret->nsec = interface_time(&f->interfaces[id], ticks);
	return r;
}

/* A Simple Packet Block has no time: that of the frame before stands in for it. */
static int
read_simple(struct capfile *f, struct block *b, struct frame *ret)
{
	uint32_t len, caplen, snaplen;

	if (!view_block(f, b, SIMPLE_SMALLEST))
		return 0;
	len = caplen = load_u32(f, b->p + 8);
	snaplen = f->ninterfaces ? f->interfaces[0].snaplen : 0;
	if (snaplen && caplen > snaplen)
		caplen = snaplen;
	if (caplen > b->padded - SIMPLE_SMALLEST)
		caplen = b->padded - SIMPLE_SMALLEST;
	ret->nsec = f->last;
	return make_frame(f, b, 0, caplen, len, 12, ret);
}

/* Passes over a block without holding it: it may be of any size. */
static bool
skip_block(struct capfile *f, const struct block *b)
{
	const uint8_t *p;

	if (b->total < BLOCK_SMALLEST) {
		capfile_trouble(f, "a block of type %u claims %u bytes", b->type, b->total);
		return false;
	}
	if (!source_skip(f->source, (uint64_t)b->padded - 4) || !(p = source_peek(f->source, 4))) {
		capfile_end(f);
		f->truncated = f->trouble[0] == 0;
		return false;
	}
	if (load_u32(f, p) != b->total) {
		capfile_trouble(f, "the two lengths of a block of type %u differ", b->type);
		return false;
	}
	source_take(f->source, 4);
	return true;
}

static bool
has_frame_number(uint32_t type)
{
	switch (type) {
	case BLOCK_JOURNAL:
	case BLOCK_EVENT:
	case BLOCK_EVENT_FLAGS:
	case BLOCK_EVENT_2:
	case BLOCK_EVENT_FLAGS_2:
	case BLOCK_EVENT_2_LARGE:
	case BLOCK_EVENT_FLAGS_2_LARGE:
	case BLOCK_CUSTOM:
	case BLOCK_CUSTOM_LOCAL:
		return true;
	default:
		return false;
	}
}

/* Reads a block that holds no frame. */
static bool
read_other(struct capfile *f, struct block *b)
{
	bool held = true;

	if (b->type == BLOCK_SECTION)
		held = read_section(f, b);
	else if (b->type == BLOCK_INTERFACE)
		held = read_interface(f, b);
	else if (b->type == BLOCK_STATISTICS)
		held = read_statistics(f, b);
	else
		return skip_block(f, b) && (!has_frame_number(b->type) || capfile_count(f));
	if (held)
		source_take(f->source, b->padded);
	return held;
}

static int
pcapng_next(struct capfile *f, struct frame *ret)
{
	struct block b = {0};

	for (;;) {
		const uint8_t *p = source_peek(f->source, 8);

		if (!p)
			return capfile_end(f);
		b.type = load_u32(f, p);
		b.total = load_u32(f, p + 4);
		if (b.total > UINT32_MAX - 3)
			return capfile_trouble(f, "a block of type %u claims %u bytes", b.type,
					       b.total);
		b.padded = (b.total + 3) & ~3u;
		if (b.type == BLOCK_ENHANCED || b.type == BLOCK_PACKET)
			return read_packet(f, &b, ret);
		if (b.type == BLOCK_SIMPLE)
			return read_simple(f, &b, ret);
		if (!read_other(f, &b))
			return 0;
	}
}

/* Whether the next block lies in the window and holds a frame: others may be skipped, with whatever
 * lies there. */
static bool
at_hand(const struct capfile *f)
{
	const struct source *s = f->source;
	size_t n = (size_t)(s->end - s->at);
	uint32_t type;

	if (n < 8)
		return false;
	type = load_u32(f, s->at);
	return (type == BLOCK_ENHANCED || type == BLOCK_PACKET || type == BLOCK_SIMPLE) &&
	       n >= ((size_t)load_u32(f, s->at + 4) + 3) / 4 * 4;
}

static size_t
pcapng_more(struct capfile *f, struct frame *ret, size_t most)
{
	size_t n = 0;

	while (n < most && !f->stopped && at_hand(f) && pcapng_next(f, &ret[n]))
		n++;
	return n;
}

int
pcapng_open(struct capfile *f, char ret_why[160])
{
	const uint8_t *p = source_peek(f->source, 12);
	struct block b = {.type = BLOCK_SECTION};

	if (p && !section_order(f, p)) {
		snprintf(ret_why, 160, "not a pcap or pcapng file");
		return -EBADMSG;
	}
	if (!p || !read_section(f, &b)) {
		snprintf(ret_why, 160, "%s",
			 f->trouble[0] ? f->trouble : "cut off inside the file header");
		return -EBADMSG;
	}
	source_take(f->source, b.padded);
	f->next = pcapng_next;
	f->more = pcapng_more;
	return 0;
}
