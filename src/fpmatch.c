/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a stanza fit the facts of a flow? The earliest consistent assignment of facts to its
 * lines, found by backtracking within a bounded number of steps. */
#include "fpdb.h"
#include "markers.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of text searched for the price of one step. */
#define BYTES_PER_STEP 64
/* No marks are beyond doubt: whoever reads this page can make them. */
#define SCORE_MAX 0.99
/* Facts that are put in order without asking the heap. */
#define FACTS_ON_STACK 256

/* One stanza against the facts of one flow, which are in order of time. */
struct attempt {
	const struct stanza *s;
	const struct fact *const *facts;
	size_t n;
	uint64_t steps;
	size_t taken[LINES_MAX]; /* fact of each line */
	int64_t end[LINES_MAX];  /* time of the last fact that its "times" counted */
};

/* What looking at this fact costs, in steps. */
static uint64_t
price(const struct condition *c, const struct fact *f)
{
	if (f->field->type == FACT_TEXT && c->op >= OP_CONTAINS && c->field == f->field)
		return 1 + f->text.n / BYTES_PER_STEP;
	return 1;
}

static bool
same_packet(const struct fact *a, const struct fact *b)
{
	return ref_equal(a->at, b->at);
}

static bool
looked_at(struct attempt *a, const struct condition *c, const struct fact *f)
{
	a->steps += price(c, f);
	return condition_holds(c, f);
}

/* Facts of one packet share its time, so they lie beside each other. */
static bool
with_holds(struct attempt *a, const struct condition *c, size_t i)
{
	const struct fact *f = a->facts[i];
	size_t k = i;

	while (k > 0 && a->facts[k - 1]->nsec == f->nsec && a->steps < STEPS_MAX) {
		a->steps++;
		k--;
	}
	for (; k < a->n && a->facts[k]->nsec <= f->nsec && a->steps < STEPS_MAX; k++)
		if (same_packet(a->facts[k], f) && looked_at(a, c, a->facts[k]))
			return true;
	return false;
}

static bool
term_holds(struct attempt *a, const struct term *t, size_t i)
{
	const struct fact *f = a->facts[i];

	if (!looked_at(a, &t->what, f) || (!t->any_side && f->from != t->side))
		return false;
	for (size_t k = 0; k < t->nwith; k++)
		if (!with_holds(a, &t->with[k], i))
			return false;
	return true;
}

/* Counts packets that satisfy the term, from fact i on and not later than `latest`; stops when
 * it has enough. *ret_end is the time of the last one. */
static bool
enough(struct attempt *a, const struct term *t, size_t i, int64_t latest, int64_t *ret_end)
{
	const struct fact *last = NULL;
	unsigned count = 0;

	for (; i < a->n && a->facts[i]->nsec <= latest && a->steps < STEPS_MAX; i++) {
		if ((last && same_packet(last, a->facts[i])) || !term_holds(a, t, i))
			continue;
		last = a->facts[i];
		*ret_end = last->nsec;
		if (++count == t->times)
			return true;
	}
	return false;
}

/* The first fact not earlier than that. */
static size_t
not_before(const struct attempt *a, int64_t nsec)
{
	size_t low = 0, high = a->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (a->facts[middle]->nsec < nsec)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_taken(const struct attempt *a, size_t lines, size_t i)
{
	for (size_t k = 0; k < lines; k++)
		if (a->taken[k] == i)
			return true;
	return false;
}

/* Capture times are hostile too: they may lie at the end of the scale. */
static int64_t
later(int64_t nsec, int64_t by)
{
	return nsec > INT64_MAX - by ? INT64_MAX : nsec + by;
}

/* The next fact for this line at or after `from`; false if there is none. */
static bool
take(struct attempt *a, size_t line, size_t from)
{
	const struct term *t = &a->s->lines[line];
	int64_t latest = INT64_MAX;
	size_t i = from;

	if (line > 0) {
		size_t first = not_before(a, a->end[line - 1]);

		if (i < first)
			i = first;
		if (t->within)
			latest = later(a->end[line - 1], t->within);
	}
	for (; i < a->n && a->facts[i]->nsec <= latest && a->steps < STEPS_MAX; i++) {
		if (is_taken(a, line, i) || !term_holds(a, t, i))
			continue;
		a->end[line] = a->facts[i]->nsec;
		if (t->times > 1 && !enough(a, t, i, latest, &a->end[line]))
			continue;
		a->taken[line] = i;
		return true;
	}
	return false;
}

/* Is some "unless" satisfied before the fact of the last line? */
static bool
excused(struct attempt *a)
{
	size_t last = a->taken[a->s->nlines - 1];
	const struct fact *f = a->facts[last];

	for (size_t k = 0; k < a->s->unless.n; k++) {
		const struct term *t = &a->s->unless.v[k];
		unsigned count = 0;

		for (size_t i = 0; i < last && a->steps < STEPS_MAX; i++)
			if (!same_packet(a->facts[i], f) && term_holds(a, t, i) &&
			    ++count == t->times)
				return true;
	}
	return false;
}

static bool
ever(struct attempt *a, const struct terms *terms)
{
	int64_t end;

	for (size_t k = 0; k < terms->n; k++)
		if (enough(a, &terms->v[k], 0, INT64_MAX, &end))
			return true;
	return false;
}

static bool
assign(struct attempt *a)
{
	size_t line = 0, from = 0;

	while (a->steps < STEPS_MAX) {
		if (take(a, line, from)) {
			if (line + 1 < a->s->nlines) {
				line++;
				from = 0;
				continue;
			}
			if (!excused(a))
				return a->steps < STEPS_MAX;
		} else if (line == 0) {
			return false;
		} else {
			line--;
		}
		from = a->taken[line] + 1;
	}
	return false;
}

/* What the support lines add. "within" counts from the last line's fact, both ways. */
static double
bonus(struct attempt *a)
{
	const struct fact *last = a->facts[a->taken[a->s->nlines - 1]];
	double sum = 0;

	for (size_t k = 0; k < a->s->support.n; k++) {
		const struct term *t = &a->s->support.v[k];
		size_t from = 0;
		int64_t latest = INT64_MAX, end;

		if (t->within) {
			latest = later(last->nsec, t->within);
			from = not_before(a, last->nsec < INT64_MIN + t->within
						 ? INT64_MIN
						 : last->nsec - t->within);
		}
		if (enough(a, t, from, latest, &end))
			sum += t->bonus;
	}
	return sum;
}

bool
stanza_fits(const struct fingerprints *db, const struct stanza *s, const struct fact *const *facts,
	    size_t n, struct fingerprint_match *ret)
{
	struct attempt a = {.s = s, .facts = facts, .n = n};
	bool fits = s->nlines > 0 && assign(&a) && !ever(&a, &s->never);
	double score;

	if (fits && a.steps < STEPS_MAX) {
		score = s->public.score + bonus(&a);
		*ret = (struct fingerprint_match){.fingerprint = &s->public,
						  .score = score > SCORE_MAX ? SCORE_MAX : score,
						  .nfacts = s->nlines};
		for (size_t i = 0; i < s->nlines; i++)
			ret->facts[i] = facts[a.taken[i]];
		return true;
	}
	if (a.steps >= STEPS_MAX)
		__atomic_fetch_add(db->given_up, 1, __ATOMIC_RELAXED);
	return false;
}

static int
by_time(const void *a, const void *b)
{
	const struct fact *x = *(const struct fact *const *)a, *y = *(const struct fact *const *)b;

	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	return x < y ? -1 : x > y; /* as they were noted */
}

static int
best_first(const void *a, const void *b)
{
	const struct fingerprint_match *x = a, *y = b;

	if (x->score < y->score || x->score > y->score)
		return x->score > y->score ? -1 : 1;
	return strcmp(x->fingerprint->id, y->fingerprint->id);
}

/* Packet-level facts are noted when the flow is judged, behind those of its messages. */
static void
put_in_order(const struct flow *f, const struct fact **facts)
{
	bool sorted = true;

	for (size_t i = 0; i < f->nfacts; i++) {
		facts[i] = &f->facts[i];
		if (i && facts[i]->nsec < facts[i - 1]->nsec)
			sorted = false;
	}
	if (!sorted)
		qsort(facts, f->nfacts, sizeof(struct fact *), by_time);
}

/* Drops generic matches and hints where a specific one of the same mechanism is; sorts; copies. */
static size_t
choose(struct fingerprint_match *all, size_t n, struct fingerprint_match *ret, size_t max)
{
	bool named[NMECHANISMS] = {false};
	size_t out = 0;

	for (size_t i = 0; i < n; i++)
		if (all[i].fingerprint->kind == SPECIFIC)
			named[all[i].fingerprint->mechanism] = true;
	qsort(all, n, sizeof *all, best_first);
	for (size_t i = 0; i < n && out < max; i++)
		if (all[i].fingerprint->kind == SPECIFIC || !named[all[i].fingerprint->mechanism])
			ret[out++] = all[i];
	return out;
}

/* The stanzas that the gate lets pass, in an array to be freed; NULL if there are none. */
static const struct stanza **
worth_trying(const struct fingerprints *db, const struct flow *f, size_t *ret_n)
{
	const struct stanza **v = NULL;
	uint64_t held[GATE_WORDS];
	size_t n = 0;

	gate_look(db->gate, f, held);
	for (size_t i = 0; i < db->nstanzas; i++) {
		if (!gate_passes(db->stanzas[i], held))
			continue;
		if (!v)
			v = xcalloc(db->nstanzas - i, sizeof(struct stanza *));
		v[n++] = db->stanzas[i];
	}
	*ret_n = n;
	return v;
}

size_t
fingerprints_match(const struct fingerprints *db, const struct flow *f,
		   struct fingerprint_match *ret, size_t max)
{
	const struct fact *few[FACTS_ON_STACK], **facts = few;
	const struct stanza **tried;
	struct fingerprint_match *all;
	size_t ntried, n = 0;

	if (!f->nfacts || !db->gate)
		return 0;
	tried = worth_trying(db, f, &ntried);
	if (!tried)
		return db->markers ? markers_match(db->markers, f, ret, 0, max) : 0;
	if (f->nfacts > FACTS_ON_STACK)
		facts = xcalloc(f->nfacts, sizeof(struct fact *));
	put_in_order(f, facts);
	all = xcalloc(ntried, sizeof *all);
	for (size_t i = 0; i < ntried; i++)
		if (stanza_fits(db, tried[i], facts, f->nfacts, &all[n]))
			n++;
	n = choose(all, n, ret, max);
	if (facts != few)
		free(facts);
	free(all);
	free(tried);
	return db->markers ? markers_match(db->markers, f, ret, n, max) : n;
}

/* Does any row of a list speak of this flow? */
static bool
is_marked(const struct fingerprints *db, const struct flow *f, unsigned mechanisms)
{
	struct fingerprint_match one;

	return db->markers && mechanisms & (1U << BLOCK_PAGE | 1U << DNS_TAMPERING) &&
	       markers_match(db->markers, f, &one, 0, 1) > 0;
}

bool
fingerprints_may_match(const struct fingerprints *db, const struct flow *f, unsigned mechanisms)
{
	return is_marked(db, f, mechanisms) || gate_may_pass(db->gate, f, mechanisms);
}

bool
fingerprints_want(const struct fingerprints *db, const struct field *field, struct bytes text)
{
	return gate_wants(db->gate, field, text) ||
	       (db->markers && markers_want(db->markers, field, text));
}

static bool
term_mentions(const struct term *t, const struct field *field)
{
	if (t->what.field == field)
		return true;
	for (size_t i = 0; i < t->nwith; i++)
		if (t->with[i].field == field)
			return true;
	return false;
}

static bool
terms_mention(const struct terms *t, const struct field *field)
{
	for (size_t i = 0; i < t->n; i++)
		if (term_mentions(&t->v[i], field))
			return true;
	return false;
}

bool
fingerprints_mention(const struct fingerprints *db, const struct field *field)
{
	for (size_t i = 0; i < db->nstanzas; i++) {
		const struct stanza *s = db->stanzas[i];

		for (size_t k = 0; k < s->nlines; k++)
			if (term_mentions(&s->lines[k], field))
				return true;
		if (terms_mention(&s->unless, field) || terms_mention(&s->never, field) ||
		    terms_mention(&s->support, field))
			return true;
	}
	return false;
}
