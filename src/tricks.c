/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds tricks against filters in what earlier stages have marked as odd, and puts them into words.
 * How they are made: the manual of zapret (bol-van/zapret, docs/readme.en.md, "DPI desync attack").
 */
#include "tricks.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* What every path carries in one segment (RFC 9293, 3.7.1). Nobody cuts a hello to less; one with a
 * post-quantum key is cut where the path asks for it. */
#define SEGMENT_LEAST 536

static const char *const trick_words[NTRICKS] = {
    [DECOY_TTL] = "with a TTL too small to arrive",
    [DECOY_SUM] = "with a wrong checksum",
    [DECOY_MD5] = "with a signature that was not agreed on",
    [DECOY_CLOCK] = "with a timestamp of the past",
    [DECOY_NO_ACK] = "without the ACK flag",
    [DECOY_ACK] = "confirming what was never sent",
    [DECOY_SEQ] = "with numbers before the first byte",
    [TRICK_OVERLAP] = "two versions of the same bytes",
    [TRICK_CUT] = "a TLS hello in pieces or in another order",
    [TRICK_AHEAD] = "other datagrams ahead of the first words",
};

static void
found(struct tricks *t, unsigned trick, struct ref at)
{
	if (!t->count[trick]++)
		t->at[trick] = at;
}

static bool
count_decoys(struct tricks *t, const struct flow *f)
{
	for (unsigned i = 0; f->decoys && i < NDECOYS; i++) {
		if (!f->decoys->n[i])
			continue;
		found(t, i, f->decoys->at[i]);
		t->decoys += f->decoys->n[i];
		t->wrong_sums += i == DECOY_SUM ? f->decoys->n[i] : 0;
	}
	return f->decoys;
}

/* Only beside the client: farther off others may have said it. */
static bool
count_overlap(struct tricks *t, const struct look *l, const struct trace *first)
{
	const struct conflict *c = l->flow->conflicts;
	uint32_t begin = l->flow->half[CLIENT].isn + 1;

	while (c && c->from != CLIENT)
		c = c->next;
	if (c)
		found(t, TRICK_OVERLAP, c->second);
	else if (first->len > 1 && !(first->flags & TH_SYN_) && seq_before(first->seq, begin) &&
		 seq_before(begin, first->seq + first->len))
		found(t, TRICK_OVERLAP, first->at);
	else
		return false;
	return true;
}

static bool
count_cut(struct tricks *t, const struct look *l, const struct trace *first)
{
	int64_t answered = l->flow->half[SERVER].first_data;

	if (l->said != TRIGGER_SNI || ref_equal(first->at, l->said_at) ||
	    (answered && answered < l->said_nsec))
		return false;
	if (first->len >= SEGMENT_LEAST && !(first->odd & ODD_GAP))
		return false;
	found(t, TRICK_CUT, first->at);
	return true;
}

void
tricks_count(struct tricks *t, const struct look *l)
{
	const struct flow *f = l->flow;
	const struct half *c = &f->half[CLIENT];
	bool any = count_decoys(t, f);

	if (f->proto == IPPROTO_TCP && c->syn_seen && is_sent_near(c->ttl) &&
	    l->data[CLIENT] >= 0) {
		const struct trace *first = flow_trace(f, (size_t)l->data[CLIENT]);

		any |= count_overlap(t, l, first);
		any |= count_cut(t, l, first);
	}
	if (f->proto == IPPROTO_UDP && f->dissector &&
	    (look_sends_ahead(l) || flow_first(f, "wireguard.junk"))) {
		found(t, TRICK_AHEAD, f->first_at);
		any = true;
	}
	t->flows += any;
}

/* "with a wrong checksum (frame 7), ..." of tricks from .. to - 1. */
static void
list(const struct tricks *t, unsigned from, unsigned to, const struct capture *c, char *out,
     size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = from; i < to && n + 1 < size; i++) {
		int k;

		if (!t->count[i])
			continue;
		k = snprintf(out + n, size - n, "%s%s (frame %u%s%s)", n ? ", " : "",
			     trick_words[i], t->at[i].frame, capture_count(c) > 1 ? " of " : "",
			     capture_count(c) > 1 ? capture_info(c, t->at[i].capture)->file : "");
		n += k > 0 ? (size_t)k : 0;
	}
}

static uint64_t
most(const struct tricks *t, unsigned from, unsigned to)
{
	uint64_t n = 0;

	for (unsigned i = from; i < to; i++)
		n = t->count[i] > n ? t->count[i] : n;
	return n;
}

const char *
tricks_words(const struct tricks *t, size_t i, const struct capture *c, struct arena *a)
{
	char text[400];

	if (i == 0 && t->decoys) {
		list(t, 0, NDECOYS, c, text, sizeof text);
		return arena_printf(a,
				    "A tool at the client's side evades filters: %llu packets are "
				    "decoys that no server takes, %s. They were left out, and are "
				    "nobody's interference.",
				    (unsigned long long)t->decoys, text);
	}
	if (i == 1 && most(t, NDECOYS, NTRICKS)) {
		list(t, NDECOYS, NTRICKS, c, text, sizeof text);
		return arena_printf(
		    a,
		    "%llu conversations begin as tools against filters make them: %s. What "
		    "filters do to plain ones is not seen there.",
		    (unsigned long long)most(t, NDECOYS, NTRICKS), text);
	}
	return NULL;
}
