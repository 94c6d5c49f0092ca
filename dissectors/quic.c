/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUIC up to the point where it goes dark: long headers, and the ClientHello in its Initials,
 * whose keys every observer can derive. RFC 9000, RFC 9001, RFC 9369, RFC 8999; Google's QUIC as
 * far as its name goes.
 *
 * A message is one datagram. What one datagram leaves open of a ClientHello is kept until the
 * next one. */
#include "chlo.h"
#include "dissect.h"
#include "hello.h"
#include "quicframes.h"
#include "quickeys.h"

#include <string.h>

/* RFC 9000, 12.2 lets a datagram carry packets of each kind once; a few more are looked at. */
#define PACKETS_MAX 8
/* Initials of one side that are opened. A hello with a post-quantum key takes two, a client that
 * hears nothing repeats itself about eight times in a minute (RFC 9002, 6.2). */
#define OPENED_MAX 16
/* Packets with long headers that are told of one flow; a handshake has about ten. */
#define TOLD_MAX 64
/* Datagrams with short headers, after which a side has told all that it will. */
#define SHORT_MAX 8
/* A flight is sent again when a probe timer fires: 1 s at first (RFC 9002, 6.2.2), 3 round trips
 * where the path is known. What comes sooner belongs to one flight. */
#define FLIGHT (50 * NSEC_PER_MSEC)
#define EARLY_MAX 64   /* a server may send no more than three times what it got before that */
#define FULL 1200      /* RFC 9000, 14.1: a datagram with what must be acknowledged */
#define VERSIONS_MAX 8 /* offered by a server, that are told */

#define TAG_LENGTH 16 /* RFC 9001, 5.3 */

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 }; /* HandshakeType of TLS */
#define HANDSHAKE_HEADER 4

enum {
	F_INITIAL,
	F_VERSION,
	F_DCID,
	F_SCID,
	F_TOKEN_LENGTH,
	F_DATAGRAM_LENGTH,
	F_PORT_ABOVE,
	F_SNI,
	F_ALPN,
	F_ECH,
	F_JA4,
	F_CLIENT_HELLO,
	F_CLIENT_HELLO_LENGTH,
	F_SERVER_HELLO,
	F_ZERO_RTT,
	F_HANDSHAKE,
	F_SHORT,
	F_RETRY,
	F_RETRY_BAD,
	F_NEGOTIATION,
	F_SUPPORTED_VERSION,
	F_UNDECRYPTABLE,
	F_CLOSE,
	F_REPEAT,
	F_AHEAD,
};

static const struct field fields[] = {
    [F_INITIAL] = {"quic.initial", FACT_MARK, "an Initial packet, or Google QUIC's first"},
    [F_VERSION] = {"quic.version", FACT_UINT, "version of the connection, e.g. 0x00000001"},
    [F_DCID] = {"quic.dcid", FACT_TEXT, "where the client's first Initial goes, in hex", true},
    [F_SCID] = {"quic.scid", FACT_TEXT, "connection ID that the side chose, in hex", true},
    [F_TOKEN_LENGTH] = {"quic.token_length", FACT_UINT, "bytes of an Initial's token, if any"},
    [F_DATAGRAM_LENGTH] = {"quic.datagram_length", FACT_UINT,
			   "bytes of the datagram that brings a side's first Initial"},
    [F_PORT_ABOVE] = {"quic.source_port_above", FACT_MARK,
		      "the client's port is above the server's"},
    [F_SNI] = {"quic.sni", FACT_TEXT, "the server name it asks for, in lower case"},
    [F_ALPN] = {"quic.alpn", FACT_TEXT, "the first protocol it offers, e.g. h3 or doq"},
    [F_ECH] = {"quic.ech", FACT_MARK, "it has Encrypted Client Hello (0xfe0d), or greases it"},
    [F_JA4] = {"quic.ja4", FACT_TEXT, "JA4 fingerprint of the client", true},
    [F_CLIENT_HELLO] = {"quic.client_hello", FACT_MARK, "a ClientHello, whole"},
    [F_CLIENT_HELLO_LENGTH] = {"quic.client_hello.length", FACT_UINT,
			       "bytes of the ClientHello, with its header of four"},
    [F_SERVER_HELLO] = {"quic.server_hello", FACT_MARK, "the server's ServerHello", true},
    [F_ZERO_RTT] = {"quic.zero_rtt", FACT_MARK, "a 0-RTT packet"},
    [F_HANDSHAKE] = {"quic.handshake", FACT_MARK, "a Handshake packet"},
    [F_SHORT] = {"quic.short", FACT_MARK,
		 "its side's first short header; the server's first after the client's reply"},
    [F_RETRY] = {"quic.retry", FACT_MARK, "a Retry that holds: the server wants to see a token"},
    [F_RETRY_BAD] = {"quic.retry_bad", FACT_MARK,
		     "a Retry whose tag does not fit the client's Initial"},
    [F_NEGOTIATION] = {"quic.version_negotiation", FACT_MARK, "a Version Negotiation packet"},
    [F_SUPPORTED_VERSION] = {"quic.supported_version", FACT_UINT,
			     "a version that it offers; at most 8"},
    [F_UNDECRYPTABLE] = {"quic.undecryptable", FACT_MARK,
			 "an Initial that the connection's keys do not open"},
    [F_CLOSE] = {"quic.cc.error_code", FACT_UINT, "CONNECTION_CLOSE in an Initial: its code"},
    [F_REPEAT] = {"quic.repeat", FACT_MARK,
		  "a flight of the handshake again: nothing confirmed it in time"},
    [F_AHEAD] = {"quic.ahead", FACT_MARK,
		 "the client's Initial, right behind one of another connection"},
    {0},
};

struct quic {
	uint32_t version;
	bool begun;    /* `dcid` is known: the client's first Initial was seen */
	bool named;    /* the name was told, */
	bool greeted;  /* and the whole hello */
	bool heard;    /* the server said more than that it wants a token, or another version */
	bool answered; /* the server's hello was told */
	bool token;    /* one was told */
	bool settled;  /* the server's first short header after the reply was told */
	bool derived[2];
	uint8_t dcid_n, opened[2], told, shorts[2];
	uint8_t flights[2];     /* of long headers, one after another */
	int64_t flight_nsec[2]; /* the last packet of the last one */
	int64_t heard_nsec;
	int64_t confirmed; /* when the client was first seen to have heard the server */
	uint8_t dcid[QUIC_CID_MAX];
	uint8_t tag[TAG_LENGTH]; /* of the client's last Initial that was opened */
	struct quic_keys keys[2];
};

static void
note_name(struct flow *f, enum side from, struct bytes name)
{
	struct quic *q = f->state;
	uint8_t small[256]; /* a name has at most 253 (RFC 1035, 2.3.4) */

	if (q->named || !name.n)
		return;
	q->named = true;
	note_text(f, from, &fields[F_SNI], bytes_lower(name, small, sizeof small));
}

static void
note_hex(struct flow *f, enum side from, const struct field *field, struct bytes b)
{
	char text[2 * QUIC_CID_MAX + 1];

	if (flow_wants(f, field))
		note_string(f, from, field, hex_text(b, QUIC_CID_MAX, text));
}

/* --- the hello --- */

static void
client_hello(struct flow *f, enum side from, struct bytes whole)
{
	struct quic *q = f->state;
	struct cursor c = cursor_over(
	    (struct bytes){whole.p + HANDSHAKE_HEADER, whole.n - HANDSHAKE_HEADER}, CURSOR_BAD);
	struct client_hello h;
	char ja4[JA4_LENGTH + 1];

	client_hello_read(&c, &h);
	note_name(f, from, h.sni);
	if (c.err)
		return;
	note(f, from, &fields[F_CLIENT_HELLO]);
	if (h.alpn.n)
		note_text(f, from, &fields[F_ALPN], h.alpn);
	if (h.ech)
		note(f, from, &fields[F_ECH]);
	if (flow_wants(f, &fields[F_JA4]) && client_hello_ja4(&h, 'q', ja4))
		note_string(f, from, &fields[F_JA4], ja4);
	note_uint(f, from, &fields[F_CLIENT_HELLO_LENGTH], whole.n);
	q->greeted = true;
}

/* True if nothing more is to be learnt from what the client says. */
static bool
try_hello(struct flow *f, struct bytes known)
{
	struct quic *q = f->state;
	struct client_hello h;
	struct cursor c;
	size_t length = hello_whole_length(known);

	if (length == SIZE_MAX)
		return false;
	if (known.p[0] != CLIENT_HELLO)
		return true;
	if (length <= known.n) {
		client_hello(f, CLIENT, (struct bytes){known.p, length});
		return true;
	}
	/* The name may be there already, and the rest may never come. */
	c = cursor_over((struct bytes){known.p + HANDSHAKE_HEADER, known.n - HANDSHAKE_HEADER},
			CURSOR_SHORT);
	if (!q->named) {
		client_hello_read(&c, &h);
		note_name(f, CLIENT, h.sni);
	}
	return length > QUIC_HELLO_MAX;
}

static void
heard_client(struct flow *f, struct bytes text, const struct quic_frames *r)
{
	struct quic *q = f->state;
	struct quic_frames again;
	struct quic_pieces *p;

	if (q->greeted || !r->crypto)
		return;
	/* Nearly always the whole hello is one frame, and nothing is kept. */
	if (r->whole && !f->buffer[CLIENT] && hello_whole_length(r->first) <= r->first.n) {
		try_hello(f, r->first);
		q->greeted = true;
		return;
	}
	p = flow_memory(f, CLIENT, sizeof *p);
	quic_frames_read(text, &again, p);
	if (try_hello(f, quic_pieces_known(p))) {
		q->greeted = true;
		flow_forget(f, CLIENT);
	}
}

/* --- Initials --- */

static void
begin(struct flow *f, const struct quic_packet *p, size_t datagram)
{
	struct quic *q = f->state;

	if (q->version != p->version)
		q->flights[CLIENT] = 0;
	q->begun = true;
	q->derived[CLIENT] = q->derived[SERVER] = false;
	q->dcid_n = (uint8_t)(p->dcid.n < QUIC_CID_MAX ? p->dcid.n : QUIC_CID_MAX);
	if (q->dcid_n)
		memcpy(q->dcid, p->dcid.p, q->dcid_n);
	if (q->version == p->version)
		return;
	q->version = p->version;
	note_uint(f, CLIENT, &fields[F_VERSION], p->version);
	note_uint(f, CLIENT, &fields[F_DATAGRAM_LENGTH], datagram);
	if (f->port[CLIENT] > f->port[SERVER])
		note(f, CLIENT, &fields[F_PORT_ABOVE]);
	note_hex(f, CLIENT, &fields[F_DCID], p->dcid);
	note_hex(f, CLIENT, &fields[F_SCID], p->scid);
}

static bool
open_initial(struct flow *f, enum side from, const struct quic_packet *p, uint8_t *out,
	     struct quic_opened *ret)
{
	struct quic *q = f->state;

	if (!q->derived[from]) {
		quic_keys_derive(&q->keys[from], p->known, (struct bytes){q->dcid, q->dcid_n},
				 from == SERVER);
		q->derived[from] = true;
	}
	return quic_open(&q->keys[from], p, out, ret);
}

/* An Initial of the client's that the keys do not open may begin another connection. */
static bool
begins_anew(struct flow *f, const struct quic_packet *p, uint8_t *out, struct quic_opened *ret)
{
	struct quic *q = f->state;
	struct quic saved = *q;

	if (p->dcid.n == q->dcid_n && (!q->dcid_n || !memcmp(p->dcid.p, q->dcid, q->dcid_n)))
		return false;
	begin(f, p, p->whole.n);
	if (open_initial(f, CLIENT, p, out, ret)) {
		if (!q->heard && f->at_nsec - q->flight_nsec[CLIENT] < FLIGHT)
			note(f, CLIENT, &fields[F_AHEAD]);
		q->named = q->greeted = q->answered = false;
		q->confirmed = 0;
		flow_forget(f, CLIENT);
		return true;
	}
	*q = saved;
	return false;
}

/* No client says the very same packet twice (RFC 9000, 12.3); tools do, a dozen times. */
static bool
is_copy(struct quic *q, enum side from, const struct quic_packet *p)
{
	const uint8_t *tag = p->whole.p + p->whole.n - TAG_LENGTH;

	if (from == SERVER || p->whole.n < TAG_LENGTH)
		return false;
	if (memcmp(q->tag, tag, TAG_LENGTH) == 0)
		return true;
	memcpy(q->tag, tag, TAG_LENGTH);
	return false;
}

/* Apart from its caller, since it needs much stack. */
static __attribute__((noinline)) void
look_inside(struct flow *f, enum side from, const struct quic_packet *p, size_t datagram)
{
	struct quic *q = f->state;
	uint8_t out[65536]; /* a datagram's length has 16 bits */
	struct quic_opened opened;
	struct quic_frames r;
	struct bytes text;

	if (p->known->speech == QUIC_CHLO_RAW)
		note_name(f, from, chlo_name(p->whole));
	if (!p->known->salt || q->opened[from] == OPENED_MAX || is_copy(q, from, p))
		return;
	/* A server's hello fills a datagram, and a farewell does not (RFC 9000, 14.1). */
	if (from == SERVER && datagram >= FULL && !flow_wants(f, &fields[F_SERVER_HELLO]))
		return;
	q->opened[from]++;
	if (!open_initial(f, from, p, out, &opened) &&
	    (from == SERVER || !begins_anew(f, p, out, &opened))) {
		note(f, from, &fields[F_UNDECRYPTABLE]);
		return;
	}
	text = (struct bytes){out, opened.n};
	if (p->known->speech != QUIC_TLS) {
		note_name(f, from, chlo_name(text));
		return;
	}
	quic_frames_read(text, &r, NULL);
	if (r.closed)
		note_uint(f, from, &fields[F_CLOSE], r.code);
	if (from == CLIENT) {
		heard_client(f, text, &r);
		if (r.ack && q->heard && !q->confirmed)
			q->confirmed = f->at_nsec;
		/* It begins again though it was answered. */
		if (r.first.n && q->heard && f->at_nsec - q->heard_nsec >= FLIGHT)
			note(f, CLIENT, &fields[F_REPEAT]);
	} else if (r.first.n && r.first.p[0] == SERVER_HELLO && !q->answered) {
		q->answered = true;
		note(f, from, &fields[F_SERVER_HELLO]);
	}
}

static void
initial(struct flow *f, enum side from, const struct quic_packet *p, size_t datagram)
{
	struct quic *q = f->state;

	note(f, from, &fields[F_INITIAL]);
	if (from == CLIENT && (!q->begun || p->version != q->version))
		begin(f, p, datagram);
	if (from == SERVER && !q->flights[SERVER])
		note_hex(f, SERVER, &fields[F_SCID], p->scid);
	if (p->token.n && !q->token)
		note_uint(f, from, &fields[F_TOKEN_LENGTH], p->token.n);
	q->token |= p->token.n > 0;
	if (q->begun && p->known && p->version == q->version)
		look_inside(f, from, p, datagram);
}

/* --- everything else --- */

static void
retry(struct flow *f, enum side from, const struct quic_packet *p)
{
	struct quic *q = f->state;

	if (from == CLIENT)
		return;
	if (!q->begun || !p->known->retry_key) {
		note(f, from, &fields[F_RETRY]);
		return;
	}
	if (!quic_retry_holds(p, (struct bytes){q->dcid, q->dcid_n})) {
		note(f, from, &fields[F_RETRY_BAD]);
		return;
	}
	note(f, from, &fields[F_RETRY]);
	/* What the server chose makes the keys from now on (RFC 9001, 5.2). */
	q->dcid_n = (uint8_t)p->scid.n;
	if (q->dcid_n)
		memcpy(q->dcid, p->scid.p, q->dcid_n);
	q->derived[CLIENT] = q->derived[SERVER] = false;
}

static void
negotiation(struct flow *f, enum side from, const struct quic_packet *p)
{
	struct cursor c = cursor_over(p->listed, CURSOR_BAD);

	if (from == CLIENT)
		return;
	note(f, from, &fields[F_NEGOTIATION]);
	for (int i = 0; i < VERSIONS_MAX && cursor_left(&c); i++)
		note_uint(f, from, &fields[F_SUPPORTED_VERSION], get_be32(&c));
}

static void
packet(struct flow *f, enum side from, const struct quic_packet *p, size_t datagram)
{
	struct quic *q = f->state;

	if (q->told == TOLD_MAX)
		return;
	q->told++;
	if (from == SERVER && !q->heard && (p->type == QUIC_INITIAL || p->type == QUIC_HANDSHAKE)) {
		q->heard = true;
		q->heard_nsec = f->at_nsec;
	}
	switch (p->type) {
	case QUIC_INITIAL:
		initial(f, from, p, datagram);
		break;
	case QUIC_ZERO_RTT:
		note(f, from, &fields[F_ZERO_RTT]);
		break;
	case QUIC_HANDSHAKE:
		note(f, from, &fields[F_HANDSHAKE]);
		if (from == CLIENT && !q->confirmed)
			q->confirmed = f->at_nsec;
		break;
	case QUIC_RETRY:
		retry(f, from, p);
		break;
	case QUIC_NEGOTIATION:
		negotiation(f, from, p);
		break;
	}
}

/* Counts the flights of long headers, and tells those that come again though nothing was lost in
 * the capture: the client's while nobody answers, the server's once it has sent two. A server that
 * may not send more than three times what it got waits once (RFC 9000, 8.1), and its last words
 * answer the client's. */
static void
flight(struct flow *f, enum side from)
{
	struct quic *q = f->state;
	bool first = !q->flights[from];

	if (!first && f->at_nsec - q->flight_nsec[from] < FLIGHT)
		return;
	q->flight_nsec[from] = f->at_nsec;
	if (q->flights[from] < UINT8_MAX)
		q->flights[from]++;
	if (q->told == TOLD_MAX)
		return;
	if (from == CLIENT ? !first && !q->heard : q->flights[SERVER] > 2)
		note(f, from, &fields[F_REPEAT]);
}

/* After these a side tells nothing new. What the server says before the client has replied does not
 * count: it may go on to repeat its handshake. */
static void
short_header(struct flow *f, enum side from)
{
	struct quic *q = f->state;
	bool early = from == SERVER && q->begun && !q->confirmed;

	q->heard |= from == SERVER;
	if (!q->shorts[from] || (from == SERVER && !early && !q->settled))
		note(f, from, &fields[F_SHORT]);
	q->settled |= from == SERVER && !early;
	if (++q->shorts[from] < (early ? EARLY_MAX : SHORT_MAX))
		return;
	flow_enough(f, from);
	if (from == SERVER)
		flow_enough(f, CLIENT);
}

static void
google(struct flow *f, enum side from, struct bytes b)
{
	struct quic *q = f->state;
	struct cursor c = cursor_over(b, CURSOR_BAD);

	if (q->told == TOLD_MAX) {
		flow_enough(f, from);
		return;
	}
	q->told++;
	skip_bytes(&c, CHLO_VERSION_AT);
	note(f, from, &fields[F_INITIAL]);
	if (!q->version) {
		q->version = get_be32(&c);
		note_uint(f, from, &fields[F_VERSION], q->version);
		note_uint(f, from, &fields[F_DATAGRAM_LENGTH], b.n);
		if (f->port[CLIENT] > f->port[SERVER])
			note(f, from, &fields[F_PORT_ABOVE]);
	}
	note_name(f, from, chlo_name(b));
	flight(f, from);
}

/* What follows the first packet of a datagram is part of it if it goes to the same connection
 * (RFC 9000, 12.2); some senders fill up with anything. Returns how many there are. */
static size_t
read_packets(struct cursor *in, struct quic_packet list[PACKETS_MAX], bool *ret_short)
{
	size_t n = 0;

	*ret_short = false;
	while (n < PACKETS_MAX && cursor_left(in)) {
		struct cursor c = cursor_over((struct bytes){in->p, cursor_left(in)}, in->at_end);

		if (!quic_is_long(*in->p)) {
			*ret_short = *in->p & 0x40;
			break;
		}
		quic_packet_read(&c, &list[n]);
		if (c.err && (n == 0 || c.err == CURSOR_SHORT)) {
			cursor_fail(in, c.err);
			return 0;
		}
		if (c.err || (n && (list[n].dcid.n != list[0].dcid.n ||
				    memcmp(list[n].dcid.p, list[0].dcid.p, list[n].dcid.n) != 0)))
			break;
		skip_bytes(in, list[n].whole.n);
		n++;
	}
	skip_bytes(in, cursor_left(in));
	return n;
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct quic *q = f->state;
	struct bytes whole = {in->p, cursor_left(in)};
	struct quic_packet list[PACKETS_MAX];
	bool ends_short;
	size_t n;

	if (!quic_is_long(*in->p)) {
		if (chlo_is_google(whole))
			google(f, from, whole);
		else if (from == CLIENT && q->begun && !q->heard && !(*in->p & 0x40))
			flow_disclaim(f); /* no short header (RFC 9000, 17.3.1), nor time for one */
		else
			short_header(f, from);
		skip_bytes(in, whole.n);
		return;
	}
	n = read_packets(in, list, &ends_short);
	if (in->err)
		return;
	for (size_t i = 0; i < n; i++)
		packet(f, from, &list[i], whole.n);
	if (n && list[0].type != QUIC_RETRY && list[0].type != QUIC_NEGOTIATION)
		flight(f, from);
	if (ends_short && (!q->shorts[from] || (q->confirmed && !q->settled)))
		short_header(f, from);
}

#define DCID_MIN 8 /* RFC 9000, 7.2: of a client's first Initial */
/* The shortest packet that cannot be told from a stateless reset (RFC 9000, 10.3). */
#define SHORT_HEADER_MIN 21

static enum guess
probe(struct bytes first, enum side from)
{
	struct cursor c = cursor_over(first, CURSOR_BAD);
	uint32_t version;
	uint8_t dcid, scid;

	(void)from;
	if (chlo_is_google(first))
		return YES;
	if (!quic_is_long(get_u8(&c)))
		return first.p[0] & 0x40 && first.n >= SHORT_HEADER_MIN ? MAYBE : NO;
	version = get_be32(&c);
	dcid = get_u8(&c);
	if (version == 0x51303436)
		return first.p[0] & 0x40 && !c.err ? YES : NO;
	skip_bytes(&c, dcid);
	scid = get_u8(&c);
	skip_bytes(&c, scid);
	if (c.err || dcid > QUIC_CID_MAX || scid > QUIC_CID_MAX)
		return NO;
	if (quic_version_find(version) || quic_is_reserved(version))
		return first.p[0] & 0x40 ? YES : MAYBE; /* RFC 9287 allows it to be clear */
	/* Version Negotiation; or a version of tomorrow's, by RFC 9000, 7.2 and 14.1. */
	return version == 0 || (dcid >= DCID_MIN && first.n >= FULL) ? MAYBE : NO;
}

const struct dissector dissector_quic = {
    .name = "quic",
    .title = "QUIC",
    .spec = "RFC 9000",
    .carriers = 1u << DATAGRAMS,
    .ports = (const uint16_t[]){443, 853, 0},
    .fields = fields,
    .state_size = sizeof(struct quic),
    .probe = probe,
    .message = message,
};
