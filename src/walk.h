/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the decoder stands in a frame. Each header moves it on and says what comes next, so that
 * however deep the headers are nested, nothing calls itself. */
#pragma once

#include "base.h"

/* What the next byte begins. */
enum layer {
	/* for link_step() */
	LAYER_LINK, /* a frame of link type `type` (LINKTYPE_ value) */
	LAYER_ETHERNET,
	LAYER_ETHERTYPE, /* what EtherType `type` says */
	LAYER_LLC,
	LAYER_PPPOE,
	LAYER_PPP,
	LAYER_MPLS,
	LAYER_WIRELESS, /* an IEEE 802.11 header */
	/* for decode.c */
	LAYER_IP,       /* version 4 or 6, as the first nibble says */
	LAYER_PROTOCOL, /* what IP protocol `type` says */
	/* ends */
	LAYER_DONE,
	LAYER_FRAGMENT,
	LAYER_NO_IP,
	LAYER_BAD,
	LAYER_UNKNOWN_LINK,
};

struct walk {
	const uint8_t *p; /* the first byte not yet understood */
	size_t n;         /* bytes that the capture holds from there */
	size_t wire;      /* bytes that were sent from there; >= n */
	enum layer layer;
	uint32_t type;
	uint32_t scope;     /* of struct packet */
	uint64_t addresses; /* sum over the IP addresses, for checksums */
	uint8_t tags;       /* VLAN tags passed */
	bool ethernet;      /* the frame itself is an Ethernet frame */
	bool tunneled;      /* inside of a tunnel */
	bool wifi_padding;  /* radiotap: zeros between the 802.11 header and its body */
	bool readdressed;   /* an extension header holds an address that the checksum covers */
};

/* Kinds of things that tell one network from another with the same addresses. What differs
 * between the two directions of one conversation (MPLS labels, GTP tunnel ids, PPTP call ids)
 * is none of them. */
enum scope_kind {
	SCOPE_VLAN = 1,
	SCOPE_PPPOE,
	SCOPE_IP_IN_IP,
	SCOPE_GRE,
	SCOPE_ETHERIP,
	SCOPE_MPLS_IN_IP,
	SCOPE_GTP,
	SCOPE_VXLAN,
	SCOPE_GENEVE,
	SCOPE_TEREDO,
};

static inline void
walk_scope(struct walk *w, enum scope_kind kind, uint32_t id)
{
	/* Fibonacci hashing: 2^64 divided by the golden ratio (Knuth, TAOCP volume 3, 6.4). */
	uint64_t x = ((uint64_t)w->scope << 32 | id) ^ (uint64_t)kind << 56;

	x *= 0x9e3779b97f4a7c15U;
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15U;
	w->scope = (uint32_t)(x >> 32);
	if (!w->scope)
		w->scope = 1;
}

/* The caller knows that w->n >= n. */
static inline void
walk_skip(struct walk *w, size_t n)
{
	w->p += n;
	w->n -= n;
	w->wire -= n;
}

/* Skips a header of n bytes if the capture holds it; otherwise it is bad. */
static inline void
walk_to(struct walk *w, size_t n, enum layer next)
{
	if (w->n < n) {
		w->layer = LAYER_BAD;
		return;
	}
	walk_skip(w, n);
	w->layer = next;
}

/* Big-endian unless the name says otherwise; the caller has checked the bounds. */
static inline uint16_t
load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t
load_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
load_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
