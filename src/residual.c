/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residual blocking: after interference the same ends stay blocked for a while. */
#include "residual.h"
#include "control.h"
#include "correlate_quic.h"
#include "weigh.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest residual block that was ever measured: 420 s (Xue et al., TSPU, IMC 2022). */
#define RESIDUAL_MAX (420 * NSEC_PER_SEC)
/* A second SYN is due after one second (RFC 6298, 2.1): by then the first one was in vain. */
#define SYN_DUE NSEC_PER_SEC

static bool
same_hosts(const struct episode *a, const struct episode *b)
{
	return addr_equal(&a->server, &b->server) && addr_equal(&a->client, &b->client);
}

/* Who says no name says the same whenever it speaks the same protocol. */
static bool
say_the_same(const struct episode *a, const struct episode *b)
{
	if (a->name || b->name)
		return control_same_text(a->name, b->name);
	return a->protocol == b->protocol;
}

/* Could y be the cause of what befell x? */
static bool
may_cause(const struct candidate *y, const struct candidate *x)
{
	const struct finding *g = y->suspicion.finding, *f = x->suspicion.finding;

	if (y->episode.flow == x->episode.flow || !x->episode.quic != !y->episode.quic ||
	    g->confidence < SURE || (y->suspicion.silence && g->stage == STAGE_SYN) ||
	    !same_hosts(&x->episode, &y->episode) || g->nsec > x->episode.first ||
	    x->episode.first - g->nsec > RESIDUAL_MAX)
		return false;
	/* A box that resets whatever is opened needs no cause for the next one. */
	if (f->mechanism == RST_INJECTION && (g->stage == STAGE_SYN || g->stage == STAGE_HANDSHAKE))
		return false;
	/* The same words again are a repetition, not what is left of it. */
	return f->stage == STAGE_SYN || !say_the_same(&x->episode, &y->episode);
}

/* How the same place fared at other times. */
struct otherwise {
	bool served;      /* the same name was served: it is not what it says */
	bool answered;    /* this port answered this client after the silence */
	int64_t earliest; /* and when it first did: the silence between is none of the port's own */
};

static struct otherwise
otherwise_of(const struct correlation *c, const struct episode *me)
{
	struct otherwise o = {.earliest = INT64_MAX};
	const struct episode *all;
	size_t from, to;

	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->port != me->port)
			continue;
		o.served |= e->flow != me->flow && control_same_text(e->name, me->name) &&
			    e->outcome == OUTCOME_OK && !e->interfered;
		if (e->proto != me->proto || !addr_equal(&e->client, &me->client) || !e->alive_nsec)
			continue;
		o.answered |= e->alive_nsec > me->last;
		if (e->alive_nsec < o.earliest)
			o.earliest = e->alive_nsec;
	}
	return o;
}

/* Is y enough of a cause, by what else the place shows? */
static bool
is_plausible(const struct candidate *y, const struct candidate *x, const struct otherwise *o)
{
	const struct finding *f = x->suspicion.finding;

	if (f->mechanism == RST_INJECTION && f->stage == STAGE_FIRST_DATA && !o->served)
		return false;
	return y->episode.port == x->episode.port ||
	       (f->stage == STAGE_SYN && (o->answered || o->earliest < y->suspicion.finding->nsec));
}

/* A connection that had worked fell silent, and nothing was heard from that server since: if it
 * died then, it is silent now for the same reason, and nothing was left over. */
static bool
may_have_died(const struct correlation *c, const struct candidate *y)
{
	const struct finding *f = y->suspicion.finding;
	const struct episode *all;
	size_t from, to;

	if (f->mechanism != FREEZE && (f->mechanism != DROP || f->stage != STAGE_ESTABLISHED))
		return false;
	control_neighbours(c->history, &y->episode, &all, &from, &to);
	for (size_t i = from; i < to; i++)
		if (all[i].server_last > f->nsec + NSEC_PER_SEC)
			return false;
	return true;
}

static const struct candidate *
cause_of(const struct correlation *c, const struct candidate *x)
{
	struct otherwise o = otherwise_of(c, &x->episode);
	const struct candidate *hit = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct candidate *y = &c->candidates[i];

		if (y == x || !may_cause(y, x) || !is_plausible(y, x, &o) || may_have_died(c, y))
			continue;
		if (!hit || y->suspicion.finding->nsec > hit->suspicion.finding->nsec)
			hit = y;
	}
	if (hit && x->episode.quic && correlate_quic_over(c, &x->episode, hit))
		return NULL;
	return hit;
}

/* What a resetting box leaves is resets, what a discarding one leaves is silence. */
static bool
may_be_left_over(const struct candidate *x)
{
	const struct finding *f = x->suspicion.finding;

	if (f->mechanism == DROP)
		return x->suspicion.silence;
	return f->mechanism == RST_INJECTION && f->stage != STAGE_ESTABLISHED;
}

/* How the flows between the two ends fared after the cause. */
struct aftermath {
	int64_t vain[3]; /* last attempt in vain: on the same pair of ports, on other ports of the
			  * client's, on another port of the server's */
	int64_t answered[3]; /* the first answer after that, likewise */
};

enum { PAIR, SERVICE, HOST };

static void
count_episode(struct aftermath *a, const struct episode *e, const struct candidate *hit)
{
	int kind = e->port != hit->episode.port                 ? HOST
		   : e->client_port == hit->episode.client_port ? PAIR
								: SERVICE;
	bool late = e->alive_nsec && e->alive_nsec - e->first > SYN_DUE;
	int64_t vain = e->silent ? e->last : late || e->interfered ? e->first : 0;

	if (a->answered[kind])
		return;
	if (vain > a->vain[kind])
		a->vain[kind] = vain;
	if (e->alive_nsec && e->outcome == OUTCOME_OK && !e->interfered)
		a->answered[kind] = e->alive_nsec;
}

static struct aftermath
aftermath_of(const struct correlation *c, const struct candidate *hit)
{
	struct aftermath a = {{0}, {0}};
	size_t from, to;
	const struct episode *all;
	int64_t since = hit->suspicion.finding->nsec;

	control_neighbours(c->history, &hit->episode, &all, &from, &to);
	for (size_t i = from; i < to; i++)
		if (all[i].flow != hit->episode.flow && all[i].proto == IPPROTO_TCP &&
		    all[i].first > since && same_hosts(&all[i], &hit->episode))
			count_episode(&a, &all[i], hit);
	return a;
}

/* For whom it held, as far as the capture tried, and for how long. */
static void
measure(const struct correlation *c, struct candidate *hit)
{
	struct aftermath a = aftermath_of(c, hit);
	struct residual *r = &hit->suspicion.finding->residual;
	int64_t since = hit->suspicion.finding->nsec, low, high;

	low = a.vain[SERVICE] > a.vain[PAIR] ? a.vain[SERVICE] : a.vain[PAIR];
	high = a.answered[SERVICE] ? a.answered[SERVICE] : a.answered[PAIR];
	if (a.vain[HOST] > since && (!a.answered[HOST] || a.answered[HOST] > a.vain[HOST]))
		r->tuple = 2;
	else if (a.vain[SERVICE])
		r->tuple = 3;
	else if (a.vain[PAIR] && a.answered[SERVICE] && a.answered[SERVICE] < a.vain[PAIR])
		r->tuple = 4;
	else
		return;
	if (r->tuple == 4)
		high = a.answered[PAIR];
	if (r->tuple == 2 && a.vain[HOST] > low)
		low = a.vain[HOST];
	r->seconds_low = (double)(low - since) / (double)NSEC_PER_SEC;
	r->seconds_high = high > low ? (double)(high - since) / (double)NSEC_PER_SEC : 0;
}

static void
tell(struct candidate *x, const struct candidate *hit)
{
	struct finding *f = x->suspicion.finding;
	const struct finding *g = hit->suspicion.finding;
	const char *what = g->trigger_value;
	char address[ADDR_TEXT_MAX], until[64] = "";

	f->residual = g->residual;
	if (f->mechanism == DROP && f->stage != STAGE_SYN)
		return;
	if (!what[0])
		what = addr_text(&x->episode.server, address);
	if (f->residual.seconds_high > 0)
		snprintf(until, sizeof until, ", until %.0f s after it", f->residual.seconds_high);
	finding_trigger(f, TRIGGER_RESIDUAL, what,
			(f->basis & ~(unsigned)BASIS_CONTENT) | BASIS_CONTRAST);
	finding_explain(f,
			"After the interference with %s %.0f s before, new attempts to connect to "
			"the same address%s %s%s.",
			what, (double)(x->episode.first - g->nsec) / (double)NSEC_PER_SEC,
			f->residual.tuple == 2 ? "" : " and port",
			f->mechanism == DROP ? "vanished" : "were reset", until);
}

void
residual_ask(const struct correlation *c)
{
	struct candidate **cause = xcalloc(c->n, sizeof(struct candidate *));

	/* Who is sure is settled before anything is added: the order of findings must not matter.
	 */
	for (size_t i = 0; i < c->n; i++)
		if (may_be_left_over(&c->candidates[i])) {
			const struct candidate *hit = cause_of(c, &c->candidates[i]);

			cause[i] = hit ? &c->candidates[hit - c->candidates] : NULL;
		}
	for (size_t i = 0; i < c->n; i++) {
		struct candidate *x = &c->candidates[i];

		if (!cause[i])
			continue;
		finding_weigh(x->suspicion.finding, "history.residual",
			      cause[i]->suspicion.finding->cites[0].at);
		if (x->episode.quic) {
			correlate_quic_residual(c, x, cause[i]);
		} else {
			if (!cause[i]->suspicion.finding->residual.tuple)
				measure(c, cause[i]);
			tell(x, cause[i]);
		}
		weigh(x->suspicion.finding);
	}
	free(cause);
}
