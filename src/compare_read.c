/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what one end captured: a record of each packet, and the flows that they make. */
#include "compare.h"
#include "decode.h"
#include "reassemble.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

/* Records of one end: 128 MB. A capture of 1 GB of downloads has about as many. */
#define PAIR_PACKETS_MAX (1U << 20)
/* Payload of one end, which tells where bytes differ; packets behind it are compared by hashes. */
#define PAIR_BYTES_MAX (128U << 20)
#define PAIR_ERRORS_MAX 65536 /* 6 MB */
/* A mirror port or an "any" device shows a frame twice within this; no end sends the same packet,
 * IP ID and all, again so soon: retransmission timers begin at 200 ms (Linux), RFC 6298 says 1 s.
 */
#define DOUBLE_NSEC (2 * NSEC_PER_MSEC)
/* Times up to here, the year 2116, and from the epoch on: differences fit. */
#define TIME_LAST ((1LL << 62) - 1)
#define RECENT 64 /* packets that are looked at for it */

/* Two ends of a flow in the order of their bytes. */
struct flow_key {
	struct addr addr[2];
	uint16_t port[2];
	uint32_t proto;
};

struct open_flow {
	struct flow_key key;
	uint32_t flow; /* the latest with that key */
	uint32_t isn;
	bool isn_known;
	UT_hash_handle hh;
};

struct reader {
	struct pair_end *end;
	struct open_flow *flows;
	size_t flows_size, errors_size;
	uint16_t first_capture;
};

static bool
key_of(const struct packet *p, struct flow_key *ret)
{
	int order = addr_compare(&p->src, &p->dst);
	bool turned = order > 0 || (order == 0 && p->sport > p->dport);

	memset(ret, 0, sizeof *ret);
	ret->addr[turned] = p->src;
	ret->addr[!turned] = p->dst;
	ret->port[turned] = p->sport;
	ret->port[!turned] = p->dport;
	ret->proto = p->proto;
	return turned;
}

/* Did the sender of this packet open the flow? A guess where no SYN says so: whoever speaks first,
 * unless from a port below 1024 to one above, as servers answer (RFC 6335, 6). */
static bool
opens(const struct packet *p)
{
	if (p->proto == IPPROTO_TCP && p->flags & TH_SYN_)
		return !(p->flags & TH_ACK_);
	return p->sport >= 1024 || p->dport < 1024;
}

static uint32_t
flow_begin(struct reader *r, const struct packet *p)
{
	struct pair_end *e = r->end;
	int opener = opens(p) ? 0 : 1;
	struct pair_flow *f;

	if (e->nflows == r->flows_size) {
		r->flows_size = r->flows_size ? 2 * r->flows_size : 256;
		e->flows = xrealloc(e->flows, r->flows_size, sizeof *e->flows);
	}
	f = &e->flows[e->nflows];
	*f = (struct pair_flow){.proto = p->proto,
				.syn = p->proto == IPPROTO_TCP && p->flags & TH_SYN_};
	f->addr[opener] = p->src;
	f->addr[!opener] = p->dst;
	f->port[opener] = p->sport;
	f->port[!opener] = p->dport;
	return (uint32_t)e->nflows++;
}

/* Ports that are used again make another flow: a SYN with a number of its own. */
static uint32_t
flow_of(struct reader *r, const struct packet *p)
{
	bool syn = p->proto == IPPROTO_TCP && (p->flags & (TH_SYN_ | TH_ACK_)) == TH_SYN_;
	struct open_flow *o;
	struct flow_key key;

	key_of(p, &key);
	HASH_FIND(hh, r->flows, &key, sizeof key, o);
	if (!o) {
		o = xcalloc(1, sizeof *o);
		o->key = key;
		o->flow = flow_begin(r, p);
		HASH_ADD(hh, r->flows, key, sizeof o->key, o);
	} else if (syn && o->isn_known && o->isn != p->seq) {
		o->flow = flow_begin(r, p);
	}
	if (syn) {
		o->isn = p->seq;
		o->isn_known = true;
	}
	return o->flow;
}

static bool
same_frame(const struct pair_packet *a, const struct pair_packet *b)
{
	return a->flow == b->flow && a->from == b->from && a->seq == b->seq && a->ack == b->ack &&
	       a->len == b->len && a->flags == b->flags && a->ip_id == b->ip_id &&
	       a->body == b->body && a->tsval == b->tsval && a->window == b->window;
}

/* Was this very frame recorded a moment ago? Hosts that do not count their IP IDs send packets
 * that are alike, so that a frame without one must come at once, and is none's repetition: TTL. */
static bool
seen_twice(const struct pair_end *e, const struct pair_packet *p)
{
	for (size_t i = e->npackets; i > 0 && i + RECENT > e->npackets; i--) {
		const struct pair_packet *q = &e->packets[i - 1];

		if (p->nsec - q->nsec > DOUBLE_NSEC)
			return false;
		if (p->ip_id && q->at.capture == p->at.capture && same_frame(p, q) &&
		    !(p->flags & TH_RST_))
			return true;
	}
	return false;
}

static void
keep_bytes(struct pair_end *e, struct pair_packet *p, struct bytes b)
{
	uint8_t *room;

	p->head = XXH3_64bits(b.p, b.n < PAIR_HEAD ? b.n : PAIR_HEAD);
	p->body = XXH3_64bits(b.p, b.n);
	p->captured = (uint16_t)(b.n < UINT16_MAX ? b.n : UINT16_MAX);
	if (!b.n)
		return;
	if (e->bytes_kept + b.n > PAIR_BYTES_MAX) {
		e->bytes_full = true;
		return;
	}
	room = arena_alloc(e->arena, b.n);
	memcpy(room, b.p, b.n);
	e->bytes_kept += b.n;
	p->bytes = room;
	p->held = (uint32_t)b.n;
}

static bool
grow(struct pair_end *e)
{
	if (e->npackets < e->size)
		return true;
	if (e->size == PAIR_PACKETS_MAX)
		return false;
	e->size = e->size ? 2 * e->size : 4096;
	e->packets = xrealloc(e->packets, e->size, sizeof *e->packets);
	return true;
}

static void
take_packet(struct reader *r, const struct packet *p)
{
	struct pair_end *e = r->end;
	const struct pair_flow *f;
	struct pair_packet q = {.nsec = p->nsec,
				.at = {p->number, (uint16_t)(p->capture + r->first_capture)},
				.seq = p->seq,
				.ack = p->flags & TH_ACK_ ? p->ack : 0,
				.tsval = p->options & OPT_TS ? p->tsval : 0,
				.len = p->payload_len,
				.ip_id = p->ip_id,
				.window = p->window,
				.options = p->options,
				.bits = p->bits,
				.mss = p->options & OPT_MSS ? p->mss : 0,
				.flags = p->flags,
				.ttl = p->ttl,
				.tos = p->tos,
				.wscale = p->wscale,
				.proto = p->proto,
				.ip_version = p->ip_version};

	if (!grow(e)) {
		e->unkept++;
		return;
	}
	q.nsec = q.nsec < 0 ? 0 : q.nsec > TIME_LAST ? TIME_LAST : q.nsec;
	q.flow = flow_of(r, p);
	f = &e->flows[q.flow];
	q.from = !(addr_equal(&p->src, &f->addr[0]) && p->sport == f->port[0]);
	q.body = XXH3_64bits(p->payload.p, p->payload.n);
	if (seen_twice(e, &q)) {
		e->doubled++;
		return;
	}
	keep_bytes(e, &q, p->payload);
	if (!e->npackets || q.nsec < e->first)
		e->first = q.nsec;
	if (!e->npackets || q.nsec > e->last)
		e->last = q.nsec;
	e->packets[e->npackets++] = q;
}

static void
take_error(struct reader *r, const struct packet *p)
{
	struct pair_end *e = r->end;
	const struct quote *q = &p->quote;

	if (e->nerrors == PAIR_ERRORS_MAX)
		return;
	if (e->nerrors == r->errors_size) {
		r->errors_size = r->errors_size ? 2 * r->errors_size : 64;
		e->errors = xrealloc(e->errors, r->errors_size, sizeof *e->errors);
	}
	e->errors[e->nerrors++] =
	    (struct pair_error){.nsec = p->nsec,
				.at = {p->number, (uint16_t)(p->capture + r->first_capture)},
				.sender = p->src,
				.src = q->src,
				.dst = q->dst,
				.sport = q->sport,
				.dport = q->dport,
				.ip_id = q->ip_id,
				.seq = q->seq,
				.proto = q->proto,
				.type = p->icmp_type,
				.code = p->icmp_code,
				.ttl = p->ttl,
				.ip_version = p->ip_version};
}

static void
take(struct reader *r, enum decoded what, const struct packet *p)
{
	if (what == DECODED && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP))
		take_packet(r, p);
	else if (what == DECODED && p->quote.present)
		take_error(r, p);
	else if (what != DECODED_FRAGMENT)
		r->end->others++;
}

/* The packets of each flow, one after the other, in the order in which they were captured. */
static void
make_lists(struct pair_end *e)
{
	uint32_t at = 0;

	e->list = xcalloc(e->npackets + 1, sizeof *e->list);
	for (size_t i = 0; i < e->npackets; i++)
		e->flows[e->packets[i].flow].n++;
	for (size_t f = 0; f < e->nflows; f++) {
		e->flows[f].first = at;
		at += e->flows[f].n;
		e->flows[f].n = 0;
	}
	for (size_t i = 0; i < e->npackets; i++) {
		struct pair_flow *f = &e->flows[e->packets[i].flow];

		e->list[f->first + f->n++] = (uint32_t)i;
	}
}

static void
read_all(struct reader *r, struct decoder *d)
{
	struct frame frame;
	struct packet packet;

	while (capture_next(r->end->capture, &frame) == 1) {
		enum decoded what = decode(d, &frame, &packet);

		take(r, what, &packet);
	}
}

int
pair_read(struct pair_end *e, const char *const *files, size_t n, uint16_t first_capture,
	  char **ret_why)
{
	static const struct capture_options options;
	static const struct stream_sink none;
	struct reader r = {.end = e, .first_capture = first_capture};
	struct reassembler *reassembler;
	struct open_flow *o, *next;
	struct decoder *decoder;
	struct defrag *defrag;
	int error = capture_open(files, n, &options, &e->capture, ret_why);

	if (error)
		return error;
	e->arena = arena_new();
	reassembler = reassembler_new(&none, 1);
	if (!reassembler)
		out_of_memory();
	defrag = defrag_new(reassembler);
	decoder = decoder_new(defrag);
	read_all(&r, decoder);
	decoder_free(decoder);
	defrag_free(defrag);
	reassembler_free(reassembler);
	HASH_ITER(hh, r.flows, o, next)
	{
		HASH_DEL(r.flows, o);
		free(o);
	}
	make_lists(e);
	return 0;
}

void
pair_end_free(struct pair_end *e)
{
	capture_close(e->capture);
	arena_free(e->arena);
	free(e->packets);
	free(e->list);
	free(e->flows);
	free(e->errors);
}
