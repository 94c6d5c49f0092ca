/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds suspicions about DNS answers against what else the capture shows: the resolver's habits,
 * other resolvers, other transports, related names, and connections to the name. The rules are
 * those of OONI's probe and pipeline and of CERTainty, as far as packets can tell. */
#include "correlate_dns.h"
#include "control.h"
#include "dnsread.h"
#include "dnstalk.h"
#include "site.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* So many unlike names that fare alike at one resolver: it has one answer only. */
#define ALIKE_MIN 2

static bool
is_bogon(const struct correlation *c, const struct addr *a)
{
	return fingerprints_listed_addr(c->fingerprints, "bogons", a) != NULL;
}

/* The question that the suspicion is about. */
static const struct episode *
question_of(const struct correlation *c, const struct candidate *x)
{
	const struct episode *me = &x->episode, *e, *found = NULL;
	size_t i = SIZE_MAX, asked = 0;

	while (asked++ < ASK_MAX && (e = history_named(c->history, me->name, &i)))
		if (e->dns && e->flow == me->flow && (!found || (!found->took && e->took)))
			found = e;
	return found ? found : me;
}

/* Does the resolver usually answer like this? */
static void
ask_habits(const struct correlation *c, struct candidate *x)
{
	const struct resolver *r = history_resolver(c->history, &x->episode.server);
	const struct suspicion *s = &x->suspicion;
	struct finding *f = s->finding;
	struct ref at = f->cites[0].at;

	if (!r || r->answers < DNS_USUAL_MIN)
		return;
	if (s->answer_nsec && much_sooner(s->answer_nsec, r->fastest)) {
		finding_weigh(f, "dns.early", at);
		f->mechanism = DNS_INJECTION;
	}
	if (s->answer_ttl && (s->answer_ttl + DNS_TTL_APART < r->ttl_min ||
			      s->answer_ttl > r->ttl_max + DNS_TTL_APART)) {
		finding_weigh(f, "dns.ttl", at);
		f->mechanism = DNS_INJECTION;
	}
	if (s->no_edns && r->asked_edns >= DNS_USUAL_MIN && r->edns == r->asked_edns) {
		finding_forget(f, "dns.edns_missing");
		finding_weigh(f, "dns.edns_lost", at);
	}
}

static bool
is_denial(const struct finding *f)
{
	return finding_has(f, "dns.nxdomain") || finding_has(f, "dns.refused") ||
	       finding_has(f, "dns.servfail");
}

/* Is what the finding accuses something that another answer can contradict: a denial, an address
 * that cannot be, a record of the wrong kind? That two resolvers know different addresses of one
 * name is no contradiction. */
static bool
can_be_contradicted(const struct finding *f)
{
	return f->mechanism == DNS_TAMPERING || is_denial(f) || finding_has(f, "dns.bogon") ||
	       finding_has(f, "dns.sinkhole") || finding_has(f, "dns.wrong_type");
}

/* Does that resolver have one address for whatever does not exist, as those do that sell it? */
static bool
is_wildcard(const struct correlation *c, const struct episode *me)
{
	const struct episode *all;
	size_t from, to, alike = 0;

	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++)
		alike += all[i].dns_positive && addr_equal(&all[i].answer, &me->answer) &&
			 all[i].name && sites_unlike(all[i].name, me->name);
	return alike >= ALIKE_MIN;
}

static void
ask_answer(const struct correlation *c, struct candidate *x, const struct episode *me,
	   const struct episode *e)
{
	struct finding *f = x->suspicion.finding;

	/* Names of one's own network are nobody else's business. */
	if (!e->dns_positive || e->interfered || is_bogon(c, &e->answer))
		return;
	/* An authority may deny one type and have another (RFC 4074, 4.2). */
	if (e->dns_type != me->dns_type) {
		if (addr_equal(&e->server, &me->server) && e->proto == me->proto && is_denial(f))
			finding_weigh(f, "dns.one_type", e->ok_at);
		return;
	}
	if (!addr_equal(&e->server, &me->server) && me->dns_positive &&
	    addr_equal(&e->answer, &me->answer)) {
		finding_weigh(f, "dns.agreed", e->ok_at);
	} else if (!addr_equal(&e->server, &me->server)) {
		control(f, "control.other_resolver", e, "another resolver knows the name");
		if (!finding_has(f, "dns.wildcard") && is_wildcard(c, e))
			finding_weigh(f, "dns.wildcard", e->ok_at);
	} else if (e->proto != me->proto && episodes_near(e, me, COMPARABLE)) {
		control(f, "control.other_transport", e,
			e->proto == IPPROTO_TCP ? "the same resolver knows the name over TCP"
						: "the same resolver knows the name over UDP");
		f->mechanism = DNS_INJECTION;
	} else if (e->proto == me->proto && e->first < me->first &&
		   episodes_near(e, me, COMPARABLE)) {
		control(f, "control.same_resolver", e, "the same resolver knew the name before");
	} else if (e->proto == me->proto && e->first > me->first && is_denial(f)) {
		/* It remembered that there was no such name (RFC 2308), and asked again. */
		finding_weigh(f, "dns.learnt_later", e->ok_at);
	}
}

/* What did others say of the name, and how did connections to it fare? */
static void
ask_name(const struct correlation *c, struct candidate *x, const struct episode *me)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	while (asked++ < ASK_MAX && (e = history_named(c->history, me->name, &i))) {
		if (e->dns) {
			ask_answer(c, x, me, e);
			continue;
		}
		if (e->interfered || e->outcome != OUTCOME_OK || !episodes_near(e, me, COMPARABLE))
			continue;
		/* A server that speaks TLS or HTTP under that name at the very address is the
		 * name's own, or its network's; a notice would be an event of its own. */
		if (me->dns_positive && addr_equal(&e->server, &me->answer))
			finding_weigh(f, "dns.vindicated", e->ok_at);
		else
			control(f, "control.same_name", e, "the name was served nevertheless");
	}
}

/* A name below one that does not exist cannot exist, either (RFC 8020, 2). */
static bool
is_below(const char *name, const char *of)
{
	size_t n = strlen(name), k = strlen(of);

	return n > k + 1 && name[n - k - 1] == '.' && strcmp(name + n - k, of) == 0;
}

/* Names that one company serves stand together in the list of known names: its word for it, or
 * NULL. */
static const char *
service_of(const struct correlation *c, const char *name)
{
	const char *note = fingerprints_listed(c->fingerprints, "dns-known-names", bytes_of(name));

	return note && *note ? note : NULL;
}

struct neighbourhood {
	const char *service;       /* of the name in question, NULL if it is none that is known */
	unsigned alike, otherwise; /* unlike names that fared alike, and otherwise */
	unsigned vain, answered;
	struct ref refused; /* the address has nobody at that port, says this packet */
};

/* Names of the same owner, or of the same service. */
static void
ask_kin(const struct correlation *c, struct finding *f, const struct episode *me,
	const struct episode *e, const struct neighbourhood *n)
{
	const char *service;

	if (!e->dns_positive || e->interfered)
		return;
	if (me->rcode == DNS_NXDOMAIN && is_below(e->name, me->name))
		control(f, "control.below", e, "the same resolver knows a name below it");
	service = n->service ? service_of(c, e->name) : NULL;
	if (service && strcmp(service, n->service) == 0)
		control(f, "control.sibling", e,
			"the same resolver knows another name of the same service");
}

static void
ask_neighbour(const struct correlation *c, struct finding *f, const struct episode *me,
	      const struct episode *e, struct neighbourhood *n)
{
	if (e->silent && e->outcome == OUTCOME_REFUSED)
		n->refused = e->first_at;
	if (!e->name || e->name == me->name)
		return;
	ask_kin(c, f, me, e, n);
	/* Once one is known to fare otherwise, the rest tells no more. */
	if ((n->otherwise && n->answered) || !sites_unlike(e->name, me->name))
		return;
	n->vain += !e->took;
	n->answered += e->took && !e->interfered;
	if (!e->took)
		return;
	if (e->rcode == me->rcode && e->dns_positive == me->dns_positive &&
	    (!me->dns_positive || addr_equal(&e->answer, &me->answer)))
		n->alike++;
	else
		n->otherwise++;
}

/* How did other names fare at the same resolver? */
static void
ask_resolver(const struct correlation *c, struct candidate *x, const struct episode *me)
{
	struct finding *f = x->suspicion.finding;
	struct neighbourhood n = {.service = service_of(c, me->name)};
	const struct episode *all;
	size_t from, to;

	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++)
		if (all[i].dns && episodes_near(&all[i], me, COMPARABLE))
			ask_neighbour(c, f, me, &all[i], &n);
	/* Of two answers that contradict each other one is nobody's habit. */
	if (n.alike >= ALIKE_MIN && n.otherwise == 0 && !finding_has(f, "dns.race"))
		finding_weigh(f, "dns.all_alike", no_packet());
	if (n.refused.frame)
		finding_weigh(f, "dns.port_closed", n.refused);
	else if (n.vain >= DNS_VAIN_MIN && n.answered == 0)
		finding_weigh(f, "dns.no_resolver", no_packet());
	else
		return;
	f->mechanism = DNS_INJECTION;
}

/* Do resolvers of different operators deny the name from one place? Then one box speaks for all. */
static void
ask_place(const struct correlation *c, struct finding *f, const struct episode *me,
	  const char *operator)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	while (!c->flat_ttl && asked++ < ASK_MAX && (e = history_named(c->history, me->name, &i))) {
		const char *other =
		    fingerprints_listed_addr(c->fingerprints, "public-resolvers", &e->server);

		if (e->took && e->ttl && e->ttl == me->ttl && e->rcode == me->rcode && other &&
		    strcmp(other, operator) != 0)
			finding_weigh(f, "dns.one_place", e->alive_at);
	}
}

/* Who runs it? */
static void
ask_operator(const struct correlation *c, struct candidate *x, const struct episode *me)
{
	static const char *const proofs[] = {
	    "control.other_resolver",  "control.same_resolver", "control.below", "control.sibling",
	    "control.other_transport", "dns.known_name",        "dns.bogon"};
	struct finding *f = x->suspicion.finding;
	const struct addr *server = &x->episode.server;
	const char *operator;

	if (is_bogon(c, server) && is_denial(f))
		finding_weigh(f, "dns.local_denial", no_packet());
	if (fingerprints_listed_addr(c->fingerprints, "filtering-resolvers", server)) {
		finding_weigh(f, "dns.filter_resolver", no_packet());
		return;
	}
	operator= fingerprints_listed_addr(c->fingerprints, "public-resolvers", server);
	if (!operator)
		return;
	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++) {
		if (!finding_has(f, proofs[i]))
			continue;
		finding_weigh(f, "dns.operator", no_packet());
		f->mechanism = DNS_INJECTION;
		ask_place(c, f, me, operator);
		return;
	}
}

/* A denial that the resolver itself did not send. */
static void
explain(struct finding *f, const struct episode *me)
{
	char resolver[ADDR_TEXT_MAX];

	if (f->mechanism != DNS_INJECTION || !is_denial(f) || finding_has(f, "dns.race"))
		return;
	addr_text(&me->server, resolver);
	if (finding_has(f, "control.other_transport"))
		finding_explain(f,
				"Somebody answers in the name of the resolver %s and denies %s: "
				"asked over another transport, the resolver itself knows the "
				"name.",
				resolver, f->name);
	else
		finding_explain(f,
				"Somebody answers in the name of the resolver %s and denies %s, "
				"which the resolver itself would know.",
				resolver, f->name);
}

void
correlate_dns(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me;

	ask_habits(c, x);
	if (!x->episode.name)
		return;
	me = question_of(c, x);
	if (can_be_contradicted(f))
		ask_name(c, x, me);
	ask_resolver(c, x, me);
	ask_operator(c, x, me);
	explain(f, me);
}

void
correlate_unanswered(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode, *e, *all;
	size_t i = SIZE_MAX, asked = 0, from, to;

	if (f->trigger != TRIGGER_DNS_NAME)
		return;
	while (asked++ < ASK_MAX && (e = history_named(c->history, me->name, &i))) {
		if (!e->dns || e->flow == me->flow || e->unasked || e->dns_type != me->dns_type ||
		    !episodes_near(e, me, COMPARABLE))
			continue;
		/* A zone whose servers are gone leaves resolvers without an answer. */
		if ((!e->took || e->rcode == DNS_SERVFAIL) && !addr_equal(&e->server, &me->server))
			finding_weigh(f, "dns.nobody_knows", e->first_at);
		else if (e->dns_positive && !e->interfered)
			control(f,
				addr_equal(&e->server, &me->server) ? "control.same_resolver"
								    : "control.other_resolver",
				e, "the name is known elsewhere, or at another time");
	}
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t k = from; k < to; k++)
		if (all[k].dns && all[k].took && !all[k].unasked && all[k].proto == me->proto &&
		    !control_same_text(all[k].name, me->name) &&
		    episodes_near(&all[k], me, 60 * NSEC_PER_SEC))
			control(f, "control.same_service", &all[k],
				"the same resolver answered another question meanwhile");
}

/* RFC 7858, 3.1; RFC 9250, 4.1.1. */
#define PORT_DOT 853

static bool
is_resolver_name(const struct correlation *c, const char *name)
{
	return name && fingerprints_listed(c->fingerprints, "public-doh-names", bytes_of(name));
}

void
correlate_encrypted_dns(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode, *all;
	size_t from, to;

	f->of_resolver = me->port == PORT_DOT || is_resolver_name(c, me->name);
	if (me->port != PORT_DOT || f->stage != STAGE_SYN)
		return;
	if (fingerprints_listed_addr(c->fingerprints, "public-resolvers", &me->server) ||
	    fingerprints_listed_addr(c->fingerprints, "filtering-resolvers", &me->server))
		finding_weigh(f, "silence.known_service", no_packet());
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		if (!all[i].dns && is_resolver_name(c, all[i].name))
			finding_weigh(f, "silence.known_service", all[i].first_at);
	}
}
