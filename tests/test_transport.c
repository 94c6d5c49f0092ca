/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP and its options, ICMP and what it quotes, checksums. */
#include "frames.h"

/* 203.0.113.9 > 192.0.2.1 */
#define ICMP_FRAG_NEEDED                                                                           \
	"4500003800010000fa01c2b8cb007109c0000201 030431c200000578"                                \
	"4528003c1234400039064324c0000201c6336407 c00001bb01020304"
#define ICMP_TIME_EXCEEDED "4500005800010000fa01c298cb007109c0000201 0b00e16a00000000" TCP4
#define ICMP6_TOO_BIG                                                                              \
	"6000000000493a40 20010db8000000000000000000000009 20010db8000000000000000000000001"       \
	"020036c900000500" TCP6

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
	    {"1312 00112233445566778899aabbccddeeff 0101", 40, OPT_MD5},
	    {"1306 00112233 0101", 28, OPT_MD5 | OPT_BAD},
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

/* A ClientHello is summed however long it is, and what a card has yet to complete is told. */
static void
hellos_are_summed(void **state)
{
	struct fixture *x = *state;
	const struct packet *p = &x->packet;
	uint8_t b[FRAME_MAX] = {0};
	size_t n = hex_bytes("4500 00f0 0007 4000 4006 0000 c0000201 c6336435 14e901bb 00000001"
			     "00000001 50180100 1234 0000 160301 00c3 01",
			     b);

	assert_int_equal(n, 46);
	assert_int_equal(decode_part(x, RAW_IP, b, 240, 240), DECODED);
	assert_int_equal(p->bits & (PKT_BAD_SUM | PKT_PARTIAL_SUM | PKT_SUM_UNCHECKED),
			 PKT_BAD_SUM);
	b[36] = b[37] = 0;
	assert_int_equal(decode_part(x, RAW_IP, b, 240, 240), DECODED);
	assert_int_equal(p->bits & (PKT_BAD_SUM | PKT_PARTIAL_SUM), PKT_BAD_SUM | PKT_PARTIAL_SUM);
	/* c000 + 0201 + c633 + 6435 + 0006 + 00dc, folded */
	b[36] = 0xed;
	b[37] = 0x4c;
	assert_int_equal(decode_part(x, RAW_IP, b, 240, 240), DECODED);
	assert_int_equal(p->bits & (PKT_BAD_SUM | PKT_PARTIAL_SUM), PKT_BAD_SUM | PKT_PARTIAL_SUM);
	b[45] = 2; /* no ClientHello */
	assert_int_equal(decode_part(x, RAW_IP, b, 240, 240), DECODED);
	assert_int_equal(p->bits & (PKT_BAD_SUM | PKT_SUM_UNCHECKED), PKT_SUM_UNCHECKED);
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
	    IN_FIXTURE(tcp_is_read),          IN_FIXTURE(tcp_options_are_bounded),
	    IN_FIXTURE(icmp_is_read),         IN_FIXTURE(short_quotes_say_less),
	    IN_FIXTURE(checksums_are_judged), IN_FIXTURE(sums_are_made_on_request),
	    IN_FIXTURE(hellos_are_summed),    IN_FIXTURE(superframes_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
