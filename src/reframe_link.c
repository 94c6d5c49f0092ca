/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Link layers: hardware addresses, ids of networks, and what capture programs tell of the machine.
 * IEEE 802.3, 802.1Q, 802.11; RFC 826, RFC 2516; https://www.tcpdump.org/linktypes.html. */
#include "reframe_parts.h"

#define ETHERTYPE_ARP 0x0806

/* An address of up to eight bytes whose length is told. */
static void
cooked_address(struct work *k, const uint8_t *p, unsigned length)
{
	if (length == MAC_LENGTH)
		reframe_mac(k, p);
	else
		zero(k, p, 8);
	if (length == MAC_LENGTH)
		zero(k, p + MAC_LENGTH, 2);
}

/* Type and length of each value stay, so that the packet is found. */
static void
nflog(struct work *k, const uint8_t *p, size_t n)
{
	size_t i = 4;

	while (i + 4 <= n) {
		size_t length = load_le16(p + i), other = load16(p + i);

		length = length >= 4 && length <= n - i + 4 ? length : other;
		if (length < 4)
			return;
		if (i + 4 < n)
			zero(k, p + i + 4, length - 4 < n - i - 4 ? length - 4 : n - i - 4);
		i += (length + 3) & ~(size_t)3;
	}
}

/* What stands before the first header that everybody has. */
static void
link_header(struct work *k, int type, const uint8_t *p, size_t n)
{
	switch (type) {
	case LINK_COOKED:
		if (n >= 16)
			cooked_address(k, p + 6, load16(p + 4));
		break;
	case LINK_COOKED_2:
		if (n >= 20)
			cooked_address(k, p + 12, p[11]);
		break;
	case LINK_PPI: /* may tell where on Earth it was (PPI-GEOLOCATION) */
		if (n > 8)
			zero(k, p + 8, n - 8);
		break;
	case LINK_PKTAP: /* names programs */
		if (n > 12)
			zero(k, p + 12, n - 12);
		break;
	case LINK_NFLOG:
		nflog(k, p, n);
		break;
	default:
		break;
	}
}

static void
ethernet(struct work *k, const uint8_t *p)
{
	reframe_mac(k, p);
	reframe_mac(k, p + MAC_LENGTH);
}

static void
wireless(struct work *k, const uint8_t *p, size_t n)
{
	for (size_t i = 4; i + MAC_LENGTH <= n && i <= 16; i += MAC_LENGTH)
		reframe_mac(k, p + i);
	if ((p[1] & 3) == 3 && n >= 30)
		reframe_mac(k, p + 24);
	if (n > 38) { /* the two addresses of an aggregate's first packet */
		reframe_mac(k, p + n - 14);
		reframe_mac(k, p + n - 8);
	}
}

static void
network(struct work *k, const uint8_t *p, uint16_t mask, uint16_t most)
{
	uint16_t word = load16(p);
	uint16_t id =
	    k->r->look ? word & mask : disguise_network(k->r->disguise, word & mask, most);

	word = (uint16_t)((word & ~mask) | id);
	k->out[at(k, p)] = (uint8_t)(word >> 8);
	k->out[at(k, p) + 1] = (uint8_t)word;
}

static void
ethertype(struct work *k, uint32_t type, const uint8_t *p, size_t n)
{
	bool tag = type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;

	if (tag && n == 4)
		network(k, p, 0x0fff, 4094); /* IEEE 802.1Q, 9.6 */
	if (type == 0x8864 && n == 6)
		network(k, p + 2, 0xffff, 0xfffe); /* RFC 2516, 4 */
}

static void
arp(struct work *k)
{
	const uint8_t *p = k->w.p;

	if (k->w.n < 28 || load16(p) != 1 || load16(p + 2) != 0x0800 || p[4] != 6 || p[5] != 4)
		return;
	copy(k, p, 8);
	reframe_mac(k, p + 8);
	reframe_v4(k, p + 14);
	reframe_mac(k, p + 18);
	reframe_v4(k, p + 24);
}

void
reframe_link(struct work *k)
{
	struct walk *w = &k->w;
	enum layer layer = w->layer;
	uint32_t type = w->type;
	const uint8_t *p = w->p;
	size_t n;

	link_step(w);
	n = (size_t)(w->p - p);
	copy(k, p, n);
	if (layer == LAYER_LINK && type != LINK_ETHERNET)
		link_header(k, (int)type, p, n);
	else if ((layer == LAYER_LINK || layer == LAYER_ETHERNET) && n >= 14)
		ethernet(k, p);
	else if (layer == LAYER_WIRELESS && n >= 24)
		wireless(k, p, n);
	else if (layer == LAYER_ETHERTYPE || layer == LAYER_PPPOE)
		ethertype(k, layer == LAYER_PPPOE ? 0x8864 : type, p, n);
	if (w->layer == LAYER_NO_IP && layer == LAYER_ETHERTYPE && type == ETHERTYPE_ARP)
		arp(k);
	else if (w->layer == LAYER_NO_IP && layer == LAYER_WIRELESS && w->n >= 2)
		copy(k, w->p, 2); /* what kind of frame it is */
}
