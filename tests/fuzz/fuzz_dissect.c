/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One dissector behind the engine. The first byte says which, by its place in dissectors[]; the
 * second how the rest comes to it:
 *
 *   bit 0     the side that speaks first
 *   bit 1     the sides take turns, piece by piece
 *   bit 2     STREAM instead of DATAGRAMS, if the dissector knows both
 *   bit 3     nobody is told whose bytes they are: the probes decide
 *   bit 4     pieces miss: a gap in a stream, a datagram cut by the capture
 *   bits 5-7  pieces of 1, 2, 4, 8, 16, 32 or 64 bytes; 0: all in one
 *
 * A dissector of PACKETS gets the bytes as the fields of kept packets. */
#include "dissect_engine.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As many as a flow table may keep of one flow, and some. */
#define PACKETS_MAX 64

static void
hear(struct flow *f, enum side from, enum carrier carrier, struct bytes b, bool hurt)
{
	uint8_t *copy = xcalloc(b.n, 1);

	memcpy(copy, b.p, b.n);
	if (carrier == DATAGRAMS) {
		dissect_datagram(f, from, (struct bytes){copy, b.n}, hurt);
	} else {
		dissect_stream_bytes(f, from, (struct bytes){copy, b.n});
		if (hurt && copy[0] % 4 == 0)
			dissect_stream_gap(f, from, (uint64_t)copy[0] * 8);
	}
	free(copy);
}

static void
payloads(struct flow *f, unsigned how, enum carrier carrier, struct bytes b)
{
	size_t piece = how >> 5 ? (size_t)1 << ((how >> 5) - 1) : b.n;
	enum side from = how & 1 ? SERVER : CLIENT;

	for (size_t at = 0; at < b.n; at += piece) {
		size_t n = piece < b.n - at ? piece : b.n - at;

		hear(f, from, carrier, (struct bytes){b.p + at, n}, how & 16);
		if (how & 2)
			from = other_side(from);
	}
}

static void
forget(struct flow *f)
{
	dissect_free(f);
	arena_free(f->arena);
	facts_free(f);
}

/* A first message of which no more bytes come. */
static void
at_end(const struct flow *like, const struct dissector *d, enum side from, struct bytes b)
{
	struct cursor in = cursor_over(b, CURSOR_BAD);
	struct flow f = {.proto = like->proto, .ip_version = 4, .now = like->now};

	flow_becomes(&f, d->name);
	f.messages++;
	d->message(&f, from, &in);
	if (in.err == CURSOR_OK && in.p == b.p)
		abort(); /* a message is consumed or fails */
	if (in.err == CURSOR_SHORT)
		abort(); /* it was told that no more may come */
	forget(&f);
}

static struct trace
packet_of(struct cursor *c, unsigned i)
{
	struct trace t = {.at = {i + 1, 0}};
	uint16_t after;

	after = get_be16(c);
	/* Times go forward but for one packet in eight: or sorting them would be all that is done.
	 */
	t.nsec = i * NSEC_PER_SEC + after * (NSEC_PER_MSEC / 10);
	t.nsec -= after & 7 ? 0 : 4 * NSEC_PER_SEC;
	t.from = get_u8(c) & 1;
	t.flags = get_u8(c);
	t.ttl = get_u8(c);
	t.reserved = get_u8(c);
	t.seq = get_be32(c);
	t.ack = get_be32(c);
	t.len = get_be16(c);
	t.hash = get_be16(c);
	t.odd = get_be16(c);
	t.ip_id = get_be16(c);
	t.window = get_be16(c);
	t.options = get_be16(c);
	t.bits = get_be16(c);
	t.tsval = get_be16(c);
	t.tsecr = get_be16(c);
	return t;
}

static void
packets(struct flow *f, struct bytes b)
{
	struct cursor c = cursor_over(b, CURSOR_BAD);
	struct trace *list = xcalloc(PACKETS_MAX, sizeof *list);
	uint16_t n = 0;

	f->half[CLIENT].isn = get_be32(&c);
	f->half[SERVER].isn = get_be32(&c);
	f->half[CLIENT].has_isn = f->half[SERVER].has_isn = true;
	f->half[CLIENT].ttl = get_u8(&c);
	f->half[SERVER].ttl = get_u8(&c);
	while (n < PACKETS_MAX && cursor_left(&c) > 0) {
		list[n] = packet_of(&c, n);
		n++;
	}
	f->trace = list;
	f->ntrace = f->trace_size = n;
	dissect_packets(f);
	free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct packet packet = {.number = 1, .ip_version = 4, .icmp_type = 8};
	const struct dissector *d;
	enum carrier carrier;
	struct bytes rest;
	struct flow f = {0};
	size_t count = 0;

	while (dissectors[count])
		count++;
	if (size < 3 || count == 0)
		return 0;
	d = dissectors[data[0] % count];
	rest = (struct bytes){data + 2, size - 2};
	carrier = d->carriers & 1u << DATAGRAMS ? DATAGRAMS : STREAM;
	if (d->carriers & 1u << STREAM && data[1] & 4)
		carrier = STREAM;
	f.proto = carrier == STREAM ? IPPROTO_TCP : IPPROTO_UDP;
	f.ip_version = 4;
	f.now = &packet;
	f.port[SERVER] = d->ports ? d->ports[0] : 0;
	if (!d->message) {
		packets(&f, rest);
	} else {
		if (!(data[1] & 8))
			flow_becomes(&f, d->name);
		payloads(&f, data[1], carrier, rest);
		at_end(&f, d, data[1] & 1 ? SERVER : CLIENT, rest);
		dissect_packets(&f);
	}
	for (size_t i = 0; i < f.nfacts; i++)
		if (!f.facts[i].field)
			abort();
	forget(&f);
	return 0;
}
