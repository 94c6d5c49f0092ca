/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests by datagrams that no server answers: calls, tunnels. There is nothing to see but that
 * silence, and it has many innocent causes: what else the capture shows tells them apart
 * (correlate_request.c). RFC 8489, 6.2.1. */
#include "detect.h"
#include "dissect.h"

/* Three requests within five seconds: a client that gives up sooner may just have found a better
 * server (RFC 8489, 6.2.1 sends seven within 32 s; libwebrtc asks all of its servers at once). */
#define REQUESTS 3
#define PATIENCE (5 * NSEC_PER_SEC)
#define CITED_MAX 12

static void
cite(struct finding *f, const struct look *l, int64_t since)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n && n < CITED_MAX; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (!(t->odd & ODD_ICMP) && t->nsec >= since)
			finding_cite(f, t->at, n++ ? ROLE_RETRANSMISSION : ROLE_UNANSWERED);
	}
}

/* What a tool against filters sent ahead asks for nothing. */
static uint64_t
requests(const struct flow *f)
{
	uint64_t n = 0;

	if (!(f->bits & FLOW_AHEAD))
		return f->half[CLIENT].packets;
	for (size_t i = 0; flow_fact(f, f->dissector->request, CLIENT, &i); i++)
		n++;
	return n;
}

void
detect_request(const struct detection *d, const struct look *l)
{
	const struct half *c = &l->flow->half[CLIENT];
	struct suspicion x = {.silence = true};
	int64_t waited = d->capture_end - c->first;
	const struct fact *asked;
	uint64_t n;

	/* Of a conversation that goes on the first part was told. */
	if (l->flow->bits & FLOW_CONTINUED || !look_asked_in_vain(l->flow) || look_has_error(l) ||
	    !l->n || (n = requests(l->flow)) < 2)
		return;
	asked = flow_first(l->flow, l->flow->dissector->request);
	x.finding = finding_new(l, DROP, asked->nsec);
	x.silence_at = asked->at;
	x.finding->direction = BOTH_WAYS;
	x.finding->stage = STAGE_DATAGRAM;
	cite(x.finding, l, l->flow->bits & FLOW_AHEAD ? asked->nsec : c->first);
	finding_trigger(x.finding, TRIGGER_PROTOCOL, l->flow->dissector->trigger, BASIS_CONTENT);
	finding_cite(x.finding, asked->at, ROLE_TRIGGER);
	finding_weigh(x.finding,
		      n >= REQUESTS && waited >= PATIENCE ? "request.unanswered"
							  : "request.unanswered_once",
		      asked->at);
	finding_explain(x.finding, "The client asked %llu times (%s), and nothing came back.",
			(unsigned long long)n, l->flow->dissector->title);
	d->suspect(d->context, l, &x);
}
