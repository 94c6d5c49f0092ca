/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP, extension headers, fragments, TCP, UDP, ICMP and what it quotes; lengths that do not fit. */
#include "frames.h"

/* 203.0.113.9 > 192.0.2.1 */
#define ICMP_FRAG_NEEDED                                                                           \
	"4500003800010000fa01c2b8cb007109c0000201 030431c200000578"                                \
	"4528003c1234400039064324c0000201c6336407 c00001bb01020304"
#define ICMP_TIME_EXCEEDED "4500005800010000fa01c298cb007109c0000201 0b00e16a00000000" TCP4
#define PING "45000020000100004001f6d8c0000201c0000202 080032bf00770003 61626364"
#define ICMP6_TOO_BIG                                                                              \
	"6000000000493a40 20010db8000000000000000000000009 20010db8000000000000000000000001"       \
	"020036c900000500" TCP6
/* hop-by-hop with a router alert, destination options with padding */
#define EXTENDED6                                                                                  \
	"600000000029003d 20010db8000000000000000000000001 20010db8000000000000000000000002"       \
	"3c00050200000100 0600010200000100"                                                        \
	"9c400050000000050000000650182000cd510000 474554202f"
/* routed by 2001:db8::3 to 2001:db8::2, which the checksum covers */
#define ROUTED6                                                                                    \
	"6000000000312b3d 20010db8000000000000000000000001 20010db8000000000000000000000003"       \
	"0602000100000000 20010db8000000000000000000000002"                                        \
	"9c400050000000050000000650182000cd510000 474554202f"
/* a fragment header, but the only fragment */
#define ATOMIC6                                                                                    \
	"6000000000152c3d 20010db8000000000000000000000001 20010db8000000000000000000000002"       \
	"1100000000000009 9c4001bb000d0a8b7175696321"
#define AUTHENTIC4                                                                                 \
	"450000390007000040338e21c0000201c6336435"                                                 \
	"110400000000000100000001 000000000000000000000000 14e90035000dba79 68656c6c6f"
#define SCTP4 "450000200002000040848e1cc0000201c6336407 0005000600000000286850d9"

static void
tcp_is_read(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;

	assert_int_equal(decode_hex(x, RAW_IP, TCP4), DECODED);
	assert_tcp4(p);
	assert_int_equal(p->ip_id, 0x1234);
	assert_int_equal(p->tos, 0x28);
	assert_int_equal(p->flags, TH_SYN_);
	assert_int_equal(p->window, 64240);
	assert_int_equal(p->options, OPT_ANY | OPT_MSS | OPT_SACK_OK | OPT_TS | OPT_WSCALE);
	assert_int_equal(p->option_len, 20);
	assert_int_equal(p->mss, 1460);
	assert_int_equal(p->wscale, 7);
	assert_int_equal(p->tsval, 0x11223344);
	assert_int_equal(p->tsecr, 0x55667788);
	assert_int_equal(p->number, x->number);
	assert_int_equal(p->scope, 0);
	cut_everywhere(x, RAW_IP, TCP4);

	assert_int_equal(decode_hex(x, RAW_IP, TCP6), DECODED);
	assert_int_equal(p->ip_version, 6);
	assert_int_equal(p->flags, TH_PSH_ | TH_ACK_);
	assert_int_equal(p->seq, 5);
	assert_int_equal(p->ack, 6);
	assert_int_equal(p->ttl, 61);
	assert_int_equal(p->options, 0);
	assert_int_equal(p->bits, 0);
	assert_int_equal(p->payload_len, 5);
	assert_memory_equal(p->payload.p, "GET /", 5);
	cut_everywhere(x, RAW_IP, TCP6);
}

/* An IPv4 TCP packet with these options, behind which nothing comes. */
static void
decode_options(struct fixture *x, const char *options, size_t header)
{
	uint8_t b[FRAME_MAX];
	size_t n = hex_bytes("45000000000000004006 0000 c0000201c6336407"
			     "c00001bb0102030400000000 0002 2000 0000 0000",
			     b);

	n += hex_bytes(options, b + n);
	b[3] = (uint8_t)(20 + header);
	b[32] = (uint8_t)(header / 4 << 4);
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(x->packet.option_len, header - 20);
}

static void
tcp_options_are_bounded(void **state)
{
	static const struct {
		const char *hex;
		size_t header;
		unsigned want;
	} cases[] = {
	    {"01010101", 24, 0},
	    {"00020202", 24, 0}, /* behind the end of the list */
	    {"02040200", 24, OPT_MSS},
	    {"02030200", 24, OPT_MSS | OPT_BAD}, /* MSS of 3 bytes; what follows is an end */
	    {"02050200", 24, OPT_BAD},           /* over the end */
	    {"02000000", 24, OPT_BAD},
	    {"01010102", 24, OPT_BAD}, /* a kind without room for its length */
	    {"0402 0101", 24, OPT_SACK_OK},
	    {"050a0000000100000002 0101", 32, OPT_SACK},
	    {"05090000000100000002 0101", 32, OPT_SACK | OPT_BAD},
	    {"0809000000010000000201 01", 32, OPT_BAD},
	    {"2202 0101", 24, OPT_TFO},
	    {"fe04f989", 24, OPT_TFO},
	    {"fe04f988", 24, 0},
	    {"1e0c 00810011223344556677", 32, OPT_MPTCP},
	    {"1312 00112233445566778899aabbccddeeff 0101", 40, 0}, /* MD5 */
	    {"f900 0101", 24, OPT_BAD},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture *x = *state;

		decode_options(x, cases[i].hex, cases[i].header);
		if (x->packet.options != (OPT_ANY | cases[i].want))
			fail_msg("options %s: %x", cases[i].hex, x->packet.options);
		assert_int_equal(x->packet.bits & PKT_CUT, 0);
	}
	/* A cut within an option is the capture's fault. */
	decode_options(*state, "02", 40);
	assert_int_equal(((struct fixture *)*state)->packet.options, OPT_ANY);
	decode_options(*state, "0204", 40);
	assert_int_equal(((struct fixture *)*state)->packet.options, OPT_ANY);
	assert_int_equal(((struct fixture *)*state)->packet.bits & PKT_CUT, PKT_CUT);
}

static void
icmp_is_read(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;
	char text[ADDR_TEXT_MAX];

	assert_int_equal(decode_hex(x, RAW_IP, PING), DECODED);
	assert_int_equal(p->icmp_type, 8);
	assert_int_equal(p->icmp_word, 0x00770003);
	assert_memory_equal(p->payload.p, "abcd", 4);
	assert_false(p->quote.present);
	assert_int_equal(p->bits, 0);
	cut_everywhere(x, RAW_IP, PING);

	assert_int_equal(decode_hex(x, RAW_IP, ICMP_FRAG_NEEDED), DECODED);
	assert_int_equal(p->icmp_type, 3);
	assert_int_equal(p->icmp_code, 4);
	assert_int_equal(p->icmp_word, 1400);
	assert_int_equal(p->bits, 0);
	assert_true(p->quote.present);
	assert_string_equal(addr_text(&p->quote.src, text), "192.0.2.1");
	assert_string_equal(addr_text(&p->quote.dst, text), "198.51.100.7");
	assert_int_equal(p->quote.sport, 49152);
	assert_int_equal(p->quote.dport, 443);
	assert_int_equal(p->quote.seq, 0x01020304);
	assert_int_equal(p->quote.ip_id, 0x1234);
	assert_int_equal(p->quote.ttl, 57);
	assert_int_equal(p->quote.proto, 6);
	cut_everywhere(x, RAW_IP, ICMP_FRAG_NEEDED);

	assert_int_equal(decode_hex(x, RAW_IP, ICMP_TIME_EXCEEDED), DECODED);
	assert_int_equal(p->quote.seq, 0x01020304);
	assert_int_equal(p->payload_len, 60);
	cut_everywhere(x, RAW_IP, ICMP_TIME_EXCEEDED);

	assert_int_equal(decode_hex(x, RAW_IP, ICMP6_TOO_BIG), DECODED);
	assert_int_equal(p->proto, 58);
	assert_int_equal(p->icmp_word, 1280);
	assert_int_equal(p->bits, 0);
	assert_string_equal(addr_text(&p->quote.dst, text), "2001:db8::2");
	assert_int_equal(p->quote.sport, 40000);
	assert_int_equal(p->quote.seq, 5);
	assert_int_equal(p->quote.ttl, 61);
	cut_everywhere(x, RAW_IP, ICMP6_TOO_BIG);
	assert_int_equal(decode_counts(x->decoder)->bad_sum, 0);
}

/* What a quote is too short for stays 0. */
static void
short_quotes_say_less(void **state)
{
	struct fixture *x = *state;
	const struct quote *q = &x->packet.quote;
	uint8_t b[FRAME_MAX];
	size_t n = hex_bytes(ICMP_TIME_EXCEEDED, b);

	for (size_t quoted = 0; quoted <= 60; quoted++) {
		b[3] = (uint8_t)(28 + quoted);
		assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
		assert_int_equal(q->present, quoted >= 20);
		assert_int_equal(q->ttl, quoted >= 20 ? 57 : 0);
		assert_int_equal(q->dport, quoted >= 24 ? 443 : 0);
		assert_int_equal(q->seq, quoted >= 28 ? 0x01020304 : 0);
	}
	b[28 + 7] = 1; /* a later fragment: what follows is no transport header */
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_true(q->present);
	assert_int_equal(q->dport, 0);
	b[28] = 0x65; /* not IPv4 */
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_false(q->present);

	/* extension headers in the quote are passed */
	assert_int_equal(decode_hex(x, RAW_IP,
				    "6000000000593a40 20010db8000000000000000000000009"
				    "20010db8000000000000000000000001 0300000000000000" EXTENDED6),
			 DECODED);
	assert_int_equal(q->proto, 6);
	assert_int_equal(q->dport, 80);
	assert_int_equal(q->seq, 5);
}

static void
extension_headers_are_passed(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;

	assert_int_equal(decode_hex(x, RAW_IP, EXTENDED6), DECODED);
	assert_int_equal(p->proto, 6);
	assert_int_equal(p->dport, 80);
	assert_int_equal(p->bits, 0);
	assert_memory_equal(p->payload.p, "GET /", 5);
	cut_everywhere(x, RAW_IP, EXTENDED6);

	assert_int_equal(decode_hex(x, RAW_IP, ROUTED6), DECODED);
	assert_addresses(p, "2001:db8::1", "2001:db8::3");
	assert_int_equal(p->dport, 80);
	assert_int_equal(p->bits, PKT_SUM_UNCHECKED);
	cut_everywhere(x, RAW_IP, ROUTED6);

	assert_int_equal(decode_hex(x, RAW_IP, ATOMIC6), DECODED);
	assert_udp6(p);
	cut_everywhere(x, RAW_IP, ATOMIC6);

	assert_int_equal(decode_hex(x, RAW_IP, AUTHENTIC4), DECODED);
	assert_int_equal(p->proto, 17);
	assert_int_equal(p->dport, 53);
	assert_int_equal(p->bits, 0);
	cut_everywhere(x, RAW_IP, AUTHENTIC4);

	assert_int_equal(decode_hex(x, RAW_IP, SCTP4), DECODED);
	assert_int_equal(p->proto, 132);
	assert_int_equal(p->payload_len, 12);
	cut_everywhere(x, RAW_IP, SCTP4);
	assert_int_equal(decode_counts(x->decoder)->other, 1 + 2 * 12);
}

/* 192.0.2.1:5000 > 198.51.100.53:53, bytes 0 to 39, in two fragments; and the same in IPv6 */
static const char *const parts4[2] = {
    "4500002c4242200040112c15c0000201c6336435 13880035003081d5 000102030405060708090a0b0c0d0e0f",
    "4500002c4242000340114c12c0000201c6336435 101112131415161718191a1b1c1d1e1f2021222324252627",
};
static const char *const parts6[2] = {
    "6000000000282c40 20010db8000000000000000000000001 20010db8000000000000000000000002"
    "1100000101020304 13880035003012cb 000102030405060708090a0b0c0d0e0f1011121314151617",
    "6000000000182c40 20010db8000000000000000000000001 20010db8000000000000000000000002"
    "1100002001020304 18191a1b1c1d1e1f2021222324252627",
};

static void
check_fragments(struct fixture *x, const char *const part[2], bool swapped)
{
	const struct packet *p = &x->packet;

	assert_int_equal(decode_hex(x, RAW_IP, part[swapped]), DECODED_FRAGMENT);
	assert_int_equal(decode_hex(x, RAW_IP, part[!swapped]), DECODED);
	assert_int_equal(p->number, x->number);
	assert_int_equal(p->bits, PKT_REASSEMBLED | PKT_SUM_UNCHECKED);
	assert_int_equal(p->proto, 17);
	assert_int_equal(p->sport, 5000);
	assert_int_equal(p->dport, 53);
	assert_int_equal(p->ttl, 64);
	assert_int_equal(p->payload_len, 40);
	assert_int_equal(p->payload.n, 40);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(p->payload.p[i], i);
}

static void
fragments_are_joined(void **state)
{
	struct fixture *x = *state;

	for (int swapped = 0; swapped < 2; swapped++) {
		check_fragments(x, parts4, swapped);
		check_fragments(x, parts6, swapped);
	}
	assert_int_equal(decode_counts(x->decoder)->fragments, 8);
	assert_int_equal(decode_counts(x->decoder)->reassembled, 4);
	for (int i = 0; i < 2; i++) {
		cut_everywhere(x, RAW_IP, parts4[i]);
		cut_everywhere(x, RAW_IP, parts6[i]);
	}
}

/* Fragments of fragments, and a datagram that would be longer than any. */
static void
fragments_are_bounded(void **state)
{
	struct fixture *x = *state;

	/* GRE in two parts, the second first; inside of it the first part of another datagram */
	assert_int_equal(decode_hex(x, RAW_IP,
				    "450000240009 0003 402f 0000" TUNNEL
				    "13880035002881d5 0001020304050607"),
			 DECODED_FRAGMENT);
	assert_int_equal(decode_hex(x, RAW_IP,
				    "4500002c0009 2000 402f 0000" TUNNEL "00000800"
				    "4500002442422000 4011 0000 c0000201c6336435"),
			 DECODED_FRAGMENT);
	assert_int_equal(decode_counts(x->decoder)->reassembled, 1);
	assert_int_equal(decode_hex(x, RAW_IP,
				    "450000440009 0000 402f 0000" TUNNEL "00000800"
				    "4500002c42420002 4011 0000 c0000201c6336435"
				    "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
			 DECODED);
	assert_int_equal(x->packet.bits, PKT_TUNNELED | PKT_REASSEMBLED | PKT_SUM_UNCHECKED);
	assert_int_equal(x->packet.dport, 53);
	assert_int_equal(x->packet.payload.n, 32);
	assert_int_equal(x->packet.payload.p[31], 31);

	assert_int_equal(
	    decode_hex(x, RAW_IP,
		       "4500001d0009 1fff 4011 0000 cb007101cb007102 000000000000000000"),
	    DECODED_BAD);
}

static void
lengths_that_do_not_fit(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;

	/* padding is cut off, */
	assert_int_equal(decode_hex(x, ETHERNET,
				    MACS
				    "0800 45000028000140004006 0000 c0000201c6336407"
				    "c00001bb0102030400000000 5004 0000 0000 0000 000000000000"),
			 DECODED);
	assert_int_equal(p->payload_len, 0);
	assert_int_equal(p->bits & (PKT_CUT | PKT_PADDED), 0);
	/* unless something counted it, */
	assert_int_equal(decode_hex(x, ETHERNET,
				    MACS
				    "0800 4500002e000140004006 0000 c0000201c6336407"
				    "c00001bb0102030400000000 5004 0000 0000 0000 000000000000"),
			 DECODED);
	assert_int_equal(p->payload_len, 6);
	assert_int_equal(p->bits & (PKT_CUT | PKT_PADDED), PKT_PADDED);
	/* or it is not zero. */
	assert_int_equal(decode_hex(x, ETHERNET,
				    MACS
				    "0800 4500002e000140004006 0000 c0000201c6336407"
				    "c00001bb0102030400000000 5004 0000 0000 0000 000000000001"),
			 DECODED);
	assert_int_equal(p->bits & PKT_PADDED, 0);

	/* total length 0 */
	assert_int_equal(decode_hex(x, RAW_IP,
				    "45000000000140004006 0000 c0000201c6336407"
				    "c00001bb0102030400000000 5018 0000 0000 0000 47455420"),
			 DECODED);
	assert_int_equal(p->bits, PKT_DF | PKT_NO_LENGTH | PKT_SUM_UNCHECKED);
	assert_int_equal(p->payload_len, 4);
	assert_memory_equal(p->payload.p, "GET ", 4);

	/* more in the datagram than its UDP header says: surplus, and cut surplus is no cut */
	assert_int_equal(decode_hex(x, RAW_IP,
				    "450000240007000040118e58c0000201c6336435"
				    "14e90035000dba79 68656c6c6f ffff"),
			 DECODED);
	assert_int_equal(p->payload_len, 5);
	assert_int_equal(p->bits, 0);
	/* less */
	assert_int_equal(decode_hex(x, RAW_IP,
				    "450000200007000040118e5cc0000201c6336435"
				    "14e90035000dba79 68656c6c"),
			 DECODED_BAD);
}

static void
broken_headers_are_bad(void **state)
{
	static const char *const broken[] = {
	    "44000021000700004011 0000 c0000201c6336435 14e90035000d0000 68656c6c6f", /* 16 bytes */
	    "45000013000700004011 0000 c0000201c6336435 14e90035000d0000 68656c6c6f",
	    "4f000021000700004011 0000 c0000201c6336435 14e90035000d0000 68656c6c6f",
	    "45000021000700004011 0000 c0000201c6336435 14e9003500070000 68656c6c6f",
	    "45000028000140004006 0000 c0000201c6336407 c00001bb0102030400000000 4004 000000000000",
	    "45000028000140004006 0000 c0000201c6336407 c00001bb0102030400000000 6004 000000000000",
	    "45000017000140004001 0000 c0000201c6336407 030400",
	};
	uint8_t b[FRAME_MAX];
	size_t n;

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		assert_int_equal(decode_hex(*state, RAW_IP, broken[i]), DECODED_BAD);

	/* one hop-by-hop header after the other, 56 of them */
	n = hex_bytes("6000000001c00040 20010db8000000000000000000000001"
		      "20010db8000000000000000000000002",
		      b);
	memset(b + n, 0, sizeof b - n);
	assert_int_equal(decode_part(*state, RAW_IP, b, 488, 488), DECODED_BAD);
}

static void
checksums_are_judged(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;
	uint8_t b[FRAME_MAX];
	size_t n = hex_bytes(TCP4, b);

	b[16] ^= 1; /* an address: both checksums cover it */
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(p->bits, PKT_DF | PKT_BAD_IP_SUM | PKT_BAD_SUM);
	b[10] = b[11] = 0; /* left to the card */
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(p->bits, PKT_DF | PKT_BAD_SUM);
	b[6] |= 0x80;
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(p->bits, PKT_DF | PKT_BAD_SUM | PKT_EVIL);
	assert_int_equal(decode_counts(x->decoder)->bad_ip_sum, 1);
	assert_int_equal(decode_counts(x->decoder)->bad_sum, 3);

	n = hex_bytes(UDP6, b);
	b[n - 1] ^= 1;
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(p->bits, PKT_BAD_SUM);
	b[46] = b[47] = 0; /* none was made */
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(p->bits, PKT_SUM_UNCHECKED);

	n = hex_bytes(PING, b);
	b[n - 1] ^= 1;
	assert_int_equal(decode_part(x, RAW_IP, b, n, n), DECODED);
	assert_int_equal(p->bits, PKT_BAD_SUM);
}

/* Long payloads are summed on request only. */
static void
sums_are_made_on_request(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;
	uint8_t b[FRAME_MAX] = {0};
	size_t n = hex_bytes("450000a1000700004011 0000 c0000201c6336435 14e90035008d0001", b);

	assert_int_equal(n, 28);
	assert_int_equal(decode_part(x, RAW_IP, b, 161, 161), DECODED);
	assert_int_equal(p->bits, PKT_SUM_UNCHECKED);
	decoder_want_sums(x->decoder, true);
	assert_int_equal(decode_part(x, RAW_IP, b, 161, 161), DECODED);
	assert_int_equal(p->bits, PKT_BAD_SUM);
	decoder_want_sums(x->decoder, false);
	b[3] = 156; /* 128 bytes of payload */
	b[25] = 136;
	assert_int_equal(decode_part(x, RAW_IP, b, 156, 156), DECODED);
	assert_int_equal(p->bits, PKT_BAD_SUM);
}

static void
everything_is_counted(void **state)
{
	struct fixture *x = *state;
	const struct decode_counts *c = decode_counts(x->decoder);

	decode_hex(x, RAW_IP, TCP4);
	decode_hex(x, RAW_IP, UDP6);
	decode_hex(x, RAW_IP, PING);
	decode_hex(x, RAW_IP, SCTP4);
	decode_hex(x, RAW_IP, parts4[0]);
	decode_hex(x, RAW_IP, "75");
	decode_hex(x, ETHERNET, MACS "0806 0001");
	decode_hex(x, 147, "00");
	decode_hex(x, RAW_IP, "45000050000100004004 02a5" TUNNEL TCP4);
	assert_int_equal(c->frames, 9);
	assert_int_equal(c->tcp, 2);
	assert_int_equal(c->udp, 1);
	assert_int_equal(c->icmp, 1);
	assert_int_equal(c->other, 1);
	assert_int_equal(c->fragments, 1);
	assert_int_equal(c->bad, 1);
	assert_int_equal(c->no_ip, 1);
	assert_int_equal(c->unknown_link, 1);
	assert_int_equal(c->tunneled, 1);
	assert_int_equal(c->cut, 0);
	assert_int_equal(c->superframes, 0);
}

/* A segment of 2000 bytes, of which the capture holds the headers. */
static void
superframes_are_counted(void **state)
{
	struct fixture *x = *state;
	uint8_t b[FRAME_MAX];
	size_t n = hex_bytes("450007f8000140004006 0000 c0000201c6336407"
			     "c00001bb0102030400000000 5010 0000 0000 0000",
			     b);

	assert_int_equal(decode_part(x, RAW_IP, b, n, 2040), DECODED);
	assert_int_equal(x->packet.payload_len, 2000);
	assert_int_equal(x->packet.bits, PKT_DF | PKT_CUT | PKT_SUM_UNCHECKED);
	assert_int_equal(decode_counts(x->decoder)->superframes, 1);
	b[12] = 127;
	assert_int_equal(decode_part(x, RAW_IP, b, n, 2040), DECODED);
	assert_int_equal(decode_counts(x->decoder)->superframes, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FIXTURE(tcp_is_read),
	    IN_FIXTURE(tcp_options_are_bounded),
	    IN_FIXTURE(icmp_is_read),
	    IN_FIXTURE(short_quotes_say_less),
	    IN_FIXTURE(extension_headers_are_passed),
	    IN_FIXTURE(fragments_are_joined),
	    IN_FIXTURE(fragments_are_bounded),
	    IN_FIXTURE(lengths_that_do_not_fit),
	    IN_FIXTURE(broken_headers_are_bad),
	    IN_FIXTURE(checksums_are_judged),
	    IN_FIXTURE(sums_are_made_on_request),
	    IN_FIXTURE(everything_is_counted),
	    IN_FIXTURE(superframes_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
