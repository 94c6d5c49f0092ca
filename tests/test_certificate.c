/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What TLS says, against what OpenSSL says: handshakes that it holds with itself, and certificates
 * of its making. */
#include "hellos.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

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
			     "tls.cert.extensions=1\n"
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

/* The exponent 3 is a mark of one interceptor (dossier 6.3). */
static void
test_exponent(void **state)
{
	static const struct wanted w = {
	    "a", NULL, "b", NULL, NULL, "20260101000000Z", "20270101000000Z"};
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY *key = NULL;
	BIGNUM *three = BN_new();
	char *facts;
	X509 *x;

	(void)state;
	BN_set_word(three, 3);
	assert_true(EVP_PKEY_keygen_init(make) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(make, 1024) > 0);
	assert_true(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(make, three) > 0);
	assert_true(EVP_PKEY_generate(make, &key) > 0);
	x = new_certificate(&w, key);
	facts = certificate_facts(&x, 1);
	assert_line(facts, "tls.cert.exponent=3");
	assert_line(facts, "tls.cert.extensions=0");
	free(facts);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(make);
	BN_free(three);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_certificate),      cmocka_unit_test(test_exponent),
	    cmocka_unit_test(test_odd_certificates), cmocka_unit_test(test_damaged_certificate),
	    cmocka_unit_test(test_handshake_12),     cmocka_unit_test(test_handshake_13),
	    cmocka_unit_test(test_hello_retry),      cmocka_unit_test(test_downgrade),
	    cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
