/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a conversation's packets say of its state (RFC 9293, 3.3.2). */
#include "flow_state.h"

#include <netinet/in.h>

enum side
flow_side(const struct flow *f, const struct addr *src, uint16_t sport)
{
	return f->port[CLIENT] == sport && addr_equal(&f->addr[CLIENT], src) ? CLIENT : SERVER;
}

bool
flow_is_one_way(const struct flow *f)
{
	const struct half *c = &f->half[CLIENT];

	if (!c->packets)
		return true;
	return !f->half[SERVER].packets && (c->has_ack || c->bytes || !c->syns);
}

bool
opened_by_sender(const struct packet *pkt, bool *ret_guess)
{
	*ret_guess = false;
	if (pkt->proto == IPPROTO_TCP && pkt->flags & TH_SYN_)
		return !(pkt->flags & TH_ACK_);
	*ret_guess = pkt->proto == IPPROTO_TCP;
	if ((pkt->sport < 1024) != (pkt->dport < 1024))
		return pkt->dport < 1024;
	return true;
}

/* So long after the last packet another SYN is another attempt: tools that try again with the same
 * ports do so within seconds. */
#define NEW_ATTEMPT (10 * NSEC_PER_SEC)

bool
flow_is_over_by(const struct flow *f, const struct packet *pkt)
{
	const struct half *h;
	bool over, data;

	if (!(pkt->flags & TH_SYN_) || pkt->flags & (TH_ACK_ | TH_RST_) || f->proto != IPPROTO_TCP)
		return false;
	h = &f->half[flow_side(f, &pkt->src, pkt->sport)];
	over = f->half[CLIENT].resets || f->half[SERVER].resets || f->half[CLIENT].fins ||
	       f->half[SERVER].fins;
	data = f->half[CLIENT].bytes || f->half[SERVER].bytes;
	if (h->syn_seen && h->isn == pkt->seq)
		return false;
	return over || data || pkt->nsec - f->last > NEW_ATTEMPT ||
	       (h == &f->half[SERVER] && h->packets);
}

/* Did both ends say farewell, and hear it, with nothing odd before? */
static bool
is_closed_cleanly(const struct flow *f)
{
	for (int s = 0; s < 2; s++) {
		const struct half *h = &f->half[s], *o = &f->half[1 - s];

		if (!h->fins || !o->has_ack || seq_before(o->max_ack, h->end_seq + 1))
			return false;
	}
	return !(f->bits & FLOW_ODD);
}

enum list
flow_list(const struct flow *f)
{
	const struct half *c = &f->half[CLIENT], *s = &f->half[SERVER];

	if (f->proto != IPPROTO_TCP)
		return DATAGRAM;
	if (f->bits & FLOW_JUDGED)
		return SETTLED;
	if (c->resets || s->resets)
		return ENDED;
	if (c->fins && s->fins)
		return is_closed_cleanly(f) ? CLOSED : ENDED;
	if (c->packets > 1 && s->packets)
		return OPEN;
	return OPENING;
}
