/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every link layer that the decoder reads, whole and cut at every byte. */
#include <stdio.h>

#include "frames.h"

static const struct way {
	int link_type;
	const char *header;
	bool scoped; /* the network has a name of its own */
} to_tcp4[] = {
    {ETHERNET, MACS "0800", false},
    {ETHERNET, MACS "8100 0064 0800", true},
    {ETHERNET, MACS "8100 e000 0800", false}, /* a priority is no network */
    {ETHERNET, MACS "88a8 0064 8100 00c8 0800", true},
    {ETHERNET, MACS "9100 0064 8100 00c8 0800", true},
    {ETHERNET, MACS "8864 1100 0011 003e 0021", true},
    {ETHERNET, MACS "8864 1100 0011 003d 21", true},
    {ETHERNET, MACS "8847 000640ff 000651ff", false},
    {ETHERNET, MACS "8848 000651ff", false},
    {ETHERNET, MACS "8847 000651ff 00000000" MACS "0800", false}, /* with control word */
    {ETHERNET, MACS "8847 000651ff" MACS "0800", false},
    {ETHERNET, MACS "8847 000651ff 440000000002420000000001 0800", false}, /* looks like IP */
    {ETHERNET, MACS "0044 aaaa03 000000 0800", false},
    {ETHERNET, MACS "003f 060603", false},
    {ETHERNET, MACS "8100 0064 0044 aaaa03 000000 0800", true},
    {ETHERNET, MACS "8903 1001" MACS "0800", false},
    {ETHERNET, MACS "8926 80010002 0800", false},
    {ETHERNET, MACS "8909 010100010005 0800", false},
    {ETHERNET, MACS "894f 0fc20101 00000100", false},
    {ETHERNET, MACS "894f 0fc20103 00000100" MACS "0800", false},
    {ETHERNET, MACS "88e7 00000001" MACS "0800", false},
    {0, "02000000", false},
    {0, "00000002", false},
    {108, "00000002", false},
    {9, "ff030021", false},
    {9, "0021", false},
    {9, "0f000800", false},
    {50, "ff030021", false},
    {50, "0f000800", false},
    {104, "0f000800", false},
    {104, "8f000800", false},
    {51, "1100 0011 003e 0021", true},
    {101, "", false},
    {12, "", false},
    {14, "", false},
    {228, "", false},
    {107, "1841 03 cc", false},
    {107, "1841 03 00 80 000000 0800", false},
    {107, "1841 0800", false},
    {107, "180001 03cc", false},
    {113, "0000 0001 0006 020000000001 0000 0800", false},
    {113, "0004 0001 0006 020000000001 0000 8100 0064 0800", true},
    {113, "0004 0001 0006 020000000001 0000 0004 aaaa03 000000 0800", false},
    {276, "0800 0000 00000002 0001 00 06 0200000000010000", false},
    {105, "0801 0000" MACS "020000000003 0000 aaaa03000000 0800", false},
    {105, "8801 0000" MACS "020000000003 0000 0000 aaaa03000000 0800", false},
    {105, "8881 0000" MACS "020000000003 0000 0000 00000000 aaaa03000000 0800", false},
    {105, "0803 0000" MACS "020000000003 0000 020000000004 aaaa03000000 0800", false},
    {105, "8801 0000" MACS "020000000003 0000 8000" MACS "0044 aaaa03000000 0800", false},
    {127, "0000 0800 00000000 0801 0000" MACS "020000000003 0000 aaaa03000000 0800", false},
    /* TSFT, flags: padding; the body begins at a multiple of 4 */
    {127,
     "0000 1100 03000000 0102030405060708 20"
     "8801 0000" MACS "020000000003 0000 0000 0000 aaaa03000000 0800",
     false},
    /* two words of bits, flags without padding */
    {127,
     "0000 0d00 02000080 00000000 10"
     "8801 0000" MACS "020000000003 0000 0000 aaaa03000000 0800",
     false},
    {163, "80211001 00000008 0801 0000" MACS "020000000003 0000 aaaa03000000 0800", false},
    {119, "80211001 00000008 0801 0000" MACS "020000000003 0000 aaaa03000000 0800", false},
    {192, "0000 0800 69000000 0801 0000" MACS "020000000003 0000 aaaa03000000 0800", false},
    {226, "0102 0000 00000000 00000000 00000000 00000000 00000000", false},
    {239, "02000000 0800 0100 08000100 0500 0a00 61 000000 4000 0900", false},
    {239, "02000000 0008 0001 08000100 0040 0009", false},
    {258, "0c000000 01000000 01000000" MACS "0800", false},
};

static const struct way to_udp6[] = {
    {ETHERNET, MACS "86dd", false},
    {ETHERNET, MACS "8100 0064 86dd", true},
    {ETHERNET, MACS "8864 1100 0011 0037 0057", true},
    {ETHERNET, MACS "8847 000651ff", false},
    {0, "18000000", false},
    {0, "1c000000", false},
    {0, "1e000000", false},
    {0, "0000001e", false},
    {0, "0a000000", false},
    {0, "17000000", false},
    {108, "0000001c", false},
    {9, "ff030057", false},
    {104, "0f0086dd", false},
    {101, "", false},
    {229, "", false},
    {107, "1841 03 8e", false},
    {113, "0000 0001 0006 020000000001 0000 86dd", false},
    {276, "86dd 0000 00000002 0001 00 06 0200000000010000", false},
    {239, "0a000000 3900 0900", false},
};

static void
check_way(struct fixture *x, const struct way *way, const char *inner,
	  void (*check)(const struct packet *))
{
	char hex[FRAME_MAX * 2];

	snprintf(hex, sizeof hex, "%s%s", way->header, inner);
	if (decode_hex(x, way->link_type, hex) != DECODED)
		fail_msg("link type %d, %s: not decoded", way->link_type, way->header);
	check(&x->packet);
	if ((x->packet.scope != 0) != way->scoped)
		fail_msg("link type %d, %s: scope %u", way->link_type, way->header,
			 (unsigned)x->packet.scope);
	cut_everywhere(x, way->link_type, hex);
}

static void
every_way_leads_to_ip(void **state)
{
	for (size_t i = 0; i < sizeof to_tcp4 / sizeof *to_tcp4; i++)
		check_way(*state, &to_tcp4[i], TCP4, assert_tcp4);
	for (size_t i = 0; i < sizeof to_udp6 / sizeof *to_udp6; i++)
		check_way(*state, &to_udp6[i], UDP6, assert_udp6);
}

static const struct {
	int link_type;
	enum decoded want;
	const char *hex;
} others[] = {
    {ETHERNET, DECODED_NO_IP, MACS "0806 0001080006040001"},             /* ARP */
    {ETHERNET, DECODED_NO_IP, MACS "88cc 0207"},                         /* LLDP */
    {ETHERNET, DECODED_NO_IP, MACS "0026 424203"},                       /* spanning tree */
    {ETHERNET, DECODED_NO_IP, MACS "8863 1109 0000 0000"},               /* PPPoE discovery */
    {ETHERNET, DECODED_NO_IP, MACS "8864 1100 0011 000a c021 01010008"}, /* LCP */
    {ETHERNET, DECODED_NO_IP, MACS "8864 11a7 0011 0000 0021"},          /* no session data */
    {ETHERNET, DECODED_NO_IP, MACS "0040 aaaa03 00000c 2000"},           /* CDP */
    {ETHERNET, DECODED_NO_IP,
     MACS "8847 000651ff 10000007 2018400c 000000000000000000000000"}, /* associated channel */
    {ETHERNET, DECODED_BAD, MACS "8847 000640ff"},
    {ETHERNET, DECODED_BAD, MACS "0800"},
    {ETHERNET, DECODED_BAD, MACS "894f 0fc10101 00000100"},
    {ETHERNET, DECODED_BAD, MACS "0800 75"}, /* version 7 */
    {ETHERNET, DECODED_BAD, ""},
    {0, DECODED_NO_IP, "07000000 00"},
    {105, DECODED_NO_IP, "8000 0000"},        /* beacon */
    {105, DECODED_NO_IP, "4801 0000"},        /* no data */
    {105, DECODED_NO_IP, "0841 0000"},        /* encrypted */
    {127, DECODED_BAD, "0000 0700 00000000"}, /* shorter than itself */
    {127, DECODED_BAD, "0000 0c00 02000080 020000"},
    {163, DECODED_BAD, "80211001 00000000"},
    {192, DECODED_BAD, "0000 0400 69000000"},
    {258, DECODED_BAD, "00000000 01000000 02010000"},
    {239, DECODED_NO_IP, "02000000 0400 0100"},
    {113, DECODED_NO_IP, "0000 0338 0000 0000000000000000 0000"}, /* netlink */
    {147, DECODED_LINK, "00"},                                    /* private use */
    {195, DECODED_LINK, "00"},
};

static void
other_frames_are_told_apart(void **state)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		enum decoded r = decode_hex(*state, others[i].link_type, others[i].hex);

		if (r != others[i].want)
			fail_msg("link type %d, %s: %d, not %d", others[i].link_type, others[i].hex,
				 (int)r, (int)others[i].want);
	}
}

/* More headers than a frame can have end the work; they do not deepen it. */
static void
nesting_ends(void **state)
{
	static const uint8_t tag[4] = {0x81, 0, 0, 100};
	uint8_t b[FRAME_MAX] = {0};

	for (size_t i = 12; i < sizeof b; i += 4)
		memcpy(b + i, tag, sizeof tag);
	assert_int_equal(decode_part(*state, ETHERNET, b, sizeof b, sizeof b), DECODED_BAD);
	/* tunnels, each of which would do alone */
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = i % 20 == 0 ? 0x45 : i % 20 == 9 ? 4 : 0;
	assert_int_equal(decode_part(*state, RAW_IP, b, sizeof b, sizeof b), DECODED);
}

static void
networks_differ(void **state)
{
	struct fixture *x = *state;
	uint32_t one, two;

	decode_hex(x, ETHERNET, MACS "81000064 0800" TCP4);
	one = x->packet.scope;
	decode_hex(x, ETHERNET, MACS "81006064 0800" TCP4); /* another priority */
	assert_int_equal(x->packet.scope, one);
	decode_hex(x, ETHERNET, MACS "81000065 0800" TCP4);
	two = x->packet.scope;
	assert_int_not_equal(one, two);
	decode_hex(x, ETHERNET, MACS "88a80064 81000065 0800" TCP4);
	assert_int_not_equal(x->packet.scope, one);
	assert_int_not_equal(x->packet.scope, two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FIXTURE(every_way_leads_to_ip),
	    IN_FIXTURE(other_frames_are_told_apart),
	    IN_FIXTURE(nesting_ends),
	    IN_FIXTURE(networks_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
