/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of flows that findings are about: what else of them never got through. */
#include "compare.h"

static int64_t
since(const struct comparison *c, enum end e, const struct pair_packet *p)
{
	return e == NEAR ? p->nsec : clock_near(&c->clock, p->nsec);
}

/* Packets of a flow that is interfered with which never got through either: what they say came in
 * no other packet, or nothing of their sender's came any more. */
static void
rest_of(struct comparison *c, struct finding *f, enum end sender, unsigned from)
{
	bool silent = f->mechanism == DROP || f->mechanism == FREEZE;
	struct pair_flow *flow = &c->ends[NEAR].flows[f->flow.id - 1];
	struct pair_end *e = &c->ends[sender], *o = &c->ends[other_end(sender)];
	const struct pair_flow *g = sender == NEAR ? flow : &e->flows[flow->mate - 1];
	const struct pair_flow *h = sender == NEAR ? &o->flows[flow->mate - 1] : flow;
	uint32_t got = 0, tail = 0;
	bool any = false;

	for (uint32_t i = 0; i < h->n; i++) {
		const struct pair_packet *p = &o->packets[o->list[h->first + i]];
		uint32_t end = p->seq + p->len + ((p->flags & TH_FIN_) != 0);

		if (p->from != from || p->fate == FATE_FORGED || p->flags & TH_RST_)
			continue;
		got = any && seq_before(end, got) ? got : end;
		any = true;
	}
	for (uint32_t i = g->n; i-- > 0;) {
		struct pair_packet *p = &e->packets[e->list[g->first + i]];
		uint32_t end = p->seq + p->len + ((p->flags & TH_FIN_) != 0);
		bool unheard = p->proto == IPPROTO_TCP && end != p->seq && !(p->flags & TH_RST_) &&
			       (!any || seq_before(got, end));
		bool last = tail != UINT32_MAX;

		if (p->from != from || p->fate == FATE_OUTSIDE)
			continue;
		if (p->fate != FATE_LOST && p->fate != FATE_DROPPED) {
			tail = UINT32_MAX;
			continue;
		}
		tail += last;
		if (p->fate == FATE_LOST &&
		    (unheard || (last && (tail > 1 || p->len ||
					  (silent && since(c, sender, p) >= f->nsec))))) {
			p->fate = FATE_DROPPED;
			finding_cite(f, p->at, ROLE_UNANSWERED);
		}
	}
}

void
pair_rest(struct comparison *c)
{
	for (size_t i = 0; i < c->report.nfindings; i++) {
		struct finding *f = c->report.findings[i];
		bool flipped = c->ends[NEAR].flows[f->flow.id - 1].flipped;

		rest_of(c, f, NEAR, flipped);
		rest_of(c, f, FAR, !flipped);
	}
}
