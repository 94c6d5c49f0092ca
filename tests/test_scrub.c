/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of payloads: nothing but what a scrubber puts back. Whole captures are in
 * check_redact.py. */
#include "obfuscated2.h"
#include "quickeys.h"
#include "scrubber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint8_t key[CRYPTOPAN_KEY] = {1, 2, 3};
static uint8_t out[4096];

static struct scrub
scrub(struct disguise *d, const void *in, size_t n, enum side from)
{
	scrub_fill(out, 0, sizeof out);
	return (struct scrub){.disguise = d, .in = in, .out = out, .n = n, .from = from};
}

static bool
left(const char *text, size_t n)
{
	return memmem(out, n, text, strlen(text)) != NULL;
}

static void
unknown(void **state)
{
	static const char text[] = "nobody knows what this is";
	struct disguise *d = disguise_new(key);
	struct scrub s = scrub(d, text, sizeof text - 1, CLIENT);

	(void)state;
	scrub_stream(&s, "none");
	assert_memory_equal(out, "redactedredacted", 16);
	disguise_free(d);
}

static void
http(void **state)
{
	static const char text[] =
	    "GET /path?q=1 HTTP/1.1\r\nHost: a.secret.com:8080\r\nCookie: "
	    "a=b\r\nX-Forwarded-For: 81.2.3.4\r\nConnection: close\r\n\r\nbody";
	struct disguise *d = disguise_new(key);
	size_t n = sizeof text - 1;
	struct scrub s = scrub(d, text, n, CLIENT);

	(void)state;
	scrub_stream(&s, "http");
	assert_memory_equal(out, "GET /xxxxxxxx HTTP/1.1\r\nHost: ", 30);
	assert_false(left("secret", n));
	assert_true(left(".com:8080\r\nCookie: xxx\r\nX-Forwarded-For: xxxxxxxx\r\n", n));
	assert_true(left("Connection: close\r\n\r\n", n));
	assert_false(left("body", n));
	s = scrub(d, text, n, CLIENT);
	s.concerned = true;
	disguise_keep_name(d, "a.secret.com", false);
	scrub_stream(&s, "http");
	assert_memory_equal(out, "GET /path?q=1 HTTP/1.1\r\nHost: a.secret.com:8080\r\n", 48);
	assert_true(left("Cookie: xxx", n));
	disguise_free(d);
}

/* Only addresses change in a text that is evidence, and they have room. */
static void
pages(void **state)
{
	static const char text[] =
	    "HTTP/1.1 403 No\r\nLocation: http://10.9.8.7/?ip=81.23.145.67\r\n\r\n"
	    "you are 81.23.145.67, go to http://195.2.3.4/x";
	struct disguise *d = disguise_new(key);
	size_t n = sizeof text - 1;
	struct scrub s = scrub(d, text, n, SERVER);

	(void)state;
	s.concerned = true;
	scrub_stream(&s, "http");
	assert_false(left("81.23.145.67", n));
	assert_true(left("Location: http://10.9.8.7/?ip=", n));
	assert_true(left("go to http://195.2.3.4/x", n));
	disguise_free(d);
}

static void
dns(void **state)
{
	static const uint8_t text[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
				      "\x06secret\x03"
				      "com\x00\x00\x01\x00\x01"
				      "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x0b"
				      "\x00\x08\x00\x07\x00\x01\x18\x00\x51\x17\x91";
	struct disguise *d = disguise_new(key);
	size_t n = sizeof text - 1;
	struct scrub s = scrub(d, text, n, CLIENT);

	(void)state;
	scrub_datagram(&s, "dns");
	assert_memory_equal(out, text, 13);
	assert_false(left("secret", n));
	assert_memory_equal(out + 19,
			    "\x03"
			    "com",
			    4);
	assert_memory_equal(out + n - 7, text + n - 7, 4);
	assert_memory_not_equal(out + n - 3, text + n - 3, 3);
	disguise_free(d);
}

/* An obfuscated hello becomes another that asks for the same. */
static void
telegram(void **state)
{
	uint8_t hello[OBFUSCATED2_LENGTH], was[8], now[8];
	static const uint8_t wanted[8] = {0xee, 0xee, 0xee, 0xee, 0xfe, 0xff, 0, 0};
	struct disguise *d = disguise_new(key);
	struct scrub s;

	(void)state;
	for (size_t i = 0; i < 56; i++)
		hello[i] = (uint8_t)(i * 5 + 9);
	memset(hello + 56, 0, 8);
	obfuscated2_open(hello, was);
	for (int i = 0; i < 8; i++)
		hello[56 + i] = was[i] ^ wanted[i];
	s = scrub(d, hello, sizeof hello, CLIENT);
	scrub_stream(&s, "mtproto");
	obfuscated2_open(out, now);
	assert_memory_equal(now, wanted, 6);
	assert_memory_not_equal(out + 8, hello + 8, 32);
	disguise_free(d);
}

/* As many bits, as printable. */
static void
openings(void **state)
{
	uint8_t b[256];
	struct disguise *d = disguise_new(key);
	struct scrub s = scrub(d, b, sizeof b, CLIENT);
	unsigned same = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		b[i] = (uint8_t)(i * 37 + 11);
	scrub_opening(&s, sizeof b);
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(__builtin_popcount(b[i]), __builtin_popcount(out[i]));
		assert_int_equal(b[i] >= 0x20 && b[i] <= 0x7e, out[i] >= 0x20 && out[i] <= 0x7e);
		same += b[i] == out[i];
	}
	assert_true(same < 64);
	disguise_free(d);
}

/* RFC 9001, A.4: the tag of a Retry is made as it is checked. */
static void
retry(void **state)
{
	static const uint8_t packet[] = {0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x08, 0xf0, 0x67,
					 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5, 0x74, 0x6f, 0x6b,
					 0x65, 0x6e, 0x04, 0xa2, 0x65, 0xba, 0x2e, 0xff, 0x4d,
					 0x82, 0x90, 0x58, 0xfb, 0x3f, 0x0f, 0x24, 0x96, 0xba};
	static const uint8_t original[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
	uint8_t copy[sizeof packet];

	(void)state;
	memcpy(copy, packet, sizeof copy);
	memset(copy + sizeof copy - QUIC_TAG, 0, QUIC_TAG);
	quic_retry_sign(quic_version_find(1), (struct bytes){original, sizeof original}, copy,
			sizeof copy);
	assert_memory_equal(copy, packet, sizeof copy);
}

/* Cut anywhere, nothing is written behind the end, and nothing that was secret shows. */
static void
cut(void **state)
{
	static const char *const protocols[] = {
	    "tls",       "http",  "dns",  "ssh",     "whatsapp",  "mtproto", "pptp",
	    "openvpn",   "viber", "stun", "socks",   "mail",      "quic",    "dtls",
	    "wireguard", "ike",   "l2tp", "discord", "reflector", "dnscrypt"};
	struct disguise *d = disguise_new(key);
	uint8_t b[300];

	(void)state;
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		for (unsigned seed = 0; seed < 64; seed++)
			for (size_t n = 0; n < sizeof b; n += 1 + n / 8) {
				struct scrub s;

				srand(seed); /* NOLINT(cert-msc51-cpp): any bytes will do */
				for (size_t k = 0; k < sizeof b; k++)
					b[k] =
					    (uint8_t)(seed & 1 ? rand() & 7 : rand()); /* NOLINT */
				s = scrub(d, b, n, seed & 2 ? CLIENT : SERVER);
				scrub_stream(&s, protocols[i]);
				s = scrub(d, b, n, seed & 2 ? CLIENT : SERVER);
				s.datagram = true;
				scrub_datagram(&s, protocols[i]);
				for (size_t k = n; k < n + 64; k++)
					assert_int_equal(out[k], scrub_filling(k));
			}
	disguise_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unknown), cmocka_unit_test(http),     cmocka_unit_test(pages),
	    cmocka_unit_test(dns),     cmocka_unit_test(telegram), cmocka_unit_test(openings),
	    cmocka_unit_test(retry),   cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
