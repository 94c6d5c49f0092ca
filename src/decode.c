/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a frame to its innermost IP packet: one header a turn, until the transport header.
 * RFC 791, RFC 8200, RFC 4302. */
#include "decode.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "link.h"
#include "reassemble.h"
#include "transport.h"
#include "tunnel.h"

/* Headers in one frame. The deepest stacks that are built on purpose (a mirrored, double tagged
 * MPLS frame with GTP in it) have about a dozen; the rest is room for IPv6 extension headers,
 * of which RFC 8200, 4.1 lists seven. More is an attack on the decoder. */
#define LAYERS_MAX 32

/* The largest IP datagram (RFC 791, 3.1). */
#define DATAGRAM_MAX 65535

struct decoder {
	struct defrag *defrag;
	struct decode_counts counts;
	bool want_sums;
	bool has_outer;
	struct packet outer;            /* what the frame is if its tunnel holds nothing of use */
	uint8_t datagram[DATAGRAM_MAX]; /* put together from fragments */
};

struct decoder *
decoder_new(struct defrag *defrag)
{
	struct decoder *d = xcalloc(1, sizeof *d);

	d->defrag = defrag;
	return d;
}

void
decoder_want_sums(struct decoder *d, bool all)
{
	d->want_sums = all;
}

const struct decode_counts *
decode_counts(const struct decoder *d)
{
	return &d->counts;
}

void
decoder_free(struct decoder *d)
{
	free(d);
}

/* In pieces: of one large memset gcc makes a string instruction, which takes as long to start as
 * the rest of a packet takes to read. */
typedef uint64_t piece __attribute__((vector_size(16)));

static void
begin(const struct frame *f, struct packet *pkt)
{
	static const piece zeros;
	uint8_t *p = (uint8_t *)pkt;

	_Static_assert(sizeof *pkt % sizeof zeros == 0, "whole pieces");
	for (size_t i = 0; i < sizeof *pkt; i += sizeof zeros)
		memcpy(p + i, &zeros, sizeof zeros);
	pkt->nsec = f->nsec;
	pkt->number = f->number;
	pkt->capture = f->capture;
}

/* w stands at the fragment's data, and w->type is its protocol. */
static void
fragment(struct decoder *d, struct walk *w, struct packet *pkt, uint32_t id, uint16_t field)
{
	struct fragment part = {
	    .src = pkt->src,
	    .dst = pkt->dst,
	    .scope = w->scope,
	    .id = id,
	    .ip_version = pkt->ip_version,
	    .proto = (uint8_t)w->type,
	    .offset = (field & 0xfff8U),
	    .more = field & 1,
	    .b = {w->p, w->n},
	    .cut = w->n < w->wire,
	    .nsec = pkt->nsec,
	};
	struct bytes whole;

	w->layer = LAYER_BAD;
	if (part.offset + w->wire > DATAGRAM_MAX)
		return;
	w->layer = LAYER_FRAGMENT;
	d->counts.fragments++;
	if (!d->defrag || !defrag_feed(d->defrag, &part, &whole))
		return;
	w->layer = LAYER_BAD;
	if (whole.n > sizeof d->datagram)
		return;
	/* It may hold fragments itself, which must not be fed from where they are put. */
	memcpy(d->datagram, whole.p, whole.n);
	w->p = d->datagram;
	w->n = w->wire = whole.n;
	w->layer = LAYER_PROTOCOL;
	pkt->bits |= PKT_REASSEMBLED;
	pkt->bits &= (uint16_t)~PKT_CUT;
	d->counts.reassembled++;
}

/* The length that the IP header gives, against what there is. */
static void
fit(struct walk *w, struct packet *pkt, size_t total)
{
	if (w->n > total)
		w->n = total; /* padding, trailers */
	else if (w->n < total)
		pkt->bits |= PKT_CUT;
	w->wire = total;
}

#define IP4_HEADER 20
#define IP4_RESERVED 0x8000
#define IP4_DF 0x4000
#define IP4_MF 0x2000
#define IP4_OFFSET 0x1fff /* in units of 8 bytes */

static void
ip4(struct decoder *d, struct walk *w, struct packet *pkt)
{
	const uint8_t *p = w->p;
	size_t header, total;
	uint16_t field;

	w->layer = LAYER_BAD;
	if (w->n < IP4_HEADER)
		return;
	header = (size_t)(p[0] & 15) * 4;
	total = load16(p + 2);
	if (total == 0) { /* the sender's own capture: the card fills it in */
		pkt->bits |= PKT_NO_LENGTH;
		total = w->wire;
	}
	if (header < IP4_HEADER || header > w->n || total < header)
		return;
	fit(w, pkt, total);
	pkt->ip_version = 4;
	pkt->scope = w->scope;
	pkt->tos = p[1];
	pkt->ip_id = load16(p + 4);
	pkt->ttl = p[8];
	pkt->src = addr_from_v4(p + 12);
	pkt->dst = addr_from_v4(p + 16);
	w->addresses = checksum_words(p + 12, 8);
	field = load16(p + 6);
	if (field & IP4_RESERVED)
		pkt->bits |= PKT_EVIL;
	if (field & IP4_DF)
		pkt->bits |= PKT_DF;
	if (load16(p + 10) && !checksum_holds(checksum_words(p, header)))
		pkt->bits |= PKT_BAD_IP_SUM;
	w->type = p[9];
	w->layer = LAYER_PROTOCOL;
	walk_skip(w, header);
	if (field & (IP4_MF | IP4_OFFSET))
		fragment(d, w, pkt, load16(p + 4),
			 (uint16_t)((field & IP4_OFFSET) << 3 | (field & IP4_MF ? 1 : 0)));
}

#define IP6_HEADER 40

static void
ip6(struct walk *w, struct packet *pkt)
{
	const uint8_t *p = w->p;
	size_t total;

	w->layer = LAYER_BAD;
	if (w->n < IP6_HEADER)
		return;
	total = IP6_HEADER + (size_t)load16(p + 4);
	w->type = p[6];
	if (total == IP6_HEADER && w->type != IPPROTO_NONE) { /* jumbogram, or offload */
		pkt->bits |= PKT_NO_LENGTH;
		total = w->wire;
	}
	fit(w, pkt, total);
	pkt->ip_version = 6;
	pkt->scope = w->scope;
	pkt->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
	pkt->ttl = p[7];
	pkt->src = addr_from_v6(p + 8);
	pkt->dst = addr_from_v6(p + 24);
	w->addresses = checksum_words(p + 8, 32);
	w->layer = LAYER_PROTOCOL;
	walk_skip(w, IP6_HEADER);
}

static void
ip(struct decoder *d, const struct frame *f, struct walk *w, struct packet *pkt)
{
	if (pkt->ip_version) /* inside of another one */
		begin(f, pkt);
	if (w->tunneled)
		pkt->bits |= PKT_TUNNELED;
	if (w->n && w->p[0] >> 4 == 4)
		ip4(d, w, pkt);
	else if (w->n && w->p[0] >> 4 == 6)
		ip6(w, pkt);
	else
		w->layer = LAYER_BAD;
}

#define PROTO_MOBILITY 135      /* RFC 6275 */
#define OPTION_PAD 0            /* the only one without length */
#define OPTION_HOME_ADDRESS 201 /* RFC 6275, 6.3 */

/* Whether the checksum was made over another source address than the IPv6 header's. */
static bool
has_home_address(const uint8_t *p, size_t n)
{
	for (size_t i = 2; i + 1 < n;) {
		if (p[i] == OPTION_HOME_ADDRESS)
			return true;
		i += p[i] == OPTION_PAD ? 1 : (size_t)p[i + 1] + 2;
	}
	return false;
}

/* An extension header: type of the next, length, ... */
static void
extension(struct decoder *d, struct walk *w, struct packet *pkt)
{
	const uint8_t *p = w->p;
	size_t header;

	w->layer = LAYER_BAD;
	if (w->n < 8)
		return;
	header = (p[1] + (size_t)1) * 8;
	if (w->type == IPPROTO_AH)
		header = (p[1] + (size_t)2) * 4;
	else if (w->type == IPPROTO_FRAGMENT)
		header = 8;
	if (header > w->n)
		return;
	if (w->type == IPPROTO_ROUTING && p[3]) /* segments left: the last one is covered */
		w->readdressed = true;
	if (w->type == IPPROTO_DSTOPTS && has_home_address(p, header))
		w->readdressed = true;
	w->layer = LAYER_PROTOCOL;
	walk_skip(w, header);
	if (w->type == IPPROTO_FRAGMENT) {
		w->type = p[0];
		if (load16(p + 2) & 0xfff9) /* else it is whole: RFC 6946 */
			fragment(d, w, pkt, load32(p + 4), load16(p + 2));
		return;
	}
	w->type = p[0];
}

/* Whether the header that w->type names stands between IP and the transport header. */
static bool
is_extension(const struct walk *w, const struct packet *pkt)
{
	if (w->type == IPPROTO_AH)
		return true;
	if (pkt->ip_version == 4)
		return false;
	switch (w->type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return true;
	case PROTO_MOBILITY: /* a message of its own, unless something follows */
		return w->n && w->p[0] != IPPROTO_NONE;
	default:
		return false;
	}
}

/* Steps into the tunnel that begins behind the outer header, if it is one. */
static void
enter(struct decoder *d, struct walk *w, const struct packet *pkt)
{
	bool is_tunnel;

	if (pkt->proto == IPPROTO_UDP)
		is_tunnel = tunnel_over_udp(w, pkt->sport, pkt->dport);
	else
		is_tunnel = tunnel_over_ip(w, pkt->proto);
	if (is_tunnel) {
		d->outer = *pkt;
		d->has_outer = true;
	}
}

static void
protocol(struct decoder *d, struct walk *w, struct packet *pkt)
{
	bool good = true;

	if (is_extension(w, pkt)) {
		extension(d, w, pkt);
		return;
	}
	pkt->proto = (uint8_t)w->type;
	w->layer = LAYER_DONE;
	if (pkt->proto == IPPROTO_TCP) {
		good = transport_tcp(w, pkt, d->want_sums);
	} else if (pkt->proto == IPPROTO_UDP) {
		good = transport_udp(w, pkt, d->want_sums);
		if (good && tunnel_ports(pkt->sport, pkt->dport))
			enter(d, w, pkt);
	} else if (pkt->proto == (pkt->ip_version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		good = transport_icmp(w, pkt, d->want_sums);
	} else {
		pkt->bits |= PKT_SUM_UNCHECKED;
		pkt->payload.p = w->p;
		pkt->payload.n = w->n;
		pkt->payload_len = (uint32_t)w->wire;
		enter(d, w, pkt);
	}
	if (!good)
		w->layer = LAYER_BAD;
}

#define ETHERNET_MIN 60 /* IEEE 802.3, 3.2.7, without the frame check sequence */
#define VLAN_TAG 4

/* Padding that something counted as payload: zeros that fill a frame up to its minimum. */
static bool
is_padding(const struct frame *f, const struct walk *w, const struct packet *pkt)
{
	static const uint8_t zeros[6];

	return pkt->payload_len && pkt->payload_len <= sizeof zeros &&
	       pkt->payload.n == pkt->payload_len && w->ethernet && !w->tunneled &&
	       (f->len == ETHERNET_MIN || f->len == ETHERNET_MIN + VLAN_TAG * (uint32_t)w->tags) &&
	       pkt->payload.p + pkt->payload.n == f->data + f->caplen &&
	       memcmp(pkt->payload.p, zeros, pkt->payload.n) == 0;
}

#define MTU 1500 /* RFC 894; what most paths carry */

/* A machine's own capture shows segments before the card cuts them up or after it joined them.
 * The loopback's MTU is not the path's. */
static bool
is_superframe(const struct packet *pkt)
{
	uint32_t ip_header = pkt->ip_version == 4 ? 20 : 40;
	const uint8_t *b = pkt->src.b;

	if (pkt->payload_len + ip_header + 20 + pkt->option_len <= MTU)
		return false;
	return addr_is_v4(&pkt->src) ? b[12] != 127 : !addr_equal(&pkt->src, &pkt->dst);
}

static enum decoded
count(struct decoder *d, const struct frame *f, const struct walk *w, struct packet *pkt)
{
	struct decode_counts *c = &d->counts;

	switch (pkt->proto) {
	case IPPROTO_TCP:
		c->tcp++;
		if (pkt->payload_len > MTU / 2)
			c->superframes += is_superframe(pkt);
		else if (is_padding(f, w, pkt))
			pkt->bits |= PKT_PADDED;
		break;
	case IPPROTO_UDP:
		c->udp++;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		c->icmp++;
		break;
	default:
		c->other++;
	}
	if (pkt->bits & (PKT_TUNNELED | PKT_CUT | PKT_BAD_SUM | PKT_BAD_IP_SUM)) {
		c->tunneled += (pkt->bits & PKT_TUNNELED) != 0;
		c->cut += (pkt->bits & PKT_CUT) != 0;
		c->bad_sum += (pkt->bits & PKT_BAD_SUM) != 0;
		c->bad_ip_sum += (pkt->bits & PKT_BAD_IP_SUM) != 0;
	}
	return DECODED;
}

#define LINK_ETHERNET 1 /* LINKTYPE_ETHERNET */
#define ETHERNET_HEADER 14
#define ETHERTYPE_IP4 0x0800
#define IP4_PLAIN 0x45 /* version 4, no options */

/* Most frames of most captures, which need no walk: Ethernet, IPv4 without options that was sent in
 * one piece and captured as a whole, and TCP. */
static bool
is_plain(const struct frame *f)
{
	const uint8_t *ip = f->data + ETHERNET_HEADER;
	size_t total;

	if (f->link_type != LINK_ETHERNET || f->caplen < ETHERNET_HEADER + 2 * IP4_HEADER ||
	    load16(ip - 2) != ETHERTYPE_IP4 || ip[0] != IP4_PLAIN || ip[9] != IPPROTO_TCP ||
	    load16(ip + 6) & (uint16_t)~IP4_DF)
		return false;
	total = load16(ip + 2);
	return total >= (size_t)2 * IP4_HEADER && total <= f->caplen - ETHERNET_HEADER;
}

/* What the walk would make of such a frame. In one piece: a call for each layer is a fifth of all
 * instructions here. */
static __attribute__((flatten)) enum decoded
decode_plain(struct decoder *d, const struct frame *f, struct packet *pkt)
{
	const uint8_t *ip = f->data + ETHERNET_HEADER;
	size_t n = load16(ip + 2) - (size_t)IP4_HEADER;
	struct walk w = {.p = ip + IP4_HEADER, .n = n, .wire = n, .ethernet = true};

	pkt->ip_version = 4;
	pkt->proto = IPPROTO_TCP;
	pkt->tos = ip[1];
	pkt->ip_id = load16(ip + 4);
	pkt->bits = ip[6] ? PKT_DF : 0;
	pkt->ttl = ip[8];
	pkt->src = addr_from_v4(ip + 12);
	pkt->dst = addr_from_v4(ip + 16);
	w.addresses = checksum_words(ip + 12, 8);
	if (load16(ip + 10) && !checksum_holds(checksum_words(ip, IP4_HEADER)))
		pkt->bits |= PKT_BAD_IP_SUM;
	if (transport_tcp(&w, pkt, d->want_sums))
		return count(d, f, &w, pkt);
	d->counts.bad++;
	return DECODED_BAD;
}

static enum decoded
decode_walk(struct decoder *d, const struct frame *f, struct packet *ret)
{
	struct walk w = {.p = f->data,
			 .n = f->caplen,
			 .wire = f->len > f->caplen ? f->len : f->caplen,
			 .layer = LAYER_LINK,
			 .type = (uint32_t)f->link_type};

	d->has_outer = false;
	for (unsigned i = 0; w.layer < LAYER_DONE; i++) {
		if (i == LAYERS_MAX)
			w.layer = LAYER_BAD;
		else if (w.layer == LAYER_PROTOCOL)
			protocol(d, &w, ret);
		else if (w.layer == LAYER_IP)
			ip(d, f, &w, ret);
		else
			link_step(&w);
	}
	if (d->has_outer && w.layer != LAYER_DONE && w.layer != LAYER_FRAGMENT) {
		*ret = d->outer;
		w.layer = LAYER_DONE;
	}
	switch (w.layer) {
	case LAYER_DONE:
		return count(d, f, &w, ret);
	case LAYER_FRAGMENT:
		return DECODED_FRAGMENT;
	case LAYER_NO_IP:
		d->counts.no_ip++;
		return DECODED_NO_IP;
	case LAYER_UNKNOWN_LINK:
		d->counts.unknown_link++;
		return DECODED_LINK;
	default:
		d->counts.bad++;
		return DECODED_BAD;
	}
}

enum decoded
decode(struct decoder *d, const struct frame *f, struct packet *ret)
{
	begin(f, ret);
	d->counts.frames++;
	return is_plain(f) ? decode_plain(d, f, ret) : decode_walk(d, f, ret);
}
