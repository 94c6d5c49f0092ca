/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tunnels. GRE: RFC 2784, RFC 2890, RFC 2637; ERSPAN: draft-foschiano-erspan-03; IP in IP:
 * RFC 2003, RFC 4213; EtherIP: RFC 3378; MPLS in IP: RFC 4023; GTP-U: 3GPP TS 29.281; VXLAN:
 * RFC 7348, draft-ietf-nvo3-vxlan-gpe; Geneve: RFC 8926; Teredo: RFC 4380. */
#include "tunnel.h"

#include <netinet/in.h>
#include <string.h>

#define PROTO_ETHERIP 97
#define PROTO_MPLS 137

#define IP6_HEADER 40

static void
inside(struct walk *w, size_t header, enum layer layer)
{
	walk_skip(w, header);
	w->layer = layer;
	w->tunneled = true;
	w->readdressed = false;
}

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK 0x0080 /* version 1 */
#define GRE_VERSION 0x0007

#define GRE_TYPE_PPP 0x880b
#define GRE_TYPE_ERSPAN 0x88be /* types I and II */
#define GRE_TYPE_ERSPAN_3 0x22eb
#define GRE_TYPE_WCCP 0x883e
#define ERSPAN_2_HEADER 8
#define ERSPAN_3_HEADER 12
#define ERSPAN_3_OPTION 8 /* platform specific subheader */

/* PPTP's (RFC 2637, 4.1): key and PPP always, and its upper half is the payload's length. The
 * lower half is the call id, which each side chooses for itself. */
static bool
gre_enhanced(struct walk *w, uint16_t flags)
{
	size_t header = 8;

	if (!(flags & GRE_KEY) || load16(w->p + 2) != GRE_TYPE_PPP || w->n < header)
		return false;
	if (!load16(w->p + 4)) /* an acknowledgement alone */
		return false;
	header += flags & GRE_SEQUENCE ? 4 : 0;
	header += flags & GRE_ACK ? 4 : 0;
	if (w->n < header)
		return false;
	walk_scope(w, SCOPE_GRE, 0);
	inside(w, header, LAYER_PPP);
	return true;
}

/* A mirrored frame. Type I has no header of its own, and no sequence number in GRE. */
static bool
erspan(struct walk *w, uint16_t flags, uint16_t type, size_t header)
{
	if (type == GRE_TYPE_ERSPAN_3) {
		if (w->n < header + ERSPAN_3_HEADER)
			return false;
		header += w->p[header + 11] & 1 ? ERSPAN_3_OPTION : 0;
		header += ERSPAN_3_HEADER;
	} else if (flags & GRE_SEQUENCE) {
		header += ERSPAN_2_HEADER;
	}
	if (w->n < header)
		return false;
	/* The session is left out: the two directions may be mirrored by two sessions. */
	walk_scope(w, SCOPE_GRE, type);
	inside(w, header, LAYER_ETHERNET);
	return true;
}

static bool
gre(struct walk *w)
{
	size_t header = 4;
	uint16_t flags, type;
	uint32_t key = 0;

	if (w->n < header)
		return false;
	flags = load16(w->p);
	type = load16(w->p + 2);
	if ((flags & GRE_VERSION) == 1)
		return gre_enhanced(w, flags);
	if ((flags & GRE_VERSION) || (flags & GRE_ROUTING))
		return false;
	header += flags & GRE_CHECKSUM ? 4 : 0;
	if (flags & GRE_KEY) {
		if (w->n < header + 4)
			return false;
		key = load32(w->p + header);
		header += 4;
	}
	header += flags & GRE_SEQUENCE ? 4 : 0;
	if (w->n < header)
		return false;
	if (type == GRE_TYPE_ERSPAN || type == GRE_TYPE_ERSPAN_3)
		return erspan(w, flags, type, header);
	walk_scope(w, SCOPE_GRE, key);
	w->type = type;
	if (type == GRE_TYPE_WCCP) {
		/* Version 2 puts 4 bytes before the packet; neither version says which it is. */
		if (w->n > header + 4 && w->p[header] >> 4 != 4)
			header += 4;
		inside(w, header, LAYER_IP);
	} else {
		inside(w, header, LAYER_ETHERTYPE);
	}
	return true;
}

bool
tunnel_over_ip(struct walk *w, uint8_t proto)
{
	if (!w->n)
		return false;
	switch (proto) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		if (w->p[0] >> 4 != (proto == IPPROTO_IPIP ? 4 : 6))
			return false;
		walk_scope(w, SCOPE_IP_IN_IP, proto);
		inside(w, 0, LAYER_IP);
		return true;
	case IPPROTO_GRE:
		return gre(w);
	case PROTO_ETHERIP:
		if (w->n < 2 || w->p[0] != 0x30 || w->p[1] != 0)
			return false;
		walk_scope(w, SCOPE_ETHERIP, 0);
		inside(w, 2, LAYER_ETHERNET);
		return true;
	case PROTO_MPLS:
		walk_scope(w, SCOPE_MPLS_IN_IP, 0);
		inside(w, 0, LAYER_MPLS);
		return true;
	default:
		return false;
	}
}

enum tunnel_port {
	PORT_GTP = 2152,
	PORT_TEREDO = 3544,
	PORT_VXLAN = 4789,
	PORT_VXLAN_NEXT = 4790,
	PORT_VXLAN_LINUX = 8472, /* Linux' default from before the assignment */
	PORT_GENEVE = 6081,
};

#define GTP_HEADER 8
#define GTP_OPTIONS 4 /* sequence, N-PDU number, type of the next extension header */
#define GTP_USER_DATA 0xff
/* 3GPP TS 29.281, 5.2.1 names seven kinds of extension header. */
#define GTP_EXTENSIONS_MAX 8

static bool
gtp(struct walk *w)
{
	size_t at = GTP_HEADER;
	uint8_t next;

	/* version 1, protocol type GTP, user data, and a length that fits exactly */
	if (w->n <= GTP_HEADER || w->p[0] >> 4 != 3 || w->p[1] != GTP_USER_DATA ||
	    load16(w->p + 2) + (size_t)GTP_HEADER != w->wire)
		return false;
	if (w->p[0] & 7) {
		if (w->n < at + GTP_OPTIONS)
			return false;
		next = w->p[0] & 4 ? w->p[at + 3] : 0;
		at += GTP_OPTIONS;
		for (unsigned i = 0; next; i++) {
			size_t n = at < w->n ? w->p[at] * 4U : 0;

			if (!n || w->n - at < n || i >= GTP_EXTENSIONS_MAX)
				return false;
			at += n;
			next = w->p[at - 1];
		}
	}
	if (w->n <= at || (w->p[at] >> 4 != 4 && w->p[at] >> 4 != 6))
		return false;
	walk_scope(w, SCOPE_GTP, 0);
	inside(w, at, LAYER_IP);
	return true;
}

#define VXLAN_HEADER 8
#define VXLAN_FLAG_ID 0x08
#define VXLAN_FLAG_POLICY 0x80 /* draft-smith-vxlan-group-policy: uses bytes 1 to 3 */
#define VXLAN_FLAG_NEXT 0x04   /* draft-ietf-nvo3-vxlan-gpe: byte 3 says what is inside */

static bool
vxlan(struct walk *w)
{
	enum layer layer = LAYER_ETHERNET;

	if (w->n <= VXLAN_HEADER || w->p[7] != 0)
		return false;
	switch (w->p[0]) {
	case VXLAN_FLAG_ID:
		if (w->p[1] || w->p[2] || w->p[3])
			return false;
		break;
	case VXLAN_FLAG_ID | VXLAN_FLAG_NEXT:
		if (w->p[1] || w->p[2] || w->p[3] < 1 || w->p[3] > 3)
			return false;
		if (w->p[3] != 3) /* IPv4, IPv6 */
			layer = LAYER_IP;
		break;
	case VXLAN_FLAG_ID | VXLAN_FLAG_POLICY:
		break;
	default:
		return false;
	}
	walk_scope(w, SCOPE_VXLAN, load32(w->p + 4) >> 8);
	inside(w, VXLAN_HEADER, layer);
	return true;
}

#define GENEVE_HEADER 8
#define GENEVE_OPTIONS 0x3f /* length in words */

static bool
geneve(struct walk *w)
{
	size_t header;

	/* version 0, no control packet, reserved bits and byte zero */
	if (w->n <= GENEVE_HEADER || w->p[0] >> 6 || (w->p[1] & 0xbf) || w->p[7])
		return false;
	header = GENEVE_HEADER + (size_t)(w->p[0] & GENEVE_OPTIONS) * 4;
	if (w->n <= header)
		return false;
	w->type = load16(w->p + 2);
	walk_scope(w, SCOPE_GENEVE, load32(w->p + 4) >> 8);
	inside(w, header, LAYER_ETHERTYPE);
	return true;
}

/* RFC 4380, 2.6, and the prefix that Windows used before its assignment. */
static bool
teredo_address(const uint8_t *p)
{
	static const uint8_t prefix[2][4] = {{0x20, 0x01, 0, 0}, {0x3f, 0xfe, 0x83, 0x1f}};

	return memcmp(p, prefix[0], 4) == 0 || memcmp(p, prefix[1], 4) == 0 ||
	       (p[0] == 0xfe && (p[1] & 0xc0) == 0x80); /* link-local: router solicitation */
}

/* What Windows' Teredo puts behind the packet: type, length, ... ([MS-TERE], 2.2). */
static bool
teredo_trailers(const struct walk *w, size_t at)
{
	while (w->n - at >= 2) {
		size_t n = 2 + (size_t)w->p[at + 1];

		if (!w->p[at] || n > w->n - at)
			return false;
		at += n;
	}
	return at == w->wire;
}

/* An IPv6 packet that fills the datagram, perhaps behind an authentication and an origin
 * indication (RFC 4380, 5.1.1). */
static bool
teredo(struct walk *w)
{
	size_t at = 0, end;

	if (w->n >= 4 && w->p[0] == 0 && w->p[1] == 1) /* two lengths, nonce, confirmation */
		at = 4 + (size_t)w->p[2] + w->p[3] + 8 + 1;
	if (w->n >= at + 8 && w->p[at] == 0 && w->p[at + 1] == 0)
		at += 8;
	if (w->n < at + IP6_HEADER || w->p[at] >> 4 != 6)
		return false;
	end = at + IP6_HEADER + load16(w->p + at + 4);
	if (end != w->wire && (end > w->n || !teredo_trailers(w, end)))
		return false;
	if (!teredo_address(w->p + at + 8) && !teredo_address(w->p + at + 24))
		return false;
	walk_scope(w, SCOPE_TEREDO, 0);
	inside(w, at, LAYER_IP);
	return true;
}

bool
tunnel_ports(uint16_t sport, uint16_t dport)
{
	switch (dport) {
	case PORT_GTP:
	case PORT_TEREDO:
	case PORT_VXLAN:
	case PORT_VXLAN_NEXT:
	case PORT_VXLAN_LINUX:
	case PORT_GENEVE:
		return true;
	default:
		return sport == PORT_TEREDO;
	}
}

bool
tunnel_over_udp(struct walk *w, uint16_t sport, uint16_t dport)
{
	switch (dport) {
	case PORT_GTP:
		return gtp(w);
	case PORT_VXLAN:
	case PORT_VXLAN_NEXT:
	case PORT_VXLAN_LINUX:
		return vxlan(w);
	case PORT_GENEVE:
		return geneve(w);
	default:
		return (sport == PORT_TEREDO || dport == PORT_TEREDO) && teredo(w);
	}
}
