/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds each suspicion against what else the capture shows. */
#include "correlate.h"
#include "contemporaries.h"
#include "contrast.h"
#include "control.h"
#include "correlate_dns.h"
#include "correlate_freeze.h"
#include "correlate_quic.h"
#include "correlate_rate.h"
#include "correlate_request.h"
#include "crowd.h"
#include "residual.h"
#include "weigh.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* For "is the whole network down?" it must be the same minute. */
#define SAME_MINUTE (60 * NSEC_PER_SEC)
/* A host that answers somebody else that long after a vain SYN is alive: the SYN is repeated after
 * a second (RFC 6298, 2.1). What it says sooner it may have said before it died. */
#define ALIVE_AFTER (NSEC_PER_SEC)
/* Suspicions of one kind that one is held against: four times ASK_MAX, as looking at one of them
 * costs less than asking the history. */
#define SUSPICIONS_MAX 2048
/* How often all are asked: what the second round changes is seldom a control of others again. */
#define ROUNDS 2
/* A client with so many vain attempts at different places in a minute is scanning (B-03). */
#define SCAN_TARGETS 20
/* "Again and again": with itself five times. */
#define OFTEN 4

/* A packet is early against its own handshake. Where that was slow and others of the same service
 * were not (a radio that had to wake, a queue), it is the handshake that came late: the dossier's
 * F1 allows for drift. Then marks in the header alone name nobody, either. */
static void
ask_round_trip(const struct correlation *c, struct candidate *x)
{
	static const char *const early[] = {"time.early_ack", "time.early", "time.earlyish"};
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode, *all;
	int64_t fastest = me->rtt;
	size_t from, to;

	if (!x->suspicion.took || !me->rtt)
		return;
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->outcome == OUTCOME_OK && !e->interfered && e->rtt && e->rtt < fastest &&
		    e->port == me->port && addr_equal(&e->client, &me->client) &&
		    episodes_near(e, me, COMPARABLE))
			fastest = e->rtt;
	}
	if (fastest == me->rtt || x->suspicion.took < fastest / 10 * 6)
		return;
	for (size_t i = 0; i < sizeof early / sizeof *early; i++)
		finding_forget(f, early[i]);
	if (f->mechanism != RST_INJECTION || weigh_stands_out(f))
		return;
	finding_forget(f, "fingerprint.specific");
	finding_forget(f, "fingerprint.generic");
	f->nattributions = 0;
}

/* Who blocks an address and port for a client blocks all of its connections there: one that lives
 * on or gets in beside this one tells of a server that picks among its visitors, with a full
 * backlog or a limit (listen(2); dossier B-34). What is left of a hit is known by the hit. */
static bool
is_for_all(const struct episode *e, const struct episode *me)
{
	return !addr_equal(&e->client, &me->client);
}

/* Did packets as large as those that vanished arrive there at any time? Then it is not the path
 * that is too small for them (dossier B-35). */
static void
ask_sizes(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *all, *me = &x->episode;
	size_t from, to;

	if (!finding_has(f, "silence.large_only"))
		return;
	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		if (!all[i].large_heard || !addr_equal(&all[i].client, &me->client))
			continue;
		finding_forget(f, "silence.large_only");
		finding_excludes(f, "packets too large for the path",
				 "large ones arrived there, in the flow from frame %u on",
				 all[i].first_at.frame);
		return;
	}
}

/* Did that flow say another name, or a name where this one said none and that is what is held
 * against it? */
static bool
says_otherwise(const struct finding *f, const struct episode *me, const struct episode *e)
{
	if (me->name)
		return e->name && !control_same_text(e->name, me->name);
	/* A server that wants a name refuses by its own word, and not by silence. */
	if (f->mechanism != DROP)
		return false;
	if (f->trigger == TRIGGER_FULLY_ENCRYPTED)
		return e->name || !e->encrypted;
	return f->trigger == TRIGGER_PROTOCOL && e->name;
}

/* How did others fare at the same address? */
static void
ask_server(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode;
	const struct episode *all;
	size_t from, to;

	control_neighbours(c->history, me, &all, &from, &to);
	for (size_t i = from; i < to; i++) {
		const struct episode *e = &all[i];

		if (e->flow == me->flow || e->interfered || !episodes_near(e, me, COMPARABLE) ||
		    e->dns)
			continue;
		if (e->outcome == OUTCOME_OK && e->port == me->port && e->proto == me->proto &&
		    !me->quic && f->stage != STAGE_SYN && says_otherwise(f, me, e))
			control(f, "control.other_name", e,
				me->name ? "another name at the same address was served"
					 : "other words to the same address were answered");
		if (!x->suspicion.silence)
			continue;
		/* That a server answers others says nothing of a client that left, and one that
		 * answered before and never since may be gone itself. */
		if (e->port == me->port && e->proto == me->proto && e->alive_at.frame &&
		    e->server_last - me->first > ALIVE_AFTER && f->stage == STAGE_SYN &&
		    is_for_all(e, me) && !finding_has(f, "silence.syn_ack"))
			control(f, "control.same_service", e, "the same address and port answered");
		else if (e->alive_at.frame && e->port != me->port && f->stage == STAGE_SYN)
			control(f, "control.same_address", e,
				"the same address answered on another port");
	}
}

static void
ask_name(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode, *e;
	size_t i = SIZE_MAX, asked = 0;

	if (!me->name || me->dns)
		return;
	while (asked++ < ASK_MAX && (e = history_named(c->history, me->name, &i)))
		if (!e->dns && !e->interfered && e->flow != me->flow && e->outcome == OUTCOME_OK &&
		    !addr_equal(&e->server, &me->server) && episodes_near(e, me, COMPARABLE))
			control(f, "control.same_name", e, "the same name was served elsewhere");
}

/* How many different servers failed, as far as two are enough to tell. */
struct failures {
	const struct addr *seen[2];
	size_t n;
};

static void
count_failure(struct failures *x, const struct addr *server)
{
	if (x->n == 2 || (x->n == 1 && addr_equal(x->seen[0], server)))
		return;
	x->seen[x->n++] = server;
}

/* At the silent host's own wire nothing on the way can be to blame: its firewall is, or it is busy.
 */
static void
ask_vantage(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;

	if (c->vantages && x->suspicion.silence && f->stage == STAGE_SYN && f->ncites &&
	    c->vantages[f->cites[0].at.capture] == VANTAGE_SERVER &&
	    !finding_has(f, "silence.syn_ack"))
		finding_weigh(f, "silence.own", f->cites[0].at);
}

/* Is the client's network up at all, and is it a scan? */
static void
ask_others(const struct contemporaries *others, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode, *fine = NULL, *around = NULL, *all[ASK_MAX];
	struct failures failed = {{NULL, NULL}, 0};
	unsigned vain = 0;
	size_t n;

	if (!x->suspicion.silence && f->mechanism != ICMP_REJECTION)
		return;
	n = contemporaries_of(others, me, SAME_MINUTE, all, ASK_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct episode *e = all[i];

		if (addr_is_v4(&e->server) != addr_is_v4(&me->server))
			continue;
		if (e->silent && e->proto == IPPROTO_TCP)
			vain++;
		if (addr_equal(&e->server, &me->server))
			continue;
		if (e->outcome == OUTCOME_OK) {
			/* Best is one that answered while this one was waiting. */
			bool meanwhile =
			    (e->alive_nsec >= me->first && e->alive_nsec <= me->last) ||
			    (e->server_last > me->first + NSEC_PER_SEC / 2 &&
			     e->server_last <= me->last);

			if (meanwhile && (!fine || (fine->dns && !e->dns)))
				fine = e;
			else if (!around || (around->dns && !e->dns))
				around = e;
		} else if (e->outcome == OUTCOME_FAILED && (e->proto == IPPROTO_TCP || e->dns)) {
			/* Many networks let nothing else through, and work. */
			count_failure(&failed, &e->server);
		}
	}
	if (!fine && failed.n == 0)
		fine = around; /* nothing hints at an outage */
	if (vain >= SCAN_TARGETS)
		finding_weigh(f, "context.scan", no_packet());
	if (fine)
		control(f, "control.others_fine", fine, "another address answered at that time");
	else if (failed.n == 2)
		finding_weigh(f, "context.outage", no_packet());
}

/* The same protocol, elsewhere: of requests correlate_request.c tells that. */
static bool
is_same_protocol(const struct finding *f, const struct finding *g)
{
	return f->trigger == TRIGGER_PROTOCOL && g->trigger == TRIGGER_PROTOCOL &&
	       f->stage != STAGE_DATAGRAM && f->stage == g->stage &&
	       strcmp(f->trigger_value, g->trigger_value) == 0;
}

/* The same thing to the same target, or to others at the same address. */
static void
ask_suspicions(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	const struct episode *me = &x->episode;
	size_t other_names = 0, again = 0;

	/* A bad line is bad again. */
	if (f->mechanism == TLS_INTERCEPTION || finding_has(f, "rate.lossy"))
		return;
	if (f->mechanism == FREEZE) {
		correlate_freeze(c, x);
		return;
	}

	for (size_t i = 0, asked = 0; i < c->n && asked < SUSPICIONS_MAX; i++) {
		const struct candidate *y = &c->candidates[i];
		const struct finding *g = y->suspicion.finding;

		if (y->episode.flow == me->flow || g->mechanism != f->mechanism ||
		    y->suspicion.hopeless)
			continue;
		asked++;
		if ((me->name && control_same_text(me->name, y->episode.name)) ||
		    is_same_protocol(f, g) ||
		    (!me->name && !y->episode.name &&
		     (me->port == y->episode.port || f->stage == STAGE_SYN) &&
		     addr_equal(&me->server, &y->episode.server))) {
			if (g->stage == f->stage)
				again++;
			if (g->confidence >= 0.1 && g->stage == f->stage) {
				finding_weigh(f, "history.repeat", g->cites[0].at);
				f->basis |= BASIS_REPEAT;
			}
		} else if (addr_equal(&me->server, &y->episode.server) && me->name &&
			   y->episode.name && y->episode.port == me->port &&
			   episodes_near(me, &y->episode, COMPARABLE)) {
			other_names++;
		}
	}
	/* A browser tries a dead host again and again, too: that counts only past the handshake. */
	if (again >= OFTEN && f->stage != STAGE_SYN) {
		finding_weigh(f, "history.often", no_packet());
		f->basis |= BASIS_REPEAT;
	}
	if (other_names && !finding_has(f, "control.other_name") && !me->dns &&
	    (f->mechanism == RST_INJECTION || f->mechanism == BLOCK_PAGE))
		finding_weigh(f, "control.same_fate", no_packet());
}

/* A flow, or one question of a DNS conversation: names are kept once, so that pointers tell. */
struct victim {
	uint64_t flow;
	const char *name;
};

static struct victim
victim_of(const struct episode *e)
{
	return (struct victim){e->flow, e->dns ? e->name : NULL};
}

static int
by_flow(const void *a, const void *b)
{
	const struct victim *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* A flow that is interfered with, as far as is known by now, is nobody's control. */
static void
mark_victims(const struct correlation *c)
{
	struct victim *victims = xcalloc(c->n, sizeof *victims);
	size_t n, nvictims = 0;
	struct episode *all = history_episodes(c->history, &n);

	for (size_t i = 0; i < c->n; i++)
		if (c->candidates[i].suspicion.finding->confidence >= SURE)
			victims[nvictims++] = victim_of(&c->candidates[i].episode);
	qsort(victims, nvictims, sizeof *victims, by_flow);
	for (size_t i = 0; i < n && nvictims; i++) {
		struct victim v = victim_of(&all[i]);

		all[i].interfered = bsearch(&v, victims, nvictims, sizeof v, by_flow);
	}
	for (size_t i = 0; i < n && !nvictims; i++)
		all[i].interfered = false;
	free(victims);
}

/* What a finding was before others were asked, to ask them again. */
struct alone {
	enum mechanism mechanism;
	enum trigger_kind trigger;
	const char *trigger_value, *explanation;
	unsigned basis;
	struct evidence *evidence;
	size_t nevidence, ncites;
};

static void
take_note(struct alone *a, const struct finding *f)
{
	*a = (struct alone){.mechanism = f->mechanism,
			    .trigger = f->trigger,
			    .trigger_value = f->trigger_value,
			    .explanation = f->explanation,
			    .basis = f->basis,
			    .evidence = xcalloc(f->nevidence, sizeof *f->evidence),
			    .nevidence = f->nevidence,
			    .ncites = f->ncites};
	if (f->nevidence)
		memcpy(a->evidence, f->evidence, f->nevidence * sizeof *f->evidence);
}

static void
begin_again(struct finding *f, const struct alone *a)
{
	f->mechanism = a->mechanism;
	f->trigger = a->trigger;
	f->trigger_value = a->trigger_value;
	f->explanation = a->explanation;
	f->basis = a->basis;
	f->ncites = a->ncites;
	f->nevidence = 0;
	for (size_t i = 0; i < a->nevidence; i++)
		finding_weigh(f, a->evidence[i].name, a->evidence[i].at);
}

static void
ask(const struct correlation *c, struct contemporaries *others, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;

	if (f->mechanism == DNS_INJECTION || f->mechanism == DNS_TAMPERING) {
		correlate_dns(c, x);
	} else if (f->mechanism == THROTTLE) {
		correlate_rate(others, f, &x->episode);
	} else if (f->mechanism != FREEZE) {
		contrast_ttl(c->history, &x->suspicion, &x->episode);
		contrast_starttls(c->history, &x->suspicion, &x->episode);
		contrast_trigger(c->history, &x->suspicion, &x->episode);
	}
	/* Other names and repetitions say nothing of whose a certificate is: impostors.c. */
	if (f->mechanism != DNS_INJECTION && f->mechanism != DNS_TAMPERING &&
	    f->mechanism != TLS_INTERCEPTION && f->mechanism != PROTOCOL_STRIPPING) {
		/* That others fare well says little of one that was slow, or stopped midway. */
		if (f->mechanism != THROTTLE && f->mechanism != FREEZE) {
			ask_sizes(c, x);
			ask_server(c, x);
			ask_name(c, x);
			ask_vantage(c, x);
		}
		ask_others(others, x);
		if (f->mechanism != THROTTLE && f->mechanism != FREEZE)
			crowd_ask(c, others, x);
		if (x->episode.quic && f->mechanism != FREEZE)
			correlate_quic(c, others, x);
		correlate_encrypted_dns(c, x);
		if (f->stage == STAGE_DNS)
			correlate_unanswered(c, x);
	}
	if (finding_has(f, "request.unanswered") || finding_has(f, "request.unanswered_once"))
		correlate_request(c, others, x);
	weigh(f);
}

/* Who was interfered with decides who is a control, and controls decide who was interfered with:
 * the first round goes by what each flow shows of itself, the next by what came of that. */
static void
ask_in_rounds(const struct correlation *c, struct contemporaries *others)
{
	struct alone *alone = xcalloc(c->n, sizeof *alone);

	for (size_t i = 0; i < c->n; i++)
		take_note(&alone[i], c->candidates[i].suspicion.finding);
	for (int round = 0; round < ROUNDS; round++) {
		mark_victims(c);
		for (size_t i = 0; i < c->n; i++) {
			begin_again(c->candidates[i].suspicion.finding, &alone[i]);
			ask(c, others, &c->candidates[i]);
		}
	}
	mark_victims(c);
	for (size_t i = 0; i < c->n; i++)
		free(alone[i].evidence);
	free(alone);
}

void
correlate(const struct correlation *c)
{
	struct contemporaries *others;

	if (c->n == 0)
		return;
	/* Also sorts the history, which the other questions need. */
	others = contemporaries_new(c->history);
	for (size_t i = 0; i < c->n; i++) {
		struct candidate *x = &c->candidates[i];
		struct finding *f = x->suspicion.finding;

		ask_round_trip(c, x);
		if (c->flat_ttl)
			finding_forget(f, "ttl.same");
		if ((c->one_way || (c->udp_unheard && x->episode.quic)) && x->suspicion.silence)
			finding_weigh(f, "context.one_way", no_packet());
		if (c->lossy && x->suspicion.silence)
			finding_weigh(f, "context.capture_gaps", no_packet());
		if (f->mechanism == THROTTLE && c->rates)
			rates_weigh(c->rates, f);
		weigh(f);
	}
	ask_in_rounds(c, others);
	for (size_t i = 0; i < c->n; i++) {
		ask_suspicions(c, &c->candidates[i]);
		weigh(c->candidates[i].suspicion.finding);
	}
	residual_ask(c);
	mark_victims(c); /* for what is said of targets */
	contemporaries_free(others);
}
