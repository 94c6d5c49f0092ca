/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses in ICMP: in the packets that errors quote, in neighbour discovery and in what routers
 * say of themselves. RFC 792, RFC 1256, RFC 4443, RFC 4861, RFC 8106. */
#include "reframe_parts.h"

#include <netinet/in.h>

/* The packet that an error quotes: its headers, as they would be in a frame. */
static void
quote(struct work *k, const uint8_t *p, size_t n)
{
	size_t header, more;
	uint8_t proto;
	bool four = n && p[0] >> 4 == 4;

	header = four ? (size_t)(p[0] & 15) * 4 : IP6_HEADER;
	if (n < header || header < IP4_HEADER || (!four && p[0] >> 4 != 6))
		return;
	copy(k, p, four ? IP4_HEADER : IP6_HEADER);
	if (four) {
		zero(k, p + IP4_HEADER, header - IP4_HEADER);
		reframe_v4(k, p + 12);
		reframe_v4(k, p + 16);
		reframe_sum(k, &(struct resum){.field = at(k, p + 10),
					       .begin = at(k, p),
					       .end = at(k, p) + header,
					       .whole = true});
	} else {
		reframe_v6(k, p + 8);
		reframe_v6(k, p + 24);
	}
	proto = four ? p[9] : p[6];
	if (four && (load16(p + 6) & 0x1fff))
		return;
	more = proto == IPPROTO_TCP ? TCP_HEADER : ICMP_HEADER;
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_ICMP &&
	    proto != IPPROTO_ICMPV6)
		return;
	copy(k, p + header, n - header < more ? n - header : more);
	if (n - header >= (proto == IPPROTO_TCP ? 18U : 8U))
		reframe_sum(
		    k, &(struct resum){.field = at(k, p + header) + (proto == IPPROTO_TCP   ? 16
								     : proto == IPPROTO_UDP ? 6
											    : 2),
				       .begin = at(k, p + header),
				       .end = at(k, p) + n,
				       .addresses = at(k, p) + (four ? 12 : 8),
				       .naddresses = proto == IPPROTO_ICMP ? 0
						     : four                ? 8
									   : 32,
				       .proto = proto});
}

/* Options of neighbour discovery (RFC 4861, 4.6): link addresses, prefixes, resolvers. */
static void
neighbour_options(struct work *k, const uint8_t *p, size_t n)
{
	while (n >= 8) {
		size_t length = (size_t)p[1] * 8;

		if (!length || length > n)
			return;
		copy(k, p, 2);
		if (p[0] == 1 || p[0] == 2) {
			reframe_mac(k, p + 2);
		} else if (p[0] == 3 && length == 32) {
			copy(k, p, 16);
			reframe_v6(k, p + 16);
		} else if (p[0] == 5) {
			copy(k, p, 8);
		} else if (p[0] == 25) {
			copy(k, p, 8);
			for (size_t i = 8; i + 16 <= length; i += 16)
				reframe_v6(k, p + i);
		}
		p += length;
		n -= length;
	}
}

void
reframe_icmp6(struct work *k, const uint8_t *p, size_t n)
{
	size_t addresses = 0, options = ICMP_HEADER;

	if (p[0] >= 1 && p[0] <= 4 && n > ICMP_HEADER)
		quote(k, p + ICMP_HEADER, n - ICMP_HEADER);
	if (p[0] == 135 || p[0] == 136 || (p[0] >= 130 && p[0] <= 132))
		addresses = 1;
	else if (p[0] == 137)
		addresses = 2;
	else if (p[0] == 134 && n >= 16) {
		copy(k, p, 16);
		options = 16;
	}
	for (; addresses && n >= options + 16; addresses--, options += 16)
		reframe_v6(k, p + options);
	if (p[0] >= 133 && p[0] <= 137 && n > options)
		neighbour_options(k, p + options, n - options);
}

void
reframe_icmp4(struct work *k, const uint8_t *p, size_t n)
{
	switch (p[0]) {
	case 5: /* a gateway's address */
		reframe_v4(k, p + 4);
		/* fall through */
	case 3:
	case 4:
	case 11:
	case 12:
		if (n > ICMP_HEADER)
			quote(k, p + ICMP_HEADER, n - ICMP_HEADER);
		break;
	case 9: /* routers and their preferences (RFC 1256) */
		for (size_t i = ICMP_HEADER; i + 8 <= n; i += 8)
			reframe_v4(k, p + i);
		break;
	default:
		break;
	}
}
