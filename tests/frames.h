/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames for the tests of the decoder, as hexadecimal text; byte by byte the work of another
 * program (scapy), so that decoder and tests cannot share a mistake. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "reassemble.h"

#define RAW_IP 101 /* LINKTYPE_RAW */
#define ETHERNET 1
#define FRAME_MAX 512

/* 192.0.2.1:49152 > 198.51.100.7:443, SYN with five options, TTL 57, DF, id 0x1234 */
#define TCP4                                                                                       \
	"4528003c1234400039064324c0000201c6336407"                                                 \
	"c00001bb0102030400000000a002faf089bc0000"                                                 \
	"020405b40402080a112233445566778801030307"
/* 2001:db8::1:40000 > 2001:db8::2:443, "quic!", hop limit 61 */
#define UDP6                                                                                       \
	"61200000000d113d"                                                                         \
	"20010db800000000000000000000000120010db8000000000000000000000002"                         \
	"9c4001bb000d0a8b7175696321"
/* 2001:db8::1:40000 > 2001:db8::2:80, "GET /" */
#define TCP6                                                                                       \
	"600000000019063d"                                                                         \
	"20010db800000000000000000000000120010db8000000000000000000000002"                         \
	"9c400050000000050000000650182000cd510000474554202f"
/* hop-by-hop with a router alert, destination options with padding */
#define EXTENDED6                                                                                  \
	"600000000029003d 20010db8000000000000000000000001 20010db8000000000000000000000002"       \
	"3c00050200000100 0600010200000100"                                                        \
	"9c400050000000050000000650182000cd510000 474554202f"
/* 192.0.2.1 > 192.0.2.2, echo request 3, "abcd" */
#define PING "45000020000100004001f6d8c0000201c0000202 080032bf00770003 61626364"
#define MACS "020000000002020000000001"
#define TUNNEL "cb007101cb007102" /* 203.0.113.1 > 203.0.113.2 */

struct fixture {
	struct reassembler *reassembler;
	struct defrag *defrag;
	struct decoder *decoder;
	uint8_t *bytes; /* of the last frame, on the heap, as long as it is and no longer */
	struct packet packet;
	uint32_t number;
};

static inline int
fixture_setup(void **state)
{
	static const struct stream_sink none = {NULL, NULL};
	struct fixture *x = xcalloc(1, sizeof *x);

	x->reassembler = reassembler_new(&none, 1);
	assert_non_null(x->reassembler);
	x->defrag = defrag_new(x->reassembler);
	x->decoder = decoder_new(x->defrag);
	*state = x;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *x = *state;

	decoder_free(x->decoder);
	defrag_free(x->defrag);
	reassembler_free(x->reassembler);
	free(x->bytes);
	free(x);
	return 0;
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static inline unsigned
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	assert_in_range(c, 'a', 'f');
	return (unsigned)(c - 'a') + 10;
}

/* Returns the number of bytes. Blanks are passed over. */
static inline size_t
hex_bytes(const char *text, uint8_t out[FRAME_MAX])
{
	size_t n = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		assert_in_range(n, 0, FRAME_MAX - 1);
		out[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return n;
}

/* Decodes the first `held` of n bytes, of which `sent` were on the wire. */
static inline enum decoded
decode_part(struct fixture *x, int link_type, const uint8_t *b, size_t held, size_t sent)
{
	struct frame f = {.caplen = (uint32_t)held,
			  .len = (uint32_t)sent,
			  .number = ++x->number,
			  .nsec = x->number * NSEC_PER_SEC,
			  .link_type = link_type};

	free(x->bytes);
	x->bytes = malloc(held ? held : 1);
	assert_non_null(x->bytes);
	if (held)
		memcpy(x->bytes, b, held);
	f.data = x->bytes;
	return decode(x->decoder, &f, &x->packet);
}

static inline enum decoded
decode_hex(struct fixture *x, int link_type, const char *hex)
{
	uint8_t b[FRAME_MAX];
	size_t n = hex_bytes(hex, b);

	return decode_part(x, link_type, b, n, n);
}

/* Cuts a good frame at every byte, as a snaplen does and as a liar does: what is decoded must
 * own up to the cut. */
static inline void
cut_everywhere(struct fixture *x, int link_type, const char *hex)
{
	uint8_t b[FRAME_MAX];
	size_t n = hex_bytes(hex, b);

	for (size_t held = 0; held < n; held++) {
		for (int liar = 0; liar < 2; liar++) {
			enum decoded r = decode_part(x, link_type, b, held, liar ? held : n);

			if (r == DECODED && !(x->packet.bits & PKT_CUT))
				fail_msg("%zu of %zu bytes of %s: whole", held, n, hex);
			/* of some link layers an end is not told from a lie */
			if (!liar && (r == DECODED_NO_IP || r == DECODED_LINK))
				fail_msg("%zu of %zu bytes of %s: not IP", held, n, hex);
		}
	}
}

static inline void
assert_addresses(const struct packet *p, const char *src, const char *dst)
{
	char text[ADDR_TEXT_MAX];

	assert_string_equal(addr_text(&p->src, text), src);
	assert_string_equal(addr_text(&p->dst, text), dst);
}

/* That the packet is TCP4, and every member says so. */
static inline void
assert_tcp4(const struct packet *p)
{
	assert_addresses(p, "192.0.2.1", "198.51.100.7");
	assert_int_equal(p->ip_version, 4);
	assert_int_equal(p->proto, 6);
	assert_int_equal(p->sport, 49152);
	assert_int_equal(p->dport, 443);
	assert_int_equal(p->seq, 0x01020304);
	assert_int_equal(p->ttl, 57);
	assert_int_equal(p->payload_len, 0);
	assert_int_equal(p->payload.n, 0);
	assert_int_equal(p->bits & ~(PKT_TUNNELED | PKT_REASSEMBLED), PKT_DF);
}

/* That the packet is UDP6. */
static inline void
assert_udp6(const struct packet *p)
{
	assert_addresses(p, "2001:db8::1", "2001:db8::2");
	assert_int_equal(p->ip_version, 6);
	assert_int_equal(p->proto, 17);
	assert_int_equal(p->sport, 40000);
	assert_int_equal(p->dport, 443);
	assert_int_equal(p->ttl, 61);
	assert_int_equal(p->payload_len, 5);
	assert_int_equal(p->payload.n, 5);
	assert_memory_equal(p->payload.p, "quic!", 5);
	assert_int_equal(p->bits & ~PKT_TUNNELED, 0);
}
