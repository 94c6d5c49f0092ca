/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disguises: Crypto-PAn against its authors' sample, kinds of addresses, names, checksums. */
#include "checksum.h"
#include "disguise.h"
#include "resum.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Of the sample program that the authors published with Crypto-PAn 1.0, and its sample trace. */
static const uint8_t key[CRYPTOPAN_KEY] = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
					   22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
					   101, 39, 98,  87,  76, 45,  42,  132, 34,  2};

static struct addr
addr(const char *text)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		return addr_from_v4(b);
	assert_int_equal(inet_pton(AF_INET6, text, b), 1);
	return addr_from_v6(b);
}

static void
sample(void **state)
{
	static const char *const pairs[][2] = {{"128.11.68.132", "135.242.180.132"},
					       {"129.118.74.4", "134.136.186.123"},
					       {"130.132.252.244", "133.68.164.234"}};
	struct cryptopan *c = cryptopan_new(key);

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct addr a = addr(pairs[i][0]), b = addr(pairs[i][1]);

		cryptopan(c, a.b + ADDR_V4_AT, 32, 0);
		assert_memory_equal(a.b, b.b, sizeof a.b);
	}
	cryptopan_free(c);
}

static unsigned
shared(const struct addr *a, const struct addr *b)
{
	unsigned n = 0;

	while (n < 128 && !((a->b[n / 8] ^ b->b[n / 8]) >> (7 - n % 8) & 1))
		n++;
	return n;
}

static void
prefixes(void **state)
{
	struct disguise *d = disguise_new(key);
	struct addr a = addr("93.184.77.201"), b = addr("93.184.77.200"), c = addr("93.184.70.1");
	struct addr x = disguise_addr(d, &a), y = disguise_addr(d, &b), z = disguise_addr(d, &c);

	(void)state;
	assert_int_equal(shared(&x, &y), shared(&a, &b));
	assert_int_equal(shared(&x, &z), shared(&a, &c));
	disguise_free(d);
}

static void
kinds(void **state)
{
	static const struct {
		const char *address;
		unsigned stay; /* bits, of 128 */
	} all[] = {
	    {"10.1.2.3", 104},
	    {"192.168.7.9", 112},
	    {"172.16.5.5", 108},
	    {"100.64.3.3", 106},
	    {"169.254.1.1", 112},
	    {"192.0.2.77", 120},
	    {"127.0.0.1", 128},
	    {"224.0.0.251", 128},
	    {"255.255.255.255", 128},
	    {"0.0.0.0", 128},
	    {"::1", 128},
	    {"ff02::1", 128},
	    {"fe80::1:2", 64},
	    {"fd00:1:2::3", 8},
	    {"2001:db8::1", 32},
	    {"64:ff9b::5.6.7.8", 96},
	    {"2002:506:708::1", 16},
	    {"8.8.8.8", 96},
	    {"2a00:1450::8", 3},
	};
	struct disguise *d = disguise_new(key);

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct addr a = addr(all[i].address), b = disguise_addr(d, &a);

		assert_true(shared(&a, &b) >= all[i].stay);
		if (all[i].stay < 128)
			assert_false(addr_equal(&a, &b));
	}
	disguise_free(d);
}

/* What holds an IPv4 address holds its disguise. */
static void
embedded(void **state)
{
	struct disguise *d = disguise_new(key);
	struct addr v4 = addr("81.23.145.67"), to = disguise_addr(d, &v4), a, b;

	(void)state;
	a = addr("64:ff9b::81.23.145.67");
	b = disguise_addr(d, &a);
	assert_memory_equal(b.b + 12, to.b + 12, 4);
	a = addr("2002:5117:9143:1::2");
	b = disguise_addr(d, &a);
	assert_memory_equal(b.b + 2, to.b + 12, 4);
	a = addr("2001:0:c633:6407:0:63bf:aee8:6ebc");
	b = disguise_addr(d, &a);
	for (int i = 0; i < 4; i++)
		assert_int_equal(b.b[12 + i] ^ 0xff, to.b[12 + i]);
	a = addr("fe80::5efe:81.23.145.67");
	b = disguise_addr(d, &a);
	assert_memory_equal(b.b + 12, to.b + 12, 4);
	disguise_free(d);
}

static void
kept(void **state)
{
	struct disguise *d = disguise_new(key);
	struct addr server = addr("198.51.100.7"), client = addr("198.51.100.9"), shown;

	(void)state;
	for (unsigned i = 0; i < 256; i++) { /* nobody becomes one who is shown */
		struct addr a = server;

		a.b[15] = (uint8_t)i;
		if (i != 9)
			disguise_keep(d, &a);
	}
	shown = disguise_addr(d, &server);
	assert_true(addr_equal(&shown, &server));
	shown = disguise_addr(d, &client);
	assert_true(addr_equal(&shown, &client)); /* the only one that is left */
	disguise_client(d, &server);
	assert_true(disguise_is_client(d, &server));
	disguise_free(d);
}

static void
is_name(struct disguise *d, const char *name, const char *pattern)
{
	uint8_t b[256];
	size_t n = strlen(name);

	memcpy(b, name, n);
	disguise_name(d, b, n);
	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == '?')
			assert_true((b[i] | 0x20) >= 'a' && (b[i] | 0x20) <= 'z');
		else
			assert_int_equal(b[i], pattern[i]);
	}
}

static void
names(void **state)
{
	struct disguise *d = disguise_new(key);
	uint8_t a[] = "www.secret.com", b[] = "WWW.Secret.com", c[] = "mail.secret.com";

	(void)state;
	disguise_keep_name(d, "blocked.example.org", false);
	disguise_keep_name(d, "shown.net", true);
	is_name(d, "blocked.example.org", "blocked.example.org");
	is_name(d, "other.example.org", "?????.example.org");
	is_name(d, "a.b.shown.net", "a.b.shown.net");
	is_name(d, "secret.co.uk", "??????.co.uk");
	is_name(d, "_dns.secret.com", "_dns.??????.com");
	is_name(d, "janes-laptop", "????????????");
	is_name(d, "janes-nas.lan", "?????????.lan");
	disguise_name(d, a, sizeof a - 1);
	disguise_name(d, b, sizeof b - 1);
	disguise_name(d, c, sizeof c - 1);
	assert_memory_equal(a + 4, c + 5, 10);
	for (size_t i = 0; i < sizeof a; i++)
		assert_int_equal(ascii_lower(b[i]), a[i]);
	assert_true(b[0] >= 'A' && b[0] <= 'Z');
	disguise_free(d);
}

static void
hardware(void **state)
{
	struct disguise *d = disguise_new(key);
	uint8_t a[] = {0, 0x11, 0x22, 0x33, 0x44, 0x55}, b[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t group[] = {0x33, 0x33, 0xff, 0x33, 0x44, 0x55};

	(void)state;
	disguise_mac(d, a);
	assert_int_equal(a[0] & 3, 2);
	assert_int_not_equal(a[5], 0x55);
	disguise_mac(d, b);
	assert_int_equal(b[0], 0xff);
	disguise_mac(d, group);
	assert_memory_equal(group, "\x33\x33\xff", 3);
	assert_memory_not_equal(group + 3, "\x33\x44\x55", 3);
	assert_int_equal(disguise_network(d, 0, 4094), 0);
	for (uint16_t i = 1; i < 4095; i++) {
		uint16_t to = disguise_network(d, i, 4094);

		assert_true(to >= 1 && to <= 4094);
	}
	disguise_free(d);
}

/* A pseudo header of 8 bytes, and 20 bytes with a checksum at 10. */
static void
fill(uint8_t p[28])
{
	for (uint8_t i = 0; i < 28; i++)
		p[i] = (uint8_t)(i * 7 + 1);
	p[18] = p[19] = 0;
}

static uint64_t
whole_sum(const uint8_t p[28], uint8_t proto)
{
	return checksum_add(checksum_add(0, p, 8), p + 8, 20) + htonl(20) + htonl(proto);
}

static void
checksums(void **state)
{
	static const struct resum r = {.field = 18,
				       .begin = 8,
				       .end = 28,
				       .addresses = 0,
				       .naddresses = 8,
				       .length = 20,
				       .proto = IPPROTO_TCP,
				       .whole = true};
	uint8_t in[28], out[28];
	uint64_t sum;
	uint16_t field;

	(void)state;
	fill(in);
	sum = whole_sum(in, IPPROTO_TCP);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	field = (uint16_t)~sum;
	memcpy(in + 18, &field, 2);
	assert_true(checksum_holds(whole_sum(in, IPPROTO_TCP)));
	memcpy(out, in, sizeof in);
	out[3] = 99;  /* an address */
	out[25] = 12; /* a payload */
	assert_true(resum(&r, in, out));
	assert_true(checksum_holds(whole_sum(out, IPPROTO_TCP)));
	in[19] ^= 0x40; /* wrong, and as wrong afterwards */
	memcpy(out, in, sizeof in);
	out[3] = 99;
	assert_false(resum(&r, in, out));
	assert_false(checksum_holds(whole_sum(out, IPPROTO_TCP)));
	out[19] ^= 0x40;
	/* What the card has yet to complete is so afterwards. */
	in[18] = in[19] = 0;
	sum = checksum_add(0, in, 8) + htonl(20) + htonl(IPPROTO_TCP);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	field = (uint16_t)sum;
	memcpy(in + 18, &field, 2);
	memcpy(out, in, sizeof in);
	out[3] = 99;
	resum(&r, in, out);
	sum = checksum_add(0, out, 8) + htonl(20) + htonl(IPPROTO_TCP);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	memcpy(&field, out + 18, 2);
	assert_int_equal(field, (uint16_t)sum);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sample),   cmocka_unit_test(prefixes),  cmocka_unit_test(kinds),
	    cmocka_unit_test(embedded), cmocka_unit_test(kept),      cmocka_unit_test(names),
	    cmocka_unit_test(hardware), cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
