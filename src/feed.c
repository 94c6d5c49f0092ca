/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a packet brings goes to the dissectors: a stream's bytes in order, datagrams as they are. */
#include "feed.h"

#include "decoy.h"
#include "dissect_engine.h"

#include <netinet/in.h>

/* How many bytes of one side's stream are put together: handshakes and heads are within the
 * first 16 KiB (the reassembly dossier measured at this depth), a hello of many segments and a
 * certificate chain fit into twice that. */
#define STREAM_DEPTH 32768
/* A conversation of datagrams is judged in parts before its facts run over. */
#define FACTS_PART (FACTS_MAX - 96)

/* Bytes of a reset's payload that are shown: the known ones carry ten, or a few words. */
#define CAUSE_MAX 32

/* All bytes before this offset were handed over. */
static void
reach(struct flow *f, enum side from, uint64_t offset)
{
	if (offset >= STREAM_DEPTH && f->half[from].bytes && !f->half[from].done)
		flow_enough(f, from);
}

static void
stream_data(void *owner, enum side from, uint64_t offset, struct bytes b)
{
	struct flow *f = owner;

	dissect_stream_bytes(f, from, b);
	reach(f, from, offset + b.n);
}

static void
stream_gap(void *owner, enum side from, uint64_t offset, uint64_t n)
{
	(void)offset;
	dissect_stream_gap(owner, from, n);
}

const struct stream_sink feed_sink = {stream_data, stream_gap};

/* What had been held back to the end: nothing followed that would make a decoy of it, so that it
 * was what the client had to say. Its stream is closed, or was never opened. */
void
feed_last(struct flow *f)
{
	uint32_t next = f->half[CLIENT].isn + 1;

	f->bits &= (uint16_t)~FLOW_RELEASED;
	for (unsigned i = 0; i < f->decoys->nheld; i++) {
		f->now = &f->decoys->held[i]->packet;
		if (f->now->seq == next && !(f->now->flags & TH_RST_)) {
			dissect_stream_bytes(f, CLIENT, f->now->payload);
			next += f->now->payload_len;
		}
	}
	f->now = NULL;
	f->decoys->nheld = 0;
	dissect_stream_end(f, CLIENT);
}

/* Where the bytes of each side begin, as far as is known. The server's number is the one that
 * the client confirmed: of two SYN+ACKs that is the one that counts. */
static void
first_sequence(const struct flow *f, uint32_t first[2])
{
	for (int s = 0; s < 2; s++) {
		const struct half *h = &f->half[s];

		first[s] = h->has_isn ? h->isn + 1 : 0;
	}
}

/* Whether anybody wants the segment's bytes: most come after all that is read of a stream. */
static bool
is_wanted(const struct flow *f, const struct packet *pkt, enum side from)
{
	return pkt->payload_len && !f->half[from].done && !(pkt->flags & TH_RST_) &&
	       !(pkt->bits & PKT_PADDED);
}

static void
feed_stream(struct reassembler *r, struct flow *f, const struct packet *pkt, enum side from)
{
	struct half *h = &f->half[from];
	uint32_t first[2], seq = pkt->seq + (pkt->flags & TH_SYN_ ? 1 : 0);

	if (from == CLIENT && h->bytes == pkt->payload_len && h->syn_seen &&
	    pkt->seq == h->isn + 1 && pkt->payload.n == pkt->payload_len)
		opening_count(&f->opening, pkt->payload);
	first_sequence(f, first);
	if (!f->stream) {
		f->stream = stream_open(r, f, first);
		if (!f->stream)
			return;
	} else if (h->bytes == pkt->payload_len) {
		stream_set_first(f->stream, from, first[from]);
	}
	stream_segment(f->stream, from, seq, pkt->payload, pkt->payload_len);
	if (f->half[CLIENT].done && f->half[SERVER].done) {
		stream_close(f->stream);
		f->stream = NULL;
	}
}

/* What a reset carries belongs to no stream. It is shown as digits, as it may be anything. */
static void
feed_reset(struct flow *f, const struct packet *pkt, enum side from)
{
	char text[2 * CAUSE_MAX + 1];

	if (!pkt->payload.n || pkt->bits & PKT_PADDED)
		return;
	f->at = (struct ref){pkt->number, pkt->capture};
	f->at_nsec = pkt->nsec;
	note_string(f, from, field_named("tcp.reset_cause"),
		    hex_text(pkt->payload, CAUSE_MAX, text));
}

/* Returns whether the flow has noted about as much as is kept. */
static bool
feed_datagram(struct flow *f, const struct packet *pkt, enum side from)
{
	if (f->half[from].done && !f->dissector)
		return false;
	dissect_datagram(f, from, pkt->payload, pkt->bits & PKT_CUT);
	return f->nfacts >= FACTS_PART;
}

/* What had been held back, and was no decoy. */
static void
feed_released(struct reassembler *r, struct flow *f)
{
	f->bits &= (uint16_t)~FLOW_RELEASED;
	for (unsigned i = 0; i < f->decoys->nheld; i++) {
		f->now = &f->decoys->held[i]->packet;
		if (is_wanted(f, f->now, CLIENT))
			feed_stream(r, f, f->now, CLIENT);
	}
	f->decoys->nheld = 0;
}

bool
feed_packet(struct reassembler *r, struct flow *f, const struct packet *pkt, enum side from)
{
	bool full = false;

	if (f->bits & FLOW_RELEASED)
		feed_released(r, f);
	f->now = pkt;
	if (f->bits & FLOW_DECOY)
		f->bits &= (uint16_t)~FLOW_DECOY;
	else if (pkt->proto != IPPROTO_TCP)
		full = feed_datagram(f, pkt, from);
	else if (pkt->flags & TH_RST_)
		feed_reset(f, pkt, from);
	else if (is_wanted(f, pkt, from))
		feed_stream(r, f, pkt, from);
	f->now = NULL;
	return full;
}
