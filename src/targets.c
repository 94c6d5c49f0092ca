/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the findings and the flows that fared well say about each name and address. */
#include "targets.h"
#include "functions.h"
#include "timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "table.h"

/* The controls that a reader is shown for one target. */
#define CONTROLS_MAX 4

/* Of a target that does not simply work. */
struct trouble {
	struct chances chances; /* of its findings, if there are any */
	unsigned *findings;
	size_t nfindings;
	const char *controls[CONTROLS_MAX];
	size_t ncontrols;
	struct timeline story;
};

struct tally {
	const char *name;
	struct tally *next; /* in the order in which they were met */
	struct trouble *trouble;
	enum target_kind kind;
	unsigned mechanisms;
	uint64_t flows, ok, failed, interfered, dns_ok, dns_flows;
};

/* The few targets whose name no conversation said. */
struct unsaid {
	UT_hash_handle hh;
	struct tally tally;
};

struct tallies {
	struct arena *arena;
	const struct names *names;
	struct tally **named; /* by the name's number, or NULL */
	struct unsaid *unsaid;
	struct tally *first, **end;
	struct tally **of; /* of each episode, or NULL */
};

static struct tally *
begin(struct tallies *t, struct tally *x, const char *name, enum target_kind kind)
{
	x->name = name;
	x->kind = kind;
	*t->end = x;
	t->end = &x->next;
	return x;
}

static struct tally *
tally_of_said(struct tallies *t, const char *kept, enum target_kind kind)
{
	struct tally **x = &t->named[names_number(kept)];

	if (!*x)
		*x = begin(t, arena_alloc(t->arena, sizeof **x), kept, kind);
	return *x;
}

/* A resolver may be asked and be visited: these are two targets of one name, which is not copied.
 */
static struct tally *
tally_of(struct tallies *t, const char *name, enum target_kind kind)
{
	const char *kept = kind == TARGET_RESOLVER ? NULL : names_find(t->names, name), *key;
	struct unsaid *x;

	if (kept)
		return tally_of_said(t, kept, kind);
	key = kind == TARGET_RESOLVER ? arena_printf(t->arena, "resolver %s", name) : name;
	HASH_FIND_STR(t->unsaid, key, x);
	if (x)
		return &x->tally;
	x = arena_alloc(t->arena, sizeof *x);
	HASH_ADD_KEYPTR(hh, t->unsaid, key, strlen(key), x);
	return begin(t, &x->tally, name, kind);
}

static void
tallies_free(struct tallies *t)
{
	HASH_CLEAR(hh, t->unsaid);
}
#pragma GCC diagnostic pop

static struct trouble *
trouble_of(struct tallies *t, struct tally *x)
{
	if (!x->trouble)
		x->trouble = arena_alloc(t->arena, sizeof *x->trouble);
	return x->trouble;
}

static bool
is_accused(const struct tally *x)
{
	return x->trouble && x->trouble->nfindings;
}

static void
count_episodes(struct tallies *t, struct history *h)
{
	size_t n;
	const struct episode *e = history_episodes(h, &n);

	t->of = arena_alloc(t->arena, (n + 1) * sizeof(struct tally *));
	t->named = arena_alloc(t->arena, (names_count(t->names) + 1) * sizeof(struct tally *));
	for (size_t i = 0; i < n; i++) {
		const char *name = e[i].name
				       ? e[i].name
				       : history_name_of(h, &e[i].server, &e[i].client, e[i].first);
		struct tally *x;

		if (!name)
			continue;
		t->of[i] = x = tally_of_said(t, name, TARGET_DOMAIN);
		x->flows += !e[i].again;
		if (e[i].dns) {
			x->dns_flows += !e[i].again;
			x->dns_ok += e[i].dns_positive;
		} else {
			x->ok += e[i].outcome == OUTCOME_OK && !e[i].interfered;
			x->failed += e[i].outcome == OUTCOME_FAILED;
		}
	}
}

static void
add_controls(struct tallies *t, struct trouble *x, const struct finding *f)
{
	for (size_t i = 0; i < f->ncites && x->ncontrols < CONTROLS_MAX; i++) {
		const struct cite *c = &f->cites[i];
		const char *text;
		size_t k;

		if (c->role != ROLE_CONTROL || c->nobservations == 0)
			continue;
		text = arena_printf(t->arena, "%s, frame %u", c->observations[0].observed,
				    c->at.frame);
		for (k = 0; k < x->ncontrols && strcmp(x->controls[k], text) != 0; k++)
			;
		if (k == x->ncontrols)
			x->controls[x->ncontrols++] = text;
	}
}

static const char *
address_name(struct tallies *t, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return arena_printf(t->arena, "%s", addr_text(a, text));
}

static const char *
target_name(struct tallies *t, const struct finding *f, const struct history *h,
	    enum target_kind *ret_kind)
{
	const char *learnt;

	*ret_kind = TARGET_DOMAIN;
	if (f->name)
		return f->name;
	learnt = history_name_of(h, &f->flow.addr[SERVER], &f->flow.addr[CLIENT], f->nsec);
	if (learnt)
		return learnt;
	*ret_kind = TARGET_ADDRESS;
	return address_name(t, &f->flow.addr[SERVER]);
}

static void
add_finding(struct tallies *t, struct tally *x, const struct finding *f, bool counted)
{
	struct trouble *trouble = trouble_of(t, x);

	if (f->confidence >= CONFIDENCE_LIKELY) {
		x->interfered += !counted;
		x->mechanisms |= 1u << f->mechanism;
	}
	chances_add(&trouble->chances, f);
	trouble->findings =
	    arena_room(t->arena, trouble->findings, trouble->nfindings, sizeof *trouble->findings);
	trouble->findings[trouble->nfindings++] = f->number;
	add_controls(t, trouble, f);
}

/* Who else asked a resolver in secret, and how that went. */
static void
count_encrypted(struct tally *x, struct history *h, const struct finding *f)
{
	size_t n, from, to;
	const struct episode *e = history_episodes(h, &n);

	history_at_server(h, &f->flow.addr[SERVER], &from, &to);
	for (size_t i = from; i < to; i++) {
		if (e[i].dns || e[i].port != f->flow.port[SERVER] ||
		    (f->name && (!e[i].name || strcmp(e[i].name, f->name) != 0)))
			continue;
		x->flows++;
		x->ok += e[i].outcome == OUTCOME_OK && !e[i].interfered;
	}
}

/* A resolver that answers falsely is told of as well, and one that cannot be reached in secret; an
 * injector speaks in its name only. */
static void
count_resolver(struct tallies *t, struct history *h, const struct finding *f, bool counted)
{
	const struct resolver *r = history_resolver(h, &f->flow.addr[SERVER]);
	struct tally *x;

	if (f->mechanism != DNS_TAMPERING && !f->of_resolver)
		return;
	x = tally_of(t,
		     f->of_resolver && f->name ? f->name : address_name(t, &f->flow.addr[SERVER]),
		     TARGET_RESOLVER);
	if (f->of_resolver) {
		if (!is_accused(x))
			count_encrypted(x, h, f);
	} else {
		if (x->flows == 0 && r)
			x->flows = x->ok = r->answers;
		x->flows += !counted;
	}
	add_finding(t, x, f, counted);
	if (x->flows < x->interfered)
		x->flows = x->interfered; /* the history forgot some */
}

/* What else went to an address and never said a name. */
static void
count_nameless(struct tallies *t, struct tally *x, struct history *h, const struct addr *server)
{
	size_t n, from, to;
	const struct episode *e = history_episodes(h, &n);

	history_at_server(h, server, &from, &to);
	for (size_t i = from; i < to; i++) {
		if (e[i].name)
			continue;
		t->of[i] = x;
		x->flows++;
		x->ok += e[i].outcome == OUTCOME_OK && !e[i].interfered;
		x->failed += e[i].outcome == OUTCOME_FAILED;
	}
}

static void
count_findings(struct tallies *t, struct history *h, struct finding *const *findings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = findings[i];
		enum target_kind kind;
		const char *name = target_name(t, f, h, &kind);
		struct tally *x = tally_of(t, name, kind);
		bool counted = false;

		for (size_t k = 0; k < i; k++)
			counted |= findings[k]->flow.id == f->flow.id &&
				   findings[k]->confidence >= CONFIDENCE_LIKELY;
		if (x->kind == TARGET_ADDRESS && !is_accused(x))
			count_nameless(t, x, h, &f->flow.addr[SERVER]);
		add_finding(t, x, f, counted);
		if (x->flows < x->interfered)
			x->flows = x->interfered; /* the history forgot some */
		count_resolver(t, h, f, counted);
	}
}

/* When each name and address that did not always work did. */
static void
tell_stories(struct tallies *t, struct history *h)
{
	size_t n;
	const struct episode *e = history_episodes(h, &n);

	for (size_t i = 0; i < n; i++) {
		struct tally *x = t->of[i];
		enum fate fate = FATE_INTERFERED;

		if (!x || e[i].again || (!is_accused(x) && !x->failed))
			continue;
		if (e[i].interfered || timeline_fate(&e[i], e[i].usage.service, &fate))
			timeline_add(&trouble_of(t, x)->story, t->arena, &e[i],
				     e[i].dns ? FUNCTION_DNS : NFUNCTIONS, fate);
	}
}

/* The best that can be said of a target, and how surely: interference is as sure as at least one
 * of its findings; that something works is as sure as the share of attempts that did. */
static void
conclude(struct arena *a, struct tally *x, struct target *r)
{
	struct trouble *trouble = x->trouble;
	uint64_t ok = x->ok ? x->ok : x->flows == x->dns_flows ? x->dns_ok : 0;
	uint64_t tried = x->flows - (x->ok || x->failed ? x->dns_flows : 0);

	memset(r, 0, sizeof *r);
	r->name = x->name;
	r->kind = x->kind;
	r->mechanisms = x->mechanisms;
	r->flows = x->flows;
	r->interfered = x->interfered;
	if (trouble) {
		r->findings = trouble->findings;
		r->nfindings = trouble->nfindings;
		r->controls = trouble->controls;
		r->ncontrols = trouble->ncontrols;
	}
	if (x->interfered) {
		r->state = x->ok ? STATE_IMPAIRED : STATE_BLOCKED;
		r->confidence = chances_of_any(&trouble->chances);
	} else if (ok) {
		r->state = STATE_REACHABLE;
		r->confidence = tried ? (double)ok / (double)tried : 1;
		if (r->confidence > 1)
			r->confidence = 1;
	} else {
		r->state = STATE_UNCLEAR;
		r->confidence = is_accused(x) ? chances_of_any(&trouble->chances) : 0;
	}
	if (trouble && trouble->story.n)
		timeline_tell(&trouble->story, a, r);
}

static int
by_state(const void *a, const void *b)
{
	static const int order[NSTATES] = {
	    [STATE_BLOCKED] = 0, [STATE_IMPAIRED] = 1, [STATE_UNCLEAR] = 2, [STATE_REACHABLE] = 3};
	const struct target *x = a, *y = b;

	if (x->state != y->state)
		return order[x->state] - order[y->state];
	if (!x->nfindings != !y->nfindings)
		return x->nfindings ? -1 : 1;
	if ((x->kind == TARGET_SERVICE) != (y->kind == TARGET_SERVICE))
		return x->kind == TARGET_SERVICE ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* What will be listed: the first TARGETS_MAX and all that was interfered with. Most of the many
 * more that simply work are seen to come too late, and are not kept. */
struct listing {
	struct target *v;
	size_t n, size;
	size_t all; /* that there are */
	const char *only;
};

/* Sorts, and forgets what comes too late. */
static void
cut(struct listing *l)
{
	size_t keep = l->n < TARGETS_MAX ? l->n : TARGETS_MAX;

	qsort(l->v, l->n, sizeof *l->v, by_state);
	while (keep < l->n && l->v[keep].interfered)
		keep++; /* no more than findings and services tell of */
	l->n = keep;
}

static void
list_target(struct listing *l, const struct target *x)
{
	if (l->only && strcasecmp(l->only, x->name) != 0)
		return;
	if (l->n == l->size)
		cut(l);
	/* From the first cut on the last one of those sorted is the measure of others. */
	if (l->all >= l->size && !x->interfered && by_state(x, &l->v[TARGETS_MAX - 1]) >= 0) {
		l->all++;
		return;
	}
	l->all++;
	l->v[l->n++] = *x;
}

static void
list_services(struct listing *l, struct arena *a, const struct services *services,
	      struct history *h, struct finding *const *findings, size_t n)
{
	struct target *x = arena_alloc(a, (services_count(services) + 1) * sizeof *x);
	size_t found = functions_tell(a, services, h, findings, n, x);

	for (size_t i = 0; i < found; i++)
		list_target(l, &x[i]);
}

void
targets_tell(struct arena *a, const struct services *services, struct history *h,
	     struct finding *const *findings, size_t n, const char *only, struct target **ret,
	     size_t *ret_n, size_t *ret_left_out)
{
	struct tallies t = {.arena = a, .names = history_names(h)};
	struct listing l = {.only = only};

	t.end = &t.first;
	count_episodes(&t, h);
	count_findings(&t, h, findings, n);
	tell_stories(&t, h);
	/* A finding tells of a target and of a resolver at most. */
	l.size = 2 * (n + TARGETS_MAX) + services_count(services);
	l.v = arena_alloc(a, l.size * sizeof *l.v);
	for (struct tally *x = t.first; x; x = x->next) {
		struct target told;

		conclude(a, x, &told);
		list_target(&l, &told);
	}
	tallies_free(&t);
	list_services(&l, a, services, h, findings, n);
	cut(&l);
	*ret = l.v;
	*ret_n = l.n;
	*ret_left_out = l.all - l.n;
}
