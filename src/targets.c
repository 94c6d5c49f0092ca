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

struct tally {
	UT_hash_handle hh;
	const char *name;
	enum target_kind kind;
	uint64_t flows, ok, failed, interfered, dns_ok, dns_flows;
	unsigned mechanisms;
	struct chances *chances; /* NULL: there is no finding */
	unsigned *findings;
	size_t nfindings;
	const char *controls[CONTROLS_MAX];
	size_t ncontrols;
	struct timeline story; /* of what does not simply work */
};

struct tallies {
	struct arena *arena;
	struct tally *all;
	struct tally **of; /* of each episode, or NULL */
};

/* A resolver may be asked and be visited: these are two targets of one name, which is not copied.
 */
static struct tally *
tally_of(struct tallies *t, const char *name, enum target_kind kind)
{
	const char *key =
	    kind == TARGET_RESOLVER ? arena_printf(t->arena, "resolver %s", name) : name;
	struct tally *x;

	HASH_FIND_STR(t->all, key, x);
	if (x)
		return x;
	x = arena_alloc(t->arena, sizeof *x);
	x->name = name;
	x->kind = kind;
	HASH_ADD_KEYPTR(hh, t->all, key, strlen(key), x);
	return x;
}
#pragma GCC diagnostic pop

static void
count_episodes(struct tallies *t, struct history *h)
{
	size_t n;
	const struct episode *e = history_episodes(h, &n);

	t->of = arena_alloc(t->arena, (n + 1) * sizeof(struct tally *));
	for (size_t i = 0; i < n; i++) {
		const char *name = e[i].name
				       ? e[i].name
				       : history_name_of(h, &e[i].server, &e[i].client, e[i].first);
		struct tally *x;

		if (!name)
			continue;
		t->of[i] = x = tally_of(t, name, TARGET_DOMAIN);
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
add_controls(struct tallies *t, struct tally *x, const struct finding *f)
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
	if (f->confidence >= CONFIDENCE_LIKELY) {
		x->interfered += !counted;
		x->mechanisms |= 1u << f->mechanism;
	}
	if (!x->chances)
		x->chances = arena_alloc(t->arena, sizeof *x->chances);
	chances_add(x->chances, f);
	x->findings = arena_room(t->arena, x->findings, x->nfindings, sizeof *x->findings);
	x->findings[x->nfindings++] = f->number;
	add_controls(t, x, f);
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
		if (x->nfindings == 0)
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
		if (x->kind == TARGET_ADDRESS && x->nfindings == 0)
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

		if (!x || e[i].again || (!x->nfindings && !x->failed))
			continue;
		if (e[i].interfered || timeline_fate(&e[i], e[i].usage.service, &fate))
			timeline_add(&x->story, t->arena, &e[i],
				     e[i].dns ? FUNCTION_DNS : NFUNCTIONS, fate);
	}
}

/* The best that can be said of a target, and how surely: interference is as sure as at least one
 * of its findings; that something works is as sure as the share of attempts that did. */
static void
conclude(struct arena *a, struct tally *x, struct target *r)
{
	uint64_t ok = x->ok ? x->ok : x->flows == x->dns_flows ? x->dns_ok : 0;
	uint64_t tried = x->flows - (x->ok || x->failed ? x->dns_flows : 0);

	memset(r, 0, sizeof *r);
	r->name = x->name;
	r->kind = x->kind;
	r->mechanisms = x->mechanisms;
	r->flows = x->flows;
	r->interfered = x->interfered;
	r->findings = x->findings;
	r->nfindings = x->nfindings;
	r->controls = x->controls;
	r->ncontrols = x->ncontrols;
	if (x->interfered) {
		r->state = x->ok ? STATE_IMPAIRED : STATE_BLOCKED;
		r->confidence = chances_of_any(x->chances);
	} else if (ok) {
		r->state = STATE_REACHABLE;
		r->confidence = tried ? (double)ok / (double)tried : 1;
		if (r->confidence > 1)
			r->confidence = 1;
	} else {
		r->state = STATE_UNCLEAR;
		r->confidence = x->chances ? chances_of_any(x->chances) : 0;
	}
	if (x->story.n)
		timeline_tell(&x->story, a, r);
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

static size_t
add_services(struct arena *a, const struct services *services, struct history *h,
	     struct finding *const *findings, size_t n, const char *only, struct target *ret)
{
	size_t found = functions_tell(a, services, h, findings, n, ret), k = 0;

	for (size_t i = 0; i < found; i++)
		if (!only || strcasecmp(only, ret[i].name) == 0)
			ret[k++] = ret[i];
	return k;
}

void
targets_tell(struct arena *a, const struct services *services, struct history *h,
	     struct finding *const *findings, size_t n, const char *only, struct target **ret,
	     size_t *ret_n, size_t *ret_left_out)
{
	struct tallies t = {a, NULL, NULL};
	struct target *r;
	size_t k = 0;

	count_episodes(&t, h);
	count_findings(&t, h, findings, n);
	tell_stories(&t, h);
	r = arena_alloc(a, (HASH_COUNT(t.all) + services_count(services) + 1) * sizeof *r);
	for (struct tally *x = t.all; x; x = x->hh.next)
		if (!only || strcasecmp(only, x->name) == 0)
			conclude(a, x, &r[k++]);
	HASH_CLEAR(hh, t.all);
	k += add_services(a, services, h, findings, n, only, &r[k]);
	qsort(r, k, sizeof *r, by_state);
	*ret = r;
	*ret_n = k > TARGETS_MAX ? TARGETS_MAX : k;
	while (*ret_n < k && r[*ret_n].interfered)
		++*ret_n; /* no more than there are findings */
	*ret_left_out = k - *ret_n;
}
