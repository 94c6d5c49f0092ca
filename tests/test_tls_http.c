/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What TLS and HTTP say, against what is known otherwise: published fingerprints, handshakes that
 * OpenSSL holds with itself, certificates of its making, bodies that zlib compressed. Every
 * conversation is told whole, byte by byte, and in between, and must come to the same facts. */
#include "samples.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <zlib.h>

/* --- conversations --- */

struct turn {
	enum side from;
	const void *p;
	size_t n;
};

static struct flow
tell(const char *name, const struct turn *turns, size_t n, size_t step)
{
	struct flow f;

	flow_begin(&f, dissector_find(name), STREAM, 443);
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at < turns[i].n; at += step) {
			size_t rest = turns[i].n - at;

			flow_hear(&f, turns[i].from, STREAM, (const uint8_t *)turns[i].p + at,
				  rest < step ? rest : step);
		}
	return f;
}

/* The facts of a conversation, which must not depend on how its bytes are cut. */
static char *
facts_told(const char *name, const struct turn *turns, size_t n)
{
	static const size_t steps[] = {1, 2, 3, 5, 7, 16, 61, 256, 1460};
	struct flow f = tell(name, turns, n, SIZE_MAX / 2);
	char *whole = facts_text(&f, f.nfacts);

	flow_end(&f);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char *text;

		f = tell(name, turns, n, steps[i]);
		text = facts_text(&f, f.nfacts);
		flow_end(&f);
		assert_string_equal(text, whole);
		free(text);
	}
	return whole;
}

static void
check(const char *name, const struct turn *turns, size_t n, const char *facts)
{
	char *text = facts_told(name, turns, n);

	assert_string_equal(text, facts);
	free(text);
}

static void
check_one(const char *name, enum side from, const void *p, size_t n, const char *facts)
{
	check(name, &(struct turn){from, p, n}, 1, facts);
}

static void
check_text(enum side from, const char *text, const char *facts)
{
	check_one("http", from, text, strlen(text), facts);
}

/* Whether a line stands among facts. */
static bool
has_line(const char *facts, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = facts; (p = strstr(p, line)); p++)
		if ((p == facts || p[-1] == '\n') && p[n] == '\n')
			return true;
	return false;
}

static void
assert_line(const char *facts, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (!has_line(facts, line))
		fail_msg("no \"%s\" in\n%s", line, facts);
}

/* --- building hellos --- */

struct build {
	uint8_t b[70000];
	size_t n;
};

static void
put8(struct build *m, unsigned v)
{
	assert_true(m->n < sizeof m->b);
	m->b[m->n++] = (uint8_t)v;
}

static void
put16(struct build *m, unsigned v)
{
	put8(m, v >> 8);
	put8(m, v & 0xff);
}

static void
put_bytes(struct build *m, const void *p, size_t n)
{
	assert_true(m->n + n <= sizeof m->b);
	if (n)
		memcpy(m->b + m->n, p, n);
	m->n += n;
}

/* A length of so many bytes before all that is put until close_length(). */
static size_t
open_length(struct build *m, int width)
{
	for (int i = 0; i < width; i++)
		put8(m, 0);
	return m->n;
}

static void
close_length(struct build *m, size_t start, int width)
{
	size_t n = m->n - start;

	for (int i = 1; i <= width; i++, n >>= 8)
		m->b[start - (size_t)i] = (uint8_t)n;
}

#define LIST_MAX 32
struct hello { /* lists end with the first 0 after the first element; 0x10000 stands for 0 */
	unsigned version;
	unsigned ciphers[LIST_MAX], extensions[LIST_MAX], groups[LIST_MAX], formats[LIST_MAX],
	    signatures[LIST_MAX], versions[LIST_MAX];
	const char *sni, *alpn;
};

static void
put_list16(struct build *m, const unsigned *list)
{
	size_t start = open_length(m, 2);

	for (; *list; list++)
		put16(m, *list & 0xffff);
	close_length(m, start, 2);
}

static void
put_list8(struct build *m, const unsigned *list, int width)
{
	size_t start = open_length(m, 1);

	for (; *list; list++)
		width == 1 ? put8(m, *list & 0xff) : put16(m, *list & 0xffff);
	close_length(m, start, 1);
}

static void
put_extension(struct build *m, const struct hello *h, unsigned type)
{
	size_t whole, list, name;

	put16(m, type);
	whole = open_length(m, 2);
	switch (type) {
	case 0:
		list = open_length(m, 2);
		put8(m, 0);
		name = open_length(m, 2);
		put_bytes(m, h->sni, strlen(h->sni));
		close_length(m, name, 2);
		close_length(m, list, 2);
		break;
	case 10:
		put_list16(m, h->groups);
		break;
	case 11:
		put_list8(m, h->formats, 1);
		break;
	case 13:
		put_list16(m, h->signatures);
		break;
	case 16:
		list = open_length(m, 2);
		name = open_length(m, 1);
		put_bytes(m, h->alpn, strlen(h->alpn));
		close_length(m, name, 1);
		put_bytes(m, "\x08http/1.1", 9);
		close_length(m, list, 2);
		break;
	case 43:
		put_list8(m, h->versions, 2);
		break;
	case 0xfe0d: /* ECHClientHello outer, as long as one is */
		put8(m, 0);
		put_bytes(m, "\0\1\0\1\x2a", 5);
		break;
	}
	close_length(m, whole, 2);
}

/* The handshake message, without record. */
static void
put_hello(struct build *m, const struct hello *h)
{
	size_t whole, list;

	put8(m, 1);
	whole = open_length(m, 3);
	put16(m, h->version);
	for (unsigned i = 0; i < 32; i++)
		put8(m, 0xa0 + i);
	put8(m, 0);
	put_list16(m, h->ciphers);
	put_bytes(m, "\1\0", 2);
	if (h->extensions[0]) {
		list = open_length(m, 2);
		for (const unsigned *e = h->extensions; *e; e++)
			put_extension(m, h, *e & 0xffff);
		close_length(m, list, 2);
	}
	close_length(m, whole, 3);
}

/* Puts bytes into records of at most `size` bytes each. */
static void
put_records(struct build *m, unsigned type, const void *p, size_t n, size_t size)
{
	for (size_t at = 0; at < n; at += size) {
		size_t part = n - at < size ? n - at : size;

		put8(m, type);
		put16(m, 0x0301);
		put16(m, (unsigned)part);
		put_bytes(m, (const uint8_t *)p + at, part);
	}
}

static char *
hello_facts(const struct hello *h)
{
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	char *text;

	put_hello(message, h);
	put_records(m, 22, message->b, message->n, 16384);
	text = facts_told("tls", &(struct turn){CLIENT, m->b, m->n}, 1);
	free(message);
	free(m);
	return text;
}

/* Chrome 143, whose JA3 text and hash and JA4 and JA4_r browserleaks.com publishes as follows, with
 * GREASE put where Chrome puts it. The hashes were checked against the texts with md5sum and
 * sha256sum. */
static const struct hello chrome = {
    .version = 0x0303,
    .ciphers = {0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
		0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
    .extensions = {0xdada, 45, 51, 16, 65037, 23, 17613, 0x10000, 11, 10, 43, 65281, 35, 18, 5, 13,
		   27, 0x2a2a},
    .groups = {0xfafa, 4588, 29, 23, 24},
    .formats = {0x10000},
    .signatures = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
    .versions = {0x7a7a, 0x0304, 0x0303},
    .sni = "TLS.BrowserLeaks.com",
    .alpn = "h2",
};

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

/* --- handshakes and certificates by OpenSSL --- */

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static void
add_name(X509_NAME *name, const char *cn, const char *organization)
{
	if (cn)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)cn, -1, -1,
					   0);
	if (organization)
		X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)organization,
					   -1, -1, 0);
}

struct wanted {
	const char *cn, *organization, *issuer_cn, *issuer_organization, *alternatives;
	const char *not_before, *not_after; /* ASN.1 */
};

static X509 *
new_certificate(const struct wanted *w, EVP_PKEY *key)
{
	X509 *x = X509_new();

	assert_non_null(x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
	ASN1_TIME_set_string(X509_getm_notBefore(x), w->not_before);
	ASN1_TIME_set_string(X509_getm_notAfter(x), w->not_after);
	add_name(X509_get_subject_name(x), w->cn, w->organization);
	add_name(X509_get_issuer_name(x), w->issuer_cn, w->issuer_organization);
	X509_set_pubkey(x, key);
	if (w->alternatives) {
		X509_EXTENSION *e =
		    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, w->alternatives);

		assert_non_null(e);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void
hex_of(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* SHA-256 by OpenSSL's own functions for certificates. */
static void
certificate_hashes(X509 *x, char whole[65], char key[65])
{
	uint8_t sum[EVP_MAX_MD_SIZE], *der = NULL;
	unsigned n = 0;
	int length;

	assert_true(X509_digest(x, EVP_sha256(), sum, &n));
	hex_of(sum, n, whole);
	length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	assert_true(length > 0 && EVP_Digest(der, (size_t)length, sum, &n, EVP_sha256(), NULL));
	hex_of(sum, n, key);
	OPENSSL_free(der);
}

/* The handshake message of TLS 1.2 that carries these certificates. */
static void
put_certificates(struct build *m, X509 *const *chain, size_t n)
{
	size_t whole, list;

	put8(m, 11);
	whole = open_length(m, 3);
	list = open_length(m, 3);
	for (size_t i = 0; i < n; i++) {
		uint8_t *der = NULL;
		int length = i2d_X509(chain[i], &der);
		size_t one = open_length(m, 3);

		put_bytes(m, der, (size_t)length);
		close_length(m, one, 3);
		OPENSSL_free(der);
	}
	close_length(m, list, 3);
	close_length(m, whole, 3);
}

static char *
certificate_facts(X509 *const *chain, size_t n)
{
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	char *text;

	put_certificates(message, chain, n);
	put_records(m, 22, message->b, message->n, 16384);
	text = facts_told("tls", &(struct turn){SERVER, m->b, m->n}, 1);
	free(message);
	free(m);
	return text;
}

static void
test_certificate(void **state)
{
	static const struct wanted leaf = {
	    "www.example.com",
	    "Example",
	    "Some CA",
	    "Some Trust",
	    "DNS:WWW.Example.com,"
	    "IP:192.0.2.1,DNS:example.com,email:a@b.c,DNS:*.example.net",
	    "20260101000000Z",
	    "20270102030405Z"};
	static const struct wanted root = {"Some CA",        "Some Trust", "Some CA",
					   "Some Trust",     NULL,         "20000101000000Z",
					   "20491231235959Z"};
	EVP_PKEY *key = new_key();
	X509 *chain[2] = {new_certificate(&leaf, key), new_certificate(&root, key)};
	char whole[65], spki[65], *facts = certificate_facts(chain, 2), *wanted;

	(void)state;
	certificate_hashes(chain[0], whole, spki);
	assert_true(asprintf(&wanted,
			     "tls.certificate\ntls.cert.chain=2\ntls.cert.sha256=%s\n"
			     "tls.cert.subject=www.example.com\n"
			     "tls.cert.issuer=Some CA / Some Trust\n"
			     "tls.cert.san=www.example.com\ntls.cert.san=example.com\n"
			     "tls.cert.san=*.example.net\ntls.cert.spki_sha256=%s\n"
			     "tls.cert.not_before=1767225600\ntls.cert.not_after=1798859045\n",
			     whole, spki) > 0);
	assert_string_equal(facts, wanted);
	free(wanted);
	free(facts);
	facts = certificate_facts(&chain[1], 1);
	assert_line(facts, "tls.cert.self_signed");
	assert_line(facts, "tls.cert.chain=1");
	assert_null(strstr(facts, "tls.cert.san"));
	free(facts);
	X509_free(chain[0]);
	X509_free(chain[1]);
	EVP_PKEY_free(key);
}

static void
test_odd_certificates(void **state)
{
	static const struct wanted nameless = {
	    NULL, "Only Org", NULL, NULL, NULL, "19500101000000Z", "99991231235959Z"};
	char many[1024] = "";
	struct wanted crowded = {"x", NULL, "y", NULL, many, "20260101000000Z", "20270101000000Z"};
	EVP_PKEY *key = new_key();
	X509 *x = new_certificate(&nameless, key);
	char *facts = certificate_facts(&x, 1);
	size_t names = 0;

	(void)state;
	assert_line(facts, "tls.cert.subject=Only Org");
	assert_null(strstr(facts, "tls.cert.issuer"));
	assert_line(facts, "tls.cert.not_before=0");
	assert_line(facts, "tls.cert.not_after=253402300799");
	free(facts);
	X509_free(x);
	for (int i = 0; i < 20; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), "%sDNS:n%d.example",
			 i ? "," : "", i);
	x = new_certificate(&crowded, key);
	facts = certificate_facts(&x, 1);
	for (const char *p = facts; (p = strstr(p, "tls.cert.san=")); p++)
		names++;
	assert_int_equal(names, 16);
	assert_line(facts, "tls.cert.san=n15.example");
	free(facts);
	X509_free(x);
	/* What is no certificate is told by its hash alone; an empty list, by its mark. */
	check_one("tls", SERVER,
		  "\x16\x03\x03\x00\x0d\x0b\0\0\x09\0\0\x06\0\0\x03"
		  "abc",
		  18,
		  "tls.certificate\ntls.cert.chain=1\ntls.cert.sha256="
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
	check_one("tls", SERVER, "\x16\x03\x03\x00\x07\x0b\0\0\x03\0\0\0", 12,
		  "tls.certificate\ntls.cert.chain=0\n");
	EVP_PKEY_free(key);
}

/* Damage to every byte of a certificate, one at a time: no crash, and no fact twice as long. */
static void
test_damaged_certificate(void **state)
{
	static const struct wanted w = {
	    "www.example.com", "O", "CA", "O", "DNS:example.com", "20260101000000Z",
	    "20270101000000Z"};
	EVP_PKEY *key = new_key();
	X509 *x = new_certificate(&w, key);
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);

	(void)state;
	put_certificates(message, &x, 1);
	for (size_t i = 10; i < message->n; i++)
		for (unsigned with = 1; with < 256; with += 51) {
			struct flow f;

			m->n = 0;
			put_records(m, 22, message->b, message->n, 16384);
			m->b[5 + i] ^= (uint8_t)with;
			f = tell("tls", &(struct turn){SERVER, m->b, m->n}, 1, m->n);
			assert_string_equal(f.facts[0].field->name, "tls.certificate");
			flow_end(&f);
		}
	assert_int_equal(ERR_peek_error(), 0);
	X509_free(x);
	EVP_PKEY_free(key);
	free(message);
	free(m);
}

/* --- OpenSSL talks with itself, and is overheard --- */

struct overheard {
	struct turn turns[64];
	size_t n;
};

/* Moves what one end wrote to the other, and notes it. */
static bool
carry(struct overheard *o, enum side from, BIO *out, BIO *in)
{
	uint8_t b[32768];
	int n = BIO_read(out, b, sizeof b);
	uint8_t *copy;

	if (n <= 0)
		return false;
	copy = xcalloc((size_t)n, 1);
	memcpy(copy, b, (size_t)n);
	assert_true(o->n < sizeof o->turns / sizeof *o->turns);
	o->turns[o->n++] = (struct turn){from, copy, (size_t)n};
	assert_int_equal(BIO_write(in, b, n), n);
	return true;
}

static int
choose_alpn(SSL *ssl, const uint8_t **out, uint8_t *n, const uint8_t *in, unsigned in_n, void *arg)
{
	(void)ssl;
	(void)arg;
	*out = in + 1;
	*n = in[0];
	return in_n ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

struct pair {
	SSL_CTX *context[2];
	SSL *ssl[2];
	BIO *in[2], *out[2];
	EVP_PKEY *key;
	X509 *certificate;
};

static void
pair_open(struct pair *p, int version)
{
	static const struct wanted w = {
	    "localhost",      NULL, "Test CA", NULL, "DNS:localhost", "20260101000000Z",
	    "20960101000000Z"};

	p->key = new_key();
	p->certificate = new_certificate(&w, p->key);
	for (int s = CLIENT; s <= SERVER; s++) {
		p->context[s] =
		    SSL_CTX_new(s == CLIENT ? TLS_client_method() : TLS_server_method());
		assert_non_null(p->context[s]);
		SSL_CTX_set_min_proto_version(p->context[s], version);
		SSL_CTX_set_max_proto_version(p->context[s], version);
	}
	SSL_CTX_use_certificate(p->context[SERVER], p->certificate);
	SSL_CTX_use_PrivateKey(p->context[SERVER], p->key);
	SSL_CTX_set_alpn_select_cb(p->context[SERVER], choose_alpn, NULL);
}

static void
pair_talk(struct pair *p, struct overheard *o)
{
	char byte;
	bool moved;

	for (int s = CLIENT; s <= SERVER; s++) {
		p->ssl[s] = SSL_new(p->context[s]);
		p->in[s] = BIO_new(BIO_s_mem());
		p->out[s] = BIO_new(BIO_s_mem());
		SSL_set_bio(p->ssl[s], p->in[s], p->out[s]);
	}
	SSL_set_tlsext_host_name(p->ssl[CLIENT], "Host.Example");
	SSL_set_alpn_protos(p->ssl[CLIENT], (const uint8_t *)"\x08http/1.1", 9);
	SSL_set_connect_state(p->ssl[CLIENT]);
	SSL_set_accept_state(p->ssl[SERVER]);
	do {
		SSL_do_handshake(p->ssl[CLIENT]);
		moved = carry(o, CLIENT, p->out[CLIENT], p->in[SERVER]);
		SSL_do_handshake(p->ssl[SERVER]);
		moved |= carry(o, SERVER, p->out[SERVER], p->in[CLIENT]);
	} while (moved);
	if (!SSL_is_init_finished(p->ssl[CLIENT]) || !SSL_is_init_finished(p->ssl[SERVER]))
		return;
	SSL_write(p->ssl[CLIENT], "question", 8);
	carry(o, CLIENT, p->out[CLIENT], p->in[SERVER]);
	SSL_read(p->ssl[SERVER], &byte, 1);
	SSL_write(p->ssl[SERVER], "answer", 6);
	carry(o, SERVER, p->out[SERVER], p->in[CLIENT]);
}

static void
pair_close(struct pair *p, struct overheard *o)
{
	for (int s = CLIENT; s <= SERVER; s++) {
		SSL_free(p->ssl[s]);
		SSL_CTX_free(p->context[s]);
	}
	X509_free(p->certificate);
	EVP_PKEY_free(p->key);
	for (size_t i = 0; i < o->n; i++)
		free((void *)(uintptr_t)o->turns[i].p);
	ERR_clear_error();
}

static size_t
count(const char *facts, const char *line)
{
	size_t n = 0;

	for (const char *p = facts; (p = strstr(p, line)); p++)
		n += p == facts || p[-1] == '\n';
	return n;
}

static void
test_handshake_12(void **state)
{
	struct pair p = {0};
	struct overheard o = {.n = 0};
	char *facts, whole[65], spki[65];

	(void)state;
	pair_open(&p, TLS1_2_VERSION);
	pair_talk(&p, &o);
	facts = facts_told("tls", o.turns, o.n);
	certificate_hashes(p.certificate, whole, spki);
	assert_line(facts, "tls.sni=host.example");
	assert_line(facts, "tls.server_version=%d", SSL_version(p.ssl[CLIENT]));
	assert_line(facts, "tls.server_cipher=%d",
		    (int)SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(p.ssl[CLIENT])));
	assert_line(facts, "tls.server_alpn=http/1.1");
	assert_line(facts, "tls.cert.sha256=%s", whole);
	assert_line(facts, "tls.cert.spki_sha256=%s", spki);
	assert_line(facts, "tls.cert.subject=localhost");
	assert_line(facts, "tls.cert.issuer=Test CA");
	assert_int_equal(count(facts, "tls.change_cipher_spec\n"), 2);
	assert_int_equal(count(facts, "tls.application_data\n"), 2);
	assert_int_equal(count(facts, "tls.client_hello\n"), 1);
	assert_null(strstr(facts, "malformed"));
	assert_null(strstr(facts, "downgrade"));
	free(facts);
	pair_close(&p, &o);
}

static void
test_handshake_13(void **state)
{
	struct pair p = {0};
	struct overheard o = {.n = 0};
	char *facts;

	(void)state;
	pair_open(&p, TLS1_3_VERSION);
	pair_talk(&p, &o);
	facts = facts_told("tls", o.turns, o.n);
	assert_line(facts, "tls.server_version=772");
	assert_line(facts, "tls.server_cipher=%d",
		    (int)SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(p.ssl[CLIENT])));
	assert_int_equal(count(facts, "tls.application_data\n"), 2);
	assert_int_equal(count(facts, "tls.server_hello\n"), 1);
	assert_null(strstr(facts, "tls.certificate"));
	assert_null(strstr(facts, "tls.hello_retry"));
	assert_null(strstr(facts, "malformed"));
	free(facts);
	pair_close(&p, &o);
}

/* The client's key share is of no use to the server: both hellos come twice, and the second
 * ClientHello follows a ChangeCipherSpec in clear. */
static void
test_hello_retry(void **state)
{
	struct pair p = {0};
	struct overheard o = {.n = 0};
	char *facts;

	(void)state;
	pair_open(&p, TLS1_3_VERSION);
	SSL_CTX_set1_groups_list(p.context[CLIENT], "X25519:P-256");
	SSL_CTX_set1_groups_list(p.context[SERVER], "P-256");
	pair_talk(&p, &o);
	facts = facts_told("tls", o.turns, o.n);
	assert_int_equal(count(facts, "tls.client_hello\n"), 2);
	assert_int_equal(count(facts, "tls.server_hello\n"), 2);
	assert_int_equal(count(facts, "tls.hello_retry\n"), 1);
	assert_int_equal(count(facts, "tls.sni=host.example\n"), 2);
	assert_int_equal(count(facts, "tls.application_data\n"), 2);
	assert_null(strstr(facts, "malformed"));
	free(facts);
	/* The client's side alone, as a capture of one direction has it. */
	for (size_t i = 0; i < o.n; i++)
		if (o.turns[i].from == SERVER)
			o.turns[i].n = 0;
	facts = facts_told("tls", o.turns, o.n);
	assert_int_equal(count(facts, "tls.client_hello\n"), 2);
	assert_null(strstr(facts, "malformed"));
	free(facts);
	pair_close(&p, &o);
}

/* A server that could do better says so in its random (RFC 8446, 4.1.3), and the client's alert
 * follows. */
static void
test_downgrade(void **state)
{
	struct pair p = {0};
	struct overheard o = {.n = 0};
	char *facts;

	(void)state;
	pair_open(&p, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(p.context[SERVER], TLS1_3_VERSION);
	pair_talk(&p, &o);
	facts = facts_told("tls", o.turns, o.n);
	assert_int_equal(count(facts, "tls.downgrade\n"), 1);
	free(facts);
	pair_close(&p, &o);
}

static void
test_refusal(void **state)
{
	struct pair p = {0};
	struct overheard o = {.n = 0};
	char *facts;

	(void)state;
	pair_open(&p, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(p.context[CLIENT], TLS1_3_VERSION);
	SSL_CTX_set_min_proto_version(p.context[CLIENT], TLS1_3_VERSION);
	pair_talk(&p, &o);
	facts = facts_told("tls", o.turns, o.n);
	assert_line(facts, "tls.alert.description=70"); /* protocol_version */
	assert_null(strstr(facts, "tls.server_hello"));
	free(facts);
	pair_close(&p, &o);
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

/* --- HTTP --- */

static void
test_requests(void **state)
{
	(void)state;
	check_text(CLIENT, "GET http://User@WWW.Example.com:8080/a?b HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=GET\n"
		   "http.request.uri=http://User@WWW.Example.com:8080/a?b\n"
		   "http.host=www.example.com\n");
	check_text(CLIENT,
		   "GET http://a.example/ HTTP/1.0\nhOST :  B.Example:80 \nUser-Agent: x y\n\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=http://a.example/\n"
		   "http.host=b.example\nhttp.user_agent=x y\n");
	check_text(CLIENT, "CONNECT [2001:DB8::1]:443 HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=CONNECT\n"
		   "http.request.uri=[2001:DB8::1]:443\nhttp.host=2001:db8::1\n");
	check_text(CLIENT, "\r\n\r\nGET  /a b  HTTP/1.1\r\nHost: x\r\n folded\r\nnonsense\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/a b\nhttp.host=x\n");
	check_text(CLIENT, "GET / HTTP/1.1\r\nUpgrade: websocket\r\nHost:\r\n\r\n",
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/\n"
		   "http.upgrade=websocket\n");
	check_text(CLIENT, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nwhatever", "http.upgrade=h2c\n");
}

static void
test_malformed_http(void **state)
{
	static const char *const cases[] = {
	    "GET /\r\n",
	    "GET / HTTP/2.0\r\n\r\n",
	    "G(T / HTTP/1.1\r\n\r\n",
	    "HTTP/1.1 20 OK\r\n\r\n",
	    "HTTP/1.1 2x0 OK\r\n\r\n",
	    "HTTP/1.1\r\n\r\n",
	    "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n",
	    "\x16\x03\x01 hello\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_text(CLIENT, cases[i], "http.malformed\n");
}

/* Lines and heads beyond all bounds. */
static void
test_long_heads(void **state)
{
	size_t n = 100000;
	char *text = xcalloc(n + 1, 1), *facts;
	struct turn turn = {CLIENT, text, n};
	struct flow f;

	(void)state;
	memset(text, 'x', n);
	memcpy(text, "GET /", 5);
	f = tell("http", &turn, 1, 1460);
	facts = facts_text(&f, f.nfacts);
	assert_string_equal(facts, "http.malformed\n");
	free(facts);
	flow_end(&f);
	memcpy(text, "GET / HTTP/1.1\r\n", 16);
	for (size_t i = 16; i + 4 < n; i += 4)
		memcpy(text + i, "a:b\n", 4);
	f = tell("http", &turn, 1, 1460);
	facts = facts_text(&f, f.nfacts);
	assert_string_equal(facts, "http.malformed\n");
	free(facts);
	flow_end(&f);
	/* The longest that is still taken. */
	memcpy(text + 32000, "\n\n", 2);
	turn.n = 32002;
	f = tell("http", &turn, 1, 1460);
	assert_int_equal(f.nfacts, 3);
	flow_end(&f);
	free(text);
}

#define PAGE "<html><head><TITLE lang=en>\n Access denied </title></head></html>"
#define PAGE_FACTS                                                                                 \
	"http.title=Access denied\n"                                                               \
	"http.body=<html><head><TITLE lang=en>\\x0a Access denied </title></head></html>\n"

static void
test_bodies(void **state)
{
	(void)state;
	check_text(SERVER,
		   "HTTP/1.1 200 OK\r\nContent-Length: 65\r\nContent-Type: Text/HTML; "
		   "charset=x\r\n\r\n" PAGE "HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno",
		   "http.response\nhttp.response.code=200\nhttp.response.phrase=OK\n"
		   "http.content_type=Text/HTML; charset=x\nhttp.content_length=65\n" PAGE_FACTS
		   "http.response\nhttp.response.code=404\nhttp.content_length=2\nhttp.body=no\n");
	/* Pictures and downloads are passed over, and what follows is found. */
	check_text(SERVER,
		   "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5\r\n\r\nabcde"
		   "HTTP/1.1 206 Partial\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "5;x=y\r\nabcde\r\n0\r\nTrailer: x\r\n\r\n"
		   "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"
		   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503 Busy\r\nContent-Length:0\r\n\r\n",
		   "http.response\nhttp.response.code=200\nhttp.response.phrase=OK\n"
		   "http.content_type=image/png\nhttp.content_length=5\n"
		   "http.response\nhttp.response.code=206\nhttp.response.phrase=Partial\n"
		   "http.response\nhttp.response.code=304\nhttp.response.phrase=Not Modified\n"
		   "http.content_length=500\n"
		   "http.response\nhttp.response.code=100\nhttp.response.phrase=Continue\n"
		   "http.response\nhttp.response.code=503\nhttp.response.phrase=Busy\n"
		   "http.content_length=0\n");
	check_text(
	    SERVER,
	    "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "A\r\n<html><hea\r\n37 \r\nd><TITLE lang=en>\n Access denied </title></head>"
	    "</html>\r\n0\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
	    "http.response\nhttp.response.code=403\nhttp.response.phrase=Forbidden\n" PAGE_FACTS
	    "http.response\nhttp.response.code=204\nhttp.response.phrase=None\n");
}

/* A body longer than what is looked at: its beginning is kept, and the next answer is found. */
static void
test_long_bodies(void **state)
{
	enum { LONG = 5000 };
	char *text = xcalloc(LONG + 500, 1), *facts;
	int n = snprintf(text, 100, "HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n", LONG);

	(void)state;
	memset(text + n, 'x', LONG);
	strcat(text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"); /* 2000 */
	facts = facts_told("http", &(struct turn){SERVER, text, strlen(text)}, 1);
	assert_non_null(strstr(facts, "http.response.code=200"));
	assert_int_equal(strspn(strstr(facts, "http.body=") + 10, "x"), 2048);
	free(facts);
	/* In chunks: one that the look ends in, one after it. */
	n = snprintf(text, 100, "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n");
	memset(text + n, 'y', 2000);
	n += 2000;
	n += snprintf(text + n, 100, "\r\n3e8\r\n");
	memset(text + n, 'z', 1000);
	n += 1000;
	snprintf(text + n, 100, "\r\n1\r\nq\r\n0\r\n\r\nHTTP/1.1 204 None\r\n\r\n");
	facts = facts_told("http", &(struct turn){SERVER, text, strlen(text)}, 1);
	assert_int_equal(strspn(strstr(facts, "http.body=") + 10, "y"), 2000);
	assert_int_equal(strspn(strstr(facts, "http.body=") + 2010, "z"), 48);
	assert_non_null(strstr(facts, "http.response.code=204"));
	free(facts);
	free(text);
}

static size_t
compress_as(int bits, const char *s, size_t n, uint8_t *out, size_t max)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (z_const Bytef *)(uintptr_t)s;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)max;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return max - z.avail_out;
}

static void
test_compressed(void **state)
{
	static const struct {
		const char *coding;
		int bits;
	} cases[] = {{"gzip", 31}, {"x-gzip", 31}, {"deflate", 15}, {"Deflate", -15}};
	uint8_t zipped[4096];
	char message[8192], *facts;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = compress_as(cases[i].bits, PAGE, strlen(PAGE), zipped, sizeof zipped);
		int head = snprintf(message, sizeof message,
				    "HTTP/1.1 403 No\r\nContent-Encoding: %s\r\nContent-Length: "
				    "%zu\r\n\r\n",
				    cases[i].coding, n);

		memcpy(message + head, zipped, n);
		facts = facts_told("http", &(struct turn){SERVER, message, (size_t)head + n}, 1);
		assert_non_null(strstr(facts, PAGE_FACTS));
		free(facts);
	}
	/* A bomb: a megabyte in a kilobyte. */
	char *zeros = xcalloc(1 << 20, 1);
	size_t n = compress_as(31, zeros, 1 << 20, zipped, sizeof zipped);
	int head = snprintf(message, sizeof message,
			    "HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: %zu"
			    "\r\n\r\n",
			    n);

	memcpy(message + head, zipped, n);
	struct flow f = tell("http", &(struct turn){SERVER, message, (size_t)head + n}, 1, 5000);
	size_t i = 0;
	const struct fact *body = flow_fact(&f, "http.body", SERVER, &i);

	assert_non_null(body);
	assert_int_equal(body->text.n, 2048);
	flow_end(&f);
	free(zeros);
	/* What cannot be read is not shown, and what is no gzip says nothing. */
	check_text(SERVER,
		   "HTTP/1.1 403 No\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
		   "http.response\nhttp.response.code=403\nhttp.response.phrase=No\n"
		   "http.content_encoding=br\nhttp.content_length=3\n");
	check_text(SERVER,
		   "HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
		   "http.response\nhttp.response.code=403\nhttp.response.phrase=No\n"
		   "http.content_encoding=gzip\nhttp.content_length=3\n");
}

/* Where a body ends is told in two ways: the head is what it is, and nothing is made of the rest.
 */
static void
test_smuggling(void **state)
{
	static const char *const framing[] = {
	    "Content-Length: 4\r\nTransfer-Encoding: chunked",
	    "Transfer-Encoding: chunked\r\nContent-Length: 4",
	    "Content-Length: 4\r\nContent-Length: 5",
	    "Content-Length: 4, 5",
	    "Content-Length: +4",
	    "Content-Length: 0x4",
	    "Content-Length: 18446744073709551617",
	    "Content-Length:\r\n 4",
	    "Content-Length : 4",
	    "Transfer-Encoding: chunked, chunked",
	    "Transfer-Encoding: chunked, identity, chunked",
	    "Transfer-Encoding:\r\n chunked",
	    "Transfer-Encoding: gzip",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof framing / sizeof *framing; i++) {
		snprintf(text, sizeof text,
			 "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n4\r\nGET / HTTP/1.1\r\n\r\n",
			 framing[i]);
		check_text(CLIENT, text,
			   "http.request\nhttp.request.method=POST\nhttp.request.uri=/\n"
			   "http.host=a\n");
	}
	/* The same length twice is no contradiction (RFC 9110, 8.6). */
	check_text(CLIENT,
		   "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"
		   "GET /b HTTP/1.1\r\n\r\n",
		   "http.request\nhttp.request.method=POST\nhttp.request.uri=/\n"
		   "http.request\nhttp.request.method=GET\nhttp.request.uri=/b\n");
}

static void
test_asked(void **state)
{
	static const char head[] = "HEAD /h HTTP/1.1\r\n\r\nGET /g HTTP/1.1\r\n\r\n",
			  answers[] = "HTTP/1.1 100 Continue\r\n\r\n"
				      "HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n"
				      "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"
				      "HTTP/1.1 204 None\r\n\r\n";
	const struct turn turns[] = {{CLIENT, head, sizeof head - 1},
				     {SERVER, answers, sizeof answers - 1}};
	char *facts = facts_told("http", turns, 2);

	(void)state;
	assert_int_equal(count(facts, "http.response\n"), 4);
	assert_int_equal(count(facts, "http.body=no\n"), 1);
	assert_int_equal(count(facts, "http.body"), 1);
	assert_null(strstr(facts, "malformed"));
	free(facts);
}

/* More requests ahead than are remembered: the answers are read all the same. */
static void
test_many_ahead(void **state)
{
	char *requests = xcalloc(100, 32), *answers = xcalloc(100, 64), *facts;
	struct turn turns[2] = {{CLIENT, requests, 0}, {SERVER, answers, 0}};
	struct flow f;

	(void)state;
	for (int i = 0; i < 100; i++) {
		turns[0].n += (size_t)snprintf(requests + turns[0].n, 32, "GET / HTTP/1.1\r\n\r\n");
		turns[1].n += (size_t)snprintf(answers + turns[1].n, 64,
					       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	}
	f = tell("http", turns, 2, 1460);
	facts = facts_text(&f, f.nfacts);
	assert_int_equal(f.messages, 200);
	assert_null(strstr(facts, "malformed"));
	free(facts);
	flow_end(&f);
	free(requests);
	free(answers);
}

static void
test_connect(void **state)
{
	static const char ask[] = "CONNECT a.example:443 HTTP/1.1\r\n\r\n",
			  again[] = "CONNECT b.example:443 HTTP/1.1\r\n\r\n",
			  refused[] = "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
			  granted[] = "HTTP/1.1 200 Granted\r\nContent-Length: 7\r\n\r\n";
	struct build *message = xcalloc(1, sizeof *message), *m = xcalloc(1, sizeof *m);
	char *facts;

	(void)state;
	put_hello(message, &chrome);
	put_records(m, 22, message->b, message->n, 16384);
	const struct turn turns[] = {
	    {CLIENT, ask, sizeof ask - 1},
	    {SERVER, refused, sizeof refused - 1},
	    {CLIENT, again, sizeof again - 1},
	    {SERVER, granted, sizeof granted - 1},
	    {CLIENT, m->b, m->n},
	    {SERVER, "\x15\x03\x03\x00\x02\x02\x28", 7},
	};
	facts = facts_told("http", turns, 6);
	assert_line(facts, "http.host=a.example");
	assert_line(facts, "http.response.code=407");
	assert_line(facts, "http.host=b.example");
	assert_line(facts, "http.response.code=200");
	assert_line(facts, "tls.sni=tls.browserleaks.com");
	assert_line(facts, "tls.alert.description=40");
	assert_null(strstr(facts, "malformed"));
	free(facts);
	free(message);
	free(m);
}

static void
test_headers(void **state)
{
	(void)state;
	check_text(SERVER,
		   "HTTP/1.1 302 Found here\r\nServer: x\r\nLocation: http://b.example/?u=1\r\n"
		   "VIA: 1.1 box\r\nConnection: close\r\nRefresh: 0;url=/x\r\nContent-Length: 0\r\n"
		   "Link: </style.css>; rel=preload\r\nUpgrade: h2c\r\n\r\n",
		   "http.response\nhttp.response.code=302\nhttp.response.phrase=Found here\n"
		   "http.location=http://b.example/?u=1\nhttp.server=x\nhttp.via=1.1 box\n"
		   "http.connection=close\nhttp.refresh=0;url=/x\nhttp.content_length=0\n");
	check_text(SERVER,
		   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
		   "http.response\nhttp.response.code=101\n"
		   "http.response.phrase=Switching Protocols\nhttp.upgrade=websocket\n");
}

/* An answer without length is over when the connection is: then what there is, is looked at. */
static void
test_until_close(void **state)
{
	const struct dissector *http = dissector_find("http");
	static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n" PAGE;
	size_t head = strlen(answer) - strlen(PAGE);
	struct cursor in = cursor_over((struct bytes){(const uint8_t *)answer, head}, CURSOR_SHORT);
	struct flow f;
	char *text;

	(void)state;
	flow_begin(&f, http, STREAM, 80);
	http->message(&f, SERVER, &in);
	assert_int_equal(in.err, CURSOR_OK);
	in =
	    cursor_over((struct bytes){(const uint8_t *)answer + head, strlen(PAGE)}, CURSOR_SHORT);
	http->message(&f, SERVER, &in);
	assert_int_equal(in.err, CURSOR_SHORT);
	in = cursor_over((struct bytes){(const uint8_t *)answer + head, strlen(PAGE)}, CURSOR_BAD);
	http->message(&f, SERVER, &in);
	assert_int_equal(in.err, CURSOR_OK);
	assert_int_equal(cursor_left(&in), 0);
	text = facts_text(&f, f.nfacts);
	assert_string_equal(text, "http.response\nhttp.response.code=200\n"
				  "http.response.phrase=OK\n" PAGE_FACTS);
	free(text);
	flow_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chrome),
	    cmocka_unit_test(test_ja3),
	    cmocka_unit_test(test_ja4),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_shared_records),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_alerts),
	    cmocka_unit_test(test_ssl2),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_odd_certificates),
	    cmocka_unit_test(test_damaged_certificate),
	    cmocka_unit_test(test_handshake_12),
	    cmocka_unit_test(test_handshake_13),
	    cmocka_unit_test(test_hello_retry),
	    cmocka_unit_test(test_downgrade),
	    cmocka_unit_test(test_refusal),
	    cmocka_unit_test(test_cut_hello),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_malformed_http),
	    cmocka_unit_test(test_long_heads),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_long_bodies),
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_smuggling),
	    cmocka_unit_test(test_asked),
	    cmocka_unit_test(test_many_ahead),
	    cmocka_unit_test(test_connect),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_until_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
