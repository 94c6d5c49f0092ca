/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Community ID v1: "1:" base64(SHA-1(seed, addresses, protocol, 0, ports)), the smaller end first.
 *
 * corelight/community-id-spec; which ICMP types answer each other is Zeek's
 * list, as in corelight/pycommunityid. */
#include "community.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <string.h>

struct pair {
	uint8_t ask, answer;
};

static const struct pair icmp_pairs[] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
static const struct pair icmp6_pairs[] = {{128, 129}, {130, 131}, {133, 134},
					  {135, 136}, {139, 140}, {144, 145}};

/* Replaces the code by the type that answers, so that both directions give one name. Returns
 * false if nothing answers this type: then the ends keep their order. */
static bool
icmp_ports(uint8_t proto, uint16_t port[2])
{
	const struct pair *pairs = proto == IPPROTO_ICMP ? icmp_pairs : icmp6_pairs;
	size_t n = proto == IPPROTO_ICMP ? sizeof icmp_pairs / sizeof *icmp_pairs
					 : sizeof icmp6_pairs / sizeof *icmp6_pairs;

	for (size_t i = 0; i < n; i++) {
		if (port[0] == pairs[i].ask) {
			port[1] = pairs[i].answer;
			return true;
		}
		if (port[0] == pairs[i].answer) {
			port[1] = pairs[i].ask;
			return true;
		}
	}
	return false;
}

static uint8_t *
put(uint8_t *p, const void *from, size_t n)
{
	memcpy(p, from, n);
	return p + n;
}

static uint8_t *
put_addr(uint8_t *p, const struct addr *a)
{
	return addr_is_v4(a) ? put(p, a->b + 12, 4) : put(p, a->b, 16);
}

static uint8_t *
put_port(uint8_t *p, uint16_t port)
{
	*p++ = (uint8_t)(port >> 8);
	*p++ = (uint8_t)port;
	return p;
}

const char *
community_id(uint8_t proto, const struct addr addr[2], const uint16_t port[2],
	     char out[COMMUNITY_ID_MAX])
{
	uint16_t ports[2] = {port[0], port[1]};
	bool icmp = proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
	bool has_ports =
	    icmp || proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
	bool ordered = icmp ? icmp_ports(proto, ports) : true;
	uint8_t text[2 + 16 + 16 + 2 + 4] = {0}, digest[EVP_MAX_MD_SIZE], *p = text + 2;
	int by_addr = addr_compare(&addr[0], &addr[1]);
	size_t first = 0;

	if (ordered && (by_addr > 0 || (by_addr == 0 && has_ports && ports[0] > ports[1])))
		first = 1;
	p = put_addr(p, &addr[first]);
	p = put_addr(p, &addr[1 - first]);
	*p++ = proto;
	*p++ = 0;
	if (has_ports) {
		p = put_port(p, ports[first]);
		p = put_port(p, ports[1 - first]);
	}
	out[0] = '\0';
	if (!EVP_Digest(text, (size_t)(p - text), digest, NULL, EVP_sha1(), NULL))
		return out;
	out[0] = '1';
	out[1] = ':';
	EVP_EncodeBlock((unsigned char *)out + 2, digest, 20);
	return out;
}
