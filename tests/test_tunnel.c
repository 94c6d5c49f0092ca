/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tunnels: what is inside is found, and what only looks like a tunnel stays what it is. */
#include "frames.h"

static const struct tunnel {
	const char *name, *hex;
	void (*check)(const struct packet *);
} tunnels[] = {
    {"IPv4 in IPv4", "45000050000100004004 02a5" TUNNEL TCP4, assert_tcp4},
    {"IPv6 in IPv4", "45000049000100004029 0287" TUNNEL UDP6, assert_udp6},
    {"IPv4 in IPv6",
     "60000000003c0440 20010db8000f00000000000000000001 20010db8000f00000000000000000002" TCP4,
     assert_tcp4},
    {"GRE", "4500005400010000402f 0276" TUNNEL "00000800" TCP4, assert_tcp4},
    {"GRE with checksum, key and sequence number",
     "4500005900010000402f 0271" TUNNEL "b00086dd ab030000 0000abcd 00000004" UDP6, assert_udp6},
    {"GRE, VLAN", "4500005800010000402f 0272" TUNNEL "00008100 0064 0800" TCP4, assert_tcp4},
    {"GRE, Ethernet", "4500006200010000402f 0268" TUNNEL "00006558" MACS "0800" TCP4, assert_tcp4},
    {"GRE, MPLS", "4500005800010000402f 0272" TUNNEL "00008847 000651ff" TCP4, assert_tcp4},
    {"GRE, WCCP 1", "4500005400010000402f 0276" TUNNEL "0000883e" TCP4, assert_tcp4},
    {"GRE, WCCP 2", "4500005800010000402f 0272" TUNNEL "0000883e 00000000" TCP4, assert_tcp4},
    {"PPTP", "4500006300010000402f 0267" TUNNEL "3081880b 003f0005 00000001 00000002 ff0321" TCP4,
     assert_tcp4},
    {"ERSPAN I", "4500006200010000402f 0268" TUNNEL "000088be" MACS "0800" TCP4, assert_tcp4},
    {"ERSPAN II",
     "4500006e00010000402f 025c" TUNNEL "100088be 00000004 1000000700000000" MACS "0800" TCP4,
     assert_tcp4},
    {"ERSPAN III",
     "4500007a00010000402f 0250" TUNNEL
     "100022eb 00000004 200000070000000000000001 0000000000000000" MACS "0800" TCP4,
     assert_tcp4},
    {"EtherIP", "45000060000100004061 0238" TUNNEL "3000" MACS "0800" TCP4, assert_tcp4},
    {"MPLS in IP", "45000054000100004089 021c" TUNNEL "000651ff" TCP4, assert_tcp4},
    {"GTP-U", "45000060000100004011 0288" TUNNEL "08680868004c0000 30ff003c00001234" TCP4,
     assert_tcp4},
    {"GTP-U with an extension header",
     "45000068000100004011 0280" TUNNEL "0868086800540000 34ff004400001234 00000085 01100900" TCP4,
     assert_tcp4},
    {"VXLAN",
     "4500006e000100004011 027a" TUNNEL "c35012b5005a0000 0800000000002a00" MACS "0800" TCP4,
     assert_tcp4},
    {"VXLAN on the old port, with a policy",
     "4500006e000100004011 027a" TUNNEL "c3502118005a0000 8800000500002a00" MACS "0800" TCP4,
     assert_tcp4},
    {"VXLAN that says what is inside",
     "45000060000100004011 0288" TUNNEL "c35012b6004c0000 0c00000100002a00" TCP4, assert_tcp4},
    {"Geneve",
     "4500006e000100004011 027a" TUNNEL "c35017c1005a0000 0000655800002a00" MACS "0800" TCP4,
     assert_tcp4},
    {"Geneve with an option",
     "45000068000100004011 0280" TUNNEL
     "c35017c100540000 0240080000002a00 0001 00 01 00000000" TCP4,
     assert_tcp4},
};

static void
insides_are_found(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++) {
		if (decode_hex(x, RAW_IP, tunnels[i].hex) != DECODED)
			fail_msg("%s: not decoded", tunnels[i].name);
		if (!(x->packet.bits & PKT_TUNNELED) || !x->packet.scope)
			fail_msg("%s: not entered", tunnels[i].name);
		tunnels[i].check(&x->packet);
		cut_everywhere(x, RAW_IP, tunnels[i].hex);
	}
	assert_int_equal(decode_counts(x->decoder)->bad_ip_sum, 0);
}

/* 203.0.113.1:50000 > 203.0.113.2:3544 with an IPv6 packet from a Teredo address. */
#define TEREDO_IP6                                                                                 \
	"60000000000d1115 20010000cb0071010000000000000001 20010db8000000000000000000000002"       \
	"9c4001bb000ddc407175696321"

static void
teredo_is_found(void **state)
{
	struct fixture *x = *state;
	static const char *const good[] = {
	    "45000051000100004011 0297" TUNNEL "c3500dd8003d0000" TEREDO_IP6,
	    /* the server's answer, with origin */
	    "45000059000100004011 028f" TUNNEL "0dd8c35000450000 00001234ffffffff" TEREDO_IP6,
	    /* authentication: no client id, no value, nonce, confirmation; then origin */
	    "45000066000100004011 0282" TUNNEL
	    "0dd8c35000520000 00010000 0102030405060708 00 00001234ffffffff" TEREDO_IP6,
	    /* a nonce behind it */
	    "45000057000100004011 0291" TUNNEL "c3500dd800430000" TEREDO_IP6 "010401020304",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(decode_hex(x, RAW_IP, good[i]), DECODED);
		assert_addresses(&x->packet, "2001:0:cb00:7101::1", "2001:db8::2");
		assert_int_equal(x->packet.bits, PKT_TUNNELED);
		assert_int_equal(x->packet.ttl, 21);
		assert_memory_equal(x->packet.payload.p, "quic!", 5);
		cut_everywhere(x, RAW_IP, good[i]);
	}
}

/* One thing wrong with each: the outer packet is what there is. */
static const struct {
	const char *why, *hex;
	uint8_t proto;
} plain[] = {
    {"Teredo with a byte behind the packet",
     "45000052000100004011 0296" TUNNEL "c3500dd8003e0000" TEREDO_IP6 "00", 17},
    {"Teredo with half a trailer",
     "45000056000100004011 0292" TUNNEL "c3500dd800420000" TEREDO_IP6 "0104010203", 17},
    {"Teredo between other addresses", "45000051000100004011 0297" TUNNEL "c3500dd8003d0000" UDP6,
     17},
    {"Teredo with IPv4", "45000058000100004011 0290" TUNNEL "c3500dd800440000" TCP4, 17},
    {"an answer to VXLAN's port as a source port",
     "4500006e000100004011 027a" TUNNEL "12b5c350005a0000 0800000000002a00" MACS "0800" TCP4, 17},
    {"VXLAN without a network",
     "4500006e000100004011 027a" TUNNEL "c35012b5005a0000 0000000000002a00" MACS "0800" TCP4, 17},
    {"VXLAN with a protocol that is none",
     "45000060000100004011 0288" TUNNEL "c35012b6004c0000 0c00000500002a00" TCP4, 17},
    {"VXLAN with a reserved byte set",
     "4500006e000100004011 027a" TUNNEL "c35012b5005a0000 0800000000002a01" MACS "0800" TCP4, 17},
    {"VXLAN with ARP in it",
     "45000034000100004011 02b4" TUNNEL "c35012b500200000 0800000000002a00" MACS "0806 0001", 17},
    {"a DNS answer to port 4789",
     "45000028000100004011 02c0" TUNNEL "003512b500140000 083081800001000100000000", 17},
    {"GTP-U of another length",
     "45000060000100004011 0288" TUNNEL "08680868004c0000 30ff003b00001234" TCP4, 17},
    {"a GTP echo", "45000024000100004011 02c4" TUNNEL "0868086800100000 3001000000000000", 17},
    {"GTP-U with an extension of no length",
     "45000064000100004011 0284" TUNNEL "0868086800500000 34ff004000001234 00000085" TCP4, 17},
    {"Geneve's control packet",
     "45000060000100004011 0288" TUNNEL "c35017c1004c0000 0080080000002a00" TCP4, 17},
    {"GRE with routing", "4500005400010000402f 0276" TUNNEL "40000800" TCP4, 47},
    {"GRE version 2", "4500005400010000402f 0276" TUNNEL "00020800" TCP4, 47},
    {"GRE with a keepalive", "4500001800010000402f 02b2" TUNNEL "00000000", 47},
    {"PPTP's acknowledgement", "4500002000010000402f 02aa" TUNNEL "2081880b 00000005 00000002", 47},
    {"PPTP with something compressed",
     "4500002400010000402f 02a6" TUNNEL "3001880b 00040005 00000001 00fd9055", 47},
    {"IPv4 in IPv4 that is none", "45000018000100004004 02dd" TUNNEL "00000000", 4},
    {"EtherIP of another version", "45000060000100004061 0238" TUNNEL "2000" MACS "0800" TCP4, 97},
    {"ESP", "45000020000100004032 02a7" TUNNEL "00000001 00000001 45000000", 50},
};

static void
lookalikes_stay_outside(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		if (decode_hex(x, RAW_IP, plain[i].hex) != DECODED)
			fail_msg("%s: not decoded", plain[i].why);
		if (x->packet.bits & PKT_TUNNELED || x->packet.scope)
			fail_msg("%s: entered", plain[i].why);
		assert_int_equal(x->packet.proto, plain[i].proto);
		assert_addresses(&x->packet, "203.0.113.1", "203.0.113.2");
		cut_everywhere(x, RAW_IP, plain[i].hex);
	}
	assert_int_equal(decode_counts(x->decoder)->bad_ip_sum, 0);
}

/* Both directions of a conversation share a scope, and different networks do not. */
static void
scopes_are_of_networks(void **state)
{
	struct fixture *x = *state;
	uint32_t there, back, other;

	decode_hex(x, RAW_IP,
		   "45000060000100004011 0288" TUNNEL "08680868004c0000 30ff003c00001234" TCP4);
	there = x->packet.scope;
	decode_hex(x, RAW_IP,
		   "45000060000100004011 0288" TUNNEL "08680868004c0000 30ff003c00009999" TCP4);
	back = x->packet.scope;
	assert_int_equal(there, back);
	decode_hex(x, RAW_IP,
		   "4500006e000100004011 027a" TUNNEL "c35012b5005a0000 0800000000002a00" MACS
		   "0800" TCP4);
	there = x->packet.scope;
	decode_hex(x, RAW_IP,
		   "4500006e000100004011 027a" TUNNEL "c35112b5005a0000 0800000000002a00" MACS
		   "0800" TCP4);
	back = x->packet.scope;
	decode_hex(x, RAW_IP,
		   "4500006e000100004011 027a" TUNNEL "c35012b5005a0000 0800000000002b00" MACS
		   "0800" TCP4);
	other = x->packet.scope;
	assert_int_equal(there, back);
	assert_int_not_equal(there, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FIXTURE(insides_are_found),
	    IN_FIXTURE(teredo_is_found),
	    IN_FIXTURE(lookalikes_stay_outside),
	    IN_FIXTURE(scopes_are_of_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
