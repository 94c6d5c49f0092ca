/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP errors from something that is not the destination end an attempt (RFC 792, RFC 1812
 * 5.2.7.1, RFC 4443). */
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>

enum meaning { NOTHING, PROHIBITED, UNREACHABLE };

static enum meaning
meaning_of(const struct icmp_error *e)
{
	if (e->ip_version == 4 && e->type == 3) {
		if (e->code == 9 || e->code == 10 || e->code == 13)
			return PROHIBITED;
		if (e->code <= 3 || e->code == 6 || e->code == 7)
			return UNREACHABLE;
	}
	if (e->ip_version == 6 && e->type == 1) {
		if (e->code == 1 || e->code == 5)
			return PROHIBITED;
		if (e->code == 0 || e->code == 3 || e->code == 4 || e->code == 6)
			return e->code == 6 ? PROHIBITED : UNREACHABLE;
	}
	return NOTHING;
}

void
detect_icmp(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;

	for (const struct icmp_error *e = f->icmp_errors; e; e = e->next) {
		enum meaning meaning = meaning_of(e);
		const struct half *answered = &f->half[other_side(e->quoted)];
		struct suspicion x = {0};
		struct finding *finding;
		struct cite *c;
		char sender[ADDR_TEXT_MAX];

		if (meaning == NOTHING || addr_equal(&e->sender, &f->addr[other_side(e->quoted)]) ||
		    addr_equal(&e->sender, &f->addr[e->quoted]))
			continue;
		finding = finding_new(l, ICMP_REJECTION, e->nsec);
		finding->direction = e->quoted == CLIENT ? TO_CLIENT : TO_SERVER;
		finding->stage = f->proto == IPPROTO_TCP ? look_stage(l, answered->bytes ? l->n : 1)
							 : STAGE_DATAGRAM;
		c = finding_cite(finding, e->at, ROLE_INJECTED);
		finding_observe(finding, c, "icmp.type", NULL, "%u", e->type);
		finding_observe(finding, c, "icmp.code", NULL, "%u", e->code);
		addr_text(&e->sender, sender);
		finding_observe(finding, c, "ip.src", NULL, "%s", sender);
		for (const struct icmp_error *o = e->next; o; o = o->next)
			if (addr_equal(&o->sender, &e->sender) && meaning_of(o) == meaning)
				finding_cite(finding, o->at, ROLE_INJECTED);
		finding_weigh(
		    finding, meaning == PROHIBITED ? "icmp.prohibited" : "icmp.unreachable", e->at);
		finding_weigh(finding, answered->packets ? "icmp.survived" : "icmp.fatal", e->at);
		tell_trigger(finding, l, -1);
		finding_excludes(finding, "the destination refused by itself",
				 "frame %u comes from %s, which is not the destination",
				 e->at.frame, sender);
		finding_explain(
		    finding,
		    meaning == PROHIBITED
			? "A router or firewall at %s, not the destination, answered that this "
			  "connection is administratively prohibited."
			: "A router at %s, not the destination, answered that the destination "
			  "cannot be reached.",
		    sender);
		x.finding = finding;
		d->suspect(d->context, l, &x);
		return;
	}
}
