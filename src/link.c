/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Link layers. IEEE 802.3, 802.1Q, 802.2; RFC 1042, RFC 1661, RFC 2427, RFC 2516, RFC 3032;
 * linktype.c has what capture files put in their place. */
#include "link.h"

/* IEEE 802 numbers, https://www.iana.org/assignments/ieee-802-numbers */
enum ethertype {
	ETHERTYPE_MIN = 0x0600, /* below it the field is a length (IEEE 802.3, 3.2.6) */
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_BRIDGE = 0x6558, /* a whole Ethernet frame (RFC 1701, RFC 7637) */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_UPSTREAM = 0x8848, /* RFC 5332 */
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_QINQ = 0x88a8,       /* IEEE 802.1ad */
	ETHERTYPE_BACKBONE = 0x88e7,   /* IEEE 802.1ah */
	ETHERTYPE_FABRICPATH = 0x8903, /* a tag before a whole frame */
	ETHERTYPE_METADATA = 0x8909,   /* Cisco's security group tag */
	ETHERTYPE_NSH = 0x894f,        /* RFC 8300 */
	ETHERTYPE_VNTAG = 0x8926,      /* IEEE 802.1BR's forerunner */
	ETHERTYPE_QINQ_OLD = 0x9100,   /* before 802.1ad, still sold */
	ETHERTYPE_QINQ_OLDER = 0x9200,
};

#define LINK_ETHERNET 1 /* LINKTYPE_ETHERNET */
#define ETHERNET_HEADER 14
#define VLAN_TAG 4
#define VLAN_ID_MASK 0x0fff
#define PPPOE_HEADER 6
#define MPLS_LABEL 4
/* Stacks of more than a handful of labels are not built: routers impose at most 10 or so
 * (RFC 8491's maximum SID depth is what hardware advertises). */
#define MPLS_LABELS_MAX 16

static void
vlan(struct walk *w)
{
	uint16_t id;

	if (w->n < VLAN_TAG) {
		w->layer = LAYER_BAD;
		return;
	}
	id = load16(w->p) & VLAN_ID_MASK;
	/* Id 0 is a priority without a network, and one direction may lack it. */
	if (id)
		walk_scope(w, SCOPE_VLAN, id);
	w->type = load16(w->p + 2);
	w->tags++;
	walk_skip(w, VLAN_TAG);
	w->layer = w->type < ETHERTYPE_MIN ? LAYER_LLC : LAYER_ETHERTYPE;
}

static void
pppoe(struct walk *w)
{
	/* version 1, type 1, code 0: a session's data (RFC 2516, 4) */
	if (w->n < PPPOE_HEADER) {
		w->layer = LAYER_BAD;
		return;
	}
	if (w->p[0] != 0x11 || w->p[1] != 0) {
		w->layer = LAYER_NO_IP;
		return;
	}
	walk_scope(w, SCOPE_PPPOE, load16(w->p + 2));
	walk_to(w, PPPOE_HEADER, LAYER_PPP);
}

/* A tag that says nothing of use, and an EtherType behind it. */
static void
tag(struct walk *w, size_t n)
{
	if (w->n < n + 2) {
		w->layer = LAYER_BAD;
		return;
	}
	w->type = load16(w->p + n);
	walk_skip(w, n + 2);
}

/* Network service header: flags and TTL, length in words, kind, next protocol. */
static void
service(struct walk *w)
{
	size_t header = w->n >= 4 ? (w->p[1] & 0x3fU) * 4 : 0;
	enum layer next = LAYER_NO_IP;

	w->layer = LAYER_BAD;
	if (header < 8) /* base header and path */
		return;
	if (w->p[3] == 1 || w->p[3] == 2) /* IPv4, IPv6 */
		next = LAYER_IP;
	else if (w->p[3] == 3)
		next = LAYER_ETHERNET;
	walk_to(w, header, next);
}

static void
ethertype(struct walk *w)
{
	switch (w->type) {
	case ETHERTYPE_IP4:
	case ETHERTYPE_IP6:
		w->layer = LAYER_IP;
		break;
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_QINQ_OLD:
	case ETHERTYPE_QINQ_OLDER:
		vlan(w);
		break;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UPSTREAM:
		w->layer = LAYER_MPLS;
		break;
	case ETHERTYPE_PPPOE:
		pppoe(w);
		break;
	case ETHERTYPE_PPP:
		w->layer = LAYER_PPP;
		break;
	case ETHERTYPE_BRIDGE:
		w->layer = LAYER_ETHERNET;
		break;
	case ETHERTYPE_BACKBONE: /* I-TAG: flags and a service id of 24 bits */
		walk_to(w, 4, LAYER_ETHERNET);
		break;
	case ETHERTYPE_FABRICPATH: /* forwarding tag: tree and TTL */
		walk_to(w, 2, LAYER_ETHERNET);
		break;
	case ETHERTYPE_METADATA: /* version, length, option, group */
		tag(w, 6);
		break;
	case ETHERTYPE_VNTAG: /* flags, interfaces */
		tag(w, 4);
		break;
	case ETHERTYPE_NSH:
		service(w);
		break;
	default:
		w->layer = LAYER_NO_IP;
	}
}

static void
ethernet(struct walk *w)
{
	if (w->n < ETHERNET_HEADER) {
		w->layer = LAYER_BAD;
		return;
	}
	w->type = load16(w->p + 12);
	walk_skip(w, ETHERNET_HEADER);
	if (w->type < ETHERTYPE_MIN)
		w->layer = LAYER_LLC;
	else
		w->layer = w->type == ETHERTYPE_IP4 ? LAYER_IP : LAYER_ETHERTYPE;
}

/* IEEE 802.2, and the SNAP of RFC 1042 in it. */
static void
llc(struct walk *w)
{
	if (w->n < 3) {
		w->layer = LAYER_BAD;
		return;
	}
	if (w->p[0] == 0x06 && w->p[1] == 0x06 && w->p[2] == 0x03) { /* SAP 6: IP (RFC 1010) */
		walk_to(w, 3, LAYER_IP);
		return;
	}
	w->layer = LAYER_NO_IP;
	if (w->p[0] != 0xaa || w->p[1] != 0xaa || w->p[2] != 0x03)
		return;
	if (w->n < 8) {
		w->layer = LAYER_BAD;
		return;
	}
	/* Organisation 0: an EtherType. 00-00-F8: the bridge-tunnel of IEEE 802.1H. */
	if (w->p[3] == 0 && w->p[4] == 0 && (w->p[5] == 0 || w->p[5] == 0xf8)) {
		w->type = load16(w->p + 6);
		walk_to(w, 8, LAYER_ETHERTYPE);
	}
}

/* RFC 1661, 2, with the address and control bytes of RFC 1662 and without, the protocol
 * compressed (RFC 1661, 6.5) or not. */
static void
ppp(struct walk *w)
{
	uint32_t protocol;

	if (w->n >= 2 && w->p[0] == 0xff && w->p[1] == 0x03)
		walk_skip(w, 2);
	if (!w->n || (w->n < 2 && (!(w->p[0] & 1) || w->p[0] == 0xff))) {
		w->layer = LAYER_BAD;
		return;
	}
	if (w->p[0] & 1) {
		protocol = w->p[0];
		walk_skip(w, 1);
	} else {
		protocol = load16(w->p);
		walk_skip(w, 2);
	}
	switch (protocol) { /* https://www.iana.org/assignments/ppp-numbers */
	case 0x0021:
	case 0x0057:
		w->layer = LAYER_IP;
		break;
	case 0x0281:
	case 0x0283:
		w->layer = LAYER_MPLS;
		break;
	default:
		w->layer = LAYER_NO_IP;
	}
}

/* Whether an Ethernet frame that carries something of ours may begin here. */
static bool
looks_like_ethernet(const struct walk *w)
{
	uint16_t type;

	if (w->n < ETHERNET_HEADER + 1)
		return false;
	type = load16(w->p + 12);
	return (type == ETHERTYPE_IP4 && w->p[ETHERNET_HEADER] >> 4 == 4) ||
	       (type == ETHERTYPE_IP6 && w->p[ETHERNET_HEADER] >> 4 == 6) ||
	       type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_PPPOE ||
	       type == ETHERTYPE_MPLS;
}

/* The label stack does not say what it carries (RFC 3032, 2.2): the first nibble does, but a
 * pseudowire without control word may begin with any hardware address (RFC 8469). */
static void
mpls(struct walk *w)
{
	unsigned labels = 0;
	bool bottom, ip = false;

	do {
		if (w->n < MPLS_LABEL || ++labels > MPLS_LABELS_MAX) {
			w->layer = LAYER_BAD;
			return;
		}
		bottom = w->p[2] & 1;
		walk_skip(w, MPLS_LABEL);
	} while (!bottom);
	w->layer = LAYER_BAD;
	if (!w->n)
		return;
	if (w->p[0] >> 4 == 0 && w->n > 4) { /* control word (RFC 4385, 3), or address 0x:... */
		struct walk inside = *w;

		walk_skip(&inside, 4);
		if (looks_like_ethernet(&inside))
			*w = inside;
	}
	if (w->n > ETHERNET_HEADER + 4) /* enough to know better */
		w->layer = LAYER_NO_IP;
	if (w->p[0] >> 4 == 4)
		ip = w->n < 4 || ((w->p[0] & 15) >= 5 && load16(w->p + 2) <= w->wire);
	else if (w->p[0] >> 4 == 6)
		ip = w->n < 6 || load16(w->p + 4) + 40U <= w->wire;
	if (!ip && looks_like_ethernet(w))
		w->layer = LAYER_ETHERNET;
	else if (w->p[0] >> 4 == 4 || w->p[0] >> 4 == 6)
		w->layer = LAYER_IP;
}

void
link_step(struct walk *w)
{
	switch (w->layer) {
	case LAYER_LINK:
		if (w->type != LINK_ETHERNET) {
			linktype_step(w);
			break;
		}
		w->ethernet = true;
		ethernet(w);
		break;
	case LAYER_ETHERNET:
		ethernet(w);
		break;
	case LAYER_ETHERTYPE:
		ethertype(w);
		break;
	case LAYER_PPPOE:
		pppoe(w);
		break;
	case LAYER_LLC:
		llc(w);
		break;
	case LAYER_PPP:
		ppp(w);
		break;
	case LAYER_MPLS:
		mpls(w);
		break;
	case LAYER_WIRELESS:
		wireless_step(w);
		break;
	default:
		w->layer = LAYER_NO_IP;
	}
}
