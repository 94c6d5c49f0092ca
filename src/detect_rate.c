/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections that lose packets again and again, one way: is their rate held down? Which losses fit
 * a limit is told when all connections are known that may share it (rates.h). Flach et al., An
 * Internet-Wide Analysis of Traffic Policing, SIGCOMM 2016; Xue et al., Throttling Twitter, IMC
 * 2021. */
#include "cited.h"
#include "detect.h"
#include "rate.h"

#include <netinet/in.h>

/* Of these a reader is shown so many, spread over the connection. */
#define LOSSES_SHOWN 8

static void
cite_losses(struct finding *f, const struct rate *r, enum side from)
{
	const struct rate_side *s = &r->side[from];
	uint32_t step = s->lost / LOSSES_SHOWN + 1, n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct rate_point *p = &s->points[i];
		struct ref at = {p->frame, r->capture};
		bool filled = s->holes > s->lost / 2;
		struct cite *c;

		if (p->fate != RATE_LOST || n++ % step)
			continue;
		c = finding_cite(f, at, filled ? ROLE_RETRANSMISSION : ROLE_UNANSWERED);
		cited_tell(f, c, r->began + p->usec * NSEC_PER_USEC, from, "%u bytes of data",
			   p->len);
	}
}

void
detect_rate(const struct detection *d, const struct look *l)
{
	const struct flow *flow = l->flow;
	const struct rate *r = flow->rate;
	struct suspicion x = {0};
	enum side from;

	if (!r)
		return;
	from = rate_loser(r);
	if (!rate_is_suspicious(r))
		return;
	x.finding = finding_new(l, THROTTLE, r->began);
	x.finding->direction = from == SERVER ? TO_CLIENT : TO_SERVER;
	x.finding->stage = STAGE_ESTABLISHED;
	tell_trigger(x.finding, l, l->said != TRIGGER_UNKNOWN ? l->data[CLIENT] : -1);
	if (flow->bits & FLOW_MIDDLE)
		finding_weigh(x.finding, "context.middle", no_packet());
	cite_losses(x.finding, r, from);
	/* Until a limit is found that fits, this is all that can be said. */
	finding_explain(x.finding, "%u of %u packets that the %s sent were lost.",
			(unsigned)r->side[from].lost, (unsigned)r->side[from].n,
			from == SERVER ? "server" : "client");
	d->suspect(d->context, l, &x);
}
