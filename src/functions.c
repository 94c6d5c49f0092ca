/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a service works and what does not: names, web, chat, media, calls. A flow belongs to a
 * service by its bytes, by the name that it asked for, or by one that led to its address; where it
 * went is a hint, which counts beside other signs of the service or where the flow was interfered
 * with. */
#include "functions.h"
#include "timeline.h"
#include "whose.h"

#include <stdlib.h>
#include <string.h>

/* A finding by the flow that it is about. */
struct about {
	uint64_t flow;
	const struct finding *finding;
};

struct tally {
	uint64_t flows, ok, failed, interfered;
};

struct served {
	struct tally functions[NFUNCTIONS];
	struct timeline story;
	bool met; /* by more than an address */
	unsigned mechanisms;
	struct chances chances;
	unsigned *findings;
	size_t nfindings;
};

struct telling {
	struct arena *arena;
	const struct services *services;
	struct history *history;
	struct about *about;
	size_t nabout;
	struct served *served; /* by number, from 1 */
};

static int
by_flow(const void *a, const void *b)
{
	const struct about *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return x->finding->number < y->finding->number ? -1 : 1;
}

/* The first finding about a flow, or the end. */
static size_t
first_about(const struct telling *t, uint64_t flow)
{
	size_t low = 0, high = t->nabout;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->about[mid].flow < flow)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct usage
usage_of(const struct telling *t, const struct episode *e)
{
	struct usage usage = whose(t->services, t->history, e);

	if (e->dns && usage.service)
		usage.function = FUNCTION_DNS;
	return usage;
}

static void
keep_finding(struct telling *t, struct served *s, const struct finding *f)
{
	chances_add(&s->chances, f);
	if (f->confidence >= CONFIDENCE_LIKELY)
		s->mechanisms |= 1u << f->mechanism;
	s->findings = arena_room(t->arena, s->findings, s->nfindings, sizeof *s->findings);
	s->findings[s->nfindings++] = f->number;
}

/* Whether something was done to it. Each finding is taken once, though a conversation may have been
 * judged in parts. */
static bool
take_findings(struct telling *t, struct served *s, const struct episode *e)
{
	bool interfered = false;

	for (size_t i = first_about(t, e->flow); i < t->nabout && t->about[i].flow == e->flow;
	     i++) {
		if (!t->about[i].finding)
			continue;
		interfered |= t->about[i].finding->confidence >= CONFIDENCE_LIKELY;
		keep_finding(t, s, t->about[i].finding);
		t->about[i].finding = NULL;
	}
	return interfered;
}

/* What comes late of a conversation of which something was told already is no attempt of its own.
 */
static bool
is_rest_of_told(const struct telling *t, const struct episode *e)
{
	size_t i = first_about(t, e->flow);

	return !e->dns && i < t->nabout && t->about[i].flow == e->flow && !t->about[i].finding;
}

static void
count(struct telling *t, const struct episode *e, struct usage usage)
{
	struct served *s = &t->served[usage.service];
	struct tally *f = &s->functions[usage.function];
	enum fate fate;

	if (is_rest_of_told(t, e))
		return;
	f->flows++;
	if (take_findings(t, s, e))
		fate = FATE_INTERFERED;
	else if (!timeline_fate(e, usage.service, &fate))
		return;
	*(fate == FATE_INTERFERED ? &f->interfered
	  : fate == FATE_WORKED   ? &f->ok
				  : &f->failed) += 1;
	timeline_add(&s->story, t->arena, e, (enum function)usage.function, fate);
}

static bool
is_accused(const struct telling *t, const struct episode *e)
{
	for (size_t i = first_about(t, e->flow); i < t->nabout && t->about[i].flow == e->flow; i++)
		if (t->about[i].finding && t->about[i].finding->confidence >= CONFIDENCE_LIKELY)
			return true;
	return false;
}

/* Two passes, since what an address hints at needs to be met elsewhere. */
static void
count_all(struct telling *t)
{
	size_t n;
	const struct episode *e = history_episodes(t->history, &n);

	for (size_t i = 0; i < n; i++) {
		struct usage usage = usage_of(t, &e[i]);

		if (!usage.service)
			continue;
		t->served[usage.service].met = true;
		count(t, &e[i], usage);
	}
	for (size_t i = 0; i < n; i++) {
		struct usage usage = {0, 0};

		if (e[i].name || e[i].dns || usage_of(t, &e[i]).service)
			continue;
		usage = services_by_address(t->services, &e[i].server, e[i].proto, e[i].port);
		if (usage.service && (t->served[usage.service].met || is_accused(t, &e[i])))
			count(t, &e[i], usage);
	}
}

static enum target_state
state_of(uint64_t interfered, uint64_t ok)
{
	if (interfered)
		return ok ? STATE_IMPAIRED : STATE_BLOCKED;
	return ok ? STATE_REACHABLE : STATE_UNCLEAR;
}

/* That its names are found is no success, unless nothing else was tried. */
static bool
conclude(const struct served *s, const struct service *service, struct target *r)
{
	uint64_t ok = 0, tried = 0, found = 0;

	memset(r, 0, sizeof *r);
	for (int i = 0; i < NFUNCTIONS; i++) {
		const struct tally *f = &s->functions[i];
		uint64_t told = f->interfered + f->ok + f->failed;

		r->flows += f->flows;
		r->interfered += f->interfered;
		if (told)
			r->functions[i] = (uint8_t)(1 + state_of(f->interfered, f->ok));
		if (i == FUNCTION_DNS)
			found = f->ok;
		else
			ok += f->ok, tried += told;
	}
	if (!tried)
		tried = ok = found;
	if (!r->flows || (!tried && !r->interfered && !r->functions[FUNCTION_DNS]))
		return false;
	r->name = service->id;
	r->kind = TARGET_SERVICE;
	r->state = state_of(r->interfered, ok);
	r->mechanisms = s->mechanisms;
	r->findings = s->findings;
	r->nfindings = s->nfindings;
	if (r->state == STATE_REACHABLE)
		r->confidence = (double)ok / (double)tried;
	else
		r->confidence = chances_of_any(&s->chances);
	return true;
}

size_t
functions_tell(struct arena *a, const struct services *s, struct history *h,
	       struct finding *const *findings, size_t n, struct target *ret)
{
	size_t services = services_count(s), k = 0;
	struct telling t = {.arena = a, .services = s, .history = h, .nabout = n};

	if (services == 0)
		return 0;
	t.about = arena_alloc(a, (n + 1) * sizeof *t.about);
	for (size_t i = 0; i < n; i++)
		t.about[i] = (struct about){findings[i]->flow.id, findings[i]};
	qsort(t.about, n, sizeof *t.about, by_flow);
	t.served = arena_alloc(a, (services + 1) * sizeof *t.served);
	count_all(&t);
	for (size_t i = 1; i <= services; i++)
		if (conclude(&t.served[i], services_get(s, (uint8_t)i), &ret[k]))
			timeline_tell(&t.served[i].story, a, &ret[k++]);
	return k;
}
