/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the connections that lost packets show about a rate limit, alone or together. Flach et al.,
 * An Internet-Wide Analysis of Traffic Policing, SIGCOMM 2016; one connection of several that share
 * a policer is what their detector could not tell. */
#include "rates.h"
#include "look.h"
#include "policer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most connections that are held together, and packets of them. */
#define GROUP_MAX POLICER_FLOWS
#define PASSAGES_MAX 65536
/* Without a handshake the round trip is unknown; the middle of the Internet's. */
#define RTT_DEFAULT 100000
#define RTT_LEAST 10000

/* A rate is held if so many of the stretches between losses ran at it. Chance, and congestion
 * control under random loss, bring 0.2 to 0.3 of them together. */
#define HELD 0.6
#define NEARLY_HELD 0.45
#define SPANS_FEW 5
/* A bucket explains losses: so much better than chance, and with so few that it is none (natural
 * logarithm; 2,000 buckets are tried, which chance alone may use for 7.6). */
#define EXPLAINED 0.5
#define PARTLY_EXPLAINED 0.3
#define SURPRISE 12
/* What needs no other connections to be told: one of the two, and no queue. */
#define ENOUGH 4
/* A queue hands on nothing faster than its rate; a burst that was policed arrives as it was sent.
 * Of what one connection carries through a queue less than this comes in a rush, or the queue is
 * much faster than the connection, and then it is the queue's rate that explains the losses.
 * Measured on the captures of the 2016 study: queues 0.03 to 0.24, policers 0.49 to 0.95. */
#define SMOOTH 0.25
#define RUSHED 0.4
#define QUEUE_MARGIN 0.15
/* The delay before losses stands on top of all delays: 0.94 to 1 for queues of that study that are
 * larger than bursts, 0.44 to 0.91 for policers. */
#define TOP 0.94
#define RANKED_FEW 3
/* Where nothing comes in a rush, since the windows are small, a policer's losses come at any delay:
 * the mean of so many ranks is 0.5 within 0.07. Queues of the laboratory stand at 0.68 or more. */
#define ANYWHERE 0.55
#define RANKED_MANY 20

/* One packet in eight: TCP hardly works with more, and Wi-Fi and radio repeat below it. Iran's
 * throttling of unknown traffic drops about half (dossier 3.7). */
#define LOSSY 0.125
/* Behind them, losses at the end of a window leave no hole, nor do those of repetitions: in the
 * laboratory half to two thirds are seen. */
#define LOSSY_BEHIND 0.08
#define LOSSY_LEAST 25

struct log {
	uint64_t flow;
	struct addr addr[2];
	int64_t first, last;
	int64_t rtt; /* microseconds */
	struct rate *rate;
	bool suspected;
};

struct member {
	const struct log *log;
	uint64_t from; /* enum side */
};

struct rates {
	struct log *logs;
	size_t n, size;
	uint32_t *points;
	size_t bytes, bystanders; /* of records; of those that are not suspected */
	size_t nsuspected;
	uint64_t forgotten, unmissed;
	struct member cached[GROUP_MAX]; /* the group that was fitted last */
	size_t ncached;
	bool enough;
	struct policer_fit fit;
};

struct rates *
rates_new(uint32_t *points)
{
	struct rates *r = xcalloc(1, sizeof *r);

	r->points = points;
	return r;
}

void
rates_free(struct rates *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		rate_free(r->logs[i].rate, r->points);
	free(r->logs);
	free(r);
}

uint64_t
rates_forgotten(const struct rates *r)
{
	return r->forgotten + (r->nsuspected ? r->unmissed : 0);
}

static size_t
record_bytes(const struct log *log)
{
	return log->rate->side[CLIENT].npacked + (size_t)log->rate->side[SERVER].npacked;
}

/* Forgets the one that was not suspected and ended first; of `any`, also one that was. */
static bool
forget_first(struct rates *r, bool any)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->logs[i].suspected && !any)
			continue;
		if (r->logs[i].suspected) {
			r->nsuspected--;
			r->forgotten++;
		} else {
			r->bystanders -= record_bytes(&r->logs[i]);
			r->unmissed++;
		}
		r->bytes -= record_bytes(&r->logs[i]);
		rate_free(r->logs[i].rate, r->points);
		memmove(&r->logs[i], &r->logs[i + 1], (r->n - i - 1) * sizeof *r->logs);
		r->n--;
		return true;
	}
	return false;
}

static bool
has_room(struct rates *r)
{
	return (r->n < RATES_MAX && r->bytes <= RECORDS_MAX) || forget_first(r, false) ||
	       forget_first(r, true);
}

static bool
lost_anything(const struct rate *r)
{
	return r->side[CLIENT].lost || r->side[SERVER].lost;
}

void
rates_take(struct rates *r, const struct look *l, struct flow *f)
{
	struct log *log;

	if (!f->rate)
		return;
	if (f->rate->full)
		r->forgotten++;
	if (!lost_anything(f->rate) || !has_room(r)) {
		r->forgotten += lost_anything(f->rate) && !f->rate->full;
		rate_free(f->rate, r->points);
		f->rate = NULL;
		return;
	}
	if (r->n == r->size) {
		r->size = r->size ? r->size * 2 : 16;
		r->logs = xrealloc(r->logs, r->size, sizeof *r->logs);
	}
	log = &r->logs[r->n++];
	log->flow = f->id;
	memcpy(log->addr, f->addr, sizeof log->addr);
	log->first = f->first;
	log->last = f->last;
	log->rtt = l->rtt[CLIENT] && l->rtt[SERVER]
		       ? (l->rtt[CLIENT] + l->rtt[SERVER]) / NSEC_PER_USEC
		       : RTT_DEFAULT;
	if (log->rtt < RTT_LEAST)
		log->rtt = RTT_LEAST;
	log->rate = f->rate;
	log->suspected = rate_is_suspicious(f->rate);
	rate_pack(f->rate, r->points);
	f->rate = NULL;
	r->bytes += record_bytes(log);
	if (log->suspected)
		r->nsuspected++;
	else
		r->bystanders += record_bytes(log);
	while ((r->bystanders > BYSTANDERS_MAX || r->bytes > RECORDS_MAX) && forget_first(r, false))
		;
}

/* Does the capture stand behind the losses? */
static bool
is_behind(const struct rate_side *s)
{
	return s->holes > s->lost / 2;
}

/* The packets of one side of a connection, on the clock of the first. */
static size_t
add_passages(struct passage *p, size_t n, const struct member *m, int64_t began, uint16_t number)
{
	const struct rate_side *s = &m->log->rate->side[m->from];
	struct rate_point *points = xcalloc(s->n, sizeof *points);
	int64_t ahead = (m->log->rate->began - began) / NSEC_PER_USEC;
	bool behind = is_behind(s);

	rate_unpack(s, points);
	for (uint32_t i = 0; i < s->n && n < PASSAGES_MAX; i++) {
		const struct rate_point *x = &points[i];

		if (x->fate == RATE_HOLE || x->fate == RATE_VOID)
			continue;
		p[n++] = (struct passage){.usec = ahead + x->usec,
					  .len = x->len,
					  .frame = x->frame,
					  .flow = number,
					  .delay = behind ? 0 : x->delay,
					  .behind = behind,
					  .arrived = behind || x->delay,
					  .lost = x->fate == RATE_LOST};
	}
	free(points);
	return n;
}

static bool
fit(const struct member *group, size_t n, struct policer_fit *ret)
{
	struct passage *p;
	size_t room = 0, m = 0;
	bool enough;

	for (size_t i = 0; i < n; i++)
		room += group[i].log->rate->side[group[i].from].n;
	p = xcalloc((room < PASSAGES_MAX ? room : PASSAGES_MAX) + 1, sizeof *p);
	for (size_t i = 0; i < n; i++)
		m = add_passages(p, m, &group[i], group[0].log->rate->began, (uint16_t)i);
	enough = policer_fit(p, m, group[0].log->rtt, ret);
	free(p);
	return enough;
}

/* What that fit says for a limit, as evidence names; at most six. */
struct signs {
	const char *name[6];
	size_t n;
	int strength; /* how much of it speaks for a limit */
	bool queue;
};

static void
sign(struct signs *s, const char *name, int strength)
{
	s->name[s->n++] = name;
	s->strength += strength;
}

/* Does what arrives look as if a queue had handed it on? */
static bool
is_smooth(const struct policer_fit *x)
{
	if (x->arrival <= 0 || (x->ranked >= RANKED_MANY && x->rank <= ANYWHERE))
		return false;
	return x->rushed <= SMOOTH ||
	       (x->score >= PARTLY_EXPLAINED && x->queue >= x->score - QUEUE_MARGIN);
}

static void
read_signs(const struct policer_fit *x, struct signs *s)
{

	memset(s, 0, sizeof *s);
	/* Steady losses by chance make a rate steady, too; but no bucket explains them. */
	if (x->surprise < SURPRISE || x->score < PARTLY_EXPLAINED)
		return;
	if (x->spans >= SPANS_FEW && x->held >= HELD)
		sign(s, "rate.held", 3);
	else if (x->spans >= SPANS_FEW && x->held >= NEARLY_HELD)
		sign(s, "rate.nearly_held", 1);
	if (x->score >= EXPLAINED)
		sign(s, "rate.bucket", 3);
	else
		sign(s, "rate.partly_bucket", 1);
	if (s->n == 0)
		return;
	if (is_smooth(x))
		sign(s, "rate.queue", -9);
	if (x->ranked >= RANKED_FEW && x->rank >= TOP)
		sign(s, "rate.delay", -9);
	s->queue = s->strength < 0;
	if (!s->queue && x->rushed >= RUSHED)
		sign(s, "rate.rushed", 1);
}

static const struct log *
find_log(const struct rates *r, const struct finding *f)
{
	for (size_t i = r->n; i-- > 0;)
		if (r->logs[i].flow == f->flow.id && r->logs[i].rate->began <= f->nsec)
			return &r->logs[i];
	return NULL;
}

static int
by_flow(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return x->log < y->log ? -1 : x->log > y->log;
}

/* What else went to the same receiver at that time, from the same sender or from anybody. Who
 * opened a connection does not matter. */
static size_t
find_group(const struct rates *r, const struct member *me, bool same_sender, struct member *group)
{
	const struct addr *sender = &me->log->addr[me->from];
	const struct addr *receiver = &me->log->addr[other_side((enum side)me->from)];
	size_t n = 0;

	group[n++] = *me;
	for (size_t i = 0; i < r->n && n < GROUP_MAX; i++) {
		const struct log *x = &r->logs[i];
		unsigned from = addr_equal(&x->addr[CLIENT], receiver) ? SERVER : CLIENT;

		if (x == me->log || x->first > me->log->last || x->last < me->log->first ||
		    x->rate->side[from].n == 0 || !addr_equal(&x->addr[1 - from], receiver) ||
		    (same_sender && !addr_equal(&x->addr[from], sender)))
			continue;
		group[n++] = (struct member){x, from};
	}
	qsort(group, n, sizeof *group, by_flow);
	return n;
}

/* The members of one group ask one after the other. */
static bool
fit_group(struct rates *r, const struct member *group, size_t n, struct policer_fit *ret)
{
	if (r->ncached != n || memcmp(r->cached, group, n * sizeof *group) != 0) {
		r->enough = fit(group, n, &r->fit);
		r->ncached = n;
		memcpy(r->cached, group, n * sizeof *group);
	}
	*ret = r->fit;
	return r->enough;
}

/* Losses that fit no bucket, but are far more than lines lose. */
static void
weigh_loss(struct finding *f, const struct member *me)
{
	const struct rate_side *s = &me->log->rate->side[me->from];
	double share = (double)s->lost / (double)s->n;

	if (s->lost < LOSSY_LEAST || share < (is_behind(s) ? LOSSY_BEHIND : LOSSY))
		return;
	finding_weigh(f, "rate.lossy", f->ncites ? f->cites[f->ncites - 1].at : (struct ref){0, 0});
	finding_explain(f,
			"%.0f of 100 packets from %s were lost, as long as the connection went on.",
			share * 100, me->from == SERVER ? "the server" : "the client");
}

static void
tell(struct finding *f, const struct log *me, enum side from, const struct policer_fit *x,
     const struct signs *s, size_t together)
{
	struct ref at = f->ncites ? f->cites[f->ncites - 1].at : (struct ref){0, 0};
	const char *who = from == SERVER ? "the server" : "the client";
	bool held = x->spans >= SPANS_FEW && x->held >= NEARLY_HELD;
	char others[64] = "";

	for (size_t i = 0; i < s->n; i++)
		finding_weigh(f, s->name[i], at);
	if (together > 1)
		snprintf(others, sizeof others, ", together with %zu other connections,",
			 together - 1);
	f->rate = (held ? x->rate : x->goodput) * 8;
	f->rate_low = (held ? x->low : x->goodput) * 8;
	f->rate_high = (held ? x->high : fmax(x->bucket_rate, x->goodput)) * 8;
	f->burst = x->surprise >= SURPRISE && x->score >= PARTLY_EXPLAINED
		       ? (uint64_t)x->bucket
		       : me->rate->side[from].burst;
	if (held)
		finding_explain(f,
				"What %s sent%s was held to %.0f kbit/s: packets were dropped "
				"whenever more came, %zu of %zu stretches between losses ran at "
				"that rate.",
				who, others, f->rate / 1000,
				(size_t)lrint(x->held * (double)x->spans), x->spans);
	else
		finding_explain(
		    f,
		    "What %s sent%s was dropped in bursts beyond about %llu bytes: %.0f "
		    "of 100 losses came when that allowance was spent, and %.0f of 100 "
		    "other packets passed then.",
		    who, others, (unsigned long long)f->burst, x->explained * 100, x->chance * 100);
	if (x->rushed >= RUSHED && !s->queue)
		finding_excludes(
		    f, "a queue that overflows, as on a slow or busy line",
		    "%.0f of 100 bytes came more than three times as fast as that: they "
		    "did not wait for each other",
		    x->rushed * 100);
	if (!s->queue)
		finding_excludes(
		    f, "losses by chance",
		    "%.0f of 100 of the %zu bursts of loss came with the bucket empty, "
		    "and %zu of %zu stretches ran at one rate",
		    x->explained * 100, x->slices, (size_t)lrint(x->held * (double)x->spans),
		    x->spans);
}

void
rates_weigh(struct rates *r, struct finding *f)
{
	enum side from = f->direction == TO_SERVER ? CLIENT : SERVER;
	struct member me = {find_log(r, f), from}, group[GROUP_MAX];
	struct policer_fit best, other;
	struct signs signs, more;
	size_t n = 1, last = 1;

	if (!me.log || !fit(&me, 1, &best))
		return;
	read_signs(&best, &signs);
	for (int wide = 0; wide < 2 && signs.strength < ENOUGH; wide++) {
		size_t m = find_group(r, &me, !wide, group), i;

		if (m == last)
			continue;
		last = m;
		if (!fit_group(r, group, m, &other))
			continue;
		/* Whose own losses come at other times only shares the way with those who are held.
		 */
		for (i = 0; i < m && group[i].log != me.log; i++)
			;
		if (other.own[i] < PARTLY_EXPLAINED)
			continue;
		read_signs(&other, &more);
		if (more.strength > signs.strength) {
			best = other;
			signs = more;
			n = m;
		}
	}
	if (signs.n == 0)
		weigh_loss(f, &me);
	else
		tell(f, me.log, from, &best, &signs, n);
}
