/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP fragments put together (RFC 791, 3.2; RFC 8200, 4.5; RFC 5722), in capture time.
 *
 * libnids' own table of fragments runs by the wall clock, has no bound over hosts, reads beyond
 * short fragments and loses datagrams in which one fragment lies inside of another. So it never
 * holds one here: fragments wait in this table, cleared of overlaps, until the datagram is
 * complete, and are then given to libnids all at once, in order. */
#include "reassemble.h"
#include "synthetic.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

/* RFC 8200, 4.5 says 60 s from the first arrival; hosts use 30 (Linux, ipfrag_time). */
#define WAIT_NSEC (30 * NSEC_PER_SEC)
/* A datagram that was captured twice must not leave its second copy behind, to be mixed with
 * the next one of the same number: copies follow within milliseconds, and a 16-bit number
 * comes again after 160 ms if 3 KiB datagrams fill a 10 Gbit/s link (RFC 4963). */
#define COPY_NSEC (100 * NSEC_PER_MSEC)
/* What may wait in all: Linux' ipfrag_high_thresh. */
#define BYTES_MAX (4u << 20)
/* And how many datagrams: keeps the hash chains of hostile keys short. */
#define DATAGRAMS_MAX 4096
/* RFC 8200, 4.5 and RFC 791, 3.1: the length of a datagram has 16 bits. */
#define DATAGRAM_MAX 65535u

struct key {
	struct addr src, dst;
	uint32_t scope, id;
	uint8_t ip_version, proto;
	uint8_t pad[2];
};

struct piece {
	uint8_t *data;
	uint32_t offset, n;
};

enum state { WAITING, DEAD, DONE };

struct datagram {
	struct key key;
	int64_t first; /* DONE: when it was completed */
	enum state state;
	uint32_t total; /* 0: the last fragment has not come */
	uint32_t have;
	struct piece *pieces; /* by offset; they do not overlap */
	size_t npieces, size;
	UT_hash_handle hh;
};

struct defrag {
	struct datagram *datagrams; /* oldest first, as uthash keeps them */
	size_t bytes;
	uint16_t id; /* of the last datagram that libnids saw */
	struct defrag_counts counts;
	uint8_t whole[DATAGRAM_MAX];
};

static size_t
cost(size_t n)
{
	return n + sizeof(struct piece);
}

static void
drop_pieces(struct defrag *d, struct datagram *g)
{
	for (size_t i = 0; i < g->npieces; i++) {
		d->bytes -= cost(g->pieces[i].n);
		free(g->pieces[i].data);
	}
	free(g->pieces);
	g->pieces = NULL;
	g->npieces = g->size = 0;
}

static void
forget(struct defrag *d, struct datagram *g)
{
	drop_pieces(d, g);
	d->bytes -= sizeof *g;
	HASH_DEL(d->datagrams, g);
	free(g);
}

/* The fragments that came, and those that will come, are worth nothing. */
static void
kill_datagram(struct defrag *d, struct datagram *g)
{
	drop_pieces(d, g);
	g->state = DEAD;
	d->counts.dropped++;
}

static bool
expired(const struct datagram *g, int64_t now)
{
	int64_t limit = g->state == DONE ? COPY_NSEC : WAIT_NSEC;

	/* Clocks jump backwards too. */
	return now < g->first ? (uint64_t)g->first - (uint64_t)now > (uint64_t)limit
			      : (uint64_t)now - (uint64_t)g->first > (uint64_t)limit;
}

static void
expire(struct defrag *d, struct datagram *g)
{
	d->counts.expired += g->state == WAITING;
	forget(d, g);
}

static void
make_room(struct defrag *d, int64_t now)
{
	while (d->datagrams && expired(d->datagrams, now))
		expire(d, d->datagrams);
	while (d->datagrams &&
	       (d->bytes > BYTES_MAX || HASH_COUNT(d->datagrams) >= DATAGRAMS_MAX)) {
		d->counts.dropped += d->datagrams->state == WAITING;
		forget(d, d->datagrams);
	}
}

static struct datagram *
find(struct defrag *d, const struct fragment *f)
{
	struct datagram *g;
	struct key key;

	memset(&key, 0, sizeof key);
	key.src = f->src;
	key.dst = f->dst;
	key.scope = f->scope;
	key.id = f->id;
	key.ip_version = f->ip_version;
	key.proto = f->proto;
	HASH_FIND(hh, d->datagrams, &key, sizeof key, g);
	if (g && expired(g, f->nsec)) {
		expire(d, g);
		g = NULL;
	}
	if (!g) {
		g = xcalloc(1, sizeof *g);
		g->key = key;
		g->first = f->nsec;
		d->bytes += sizeof *g;
		HASH_ADD(hh, d->datagrams, key, sizeof g->key, g);
	}
	return g;
}

/* Index of the first piece that ends behind offset. */
static size_t
search(const struct datagram *g, uint32_t offset)
{
	size_t low = 0, high = g->npieces;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (g->pieces[middle].offset + g->pieces[middle].n > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void
insert(struct defrag *d, struct datagram *g, size_t at, uint32_t offset, struct bytes b)
{
	struct piece *p;

	if (g->npieces == g->size) {
		g->size = g->size ? g->size * 2 : 4;
		g->pieces = xrealloc(g->pieces, g->size, sizeof *g->pieces);
	}
	p = &g->pieces[at];
	memmove(p + 1, p, (g->npieces - at) * sizeof *p);
	g->npieces++;
	p->data = xcalloc(1, b.n);
	memcpy(p->data, b.p, b.n);
	p->offset = offset;
	p->n = (uint32_t)b.n;
	g->have += p->n;
	d->bytes += cost(b.n);
}

/* Adds what is new of the fragment. Of bytes that came twice the first copy counts in IPv4; in
 * IPv6 they are an attack (RFC 5722), unless the whole fragment is the same (RFC 8200, 4.5). */
static void
add(struct defrag *d, struct datagram *g, const struct fragment *f, struct bytes b)
{
	uint32_t at = f->offset, end = at + (uint32_t)b.n;
	size_t i = search(g, at);
	bool overlap = i < g->npieces && g->pieces[i].offset < end;

	if (overlap && g->pieces[i].offset == at && g->pieces[i].n == b.n &&
	    memcmp(g->pieces[i].data, b.p, b.n) == 0)
		return;
	d->counts.overlaps += overlap;
	if (overlap && f->ip_version == 6) {
		kill_datagram(d, g);
		return;
	}
	while (at < end) {
		uint32_t stop = end;

		if (i < g->npieces && g->pieces[i].offset <= at) {
			at = g->pieces[i].offset + g->pieces[i].n;
			i++;
			continue;
		}
		if (i < g->npieces && g->pieces[i].offset < end)
			stop = g->pieces[i].offset;
		insert(d, g, i, at, (struct bytes){b.p + (at - f->offset), stop - at});
		at = stop;
		i++;
	}
}

/* Does the fragment's place agree with what is known of the datagram's length? */
static bool
fits(struct datagram *g, const struct fragment *f, size_t n)
{
	uint32_t end = f->offset + (uint32_t)n;
	const struct piece *last = g->npieces ? &g->pieces[g->npieces - 1] : NULL;

	if (f->offset > DATAGRAM_MAX || n > DATAGRAM_MAX || end > DATAGRAM_MAX)
		return false;
	if (g->total && (f->more ? end > g->total : end != g->total))
		return false;
	if (!f->more) {
		if (last && last->offset + last->n > end)
			return false;
		g->total = end;
	}
	return true;
}

/* All is there: libnids makes one of it. */
static bool
glue(struct defrag *d, struct datagram *g, struct bytes *ret_whole)
{
	bool whole = false;

	d->id++;
	for (size_t i = 0; i < g->npieces; i++) {
		const struct piece *p = &g->pieces[i];
		struct bytes b = {p->data, p->n};

		/* IPv6 has 20 bytes more than a synthetic IPv4 datagram can carry. */
		if (g->total > SYNTHETIC_DATAGRAM_MAX)
			memcpy(d->whole + p->offset, p->data, p->n);
		else
			whole = datagram_feed(d->id, p->offset, i + 1 < g->npieces, b, ret_whole);
	}
	if (g->total > SYNTHETIC_DATAGRAM_MAX) {
		*ret_whole = (struct bytes){d->whole, g->total};
		whole = true;
	}
	return whole;
}

bool
defrag_feed(struct defrag *d, const struct fragment *f, struct bytes *ret_whole)
{
	struct bytes b = f->b;
	struct datagram *g;

	d->counts.fragments++;
	make_room(d, f->nsec);
	if (!f->offset && !f->more) { /* RFC 6946: a datagram of its own, whatever else waits */
		d->counts.whole++;
		*ret_whole = b;
		return true;
	}
	if (f->more && b.n % 8 && !f->cut) /* RFC 8200, 4.5 refuses it; IPv4 hosts round down */
		b.n = f->ip_version == 6 ? 0 : b.n - b.n % 8;
	if ((!b.n && !f->cut) || f->offset % 8) {
		d->counts.too_small++;
		return false;
	}
	g = find(d, f);
	if (g->state != WAITING)
		return false;
	if (f->cut || !fits(g, f, b.n)) {
		kill_datagram(d, g);
		return false;
	}
	add(d, g, f, b);
	if (g->state != WAITING || !g->total || g->have != g->total)
		return false;
	if (!glue(d, g, ret_whole)) {
		kill_datagram(d, g);
		return false;
	}
	d->counts.whole++;
	drop_pieces(d, g);
	g->state = DONE;
	g->first = f->nsec;
	return true;
}

struct defrag *
defrag_new(struct reassembler *r)
{
	(void)r; /* it must be there: libnids runs as long as it does */
	return xcalloc(1, sizeof(struct defrag));
}

const struct defrag_counts *
defrag_counts(const struct defrag *d)
{
	return &d->counts;
}

void
defrag_free(struct defrag *d)
{
	struct datagram *g, *next;

	if (!d)
		return;
	HASH_ITER(hh, d->datagrams, g, next)
	forget(d, g);
	free(d);
}
