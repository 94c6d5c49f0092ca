/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks through a frame as the decoder does (decode.c), by the same readers of links and tunnels,
 * and writes each header anew. RFC 791, RFC 8200, RFC 9293, RFC 768. */
#include "reframe_parts.h"

#include "scrubber.h"
#include "tunnel.h"

#include <netinet/in.h>
#include <stdlib.h>

void
reframe_mac(struct work *k, const uint8_t *p)
{
	copy(k, p, MAC_LENGTH);
	if (!k->r->look)
		disguise_mac(k->r->disguise, k->out + at(k, p));
}

void
reframe_v4(struct work *k, const uint8_t *p)
{
	copy(k, p, 4);
	if (!k->r->look)
		disguise_v4(k->r->disguise, k->out + at(k, p));
}

void
reframe_v6(struct work *k, const uint8_t *p)
{
	copy(k, p, 16);
	if (!k->r->look)
		disguise_v6(k->r->disguise, k->out + at(k, p));
}

void
reframe_sum(struct work *k, const struct resum *s)
{
	if (k->nsums < sizeof k->sums / sizeof *k->sums)
		k->sums[k->nsums++] = *s;
}

/* --- IP --- */

static void
fit(struct work *k, size_t total)
{
	struct walk *w = &k->w;

	if (w->n > total) { /* padding, trailers: nobody's business */
		zero(k, w->p + total, w->n - total);
		w->n = total;
	} else if (w->n < total) {
		k->cut = true;
	}
	w->wire = total;
}

/* Kinds and lengths of options stay, what they hold goes (addresses on the way: RFC 791, 3.1). */
static void
ip4_options(struct work *k, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && p[i];) {
		size_t length = p[i] == 1 ? 1 : i + 1 < n ? p[i + 1] : 0;

		copy(k, p + i, p[i] == 1 || i + 1 >= n ? 1 : 2);
		if (!length || length > n - i)
			return;
		i += length;
	}
}

static void
ip4(struct work *k)
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;
	size_t header, total;

	w->layer = LAYER_BAD;
	if (w->n < IP4_HEADER)
		return;
	header = (size_t)(p[0] & 15) * 4;
	total = load16(p + 2) ? load16(p + 2) : w->wire;
	if (header < IP4_HEADER || header > w->n || total < header)
		return;
	fit(k, total);
	copy(k, p, IP4_HEADER);
	reframe_v4(k, p + 12);
	reframe_v4(k, p + 16);
	zero(k, p + IP4_HEADER, header - IP4_HEADER);
	ip4_options(k, p + IP4_HEADER, header - IP4_HEADER);
	k->v4 = true;
	k->src = addr_from_v4(p + 12);
	k->dst = addr_from_v4(p + 16);
	k->addresses = at(k, p + 12);
	reframe_sum(k, &(struct resum){.field = at(k, p + 10),
				       .begin = at(k, p),
				       .end = at(k, p) + header,
				       .whole = true});
	k->fragment = load16(p + 6) & 0x3fff;
	k->more = load16(p + 6) & 0x2000;
	k->offset = (load16(p + 6) & 0x1fffU) * 8;
	k->id = load16(p + 4);
	w->type = p[9];
	w->layer = LAYER_PROTOCOL;
	walk_skip(w, header);
}

static void
ip6(struct work *k)
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;
	size_t total;

	w->layer = LAYER_BAD;
	if (w->n < IP6_HEADER)
		return;
	total = IP6_HEADER + (size_t)load16(p + 4);
	w->type = p[6];
	if (total == IP6_HEADER && w->type != IPPROTO_NONE)
		total = w->wire;
	fit(k, total);
	copy(k, p, IP6_HEADER);
	reframe_v6(k, p + 8);
	reframe_v6(k, p + 24);
	k->v4 = false;
	k->src = addr_from_v6(p + 8);
	k->dst = addr_from_v6(p + 24);
	k->addresses = at(k, p + 8);
	k->fragment = false;
	w->layer = LAYER_PROTOCOL;
	walk_skip(w, IP6_HEADER);
}

/* Extension headers: type and length stay, and what is no address. */
static void
extension(struct work *k)
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;
	size_t header;

	w->layer = LAYER_BAD;
	if (w->n < 8)
		return;
	header = w->type == IPPROTO_AH ? (p[1] + (size_t)2) * 4 : (p[1] + (size_t)1) * 8;
	if (w->type == IPPROTO_FRAGMENT)
		header = 8;
	if (header > w->n)
		return;
	copy(k, p, header);
	if (w->type == IPPROTO_ROUTING || w->type == IPPROTO_AH)
		zero(k, p + 8, header - 8);
	for (size_t i = 2; w->type == IPPROTO_DSTOPTS && i + 1 < header;) {
		size_t n = p[i] ? (size_t)p[i + 1] + 2 : 1;

		if (p[i] && i + n <= header && p[i + 1])
			zero(k, p + i + 2, p[i + 1]);
		i += n;
	}
	k->readdressed |= w->type == IPPROTO_ROUTING || w->type == IPPROTO_DSTOPTS;
	if (w->type == IPPROTO_FRAGMENT && (load16(p + 2) & 0xfff9)) {
		k->fragment = true;
		k->more = load16(p + 2) & 1;
		k->offset = load16(p + 2) & 0xfff8;
		k->id = load32(p + 4);
	}
	w->layer = LAYER_PROTOCOL;
	w->type = p[0];
	walk_skip(w, header);
}

static bool
is_extension(const struct work *k)
{
	if (k->w.type == IPPROTO_AH)
		return true;
	if (k->v4)
		return false;
	switch (k->w.type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return true;
	default:
		return k->w.type == 135 && k->w.n && k->w.p[0] != IPPROTO_NONE;
	}
}

/* --- transport --- */

static void
transport_sum(struct work *k, size_t field)
{
	const struct walk *w = &k->w;
	bool icmp4 = k->v4 && w->type == IPPROTO_ICMP;

	reframe_sum(k, &(struct resum){.field = at(k, w->p) + field,
				       .begin = at(k, w->p),
				       .end = at(k, w->p) + w->n,
				       .addresses = k->addresses,
				       .naddresses = icmp4   ? 0
						     : k->v4 ? 8
							     : 32,
				       .length = (uint32_t)w->wire,
				       .proto = (uint8_t)w->type,
				       .whole = !k->cut && !k->fragment && !k->readdressed &&
						w->n == w->wire});
}

/* A client's clock, moved by as much as the key says: what runs since its start tells machines
 * apart. Zero, which tells forgers, stays. */
static void
clock(struct work *k, const uint8_t *p, const struct addr *whose)
{
	uint32_t value = load32(p), move;
	uint8_t b[4];

	if (!value || k->r->look || k->r->keep_clocks || !disguise_is_client(k->r->disguise, whose))
		return;
	disguise_bytes(k->r->disguise, "clock", (struct bytes){whose->b, 16}, b, sizeof b);
	move = load32(b);
	value += move;
	for (int i = 0; i < 4; i++)
		k->out[at(k, p) + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

enum { TCP_TIMESTAMPS = 8, TCP_MD5 = 19, TCP_MULTIPATH = 30, TCP_FASTOPEN = 34 };

/* Options that every stack has stay. Cookies, keys and others' addresses go. */
static void
tcp_options(struct work *k, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && p[i];) {
		size_t length = p[i] == 1 ? 1 : i + 1 < n ? p[i + 1] : 0, held;

		if (p[i] == 1) {
			i++;
			continue;
		}
		if (length < 2) /* lies, and is shown */
			return;
		held = length < n - i ? length : n - i;
		if (p[i] == TCP_TIMESTAMPS && held == 10) {
			clock(k, p + i + 2, &k->src);
			clock(k, p + i + 6, &k->dst);
		} else if (p[i] == TCP_MULTIPATH && held > 3) {
			zero(k, p + i + 3, held - 3);
		} else if ((p[i] > 8 && p[i] != 254) && held > 2) {
			zero(k, p + i + 2, held - 2);
		} else if (p[i] == 254 && held > 4) {
			zero(k, p + i + 4, held - 4);
		}
		i += held;
	}
}

static void
tell_payload(struct work *k, uint8_t proto, const uint8_t *header)
{
	struct walk *w = &k->w;
	struct reframe_payload p = {.proto = proto,
				    .in = w->p,
				    .out = k->out + at(k, w->p),
				    .n = w->n,
				    .fragment = k->fragment,
				    .more = k->more,
				    .id = k->id,
				    .offset = k->offset,
				    .src = k->src,
				    .dst = k->dst};

	if (header) {
		p.ports[0] = load16(header);
		p.ports[1] = load16(header + 2);
	}
	if (k->r->payload)
		k->r->payload(k->r->context, &p);
}

static void
tcp(struct work *k)
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;
	size_t header = w->n >= TCP_HEADER ? (size_t)(p[12] >> 4) * 4 : 0, held;

	if (header < TCP_HEADER || header > w->wire)
		return;
	transport_sum(k, 16);
	held = header < w->n ? header : w->n;
	copy(k, p, held);
	tcp_options(k, p + TCP_HEADER, held - TCP_HEADER);
	walk_skip(w, held);
	tell_payload(k, IPPROTO_TCP, p);
}

static bool
enter(struct work *k, uint16_t ports[2])
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;
	uint32_t proto = w->type;
	size_t n;

	if (ports ? !tunnel_ports(ports[0], ports[1]) || !tunnel_over_udp(w, ports[0], ports[1])
		  : !tunnel_over_ip(w, (uint8_t)proto))
		return false;
	n = (size_t)(w->p - p);
	copy(k, p, n);
	if (ports && (ports[1] == 2152) && n >= 8)
		zero(k, p + 4, 4); /* a subscriber's tunnel (3GPP TS 29.281, 5.1) */
	else if (ports && (ports[0] == 3544 || ports[1] == 3544) && n > 2)
		zero(k, p + 2, n - 2); /* who the client is, and where it was seen */
	else if (ports && ports[1] == 6081 && n > 8)
		zero(k, p + 8, n - 8);
	k->cut |= w->n < w->wire;
	k->readdressed = false;
	return true;
}

static void
udp(struct work *k)
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;
	uint16_t ports[2];
	size_t length;

	if (w->n < UDP_HEADER)
		return;
	length = load16(p + 4) ? load16(p + 4) : w->wire;
	if (length < UDP_HEADER || length > w->wire)
		return;
	w->wire = length;
	if (w->n >= length)
		w->n = length;
	transport_sum(k, 6);
	copy(k, p, UDP_HEADER);
	ports[0] = load16(p);
	ports[1] = load16(p + 2);
	walk_skip(w, UDP_HEADER);
	if (!enter(k, ports))
		tell_payload(k, IPPROTO_UDP, p);
}

static void
icmp(struct work *k)
{
	struct walk *w = &k->w;
	const uint8_t *p = w->p;

	if (w->n < 4)
		return;
	transport_sum(k, 2);
	copy(k, p, w->n < ICMP_HEADER ? w->n : ICMP_HEADER);
	if (w->n < ICMP_HEADER)
		return;
	if (w->type == IPPROTO_ICMP)
		reframe_icmp4(k, p, w->n);
	else
		reframe_icmp6(k, p, w->n);
}

static void
protocol(struct work *k)
{
	struct walk *w = &k->w;

	if (is_extension(k)) {
		extension(k);
		return;
	}
	w->layer = LAYER_DONE;
	if (k->fragment)
		tell_payload(k, (uint8_t)w->type, NULL);
	else if (w->type == IPPROTO_TCP)
		tcp(k);
	else if (w->type == IPPROTO_UDP)
		udp(k);
	else if (w->type == (k->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		icmp(k);
	else if (!enter(k, NULL))
		copy(k, w->p, w->type == IPPROTO_ESP && w->n >= 8 ? 8 : 0); /* SPI, number */
}

static unsigned
finish(struct work *k)
{
	unsigned wrong = 0;

	while (k->nsums) {
		k->nsums--;
		wrong += !resum(&k->sums[k->nsums], k->in, k->out);
	}
	return wrong;
}

static unsigned
run(struct work *k)
{
	struct walk *w = &k->w;

	for (unsigned i = 0; w->layer < LAYER_DONE && i < LAYERS_MAX; i++) {
		if (w->layer == LAYER_PROTOCOL) {
			protocol(k);
		} else if (w->layer == LAYER_IP) {
			if (w->n && w->p[0] >> 4 == 4)
				ip4(k);
			else if (w->n && w->p[0] >> 4 == 6)
				ip6(k);
			else
				w->layer = LAYER_BAD;
		} else {
			reframe_link(k);
		}
	}
	return finish(k);
}

unsigned
reframe(const struct reframe *r, const struct frame *f, uint8_t *out)
{
	struct work k = {.r = r, .in = f->data, .out = out};

	k.w = (struct walk){.p = f->data,
			    .n = f->caplen,
			    .wire = f->len > f->caplen ? f->len : f->caplen,
			    .layer = LAYER_LINK,
			    .type = (uint32_t)f->link_type};
	scrub_fill(out, 0, f->caplen);
	return run(&k);
}

/* As if it had come in one piece: behind a header of its own making. */
void
reframe_whole(const struct reframe *r, uint8_t proto, const struct addr *src,
	      const struct addr *dst, struct bytes datagram, uint8_t *out)
{
	bool four = addr_is_v4(src) && addr_is_v4(dst);
	size_t header = four ? IP4_HEADER : IP6_HEADER;
	uint8_t *in = xcalloc(header + datagram.n, 1), *to = xcalloc(header + datagram.n, 1);
	struct frame f = {.data = in,
			  .caplen = (uint32_t)(header + datagram.n),
			  .len = (uint32_t)(header + datagram.n),
			  .link_type = LINK_RAW};

	/* No length: it is the frame's. */
	in[0] = four ? 0x45 : 0x60;
	in[four ? 9 : 6] = proto;
	memcpy(in + (four ? 12 : 8), src->b + (four ? ADDR_V4_AT : 0), four ? 4 : 16);
	memcpy(in + (four ? 16 : 24), dst->b + (four ? ADDR_V4_AT : 0), four ? 4 : 16);
	memcpy(in + header, datagram.p, datagram.n);
	reframe(r, &f, to);
	memcpy(out, to + header, datagram.n);
	free(in);
	free(to);
}
