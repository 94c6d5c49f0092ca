/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose silence is it? A network without UDP answers no protocol; a service that is down serves
 * neither chat nor calls; a dead server leaves its neighbours alone; a client that picks the
 * nearest of its relays has answers from others. What is left was singled out. The rules are
 * those of the dossier's STUN-SEL, and hold for any protocol of requests. */
#include "correlate_request.h"
#include "control.h"
#include "dissect.h"
#include "whose.h"

#include <netinet/in.h>

/* "In the same minute": a call is tried while the chat is open. */
#define SAME_MINUTE (60 * NSEC_PER_SEC)

/* Who asked, and for what service. */
struct asker {
	const struct correlation *c;
	const struct episode *me;
	uint8_t service;
};

/* What the client's other conversations of that time were like. */
struct around {
	const struct episode *kin;    /* the same protocol and service, if one is known: answered */
	const struct episode *kind;   /* the same protocol, of another service: answered */
	const struct episode *alive;  /* the same service, by another protocol: answered */
	const struct episode *dead;   /* the same service, by another protocol: failed */
	const struct episode *udp;    /* anything else over UDP: answered */
	const struct episode *host;   /* the same address, otherwise: answered */
	const struct episode *before; /* the same address and port: answered */
	const struct episode *silent; /* the same protocol and service elsewhere: unanswered */
};

static bool
is_answered(const struct episode *e)
{
	return e->alive_at.frame && !e->interfered && e->outcome == OUTCOME_OK;
}

static struct usage
usage_of(const struct correlation *c, const struct episode *e)
{
	return whose(c->services, c->history, e);
}

static bool
is_of_service(const struct episode *e, const struct asker *a)
{
	return a->service && usage_of(a->c, e).service == a->service;
}

static void
sort_server(struct around *a, const struct episode *e, const struct episode *me)
{
	if (!is_answered(e))
		return;
	if (e->port == me->port && e->proto == me->proto)
		a->before = e;
	else
		a->host = e;
}

/* Applications ask lists of servers that are nobody's in particular, and some of those are gone:
 * only a service that is known can be singled out. */
static void
sort_protocol(struct around *a, const struct episode *e, const struct asker *asker)
{
	bool kin = !asker->service || is_of_service(e, asker);

	if (is_answered(e))
		*(kin ? &a->kin : &a->kind) = e;
	else if (e->silent && is_of_service(e, asker))
		a->silent = e;
}

/* That its pages are served says little of a service's relays: they stand elsewhere. */
static void
sort_one(struct around *a, const struct episode *e, const struct asker *asker)
{
	const struct episode *me = asker->me;
	bool failed = e->outcome == OUTCOME_FAILED && !e->interfered;

	if (addr_equal(&e->server, &me->server)) {
		sort_server(a, e, me);
		return;
	}
	if (e->protocol == me->protocol && e->proto == IPPROTO_UDP)
		sort_protocol(a, e, asker);
	else if (!e->dns && is_answered(e) && is_of_service(e, asker) &&
		 usage_of(asker->c, e).function != FUNCTION_WEB)
		a->alive = e;
	else if (!e->dns && failed && is_of_service(e, asker))
		a->dead = e;
	if (e->proto == IPPROTO_UDP && !e->dns && is_answered(e))
		a->udp = e;
}

static void
weigh_around(struct finding *f, const struct around *a)
{
	if (a->before)
		control(f, "request.answered_before", a->before,
			"the same address and port answered at another time");
	if (a->host)
		control(f, "request.host_alive", a->host, "the same address answered otherwise");
	if (a->alive)
		control(f, "request.service_alive", a->alive,
			"the same service was fine otherwise, in the same minute");
	else if (a->dead)
		finding_weigh(f, "request.service_dead", a->dead->first_at);
	if (a->kind) {
		control(f, "request.kind_answered", a->kind,
			"the same protocol of another service was answered, in the same minute");
		f->basis |= BASIS_CONTRAST;
	} else if (a->udp) {
		control(f, "request.udp_fine", a->udp,
			"something else over UDP was answered in the same minute");
	} else {
		finding_weigh(f, "request.no_udp", no_packet());
	}
	if (a->kin)
		finding_weigh(f, "request.kin_answered", a->kin->alive_at);
	else if (a->silent)
		finding_weigh(f, "request.together", a->silent->first_at);
}

void
correlate_request(const struct correlation *c, struct contemporaries *others, struct candidate *x)
{
	const struct episode *me = &x->episode, *all[ASK_MAX];
	struct asker asker = {c, me, usage_of(c, me).service};
	struct around a = {0};
	size_t n = contemporaries_of(others, me, SAME_MINUTE, all, ASK_MAX);

	for (size_t i = 0; i < n; i++)
		sort_one(&a, all[i], &asker);
	weigh_around(x->suspicion.finding, &a);
}
