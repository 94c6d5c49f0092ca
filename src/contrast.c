/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other flows to the same place show about a suspicion. */
#include "contrast.h"

/* Flows within ten minutes are comparable (dossier, section 14). */
#define COMPARABLE (600 * NSEC_PER_SEC)
/* Flows to one server that are asked. */
#define ASKED_MAX 512

static bool
is_near(const struct episode *a, const struct episode *b)
{
	return a->first - b->last <= COMPARABLE && b->first - a->last <= COMPARABLE;
}

/* A balancer opens connections in the name of servers behind it, which are further away: the
 * SYN+ACK has one TTL and what the server says another (dossier B-16). */
void
contrast_ttl(struct history *h, struct suspicion *x, const struct episode *me)
{
	size_t n, from, to;
	const struct episode *all = history_episodes(h, &n);

	if (!x->data_ttl)
		return;
	history_at_server(h, &me->server, &from, &to);
	for (size_t i = from; i < to && i - from < ASKED_MAX; i++) {
		const struct episode *e = &all[i];

		if (e->flow == me->flow || e->interfered || e->outcome != OUTCOME_OK ||
		    e->port != me->port || e->data_ttl != x->data_ttl || !is_near(e, me))
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
	size_t n, from, to;
	const struct episode *all = history_episodes(h, &n);
	struct cite *c;

	if (x->finding->mechanism != PROTOCOL_STRIPPING || me->starttls != 1)
		return;
	history_at_server(h, &me->server, &from, &to);
	for (size_t i = from; i < to && i - from < ASKED_MAX; i++) {
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
