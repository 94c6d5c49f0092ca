/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What QUIC says, against the vectors of RFC 9001 and RFC 9369, and hellos split, overlapped,
 * repeated, damaged, and sent elsewhere by a Retry. */
#include "quickeys.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t sample_dcid[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static void
assert_hex(const uint8_t *p, size_t n, const char *hex)
{
	char text[2 * 64 + 1];

	assert_true(n <= 64);
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	assert_string_equal(text, hex);
}

static struct sample
sample(const char *name)
{
	struct sample s = {0};
	char path[512];

	snprintf(path, sizeof path, SOURCE_ROOT "/tests/payloads/quic/%s.bin", name);
	if (!sample_read(path, &s))
		fail_msg("no payload %s", name);
	return s;
}

/* The facts of datagrams, one after another, each so many milliseconds after the one before. */
static char *
facts_of(const char *const *names, int64_t apart)
{
	struct packet packet = {.number = 1, .nsec = NSEC_PER_SEC, .ip_version = 4};
	char *text;
	struct flow f;

	flow_begin(&f, dissector_find("quic"), DATAGRAMS, 443);
	f.now = &packet;
	for (; *names; names++) {
		struct sample s = sample(*names);

		flow_hear(&f, s.from, DATAGRAMS, s.p, s.n);
		f.half[s.from].packets++;
		packet.number++;
		packet.nsec += apart * NSEC_PER_MSEC;
		free(s.p);
	}
	text = facts_text(&f, f.nfacts);
	flow_end(&f);
	return text;
}

#define FACTS(...) facts_of((const char *const[]){__VA_ARGS__, NULL}, 1)
#define SLOWLY(...) facts_of((const char *const[]){__VA_ARGS__, NULL}, 1000)

static size_t
count(const char *text, const char *line)
{
	size_t n = 0, length = strlen(line);

	for (const char *p = text; (p = strstr(p, line)); p += length)
		n += (p == text || p[-1] == '\n') && p[length] == '\n';
	return n;
}

static void
assert_says(char *text, const char *line)
{
	if (count(text, line) != 1)
		fail_msg("%zu times %s in\n%s", count(text, line), line, text);
}

/* RFC 9001, A.1; the second version's are in RFC 9369, A.1. */
static void
test_keys(void **state)
{
	struct bytes dcid = {sample_dcid, sizeof sample_dcid};
	struct quic_keys k;

	(void)state;
	quic_keys_derive(&k, quic_version_find(1), dcid, false);
	assert_hex(k.key, 16, "1f369613dd76d5467730efcbe3b1a22d");
	assert_hex(k.iv, 12, "fa044b2f42a3fd3b46fb255c");
	assert_hex(k.header, 16, "9f50449e04a0e810283a1e9933adedd2");
	quic_keys_derive(&k, quic_version_find(1), dcid, true);
	assert_hex(k.key, 16, "cf3a5331653c364c88f0f379b6067e37");
	assert_hex(k.iv, 12, "0ac1493ca1905853b0bba03e");
	assert_hex(k.header, 16, "c206b8d9b9f0f37644430b490eeaa314");
}

/* The payloads are sealed by the laboratory: here they are held against what the RFCs print. */
static void
test_vectors(void **state)
{
	static const struct {
		const char *name, *head, *tail;
		size_t n;
	} all[] = {
	    {"rfc9001-client", "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11",
	     "e221af44860018ab0856972e194cd934", 1200},
	    {"rfc9369-client", "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485",
	     "a18b2faa745b6fe189cf772a9f84cbfc", 1200},
	    {"rfc9001-server", "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a",
	     "3d20398c276456cbc42158407dd074ee", 135},
	    {"rfc9369-server", "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698",
	     "1a3e2c43edd9ce7ca84bed8521e2e140", 135},
	    {"rfc9001-retry", "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f",
	     "04a265ba2eff4d829058fb3f0f2496ba", 36},
	    {"rfc9369-retry", "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d9555436",
	     "c8646ce8bfe33952d955543665dcc7b6", 36},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct sample s = sample(all[i].name);
		char text[33];

		assert_int_equal(s.n, all[i].n);
		assert_hex(s.p, 32, all[i].head);
		for (size_t k = 0; k < 16; k++)
			snprintf(text + 2 * k, 3, "%02x", s.p[s.n - 16 + k]);
		assert_string_equal(text + 32 - strlen(all[i].tail), all[i].tail);
		free(s.p);
	}
}

static void
test_rfc(void **state)
{
	static const char *const versions[][4] = {
	    {"rfc9001-client", "rfc9001-server", "rfc9001-retry", "quic.version=1"},
	    {"rfc9369-client", "rfc9369-server", "rfc9369-retry", "quic.version=1798521807"}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		char *text = FACTS(versions[i][0], versions[i][1]);

		assert_says(text, versions[i][3]);
		assert_says(text, "quic.sni=example.com");
		assert_says(text, "quic.alpn=alpn");
		assert_says(text, "quic.client_hello.length=241");
		assert_says(text, "quic.server_hello");
		free(text);
		text = FACTS(versions[i][0], versions[i][2]);
		assert_says(text, "quic.retry");
		free(text);
	}
}

static void
test_versions(void **state)
{
	static const char *const names[] = {"hello-1",  "hello-2", "hello-29", "hello-27",
					    "hello-22", "chaos",   "overlap",  "token",
					    "q043",     "q046",    "q050",     "zeros-behind"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *text = FACTS(names[i]);

		assert_says(text, "quic.initial");
		assert_says(text, "quic.sni=blocked.example");
		assert_int_equal(count(text, "quic.malformed"), 0);
		free(text);
	}
}

/* A hello in two datagrams, in either order, one of them twice. */
static void
test_two_datagrams(void **state)
{
	char *text = FACTS("large", "large-rest");

	(void)state;
	assert_says(text, "quic.sni=blocked.example");
	assert_says(text, "quic.client_hello");
	free(text);
	text = FACTS("large-rest", "large-rest", "large");
	assert_says(text, "quic.sni=blocked.example");
	assert_says(text, "quic.client_hello");
	free(text);
	text = FACTS("large", "large");
	assert_int_equal(count(text, "quic.client_hello"), 0);
	free(text);
}

static void
test_server(void **state)
{
	char *text = FACTS("hello-1", "server", "coalesced", "handshake", "short");

	(void)state;
	assert_says(text, "quic.server_hello");
	assert_int_equal(count(text, "quic.handshake"), 2);
	assert_int_equal(count(text, "quic.short"), 2);
	assert_int_equal(count(text, "quic.undecryptable"), 0);
	assert_int_equal(count(text, "quic.repeat"), 0);
	free(text);
	/* Without the client's Initial there are no keys, and nothing is said of it. */
	text = FACTS("server");
	assert_string_equal(text, "quic.initial\nquic.scid=9999999999999999\n");
	free(text);
}

/* A Retry gives new keys if it holds, and none if it does not. */
static void
test_retry(void **state)
{
	char *text = FACTS("hello-1", "retry", "after-retry");

	(void)state;
	assert_says(text, "quic.retry");
	assert_says(text, "quic.token_length=9");
	assert_int_equal(count(text, "quic.undecryptable"), 0);
	free(text);
	text = FACTS("hello-1", "retry-bad");
	assert_says(text, "quic.retry_bad");
	assert_int_equal(count(text, "quic.retry"), 0);
	free(text);
	text = FACTS("hello-1", "negotiation");
	assert_says(text, "quic.version_negotiation");
	assert_says(text, "quic.supported_version=1");
	assert_says(text, "quic.supported_version=438975050");
	free(text);
}

/* The same ports, another connection. */
static void
test_another(void **state)
{
	char *text = FACTS("hello-1", "another");

	(void)state;
	assert_says(text, "quic.sni=blocked.example");
	assert_says(text, "quic.sni=other.example");
	assert_int_equal(count(text, "quic.undecryptable"), 0);
	free(text);
}

static void
test_damage(void **state)
{
	char *text = FACTS("tag-broken");

	(void)state;
	assert_says(text, "quic.undecryptable");
	assert_int_equal(count(text, "quic.sni=blocked.example"), 0);
	free(text);
	text = FACTS("short-initial");
	assert_says(text, "quic.initial");
	assert_int_equal(count(text, "quic.client_hello"), 0);
	free(text);
	text = FACTS("hello-1", "close");
	assert_says(text, "quic.cc.error_code=296");
	free(text);
	text = FACTS("reserved");
	assert_says(text, "quic.version=3132799658");
	assert_int_equal(count(text, "quic.undecryptable"), 0);
	free(text);
}

/* What comes again without an answer is told; what is answered is not. */
static void
test_repeat(void **state)
{
	char *text = SLOWLY("hello-1", "hello-1", "hello-1", "hello-1");

	(void)state;
	assert_int_equal(count(text, "quic.repeat"), 3);
	free(text);
	text = SLOWLY("hello-1", "server", "coalesced", "short");
	assert_int_equal(count(text, "quic.repeat"), 0);
	free(text);
	text = SLOWLY("hello-1", "server", "coalesced", "handshake", "handshake", "handshake");
	assert_int_equal(count(text, "quic.repeat"), 2);
	free(text);
}

/* Whatever the packet says, the work and the memory are bounded. */
static void
test_bounds(void **state)
{
	const char *names[400];
	char *text;

	(void)state;
	for (size_t i = 0; i < 399; i++)
		names[i] = i % 2 ? "another" : "hello-1";
	names[399] = NULL;
	text = facts_of(names, 1);
	assert_true(count(text, "quic.initial") <= 64);
	assert_true(count(text, "quic.undecryptable") <= 16);
	free(text);
	for (size_t i = 0; i < 399; i++)
		names[i] = "short";
	text = facts_of(names, 1);
	assert_string_equal(text, "quic.short\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),   cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_rfc),    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_server), cmocka_unit_test(test_two_datagrams),
	    cmocka_unit_test(test_retry),  cmocka_unit_test(test_another),
	    cmocka_unit_test(test_damage), cmocka_unit_test(test_repeat),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
