/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUIC: the hellos in Initials are opened, scrubbed and sealed again by the keys that everybody can
 * derive; tokens go, and all that is encrypted. RFC 9000, RFC 9001, RFC 9369; Google's QUIC as far
 * as its names go. */
#include "chlo.h"
#include "quicframes.h"
#include "quickeys.h"
#include "scrubber.h"

#include <stdlib.h>
#include <string.h>

#define HANDSHAKE_HEADER 4
/* Connections of one conversation whose hellos are told: tools put a decoy or two ahead, a Retry
 * begins anew. */
#define HELLOS_MAX 8

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6, CLOSE = 0x1c };

/* What a client says in the Initials of one connection: the keys are its first packet's. */
struct hello {
	uint8_t dcid[QUIC_CID_MAX], dcid_n;
	uint32_t version;
	struct quic_pieces pieces;
	struct hello *next; /* an earlier one */
};

struct scrub_quic {
	struct hello *last;
	unsigned n;
};

void
scrub_quic_free(struct scrub_quic *q)
{
	struct hello *h = q ? q->last : NULL;

	while (h) {
		struct hello *next = h->next;

		free(h);
		h = next;
	}
	free(q);
}

static bool
open_as(const struct quic_packet *p, struct bytes dcid, enum side from, struct quic_keys *k,
	uint8_t *text, struct quic_opened *opened)
{
	quic_keys_derive(k, p->known, dcid, from == SERVER);
	return quic_open(k, p, text, opened);
}

/* The connection whose keys open it. A client's may be one that nobody knows yet. */
static bool
open_initial(const struct scrub_quic *q, const struct quic_packet *p, enum side from,
	     struct quic_keys *k, uint8_t *text, struct quic_opened *opened, struct hello **ret)
{
	for (struct hello *h = q ? q->last : NULL; h; h = h->next) {
		*ret = h;
		if (h->version == p->version &&
		    open_as(p, (struct bytes){h->dcid, h->dcid_n}, from, k, text, opened))
			return true;
	}
	*ret = NULL;
	return from == CLIENT && p->dcid.n <= QUIC_CID_MAX &&
	       open_as(p, p->dcid, from, k, text, opened);
}

static bool
has_keys(const struct quic_packet *p)
{
	return p->type == QUIC_INITIAL && p->known && p->known->salt &&
	       p->known->speech == QUIC_TLS;
}

static struct hello *
add(struct scrub_quic *q, const struct quic_packet *p)
{
	struct hello *h;

	if (q->n == HELLOS_MAX)
		return NULL;
	h = xcalloc(1, sizeof *h);
	h->version = p->version;
	h->dcid_n = (uint8_t)p->dcid.n;
	if (h->dcid_n)
		memcpy(h->dcid, p->dcid.p, h->dcid_n);
	h->next = q->last;
	q->last = h;
	q->n++;
	return h;
}

void
scrub_quic_learn(struct scrub_quic **quic, const struct scrub *s)
{
	struct cursor in = cursor_over((struct bytes){s->in, s->n}, CURSOR_BAD);
	struct quic_packet p;
	struct quic_keys k;
	struct quic_opened opened;
	struct quic_frames r;
	struct hello *h;
	uint8_t *text;

	if (s->from != CLIENT || !s->n || !quic_is_long(s->in[0]))
		return;
	quic_packet_read(&in, &p);
	if (in.err || !has_keys(&p))
		return;
	text = xcalloc(p.whole.n + 1, 1);
	if (open_initial(*quic, &p, CLIENT, &k, text, &opened, &h)) {
		if (!*quic)
			*quic = xcalloc(1, sizeof **quic);
		h = h ? h : add(*quic, &p);
		if (h)
			quic_frames_read((struct bytes){text, opened.n}, &r, &h->pieces);
	}
	free(text);
}

/* A hello as it may be shown. */
static void
scrub_hello(const struct scrub *s, const struct quic_pieces *pieces, uint8_t *out)
{
	struct scrub inside = *s;
	struct cursor c;

	scrub_fill(out, 0, QUIC_HELLO_MAX);
	inside.in = pieces->bytes;
	inside.out = out;
	inside.n = quic_pieces_known(pieces).n;
	if (inside.n < HANDSHAKE_HEADER)
		return;
	scrub_keep(&inside, 0, HANDSHAKE_HEADER);
	c = cursor_over((struct bytes){inside.in + HANDSHAKE_HEADER, inside.n - HANDSHAKE_HEADER},
			CURSOR_SHORT);
	if (s->from == CLIENT && inside.in[0] == CLIENT_HELLO)
		scrub_client_hello(&inside, &c, false);
	else if (s->from == SERVER && inside.in[0] == SERVER_HELLO)
		scrub_server_hello(&inside, &c);
}

static void
skip_ack(struct cursor *c, bool ecn)
{
	uint64_t ranges;

	get_varint(c);
	get_varint(c);
	ranges = get_varint(c);
	get_varint(c);
	for (; ranges && !c->err; ranges--) {
		get_varint(c);
		get_varint(c);
	}
	for (int i = 0; ecn && i < 3; i++)
		get_varint(c);
}

/* What CRYPTO brings is told as the hello is; changes text, of which c is a copy. Returns false
 * from where on nothing is known. */
static bool
frame(struct cursor *c, uint8_t *text, const uint8_t *hello)
{
	uint64_t type = get_varint(c), offset = 0, n;
	struct bytes b;
	uint8_t *to;

	if (type == PADDING || type == PING)
		return true;
	if (type == ACK || type == ACK_ECN) {
		skip_ack(c, type == ACK_ECN);
		return !c->err;
	}
	if (type != CRYPTO && type != CLOSE)
		return false;
	offset = get_varint(c);
	if (type == CLOSE)
		get_varint(c);
	n = get_varint(c);
	b = get_bytes(c, n < cursor_left(c) ? (size_t)n : cursor_left(c));
	if (c->err)
		return false;
	to = text + (b.p - c->base);
	for (size_t i = 0; i < b.n; i++)
		to[i] = type == CLOSE                 ? 'x'
			: offset + i < QUIC_HELLO_MAX ? hello[offset + i]
						      : scrub_filling(offset + i);
	return true;
}

static void
frames(uint8_t *text, size_t n, const uint8_t *hello)
{
	uint8_t *copy = xcalloc(n + 1, 1);
	struct cursor c = cursor_over((struct bytes){copy, n}, CURSOR_BAD);
	size_t at = 0;

	memcpy(copy, text, n);
	while (cursor_left(&c) && frame(&c, text, hello))
		at = (size_t)(c.p - copy);
	memset(text + at, PADDING, n - at);
	free(copy);
}

/* Seals it again behind the header that stands at out; what cannot be opened stays filling. */
static void
initial(struct scrub *s, const struct quic_packet *p, uint8_t *out)
{
	uint8_t *text = xcalloc(p->whole.n + 1, 1), *hello = xcalloc(QUIC_HELLO_MAX, 1);
	struct quic_pieces *pieces = xcalloc(1, sizeof *pieces);
	struct quic_keys k;
	struct quic_opened opened;
	struct quic_frames r;
	struct hello *h;

	if (open_initial(s->quic, p, s->from, &k, text, &opened, &h)) {
		if (s->from == CLIENT && h)
			*pieces = h->pieces;
		else
			quic_frames_read((struct bytes){text, opened.n}, &r, pieces);
		scrub_hello(s, pieces, hello);
		frames(text, opened.n, hello);
		quic_seal(&k, p, text, out);
	}
	free(text);
	free(hello);
	free(pieces);
}

static void
retry(struct scrub *s, const struct quic_packet *p, size_t at)
{
	size_t n = p->whole.n;

	if (!p->known || !p->known->retry_key)
		return;
	for (struct hello *h = s->quic ? s->quic->last : NULL; h; h = h->next) {
		struct bytes original = {h->dcid, h->dcid_n};

		if (!quic_retry_holds(p, original))
			continue;
		quic_retry_sign(p->known, original, s->out + at, n);
		return;
	}
}

/* The header, without its token. */
static void
header(struct scrub *s, const struct quic_packet *p, size_t at)
{
	size_t n = p->number_at ? p->number_at + 4 : p->whole.n;

	if (p->type == QUIC_RETRY && p->known)
		n = (size_t)(p->token.p - p->whole.p);
	else if (!p->known && p->type != QUIC_NEGOTIATION)
		n = (size_t)(p->scid.p - p->whole.p) + p->scid.n;
	scrub_keep(s, at, n < p->whole.n ? n : p->whole.n);
	if (p->token.n) {
		uint8_t *token = s->out + scrub_at(s, p->token.p);

		scrub_fill(token, 0, p->token.n);
	}
}

/* CHLO, how many tags, each with where its value ends; of the values only the name stays. */
static void
google(struct scrub *s)
{
	struct bytes name = chlo_name((struct bytes){s->in, s->n});
	const uint8_t *chlo = memmem(s->in, s->n, "CHLO", 4);

	scrub_keep(s, 0, 26); /* flags, connection, version, number, hash (Q043) */
	if (!chlo || scrub_at(s, chlo) + 8 > s->n)
		return;
	scrub_keep(s, 0, scrub_at(s, chlo) < 64 ? scrub_at(s, chlo) : 64);
	scrub_keep(s, scrub_at(s, chlo), 8 + 8 * (size_t)(chlo[4] | chlo[5] << 8));
	if (name.n)
		scrub_name(s, scrub_at(s, name.p), name.n);
}

void
scrub_quic(struct scrub *s)
{
	struct cursor in = cursor_over((struct bytes){s->in, s->n}, CURSOR_BAD);

	while (cursor_left(&in)) {
		size_t at = scrub_at(s, in.p);
		struct quic_packet p;

		if (!quic_is_long(*in.p)) {
			if (!at && chlo_is_google((struct bytes){s->in, s->n}))
				google(s);
			else
				scrub_keep(s, at, 1);
			return;
		}
		quic_packet_read(&in, &p);
		if (in.err) {
			scrub_keep(s, at, at ? 0 : 5);
			return;
		}
		header(s, &p, at);
		if (has_keys(&p))
			initial(s, &p, s->out + at);
		else if (p.type == QUIC_RETRY)
			retry(s, &p, at);
		else if (p.known && p.known->speech != QUIC_TLS)
			google(s);
	}
}
