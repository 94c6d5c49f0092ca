/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP, UDP and ICMP headers. RFC 9293, RFC 768, RFC 792, RFC 4443; options: RFC 7323, RFC 2018,
 * RFC 7413, RFC 8684, RFC 2385. */
#include "transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "checksum.h"

/* Summing a full segment costs more than decoding it, while forgers slip in the short packets:
 * resets, FINs, SYN+ACKs, DNS answers. */
#define SUM_ALWAYS 128

/* Nor do decoys come in the middle of anything (decoy.h): they begin as a ClientHello or a request
 * does, or are filled with one byte. */
static bool
begins_something(const uint8_t *p, size_t n)
{
	if (n < 6)
		return false;
	return (p[0] == 0x16 && p[1] == 0x03 && p[5] == 0x01) || memcmp(p, "GET ", 4) == 0 ||
	       memcmp(p, "POST", 4) == 0 || (p[0] == p[1] && p[0] == p[2] && p[0] == p[3]);
}

/* What a system leaves for the network card to complete: the sum over the pseudo header alone, or
 * nothing. */
static bool
is_partial(uint64_t pseudo, const uint8_t *field)
{
	uint16_t there;

	memcpy(&there, field, sizeof there);
	while (pseudo >> 16)
		pseudo = (pseudo & 0xffff) + (pseudo >> 16);
	return there == 0 || there == pseudo;
}

static void
verify(const struct walk *w, struct packet *pkt, size_t field)
{
	uint64_t sum = 0;

	if ((pkt->bits & (PKT_CUT | PKT_REASSEMBLED | PKT_NO_LENGTH)) || w->readdressed) {
		pkt->bits |= PKT_SUM_UNCHECKED;
		return;
	}
	if (pkt->proto != IPPROTO_ICMP) {
		/* the pseudo header: RFC 9293, 3.1; RFC 8200, 8.1 */
		sum = w->addresses + htonl((uint32_t)w->wire) + htonl(pkt->proto);
	}
	if (checksum_holds(checksum_add(sum, w->p, w->wire)))
		return;
	pkt->bits |= PKT_BAD_SUM;
	if (is_partial(sum, w->p + field))
		pkt->bits |= PKT_PARTIAL_SUM;
}

enum tcp_option { /* https://www.iana.org/assignments/tcp-parameters */
		  TCP_END = 0,
		  TCP_NOP = 1,
		  TCP_MSS = 2,
		  TCP_WSCALE = 3,
		  TCP_SACK_OK = 4,
		  TCP_SACK = 5,
		  TCP_TIMESTAMPS = 8,
		  TCP_MD5 = 19,
		  TCP_MULTIPATH = 30,
		  TCP_FASTOPEN = 34,
		  TCP_EXPERIMENT = 254,
};
#define FASTOPEN_MAGIC 0xf989 /* RFC 7413, appendix A: in the experimental option */

static void
take_timestamps(struct packet *pkt, const uint8_t *p)
{
	pkt->options |= OPT_TS;
	pkt->tsval = load32(p + 2);
	pkt->tsecr = load32(p + 6);
}

/* n: length of the option, which the caller has checked. Returns false if it is wrong. */
static bool
tcp_option(struct packet *pkt, const uint8_t *p, size_t n)
{
	switch (p[0]) {
	case TCP_MSS:
		pkt->options |= OPT_MSS;
		if (n == 4)
			pkt->mss = load16(p + 2);
		return n == 4;
	case TCP_WSCALE:
		pkt->options |= OPT_WSCALE;
		if (n == 3)
			pkt->wscale = p[2];
		return n == 3;
	case TCP_SACK_OK:
		pkt->options |= OPT_SACK_OK;
		return n == 2;
	case TCP_SACK:
		pkt->options |= OPT_SACK;
		return n % 8 == 2 && n > 2;
	case TCP_TIMESTAMPS:
		if (n != 10)
			return false;
		take_timestamps(pkt, p);
		return true;
	case TCP_MD5:
		pkt->options |= OPT_MD5;
		return n == 18; /* RFC 2385, 3.0 */
	case TCP_MULTIPATH:
		pkt->options |= OPT_MPTCP;
		return n > 2;
	case TCP_FASTOPEN:
		pkt->options |= OPT_TFO;
		return true;
	case TCP_EXPERIMENT:
		if (n >= 4 && load16(p + 2) == FASTOPEN_MAGIC)
			pkt->options |= OPT_TFO;
		return true;
	default:
		return true;
	}
}

#define TIMESTAMPS_ALIGNED 0x0101080a

/* n bytes of the `whole` that the header announces are there. Each turn takes at least one of
 * at most 40. */
static void
tcp_options(struct packet *pkt, const uint8_t *p, size_t n, size_t whole)
{
	size_t i = 0;

	/* Nearly all segments but SYNs carry nothing else (RFC 7323, appendix A). */
	if (n == 12 && whole == 12 && load32(p) == TIMESTAMPS_ALIGNED) {
		take_timestamps(pkt, p + 2);
		return;
	}
	while (i < n && p[i] != TCP_END) {
		size_t length;

		if (p[i] == TCP_NOP) {
			i++;
			continue;
		}
		if (n - i < 2 && n < whole) /* the capture's fault */
			return;
		length = n - i < 2 ? 0 : p[i + 1];
		if (length < 2 || length > whole - i) {
			pkt->options |= OPT_BAD;
			return;
		}
		if (length > n - i)
			return;
		if (!tcp_option(pkt, p + i, length))
			pkt->options |= OPT_BAD;
		i += length;
	}
}

static void
take_payload(struct walk *w, struct packet *pkt, size_t header)
{
	walk_skip(w, header < w->n ? header : w->n);
	pkt->payload.p = w->p;
	pkt->payload.n = w->n;
}

#define TCP_HEADER 20
#define TCP_SUM 16 /* where the checksum stands (RFC 9293, 3.1) */

bool
transport_tcp(struct walk *w, struct packet *pkt, bool all)
{
	const uint8_t *p = w->p;
	size_t header, held;

	if (w->n < TCP_HEADER)
		return false;
	header = (size_t)(p[12] >> 4) * 4;
	if (header < TCP_HEADER || header > w->wire)
		return false;
	pkt->sport = load16(p);
	pkt->dport = load16(p + 2);
	pkt->seq = load32(p + 4);
	pkt->ack = load32(p + 8);
	pkt->reserved = p[12] & 0x0f;
	pkt->flags = p[13];
	pkt->window = load16(p + 14);
	pkt->urgent = load16(p + 18);
	pkt->payload_len = (uint32_t)(w->wire - header);
	if (pkt->payload_len <= SUM_ALWAYS || all ||
	    (header < w->n && begins_something(p + header, w->n - header)))
		verify(w, pkt, TCP_SUM);
	else
		pkt->bits |= PKT_SUM_UNCHECKED;
	if (header > TCP_HEADER) {
		held = header < w->n ? header : w->n;
		pkt->options |= OPT_ANY;
		pkt->option_len = (uint16_t)(header - TCP_HEADER);
		tcp_options(pkt, p + TCP_HEADER, held - TCP_HEADER, header - TCP_HEADER);
	}
	take_payload(w, pkt, header);
	return true;
}

#define UDP_HEADER 8
#define UDP_SUM 6 /* RFC 768 */

bool
transport_udp(struct walk *w, struct packet *pkt, bool all)
{
	size_t length;

	if (w->n < UDP_HEADER)
		return false;
	pkt->sport = load16(w->p);
	pkt->dport = load16(w->p + 2);
	length = load16(w->p + 4);
	if (length == 0) /* a jumbogram (RFC 2675, 4), or offload */
		length = w->wire;
	if (length < UDP_HEADER || length > w->wire)
		return false;
	/* What lies behind the datagram is none of its payload (draft-ietf-tsvwg-udp-options
	 * calls it surplus), whether it was captured or not. */
	w->wire = length;
	if (w->n >= length) {
		w->n = length;
		pkt->bits &= (uint16_t)~PKT_CUT;
	}
	pkt->payload_len = (uint32_t)(length - UDP_HEADER);
	if (load16(w->p + 6) && (pkt->payload_len <= SUM_ALWAYS || all))
		verify(w, pkt, UDP_SUM);
	else
		pkt->bits |= PKT_SUM_UNCHECKED; /* RFC 768; RFC 6935 for tunnels over IPv6 */
	take_payload(w, pkt, UDP_HEADER);
	return true;
}

#define IP4_HEADER 20
#define IP6_HEADER 40
/* RFC 8200, 4.1 recommends at most seven extension headers. */
#define QUOTE_EXTENSIONS_MAX 7

/* Ports and sequence number, of the first 8 bytes that RFC 792 guarantees. */
static void
quote_transport(struct quote *q, const uint8_t *p, size_t n)
{
	if ((q->proto != IPPROTO_TCP && q->proto != IPPROTO_UDP) || n < 4)
		return;
	q->sport = load16(p);
	q->dport = load16(p + 2);
	if (q->proto == IPPROTO_TCP && n >= 8)
		q->seq = load32(p + 4);
}

static void
quote_4(struct quote *q, const uint8_t *p, size_t n)
{
	size_t header;

	if (n < IP4_HEADER || p[0] >> 4 != 4)
		return;
	header = (size_t)(p[0] & 15) * 4;
	if (header < IP4_HEADER)
		return;
	q->present = true;
	q->ip_id = load16(p + 4);
	q->ttl = p[8];
	q->proto = p[9];
	q->src = addr_from_v4(p + 12);
	q->dst = addr_from_v4(p + 16);
	if (n >= header && !(load16(p + 6) & 0x1fff)) /* no later fragment */
		quote_transport(q, p + header, n - header);
}

static void
quote_6(struct quote *q, const uint8_t *p, size_t n)
{
	if (n < IP6_HEADER || p[0] >> 4 != 6)
		return;
	q->present = true;
	q->proto = p[6];
	q->ttl = p[7];
	q->src = addr_from_v6(p + 8);
	q->dst = addr_from_v6(p + 24);
	p += IP6_HEADER;
	n -= IP6_HEADER;
	for (unsigned i = 0; i < QUOTE_EXTENSIONS_MAX; i++) {
		size_t header;

		if (q->proto != IPPROTO_HOPOPTS && q->proto != IPPROTO_ROUTING &&
		    q->proto != IPPROTO_DSTOPTS && q->proto != IPPROTO_FRAGMENT)
			break;
		header = n < 8 ? SIZE_MAX : (p[1] + (size_t)1) * 8;
		if (q->proto == IPPROTO_FRAGMENT && n >= 8) {
			if (load16(p + 2) & 0xfff8) /* a later fragment */
				header = SIZE_MAX;
			else
				header = 8;
		}
		if (header > n)
			return;
		q->proto = p[0];
		p += header;
		n -= header;
	}
	quote_transport(q, p, n);
}

static bool
icmp_is_error(const struct packet *pkt)
{
	if (pkt->proto == IPPROTO_ICMPV6) /* RFC 4443, 2.1; 0 is reserved */
		return pkt->icmp_type >= 1 && pkt->icmp_type <= 4;
	switch (pkt->icmp_type) { /* RFC 792 */
	case 3:
	case 4:
	case 5:
	case 11:
	case 12:
		return true;
	default:
		return false;
	}
}

#define ICMP_HEADER 8
#define ICMP_SUM 2 /* RFC 792, RFC 4443, 2.1 */

bool
transport_icmp(struct walk *w, struct packet *pkt, bool all)
{
	if (w->n < 4)
		return false;
	pkt->icmp_type = w->p[0];
	pkt->icmp_code = w->p[1];
	if (w->n >= ICMP_HEADER)
		pkt->icmp_word = load32(w->p + 4);
	pkt->payload_len = w->wire > ICMP_HEADER ? (uint32_t)(w->wire - ICMP_HEADER) : 0;
	if (pkt->payload_len <= SUM_ALWAYS || all)
		verify(w, pkt, ICMP_SUM);
	else
		pkt->bits |= PKT_SUM_UNCHECKED;
	take_payload(w, pkt, ICMP_HEADER);
	if (!icmp_is_error(pkt))
		return true;
	if (pkt->proto == IPPROTO_ICMP)
		quote_4(&pkt->quote, pkt->payload.p, pkt->payload.n);
	else
		quote_6(&pkt->quote, pkt->payload.p, pkt->payload.n);
	return true;
}
