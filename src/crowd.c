/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only many flows show together. Dossier, sections 4.2 (RU-9, RU-12) and 6.1. */
#include "crowd.h"
#include "control.h"
#include "weigh.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The time in which flows belong to one crowd. */
#define SAME_TIME (120 * NSEC_PER_SEC)
/* Servers that are told apart; more say nothing new. */
#define SERVERS_MAX 128
/* An allow-list: of at least fifteen servers 80 % are silent (dossier RU-12), while at least
 * three in two networks answer (silent ones are in three). Fewer that answer may stand in the
 * provider's own house. */
#define DEAD_MIN 12
#define DEAD_NETWORKS 3
#define DEAD_FOR_EACH 4
#define ALIVE_MIN 3
#define ALIVE_NETWORKS 2
/* Half of those who make a list of what is allowed likely. */
#define SMALL_MIN (DEAD_MIN / 2)
/* Round trips that differ by less are the same, beside a quarter of them: a line's jitter. */
#define ALIKE (2 * NSEC_PER_MSEC)
/* Those that are named to the reader. */
#define NAMED_MAX 4
/* A penalty for connections opened at once: the public checker of it opens four (dossier RU-9). */
#define PARALLEL_MIN 4
#define PARALLEL (5 * NSEC_PER_SEC)

struct server {
	const struct episode *ok;   /* one that fared well, or NULL */
	const struct episode *dead; /* one that failed in the same manner, or NULL */
	const struct addr *addr;
	uint16_t port;
	bool named;
};

struct servers {
	struct server v[SERVERS_MAX];
	size_t n;
};

static bool
is_named(const struct correlation *c, const struct episode *e)
{
	return e->name || history_name_of(c->history, &e->server, &e->client, e->first);
}

static void
add_server(const struct correlation *c, struct servers *s, const struct episode *e, bool silent)
{
	struct server *x = NULL;

	for (size_t i = 0; i < s->n && !x; i++)
		if (s->v[i].port == e->port && addr_equal(s->v[i].addr, &e->server))
			x = &s->v[i];
	if (!x) {
		if (s->n == SERVERS_MAX)
			return;
		x = &s->v[s->n++];
		*x = (struct server){.addr = &e->server, .port = e->port};
	}
	x->named |= is_named(c, e);
	if (e->outcome != OUTCOME_OK || e->interfered) {
		if (e->silent == silent && !x->dead)
			x->dead = e;
	} else if (silent || e->data_ttl) {
		/* Where hellos die, one that was opened and asked for nothing proves nothing. */
		if (!x->ok || e->flow < x->ok->flow)
			x->ok = e;
	}
}

static bool
is_dead(const struct server *x)
{
	return x->dead && !x->ok;
}

static bool
is_alive(const struct server *x)
{
	return x->ok;
}

static size_t
networks_of(const struct servers *s, bool (*is_one)(const struct server *))
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		bool fresh = is_one(&s->v[i]);

		for (size_t k = 0; k < i && fresh; k++)
			fresh = !is_one(&s->v[k]) || !addr_same_network(s->v[k].addr, s->v[i].addr);
		n += fresh;
	}
	return n;
}

/* Who serves something at a port where nobody is silent is no proof of a list: portals answer for
 * everybody on port 80, and a filter of hellos lets all else pass. */
static void
forget_other_ports(struct servers *s)
{
	for (size_t i = 0; i < s->n; i++) {
		bool asked = !is_alive(&s->v[i]);

		for (size_t k = 0; k < s->n && !asked; k++)
			asked = is_dead(&s->v[k]) && s->v[k].port == s->v[i].port;
		if (!asked)
			s->v[i].ok = s->v[i].dead = NULL;
	}
}

static void
collect_servers(const struct correlation *c, const struct contemporaries *others,
		const struct episode *me, struct servers *s)
{
	const struct episode *all[ASK_MAX];
	size_t n = contemporaries_of(others, me, SAME_TIME, all, ASK_MAX);

	s->n = 0;
	add_server(c, s, me, me->silent);
	for (size_t i = 0; i < n; i++)
		if (all[i]->proto == IPPROTO_TCP && !all[i]->dns &&
		    addr_is_v4(&all[i]->server) == addr_is_v4(&me->server) &&
		    (all[i]->outcome == OUTCOME_OK || all[i]->outcome == OUTCOME_FAILED) &&
		    !fingerprints_listed_addr(c->fingerprints, "bogons", &all[i]->server))
			add_server(c, s, all[i], me->silent);
	forget_other_ports(s);
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* How long the silent servers took to say SYN+ACK, and their TTLs, the tenth at either end left
 * out. */
struct span {
	int64_t low, high;
	bool known, one_ttl;
};

static struct span
handshakes_of(const struct servers *s)
{
	int64_t rtt[SERVERS_MAX], ttl[SERVERS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_dead(&s->v[i]) || !s->v[i].dead->rtt)
			continue;
		rtt[n] = s->v[i].dead->rtt;
		ttl[n++] = s->v[i].dead->first_ttl;
	}
	if (n < DEAD_MIN)
		return (struct span){0, 0, false, false};
	qsort(rtt, n, sizeof *rtt, by_value);
	qsort(ttl, n, sizeof *ttl, by_value);
	return (struct span){rtt[n / 10], rtt[n - 1 - n / 10], true,
			     ttl[n / 10] == ttl[n - 1 - n / 10]};
}

/* Servers in unlike networks are not all as far away: something near the client answers for all of
 * them, as portals and proxies do, and has no way out. */
static bool
one_answers_for_all(const struct span *x)
{
	return x->known && x->one_ttl &&
	       (x->high - x->low <= ALIKE || x->high - x->low <= x->low / 4);
}

static void
tell_allowed(struct finding *f, const struct servers *s, size_t dead)
{
	char names[256] = "", address[ADDR_TEXT_MAX];
	size_t told = 0, at = 0;

	for (size_t i = 0; i < s->n && told < NAMED_MAX; i++) {
		const struct episode *e = s->v[i].ok;
		struct cite *cite;
		int k;

		if (!e)
			continue;
		k = snprintf(names + at, sizeof names - at, "%s%s", told ? ", " : "",
			     e->name ? e->name : addr_text(&e->server, address));
		at = k < 0 || at + (size_t)k >= sizeof names ? sizeof names - 1 : at + (size_t)k;
		told++;
		if (!e->ok_at.frame)
			continue;
		cite = finding_cite(f, e->ok_at, ROLE_CONTROL);
		finding_observe(f, cite, "control", NULL,
				"it answered while others were silent (flow %llu, %s)",
				(unsigned long long)e->flow,
				e->name ? e->name : addr_text(&e->server, address));
	}
	f->basis |= BASIS_CONTRAST;
	finding_explain(f,
			"Of %zu servers that this client asked for by name %zu were silent, and %s "
			"answered: as where all is discarded that is not on a list.",
			s->n, dead, names);
}

/* Small packets vanish as well on the way to others of this crowd: a path that takes no large ones
 * explains nothing. */
static void
ask_size(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	size_t small = 0;

	if (!finding_has(f, "silence.large_only"))
		return;
	for (size_t i = 0; i < c->n && small < SMALL_MIN; i++) {
		const struct candidate *y = &c->candidates[i];
		const struct finding *g = y->suspicion.finding;

		small += g->mechanism == DROP && g->stage == f->stage &&
			 !finding_has(g, "silence.large_only") &&
			 addr_equal(&y->episode.client, &x->episode.client) &&
			 episodes_near(&y->episode, &x->episode, SAME_TIME);
	}
	if (small == SMALL_MIN)
		finding_forget(f, "silence.large_only");
}

/* Nearly all that the client asks for is silent, and a few places answer all the while. A scan asks
 * for no names; an outage spares nobody in several networks. */
static void
ask_allow_list(const struct correlation *c, const struct contemporaries *others,
	       struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode;
	size_t dead = 0, alive = 0, named = 0;
	struct servers s;
	struct span took;

	if (f->stage != STAGE_SYN && f->stage != STAGE_FIRST_DATA && f->stage != STAGE_HANDSHAKE)
		return;
	collect_servers(c, others, me, &s);
	for (size_t i = 0; i < s.n; i++) {
		dead += is_dead(&s.v[i]);
		alive += s.v[i].ok && s.v[i].ok->server_last > me->first - SAME_TIME;
		named += is_dead(&s.v[i]) && s.v[i].named;
	}
	if (dead < DEAD_MIN || dead < alive * DEAD_FOR_EACH || alive < ALIVE_MIN ||
	    named * 2 < dead || networks_of(&s, is_dead) < DEAD_NETWORKS ||
	    networks_of(&s, is_alive) < ALIVE_NETWORKS)
		return;
	took = handshakes_of(&s);
	if (one_answers_for_all(&took)) {
		finding_weigh(f, "context.portal", no_packet());
		return;
	}
	finding_forget(f, "context.scan");
	finding_forget(f, "context.outage");
	finding_weigh(f, f->stage == STAGE_SYN ? "control.few_live" : "control.allow_list",
		      no_packet());
	ask_size(c, x);
	tell_allowed(f, &s, dead);
	if (took.known)
		finding_excludes(f, "a way out that is broken",
				 "the silent servers took the handshakes, in %.0f to %.0f ms: they "
				 "were reached, and are no one host near the client",
				 (double)took.low / NSEC_PER_MSEC,
				 (double)took.high / NSEC_PER_MSEC);
}

/* Of several connections to one name, opened at once, the first ones are served and the others
 * fall silent. */
static void
ask_parallel(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode, *first = NULL;
	size_t from, to, fine = 0, vain = 1;
	const struct episode *all;

	/* What waits in the server's own queue is no penalty. */
	if (!me->name || f->stage == STAGE_SYN || finding_has(f, "silence.queue_full"))
		return;
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];
		int64_t apart = me->first - e->first;

		if (e->flow == me->flow || e->port != me->port || !e->name ||
		    strcmp(e->name, me->name) != 0 || !addr_equal(&e->client, &me->client) ||
		    apart > PARALLEL || apart < -PARALLEL)
			continue;
		if (e->outcome == OUTCOME_OK && !e->interfered && apart >= 0) {
			fine++;
			first = first ? first : e;
		} else if (e->outcome == OUTCOME_FAILED) {
			vain++;
		}
	}
	if (!first || fine + vain < PARALLEL_MIN)
		return;
	finding_weigh(f, "control.parallel", first->ok_at);
	if (first->ok_at.frame)
		finding_observe(f, finding_cite(f, first->ok_at, ROLE_CONTROL), "control", NULL,
				"a connection to the same name that was opened before was served "
				"(flow %llu)",
				(unsigned long long)first->flow);
	f->basis |= BASIS_CONTRAST;
	finding_explain(f,
			"Of %zu connections to %s that were opened within seconds the first %zu "
			"were served, and this one fell silent.",
			fine + vain, me->name, fine);
}

/* A server that ended a connection of the client's by itself may have shut the client out
 * (B-34: fail2ban and its like). */
static void
ask_ban(const struct correlation *c, struct candidate *x)
{
	const struct episode *me = &x->episode;
	size_t from, to;
	const struct episode *all;

	if (x->suspicion.finding->stage != STAGE_SYN)
		return;
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->reset && !e->interfered && e->first < me->first &&
		    me->first - e->first < COMPARABLE && addr_equal(&e->client, &me->client)) {
			finding_weigh(x->suspicion.finding, "history.refused", e->alive_at);
			return;
		}
	}
}

/* Is it the port that is silent, or all of the address? */
static void
ask_address(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode;
	size_t from, to, others = 0;
	const struct episode *all;
	char address[ADDR_TEXT_MAX];

	if (f->stage != STAGE_SYN || f->trigger != TRIGGER_IP_PORT)
		return;
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (!addr_equal(&e->client, &me->client) || e->first - me->last > COMPARABLE ||
		    me->first - e->last > COMPARABLE)
			continue;
		if (e->alive_at.frame && e->port != me->port) {
			f->basis |= BASIS_CONTRAST;
			return;
		}
		others += e->silent && (e->port != me->port || e->proto != me->proto);
	}
	if (others)
		finding_trigger(f, TRIGGER_IP, addr_text(&me->server, address),
				f->basis | BASIS_REPEAT);
}

void
crowd_ask(const struct correlation *c, const struct contemporaries *others, struct candidate *x)
{
	if (x->suspicion.finding->mechanism != DROP || !x->suspicion.silence)
		return;
	ask_address(c, x);
	ask_ban(c, x);
	ask_parallel(c, x);
	ask_allow_list(c, others, x);
}
