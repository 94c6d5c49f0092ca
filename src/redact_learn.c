/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must be known before the first frame is written: whose addresses are whose, and what is left
 * of each stream. */
#include "redact_parts.h"

#include "capture.h"
#include "decode.h"
#include "opening.h"
#include "pieces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

/* Streams that are held at once. When there are more, those of the oldest connections are scrubbed
 * as far as they are known. */
#define HELD_MAX ((size_t)256 << 20)
/* How often connections that are over are looked for. */
#define SWEEP 1024

int
redact_open(const struct redaction *r, size_t i, struct capture **ret, char **ret_why)
{
	static const struct capture_options plain;
	const char *const *file = &r->options->analyze->files[i];

	if (strcmp(*file, "-") == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) < 0) {
		int error = -errno;

		*ret_why = xstrdup("standard input cannot be read again");
		return error;
	}
	return capture_open(file, 1, &plain, ret, ret_why);
}

struct scrub
redact_scrub(const struct redaction *r, const struct talk *t, enum side from,
	     const struct reframe_payload *p)
{
	return (struct scrub){.disguise = r->disguise,
			      .in = p->in,
			      .out = p->out,
			      .n = p->n,
			      .from = from,
			      .concerned = t->concerned,
			      .named =
				  t->concerned ||
				  (t->name && disguise_keeps_name(r->disguise, bytes_of(t->name))),
			      .datagram = p->proto == IPPROTO_UDP,
			      .ports = {p->ports[0], p->ports[1]},
			      .quic = t->quic};
}

/* Protocols of a local network that tell who is in it: RFC 2131, RFC 8415, RFC 6762, RFC 4795,
 * RFC 1002, UPnP, WS-Discovery. */
static bool
is_local(uint16_t port)
{
	static const uint16_t ports[] = {67, 68, 546, 547, 5353, 5355, 137, 138, 1900, 3702};

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (port == ports[i])
			return true;
	return false;
}

void
redact_datagram(const struct redaction *r, const struct talk *t, enum side from,
		const struct reframe_payload *p)
{
	struct scrub s = redact_scrub(r, t, from, p);

	if (is_local(p->ports[0]) || is_local(p->ports[1]))
		return;
	scrub_datagram(&s, t->protocol ? t->protocol : "");
}

/* --- addresses --- */

/* An ICMP error's sender is part of the evidence. What it quotes may tell a client's address behind
 * a NAT, which no flow has. */
static void
learn_addresses(struct redaction *r, const struct packet *pkt)
{
	struct talk *t;
	enum side from;

	if (pkt->quote.present && disguise_is_global(&pkt->src))
		disguise_keep(r->disguise, &pkt->src);
	if (pkt->proto != IPPROTO_UDP && pkt->proto != IPPROTO_TCP)
		return;
	t = whom_find(r->whom, pkt, &from);
	if (!t)
		return;
	if (whom_is_cited(r->whom, (struct ref){pkt->number, pkt->capture}))
		t->concerned = true;
	if (t->protocol && pkt->proto == IPPROTO_UDP && strcmp(t->protocol, "stun") == 0)
		scrub_stun_learn(r->disguise, pkt->payload);
	if (pkt->proto == IPPROTO_UDP) {
		struct scrub s = {.in = pkt->payload.p, .n = pkt->payload.n, .from = from};

		scrub_quic_learn(&t->quic, &s);
	}
}

/* --- streams --- */

/* A version of a stream, as it may be shown, into the spool. */
static void
spool(struct redaction *r, struct talk *t, enum side from, size_t version)
{
	struct wording *w = t->wording[from];
	uint32_t first;
	struct bytes text = wording_text(w, version, &first);
	uint8_t *out = xcalloc(text.n + 1, 1);
	struct reframe_payload p = {.proto = IPPROTO_TCP, .in = text.p, .out = out, .n = text.n};
	struct scrub s = redact_scrub(r, t, from, &p);

	scrub_fill(out, first + 3U * version, text.n);
	if (text.n && t->protocol) {
		scrub_stream(&s, t->protocol);
	} else if (text.n && from == CLIENT) {
		size_t n = wording_opening(w, version);
		struct opening o;

		n = n < text.n ? n : text.n;
		opening_count(&o, (struct bytes){text.p, n});
		if (o.n)
			scrub_opening(&s, n);
	}
	if (fwrite(out, 1, text.n, r->spool) != text.n)
		r->failed = true;
	wording_put(w, version, r->spooled, (uint32_t)text.n);
	r->spooled += (int64_t)text.n;
	free(out);
}

static void
close_talk(struct redaction *r, struct talk *t)
{
	for (int side = 0; side < 2; side++) {
		struct wording *w = t->wording[side];

		if (!w || wording_is_closed(w))
			continue;
		for (size_t i = 0; i < wording_versions(w); i++)
			spool(r, t, (enum side)side, i);
		wording_close(w);
	}
}

/* Connections whose streams are held, in the order in which they began. */
struct open_talks {
	struct talk **list;
	size_t n, size;
};

static void
add(struct open_talks *o, struct talk *t)
{
	if (o->n == o->size) {
		o->size = o->size ? 2 * o->size : 64;
		o->list = xrealloc(o->list, o->size, sizeof(struct talk *));
	}
	o->list[o->n++] = t;
}

/* Closes what is over, or the oldest if too much is held. */
static void
sweep(struct redaction *r, struct open_talks *o, uint32_t frame)
{
	size_t left = 0;

	for (size_t i = 0; i < o->n; i++) {
		struct talk *t = o->list[i];

		if (t->last < frame || wording_held() > HELD_MAX)
			close_talk(r, t);
		else
			o->list[left++] = t;
	}
	o->n = left;
}

static void
learn_segment(struct open_talks *o, struct talk *t, enum side from, const struct packet *pkt,
	      struct redact_seen *seen)
{
	uint32_t seq = pkt->seq + (pkt->flags & TH_SYN_ ? 1 : 0);
	struct wording_place place;

	seen->seq = seq;
	if (pkt->flags & TH_RST_) {
		seen->kind = pkt->payload_len ? SEEN_RESET : SEEN_NOTHING;
		return;
	}
	if (wording_is_closed(t->wording[from]))
		return;
	if (!t->wording[CLIENT] && !t->wording[SERVER])
		add(o, t);
	if (pkt->flags & TH_SYN_)
		wording_begin(&t->wording[from], seq);
	if (!pkt->payload_len)
		return;
	place = wording_take(&t->wording[from], seq, pkt->payload, pkt->payload_len);
	if (place.version == WORDING_VERSIONS)
		return;
	seen->kind = SEEN_STREAM;
	seen->version = place.version;
	seen->offset = place.offset;
}

static struct redact_seen
learn_packet(struct redaction *r, struct open_talks *o, const struct packet *pkt)
{
	struct redact_seen seen = {0};
	struct talk *t;
	enum side from;

	if (pkt->proto != IPPROTO_TCP && pkt->proto != IPPROTO_UDP)
		return seen;
	t = whom_find(r->whom, pkt, &from);
	if (!t)
		return seen;
	seen.talk = t->number;
	seen.from = (uint8_t)from;
	if (pkt->proto == IPPROTO_UDP)
		seen.kind = SEEN_DATAGRAM;
	else
		learn_segment(o, t, from, pkt, &seen);
	return seen;
}

/* --- fragments --- */

/* Fragments that are remembered, of 80 bytes a datagram; of later ones nothing stays. */
#define WHOLES_MAX (1u << 20)

struct fragment_taker {
	struct redaction *r;
	struct pieces *pieces;
	struct open_talks *open;
	const struct packet *pkt;
	struct redact_seen seen;
	uint32_t first; /* number of this file's first datagram */
};

static struct redact_whole *
whole_of(struct redaction *r, uint32_t number)
{
	if (number >= WHOLES_MAX)
		return NULL;
	while (number >= r->nwholes) {
		if (r->nwholes == r->wholes_size) {
			r->wholes_size = r->wholes_size ? 2 * r->wholes_size : 64;
			r->wholes = xrealloc(r->wholes, r->wholes_size, sizeof *r->wholes);
		}
		memset(&r->wholes[r->nwholes++], 0, sizeof *r->wholes);
	}
	return &r->wholes[number];
}

/* The packet that a datagram holds, as far as streams go. */
static struct redact_seen
learn_whole(struct fragment_taker *t, const struct redact_whole *w, struct bytes b)
{
	struct packet pkt = *t->pkt;
	size_t header = w->proto == IPPROTO_TCP && b.n >= 20 ? (size_t)(b.p[12] >> 4) * 4 : 8;

	memset(&pkt.quote, 0, sizeof pkt.quote);
	if (b.n < header || (w->proto != IPPROTO_TCP && w->proto != IPPROTO_UDP))
		return (struct redact_seen){0};
	pkt.proto = w->proto;
	pkt.sport = (uint16_t)(b.p[0] << 8 | b.p[1]);
	pkt.dport = (uint16_t)(b.p[2] << 8 | b.p[3]);
	if (w->proto == IPPROTO_TCP) {
		if (header < 20)
			return (struct redact_seen){0};
		pkt.seq = (uint32_t)b.p[4] << 24 | (uint32_t)b.p[5] << 16 | (uint32_t)b.p[6] << 8 |
			  b.p[7];
		pkt.flags = b.p[13];
	}
	pkt.payload = (struct bytes){b.p + header, b.n - header};
	pkt.payload_len = (uint32_t)pkt.payload.n;
	if (!t->open) {
		learn_addresses(t->r, &pkt);
		return (struct redact_seen){0};
	}
	return learn_packet(t->r, t->open, &pkt);
}

static void
take_fragment(void *context, const struct reframe_payload *p)
{
	struct fragment_taker *t = context;
	struct piece piece = {.src = p->src,
			      .dst = p->dst,
			      .scope = t->pkt->scope,
			      .id = p->id,
			      .proto = p->proto,
			      .offset = p->offset,
			      .more = p->more,
			      .b = {p->in, p->n}};
	struct redact_whole *w, local = {.src = p->src, .dst = p->dst, .proto = p->proto};
	struct bytes whole;
	uint32_t number;

	if (!p->fragment)
		return;
	number = t->first + pieces_take(t->pieces, &piece, &whole);
	w = t->open ? whole_of(t->r, number) : &local;
	if (!w)
		return;
	t->seen =
	    (struct redact_seen){.kind = SEEN_FRAGMENT, .talk = number + 1, .offset = p->offset};
	if (!whole.n)
		return;
	w->src = p->src;
	w->dst = p->dst;
	w->proto = p->proto;
	w->seen = learn_whole(t, w, whole);
	if (!t->open)
		return;
	w->where = t->r->spooled;
	w->n = (uint32_t)whole.n;
	if (fwrite(whole.p, 1, whole.n, t->r->spool) != whole.n)
		t->r->failed = true;
	t->r->spooled += (int64_t)whole.n;
}

static struct redact_seen
learn_fragment(struct fragment_taker *t, const struct frame *f, const struct packet *pkt)
{
	struct reframe how = {
	    .disguise = t->r->disguise, .payload = take_fragment, .context = t, .look = true};

	t->pkt = pkt;
	t->seen = (struct redact_seen){0};
	if (t->r->size < f->caplen) {
		t->r->size = f->caplen;
		t->r->buffer = xrealloc(t->r->buffer, t->r->size, 1);
	}
	reframe(&how, f, t->r->buffer);
	return t->seen;
}

/* --- all files --- */

static void
learn_file(struct redaction *r, size_t i, struct capture *c, bool streams, uint64_t *frames)
{
	struct decoder *d = decoder_new(NULL);
	struct open_talks open = {0};
	struct fragment_taker fragments = {.r = r,
					   .pieces = pieces_new(),
					   .open = streams ? &open : NULL,
					   .first = (uint32_t)r->nwholes};
	struct frame f;
	struct packet pkt;

	while (capture_next(c, &f) > 0) {
		struct redact_seen seen = {0};
		enum decoded decoded;

		f.capture = (uint16_t)i;
		decoded = decode(d, &f, &pkt);
		if (decoded == DECODED_FRAGMENT)
			seen = learn_fragment(&fragments, &f, &pkt);
		else if (decoded == DECODED && streams)
			seen = learn_packet(r, &open, &pkt);
		else if (decoded == DECODED)
			learn_addresses(r, &pkt);
		if (!streams)
			continue;
		if (fwrite(&seen, sizeof seen, 1, r->seen) != 1)
			r->failed = true;
		if (++*frames % SWEEP == 0)
			sweep(r, &open, f.number);
	}
	for (size_t k = 0; k < open.n; k++)
		close_talk(r, open.list[k]);
	free(open.list);
	pieces_free(fragments.pieces);
	decoder_free(d);
}

static int
learn_all(struct redaction *r, bool streams, char **ret_why)
{
	uint64_t frames = 0;
	int error = 0;

	for (size_t i = 0; i < r->options->analyze->nfiles && !error; i++) {
		struct capture *c = NULL;

		r->begins[i] = frames;
		error = redact_open(r, i, &c, ret_why);
		if (error)
			break;
		learn_file(r, i, c, streams, &frames);
		capture_close(c);
	}
	return error;
}

static bool
read_address(const char *text, struct addr *ret)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		*ret = addr_from_v4(b);
	else if (inet_pton(AF_INET6, text, b) == 1)
		*ret = addr_from_v6(b);
	else
		return false;
	return true;
}

bool
redact_is_address(const char *text)
{
	struct addr a;

	return read_address(text, &a);
}

static void
hide(struct redaction *r, const char *text)
{
	struct addr a;

	if (read_address(text, &a))
		disguise_client(r->disguise, &a);
}

int
redact_learn(struct redaction *r, char **ret_why)
{
	int error;

	r->begins = xcalloc(r->options->analyze->nfiles, sizeof *r->begins);
	r->seen = tmpfile();
	r->spool = tmpfile();
	if (!r->seen || !r->spool) {
		error = -errno;
		*ret_why = xstrdup("no temporary file");
		return error;
	}
	whom_settle(r->whom);
	for (size_t i = 0; i < r->options->nhidden; i++)
		hide(r, r->options->hidden[i]);
	error = learn_all(r, false, ret_why);
	if (!error)
		error = learn_all(r, true, ret_why);
	if (!error && (r->failed || fflush(r->seen) || fflush(r->spool))) {
		error = -EIO;
		*ret_why = xstrdup("the temporary files cannot be written");
	}
	return error;
}

void
redact_forget(struct redaction *r)
{
	for (size_t i = 0; r->whom && i < whom_count(r->whom); i++)
		for (int side = 0; side < 2; side++)
			wording_free(whom_get(r->whom, i)->wording[side]);
	if (r->seen)
		fclose(r->seen);
	if (r->spool)
		fclose(r->spool);
	free(r->begins);
	free(r->wholes);
	free(r->buffer);
}
