/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What capture files put in the place of, or before, a link layer's header; and Frame Relay.
 * https://www.tcpdump.org/linktypes.html; RFC 2427. */
#include "link.h"

#define ETHERNET_LENGTH_MAX 1500 /* an EtherType is larger: IEEE 802.3, 3.2.6 */

/* BSD loopback: an address family of the machine that captured, 4 bytes in its byte order. */
static void
loopback(struct walk *w)
{
	uint32_t family;

	if (w->n < 4) {
		w->layer = LAYER_BAD;
		return;
	}
	family = load32(w->p);
	if (family > 0xffff)
		family = load_le32(w->p);
	walk_skip(w, 4);
	switch (family) {
	case 2:  /* AF_INET everywhere */
	case 10: /* AF_INET6 of Linux, */
	case 23: /* Windows, */
	case 24: /* NetBSD, OpenBSD, BSD/OS, */
	case 28: /* FreeBSD, DragonFly, */
	case 30: /* Darwin */
		w->layer = LAYER_IP;
		break;
	default: /* some drivers write an EtherType */
		w->type = family;
		w->layer = family > ETHERNET_LENGTH_MAX ? LAYER_ETHERTYPE : LAYER_NO_IP;
	}
}

/* Linux "cooked" captures. The protocol is an EtherType, or one of Linux' own small numbers:
 * 4 is LLC. */
static void
cooked(struct walk *w, size_t header, size_t protocol_at, size_t device_at)
{
	uint16_t device;

	if (w->n < header) {
		w->layer = LAYER_BAD;
		return;
	}
	w->type = load16(w->p + protocol_at);
	device = load16(w->p + device_at);
	walk_skip(w, header);
	w->layer = LAYER_ETHERTYPE;
	if (device == 824 || device == 803) /* ARPHRD_NETLINK, ARPHRD_IEEE80211_RADIOTAP */
		w->layer = LAYER_NO_IP;
	else if (w->type == 4)
		w->layer = LAYER_LLC;
}

static void
cooked_1(struct walk *w)
{
	cooked(w, 16, 14, 2);
}

static void
cooked_2(struct walk *w)
{
	cooked(w, 20, 0, 8);
}

static void
raw_ip(struct walk *w)
{
	w->layer = LAYER_IP;
}

/* Cisco's address, control and EtherType, or PPP: files of any of the three link types hold
 * either. */
static void
hdlc(struct walk *w)
{
	if (w->n < 4) {
		w->layer = LAYER_BAD;
		return;
	}
	w->layer = LAYER_PPP;
	if ((w->p[0] == 0x0f || w->p[0] == 0x8f) && w->p[1] == 0) { /* unicast, broadcast */
		w->type = load16(w->p + 2);
		walk_to(w, 4, LAYER_ETHERTYPE);
	}
}

static void
pppoe(struct walk *w)
{
	w->layer = LAYER_PPPOE;
}

static void
wireless(struct walk *w)
{
	w->layer = LAYER_WIRELESS;
}

/* Frame Relay: a Q.922 address whose last byte is odd, then RFC 2427's control, pad and NLPID,
 * or Cisco's EtherType. */
static void
frame_relay(struct walk *w)
{
	size_t at = 1;

	while (at < 4 && at < w->n && !(w->p[at] & 1)) /* 2, 3 or 4 bytes (Q.922, 3.2) */
		at++;
	at++;
	if (w->n < at + 2) {
		w->layer = LAYER_BAD;
		return;
	}
	walk_skip(w, at);
	if (w->p[0] != 0x03) {
		w->type = load16(w->p);
		walk_to(w, 2, LAYER_ETHERTYPE);
		return;
	}
	walk_skip(w, 1);
	if (w->n > 1 && w->p[0] == 0) /* pad */
		walk_skip(w, 1);
	switch (w->p[0]) {
	case 0xcc: /* IPv4 */
	case 0x8e: /* IPv6 */
		walk_to(w, 1, LAYER_IP);
		break;
	case 0x80: /* SNAP, of which bridged frames (OUI 00-80-C2) are left alone */
		if (w->n < 6) {
			w->layer = LAYER_BAD;
			break;
		}
		w->type = load16(w->p + 4);
		w->layer = LAYER_NO_IP;
		if (!w->p[1] && !w->p[2] && !w->p[3])
			walk_to(w, 6, LAYER_ETHERTYPE);
		break;
	case 0: /* a pad, and no more */
		w->layer = LAYER_BAD;
		break;
	default:
		w->layer = LAYER_NO_IP;
	}
}

/* Goes through the tags of an NFLOG message until the packet. Returns LAYER_BAD if the tags do
 * not hold together in this byte order. */
static enum layer
nflog_payload(const struct walk *w, uint16_t (*load)(const uint8_t *), size_t *ret_at)
{
	size_t at = 4;

	while (w->n - at >= 4) {
		size_t n = load(w->p + at);

		if (n < 4)
			return LAYER_BAD;
		if (load(w->p + at + 2) == 9) { /* NFULA_PAYLOAD */
			*ret_at = at + 4;
			return LAYER_IP;
		}
		n = (n + 3) & ~(size_t)3;
		if (n > w->n - at)
			return LAYER_BAD;
		at += n;
	}
	return at == w->wire ? LAYER_NO_IP : LAYER_BAD;
}

/* Family, version, resource, then tags in the byte order of the machine that captured. */
static void
nflog(struct walk *w)
{
	enum layer layer;
	size_t at = 0;

	w->layer = LAYER_BAD;
	if (w->n < 4)
		return;
	layer = nflog_payload(w, load_le16, &at);
	if (layer == LAYER_BAD)
		layer = nflog_payload(w, load16, &at);
	if (layer == LAYER_IP && w->p[0] != 2 && w->p[0] != 10) /* AF_INET, AF_INET6 of Linux */
		layer = LAYER_NO_IP;
	w->layer = layer;
	if (layer == LAYER_IP)
		walk_skip(w, at);
}

/* Apple's: header length, record type, and the link type of what follows, little-endian. */
static void
pktap(struct walk *w)
{
	uint32_t header = w->n >= 12 ? load_le32(w->p) : 0;

	w->layer = LAYER_BAD;
	if (header < 12)
		return;
	w->type = load_le32(w->p + 8);
	walk_to(w, header, LAYER_LINK);
}

/* Per-packet information: version, flags, length, link type of what follows, little-endian. */
static void
ppi(struct walk *w)
{
	uint16_t header = w->n >= 8 ? load_le16(w->p + 2) : 0;

	w->layer = LAYER_BAD;
	if (header < 8)
		return;
	w->type = load_le32(w->p + 4);
	walk_to(w, header, LAYER_LINK);
}

/* Solaris: version 1, family, ... 24 bytes in all. */
static void
ipnet(struct walk *w)
{
	walk_to(w, 24, LAYER_IP);
}

static const struct link_reader {
	uint32_t type; /* LINKTYPE_ */
	void (*read)(struct walk *w);
} readers[] = {
    {0, loopback},
    {108, loopback},
    {9, hdlc},
    {50, hdlc},
    {104, hdlc},
    {51, pppoe},
    {12, raw_ip},
    {14, raw_ip},
    {101, raw_ip},
    {228, raw_ip},
    {229, raw_ip},
    {105, wireless},
    {107, frame_relay},
    {113, cooked_1},
    {276, cooked_2},
    {119, wireless_prism},
    {127, wireless_radiotap},
    {163, wireless_avs},
    {192, ppi},
    {226, ipnet},
    {239, nflog},
    {258, pktap},
};

void
linktype_step(struct walk *w)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		if (readers[i].type == w->type) {
			readers[i].read(w);
			return;
		}
	}
	w->layer = LAYER_UNKNOWN_LINK;
}
