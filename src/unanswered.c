/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions that draw no answer though their resolver lives, questions to renowned resolvers that
 * vanish altogether, and answers from addresses that nobody asked. RFC 1035, 7.3: an answer comes
 * from where the question went. */
#include "unanswered.h"
#include "accuse.h"
#include "control.h"
#include "dnsread.h"
#include "site.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* So often a stub asks before it gives up (resolv.conf(5), attempts: 2). */
#define TRIES 2
/* And so long it waits for an answer (resolv.conf(5), timeout: 5 s). */
#define WAITS (5 * NSEC_PER_SEC)
/* A resolver that nobody hears at all is told of for its first questions only. */
#define MUTE_TOLD_MAX 8
/* So many questions in vain, to a resolver that never dies. */
#define MUTE_MIN 3

static bool
is_of_the_world(const char *name)
{
	return name && !site_is_local(bytes_of(name));
}

static bool
is_vain(const struct episode *e)
{
	return e->dns && !e->took && is_of_the_world(e->name) && e->proto == IPPROTO_UDP &&
	       e->outcome != OUTCOME_REFUSED;
}

static bool
is_known_elsewhere(const struct judge *j, const struct episode *me)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	while (asked++ < ASK_MAX && (e = history_named(j->history, me->name, &i)))
		if (e->dns_positive && !e->unasked && e->dns_type == me->dns_type &&
		    (!addr_equal(&e->server, &me->server) || e->proto != me->proto))
			return true;
	return false;
}

static struct finding *
suspect(struct judge *j, const struct episode *e)
{
	struct suspicion s;
	struct finding *f = dns_accuse(e, DROP, e->first_at, &s);

	f->cites[0].role = ROLE_UNANSWERED;
	f->direction = BOTH_WAYS;
	s.silence = true;
	s.silence_at = e->first_at;
	finding_weigh(f, e->asked >= TRIES ? "silence.dns" : "silence.dns_once", e->first_at);
	judge_keep(j, &s, e);
	return f;
}

/* Did it answer that client something else, while the question was waiting? A network that was
 * away for some seconds answers nothing. */
static bool
is_alive_meanwhile(const struct judge *j, const struct episode *me)
{
	const struct episode *all;
	size_t from, to;

	control_neighbours(j->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->dns && e->took && !e->unasked && e->proto == IPPROTO_UDP &&
		    addr_equal(&e->client, &me->client) && e->first >= me->first &&
		    e->first <= me->last + WAITS)
			return true;
	}
	return false;
}

/* One packet may be lost: was the question repeated, here or in another conversation? */
static bool
is_repeated(const struct judge *j, const struct episode *me)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;
	unsigned times = 0;

	while (asked++ < ASK_MAX && (e = history_named(j->history, me->name, &i)))
		if (is_vain(e) && e->dns_type == me->dns_type &&
		    addr_equal(&e->server, &me->server))
			times += e->asked;
	return times >= TRIES;
}

/* One name in vain, where the resolver answers others. */
static void
judge_name(struct judge *j, const struct episode *e)
{
	char resolver[ADDR_TEXT_MAX];
	struct finding *f;

	if (!is_repeated(j, e) || !is_known_elsewhere(j, e) || !is_alive_meanwhile(j, e) ||
	    dns_is_suspected(j, j->n, e))
		return;
	f = suspect(j, e);
	finding_explain(f,
			"The question about %s got no answer from the resolver %s, though it "
			"answers others and the name is known elsewhere.",
			e->name, addr_text(&e->server, resolver));
}

/* Nothing ever came back from a resolver that the whole world uses. */
static void
judge_mute(struct judge *j, const struct episode *e)
{
	char resolver[ADDR_TEXT_MAX], service[ADDR_TEXT_MAX + 8];
	struct finding *f = suspect(j, e);

	addr_text(&e->server, resolver);
	snprintf(service, sizeof service, addr_is_v4(&e->server) ? "%s:%u" : "[%s]:%u", resolver,
		 e->port);
	finding_trigger(f, TRIGGER_IP_PORT, service, 0);
	finding_weigh(f, "silence.known_service", e->first_at);
	finding_explain(f,
			"No question to the public resolver %s is answered: they, or the answers, "
			"vanish on the way.",
			resolver);
}

static void
judge_run(struct judge *j, const struct episode *e, size_t n)
{
	size_t answered = 0, vain = 0, told = 0;
	bool renowned;

	for (size_t i = 0; i < n; i++) {
		answered += e[i].dns && e[i].took && e[i].proto == IPPROTO_UDP;
		vain += is_vain(&e[i]);
	}
	if (vain == 0)
		return;
	renowned = fingerprints_listed_addr(j->fingerprints, "public-resolvers", &e->server) ||
		   fingerprints_listed_addr(j->fingerprints, "filtering-resolvers", &e->server);
	for (size_t i = 0; i < n; i++) {
		if (!is_vain(&e[i]) || j->n == CANDIDATES_MAX)
			continue;
		if (answered)
			judge_name(j, &e[i]);
		else if (renowned && vain >= MUTE_MIN && told++ < MUTE_TOLD_MAX)
			judge_mute(j, &e[i]);
	}
}

/* The question that a stranger answers: of the same client and port, to somebody else. */
static const struct episode *
question_to(const struct judge *j, const struct episode *me)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	while (asked++ < ASK_MAX && (e = history_named(j->history, me->name, &i)))
		if (e->dns && !e->unasked && e->client_port == me->client_port &&
		    e->dns_type == me->dns_type && addr_equal(&e->client, &me->client) &&
		    !addr_equal(&e->server, &me->server) && me->first >= e->first &&
		    me->first - e->first < DNS_RACE)
			return e;
	return NULL;
}

/* An answer from whom nobody asked. That it says the same as the one who was is the mark of a
 * resolver with two addresses. */
static void
judge_stranger(struct judge *j, const struct episode *me)
{
	const struct episode *asked;
	char stranger[ADDR_TEXT_MAX], resolver[ADDR_TEXT_MAX];
	struct suspicion s;
	struct finding *f;

	if (!is_of_the_world(me->name) || me->proto != IPPROTO_UDP || !(asked = question_to(j, me)))
		return;
	if (asked->took && asked->rcode == me->rcode && addr_equal(&asked->answer, &me->answer))
		return;
	f = dns_accuse(me, DNS_INJECTION, me->alive_at, &s);
	finding_cite(f, asked->first_at, ROLE_TRIGGER);
	finding_weigh(f, "dns.stranger", me->alive_at);
	if (asked->took) {
		finding_cite(f, asked->alive_at, ROLE_CONTRADICTION);
		finding_weigh(f, "dns.race", asked->alive_at);
	}
	finding_explain(
	    f, "An answer about %s came from %s, though the resolver %s had been asked.", me->name,
	    addr_text(&me->server, stranger), addr_text(&asked->server, resolver));
	s.answer_nsec = 0;
	judge_keep(j, &s, me);
}

void
judge_unanswered(struct judge *j, const struct episode *all, size_t n)
{
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && addr_equal(&all[to].server, &all[from].server); to++)
			if (all[to].unasked)
				judge_stranger(j, &all[to]);
		judge_run(j, &all[from], to - from);
	}
}
