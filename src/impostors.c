/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates of one capture held against each other: one key for unlike names in unlike
 * networks, a name that shows its true certificate elsewhere, a second issuer who is nearer. */
#include "cited.h"
#include "judge.h"
#include "site.h"
#include "weigh.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* One hoster's default certificate answers for two names; for three, in two networks, somebody
 * else does (dossier 1.13: several unrelated names). */
#define UNLIKE_MIN 3
/* Runs of one key that are held against everything else; an attacker may send as many keys. */
#define RUNS_MAX 64
/* A name and its flows: how many are compared with each other. */
#define ASKED_MAX 64
/* Differences of TTL up to two have innocent causes (dossier B-20). */
#define TTL_APART 3

/* In different networks, of one family: one host may have an address of each. */
static bool
apart(const struct addr *a, const struct addr *b)
{
	return addr_is_v4(a) == addr_is_v4(b) && !addr_same_network(a, b);
}

static struct candidate *
candidate_of(struct judge *j, uint64_t flow)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->candidates[i].episode.flow == flow &&
		    j->candidates[i].suspicion.finding->mechanism == TLS_INTERCEPTION)
			return &j->candidates[i];
	return NULL;
}

/* Everything that the client tried at that time met this key, as in a network that lets nobody
 * out before its guests have logged in (RFC 8910). */
static bool
is_portal(struct judge *j, const struct shown *v, size_t n)
{
	size_t all;
	const struct episode *e = history_episodes(j->history, &all);
	int64_t first = v[0].nsec, last = v[n - 1].nsec;

	for (size_t i = 0; i < all; i++) {
		bool same = false;

		if (e[i].dns || e[i].proto != IPPROTO_TCP || e[i].outcome != OUTCOME_OK ||
		    e[i].last < first || e[i].first > last ||
		    !addr_equal(&e[i].client, &v[0].client))
			continue;
		for (size_t k = 0; k < n && !same; k++)
			same = addr_equal(&v[k].server, &e[i].server);
		if (!same)
			return false;
	}
	return true;
}

/* How many unlike names, and whether in different networks, show a key that does not name them. */
static bool
is_everybodys(const struct shown *v, size_t n)
{
	const char *seen[UNLIKE_MIN];
	size_t names = 0;
	bool networks = false;

	for (size_t i = 0; i < n; i++) {
		bool fresh = names < UNLIKE_MIN;

		/* An authority that signs it knows a hoster's name: that one is no impostor. */
		if (!site_is_public(v[i].name) || !v[i].self_signed)
			continue;
		for (size_t k = 0; k < names; k++)
			fresh = fresh && sites_unlike(seen[k], v[i].name);
		if (fresh)
			seen[names++] = v[i].name;
		networks = networks || apart(&v[0].server, &v[i].server);
	}
	return names == UNLIKE_MIN && networks;
}

static void
ask_key(struct judge *j, const struct shown *v, size_t n)
{
	bool portal;

	if (!v[0].key || !is_everybodys(v, n))
		return;
	portal = is_portal(j, v, n);
	for (size_t i = 0; i < n; i++) {
		struct candidate *c = candidate_of(j, v[i].flow);

		if (!c)
			continue;
		finding_weigh(c->suspicion.finding, "cert.one_key", v[i ? 0 : n - 1].at);
		if (portal)
			finding_weigh(c->suspicion.finding, "context.portal", no_packet());
	}
}

static const struct episode *
episode_of(struct judge *j, const struct shown *s)
{
	size_t from, to, n;
	const struct episode *all = history_episodes(j->history, &n);

	history_at_server(j->history, &s->server, &from, &to);
	for (size_t i = from; i < to; i++)
		if (all[i].flow == s->flow)
			return &all[i];
	return NULL;
}

static bool
is_nearer(const struct episode *me, const struct episode *other)
{
	return me->rtt && other->rtt && much_sooner(me->rtt, other->rtt);
}

/* A finding about a flow that is gone: somebody nearer answers in the place of another. */
static struct finding *
nearer_finding(const struct episode *me, const struct episode *other, int64_t nsec)
{
	struct finding *f = episode_accuse(me, TLS_INTERCEPTION, nsec);

	f->direction = TO_CLIENT;
	f->stage = STAGE_FIRST_DATA;
	finding_weigh(f, "cert.nearer", me->ok_at);
	if (me->data_ttl && other->data_ttl && abs(me->data_ttl - other->data_ttl) >= TTL_APART)
		finding_weigh(f, "cert.other_ttl", me->ok_at);
	finding_trigger(f, TRIGGER_SNI, me->name ? me->name : "", BASIS_CONTENT | BASIS_CONTRAST);
	return f;
}

/* A second certificate for the same name at the same address, from somebody who is nearer. */
static void
suspect_nearer(struct judge *j, const struct shown *s, const struct shown *other)
{
	const struct episode *me = episode_of(j, s), *e = episode_of(j, other);
	struct suspicion x = {0};
	struct cite *c;

	if (!me || !e || candidate_of(j, s->flow) || !is_nearer(me, e))
		return;
	x.finding = nearer_finding(me, e, s->nsec);
	c = finding_cite(x.finding, s->at, ROLE_INJECTED);
	cited_tell(x.finding, c, s->nsec, SERVER, "TLS certificate of %s", s->subject);
	finding_observe(x.finding, c, "tls.cert.issuer", other->issuer, "%s", s->issuer);
	finding_cite(x.finding, other->at, ROLE_BASELINE);
	finding_weigh(x.finding, "cert.changed", other->at);
	finding_explain(x.finding,
			"The certificate for %s is issued by \"%s\" and comes from somewhere "
			"nearer than the one by \"%s\", which the same address shows as well.",
			s->name, s->issuer, other->issuer);
	judge_keep(j, &x, me);
}

/* What else is shown for the same name. */
static void
ask_name(struct judge *j, const struct shown *all, size_t n, const struct shown *s)
{
	struct candidate *c = candidate_of(j, s->flow);
	size_t asked = 0;

	if (!s->name[0] || (s->fits && !s->self_signed && c))
		return;
	for (size_t i = 0; i < n && asked < ASKED_MAX; i++) {
		const struct shown *o = &all[i];

		if (o->key == s->key || !o->fits || o->self_signed || strcmp(o->name, s->name) != 0)
			continue;
		asked++;
		if (strcmp(o->issuer, s->issuer) == 0 || candidate_of(j, o->flow))
			continue;
		if (c && !s->fits) {
			bool here = addr_equal(&o->server, &s->server) && o->port == s->port;

			if (here)
				finding_weigh(c->suspicion.finding, "cert.other_here", o->at);
			else
				finding_weigh(c->suspicion.finding, "cert.other_place", o->at);
			finding_cite(c->suspicion.finding, o->at, ROLE_CONTROL);
			c->suspicion.finding->basis |= BASIS_CONTRAST;
		} else if (s->fits && addr_equal(&o->server, &s->server) && o->port == s->port) {
			suspect_nearer(j, s, o);
		}
	}
}

/* What TLS 1.3 still shows: the same client, asking the same address for the same name, is answered
 * from nearer, and with another choice of version and cipher suite. */
static void
ask_hello(struct judge *j, const struct episode *me, const struct episode *group, size_t n)
{
	const struct episode *other = NULL;
	struct suspicion x = {0};
	char cipher[8];
	struct cite *c;

	if (!me->chose || !me->shape || !me->name || !me->rtt || me->outcome != OUTCOME_OK)
		return;
	for (size_t i = 0; i < n && i < ASKED_MAX; i++) {
		const struct episode *e = &group[i];

		if (e->port != me->port || !e->name || strcmp(e->name, me->name) != 0 ||
		    e->shape != me->shape || e->outcome != OUTCOME_OK || !e->chose ||
		    !is_nearer(me, e))
			continue;
		if (e->chose == me->chose)
			return; /* it makes that choice from afar as well */
		other = e;
	}
	if (!other || candidate_of(j, me->flow))
		return;
	x.finding = nearer_finding(me, other, me->alive_nsec);
	c = finding_cite(x.finding, me->ok_at, ROLE_INJECTED);
	snprintf(cipher, sizeof cipher, "0x%04x", other->chose & 0xffff);
	finding_observe(x.finding, c, "tls.server_cipher", cipher, "0x%04x", me->chose & 0xffff);
	finding_cite(x.finding, other->ok_at, ROLE_BASELINE);
	finding_weigh(x.finding, "hello.differs", other->ok_at);
	finding_explain(x.finding,
			"The handshake for %s was answered from somewhere nearer than at other "
			"times, and as another server would: the session may end on the way.",
			me->name);
	judge_keep(j, &x, me);
}

static void
ask_hellos(struct judge *j)
{
	size_t n, to;
	const struct episode *all = history_episodes(j->history, &n);

	for (size_t from = 0; from < n; from = to) {
		for (to = from + 1; to < n && addr_equal(&all[to].server, &all[from].server); to++)
			;
		for (size_t i = from; i < to && to - from > 1; i++)
			ask_hello(j, &all[i], all + from, to - from);
	}
}

void
judge_impostors(struct judge *j)
{
	size_t n, from = 0, runs = 0;
	const struct shown *all = shown_all(j->shown, &n);

	for (size_t i = 1; i <= n; i++) {
		if (i < n && all[i].key == all[from].key)
			continue;
		if (i - from >= UNLIKE_MIN && runs++ < RUNS_MAX)
			ask_key(j, all + from, i - from);
		from = i;
	}
	for (size_t i = 0; i < n; i++)
		ask_name(j, all, n, &all[i]);
	ask_hellos(j);
}
