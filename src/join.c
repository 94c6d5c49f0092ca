/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which conversation is a part's own?
 *
 * Of a part, k conversations of the capture fit: same server or name, and a beginning in a window
 * of W seconds. Elsewhere in the capture, in T seconds, there are n more of them, so that
 *
 *     u = (n + 1) / (T / W + 2)
 *
 * are expected in a window by chance (Laplace's rule of succession over the windows). The document
 * speaks of N other servers and names, F of which have conversations that fit: the chance that
 * this one's own is in the capture is (F + 1) / (N + 2) before one looks, by the same rule. If it
 * is, k - m of the conversations are there by chance, else all k are, where m parts of the document
 * have an equal claim. Chance makes Poisson's numbers, and their ratio is
 *
 *     odds = (F + 1) / (N - F + 1) * k! / ((k - m)! u^m)
 *
 * divided by the number of clock offsets that were tried, if one was looked for. Given that it is
 * there, m of the k are right, and which is whose their order in time tells. Hence
 *
 *     confidence = odds / (1 + odds) * min(k, m) / max(k, m). */
#include "join.h"

#include <math.h>
#include <stdlib.h>

/* Conversations of one part that are ordered in time; beyond that no order tells anything. */
#define CANDIDATES_MAX 256

/* Where the moment must lie, by the capture's clock. */
struct window {
	int64_t from, to;
	int64_t expected; /* where it should lie */
};

static struct window
window_of(const struct part *p, const struct clock_offset *clock, struct covered covered)
{
	int64_t slack = JOIN_SLACK + clock->uncertainty;
	struct window w = {covered.from, covered.to, covered.from};

	if (p->from == PART_NEVER)
		return w;
	w.expected = part_goes_by_end(p) ? p->to : p->from;
	w.from = w.expected - slack + clock->nsec;
	w.to = (p->began || part_goes_by_end(p) ? w.expected : p->to) + slack + clock->nsec;
	w.expected += clock->nsec;
	return w;
}

struct fitting {
	const struct fit_entry *entry;
	int64_t at;
};

struct candidate_list {
	struct fitting list[CANDIDATES_MAX];
	size_t n;      /* in the window */
	size_t others; /* elsewhere */
};

/* A question that is repeated is one. */
static bool
is_repeated(const struct candidate_list *c, const struct fit_entry *e)
{
	for (size_t i = c->n < CANDIDATES_MAX ? c->n : CANDIDATES_MAX; e->question && i-- > 0;)
		if (c->list[i].entry->story == e->story &&
		    c->list[i].entry->question->id == e->question->id)
			return true;
	return false;
}

static int
by_time(const void *a, const void *b)
{
	const struct fitting *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

static void
find_candidates(const struct join_index *x, const struct part *p, struct window w,
		struct candidate_list *c)
{
	c->n = c->others = 0;
	if (!p->name && !p->has_addr)
		return;
	for (size_t i = fit_first(x, p); i < x->n && fit_is_of_key(&x->list[i], p); i++) {
		const struct fit_entry *e = &x->list[i];
		int64_t at;

		if (!fit_could_be(e, p) || !fit_moment(e, p, &at))
			continue;
		if (at < w.from || at > w.to) {
			c->others++;
		} else if (!is_repeated(c, e)) {
			if (c->n < CANDIDATES_MAX) {
				c->list[c->n].entry = e;
				c->list[c->n].at = at;
			}
			c->n++;
		}
	}
	qsort(c->list, c->n < CANDIDATES_MAX ? c->n : CANDIDATES_MAX, sizeof *c->list, by_time);
}

/* How many parts have an equal claim, and how many of these come before this one. */
static unsigned
count_rivals(const struct measurement *m, size_t i, const struct clock_offset *clock,
	     struct covered covered, unsigned *ret_before)
{
	struct window mine = window_of(&m->parts[i], clock, covered);
	unsigned n = 0;

	*ret_before = 0;
	for (size_t k = 0; k < m->nparts; k++) {
		struct window w;

		if (!parts_share_claim(&m->parts[k], &m->parts[i]))
			continue;
		w = window_of(&m->parts[k], clock, covered);
		if (w.from > mine.to || w.to < mine.from)
			continue;
		n++;
		if (w.expected < mine.expected || (w.expected == mine.expected && k < i))
			++*ret_before;
	}
	return n;
}

static double
expected_by_chance(const struct candidate_list *c, struct window w, struct covered covered,
		   const struct part *p)
{
	double width = (double)(w.to - w.from), rest = (double)(covered.to - covered.from) - width;
	double u = ((double)c->others + 1) / ((rest > 0 && width > 0 ? rest / width : 0) + 2);

	/* The identifier of a DNS message is one of 65536 (RFC 1035, 4.1.1). */
	return p->layer == LAYER_DNS && p->dns_id >= 0 ? u / 65536 : u;
}

/* k! / ((k-m)! u^m) */
static double
ratio(unsigned k, unsigned m, double u)
{
	double r = 1;

	for (unsigned i = 0; i < m && r < 1e15; i++)
		r *= (k - i) / u;
	return r;
}

static void
tell_confidence(struct join *j, double prior, double tries)
{
	unsigned k = j->candidates, m = j->rivals < k ? j->rivals : k;
	double odds = prior * ratio(k, m, j->by_chance) / tries;
	double share = (double)m / (j->rivals > k ? j->rivals : k);

	j->present = fmin(odds / (1 + odds), CONFIDENCE_MAX);
	j->confidence = j->present * share;
}

/* Of the conversations that fit: the one whose turn it is, or the nearest. */
static size_t
choose(const struct candidate_list *c, const struct join *j, unsigned before, struct window w)
{
	size_t n = c->n < CANDIDATES_MAX ? c->n : CANDIDATES_MAX, best = 0;

	if (j->rivals > 1)
		return before < n ? before : n - 1;
	for (size_t i = 1; i < n; i++)
		if (llabs(c->list[i].at - w.expected) < llabs(c->list[best].at - w.expected))
			best = i;
	return best;
}

static void
join_part(const struct measurement *m, const struct join_index *x, const struct clock_offset *clock,
	  struct covered covered, size_t i, struct join *ret, struct candidate_list *c)
{
	const struct part *p = &m->parts[i];
	struct window w = window_of(p, clock, covered);
	unsigned before;
	size_t chosen;

	*ret = (struct join){.outside = w.to < covered.from || w.from > covered.to};
	find_candidates(x, p, w, c);
	if (!c->n)
		return;
	ret->candidates = (unsigned)c->n;
	ret->rivals = count_rivals(m, i, clock, covered, &before);
	ret->by_chance = expected_by_chance(c, w, covered, p);
	chosen = choose(c, ret, before, w);
	ret->story = c->list[chosen].entry->story;
	ret->question = c->list[chosen].entry->question;
	ret->dt = c->list[chosen].at - w.expected;
	for (size_t k = 0; k < c->n && k < JOIN_FITS_MAX; k++)
		ret->fits[k] =
		    (struct join_fit){c->list[k].entry->story, c->list[k].entry->question};
	if (!p->began && !part_goes_by_end(p) && ret->dt > 0 && c->list[chosen].at <= w.to)
		ret->dt = 0; /* anywhere in there is as told */
}

/* Is there an earlier part of the same server or name? */
static bool
is_first_of_key(const struct measurement *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (parts_share_key(&m->parts[k], &m->parts[i]))
			return false;
	return true;
}

static bool
is_asked(const struct part *p, const struct join *j)
{
	return !j->outside && !p->hidden && !p->optional && (p->name || p->has_addr);
}

/* Servers and names that the captures could show, and those of them that they do show. */
static void
count_keys(const struct measurement *m, const struct join *joins, unsigned *ret_known,
	   unsigned *ret_found)
{
	*ret_known = *ret_found = 0;
	for (size_t i = 0; i < m->nparts; i++) {
		bool found = false;

		if (!is_asked(&m->parts[i], &joins[i]) || !is_first_of_key(m, i))
			continue;
		for (size_t k = i; k < m->nparts && !found; k++)
			found = joins[k].story && parts_share_key(&m->parts[k], &m->parts[i]);
		++*ret_known;
		*ret_found += found;
	}
}

void
join_parts(const struct measurement *m, const struct join_index *x,
	   const struct clock_offset *clock, struct covered covered, struct join *ret)
{
	struct candidate_list *room = xcalloc(1, sizeof *room);
	unsigned known, found;

	for (size_t i = 0; i < m->nparts; i++)
		join_part(m, x, clock, covered, i, &ret[i], room);
	free(room);
	count_keys(m, ret, &known, &found);
	for (size_t i = 0; i < m->nparts; i++) {
		bool counted = is_asked(&m->parts[i], &ret[i]);
		unsigned others = known - counted, fit = found - (counted ? 1 : 0);

		if (!ret[i].story)
			continue;
		/* What is optional counts for nothing and against nothing. */
		if (fit > others)
			fit = others;
		tell_confidence(&ret[i], (double)(fit + 1) / (others - fit + 1), clock->tries);
	}
}
