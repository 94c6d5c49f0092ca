/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP: extension headers, fragments, lengths that do not fit. */
#include "frames.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FIXTURE(extension_headers_are_passed), IN_FIXTURE(fragments_are_joined),
	    IN_FIXTURE(fragments_are_bounded),        IN_FIXTURE(lengths_that_do_not_fit),
	    IN_FIXTURE(broken_headers_are_bad),       IN_FIXTURE(everything_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
