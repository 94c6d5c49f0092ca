/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP errors from something that is not the destination end an attempt (RFC 792, RFC 1191, RFC
 * 1812 5.2.7.1, RFC 4443). Most of them tell the truth about a network; what is weighed here is who
 * says it, how soon, and whether it fits the packet that it quotes. */
#include "decoy.h"
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

/* Traceroute gives up after 30 hops: what set out with more left and still died went in circles. */
#define LONGEST_PATH 30
/* What a router says of a host that it cannot find comes after it asked for it three times, a
 * second apart (RFC 4861, 10; Linux does the same for ARP). */
#define LOOKED_FOR NSEC_PER_SEC
/* Every path carries so much (RFC 791, 3.1; RFC 8200, 5). */
#define MTU_LEAST_V4 576
#define MTU_LEAST_V6 1280

enum meaning { NOTHING, PROHIBITED, UNREACHABLE, CIRCLES, TINY_MTU };

static const struct {
	const char *evidence, *words;
} meanings[] = {
    [PROHIBITED] = {"icmp.prohibited",
		    "answered that this connection is administratively prohibited"},
    [UNREACHABLE] = {"icmp.unreachable", "answered that the destination cannot be reached"},
    [CIRCLES] = {"icmp.circles", "discarded what had gone in circles until its lifetime ended"},
    [TINY_MTU] = {"icmp.tiny_mtu", "claims that the path carries less than every path must"},
};

/* The kept packet that an error quotes, or -1. */
static long
quoted_packet(const struct look *l, const struct icmp_error *e)
{
	bool tcp = l->flow->proto == IPPROTO_TCP;
	long best = -1;

	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);
		bool same_id = l->flow->ip_version == 4 && t->ip_id == e->quoted_ip_id;

		if ((enum side)t->from != e->quoted || t->odd & ODD_ICMP || t->nsec > e->nsec ||
		    (tcp ? t->seq != e->quoted_seq : !same_id))
			continue;
		if (same_id && t->ip_id)
			return (long)i;
		/* The end of the handshake and the first words have the same number. */
		if (best < 0 || t->len)
			best = (long)i;
	}
	return best;
}

/* A lifetime ended that had been long; decoys are sent to die there, and have the numbers of what
 * they stand for (decoy.h). */
static enum meaning
meaning_of_expiry(const struct look *l, const struct icmp_error *e)
{
	long quoted = quoted_packet(l, e);

	if (l->flow->decoys && l->flow->decoys->n[DECOY_TTL])
		return NOTHING;
	return quoted >= 0 && flow_trace(l->flow, (size_t)quoted)->ttl > LONGEST_PATH ? CIRCLES
										      : NOTHING;
}

static enum meaning
meaning_of_v4(const struct look *l, const struct icmp_error *e)
{
	if (e->type == 11 && e->code == 0)
		return meaning_of_expiry(l, e);
	if (e->type != 3)
		return NOTHING;
	if (e->code == 9 || e->code == 10 || e->code == 13)
		return PROHIBITED;
	if (e->code == 4)
		return e->mtu && e->mtu < MTU_LEAST_V4 ? TINY_MTU : NOTHING;
	return e->code <= 3 || e->code == 6 || e->code == 7 ? UNREACHABLE : NOTHING;
}

static enum meaning
meaning_of(const struct look *l, const struct icmp_error *e)
{
	if (e->ip_version == 4)
		return meaning_of_v4(l, e);
	if (e->type == 2)
		return e->mtu && e->mtu < MTU_LEAST_V6 ? TINY_MTU : NOTHING;
	if (e->type == 3 && e->code == 0)
		return meaning_of_expiry(l, e);
	if (e->type != 1)
		return NOTHING;
	if (e->code == 1 || e->code == 5 || e->code == 6)
		return PROHIBITED;
	return e->code == 0 || e->code == 3 || e->code == 4 ? UNREACHABLE : NOTHING;
}

/* Networks as small as are given to one house or one rack: /24, and /48 of IPv6. */
static bool
same_house(const struct addr *a, const struct addr *b)
{
	return addr_is_v4(a) == addr_is_v4(b) && memcmp(a->b, b->b, addr_is_v4(a) ? 15 : 6) == 0;
}

/* At most one router lies between: the TTLs that stacks begin with are 64, 128 and 255. */
static bool
is_near(uint8_t ttl)
{
	return ttl == 64 || ttl == 63 || ttl == 128 || ttl == 127 || ttl >= 254;
}

static void
weigh_sender(const struct detection *d, struct finding *f, const struct look *l,
	     const struct icmp_error *e, enum meaning meaning)
{
	const struct addr *asker = &l->flow->addr[e->quoted];
	const struct addr *asked = &l->flow->addr[other_side(e->quoted)];
	long quoted = quoted_packet(l, e);
	const struct trace *t = quoted < 0 ? NULL : flow_trace(l->flow, (size_t)quoted);

	if (same_house(&e->sender, asker) ||
	    (is_near(e->ttl) && fingerprints_listed_addr(d->fingerprints, "bogons", &e->sender)))
		finding_weigh(f, "icmp.own_network", e->at);
	else if (meaning == UNREACHABLE && same_house(&e->sender, asked))
		finding_weigh(f, "icmp.neighbour", e->at);
	if (t && meaning == UNREACHABLE && e->nsec - t->nsec >= LOOKED_FOR)
		finding_weigh(f, "icmp.looked_for", e->at);
	if ((t && e->quoted_ttl > t->ttl) ||
	    (!t && l->flow->proto == IPPROTO_TCP && l->flow->half[CLIENT].syn_seen &&
	     !(l->flow->bits & FLOW_TRACE_FULL)))
		finding_weigh(f, "icmp.misquotes", e->at);
}

static void
suspect(const struct detection *d, const struct look *l, const struct icmp_error *e,
	enum meaning meaning)
{
	const struct flow *f = l->flow;
	const struct half *answered = &f->half[other_side(e->quoted)];
	struct finding *finding = finding_new(l, ICMP_REJECTION, e->nsec);
	long quoted = quoted_packet(l, e);
	struct suspicion x = {.finding = finding};
	char sender[ADDR_TEXT_MAX];
	struct cite *c;

	finding->direction = e->quoted == CLIENT ? TO_CLIENT : TO_SERVER;
	finding->stage = STAGE_DATAGRAM;
	if (f->proto == IPPROTO_TCP)
		finding->stage = look_stage(l, answered->bytes ? l->n
					       : quoted >= 0   ? (size_t)quoted + 1
							       : 1);
	c = finding_cite(finding, e->at, ROLE_INJECTED);
	finding_observe(finding, c, "icmp.type", NULL, "%u", e->type);
	finding_observe(finding, c, "icmp.code", NULL, "%u", e->code);
	addr_text(&e->sender, sender);
	finding_observe(finding, c, "ip.src", NULL, "%s", sender);
	if (meaning == TINY_MTU)
		finding_observe(finding, c, "icmp.mtu", NULL, "%u", e->mtu);
	for (const struct icmp_error *o = e->next; o; o = o->next)
		if (addr_equal(&o->sender, &e->sender) && meaning_of(l, o) == meaning)
			finding_cite(finding, o->at, ROLE_INJECTED);
	finding_weigh(finding, meanings[meaning].evidence, e->at);
	finding_weigh(finding,
		      answered->bytes || answered->last > e->nsec ? "icmp.survived" : "icmp.fatal",
		      e->at);
	weigh_sender(d, finding, l, e, meaning);
	tell_trigger(finding, l, quoted >= 0 && flow_trace(f, (size_t)quoted)->len ? quoted : -1);
	finding_excludes(finding, "the destination refused by itself",
			 "frame %u comes from %s, which is not the destination", e->at.frame,
			 sender);
	finding_explain(finding, "A router or firewall at %s, not the destination, %s.", sender,
			meanings[meaning].words);
	d->suspect(d->context, l, &x);
}

void
detect_icmp(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;

	for (const struct icmp_error *e = f->icmp_errors; e; e = e->next) {
		enum meaning meaning = meaning_of(l, e);

		if (meaning == NOTHING || addr_equal(&e->sender, &f->addr[other_side(e->quoted)]) ||
		    addr_equal(&e->sender, &f->addr[e->quoted]))
			continue;
		suspect(d, l, e, meaning);
		return;
	}
}
