/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DTLS handshakes, as calls and Snowflake make them: hellos with their fingerprint, cookies,
 * alerts, and that data followed. RFC 6347, RFC 9147. */
#include "hello.h"

#include <string.h>

/* A hello that is whole in one datagram, without its cookie; a path carries no larger ones. */
#define HELLO_MAX 2048
/* Hellos and alerts of one side: a flight is sent again after 1, 2, 4 ... 60 s (RFC 6347, 4.2.4).
 */
#define NOTED_MAX 24

enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_VERIFY_REQUEST = 3 };

enum {
	F_CLIENT_HELLO,
	F_COOKIE,
	F_VERSION,
	F_SNI,
	F_JA4,
	F_HELLO_VERIFY,
	F_SERVER_HELLO,
	F_SERVER_VERSION,
	F_CHANGE_CIPHER_SPEC,
	F_ALERT_LEVEL,
	F_ALERT_DESCRIPTION,
	F_APPLICATION_DATA,
};

static const struct field fields[] = {
    [F_CLIENT_HELLO] = {"dtls.client_hello", FACT_MARK, "a ClientHello, or the beginning of one"},
    [F_COOKIE] = {"dtls.cookie", FACT_MARK, "it returns the cookie that the server asked for"},
    [F_VERSION] = {"dtls.version", FACT_UINT, "its legacy_version, e.g. 0xfefd"},
    [F_SNI] = {"dtls.sni", FACT_TEXT, "the server name it asks for"},
    [F_JA4] = {"dtls.ja4", FACT_TEXT, "JA4 fingerprint of the client", true},
    [F_HELLO_VERIFY] = {"dtls.hello_verify", FACT_MARK, "the server asks for a cookie"},
    [F_SERVER_HELLO] = {"dtls.server_hello", FACT_MARK, "a ServerHello"},
    [F_SERVER_VERSION] = {"dtls.server_version", FACT_UINT, "its legacy_version"},
    [F_CHANGE_CIPHER_SPEC] = {"dtls.change_cipher_spec", FACT_MARK, "the side encrypts from now"},
    [F_ALERT_LEVEL] = {"dtls.alert.level", FACT_UINT, "plaintext alert: 1 warning, 2 fatal"},
    [F_ALERT_DESCRIPTION] = {"dtls.alert.description", FACT_UINT, "plaintext alert: its reason"},
    [F_APPLICATION_DATA] = {"dtls.application_data", FACT_MARK, "the first data of that side"},
    {0},
};

struct dtls {
	uint8_t noted[2];
	bool data[2], ccs[2];
};

/* The hello as TLS has it, without the cookie (RFC 6347, 4.2.1). */
static void
client_hello(struct flow *f, enum side from, struct cursor body)
{
	struct cursor c = body;
	struct client_hello h;
	struct bytes head, cookie, tail;
	uint8_t hello[HELLO_MAX];
	char ja4[JA4_LENGTH + 1];

	note_uint(f, from, &fields[F_VERSION], get_be16(&c));
	skip_bytes(&c, 32);
	skip_bytes(&c, get_u8(&c));
	head = (struct bytes){body.p, (size_t)(c.p - body.p)};
	cookie = get_bytes(&c, get_u8(&c));
	tail = get_bytes(&c, cursor_left(&c));
	if (c.err || head.n + tail.n > sizeof hello)
		return;
	if (cookie.n)
		note(f, from, &fields[F_COOKIE]);
	memcpy(hello, head.p, head.n);
	memcpy(hello + head.n, tail.p, tail.n);
	c = cursor_over((struct bytes){hello, head.n + tail.n}, CURSOR_BAD);
	client_hello_read(&c, &h);
	if (c.err)
		return;
	if (h.sni.n)
		note_text(f, from, &fields[F_SNI], h.sni);
	if (flow_wants(f, &fields[F_JA4]) && client_hello_ja4(&h, 'd', ja4))
		note_string(f, from, &fields[F_JA4], ja4);
}

/* One handshake message, or the first piece of it. */
static void
handshake(struct flow *f, enum side from, struct cursor *c)
{
	struct dtls *d = f->state;
	uint8_t type = get_u8(c);
	uint32_t length = get_be24(c), offset, n;
	struct bytes body;

	skip_bytes(c, 2);
	offset = get_be24(c);
	n = get_be24(c);
	body = get_bytes(c, n < cursor_left(c) ? n : cursor_left(c));
	if (c->err || offset || d->noted[from] == NOTED_MAX)
		return;
	d->noted[from]++;
	if (type == CLIENT_HELLO) {
		note(f, from, &fields[F_CLIENT_HELLO]);
		if (body.n == length)
			client_hello(f, from, cursor_over(body, CURSOR_BAD));
	} else if (type == HELLO_VERIFY_REQUEST) {
		note(f, from, &fields[F_HELLO_VERIFY]);
	} else if (type == SERVER_HELLO && body.n >= 2) {
		note(f, from, &fields[F_SERVER_HELLO]);
		note_uint(f, from, &fields[F_SERVER_VERSION], (unsigned)body.p[0] << 8 | body.p[1]);
	}
}

static void
alert(struct flow *f, enum side from, struct cursor *c)
{
	struct dtls *d = f->state;
	uint8_t level = get_u8(c), description = get_u8(c);

	if (c->err || cursor_left(c) || d->noted[from] == NOTED_MAX)
		return;
	d->noted[from]++;
	note_uint(f, from, &fields[F_ALERT_LEVEL], level);
	note_uint(f, from, &fields[F_ALERT_DESCRIPTION], description);
}

static void
application_data(struct flow *f, enum side from)
{
	struct dtls *d = f->state;

	if (!d->data[from])
		note(f, from, &fields[F_APPLICATION_DATA]);
	d->data[from] = true;
}

/* RFC 6347, 4.1: type, version, epoch, number, length. */
static void
record(struct flow *f, enum side from, struct cursor *in)
{
	struct dtls *d = f->state;
	uint8_t type = get_u8(in);
	uint16_t epoch;
	struct cursor body;

	skip_bytes(in, 2);
	epoch = get_be16(in);
	skip_bytes(in, 6);
	body = get_fenced(in, get_be16(in));
	if (in->err)
		return;
	body.up = NULL; /* what is wrong within a record does not hurt the others */
	if (type == APPLICATION_DATA)
		application_data(f, from);
	else if (type == CHANGE_CIPHER_SPEC && !d->ccs[from]) {
		d->ccs[from] = true;
		note(f, from, &fields[F_CHANGE_CIPHER_SPEC]);
	} else if (type == HANDSHAKE && epoch == 0)
		handshake(f, from, &body);
	else if (type == ALERT && epoch == 0)
		alert(f, from, &body);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct dtls *d = f->state;

	while (cursor_left(in) && !in->err) {
		if (*in->p >> 5 == 1) { /* the header of DTLS 1.3, encrypted (RFC 9147, 4) */
			application_data(f, from);
			skip_bytes(in, cursor_left(in));
		} else {
			record(f, from, in);
		}
	}
	if (d->data[CLIENT] && d->data[SERVER])
		flow_enough(f, from);
}

/* DTLS 1.0, 1.2, and what OpenSSL called DTLS before there was a standard. */
static bool
is_version(const uint8_t *p)
{
	return (p[0] == 0xfe && (p[1] == 0xff || p[1] == 0xfd)) || (p[0] == 1 && p[1] == 0);
}

static enum guess
probe(struct bytes first, enum side from)
{
	size_t length;

	(void)from;
	if (first.n < 13 || first.p[0] < CHANGE_CIPHER_SPEC || first.p[0] > APPLICATION_DATA ||
	    !is_version(first.p + 1))
		return NO;
	length = (size_t)first.p[11] << 8 | first.p[12];
	return length && length + 13 <= first.n ? YES : MAYBE;
}

const struct dissector dissector_dtls = {
    .name = "dtls",
    .title = "Datagram Transport Layer Security",
    .spec = "RFC 6347, RFC 9147",
    .carriers = 1u << DATAGRAMS,
    .trigger = "dtls",
    .request = "dtls.client_hello",
    .fields = fields,
    .state_size = sizeof(struct dtls),
    .probe = probe,
    .message = message,
};
