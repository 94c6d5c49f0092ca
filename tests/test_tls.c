/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What TLS says, against what is known otherwise: published fingerprints, and hellos cut, shared
 * and damaged in every way that the record layer allows. */
#include "hellos.h"

static void
test_chrome(void **state)
{
	char *facts = hello_facts(&chrome);

	(void)state;
	assert_line(facts, "tls.client_hello");
	assert_line(facts, "tls.version=771");
	assert_line(facts, "tls.supported_version=772");
	assert_line(facts, "tls.sni=tls.browserleaks.com");
	assert_line(facts, "tls.alpn=h2");
	assert_line(facts, "tls.ech");
	assert_line(facts, "tls.ja3=98487aa16281980e7d1120d399efb6a4");
	assert_line(facts, "tls.ja4=t13d1516h2_8daaf6152771_d8a2da3f94cd");
	free(facts);
}

static unsigned long
shape_of(const struct hello *h)
{
	char *facts = hello_facts(h), *line = strstr(facts, "tls.client_hello.shape=");
	unsigned long shape;

	assert_non_null(line);
	shape = strtoul(strchr(line, '=') + 1, NULL, 10);
	free(facts);
	return shape;
}

/* A shape does not depend on order, on the name or on GREASE; on anything else it does. */
static void
test_shape(void **state)
{
	struct hello h = {.version = 0x0303,
			  .ciphers = {0x0a0a, 0x1301, 0xc02b, 0xc02f},
			  .extensions = {0x10000, 10, 11, 23, 0x1a1a},
			  .groups = {23, 24},
			  .formats = {0x10000},
			  .sni = "example.com"};
	const struct hello other = {.version = 0x0303,
				    .ciphers = {0xc02f, 0x2a2a, 0x1301, 0xc02b},
				    .extensions = {23, 0x3a3a, 11, 10, 0x10000},
				    .groups = {23, 24},
				    .formats = {0x10000},
				    .sni = "another.example"};
	unsigned long shape = shape_of(&h);

	(void)state;
	assert_true(shape != 0);
	assert_int_equal(shape_of(&other), shape);
	h.ciphers[3] = 0xc030;
	assert_int_not_equal(shape_of(&h), shape);
	h.ciphers[3] = 0xc02f;
	h.extensions[3] = 35;
	assert_int_not_equal(shape_of(&h), shape);
}

/* The two examples of JA3's own README. */
static void
test_ja3(void **state)
{
	struct hello h = {.version = 0x0301,
			  .ciphers = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
			  .extensions = {0x10000, 10, 11},
			  .groups = {23, 24, 25},
			  .formats = {0x10000},
			  .sni = "example.com"};
	char *facts = hello_facts(&h);

	(void)state;
	assert_line(facts, "tls.ja3=ada70206e40642a3e4461f35503241d5");
	free(facts);
	h = (struct hello){.version = 0x0301, .ciphers = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}};
	facts = hello_facts(&h);
	assert_line(facts, "tls.ja3=de350869b8c85de67a350c8d186f11e6");
	/* JA4 of a hello without extensions: zeros for their hash, no ALPN, an address. */
	assert_memory_equal(strstr(facts, "tls.ja4=") + 8, "t10i110000_", 11);
	assert_memory_equal(strstr(facts, "tls.ja4=") + 31, "_000000000000\n", 13);
	free(facts);
}

/* The examples of JA4's specification, technical_details/JA4.md. */
static void
test_ja4(void **state)
{
	struct hello h = chrome;
	static const unsigned extensions[] = {0x001b, 0x10000, 0x0033, 0x0010, 0x4469, 0x0017,
					      0x002d, 0x000d,  0x0005, 0x0023, 0x0012, 0x002b,
					      0xff01, 0x000b,  0x000a, 0x0015, 0};
	static const struct {
		const char *alpn, *word;
	} alpns[] = {{"h2", "h2"},
		     {"http/1.1", "h1"},
		     {"\xab", "ab"},
		     {"\xab\xcd", "ad"},
		     {"0\xab", "3b"},
		     {"01\xab\xcd", "3d"},
		     {"0\xab\xcd"
		      "1",
		      "01"},
		     {"x", "xx"},
		     {"", "00"}};
	char *facts;

	(void)state;
	memcpy(h.extensions, extensions, sizeof extensions);
	facts = hello_facts(&h);
	assert_line(facts, "tls.ja4=t13d1516h2_8daaf6152771_e5627efa2ab1");
	free(facts);
	h.signatures[0] = 0;
	facts = hello_facts(&h);
	assert_line(facts, "tls.ja4=t13d1516h2_8daaf6152771_6d807ffa2a79");
	free(facts);
	for (size_t i = 0; i < sizeof alpns / sizeof *alpns; i++) {
		char start[16];

		h.alpn = alpns[i].alpn;
		facts = hello_facts(&h);
		snprintf(start, sizeof start, "t13d1516%s_", alpns[i].word);
		assert_memory_equal(strstr(facts, "tls.ja4=") + 8, start, 11);
		free(facts);
	}
}

static void
test_versions(void **state)
{
	static const struct {
		unsigned version, supported;
		const char *word;
	} cases[] = {{0x0300, 0, "s3"},      {0x0301, 0, "10"},      {0x0302, 0, "11"},
		     {0x0303, 0, "12"},      {0x0303, 0x0304, "13"}, {0x0303, 0x0303, "12"},
		     {0x0303, 0x0a0a, "12"}, {0x0303, 0x7f1c, "00"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hello h = {.version = cases[i].version,
				  .ciphers = {0x002f},
				  .extensions = {43},
				  .versions = {0x3a3a, cases[i].supported}};
		char *facts = hello_facts(&h);

		assert_line(facts, "tls.version=%u", cases[i].version);
		assert_memory_equal(strstr(facts, "tls.ja4=") + 9, cases[i].word, 2);
		free(facts);
	}
}

/* One hello, cut into records of every size, says the same. */
static void
test_fragments(void **state)
{
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	char *whole = hello_facts(&chrome), *text;

	(void)state;
	put_hello(message, &chrome);
	for (size_t size = 1; size <= message->n; size++) {
		struct flow f;

		m->n = 0;
		put_records(m, 22, message->b, message->n, size);
		f = tell("tls", &(struct turn){CLIENT, m->b, m->n}, 1, m->n);
		text = facts_text(&f, f.nfacts);
		assert_string_equal(text, whole);
		free(text);
		flow_end(&f);
	}
	/* Two segments, cut anywhere; and twenty. */
	m->n = 0;
	put_records(m, 22, message->b, message->n, 100);
	for (size_t step = 1; step < m->n; step++) {
		struct turn two[] = {{CLIENT, m->b, step}, {CLIENT, m->b + step, m->n - step}};
		struct flow f = tell("tls", two, 2, m->n);

		text = facts_text(&f, f.nfacts);
		assert_string_equal(text, whole);
		free(text);
		flow_end(&f);
	}
	text = facts_told("tls", &(struct turn){CLIENT, m->b, m->n}, 1);
	assert_string_equal(text, whole);
	free(text);
	free(whole);
	free(message);
	free(m);
}

/* A record may end one message and begin the next; an alert may cut in. */
static void
test_shared_records(void **state)
{
	struct build *two = xcalloc(1, sizeof *two), *m = xcalloc(1, sizeof *m);
	char *one = hello_facts(&chrome), *text, *expected = NULL;

	(void)state;
	put_hello(two, &chrome);
	put_hello(two, &chrome);
	for (size_t size = 50; size < 700; size += 13) {
		m->n = 0;
		put_records(m, 22, two->b, two->n, size);
		text = facts_told("tls", &(struct turn){CLIENT, m->b, m->n}, 1);
		assert_true(asprintf(&expected, "%s%s", one, one) > 0);
		assert_string_equal(text, expected);
		free(expected);
		free(text);
	}
	m->n = 0;
	put_records(m, 22, two->b, 100, 60); /* a part of the first */
	put_records(m, 21, "\2\x28", 2, 2);
	check_one("tls", SERVER, m->b, m->n,
		  "tls.client_hello.cut\ntls.alert.level=2\ntls.alert.description=40\n");
	m->n = 0;
	put_records(m, 22, two->b, 100, 60);
	put_records(m, 23, two->b, 100, 100);
	check_one("tls", CLIENT, m->b, m->n, "tls.malformed\n");
	free(one);
	free(two);
	free(m);
}

#define RECORD(type, bytes) type "\x03\x03" bytes

static void
test_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\n", 17},                          /* another protocol */
	    {"\x19\x03\x03\x00\x01\x00", 6},                      /* no such type */
	    {"\x16\x04\x03\x00\x01\x00", 6},                      /* no such version */
	    {"\x16\x03\x05\x00\x01\x00", 6},                      /* nor this one */
	    {"\x16\x03\x03\x00\x00", 5},                          /* an empty fragment */
	    {"\x16\x03\x03\x48\x01", 5},                          /* one byte too long */
	    {"\x16\x03\x03\x00\x04\x63\x00\x00\x00", 9},          /* no such message */
	    {"\x16\x03\x03\x00\x04\x01\x01\x00\x01", 9},          /* longer than 64 KiB */
	    {"\x16\x03\x03\x00\x06\x01\x00\x00\x02\x03\x03", 11}, /* a hello that ends early */
	    {"\x14\x03\x03\x00\x01\x02", 6},         /* ChangeCipherSpec of another kind */
	    {"\x14\x03\x03\x00\x02\x01\x01", 7},     /* and of another length */
	    {"\x15\x03\x03\x00\x03\x02\x28\x00", 8}, /* an odd alert */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_one("tls", CLIENT, cases[i].bytes, cases[i].n, "tls.malformed\n");
	/* As long as a record may be: what follows is awaited. */
	check_one("tls", CLIENT, "\x16\x03\x03\x48\x00\x01", 6, "");
}

static void
test_alerts(void **state)
{
	(void)state;
	check_one("tls", SERVER, "\x15\x03\x01\x00\x02\x02\x70", 7,
		  "tls.alert.level=2\ntls.alert.description=112\n");
	check_one("tls", SERVER, "\x15\x03\x03\x00\x04\x01\x00\x02\x2f", 9,
		  "tls.alert.level=1\ntls.alert.description=0\n"
		  "tls.alert.level=2\ntls.alert.description=47\n");
	check_one("tls", SERVER,
		  "\x15\x03\x03\x00\x1a"
		  "abcdefghijklmnopqrstuvwxyz"
		  "\x15\x03\x03\x00\x02\x01\x00",
		  38, "tls.alert.encrypted\ntls.alert.level=1\ntls.alert.description=0\n");
}

static void
test_ssl2(void **state)
{
	static const char hello[] = "\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"
				    "\0\0\4\0\0\5\0\0\12\1\0\200\7\0\300\3\0\200\6\0\100"
				    "0123456789abcdef";
	struct bytes b = {(const uint8_t *)hello, sizeof hello - 1};

	(void)state;
	assert_int_equal(dissector_find("tls")->probe(b, CLIENT), YES);
	for (size_t i = 1; i < 11; i++)
		assert_int_equal(dissector_find("tls")->probe((struct bytes){b.p, i}, CLIENT),
				 MAYBE);
	check_one("tls", CLIENT, b.p, b.n,
		  "tls.client_hello\ntls.version=769\ntls.client_hello.length=46\n");
}

static void
test_probe(void **state)
{
	const struct dissector *tls = dissector_find("tls"), *http = dissector_find("http");
	static const struct {
		const char *bytes;
		size_t n;
		enum guess tls, http;
	} cases[] = {
	    {"\x16\x03\x01\x02\x00\x01", 6, YES, NO},
	    {"\x16\x03\x03\x02\x00\x02", 6, YES, NO},
	    {"\x16\x03\x01\x02\x00", 5, MAYBE, NO},
	    {"\x16\x03", 2, MAYBE, NO},
	    {"\x16", 1, MAYBE, NO},
	    {"\x16\x03\x01\x02\x00\x0b", 6, NO, NO},
	    {"\x16\x03\x05\x02\x00\x01", 6, NO, NO},
	    {"\x16\x03\x01\xff\x00\x01", 6, NO, NO},
	    {"\x15\x03\x01\x00\x02\x02", 6, YES, NO},
	    {"\x15\x03\x01\x00\x02\x03", 6, NO, NO},
	    {"\x17\x03\x03\x00\x20\x01", 6, NO, NO},
	    {"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x11", 11, NO, NO},
	    {"GET / HTTP/1.1\r\n", 16, NO, YES},
	    {"GET ", 4, NO, YES},
	    {"GET", 3, NO, MAYBE},
	    {"P", 1, NO, MAYBE},
	    {"GETS ", 5, NO, NO},
	    {"HTTP/1.", 7, NO, YES},
	    {"HTTP/1", 6, NO, MAYBE},
	    {"HTTP/2 ", 7, NO, NO},
	    {"\r\nGET /", 7, NO, YES},
	    {"\r\n", 2, NO, MAYBE},
	    {"PRI * HT", 8, NO, YES},
	    {"SSH-2.0-", 8, NO, NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes b = {(const uint8_t *)cases[i].bytes, cases[i].n};

		assert_int_equal(tls->probe(b, CLIENT), cases[i].tls);
		assert_int_equal(http->probe(b, CLIENT), cases[i].http);
	}
}

/* The beginning of a hello whose end never comes names the server; nothing else can be said. */
static void
test_cut_hello(void **state)
{
	const struct dissector *tls = dissector_find("tls");
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	struct hello h = chrome;
	size_t named = 0;

	(void)state;
	put_hello(message, &h);
	put_records(m, 22, message->b, message->n, 60);
	for (size_t n = 9; n < m->n; n++) {
		struct cursor in = cursor_over((struct bytes){m->b, n}, CURSOR_BAD);
		struct flow f;
		char *text;

		flow_begin(&f, tls, STREAM, 443);
		tls->message(&f, CLIENT, &in);
		text = facts_text(&f, f.nfacts);
		assert_int_equal(in.err, CURSOR_OK);
		assert_int_equal(count(text, "tls.client_hello.cut\n"), 1);
		assert_null(strstr(text, "tls.ja3"));
		named += count(text, "tls.sni=tls.browserleaks.com\n");
		free(text);
		flow_end(&f);
	}
	/* From where the name ends to where the hello ends. */
	assert_in_range(named, 40, message->n);
	free(message);
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chrome),         cmocka_unit_test(test_ja3),
	    cmocka_unit_test(test_shape),          cmocka_unit_test(test_ja4),
	    cmocka_unit_test(test_versions),       cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_shared_records), cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_alerts),         cmocka_unit_test(test_ssl2),
	    cmocka_unit_test(test_probe),          cmocka_unit_test(test_cut_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
