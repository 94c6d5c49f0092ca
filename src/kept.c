/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of segments, chained per flow and side; the oldest make room for the newest. */
#include "kept.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* 8192 segments of 512 bytes: 4.3 MB. A forged answer is shorter than its whole segment in every
 * capture that we know (43 to 553 bytes), and the race is over within a round trip; at a million
 * packets in a minute the ring still spans half a second of kept segments. */
#define KEPT_SLOTS 8192
#define KEPT_BYTES 512
/* A chain is walked no further: more segments in one window are no race but a bulk transfer. */
#define KEPT_WALK 64

struct segment {
	uint64_t flow;
	uint32_t id;   /* from 1, again and again */
	uint32_t prev; /* the segment before of the same flow and side; 0 ends the chain */
	struct ref at;
	uint32_t seq;
	uint16_t n;
	uint8_t from;
	uint8_t b[KEPT_BYTES];
};

struct kept {
	uint32_t next; /* id of the next segment */
	struct segment slots[KEPT_SLOTS];
};

struct kept *
kept_new(void)
{
	struct kept *k = xcalloc(1, sizeof *k);

	memory_wish_huge(k, sizeof *k);
	k->next = 1;
	return k;
}

void
kept_free(struct kept *k)
{
	free(k);
}

/* Whole pages are zeros from now on; what is left at both ends belongs to conversations that are
 * over, and whose numbers do not come again. */
void
kept_forget(struct kept *k)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)k->slots + page - 1) & ~(page - 1);
	uintptr_t to = (uintptr_t)(k + 1) & ~(page - 1);

	madvise((void *)from, to - from, MADV_DONTNEED);
}

void
kept_add(struct kept *k, struct flow *f, enum side from, const struct packet *pkt)
{
	struct segment *s = &k->slots[k->next % KEPT_SLOTS];

	s->id = k->next++;
	k->next += !k->next;
	s->prev = f->half[from].kept;
	s->flow = f->id;
	s->at = (struct ref){pkt->number, pkt->capture};
	s->seq = pkt->seq;
	s->from = (uint8_t)from;
	s->n = (uint16_t)(pkt->payload.n < KEPT_BYTES ? pkt->payload.n : KEPT_BYTES);
	if (s->n == KEPT_BYTES) /* as nearly always; so much is copied without a loop */
		memcpy(s->b, pkt->payload.p, KEPT_BYTES);
	else
		memcpy(s->b, pkt->payload.p, s->n);
	__builtin_prefetch(&k->slots[k->next % KEPT_SLOTS], 1);
	f->half[from].kept = s->id;
}

/* Where two byte ranges overlap, do they say the same? */
static bool
differs(const struct segment *s, const struct packet *pkt, struct conflict *ret)
{
	int32_t ahead = (int32_t)(pkt->seq - s->seq); /* of the new one against the kept one */
	size_t a = ahead > 0 ? (size_t)ahead : 0, b = ahead < 0 ? (size_t) - (int64_t)ahead : 0;
	size_t n, i;

	if (a >= s->n || b >= pkt->payload.n)
		return false;
	n = s->n - a < pkt->payload.n - b ? s->n - a : pkt->payload.n - b;
	if (memcmp(s->b + a, pkt->payload.p + b, n) == 0)
		return false;
	for (i = 0; s->b[a + i] == pkt->payload.p[b + i]; i++)
		;
	memset(ret, 0, sizeof *ret);
	ret->first = s->at;
	ret->second = (struct ref){pkt->number, pkt->capture};
	ret->nsec = pkt->nsec;
	ret->from = (enum side)s->from;
	ret->seq = s->seq + (uint32_t)(a + i);
	ret->nfirst = (uint8_t)(s->n - a - i < CONFLICT_TEXT ? s->n - a - i : CONFLICT_TEXT);
	ret->nsecond = (uint8_t)(pkt->payload.n - b - i < CONFLICT_TEXT ? pkt->payload.n - b - i
									: CONFLICT_TEXT);
	memcpy(ret->first_bytes, s->b + a + i, ret->nfirst);
	memcpy(ret->second_bytes, pkt->payload.p + b + i, ret->nsecond);
	return true;
}

bool
kept_compare(const struct kept *k, const struct flow *f, enum side from, const struct packet *pkt,
	     struct conflict *ret)
{
	uint32_t id = f->half[from].kept;
	struct conflict one;
	bool found = false;

	/* Of several that it contradicts, the first in the stream. */
	for (int i = 0; id && i < KEPT_WALK; i++) {
		const struct segment *s = &k->slots[id % KEPT_SLOTS];

		if (s->id != id || s->flow != f->id)
			break; /* overwritten since: so is everything before it */
		if (differs(s, pkt, &one) && (!found || seq_before(one.seq, ret->seq))) {
			*ret = one;
			found = true;
		}
		id = s->prev;
	}
	return found;
}
