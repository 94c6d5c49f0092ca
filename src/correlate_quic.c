/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Silences of QUIC, held against other conversations. */
#include "correlate_quic.h"
#include "control.h"
#include "quicheader.h"
#include "weigh.h"

#include <netinet/in.h>
#include <stdio.h>

/* A client whose TCP connection won a race gives QUIC up; it begins both within this time
 * (RFC 8305, 5; Chrome starts TCP 0.3 s after QUIC). */
#define RACE (3 * NSEC_PER_SEC)
/* Servers at which QUIC fell silent, for it to be QUIC and not a server. */
#define SERVERS 2

/* How QUIC fares otherwise. */
struct fare {
	const struct episode *other_name;    /* another name, same version, same service: served */
	const struct episode *before;        /* the same service answered over QUIC before, */
	const struct episode *since;         /* or meanwhile and afterwards */
	const struct episode *other_version; /* it answered another version */
	const struct episode *other_before;  /* the same, but before only */
	const struct episode *tcp;           /* the same address was served over TCP */
	const struct episode *tcp_dead;      /* or was silent there, too */
	const struct episode *mine;          /* this very name had been served there before */
	const struct episode *last;          /* who was answered last before the silence */
	const struct episode *silent_before; /* another name had vanished there already */
	const struct episode *elsewhere;     /* QUIC was served by another address */
	unsigned silent_servers; /* other addresses at which QUIC was silent at that time */
	unsigned fell_silent;    /* of which it had worked before */
	bool tcp_on;             /* TCP to anywhere goes on */
	bool udp;                /* something that went over UDP was answered */
};

static bool
is_same_service(const struct episode *a, const struct episode *b)
{
	return a->port == b->port && a->proto == b->proto && addr_equal(&a->server, &b->server);
}

static void
see_service(struct fare *r, const struct episode *me, const struct episode *e)
{
	bool same_client = addr_equal(&e->client, &me->client);
	bool same_name = control_same_text(e->name, me->name);

	if (e->alive_at.frame && e->quic != me->quic) {
		r->other_version = e;
		return;
	}
	if (e->silent && same_client && e->first < me->first && e->name && !same_name)
		r->silent_before = e;
	if (e->interfered || e->outcome != OUTCOME_OK || e->quic != me->quic)
		return;
	if (e->name && me->name && !same_name)
		*(e->server_last > me->first ? &r->other_name : &r->other_before) = e;
	if (e->server_last > me->first) {
		r->since = e;
		return;
	}
	r->before = e;
	if (!same_client)
		return;
	if (e->name && same_name)
		r->mine = e;
	if (!r->last || e->first > r->last->first)
		r->last = e;
}

static void
see_tcp(struct fare *r, const struct episode *me, const struct episode *e)
{
	if (e->outcome == OUTCOME_OK && !e->interfered && episodes_near(e, me, RACE))
		r->tcp = e;
	else if (e->silent && e->last >= me->first && e->first <= me->last)
		r->tcp_dead = e;
}

static void
see_server(struct fare *r, const struct correlation *c, const struct episode *me)
{
	size_t from, to;
	const struct episode *all;

	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->flow == me->flow || !episodes_near(e, me, COMPARABLE))
			continue;
		if (e->quic && is_same_service(e, me))
			see_service(r, me, e);
		else if (e->proto == IPPROTO_TCP && addr_equal(&e->client, &me->client))
			see_tcp(r, me, e);
	}
	/* If this very name was served there, and another one afterwards, the name is not what
	 * differs between then and now. */
	if (r->mine && r->last->name && !control_same_text(r->last->name, me->name))
		r->other_before = NULL;
}

/* Did QUIC to that address work before? */
static bool
had_worked(const struct correlation *c, const struct episode *at)
{
	size_t from, to;
	const struct episode *all;

	control_neighbours(c->history, at, &all, &from, &to);
	for (size_t i = from; i < to; i++)
		if (all[i].quic && all[i].outcome == OUTCOME_OK && all[i].first < at->first &&
		    episodes_near(&all[i], at, COMPARABLE))
			return true;
	return false;
}

static void
see_others(struct fare *r, const struct correlation *c, const struct contemporaries *others,
	   const struct episode *me)
{
	const struct episode *all[ASK_MAX];
	size_t n = contemporaries_of(others, me, 60 * NSEC_PER_SEC, all, ASK_MAX);

	for (size_t i = 0; i < n; i++) {
		const struct episode *e = all[i];

		r->udp |= e->proto == IPPROTO_UDP && e->alive_at.frame;
		r->tcp_on |= e->proto == IPPROTO_TCP && e->outcome == OUTCOME_OK &&
			     e->server_last > me->first;
		if (!e->quic || addr_equal(&e->server, &me->server))
			continue;
		if (e->outcome == OUTCOME_OK && !e->interfered && e->server_last > me->first) {
			r->elsewhere = e;
		} else if (e->silent) {
			r->silent_servers++;
			if (r->fell_silent < SERVERS && had_worked(c, e))
				r->fell_silent++;
		}
	}
}

static void
weigh_service(struct finding *f, const struct fare *r)
{
	if (r->other_name)
		control(f, "control.other_name", r->other_name,
			"another name at the same address was served over QUIC");
	else if (r->other_before)
		control(f, "quic.other_before", r->other_before,
			"another name at the same address had been served over QUIC");
	if (r->since)
		control(f, "control.same_service", r->since,
			"the same address and port answered over QUIC");
	else if (r->before)
		control(f, "quic.answered_before", r->before,
			"the same address and port had answered over QUIC before");
	if (r->other_version)
		control(f, "quic.other_version", r->other_version,
			"the same address answered another version of QUIC");
	if (r->tcp)
		control(f, "quic.tcp_fine", r->tcp, "the same address was served over TCP");
	if (r->silent_before && (r->other_name || r->other_before) && !r->since &&
	    !r->other_version)
		finding_weigh(f, "quic.silent_before", r->silent_before->first_at);
}

static void
weigh_innocence(struct finding *f, const struct fare *r)
{
	bool unanswered = finding_has(f, "quic.unanswered"),
	     once = finding_has(f, "quic.unanswered_once");

	if (!unanswered && !once)
		return;
	if (!r->before && !r->since && !r->other_version && !finding_has(f, "quic.path_fine"))
		finding_weigh(f, "quic.unspoken", no_packet());
	if (r->tcp_dead && !r->tcp)
		finding_weigh(f, "quic.tcp_dead", r->tcp_dead->first_at);
	if (once && r->tcp)
		finding_weigh(f, "quic.raced", r->tcp->ok_at);
	if (!r->udp && !r->before && !r->since && !r->other_version)
		finding_weigh(f, "quic.no_udp", no_packet());
}

/* What differed between what vanished and what passed names the trigger. */
static void
name_trigger(struct finding *f, const struct fare *r, const struct episode *me)
{
	char value[ADDR_TEXT_MAX + QUIC_WORDS_MAX], address[ADDR_TEXT_MAX];

	if (!finding_has(f, "quic.unanswered") && !finding_has(f, "quic.unanswered_once"))
		return;
	/* What was served before vanishes now: somebody else's name, which passed, set it off. */
	if (r->mine && r->last->name && !control_same_text(r->last->name, me->name)) {
		finding_trigger(f, TRIGGER_RESIDUAL, r->last->name, f->basis | BASIS_CONTRAST);
		return;
	}
	if (r->other_name || r->other_before)
		return;
	if (r->other_version || finding_has(f, "quic.path_fine")) {
		finding_trigger(f, TRIGGER_QUIC, quic_version_words(me->quic, value),
				f->basis | BASIS_CONTRAST);
	} else if (r->silent_servers >= SERVERS && !r->elsewhere) {
		finding_trigger(f, TRIGGER_QUIC, "QUIC", f->basis | BASIS_CONTRAST);
	} else if (finding_has(f, "control.same_name")) {
		addr_text(&me->server, address);
		snprintf(value, sizeof value, addr_is_v4(&me->server) ? "%s:%u" : "[%s]:%u",
			 address, me->port);
		finding_trigger(f, TRIGGER_IP_PORT, value, f->basis | BASIS_CONTRAST);
	}
}

void
correlate_quic(const struct correlation *c, const struct contemporaries *others,
	       struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode;
	struct fare r = {0};

	see_server(&r, c, me);
	see_others(&r, c, others, me);
	weigh_service(f, &r);
	weigh_innocence(f, &r);
	if (r.fell_silent >= SERVERS && !r.elsewhere && (r.tcp || r.tcp_on))
		finding_weigh(f, "quic.fell_silent", no_packet());
	name_trigger(f, &r, me);
}

bool
correlate_quic_over(const struct correlation *c, const struct episode *me,
		    const struct candidate *hit)
{
	size_t from, to;
	const struct episode *all;

	if (me->alive_at.frame)
		return true;
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (is_same_service(e, me) && addr_equal(&e->client, &me->client) &&
		    e->alive_at.frame && e->first > hit->suspicion.finding->nsec &&
		    e->first < me->first)
			return true;
	}
	return false;
}

void
correlate_quic_residual(const struct correlation *c, struct candidate *x,
			const struct candidate *hit)
{
	struct finding *f = x->suspicion.finding;
	const struct finding *cause = hit->suspicion.finding;
	const struct episode *me = &x->episode, *all, *last = me, *well = NULL;
	char ended[96] = "";
	size_t from, to;

	finding_forget(f, "quic.silent_before");
	finding_forget(f, "quic.unspoken");
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (!is_same_service(e, me) || !addr_equal(&e->client, &me->client) ||
		    e->first < cause->nsec)
			continue;
		if (e->silent && e->last > last->last && !well)
			last = e;
		if (e->alive_at.frame && e->first > me->last && !well)
			well = e;
	}
	if (well) {
		control(f, "history.recovered", well, "the same address and port answered again");
		snprintf(ended, sizeof ended, " That lasted for %.0f to %.0f seconds.",
			 (double)(last->last - cause->nsec) / (double)NSEC_PER_SEC,
			 (double)(well->first - cause->nsec) / (double)NSEC_PER_SEC);
	}
	finding_trigger(f, TRIGGER_RESIDUAL, cause->trigger_value,
			(f->basis & ~(unsigned)BASIS_CONTENT) | BASIS_CONTRAST);
	finding_explain(f,
			"After the interference with %s %.0f s before, whatever the client sent to "
			"the same address and port vanished.%s",
			cause->trigger_value[0] ? cause->trigger_value : "QUIC",
			(double)(me->first - cause->nsec) / (double)NSEC_PER_SEC, ended);
}
