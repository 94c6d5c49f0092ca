/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other flows to the same place show about a suspicion. */
#include "contrast.h"
#include "control.h"

#include <string.h>

/* Flows of one program that died, flows of another that lived: chance puts them like that once in
 * the number of ways to draw the one from both (Fisher's exact test; dossier 6.5). */
#define CHANCE_MOST 0.05
/* What the report calls a block by program: the ClientHello itself, whatever name it has. */
#define TLS_CLIENT "tls-client"

/* A balancer opens connections in the name of servers behind it, which are further away: the
 * SYN+ACK has one TTL and what the server says another (dossier B-16). */
void
contrast_ttl(struct history *h, struct suspicion *x, const struct episode *me)
{
	size_t from, to;
	const struct episode *all;

	if (!x->data_ttl)
		return;
	control_neighbours(h, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->flow == me->flow || e->interfered || e->outcome != OUTCOME_OK ||
		    e->port != me->port || e->data_ttl != x->data_ttl ||
		    !episodes_near(e, me, COMPARABLE))
			continue;
		if (!finding_has(x->finding, "ttl.far") && !finding_has(x->finding, "ttl.off"))
			return;
		finding_forget(x->finding, "ttl.far");
		finding_forget(x->finding, "ttl.off");
		/* Who ends the session in the server's place may do so for all of its names. */
		if (x->finding->mechanism != TLS_INTERCEPTION)
			finding_weigh(x->finding, "ttl.usual", e->ok_at);
		return;
	}
}

void
contrast_starttls(struct history *h, struct suspicion *x, const struct episode *me)
{
	size_t from, to;
	const struct episode *all;
	struct cite *c;

	if (x->finding->mechanism != PROTOCOL_STRIPPING || me->starttls != 1)
		return;
	control_neighbours(h, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->starttls != 2 || e->port != me->port)
			continue;
		finding_weigh(x->finding, "strip.offered_then", e->ok_at);
		c = finding_cite(x->finding, e->ok_at, ROLE_CONTROL);
		finding_observe(x->finding, c, "control", NULL,
				"the same service offered to encrypt (flow %llu)",
				(unsigned long long)e->flow);
		x->finding->basis |= BASIS_CONTRAST;
		return;
	}
}

/* How flows with the same name fared, by what they had in common with this one. */
struct fates {
	size_t alike;    /* lived, and are alike in all that is known */
	size_t other;    /* lived, and differ in what is asked about */
	size_t died;     /* like this one, itself included */
	size_t died_too; /* died though they differ */
	const struct episode *proof;
};

enum aspect { BY_ECH, BY_SHAPE, BY_URL };

static bool
differs(const struct episode *a, const struct episode *b, enum aspect by)
{
	switch (by) {
	case BY_ECH:
		return a->ech != b->ech;
	case BY_SHAPE:
		return a->shape && b->shape && a->shape != b->shape;
	default:
		return a->url && b->url && a->url != b->url;
	}
}

static bool
is_victim(const struct episode *e)
{
	return e->interfered || e->outcome == OUTCOME_FAILED;
}

/* Flows that may be held against this one: to the same service, at about the same time. */
static bool
is_comparable(const struct episode *e, const struct episode *me)
{
	return !e->dns && e->port == me->port && e->proto == me->proto &&
	       episodes_near(e, me, COMPARABLE) && addr_equal(&e->server, &me->server);
}

/* When the first like this one died. What lived before shows nothing: the block may be new. */
static int64_t
first_death(const struct history *h, const struct episode *me, enum aspect by)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;
	int64_t first = me->first;

	while (asked++ < ASK_MAX && (e = history_named(h, me->name, &i)))
		if (is_comparable(e, me) && is_victim(e) && !differs(e, me, by) && e->first < first)
			first = e->first;
	return first;
}

static void
count_fates(const struct history *h, const struct episode *me, enum aspect by, struct fates *ret)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;
	int64_t begun = first_death(h, me, by);

	*ret = (struct fates){0};
	while (asked++ < ASK_MAX && (e = history_named(h, me->name, &i))) {
		bool other = differs(e, me, by);

		if (!is_comparable(e, me))
			continue;
		if (e->flow == me->flow || is_victim(e)) {
			*(other ? &ret->died_too : &ret->died) += 1;
		} else if (e->outcome == OUTCOME_OK && e->first > begun) {
			*(other ? &ret->other : &ret->alike) += 1;
			if (other)
				ret->proof = e;
		}
	}
}

/* Once in how many ways: the number of ways to choose `died` of all. */
static bool
is_chance(size_t died, size_t lived)
{
	double ways = 1;

	for (size_t i = 1; i <= died && i <= 64; i++)
		ways = ways * (double)(lived + i) / (double)i;
	return 1 / ways > CHANCE_MOST;
}

static void
set_trigger(struct suspicion *x, enum trigger_kind kind, const char *value)
{
	struct finding *f = x->finding;

	finding_trigger(f, kind, value, f->basis | BASIS_CONTRAST);
}

/* Was it set off by what a request says, as was thought at first or is known by now? */
static bool
is_by_name(const struct finding *f)
{
	switch (f->trigger) {
	case TRIGGER_SNI:
	case TRIGGER_ECH:
	case TRIGGER_HTTP_HOST:
	case TRIGGER_HTTP_URL:
		return true;
	case TRIGGER_PROTOCOL:
		return strcmp(f->trigger_value, TLS_CLIENT) == 0;
	default:
		return false;
	}
}

void
contrast_trigger(struct history *h, struct suspicion *x, const struct episode *me)
{
	struct finding *f = x->finding;
	struct fates fates;

	if (!me->name || !is_by_name(f))
		return;
	if (me->url) {
		count_fates(h, me, BY_URL, &fates);
		if (!f->url || !fates.other || fates.alike)
			return;
		set_trigger(x, TRIGGER_HTTP_URL, f->url);
		control(f, "control.other_url", fates.proof,
			"another page of the same site was served");
		return;
	}
	count_fates(h, me, BY_ECH, &fates);
	if (me->ech && fates.other && !fates.alike) {
		set_trigger(x, TRIGGER_ECH, me->name);
		control(f, "control.without_ech", fates.proof,
			"the same name was served without Encrypted Client Hello");
		return;
	}
	count_fates(h, me, BY_SHAPE, &fates);
	if (!fates.other || fates.alike || fates.died_too || is_chance(fates.died, fates.other))
		return;
	set_trigger(x, TRIGGER_PROTOCOL, TLS_CLIENT);
	control(f, "control.other_client", fates.proof,
		"the same name was served to another program");
}
