/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transport Layer Security up to the point where it goes dark: hellos, certificates in clear,
 * alerts. RFC 8446, RFC 5246, RFC 6101 (SSL 3.0), RFC 8701, RFC 9849.
 *
 * A message is one handshake message, however many records carry it, or one record of any other
 * kind. */
#include "dissect.h"
#include "hello.h"
#include "records.h"
#include "x509.h"

#include <string.h>

enum { /* HandshakeType, IANA */
       CLIENT_HELLO = 1,
       SERVER_HELLO = 2,
       CERTIFICATE = 11,
};

enum {
	SSL2 = 0x0002,
	SSL3 = 0x0300,
	TLS13 = 0x0304,
};

#define HANDSHAKE_HEADER 4
/* Lawful messages may have 2^24 bytes; certificate chains, the largest there are, seldom have
 * more than 10 KB, and clients refuse them at about 100 KB (OpenSSL, max_cert_list). */
#define MESSAGE_MAX 65536
/* What the records' headers may add to that: one for every 20 bytes, so that hellos which were
 * cut to pieces in order to evade a filter can be read. */
#define HEADERS_MAX (MESSAGE_MAX / 20 * RECORD_HEADER)
/* A plaintext alert has 2 bytes, and two may share a record; an encrypted one has at least a
 * MAC of 10 bytes (RFC 6066, 7). */
#define PLAIN_ALERTS_MAX 4
#define ENCRYPTED_ALERT_MIN 12
/* Records of application data after which a side is not read on though the other has sent none.
 * The server's own flight in TLS 1.3 has four or five, and until its end an alert is news. */
#define DATA_RECORDS_MAX 16

enum {
	F_CLIENT_HELLO,
	F_VERSION,
	F_SUPPORTED_VERSION,
	F_SNI,
	F_ALPN,
	F_ECH,
	F_ECH_OLD,
	F_ESNI,
	F_JA3,
	F_JA4,
	F_CLIENT_HELLO_LENGTH,
	F_CLIENT_HELLO_SHAPE,
	F_CLIENT_HELLO_CUT,
	F_SERVER_HELLO,
	F_SERVER_VERSION,
	F_SERVER_CIPHER,
	F_SERVER_ALPN,
	F_HELLO_RETRY,
	F_DOWNGRADE,
	F_CERTIFICATE,
	F_CERT_SUBJECT,
	F_CERT_ISSUER,
	F_CERT_SAN,
	F_CERT_SELF_SIGNED,
	F_CERT_SHA256,
	F_CERT_SPKI_SHA256,
	F_CERT_NOT_BEFORE,
	F_CERT_NOT_AFTER,
	F_CERT_CHAIN,
	F_CERT_EXPONENT,
	F_CERT_EXTENSIONS,
	F_ALERT_LEVEL,
	F_ALERT_DESCRIPTION,
	F_ALERT_ENCRYPTED,
	F_CHANGE_CIPHER_SPEC,
	F_APPLICATION_DATA,
};

static const struct field fields[] = {
    [F_CLIENT_HELLO] = {"tls.client_hello", FACT_MARK, "a ClientHello, whole"},
    [F_VERSION] = {"tls.version", FACT_UINT, "its legacy_version, e.g. 0x0303"},
    [F_SUPPORTED_VERSION] = {"tls.supported_version", FACT_UINT,
			     "the highest version it offers in supported_versions"},
    [F_SNI] = {"tls.sni", FACT_TEXT, "the server name it asks for, in lower case"},
    [F_ALPN] = {"tls.alpn", FACT_TEXT, "the first protocol it offers, e.g. h2"},
    [F_ECH] = {"tls.ech", FACT_MARK, "it has Encrypted Client Hello (0xfe0d), or greases it"},
    [F_ECH_OLD] = {"tls.ech.old", FACT_MARK, "it has a draft of Encrypted Client Hello"},
    [F_ESNI] = {"tls.esni", FACT_MARK, "it has encrypted_server_name (0xffce)"},
    [F_JA3] = {"tls.ja3", FACT_TEXT, "JA3 fingerprint of the client, MD5 in hex", true},
    [F_JA4] = {"tls.ja4", FACT_TEXT, "JA4 fingerprint of the client", true},
    [F_CLIENT_HELLO_LENGTH] = {"tls.client_hello.length", FACT_UINT,
			       "bytes of the ClientHello, with its header of four"},
    [F_CLIENT_HELLO_SHAPE] = {"tls.client_hello.shape", FACT_UINT,
			      "which program speaks: equal for equal lists in any order"},
    [F_CLIENT_HELLO_CUT] = {"tls.client_hello.cut", FACT_MARK,
			    "a ClientHello of which only the beginning is there"},
    [F_SERVER_HELLO] = {"tls.server_hello", FACT_MARK,
			"a ServerHello; a HelloRetryRequest is one, too"},
    [F_SERVER_VERSION] = {"tls.server_version", FACT_UINT, "the version the server chose"},
    [F_SERVER_CIPHER] = {"tls.server_cipher", FACT_UINT, "the cipher suite the server chose"},
    [F_SERVER_ALPN] = {"tls.server_alpn", FACT_TEXT, "the protocol the server chose, in clear"},
    [F_HELLO_RETRY] = {"tls.hello_retry", FACT_MARK, "the ServerHello is a HelloRetryRequest"},
    [F_DOWNGRADE] = {"tls.downgrade", FACT_MARK,
		     "the server's random says that it could do better (RFC 8446, 4.1.3)"},
    [F_CERTIFICATE] = {"tls.certificate", FACT_MARK, "the server's certificate, in clear"},
    [F_CERT_SUBJECT] = {"tls.cert.subject", FACT_TEXT, "its common name, or else organization"},
    [F_CERT_ISSUER] = {"tls.cert.issuer", FACT_TEXT, "its issuer: common name / organization"},
    [F_CERT_SAN] = {"tls.cert.san", FACT_TEXT, "one DNS name it is for, in lower case; at most 16"},
    [F_CERT_SELF_SIGNED] = {"tls.cert.self_signed", FACT_MARK, "its issuer is its subject"},
    [F_CERT_SHA256] = {"tls.cert.sha256", FACT_TEXT, "SHA-256 of the certificate"},
    [F_CERT_SPKI_SHA256] = {"tls.cert.spki_sha256", FACT_TEXT, "SHA-256 of its public key"},
    [F_CERT_NOT_BEFORE] = {"tls.cert.not_before", FACT_UINT, "valid from, seconds since 1970"},
    [F_CERT_NOT_AFTER] = {"tls.cert.not_after", FACT_UINT, "valid until, seconds since 1970"},
    [F_CERT_CHAIN] = {"tls.cert.chain", FACT_UINT, "certificates sent, its own included"},
    [F_CERT_EXPONENT] = {"tls.cert.exponent", FACT_UINT, "public exponent of its RSA key"},
    [F_CERT_EXTENSIONS] = {"tls.cert.extensions", FACT_UINT, "how many extensions it has"},
    [F_ALERT_LEVEL] = {"tls.alert.level", FACT_UINT, "plaintext alert: 1 warning, 2 fatal"},
    [F_ALERT_DESCRIPTION] = {"tls.alert.description", FACT_UINT,
			     "plaintext alert: its reason (RFC 8446, 6)", .telling = true},
    [F_ALERT_ENCRYPTED] = {"tls.alert.encrypted", FACT_MARK, "an alert that cannot be read"},
    [F_CHANGE_CIPHER_SPEC] = {"tls.change_cipher_spec", FACT_MARK,
			      "the side announces that it encrypts"},
    [F_APPLICATION_DATA] = {"tls.application_data", FACT_MARK,
			    "the first application data of its side"},
    {0},
};

struct tls {
	uint32_t left[2]; /* bytes of the current handshake record not yet used */
	uint16_t version; /* that the server chose; 0 if unknown */
	uint8_t data[2];  /* records of application data, up to DATA_RECORDS_MAX */
	bool begun[2];    /* the side has said something */
	bool ccs[2];
};

/* A host name in lower case. Names end at 253 characters (RFC 1035, 2.3.4); what is longer names
 * nothing, and its beginning shows that. */
static void
note_name(struct flow *f, enum side from, const struct field *field, struct bytes name)
{
	uint8_t small[CERTIFICATE_NAME_MAX + 1];

	note_text(f, from, field, bytes_lower(name, small, sizeof small));
}

static void
client_hello(struct flow *f, enum side from, struct cursor *c, size_t length)
{
	struct client_hello h;
	char ja3[MD5_HEX + 1], ja4[JA4_LENGTH + 1];

	client_hello_read(c, &h);
	if (c->err)
		return;
	note(f, from, &fields[F_CLIENT_HELLO]);
	note_uint(f, from, &fields[F_VERSION], h.version);
	if (h.supported_version)
		note_uint(f, from, &fields[F_SUPPORTED_VERSION], h.supported_version);
	if (h.sni.n)
		note_name(f, from, &fields[F_SNI], h.sni);
	if (h.alpn.n)
		note_text(f, from, &fields[F_ALPN], h.alpn);
	if (h.ech)
		note(f, from, &fields[F_ECH]);
	if (h.old_ech)
		note(f, from, &fields[F_ECH_OLD]);
	if (h.esni)
		note(f, from, &fields[F_ESNI]);
	if (flow_wants(f, &fields[F_JA3]) && client_hello_ja3(&h, ja3))
		note_string(f, from, &fields[F_JA3], ja3);
	if (flow_wants(f, &fields[F_JA4]) && client_hello_ja4(&h, 't', ja4))
		note_string(f, from, &fields[F_JA4], ja4);
	note_uint(f, from, &fields[F_CLIENT_HELLO_LENGTH], length);
	note_uint(f, from, &fields[F_CLIENT_HELLO_SHAPE], client_hello_shape(&h));
}

static void
server_hello(struct flow *f, enum side from, struct cursor *c)
{
	/* SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3). */
	static const uint8_t retry[32] = {
	    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	static const uint8_t downgraded[7] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
	struct tls *tls = f->state;
	struct server_hello h;

	server_hello_read(c, &h);
	if (c->err)
		return;
	tls->version = h.version;
	note(f, from, &fields[F_SERVER_HELLO]);
	note_uint(f, from, &fields[F_SERVER_VERSION], h.version);
	note_uint(f, from, &fields[F_SERVER_CIPHER], h.cipher);
	if (h.alpn.n)
		note_text(f, from, &fields[F_SERVER_ALPN], h.alpn);
	if (memcmp(h.random.p, retry, sizeof retry) == 0)
		note(f, from, &fields[F_HELLO_RETRY]);
	else if (memcmp(h.random.p + 24, downgraded, sizeof downgraded) == 0 && h.random.p[31] <= 1)
		note(f, from, &fields[F_DOWNGRADE]);
}

/* Facts count from 1970; what began before that is as good as always valid. */
static uint64_t
epoch(int64_t seconds)
{
	return seconds < 0 ? 0 : (uint64_t)seconds;
}

static void
note_certificate(struct flow *f, enum side from, struct bytes der)
{
	struct certificate cert;
	char hex[SHA256_HEX + 1];

	digest_sha256(der, hex);
	note_string(f, from, &fields[F_CERT_SHA256], hex);
	if (certificate_read(der, &cert) < 0)
		return; /* it is what the server sent, and that is all that can be said */
	if (cert.subject.n)
		note_text(f, from, &fields[F_CERT_SUBJECT],
			  (struct bytes){(const uint8_t *)cert.subject.s, cert.subject.n});
	if (cert.issuer.n)
		note_text(f, from, &fields[F_CERT_ISSUER],
			  (struct bytes){(const uint8_t *)cert.issuer.s, cert.issuer.n});
	for (size_t i = 0; i < cert.nnames; i++)
		note_name(f, from, &fields[F_CERT_SAN], cert.names[i]);
	if (cert.self_signed)
		note(f, from, &fields[F_CERT_SELF_SIGNED]);
	digest_sha256(cert.spki, hex);
	note_string(f, from, &fields[F_CERT_SPKI_SHA256], hex);
	if (cert.exponent)
		note_uint(f, from, &fields[F_CERT_EXPONENT], cert.exponent);
	note_uint(f, from, &fields[F_CERT_EXTENSIONS], cert.nextensions);
	if (!cert.has_validity)
		return;
	note_uint(f, from, &fields[F_CERT_NOT_BEFORE], epoch(cert.not_before));
	note_uint(f, from, &fields[F_CERT_NOT_AFTER], epoch(cert.not_after));
}

/* RFC 5246, 7.4.2. In TLS 1.3 it is encrypted, and never comes here. */
static void
certificates(struct flow *f, enum side from, struct cursor *c)
{
	struct cursor list = get_fenced(c, get_be24(c));
	struct bytes leaf = {0};
	unsigned chain = 0;

	while (cursor_left(&list) && !list.err) {
		struct bytes der = get_bytes(&list, get_be24(&list));

		if (chain++ == 0)
			leaf = der;
	}
	if (c->err)
		return;
	note(f, from, &fields[F_CERTIFICATE]);
	note_uint(f, from, &fields[F_CERT_CHAIN], chain);
	if (leaf.n)
		note_certificate(f, from, leaf);
}

/* The types of IANA's registry that may be seen in clear, so that ciphertext is not taken for a
 * message: up to ekt_key, and next_protocol and compressed certificates. */
static bool
is_handshake_type(uint8_t type)
{
	return type <= 26 || type == 67;
}

/* Returns false if the message contradicts itself; then nothing is noted. */
static bool
handshake_body(struct flow *f, enum side from, uint8_t type, struct bytes body)
{
	struct cursor c = cursor_over(body, CURSOR_BAD);

	if (type == CLIENT_HELLO)
		client_hello(f, from, &c, body.n + HANDSHAKE_HEADER);
	else if (type == SERVER_HELLO)
		server_hello(f, from, &c);
	else if (type == CERTIFICATE && from == SERVER)
		certificates(f, from, &c);
	return !c.err;
}

/* What remains of a handshake record from a side that announced encryption is encrypted, except
 * in TLS 1.3, where the announcement means nothing (RFC 8446, D.4), and a second ClientHello may
 * follow it. If the server's choice was not seen, the bytes have to tell. */
static bool
is_encrypted(const struct tls *tls, enum side from, struct cursor *in, uint32_t left)
{
	struct cursor ahead = cursor_over((struct bytes){in->p, cursor_left(in)}, in->at_end);
	bool hello;

	if (!tls->ccs[from] || tls->version == TLS13)
		return false;
	if (tls->version || left < HANDSHAKE_HEADER)
		return true;
	hello = get_u8(&ahead) == CLIENT_HELLO;
	hello = get_be24(&ahead) + HANDSHAKE_HEADER == left && hello;
	cursor_fail(in, ahead.err);
	return !hello;
}

/* A ClientHello whose end never came: its beginning may yet tell whom it was for. */
static void
cut_hello(struct flow *f, enum side from, struct bytes body)
{
	struct cursor c = cursor_over(body, CURSOR_SHORT);
	struct client_hello h;

	client_hello_read(&c, &h);
	note(f, from, &fields[F_CLIENT_HELLO_CUT]);
	if (h.sni.n)
		note_name(f, from, &fields[F_SNI], h.sni);
}

/* A message that lies in several records, put together. Apart from its caller, since it needs
 * much stack and is seldom called. */
static __attribute__((noinline)) bool
scattered_body(struct flow *f, enum side from, struct cursor *in, uint32_t *left, uint8_t type,
	       size_t length)
{
	uint8_t body[MESSAGE_MAX];
	size_t got = record_gather(in, left, body, length);

	if (in->err)
		return true;
	if (got == length)
		return handshake_body(f, from, type, (struct bytes){body, length});
	if (type == CLIENT_HELLO)
		cut_hello(f, from, (struct bytes){body, got});
	return true;
}

static void
handshake(struct flow *f, enum side from, struct cursor *in, uint32_t left)
{
	struct tls *tls = f->state;
	uint8_t head[HANDSHAKE_HEADER];
	bool good = true;

	if (record_gather(in, &left, head, sizeof head) == sizeof head) {
		size_t length = (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

		if (!is_handshake_type(head[0]) || length > MESSAGE_MAX) {
			set_bad(in);
		} else if (length <= left && length <= cursor_left(in)) {
			left -= (uint32_t)length;
			good = handshake_body(f, from, head[0], get_bytes(in, length));
		} else {
			good = scattered_body(f, from, in, &left, head[0], length);
		}
	}
	if (!good)
		set_bad(in);
	if (!in->err)
		tls->left[from] = left;
}

/* Both sides encrypt, or one has for long: what follows tells nothing. */
static void
application_data(struct flow *f, enum side from)
{
	struct tls *tls = f->state;

	if (!tls->data[from])
		note(f, from, &fields[F_APPLICATION_DATA]);
	if (tls->data[from] < DATA_RECORDS_MAX)
		tls->data[from]++;
	if (tls->data[CLIENT] && tls->data[SERVER]) {
		flow_enough(f, CLIENT);
		flow_enough(f, SERVER);
	} else if (tls->data[from] >= DATA_RECORDS_MAX) {
		flow_enough(f, from);
	}
}

static void
alerts(struct flow *f, enum side from, struct cursor *in, uint32_t length)
{
	if (length >= ENCRYPTED_ALERT_MIN) {
		note(f, from, &fields[F_ALERT_ENCRYPTED]);
		flow_skip(f, from, length);
		return;
	}
	if (length > PLAIN_ALERTS_MAX || length % 2)
		set_bad(in);
	for (; length && !in->err; length -= 2) {
		uint8_t level = get_u8(in), description = get_u8(in);

		if (in->err)
			return;
		note_uint(f, from, &fields[F_ALERT_LEVEL], level);
		note_uint(f, from, &fields[F_ALERT_DESCRIPTION], description);
	}
}

/* A ClientHello in the frame of SSL 2.0 (RFC 5246, E.2), which old clients send to any server.
 * Such a hello names no server. */
static void
ssl2_hello(struct flow *f, enum side from, struct cursor *in)
{
	struct cursor c = get_fenced(in, get_be16(in) & 0x7fff);
	uint8_t type = get_u8(&c);
	uint16_t version = get_be16(&c);
	size_t length = cursor_left(&c) + 3;

	if (!in->err && (type != CLIENT_HELLO || (version != SSL2 && version >> 8 != SSL3 >> 8)))
		set_bad(in);
	if (in->err)
		return;
	note(f, from, &fields[F_CLIENT_HELLO]);
	note_uint(f, from, &fields[F_VERSION], version);
	note_uint(f, from, &fields[F_CLIENT_HELLO_LENGTH], length);
	if (version == SSL2) {
		flow_enough(f, CLIENT); /* the rest is SSL 2.0, too */
		flow_enough(f, SERVER);
	}
}

static void
record(struct flow *f, enum side from, struct cursor *in)
{
	struct tls *tls = f->state;
	uint8_t type;
	uint32_t length = record_header(in, &type);

	if (in->err)
		return;
	switch (type) {
	case HANDSHAKE:
		if (!is_encrypted(tls, from, in, length))
			handshake(f, from, in, length);
		else if (!in->err)
			flow_skip(f, from, length);
		break;
	case ALERT:
		alerts(f, from, in, length);
		break;
	case CHANGE_CIPHER_SPEC:
		if (length != 1 || get_u8(in) != 1)
			set_bad(in);
		if (in->err)
			return;
		note(f, from, &fields[F_CHANGE_CIPHER_SPEC]);
		tls->ccs[from] = true;
		break;
	case APPLICATION_DATA:
		flow_skip(f, from, length);
		application_data(f, from);
		break;
	default: /* a heartbeat */
		flow_skip(f, from, length);
	}
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct tls *tls = f->state;

	if (tls->left[from])
		handshake(f, from, in, tls->left[from]);
	else if (!tls->begun[from] && cursor_left(in) && *in->p & 0x80)
		ssl2_hello(f, from, in);
	else
		record(f, from, in);
	if (!in->err)
		tls->begun[from] = true;
}

/* The lengths of an SSL 2.0 hello have to agree with each other (RFC 5246, E.2). */
static enum guess
probe_ssl2(struct cursor *c)
{
	uint16_t length = get_be16(c) & 0x7fff, version, ciphers, session, challenge;
	uint8_t type = get_u8(c);

	if (!c->err && type != CLIENT_HELLO)
		return NO;
	version = get_be16(c);
	if (!c->err && version != SSL2 && (version < SSL3 || version > TLS13))
		return NO;
	ciphers = get_be16(c);
	session = get_be16(c);
	challenge = get_be16(c);
	if (c->err)
		return MAYBE;
	return ciphers && ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 &&
		       challenge <= 32 && 9 + ciphers + session + challenge == length
		   ? YES
		   : NO;
}

/* A first record: a hello, or an alert that refuses one. */
static enum guess
probe(struct bytes first, enum side from)
{
	struct cursor c = cursor_over(first, CURSOR_SHORT);
	uint32_t length;
	uint8_t type, said;

	(void)from; /* who is client may have been guessed wrongly */
	if (first.p[0] & 0x80)
		return probe_ssl2(&c);
	length = record_header(&c, &type);
	if (c.err == CURSOR_BAD || (type != HANDSHAKE && type != ALERT))
		return NO;
	if (c.err)
		return MAYBE;
	said = get_u8(&c);
	if (c.err)
		return MAYBE;
	if (type == ALERT)
		return length <= PLAIN_ALERTS_MAX && (said == 1 || said == 2) ? YES : NO;
	return said == CLIENT_HELLO || said == SERVER_HELLO ? YES : NO;
}

/* HTTPS, SMTPS, LDAPS, DNS over TLS, FTPS, IMAPS, POP3S (IANA) and the usual second HTTPS port. */
static const uint16_t ports[] = {443, 465, 636, 853, 990, 993, 995, 8443, 0};

const struct dissector dissector_tls = {
    .name = "tls",
    .title = "Transport Layer Security",
    .spec = "RFC 8446",
    .carriers = 1u << STREAM,
    .ports = ports,
    .fields = fields,
    .state_size = sizeof(struct tls),
    .message_max = MESSAGE_MAX + HANDSHAKE_HEADER + RECORD_HEADER + HEADERS_MAX,
    .probe = probe,
    .message = message,
};
