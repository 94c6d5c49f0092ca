/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What marks a packet that its alleged sender's capture lacks. */
#include "compare_marks.h"
#include "table.h"
#include "weigh.h"

#include <math.h>
#include <stdlib.h>

#define REPEATS 8 /* packets back: decoys come right before or behind the true ones */

static uint32_t
end_of(const struct pair_packet *p)
{
	return p->seq + p->len + (p->flags & TH_SYN_ ? 1 : 0) + (p->flags & TH_FIN_ ? 1 : 0);
}

struct pair_packet *
way_packet(const struct way *w, enum end e, uint32_t i)
{
	return &w->c->ends[e].packets[w->c->ends[e].list[w->flow[e]->first + i]];
}

struct sent_ttls {
	struct addr addr;
	bool seen[256];
	unsigned n;
	UT_hash_handle hh;
};

struct sent_ttls *
sent_ttls_of(const struct pair_end *e, const struct comparison *c, enum end which)
{
	struct sent_ttls *all = NULL, *t;

	for (size_t i = 0; i < e->npackets; i++) {
		const struct pair_packet *p = &e->packets[i];
		const struct addr *from = &e->flows[p->flow].addr[p->from];

		if (pair_sender(c, which, p) != which)
			continue;
		HASH_FIND(hh, all, from, sizeof *from, t);
		if (!t) {
			t = xcalloc(1, sizeof *t);
			t->addr = *from;
			HASH_ADD(hh, all, addr, sizeof t->addr, t);
		}
		t->n += !t->seen[p->ttl];
		t->seen[p->ttl] = true;
	}
	return all;
}

void
sent_ttls_free(struct sent_ttls *all)
{
	struct sent_ttls *t, *next;

	HASH_ITER(hh, all, t, next)
	{
		HASH_DEL(all, t);
		free(t);
	}
}

static void
further(uint32_t *highest, bool *any, uint32_t to)
{
	if (!*any || seq_before(*highest, to))
		*highest = to;
	*any = true;
}

static bool
overlaps(const struct pair_packet *q, const struct pair_packet *p)
{
	return seq_before(q->seq, end_of(p)) && seq_before(p->seq, end_of(q));
}

/* Are the bytes that both have others, as far as the captures hold them? */
static bool
differ(const struct pair_packet *a, const struct pair_packet *b)
{
	uint32_t skip = b->seq - a->seq, n;

	if ((int32_t)skip < 0)
		return differ(b, a);
	if (!a->bytes || !b->bytes || skip >= a->held)
		return false;
	n = a->held - skip < b->held ? a->held - skip : b->held;
	return memcmp(a->bytes + skip, b->bytes, n) != 0;
}

/* Who says two things at one place, as tools against filters do, may have said a third. */
static bool
two_words(const struct way *w)
{
	const struct pair_packet *last[REPEATS];
	size_t n = 0;

	for (uint32_t i = 0; i < w->flow[w->sender]->n; i++) {
		const struct pair_packet *p = way_packet(w, w->sender, i);

		if (p->from != w->from || !p->len || p->proto != IPPROTO_TCP)
			continue;
		for (size_t k = 0; k < n && k < REPEATS; k++)
			if (overlaps(last[k], p) && differ(last[k], p))
				return true;
		last[n++ % REPEATS] = p;
	}
	return false;
}

void
way_look(struct way *w, struct sent_ttls *sent)
{
	const struct addr *from = &w->flow[w->sender]->addr[w->from];
	struct sent_ttls *t;

	HASH_FIND(hh, sent, from, sizeof *from, t);
	w->fickle = t && t->n > 1;
	w->two_words = two_words(w);
	for (uint32_t i = 0; i < w->flow[w->receiver]->n; i++) {
		const struct pair_packet *p = way_packet(w, w->receiver, i);

		if (p->from != w->from || !p->mate)
			continue;
		w->ttls[p->ttl] = w->any_ttl = true;
	}
	for (uint32_t i = 0; i < w->flow[w->sender]->n; i++) {
		const struct pair_packet *p = way_packet(w, w->sender, i);

		if (p->from == w->from) {
			if (p->flags & TH_ACK_ && !(p->flags & TH_RST_))
				further(&w->heard, &w->any_heard, p->ack);
			if (!(p->flags & TH_RST_))
				further(&w->highest, &w->any_sent, end_of(p));
		} else if (p->fate != FATE_UNEXPLAINED) {
			further(&w->heard, &w->any_heard, end_of(p));
		}
	}
}

/* When its receiver first said what it answers; -1 if that cannot be told. */
static int64_t
asked_at(const struct way *w, const struct pair_packet *p, struct ref *ret)
{
	int64_t at = -1;

	for (uint32_t i = 0; i < w->flow[w->receiver]->n; i++) {
		const struct pair_packet *q = way_packet(w, w->receiver, i);

		if (q == p)
			break;
		if (q->from == w->from || q->flags & TH_RST_)
			continue;
		if (p->proto == IPPROTO_TCP) {
			/* A reset without an ACK takes its number from what it answers. */
			if (p->flags & TH_ACK_
				? end_of(q) == q->seq || end_of(q) != p->ack
				: !(q->flags & TH_ACK_) || q->ack != p->seq || end_of(q) == q->seq)
				continue;
		} else if (w->flow[NEAR]->port[w->from] != 53 || p->held < 2 || q->held < 2 ||
			   memcmp(p->bytes, q->bytes, 2) != 0) {
			continue;
		}
		*ret = q->at;
		if (at < 0)
			at = q->nsec;
	}
	return at;
}

/* Faster than any packet went there and back, by more than these differ among each other. */
static bool
is_early(const struct way *w, int64_t asked, int64_t came)
{
	const struct pair_clock *k = &w->c->clock;
	int64_t round = k->least[NEAR] + k->least[FAR];
	int64_t jitter = k->usual[NEAR] - k->least[NEAR] + k->usual[FAR] - k->least[FAR];

	return k->known && asked >= 0 && came - asked < round - jitter;
}

/* It confirms, or answers, what never arrived at its alleged sender. */
static bool
is_unheard(const struct way *w, const struct pair_packet *p, struct ref asked)
{
	bool any = false;

	if (p->proto == IPPROTO_TCP && p->flags & TH_ACK_)
		return p->ack && (!w->any_heard || seq_before(w->heard, p->ack));
	if (p->proto == IPPROTO_TCP)
		return false;
	for (uint32_t i = 0; i < w->flow[w->receiver]->n; i++) {
		const struct pair_packet *q = way_packet(w, w->receiver, i);

		if (q->from == w->from || !asked.frame || q->held < 2 ||
		    memcmp(q->bytes, p->bytes, 2) != 0)
			continue;
		if (q->fate != FATE_LOST)
			return false;
		any = true;
	}
	return any;
}

/* What the alleged sender's own capture says against it. */
static unsigned
contradicted(const struct way *w, const struct pair_packet *p, struct ref *ret)
{
	const struct pair_clock *k = &w->c->clock;
	int64_t near = w->receiver == NEAR ? p->nsec : clock_near(k, p->nsec);
	int64_t latest = near - k->least[w->sender] + (int64_t)k->offset_error + NSEC_PER_MSEC;
	unsigned marks = 0;

	if (w->sender == FAR)
		latest = clock_far(k, latest);
	for (uint32_t i = 0; i < w->flow[w->sender]->n; i++) {
		const struct pair_packet *q = way_packet(w, w->sender, i);
		unsigned mark = 0;
		long at;

		if (q->from != w->from || q->flags & TH_RST_)
			continue;
		if (p->proto == IPPROTO_UDP) {
			if (w->flow[NEAR]->port[w->from] == 53 && p->held >= 2 && q->held >= 2 &&
			    memcmp(p->bytes, q->bytes, 2) == 0 && !pair_same_bytes(p, q, &at))
				mark = MARK_BYTES;
		} else if (p->flags & TH_RST_) {
			mark = q->nsec > latest ? MARK_GOES_ON : 0;
			if (q->fate == FATE_LOST && q->ip_id && q->ip_id == p->ip_id &&
			    q->seq == p->seq)
				mark |= MARK_REWRITTEN;
		} else if (p->flags & TH_SYN_) {
			/* Two answers to one request: ports may be used again. */
			mark = q->flags & TH_SYN_ && q->seq != p->seq && q->ack == p->ack ? MARK_ISN
											  : 0;
		} else if (p->len && q->len && overlaps(q, p)) {
			mark = !w->two_words && differ(q, p) ? MARK_BYTES : 0;
		} else if (p->flags & TH_FIN_) {
			/* An ACK has the number of what comes next: its FIN was not sent. */
			bool idle = !q->len && !(q->flags & (TH_SYN_ | TH_FIN_));

			mark =
			    q->nsec > latest && idle && q->seq == end_of(p) - 1 ? MARK_NO_FIN : 0;
		}
		if (mark && !marks)
			*ret = q->at;
		marks |= mark;
	}
	return marks;
}

struct suspect
way_suspect(const struct way *w, struct pair_packet *p)
{
	struct suspect s = {.p = p};
	int64_t asked = asked_at(w, p, &s.answered);
	bool bare = p->proto == IPPROTO_TCP && !p->len && !(p->flags & 7);

	if (w->any_ttl && !w->fickle && !w->ttls[p->ttl])
		s.marks |= MARK_TTL;
	if (is_early(w, asked, p->nsec))
		s.marks |= MARK_EARLY;
	if (is_unheard(w, p, s.answered))
		s.marks |= MARK_UNHEARD;
	s.marks |= contradicted(w, p, &s.contradiction);
	if (p->proto == IPPROTO_TCP && !(p->flags & TH_SYN_) && w->any_sent &&
	    seq_before(w->highest, p->seq))
		s.marks |= MARK_ABOVE;
	s.beside = s.marks != 0;
	if (bare) /* an ACK without words does nothing: only beside other forged ones it counts */
		s.marks &= MARK_TTL;
	return s;
}

const struct mark_row mark_rows[NMARKS] = {
    {MARK_TTL, "both.ttl", NULL, "none of its alleged sender's packets arrives with its TTL"},
    {MARK_UNHEARD, "both.unheard", "after.request_died",
     "it answers what never arrived at its alleged sender"},
    {MARK_EARLY, "both.early", "time.early_ack",
     "it came sooner than any packet went there and back"},
    {MARK_GOES_ON, "both.goes_on", "after.goes_on",
     "its alleged sender goes on afterwards, in its own capture"},
    {MARK_NO_FIN, "both.no_fin", "after.no_fin",
     "its alleged sender knows nothing of it afterwards, in its own capture"},
    {MARK_BYTES, "both.bytes", "conflict.bytes",
     "what its alleged sender did say there was something else"},
    {MARK_ISN, "both.isn", "conflict.isn", "its alleged sender answered with another number"},
    {MARK_ABOVE, "both.above", "seq.above",
     "its number lies beyond all that its alleged sender ever sent"},
    {MARK_REWRITTEN, "both.rewritten", NULL,
     "its alleged sender sent something else with its IP ID and number, which never arrived"},
};
double
mark_weight(const struct way *w, size_t i)
{
	const struct pair_counts *n = &w->c->counts[w->sender];

	if (mark_rows[i].fitted)
		return weight_find(mark_rows[i].fitted)->weight;
	if (mark_rows[i].mark == MARK_REWRITTEN)
		return log(65536); /* as many IP IDs are there */
	return log((double)(n->arrived + 2) / (double)(n->odd_ttl + 1));
}

/* Both say that it came before its time: the stronger counts. */
bool
mark_counts(unsigned set, size_t i)
{
	if (!(set & mark_rows[i].mark))
		return false;
	return mark_rows[i].mark != MARK_UNHEARD || !(set & MARK_EARLY);
}
