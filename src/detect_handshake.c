/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A forged SYN+ACK that nobody sees but its victim: near the server, the client confirms a number
 * that the server never sent (Wang et al., Your State is Not Mine, IMC 2017). */
#include "detect.h"

#include <netinet/in.h>

/* A number that is this near to the server's own is the beginning of its stream. */
#define STREAM_NEAR (1u << 20)

/* The client's first words after the server's SYN+ACK, if they confirm another one. -1: no. */
static long
foreign_answer(const struct look *l)
{
	const struct trace *syn = flow_trace(l->flow, (size_t)l->syn);
	const struct trace *own = flow_trace(l->flow, (size_t)l->syn_ack), *t;

	if (l->syn > l->syn_ack || l->handshake_ack < 0)
		return -1;
	t = flow_trace(l->flow, (size_t)l->handshake_ack);
	/* Who answers for an older connection names that one's numbers (RFC 5961, 3). */
	if (!(t->flags & TH_ACK_) || t->flags & (TH_SYN_ | TH_RST_ | TH_FIN_) ||
	    t->seq != syn->seq + 1 || own->ack != syn->seq + 1)
		return -1;
	if (t->ack - own->seq < STREAM_NEAR || own->seq - t->ack < STREAM_NEAR)
		return -1;
	return l->handshake_ack;
}

/* Does the server answer it as a kernel answers what it does not know? */
static const struct trace *
refusal(const struct look *l, const struct trace *answer)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == SERVER && t->odd & ODD_RST && !(t->odd & ODD_ICMP) &&
		    t->nsec >= answer->nsec && t->seq == answer->ack)
			return t;
	}
	return NULL;
}

void
detect_foreign_syn_ack(const struct detection *d, const struct look *l)
{
	const struct trace *answer, *no;
	struct suspicion x = {0};
	struct finding *f;
	long at;

	if (l->flow->proto != IPPROTO_TCP || l->syn < 0 || l->syn_ack < 0 ||
	    l->flow->bits & (FLOW_MIDDLE | FLOW_REUSED))
		return;
	at = foreign_answer(l);
	if (at < 0)
		return;
	answer = flow_trace(l->flow, (size_t)at);
	no = refusal(l, answer);
	if (!no)
		return;
	f = finding_new(l, SYN_ACK_INJECTION, answer->nsec);
	f->direction = TO_CLIENT;
	f->stage = STAGE_SYN;
	finding_cite(f, answer->at, ROLE_CONTRADICTION);
	finding_cite(f, no->at, ROLE_CONTRADICTION);
	finding_cite(f, flow_trace(l->flow, (size_t)l->syn_ack)->at, ROLE_BASELINE);
	finding_weigh(f, "isn.foreign", answer->at);
	if (l->flow->half[CLIENT].syns > 1)
		finding_weigh(f, "conflict.syn_repeated", answer->at);
	tell_trigger(f, l, -1);
	finding_excludes(f, "an answer that belongs to an older connection",
			 "frame %u goes on from this connection's own request", answer->at.frame);
	finding_explain(f, "A forged answer spoiled the opening of this connection: the client "
			   "confirms a number that the server never sent, so that the server "
			   "refuses it.");
	x.finding = f;
	d->suspect(d->context, l, &x);
}
