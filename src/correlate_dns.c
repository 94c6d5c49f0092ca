/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds suspicions about DNS answers against what else the capture shows: the resolver's habits,
 * other resolvers, other transports, related names, and connections to the name. The rules are
 * those of OONI's probe and pipeline and of CERTainty, as far as packets can tell. */
#include "correlate_dns.h"
#include "control.h"
#include "dnsread.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* An answer is early if it took less than half of the resolver's fastest clean one, by more
 * than 5 ms, with at least three to compare (dossier 1.1). */
#define CLEAN_ANSWERS 3
#define EARLY_BY (5 * NSEC_PER_MSEC)
/* The path to a resolver may differ by two hops from one packet to the next (dossier 1.1). */
#define TTL_APART 2
/* So many unlike names that fare alike at one resolver: it has one answer only. */
#define ALIKE_MIN 2
/* So many unlike names that are asked for in vain: there is no resolver, or none that works. */
#define VAIN_MIN 3

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

	if (!r || r->answers < CLEAN_ANSWERS)
		return;
	if (s->answer_nsec && s->answer_nsec < r->fastest / 2 &&
	    r->fastest - s->answer_nsec > EARLY_BY) {
		finding_weigh(f, "dns.early", at);
		f->mechanism = DNS_INJECTION;
	}
	if (s->answer_ttl &&
	    (s->answer_ttl + TTL_APART < r->ttl_min || s->answer_ttl > r->ttl_max + TTL_APART)) {
		finding_weigh(f, "dns.ttl", at);
		f->mechanism = DNS_INJECTION;
	}
	if (s->no_edns && r->asked_edns >= CLEAN_ANSWERS && r->edns == r->asked_edns) {
		finding_forget(f, "dns.edns_missing");
		finding_weigh(f, "dns.edns_lost", at);
	}
}

/* Is what the finding accuses something that another answer can contradict: a denial, an address
 * that cannot be, a record of the wrong kind? That two resolvers know different addresses of one
 * name is no contradiction. */
static bool
can_be_contradicted(const struct finding *f)
{
	static const char *const kinds[] = {"dns.nxdomain", "dns.refused",  "dns.servfail",
					    "dns.bogon",    "dns.sinkhole", "dns.wrong_type"};

	if (f->mechanism == DNS_TAMPERING)
		return true;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (finding_has(f, kinds[i]))
			return true;
	return false;
}

static void
ask_answer(const struct correlation *c, struct candidate *x, const struct episode *me,
	   const struct episode *e)
{
	struct finding *f = x->suspicion.finding;

	/* Names of one's own network are nobody else's business. An authority may deny one type
	 * and have another (RFC 4074, 4.2). */
	if (!e->dns_positive || e->interfered || e->dns_type != me->dns_type ||
	    is_bogon(c, &e->answer))
		return;
	if (!addr_equal(&e->server, &me->server)) {
		control(f, "control.other_resolver", e, "another resolver knows the name");
	} else if (e->proto != me->proto && episodes_near(e, me, COMPARABLE)) {
		control(f, "control.other_transport", e,
			e->proto == IPPROTO_TCP ? "the same resolver knows the name over TCP"
						: "the same resolver knows the name over UDP");
		f->mechanism = DNS_INJECTION;
	} else if (e->first != me->first && episodes_near(e, me, COMPARABLE)) {
		control(f, "control.same_resolver", e,
			"the same resolver knew the name at another time");
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

/* Do two names belong to different owners, as far as their last two labels tell? */
static bool
unlike(const char *a, const char *b)
{
	const char *p[2] = {a, b};

	for (int i = 0; i < 2; i++) {
		const char *dot = strrchr(p[i], '.');

		while (dot && dot > p[i] && dot[-1] != '.')
			dot--;
		if (dot)
			p[i] = dot;
	}
	return strcmp(p[0], p[1]) != 0;
}

/* A name below one that does not exist cannot exist, either (RFC 8020, 2). */
static bool
is_below(const char *name, const char *of)
{
	size_t n = strlen(name), k = strlen(of);

	return n > k + 1 && name[n - k - 1] == '.' && strcmp(name + n - k, of) == 0;
}

/* Names that one company serves stand together in the list of known names. */
static bool
is_sibling(const struct correlation *c, const char *a, const char *b)
{
	const char *x = fingerprints_listed(c->fingerprints, "dns-known-names",
					    (struct bytes){(const uint8_t *)a, strlen(a)});
	const char *y = fingerprints_listed(c->fingerprints, "dns-known-names",
					    (struct bytes){(const uint8_t *)b, strlen(b)});

	return x && y && *x && strcmp(x, y) == 0;
}

struct neighbourhood {
	unsigned alike, otherwise; /* unlike names that fared alike, and otherwise */
	unsigned vain, answered;
	bool refused; /* the address has nobody at that port */
};

static void
ask_neighbour(const struct correlation *c, struct finding *f, const struct episode *me,
	      const struct episode *e, struct neighbourhood *n)
{
	n->refused |= e->silent && e->outcome == OUTCOME_REFUSED;
	if (!e->name || !unlike(e->name, me->name)) {
		if (e->name && e->dns_positive && !e->interfered && me->rcode == DNS_NXDOMAIN &&
		    is_below(e->name, me->name))
			control(f, "control.below", e, "the same resolver knows a name below it");
	}
	if (!e->name || strcmp(e->name, me->name) == 0)
		return;
	if (e->dns_positive && !e->interfered && is_sibling(c, e->name, me->name))
		control(f, "control.sibling", e,
			"the same resolver knows another name of the same service");
	if (!unlike(e->name, me->name))
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
	struct neighbourhood n = {0};
	struct finding *f = x->suspicion.finding;
	const struct episode *all;
	size_t total, from, to;

	all = history_episodes(c->history, &total);
	history_at_server(c->history, &me->server, &from, &to);
	for (size_t i = from, asked = 0; i < to && asked < ASK_MAX; i++) {
		if (!all[i].dns || !episodes_near(&all[i], me, COMPARABLE))
			continue;
		asked++;
		ask_neighbour(c, f, me, &all[i], &n);
	}
	if (n.alike >= ALIKE_MIN && n.otherwise == 0)
		finding_weigh(f, "dns.all_alike", no_packet());
	if (n.refused || (n.vain >= VAIN_MIN && n.answered == 0)) {
		finding_weigh(f, "dns.no_resolver", no_packet());
		f->mechanism = DNS_INJECTION;
	}
}

/* Who runs it? */
static void
ask_operator(const struct correlation *c, struct candidate *x)
{
	static const char *const proofs[] = {"control.other_resolver", "control.same_resolver",
					     "control.below",          "control.sibling",
					     "dns.known_name",         "dns.bogon"};
	struct finding *f = x->suspicion.finding;
	const struct addr *server = &x->episode.server;

	if (fingerprints_listed_addr(c->fingerprints, "filtering-resolvers", server)) {
		finding_weigh(f, "dns.filter_resolver", no_packet());
		return;
	}
	if (!fingerprints_listed_addr(c->fingerprints, "public-resolvers", server))
		return;
	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++) {
		if (!finding_has(f, proofs[i]))
			continue;
		finding_weigh(f, "dns.operator", no_packet());
		f->mechanism = DNS_INJECTION;
		return;
	}
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
	ask_operator(c, x);
}
