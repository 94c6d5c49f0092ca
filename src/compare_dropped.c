/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that were sent and never arrived: lost by chance, or swallowed.
 *
 * Networks lose packets, so one that is missing says nothing. A run of them with nothing in between
 * is what is weighed: of r that are missing, chance does that with q to the power of r, where q is
 * the rate at which the others of the same direction are missing (Laplace: (lost + 1) / (sent +
 * 2)). Losses come in bursts, so only such count as were sent a second apart or more: beyond that
 * they are independent (M. Yajnik et al., Measurement and Modelling of the Temporal Dependence in
 * Packet Loss, INFOCOM 1999). The run could have begun at any of the n packets, and the prior is
 * that of a drop as it was fitted (weights.c). Whoever passed meanwhile is the control: without one
 * it could have been an outage, and what is said stays under 0.8, as the design demands of all
 * silence. */
#include "compare.h"
#include "compare_weigh.h"
#include "weigh.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>

#define APART NSEC_PER_SEC
#define RUN_LEAST 3          /* two losses in a row are met on any bad line */
#define WITHOUT_CONTROL 1.32 /* log-odds of 0.79 */
#define CITED_MAX 24         /* of a run; a proof of more packets convinces nobody more */
/* Every path carries segments of so many bytes (RFC 9293, 3.7.1); larger ones may vanish for want
 * of an ICMP error that tells so (RFC 2923, 2.1: black holes). */
#define ALWAYS_PASSES 536
/* What a NAT may forget: the shortest time in use for TCP and UDP alike is a minute or less (S.
 * Hatonen et al., An Experimental Study of Home Gateway Characteristics, IMC 2010: 30 s to hours).
 */
#define IDLE (60 * NSEC_PER_SEC)
/* Where such budgets begin: 14 kB or 22 packets were the least that was seen (weights.c:
 * freeze.range, docs/confidence.md). */
#define BUDGET_BYTES 14000
#define BUDGET_PACKETS 22

struct sent { /* a packet whose fate is known */
	struct pair_packet *p;
	int64_t near;
	uint32_t flow, group; /* of the near end */
	bool lost;
};

struct run {
	size_t first, n; /* in the list */
	unsigned apart;
	bool counted; /* it is a finding's */
	double logit;
};

struct drops {
	struct comparison *c;
	enum end sender;
	struct sent *v; /* in order of group, then time */
	size_t n;
	struct sent **arrived; /* in order of time */
	size_t narrived;
	struct sent **missing;
	size_t nmissing;
	struct run *runs;
	size_t nruns;
	double rate;        /* at which packets outside runs are missing */
	uint32_t *group_of; /* of flows */
	bool grouped;
};

static int
compare_sent(const void *x, const void *y)
{
	const struct sent *a = x, *b = y;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->near != b->near)
		return a->near < b->near ? -1 : 1;
	return a->p < b->p ? -1 : a->p > b->p;
}

static int
compare_when(const void *x, const void *y)
{
	const struct sent *a = *(struct sent *const *)x, *b = *(struct sent *const *)y;

	if (a->near != b->near)
		return a->near < b->near ? -1 : 1;
	return a->p < b->p ? -1 : a->p > b->p;
}

static void
list(struct drops *d)
{
	struct pair_end *e = &d->c->ends[d->sender];

	d->n = d->narrived = d->nmissing = 0;
	for (size_t i = 0; i < e->npackets; i++) {
		struct pair_packet *p = &e->packets[i];
		uint32_t flow = d->sender == NEAR ? p->flow : e->flows[p->flow].mate - 1;

		if (!e->flows[p->flow].mate || pair_sender(d->c, d->sender, p) != d->sender)
			continue;
		if (p->fate != FATE_LOST && p->fate != FATE_ARRIVED && p->fate != FATE_REGROUPED &&
		    p->fate != FATE_PART && p->fate != FATE_UNCAPTURED)
			continue;
		d->v[d->n++] = (struct sent){
		    p, d->sender == NEAR ? p->nsec : clock_near(&d->c->clock, p->nsec), flow,
		    d->grouped ? d->group_of[flow] : flow, p->fate == FATE_LOST};
	}
	qsort(d->v, d->n, sizeof *d->v, compare_sent);
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].lost)
			d->missing[d->nmissing++] = &d->v[i];
		else
			d->arrived[d->narrived++] = &d->v[i];
	qsort(d->arrived, d->narrived, sizeof(struct sent *), compare_when);
	qsort(d->missing, d->nmissing, sizeof(struct sent *), compare_when);
}

static void
find_runs(struct drops *d)
{
	size_t in_runs = 0;

	d->nruns = 0;
	for (size_t i = 0; i < d->n;) {
		struct run r = {.first = i};
		int64_t last = 0;

		while (i < d->n && d->v[i].lost && d->v[i].group == d->v[r.first].group) {
			if (!r.n || d->v[i].near - last >= APART) {
				r.apart++;
				last = d->v[i].near;
			}
			i++, r.n++;
		}
		if (r.apart >= RUN_LEAST) {
			d->runs[d->nruns++] = r;
			in_runs += r.n;
		}
		i += r.n == 0;
	}
	d->rate = (double)(d->nmissing - in_runs + 1) / (double)(d->n - in_runs + 2);
}

/* The first of a list in order of time that is not before t. */
static size_t
from_time(struct sent **v, size_t n, int64_t t)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = (low + n) / 2;

		if (v[mid]->near < t)
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

static const struct sent *
control_of(const struct drops *d, const struct run *r)
{
	const struct sent *first = &d->v[r->first], *last = first + r->n - 1;
	size_t i = from_time(d->arrived, d->narrived, first->near);

	for (; i < d->narrived && d->arrived[i]->near <= last->near; i++)
		if (d->arrived[i]->group != first->group)
			return d->arrived[i];
	return NULL;
}

/* Packets to others that went missing meanwhile. */
static bool
others_missing(const struct drops *d, const struct run *r)
{
	const struct sent *first = &d->v[r->first], *last = first + r->n - 1;
	size_t i = from_time(d->missing, d->nmissing, first->near);

	for (; i < d->nmissing && d->missing[i]->near <= last->near; i++)
		if (d->group_of[d->missing[i]->flow] != d->group_of[first->flow])
			return true;
	return false;
}

/* Only what is too large for some path is missing. */
static bool
too_large(const struct drops *d, const struct run *r)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = r->first; i < r->first + r->n; i++)
		least = d->v[i].p->len < least ? d->v[i].p->len : least;
	if (least <= ALWAYS_PASSES)
		return false;
	for (size_t i = 0; i < d->narrived; i++)
		if (d->arrived[i]->p->len >= least)
			return false;
	return true;
}

/* Whether the flow had been silent for so long that a NAT may have forgotten it, and none of its
 * packets has arrived since. */
static bool
after_idling(const struct drops *d, const struct run *r)
{
	const struct pair_end *e = &d->c->ends[d->sender];
	const struct pair_packet *first = d->v[r->first].p;
	const struct pair_flow *f = &e->flows[first->flow];
	int64_t before = INT64_MAX;
	bool idled = false;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]];

		if (before < p->nsec && p->nsec - before >= IDLE)
			idled = true;
		if (p == first)
			break;
		if (p->fate == FATE_ARRIVED || p->fate == FATE_REGROUPED)
			idled = false;
		before = p->nsec;
	}
	return idled;
}

/* Nothing but a farewell, of a connection that has said all: whatever keeps state between the ends
 * may have given it up before. */
static bool
is_farewell(const struct drops *d, const struct run *r)
{
	for (size_t i = r->first; i < r->first + r->n; i++) {
		const struct pair_packet *p = d->v[i].p;

		if (d->c->ends[d->sender].flows[p->flow].proto != IPPROTO_TCP || p->len ||
		    !(p->flags & TH_FIN_))
			return false;
	}
	return true;
}

/* The flow goes on afterwards: such are outages, of a radio link for instance. What is blocked
 * stays so. */
static bool
resumes(const struct drops *d, const struct run *r)
{
	size_t end = r->first + r->n;

	return !d->grouped && end < d->n && d->v[end].group == d->v[r->first].group;
}

static double
weigh_run(const struct drops *d, const struct run *r)
{
	double sum = weight_find("prior.drop")->weight - log((double)d->n + 2) -
		     (double)r->apart * log(d->rate);

	if (control_of(d, r))
		return sum;
	sum = fmin(sum, WITHOUT_CONTROL);
	if (resumes(d, r))
		sum += weight_find("context.outage")->weight;
	return others_missing(d, r) ? sum + weight_find("context.outage")->weight : sum;
}

/* --- what is said of it --- */

struct passed {
	uint64_t packets, bytes;
	bool said[2];
};

static struct passed
passed_before(const struct drops *d, const struct run *r)
{
	const struct pair_end *e = &d->c->ends[d->sender];
	const struct pair_packet *first = d->v[r->first].p;
	const struct pair_flow *f = &e->flows[first->flow];
	struct passed n = {0};

	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &e->packets[e->list[f->first + i]];

		if (p == first)
			break;
		n.packets++;
		n.bytes += p->len;
		n.said[p->from] |= p->len != 0;
	}
	return n;
}

static void
cite_pair(struct drops *d, struct finding *f, const struct sent *s, enum role role)
{
	finding_cite(f, s->p->at, role);
	if (s->p->mate)
		finding_cite(f, d->c->ends[other_end(d->sender)].packets[s->p->mate - 1].at, role);
}

static void
put_evidence(const struct drops *d, const struct run *r, struct finding *f)
{
	const struct sent *first = &d->v[r->first], *control = control_of(d, r);
	double prior = weight_find("prior.drop")->weight - log((double)d->n + 2), sum,
	       chance = -(double)r->apart * log(d->rate);

	finding_evidence(f, FAMILY_PRIOR, "both.drop_prior", prior,
			 "a run of losses can begin anywhere, and most have innocent causes",
			 (struct ref){0});
	finding_evidence(f, FAMILY_SILENCE, "both.run", chance,
			 "packets sent a second apart or more went missing one after the other",
			 first->p->at);
	sum = prior + chance;
	if (control) {
		finding_excludes(f, "the line was down", "frame %u passed the same way meanwhile",
				 control->p->at.frame);
		return;
	}
	if (sum > WITHOUT_CONTROL)
		finding_evidence(f, FAMILY_CONTROL, "both.no_control", WITHOUT_CONTROL - sum,
				 "nothing else passed the same way meanwhile, so that it could "
				 "have been an outage",
				 (struct ref){0});
	if (others_missing(d, r))
		finding_evidence(f, FAMILY_CONTEXT, "context.outage",
				 weight_find("context.outage")->weight,
				 weight_find("context.outage")->words, (struct ref){0});
}

static void
put_alternatives(const struct drops *d, const struct run *r, struct finding *f)
{
	finding_excludes(f, "the packets were lost by chance",
			 "%.2g %% of the other packets of this direction are missing; %u in a row, "
			 "a second apart or more, would be lost once in %.1e times",
			 100 * d->rate, r->apart, pow(1 / d->rate, r->apart));
	finding_excludes(f, "the other capture missed the packets",
			 "their receiver did not confirm or answer them, either");
	finding_excludes(
	    f, "a firewall of one end's own network swallowed them",
	    "both captures show that they vanished between them, not whose device it was");
}

/* What was said last before it. */
static void
blame(struct drops *d, const struct run *r, struct finding *f)
{
	const struct sent *first = &d->v[r->first], *last = first + r->n - 1;
	const struct pair_flow *flow = &d->c->ends[NEAR].flows[first->flow];
	const struct pair_name *name = pair_name(d->c, flow, first->near);
	char to[ADDR_TEXT_MAX + 12], text[ADDR_TEXT_MAX];

	/* Of several flows to one port each says something else. */
	if (!d->grouped && name && name->said_at.frame && name->said_nsec <= last->near) {
		finding_trigger(f, name->said, name->name, BASIS_CONTENT);
		finding_cite(f, name->said_at, ROLE_TRIGGER);
		return;
	}
	if (f->stage != STAGE_SYN && !d->grouped)
		return;
	addr_text(&flow->addr[1], text);
	snprintf(to, sizeof to, addr_is_v4(&flow->addr[1]) ? "%s:%u" : "[%s]:%u", text,
		 flow->port[1]);
	finding_trigger(f, TRIGGER_IP_PORT, to, control_of(d, r) ? BASIS_CONTRAST : 0);
}

static void
explain(const struct drops *d, const struct run *r, struct finding *f)
{
	const struct sent *first = &d->v[r->first];
	const char *whose = d->sender == NEAR ? "client" : "server";
	const char *other = d->sender == NEAR ? "server" : "client";
	double seconds = (double)(first[r->n - 1].near - first->near) / 1e9;

	finding_explain(f,
			"The capture at the %s shows %zu packets leave over %.1f seconds, and the "
			"capture at the %s, which ran all the while, has none of them: they were "
			"swallowed on the way%s.",
			whose, r->n, seconds, other,
			control_of(d, r) ? ", while others passed" : "");
}

static void
mark(struct drops *d, const struct run *r, struct finding *f)
{
	for (size_t i = r->first; i < r->first + r->n; i++) {
		struct cite *c;

		d->v[i].p->fate = FATE_DROPPED;
		if (f->ncites >= CITED_MAX)
			continue;
		c = finding_cite(f, d->v[i].p->at,
				 i == r->first ? ROLE_UNANSWERED : ROLE_RETRANSMISSION);
		finding_observe(f, c, "compare.fate", "arrived", "never arrived");
	}
	if (r->first && d->v[r->first - 1].group == d->v[r->first].group)
		cite_pair(d, f, &d->v[r->first - 1], ROLE_BASELINE);
	if (control_of(d, r))
		cite_pair(d, f, control_of(d, r), ROLE_CONTROL);
}

static enum direction
direction_of(const struct drops *d, uint32_t flow)
{
	return (d->sender == NEAR) == !d->c->ends[NEAR].flows[flow].flipped ? TO_SERVER : TO_CLIENT;
}

/* A finding about the same flow that says the same of the other direction. */
static struct finding *
known(struct drops *d, const struct run *r)
{
	const struct sent *first = &d->v[r->first];
	enum direction same = direction_of(d, first->flow);
	struct report *report = &d->c->report;

	for (size_t i = 0; i < report->nfindings; i++) {
		struct finding *f = report->findings[i];

		if ((f->mechanism == DROP || f->mechanism == FREEZE) &&
		    f->flow.id == first->flow + 1 && (!d->grouped || f->direction != same))
			return f;
	}
	return NULL;
}

static struct finding *
accuse(struct drops *d, struct run *r)
{
	const struct sent *first = &d->v[r->first];
	struct passed n = passed_before(d, r);
	bool budget =
	    n.said[0] && n.said[1] && (n.bytes >= BUDGET_BYTES || n.packets >= BUDGET_PACKETS);
	struct finding *f = known(d, r);

	r->counted = true;
	if (f) {
		if (f->direction != direction_of(d, first->flow))
			f->direction = BOTH_WAYS;
		mark(d, r, f);
		return f;
	}
	f = compare_finding(d->c, first->flow, budget ? FREEZE : DROP, first->near);
	f->direction = direction_of(d, first->flow);
	f->stage =
	    compare_stage(d->c, &d->c->ends[d->sender].flows[first->p->flow], d->sender, first->p);
	if (f->stage == STAGE_HANDSHAKE && first->p->len && first->p->from == 0)
		f->stage = STAGE_FIRST_DATA;
	mark(d, r, f);
	put_evidence(d, r, f);
	put_alternatives(d, r, f);
	blame(d, r, f);
	explain(d, r, f);
	compare_weigh(f);
	return f;
}

/* --- several runs of one group --- */

/* Of the group's packets that arrived, the share that looks like this one. */
static double
share_of(const struct drops *d, const struct sent *like)
{
	size_t n = 0, same = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i].group != like->group || d->v[i].lost)
			continue;
		n++;
		same += d->v[i].p->body == like->p->body;
	}
	return (double)same / (double)n;
}

/* The packet of the same group before a run, or NULL. */
static const struct sent *
before_run(const struct drops *d, const struct run *r)
{
	if (!r->first || d->v[r->first - 1].group != d->v[r->first].group)
		return NULL;
	return &d->v[r->first - 1];
}

/* How long it held, if that is in the captures. */
static void
put_length(const struct drops *d, const struct run *r, struct finding *f)
{
	const struct sent *first = &d->v[r->first], *before = before_run(d, r);
	size_t end = r->first + r->n;

	if (!before || end >= d->n || d->v[end].group != first->group)
		return;
	f->residual = (struct residual){3, (double)(d->v[end - 1].near - first->near) / 1e9,
					(double)(d->v[end].near - before->near) / 1e9};
}

/* The same kind of packet came directly before two runs: what set it off. */
static void
set_off(struct drops *d, const struct run *r, const struct run *twin, struct finding *f)
{
	const struct sent *before = before_run(d, r), *other = before_run(d, twin);
	const struct pair_name *name;
	double share;

	if (!before || !other || before == other || before->p->body != other->p->body)
		return;
	share = share_of(d, before);
	if (share > 0.5)
		return;
	finding_evidence(f, FAMILY_CONTENT, "both.set_off", -2 * log(share),
			 "each time it began right after a packet of one kind, of which few came",
			 before->p->at);
	name = pair_name(d->c, &d->c->ends[NEAR].flows[before->flow], before->near);
	cite_pair(d, f, before, ROLE_TRIGGER);
	cite_pair(d, f, other, ROLE_TRIGGER);
	if (name)
		finding_trigger(f, name->said, name->name, BASIS_CONTENT | BASIS_REPEAT);
	compare_weigh(f);
}

static void
excuse(struct drops *d, const struct run *r)
{
	for (size_t i = r->first; i < r->first + r->n; i++)
		d->v[i].p->fate = FATE_IDLE;
}

static void
judge(struct drops *d)
{
	list(d);
	find_runs(d);
	for (size_t i = 0; i < d->nruns; i++) {
		struct run *r = &d->runs[i], *twin = r;
		struct finding *f;

		r->logit = weigh_run(d, r);
		if (after_idling(d, r) || is_farewell(d, r)) {
			excuse(d, r);
			continue;
		}
		if (1 / (1 + exp(-r->logit)) < CONFIDENCE_POSSIBLE || too_large(d, r))
			continue;
		f = accuse(d, r);
		if (!d->grouped)
			continue;
		put_length(d, r, f);
		for (size_t k = 0; k < d->nruns; k++)
			if (k != i && d->v[d->runs[k].first].group == d->v[r->first].group)
				twin = &d->runs[k];
		set_off(d, r, twin, f);
	}
}

void
pair_dropped(struct comparison *c)
{
	struct drops d = {.c = c, .group_of = compare_groups(&c->ends[NEAR])};

	for (int pass = 0; pass < 2 * NENDS; pass++) {
		size_t room = c->ends[pass % 2].npackets + 1;

		d.sender = (enum end)(pass % 2);
		d.grouped = pass >= 2;
		d.v = xcalloc(room, sizeof *d.v);
		d.arrived = xcalloc(room, sizeof(struct sent *));
		d.missing = xcalloc(room, sizeof(struct sent *));
		d.runs = xcalloc(room / RUN_LEAST + 1, sizeof *d.runs);
		if (c->clock.n[NEAR] + c->clock.n[FAR])
			judge(&d);
		free(d.v);
		free(d.arrived);
		free(d.missing);
		free(d.runs);
	}
	free(d.group_of);
}
