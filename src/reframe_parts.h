/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of reframe.c share: where they stand in a frame, and how its bytes are written. */
#pragma once

#include "link.h"
#include "reframe.h"
#include "resum.h"

#define LAYERS_MAX 32 /* as in decode.c */
#define IP4_HEADER 20
#define IP6_HEADER 40
#define TCP_HEADER 20
#define UDP_HEADER 8
#define ICMP_HEADER 8

enum link_type {
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_COOKED = 113,
	LINK_PPI = 192,
	LINK_NFLOG = 239,
	LINK_PKTAP = 258,
	LINK_COOKED_2 = 276,
};

struct work {
	const struct reframe *r;
	const uint8_t *in;
	uint8_t *out;
	struct walk w;
	struct addr src, dst; /* of the innermost IP header so far, as they were */
	bool v4, cut, fragment, more, readdressed;
	uint32_t id, offset; /* of a fragment */
	size_t addresses;    /* where these stand */
	struct resum sums[2 * LAYERS_MAX + 4];
	size_t nsums;
};

/* Where p stands in the frame. */
static inline size_t
at(const struct work *k, const uint8_t *p)
{
	return (size_t)(p - k->in);
}

static inline void
copy(struct work *k, const uint8_t *p, size_t n)
{
	if (n) /* of an empty frame there is no buffer */
		memcpy(k->out + at(k, p), p, n);
}

static inline void
zero(struct work *k, const uint8_t *p, size_t n)
{
	if (n)
		memset(k->out + at(k, p), 0, n);
}

/* Addresses, disguised. */
void reframe_mac(struct work *k, const uint8_t *p);
void reframe_v4(struct work *k, const uint8_t *p);
void reframe_v6(struct work *k, const uint8_t *p);
/* A checksum, to be corrected when all is written. */
void reframe_sum(struct work *k, const struct resum *s);
/* One step of link.h, and what it passed. */
void reframe_link(struct work *k);
/* Behind the first eight bytes of an ICMP message of n bytes, for IPv4 and IPv6. */
void reframe_icmp4(struct work *k, const uint8_t *p, size_t n);
void reframe_icmp6(struct work *k, const uint8_t *p, size_t n);
