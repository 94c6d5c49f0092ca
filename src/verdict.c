/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A measurement's verdicts against what was told of its parts. */
#include "relate.h"

struct tally {
	unsigned interfered;       /* parts of which interference is shown */
	unsigned fits;             /* of these, in the layer that the verdict names */
	unsigned cleared;          /* failures that are not interference */
	unsigned failures, joined; /* failed parts; parts with a conversation */
	unsigned supported;        /* successes that the packets confirm, not before the step in
				      which others met interference */
	const struct told *interference, *clearance;
};

/* "dns", "tcp_ip", "http-failure" (which may be TLS) and "http-diff" of web_connectivity. */
static bool
value_names(const char *value, enum layer layer)
{
	if (strstr(value, "dns"))
		return layer == LAYER_DNS;
	if (strstr(value, "tcp_ip"))
		return layer == LAYER_TCP;
	if (strstr(value, "http"))
		return layer >= LAYER_TLS;
	return true;
}

static bool
is_concerned(const struct claim *c, const struct part *p)
{
	return !c->concerns || c->concerns(p);
}

/* Is interference shown in the part itself, not only in what came after it? */
static bool
met_interference(const struct part *p, const struct told *t)
{
	return t->finding && t->relation != RELATION_UNDECIDED &&
	       !(p->said == SAID_SUCCESS && t->relation == RELATION_SUPPORTS);
}

/* The first step in which interference was met; NLAYERS if there was none. A success before that
 * step is none: every connection that is reset after its hello was made before. */
static unsigned
first_interfered(const struct measurement *m, const struct claim *c, const struct join *joins,
		 const struct told *parts)
{
	unsigned first = NLAYERS;

	for (size_t i = 0; i < m->nparts; i++) {
		unsigned layer;

		if (!is_concerned(c, &m->parts[i]) || !met_interference(&m->parts[i], &parts[i]))
			continue;
		layer = finding_layer(parts[i].finding, joins[i].story);
		first = layer < first ? layer : first;
	}
	return first;
}

static struct tally
count_parts(const struct measurement *m, const struct claim *c, const struct join *joins,
	    const struct told *parts)
{
	unsigned first = first_interfered(m, c, joins, parts);
	struct tally n = {0};

	for (size_t i = 0; i < m->nparts; i++) {
		const struct part *p = &m->parts[i];
		const struct told *t = &parts[i];
		bool failed = p->said == SAID_FAILURE || p->said == SAID_BLOCKED;

		if (!is_concerned(c, p))
			continue;
		n.failures += failed;
		n.joined += joins[i].story != NULL;
		if (met_interference(p, t)) {
			n.interfered++;
			n.fits += value_names(c->value, finding_layer(t->finding, joins[i].story));
			if (!n.interference)
				n.interference = t;
		} else if (failed && t->relation == RELATION_CONTRADICTS) {
			n.cleared++;
			n.clearance = n.clearance ? n.clearance : t;
		} else if (!failed && t->relation == RELATION_SUPPORTS) {
			n.supported += first == NLAYERS || p->layer >= first;
		}
	}
	return n;
}

/* A success by another part of the same kind, that the packets confirm, stands beside the
 * interference. */
static void
relate_good_verdict(const struct relating *r, const struct claim *c, const struct tally *n,
		    struct told *ret)
{
	if (n->interfered) {
		ret->finding = n->interference->finding;
		ret->relation = n->supported ? RELATION_REFINES : RELATION_CONTRADICTS;
		ret->sentence = arena_printf(
		    r->arena, "%s %s: %u part%s met interference: %s", c->key, c->value,
		    n->interfered, n->interfered == 1 ? "" : "s", n->interference->sentence);
	} else if (n->supported && !n->failures) {
		ret->relation = RELATION_SUPPORTS;
		ret->sentence =
		    arena_printf(r->arena,
				 "%s %s: the packets show %u part%s that succeeded and "
				 "no interference",
				 c->key, c->value, n->supported, n->supported == 1 ? "" : "s");
	} else {
		ret->sentence =
		    arena_printf(r->arena, "%s %s: the packets do not tell", c->key, c->value);
	}
}

static void
relate_bad_verdict(const struct relating *r, const struct claim *c, const struct tally *n,
		   struct told *ret)
{
	if (n->interfered) {
		ret->finding = n->interference->finding;
		ret->relation =
		    c->said == SAID_BLOCKED && n->fits ? RELATION_SUPPORTS : RELATION_REFINES;
		ret->sentence = arena_printf(r->arena, "%s %s: %s", c->key, c->value,
					     n->interference->sentence);
	} else if (n->cleared && n->cleared == n->failures) {
		ret->relation = RELATION_CONTRADICTS;
		ret->sentence =
		    arena_printf(r->arena, "%s %s: %s", c->key, c->value, n->clearance->sentence);
	} else {
		ret->sentence =
		    arena_printf(r->arena, "%s %s: the packets %s", c->key, c->value,
				 n->joined ? "show no interference, and do not tell why it failed"
					   : "do not tell: none of its conversations is in them");
	}
}

void
relate_claim(const struct relating *r, const struct measurement *m, const struct claim *c,
	     const struct join *joins, const struct told *parts, struct told *ret)
{
	struct tally n = count_parts(m, c, joins, parts);

	*ret = (struct told){0};
	if (c->said == SAID_SUCCESS) {
		relate_good_verdict(r, c, &n, ret);
	} else if (c->said != SAID_NOTHING) {
		relate_bad_verdict(r, c, &n, ret);
	} else if (n.interfered) {
		ret->finding = n.interference->finding;
		ret->relation = RELATION_REFINES;
		ret->sentence =
		    arena_printf(r->arena, "%s %s: the measurement did not conclude; %s", c->key,
				 c->value, n.interference->sentence);
	} else {
		ret->sentence = arena_printf(
		    r->arena, "%s %s: neither the measurement nor the packets conclude", c->key,
		    c->value);
	}
}
