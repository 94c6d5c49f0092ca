/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A script of segments and fragments: order, lengths and content are the input's, and what comes
 * out must be gapless in its offsets, silent after a stop, and never a byte that was not sent.
 *
 * The input is a row of commands of eight bytes:
 *
 *	what (1)  which stream, side (1)  place (3)  length (2)  length cut off (1)
 */
#include "reassemble.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAMS 4
#define COMMAND 8

struct watched {
	struct stream *stream;
	uint64_t next[2];
	uint32_t first[2];
	bool stopped[2];
	uint8_t stop_in; /* the n-th call to the sink stops that side */
};

static void
check(bool good)
{
	if (!good)
		abort();
}

/* What the sides say, over and over, of a prime length that no power of two divides: never 0, so
 * that made-up bytes show. The first bytes stand once more behind the end, so that any piece of
 * it lies in one row. */
#define PERIOD 65521u
#define PIECE_MAX 65536u
static uint8_t speech[2][PERIOD + PIECE_MAX];

static void
speech_fill(void)
{
	for (uint32_t i = 0; i < PERIOD + PIECE_MAX; i++) {
		uint32_t at = i % PERIOD;

		speech[CLIENT][i] = (uint8_t)(1 + (at * 7 + (at >> 8) * 13) % 255);
		speech[SERVER][i] = (uint8_t)(1 + (at * 11 + (at >> 8) * 5) % 255);
	}
}

static const uint8_t *
speech_at(enum side from, uint64_t offset)
{
	return &speech[from][offset % PERIOD];
}

static void
heard(struct watched *w, enum side from, uint64_t offset, uint64_t n)
{
	check(!w->stopped[from] && n > 0 && offset == w->next[from]);
	w->next[from] += n;
	if (w->stop_in && --w->stop_in == 0) {
		w->stopped[from] = true;
		stream_stop(w->stream, from);
	}
}

static void
on_data(void *owner, enum side from, uint64_t offset, struct bytes b)
{
	heard(owner, from, offset, b.n);
	while (b.n) {
		size_t n = b.n < PIECE_MAX ? b.n : PIECE_MAX;

		check(memcmp(b.p, speech_at(from, offset), n) == 0);
		offset += n;
		b.p += n;
		b.n -= n;
	}
}

static void
on_gap(void *owner, enum side from, uint64_t offset, uint64_t n)
{
	heard(owner, from, offset, n);
}

static void
open_watched(struct reassembler *r, struct watched *w, const uint8_t *c)
{
	w->first[CLIENT] = 0u - c[2];
	w->first[SERVER] = (uint32_t)c[3] << 24;
	w->stop_in = c[4];
	w->stream = stream_open(r, w, w->first);
}

/* An exact copy of n bytes, so that a sanitizer sees who reads too far. */
static void
feed_segment(struct watched *w, enum side from, uint64_t offset, size_t n, size_t cut)
{
	uint8_t *p = malloc(n - cut ? n - cut : 1);

	check(p != NULL);
	memcpy(p, speech_at(from, offset), n - cut);
	stream_segment(w->stream, from, w->first[from] + (uint32_t)offset,
		       (struct bytes){p, n - cut}, (uint32_t)n);
	free(p);
}

/* Where that sequence number stands in the stream: of all places 4 GiB apart, the nearest. */
static uint64_t
place_of(const struct watched *w, enum side from, uint64_t offset)
{
	int64_t at = (int64_t)w->next[from] + (int32_t)((uint32_t)offset - (uint32_t)w->next[from]);

	return at < 0 ? 0 : (uint64_t)at;
}

static void
do_segment(struct watched *w, const uint8_t *c)
{
	enum side from = c[1] & 4 ? SERVER : CLIENT;
	uint64_t place = (uint64_t)c[2] << 16 | (uint64_t)c[3] << 8 | c[4];
	size_t n = ((size_t)c[5] << 8 | c[6]) % 2048, cut = c[7];
	uint64_t offset;

	if (c[0] & 1)
		n = n % 64 + 1;
	if (c[0] & 2)
		n += 60000;
	if (cut > n || !(c[1] & 8))
		cut = 0;
	if (c[0] & 4) /* somewhere in the first bytes */
		offset = place % 4096;
	else /* near what comes next, or as far away as 2 GiB, where sequence numbers turn */
		offset = w->next[from] + (place % 120) * (c[1] & 16 ? place : 1);
	if (c[1] & 32) {
		uint64_t back = place >> 8 & 0xff;

		offset -= back < offset ? back : offset;
	}
	feed_segment(w, from, place_of(w, from, offset), n, cut);
}

static void
do_fragment(struct defrag *d, const uint8_t *c)
{
	size_t n = c[0] & 1 ? c[6] : (size_t)c[5] << 8 | c[6];
	uint8_t *p = malloc(n ? n : 1);
	struct bytes whole;
	struct fragment f = {.id = c[1] & 3u,
			     .ip_version = c[1] & 4 ? 6 : 4,
			     .proto = 17,
			     .offset = ((uint32_t)c[2] << 8 | c[3]) * 8,
			     .more = c[1] & 8,
			     .cut = (c[1] & 0xf0) == 0xf0,
			     .nsec = c[4] * NSEC_PER_SEC};

	check(p != NULL);
	memset(p, 'x', n);
	if (c[0] & 2)
		f.offset = c[3];
	f.b = (struct bytes){p, n};
	if (defrag_feed(d, &f, &whole)) {
		check(whole.n <= 65535);
		if (whole.n)
			check(whole.p[0] == 'x' && memcmp(whole.p, whole.p + 1, whole.n - 1) == 0);
	}
	free(p);
}

static void
do_command(struct reassembler *r, struct defrag *d, struct watched *all, const uint8_t *c)
{
	struct watched *w = &all[c[1] % STREAMS];

	if (c[0] >= 0xf0) {
		do_fragment(d, c);
	} else if (!w->stream) {
		open_watched(r, w, c);
	} else if (c[0] >= 0xe8) {
		stream_close(w->stream);
		memset(w, 0, sizeof *w);
	} else if (c[0] >= 0xe0) {
		stream_stop(w->stream, c[2] & 1 ? SERVER : CLIENT);
		w->stopped[c[2] & 1] = true;
	} else {
		do_segment(w, c);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stream_sink sink = {.data = on_data, .gap = on_gap};
	static struct reassembler *r; /* one for the process: libnids takes a while to start */
	struct defrag *d;
	struct watched all[STREAMS];

	if (!r) {
		r = reassembler_new(&sink, STREAMS);
		speech_fill();
	}
	check(r != NULL);
	d = defrag_new(r);
	memset(all, 0, sizeof all);
	for (; size >= COMMAND; size -= COMMAND, data += COMMAND)
		do_command(r, d, all, data);
	for (size_t i = 0; i < STREAMS; i++)
		stream_close(all[i].stream);
	check(reassembler_counts(r)->lost == 0);
	defrag_free(d);
	return 0;
}
