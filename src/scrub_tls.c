/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS and DTLS: hellos stay as far as they tell programs apart and name the server; keys, tickets,
 * sessions and who the client is go. RFC 8446, RFC 5246, RFC 6066, RFC 9147, RFC 9849. */
#include "records.h"
#include "scrubber.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_VERIFY = 3, CERTIFICATE = 11 };

#define HANDSHAKE_HEADER 4
#define RANDOM 32
#define PLAIN_ALERTS_MAX 4 /* as in dissectors/tls.c */

/* IANA, TLS ExtensionType Values: those that hold lists of what a program can do. */
static bool
is_harmless(uint16_t type, bool server)
{
	switch (type) {
	case 1:     /* max_fragment_length */
	case 5:     /* status_request */
	case 10:    /* supported_groups */
	case 11:    /* ec_point_formats */
	case 13:    /* signature_algorithms */
	case 16:    /* application_layer_protocol_negotiation */
	case 18:    /* signed_certificate_timestamp: empty in a client's */
	case 21:    /* padding */
	case 22:    /* encrypt_then_mac */
	case 23:    /* extended_main_secret */
	case 27:    /* compress_certificate */
	case 28:    /* record_size_limit */
	case 34:    /* delegated_credential */
	case 43:    /* supported_versions */
	case 45:    /* psk_key_exchange_modes */
	case 49:    /* post_handshake_auth */
	case 50:    /* signature_algorithms_cert */
	case 13172: /* next_protocol_negotiation */
	case 17513: /* application_settings */
	case 17613:
		return !server || (type != 5 && type != 18);
	default:
		return false;
	}
}

static void
keep(struct scrub *s, struct bytes b)
{
	if (b.n)
		scrub_keep(s, scrub_at(s, b.p), b.n);
}

/* A number of n bytes that stands at c. */
static void
keep_next(struct scrub *s, const struct cursor *c, size_t n)
{
	scrub_keep(s, scrub_at(s, c->p), n);
}

static void
server_name(struct scrub *s, struct cursor *ext)
{
	struct cursor list;

	if (!cursor_left(ext))
		return;
	keep_next(s, ext, 2);
	list = get_fenced(ext, get_be16(ext));
	while (cursor_left(&list) && !list.err) {
		struct bytes name;

		keep_next(s, &list, 3);
		skip_bytes(&list, 1);
		name = get_bytes(&list, get_be16(&list));
		if (name.n)
			scrub_name(s, scrub_at(s, name.p), name.n);
	}
}

/* Groups and lengths; the keys go. */
static void
key_share(struct scrub *s, struct cursor *ext, bool server)
{
	if (!server) {
		keep_next(s, ext, 2);
		skip_bytes(ext, 2);
	}
	while (cursor_left(ext) >= 4) {
		keep_next(s, ext, 4);
		skip_bytes(ext, 2);
		skip_bytes(ext, get_be16(ext));
		if (ext->err)
			return;
	}
}

static void
extension(struct scrub *s, uint16_t type, struct cursor *ext, bool server)
{
	if (type == 0)
		server_name(s, ext);
	else if (type == 51)
		key_share(s, ext, server);
	else if (type == 0xfe0d && !server)
		keep_next(s, ext, 1); /* outer or inner */
	else if (is_harmless(type, server) || cursor_left(ext) <= 1)
		keep_next(s, ext, cursor_left(ext));
}

static void
extensions(struct scrub *s, struct cursor *c, bool server)
{
	struct cursor list;
	size_t length;

	if (!cursor_left(c))
		return;
	keep_next(s, c, 2);
	length = get_be16(c);
	list = get_fenced(c, length < cursor_left(c) ? length : cursor_left(c));
	while (cursor_left(&list) && !list.err) {
		uint16_t type;
		size_t n;

		keep_next(s, &list, 4);
		type = get_be16(&list);
		n = get_be16(&list);
		if (list.err)
			return;
		n = n < cursor_left(&list) ? n : cursor_left(&list);
		struct cursor ext = cursor_over(get_bytes(&list, n), CURSOR_BAD);
		extension(s, type, &ext, server);
	}
}

void
scrub_client_hello(struct scrub *s, struct cursor *c, bool cookie)
{
	uint16_t n;

	keep_next(s, c, 2);
	skip_bytes(c, 2 + RANDOM);
	for (int i = 0; i < 1 + cookie; i++) { /* session; of DTLS, cookie */
		keep_next(s, c, 1);
		skip_bytes(c, get_u8(c));
	}
	keep_next(s, c, 2);
	n = get_be16(c);
	keep(s, get_bytes(c, n)); /* cipher suites */
	keep_next(s, c, 1);
	n = get_u8(c);
	keep(s, get_bytes(c, n)); /* compression methods */
	if (!c->err)
		extensions(s, c, false);
}

void
scrub_server_hello(struct scrub *s, struct cursor *c)
{
	/* The random stays: it tells HelloRetryRequests and downgrades (RFC 8446, 4.1.3). */
	keep(s, get_bytes(c, 2 + RANDOM));
	keep_next(s, c, 1);
	skip_bytes(c, get_u8(c));
	keep(s, get_bytes(c, 3)); /* suite, compression */
	if (!c->err)
		extensions(s, c, true);
}

/* The messages in a side's handshake records, put together. */
static void
handshake(struct scrub *s)
{
	struct cursor all = cursor_over((struct bytes){s->in, s->n}, CURSOR_SHORT);

	while (cursor_left(&all) >= HANDSHAKE_HEADER && !all.err) {
		uint8_t type;
		struct cursor body;
		struct bytes b;
		size_t n;

		keep_next(s, &all, HANDSHAKE_HEADER);
		type = get_u8(&all);
		n = get_be24(&all);
		b = get_bytes(&all, n < cursor_left(&all) ? n : cursor_left(&all));
		body = cursor_over(b, CURSOR_SHORT);
		if (type == CLIENT_HELLO && s->from == CLIENT)
			scrub_client_hello(s, &body, false);
		else if (type == SERVER_HELLO && s->from == SERVER)
			scrub_server_hello(s, &body);
		else if (type == CERTIFICATE && s->from == SERVER && s->named)
			keep(s, b);
	}
	if (cursor_left(&all) && !all.err)
		keep_next(s, &all, cursor_left(&all));
}

/* Where the bytes of handshake messages stand in the stream. */
struct gathered {
	uint8_t *bytes;
	uint32_t *where;
	size_t n;
};

static void
gather(struct gathered *g, const struct scrub *s, struct bytes b)
{
	size_t at = scrub_at(s, b.p);

	for (size_t i = 0; i < b.n; i++) {
		g->bytes[g->n] = b.p[i];
		g->where[g->n++] = (uint32_t)(at + i);
	}
}

void
scrub_tls(struct scrub *s)
{
	struct cursor in = cursor_over((struct bytes){s->in, s->n}, CURSOR_SHORT);
	struct gathered g = {xcalloc(s->n + 1, 1), xcalloc(s->n + 1, sizeof(uint32_t)), 0};
	bool encrypted = false;
	struct scrub messages = *s;

	while (cursor_left(&in) >= RECORD_HEADER) {
		const uint8_t *header = in.p;
		uint8_t type = header[0];
		struct bytes b;
		size_t n = (size_t)header[3] << 8 | header[4];

		if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT || header[1] != 3)
			break; /* no record: nothing is known from here on */
		scrub_keep(s, scrub_at(s, header), RECORD_HEADER);
		skip_bytes(&in, RECORD_HEADER);
		b = get_bytes(&in, n < cursor_left(&in) ? n : cursor_left(&in));
		if (type == HANDSHAKE && !encrypted)
			gather(&g, s, b);
		else if (type == CHANGE_CIPHER_SPEC)
			keep(s, (struct bytes){b.p, b.n < 1 ? b.n : 1});
		else if (type == ALERT && n <= PLAIN_ALERTS_MAX)
			keep(s, b);
		encrypted |= type == CHANGE_CIPHER_SPEC || type == APPLICATION_DATA;
	}
	if (cursor_left(&in) && cursor_left(&in) < RECORD_HEADER && s->n > RECORD_HEADER)
		scrub_keep(s, scrub_at(s, in.p), cursor_left(&in));
	messages.in = g.bytes;
	messages.where = g.where;
	messages.n = g.n;
	handshake(&messages);
	free(g.bytes);
	free(g.where);
}

#define DTLS_RECORD 13    /* type, version, epoch, number, length */
#define DTLS_HANDSHAKE 12 /* type, length, number, offset, length of the fragment */

static void
dtls_handshake(struct scrub *s, struct cursor *body)
{
	const uint8_t *p = body->p;
	struct bytes b;
	struct cursor c;

	if (cursor_left(body) < DTLS_HANDSHAKE) {
		keep_next(s, body, cursor_left(body));
		return;
	}
	keep(s, get_bytes(body, DTLS_HANDSHAKE));
	if (p[6] || p[7] || p[8]) /* a later fragment */
		return;
	b = get_bytes(body, cursor_left(body));
	c = cursor_over(b, CURSOR_SHORT);
	if (p[0] == CLIENT_HELLO)
		scrub_client_hello(s, &c, true);
	else if (p[0] == SERVER_HELLO)
		scrub_server_hello(s, &c);
	else if (p[0] == HELLO_VERIFY)
		keep(s, (struct bytes){b.p, b.n < 3 ? b.n : 3});
}

void
scrub_dtls(struct scrub *s)
{
	struct cursor in = cursor_over((struct bytes){s->in, s->n}, CURSOR_SHORT);

	while (cursor_left(&in) >= DTLS_RECORD && in.p[0] >= CHANGE_CIPHER_SPEC && in.p[0] < 64) {
		const uint8_t *header = in.p;
		bool clear = header[3] == 0 && header[4] == 0; /* epoch 0 */
		size_t n = (size_t)header[11] << 8 | header[12];
		struct bytes b;

		scrub_keep(s, scrub_at(s, header), DTLS_RECORD);
		skip_bytes(&in, DTLS_RECORD);
		b = get_bytes(&in, n < cursor_left(&in) ? n : cursor_left(&in));
		if (header[0] == HANDSHAKE && clear) {
			struct cursor body = cursor_over(b, CURSOR_SHORT);

			dtls_handshake(s, &body);
		} else if (header[0] == CHANGE_CIPHER_SPEC ||
			   (header[0] == ALERT && n <= PLAIN_ALERTS_MAX)) {
			keep(s, b);
		}
	}
	/* What begins as a record and is none keeps what told so. */
	if (in.p == s->in && s->n)
		scrub_keep(s, 0, 1);
}
