/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finding is the same as one that was told if it says the same of the same flow, and begins with
 * the same packet. */
#include "told.h"

#include "report_parts.h"
#include "table.h"

#include <stdlib.h>

struct identity {
	uint64_t flow;
	uint32_t frame;
	uint16_t capture, mechanism;
};

struct entry {
	struct identity identity;
	struct telling last;
	bool seen; /* since told_begin() */
	UT_hash_handle hh;
};

struct told {
	struct entry *entries;
	unsigned next, step; /* numbers */
	struct telling *news;
	size_t nnews, size;
};

struct told *
told_new(unsigned first, unsigned step)
{
	struct told *t = xcalloc(1, sizeof *t);

	t->next = first;
	t->step = step;
	return t;
}

static unsigned
new_number(struct told *t)
{
	unsigned number = t->next;

	t->next += t->step;
	return number;
}

void
told_free(struct told *t)
{
	struct entry *e, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->entries, e, next)
	{
		HASH_DEL(t->entries, e);
		free(e);
	}
	free(t->news);
	free(t);
}

static struct entry *
entry_of(struct told *t, uint64_t flow, struct ref at, unsigned mechanism)
{
	struct identity identity = {flow, at.frame, at.capture, (uint16_t)mechanism};
	struct entry *e;

	HASH_FIND(hh, t->entries, &identity, sizeof identity, e);
	if (e)
		return e;
	e = xcalloc(1, sizeof *e);
	e->identity = identity;
	HASH_ADD(hh, t->entries, identity, sizeof identity, e);
	return e;
}

/* Would a reader have to think otherwise of it? */
static bool
is_told(const struct telling *l, const struct finding *f)
{
	return l->number && !l->withdrawn && l->trigger == f->trigger &&
	       verdict_word(rounded(l->confidence)) == verdict_word(rounded(f->confidence));
}

static void
add_news(struct told *t, const struct telling *l)
{
	if (t->nnews == t->size) {
		t->size = t->size ? 2 * t->size : 16;
		t->news = xrealloc(t->news, t->size, sizeof *t->news);
	}
	t->news[t->nnews++] = *l;
}

unsigned
told_number(struct told *t, const struct finding *f)
{
	struct entry *e = entry_of(t, f->flow.id, f->cites[0].at, f->mechanism);

	e->seen = true;
	if (is_told(&e->last, f))
		return e->last.number;
	e->last = (struct telling){.number = new_number(t),
				   .revises = e->last.number,
				   .flow = f->flow.id,
				   .at = f->cites[0].at,
				   .nsec = f->nsec,
				   .confidence = f->confidence,
				   .mechanism = (uint8_t)f->mechanism,
				   .trigger = (uint8_t)f->trigger};
	add_news(t, &e->last);
	return e->last.number;
}

void
told_begin(struct told *t)
{
	t->nnews = 0;
	for (struct entry *e = t->entries; e; e = e->hh.next)
		e->seen = false;
}

const struct telling *
told_news(struct told *t, int64_t since, size_t *ret_n)
{
	for (struct entry *e = t->entries; e; e = e->hh.next) {
		if (e->seen || e->last.withdrawn || e->last.nsec < since)
			continue;
		e->last.revises = e->last.number;
		e->last.number = new_number(t);
		e->last.withdrawn = true;
		add_news(t, &e->last);
	}
	*ret_n = t->nnews;
	return t->news;
}

void
told_forget(struct told *t, int64_t before)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->entries, e, next)
	{
		if (e->last.nsec >= before)
			continue;
		HASH_DEL(t->entries, e);
		free(e);
	}
}

void
told_learn(struct told *t, const struct telling *news, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		entry_of(t, news[i].flow, news[i].at, news[i].mechanism)->last = news[i];
		if (news[i].number >= t->next)
			t->next = news[i].number + t->step;
	}
}
