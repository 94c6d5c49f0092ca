/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a token bucket explain which packets of a stream were lost?
 *
 * A policer lets a packet pass if its bucket, filled at a rate up to a depth, holds enough, and
 * drops it otherwise. So between two losses exactly as much passes as the rate allows, over and
 * over again, unless the bucket was full in between; and packets are lost when it is empty. A queue
 * that overflows does the same, but its delay grows while it fills. */
#include "policer.h"
#include "base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The detector of 2016 asks for 15 lost packets in 3 slices. */
#define LOSSES_MIN 15
#define SLICES_MIN 3
/* A full segment of an Ethernet path. */
#define SEGMENT 1500.0
/* What packets in flight between the capture and the bucket may add. */
#define SLACK (2 * SEGMENT)
#define NEARBY(bucket) fmax(8 * SEGMENT, (bucket) / 6)
/* Stretches that are compared: so many of them, if they can be long enough to measure a rate
 * (a segment too many is 6 % of 24 kB) and need not be longer than 200 kB. */
#define SPANS_WANTED 24
#define SPAN_LEAST 24000.0
#define SPAN_MOST 200000.0
#define SPANS_MAX 512
/* A rate is the same if it differs by less than this, beside a segment at each end. */
#define TOLERANCE 0.02
/* The rates and the depths that are tried. 8 kB to 2 MB are what the literature found. */
#define RATE_STEP 1.3
#define RATES 16
#define FINE 14
#define BUCKET_LEAST 6000.0
#define BUCKETS 19
/* Packets that the grid is tried on; what is best is refined on all. */
#define COARSE 8192
/* A better score that is none. */
#define LITTLE 0.01
/* The rate of a queue is that at which its bursts come out: three quarters come no faster. */
#define ARRIVAL_SHARE 0.75
/* No queue is shorter than this: 8 kB at 10 Mbit/s are 6.4 ms, a switch port at 1 Gbit/s has more.
 */
#define QUEUE_SECONDS 0.004
/* What comes so much faster than all in all comes in a rush. */
#define RUSHED 3

struct work {
	const struct passage *p;
	size_t n;
	size_t *slice; /* the first loss of each burst of them */
	size_t nslices;
	double gap; /* what parts two bursts, microseconds */
};

static int
by_time(const void *a, const void *b)
{
	const struct passage *x = a, *y = b;

	if (x->usec != y->usec)
		return x->usec < y->usec ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

static void
find_slices(struct work *w, struct policer_fit *r)
{
	w->slice = xcalloc(w->n + 1, sizeof *w->slice);
	for (size_t i = 0; i < w->n; i++) {
		if (!w->p[i].lost)
			continue;
		r->losses++;
		if (!w->nslices ||
		    (double)(w->p[i].usec - w->p[w->slice[w->nslices - 1]].usec) > w->gap)
			w->slice[w->nslices++] = i;
	}
	r->slices = w->nslices;
}

struct span {
	double bytes, seconds;
	bool idle; /* nothing was sent for a while: the bucket may have been full */
};

static size_t
find_spans(const struct work *w, struct span *span)
{
	double all = 0, least;
	size_t n = 0;
	struct span s = {0, 0, false};

	for (size_t i = w->slice[0]; i < w->slice[w->nslices - 1]; i++)
		all += w->p[i].lost ? 0 : w->p[i].len;
	least = fmin(fmax(all / SPANS_WANTED, SPAN_LEAST), SPAN_MOST);
	for (size_t k = 1; k < w->nslices && n < SPANS_MAX; k++) {
		for (size_t i = w->slice[k - 1] + 1; i <= w->slice[k]; i++) {
			s.bytes += w->p[i].lost ? 0 : w->p[i].len;
			s.idle |= (double)(w->p[i].usec - w->p[i - 1].usec) > 2 * w->gap;
		}
		s.seconds += (double)(w->p[w->slice[k]].usec - w->p[w->slice[k - 1]].usec) / 1e6;
		if (s.bytes < least)
			continue;
		span[n++] = s;
		s = (struct span){0, 0, false};
	}
	return n;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The rate at which most stretches ran, and how many did. */
static void
find_rate(const struct work *w, struct policer_fit *r)
{
	struct span span[SPANS_MAX];
	double rate[SPANS_MAX];
	size_t n = find_spans(w, span), best = 0, counted = 0, m = 0;

	for (size_t i = 0; i < n; i++) {
		double x = span[i].bytes / span[i].seconds;
		size_t fit = 0, of = 0;

		for (size_t k = 0; k < n; k++) {
			double off = span[k].bytes - x * span[k].seconds;
			bool fits = fabs(off) <= SLACK + TOLERANCE * span[k].bytes;

			fit += fits;
			of += fits || !span[k].idle || off > 0;
		}
		if (fit > best) {
			best = fit;
			counted = of;
			r->rate = x;
		}
	}
	r->spans = counted;
	r->held = counted ? (double)best / (double)counted : 0;
	for (size_t k = 0; k < n; k++) {
		double x = span[k].bytes / span[k].seconds;

		if (fabs(span[k].bytes - r->rate * span[k].seconds) <=
		    SLACK + TOLERANCE * span[k].bytes)
			rate[m++] = x;
	}
	if (m == 0)
		return;
	qsort(rate, m, sizeof *rate, by_value);
	r->rate = rate[m / 2];
	r->low = rate[m / 4];
	r->high = rate[m - 1 - m / 4];
}

#define EVERY (-1) /* connection */

struct trial {
	double rate, bucket;
	bool full; /* to begin with */
	int flow;  /* whose losses are to be explained, or EVERY */
	double heads, explained, chance, overdrawn, score;
};

/* Lets a bucket of that make run along with the packets. A loss that it does not explain by far is
 * somebody else's; one nearby tells how full it truly is. */
static void
try_bucket(const struct work *w, struct trial *t, size_t n)
{
	double tokens = t->full ? t->bucket : 0, heads = 0, empty = 0, passed = 0, low = 0,
	       over = 0;
	int64_t last = w->p[w->slice[0]].usec, lost_at = INT64_MIN / 2;

	for (size_t i = w->slice[0]; i < n; i++) {
		const struct passage *p = &w->p[i];

		tokens += t->rate * (double)(p->usec - last) / 1e6;
		last = p->usec;
		if (tokens > t->bucket)
			tokens = t->bucket;
		if (p->lost) {
			if ((t->flow == EVERY || t->flow == p->flow) &&
			    (double)(p->usec - lost_at) > w->gap) {
				heads++;
				empty += tokens <= SLACK;
				lost_at = p->usec;
			}
			if (tokens > SLACK && tokens < NEARBY(t->bucket))
				tokens = SLACK;
			continue;
		}
		passed++;
		/* What chance would say must be asked at the same moments as the losses. */
		low += tokens - (p->behind ? p->len : 0) <= SLACK;
		tokens -= p->len;
		if (tokens < -SLACK) {
			over++;
			tokens = -SLACK;
		}
	}
	t->explained = heads > 0 ? empty / heads : 0;
	t->chance = passed > 0 ? low / passed : 1;
	t->overdrawn = passed > 0 ? over / passed : 1;
	t->heads = heads;
	t->score = t->explained - t->chance - 3 * t->overdrawn;
}

/* Keeps the better one. Rates are tried from low to high: the lowest that explains as much. */
static void
try_one(const struct work *w, struct trial t, size_t n, struct trial *best)
{
	try_bucket(w, &t, n);
	if (t.score > best->score + LITTLE)
		*best = t;
}

static void
try_depths(const struct work *w, double rate, double least, size_t n, struct trial *best)
{
	for (int k = 0; k < 2 * BUCKETS && rate > 0; k++) {
		struct trial t = {.rate = rate, .full = k & 1, .flow = EVERY};
		int step = k / 2; /* of half an octave */

		t.bucket = BUCKET_LEAST * pow(2, step / 2.0);
		if (t.bucket >= least)
			try_one(w, t, n, best);
	}
}

/* What is near the best of the coarse grid, on all packets. */
static void
refine(const struct work *w, const struct trial *about, struct trial *best)
{
	best->score = -1;
	for (int i = -FINE; i <= FINE; i++) {
		for (int k = -2; k <= 2; k++) {
			struct trial t = {.full = about->full, .flow = EVERY};

			t.rate = about->rate * (1 + i * 0.01);
			t.bucket = fmax(about->bucket * pow(2, k / 4.0), BUCKET_LEAST);
			try_one(w, t, w->n, best);
		}
	}
}

/* How much more likely the losses are with the bucket than by chance, as a logarithm. */
static double
surprise(const struct trial *t)
{
	double p = fmin(fmax(t->explained, 0.001), 0.999);
	double q = fmin(t->chance + t->overdrawn + 0.02, 0.999);

	return p > q ? t->heads * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))) : 0;
}

/* How well does it explain what each of several connections lost? */
static void
find_shares(const struct work *w, struct policer_fit *r, struct trial best)
{
	int flows = 1;

	for (size_t i = 0; i < w->n && flows < POLICER_FLOWS; i++)
		if (w->p[i].flow >= flows)
			flows = w->p[i].flow + 1;
	r->own[0] = best.score;
	for (best.flow = 0; flows > 1 && best.flow < flows; best.flow++) {
		try_bucket(w, &best, w->n);
		r->own[best.flow] = best.score;
	}
}

static void
find_bucket(const struct work *w, struct policer_fit *r)
{
	double bytes = 0, seconds, least;
	struct trial coarse = {0}, best;
	size_t n;

	for (size_t i = w->slice[0]; i < w->slice[w->nslices - 1]; i++)
		bytes += w->p[i].lost ? 0 : w->p[i].len;
	seconds = (double)(w->p[w->slice[w->nslices - 1]].usec - w->p[w->slice[0]].usec) / 1e6;
	least = bytes / seconds;
	n = w->slice[0] + COARSE < w->n ? w->slice[0] + COARSE : w->n;
	coarse.score = -1;
	for (int i = -1; i < RATES; i++)
		try_depths(w, i < 0 ? r->rate : least * pow(RATE_STEP, i), 0, n, &coarse);
	refine(w, &coarse, &best);
	r->goodput = least;
	r->bucket = best.bucket;
	r->explained = best.explained;
	r->chance = best.chance;
	r->overdrawn = best.overdrawn;
	r->score = best.score;
	r->bucket_rate = best.rate;
	r->surprise = surprise(&best);
	find_shares(w, r, best);
}

struct arrival {
	double when, rate;
	uint32_t len;
	uint16_t flow;
};

static int
by_arrival(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->flow != y->flow)
		return (int)x->flow - (int)y->flow;
	return x->when < y->when ? -1 : x->when > y->when;
}

static int
by_rate(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return x->rate < y->rate ? -1 : x->rate > y->rate;
}

/* How fast do bursts come out at the far end? A queue hands them on at its rate, a policer as they
 * came. Confirmations tell, or the packets themselves if the capture stands behind it. */
static void
find_arrivals(const struct work *w, struct policer_fit *r)
{
	struct arrival *a = xcalloc(w->n, sizeof *a);
	size_t n = 0, m = 0;
	double all = 0, sum = 0;

	for (size_t i = 0; i < w->n; i++)
		if (!w->p[i].lost && w->p[i].arrived)
			a[n++] = (struct arrival){(double)(w->p[i].usec + w->p[i].delay), 0,
						  w->p[i].len, w->p[i].flow};
	qsort(a, n, sizeof *a, by_arrival);
	for (size_t i = 0; i < n;) {
		size_t k = i + 1;
		double bytes = 0;

		while (k < n && a[k].flow == a[i].flow && a[k].when < a[i].when + 1)
			k++;
		/* What one confirmation covers came since the one before. */
		for (size_t j = i; j < k; j++)
			bytes += a[j].len;
		if (m && a[m - 1].flow == a[i].flow) {
			a[m].rate = bytes / ((a[i].when - a[m - 1].when) / 1e6);
			a[m].len = (uint32_t)bytes;
			all += bytes;
		} else {
			a[m].rate = 0;
			a[m].len = 0;
		}
		a[m].when = a[i].when;
		a[m++].flow = a[i].flow;
		i = k;
	}
	qsort(a, m, sizeof *a, by_rate);
	for (size_t i = 0; i < m && sum < ARRIVAL_SHARE * all; i++) {
		sum += a[i].len;
		r->arrival = a[i].rate;
	}
	for (size_t i = 0; i < m; i++)
		r->rushed += a[i].rate > RUSHED * r->goodput ? a[i].len / all : 0;
	free(a);
}

struct delay {
	uint32_t delay;
	uint16_t flow;
	bool before; /* the last that is known before a burst of losses of its connection */
};

static int
by_delay(const void *a, const void *b)
{
	const struct delay *x = a, *y = b;

	if (x->flow != y->flow)
		return (int)x->flow - (int)y->flow;
	return x->delay < y->delay ? -1 : x->delay > y->delay;
}

/* Where do the delays before losses stand among all? In a queue that overflows, on top. */
static void
find_delays(const struct work *w, struct policer_fit *r)
{
	struct delay *d = xcalloc(w->n, sizeof *d), *last[POLICER_FLOWS] = {NULL};
	int64_t lost_at[POLICER_FLOWS] = {0};
	size_t n = 0, heads = 0;
	double rank = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct passage *p = &w->p[i];
		size_t f = p->flow % POLICER_FLOWS;

		if (!p->lost && p->arrived && p->delay) {
			d[n] = (struct delay){p->delay, p->flow, false};
			last[f] = &d[n++];
		} else if (p->lost) {
			if (last[f] && (double)(p->usec - lost_at[f]) > w->gap)
				last[f]->before = true;
			lost_at[f] = p->usec;
		}
	}
	qsort(d, n, sizeof *d, by_delay);
	for (size_t i = 0, from = 0; i < n; i++) {
		size_t to = i;

		if (d[i].flow != d[from].flow)
			from = i;
		if (!d[i].before)
			continue;
		while (to < n && d[to].flow == d[from].flow)
			to++;
		heads++;
		rank += (double)(i - from) / (double)(to - from);
	}
	r->ranked = heads;
	r->rank = heads ? rank / (double)heads : 0;
	free(d);
}

static void
find_queue(const struct work *w, struct policer_fit *r)
{
	size_t n = w->slice[0] + COARSE < w->n ? w->slice[0] + COARSE : w->n;
	struct trial best = {.score = -1};

	find_arrivals(w, r);
	find_delays(w, r);
	try_depths(w, r->arrival, r->arrival * QUEUE_SECONDS, n, &best);
	r->queue = best.score;
}

bool
policer_fit(struct passage *p, size_t n, int64_t rtt_usec, struct policer_fit *ret)
{
	struct work w = {.p = p, .n = n, .gap = (double)rtt_usec};

	memset(ret, 0, sizeof *ret);
	qsort(p, n, sizeof *p, by_time);
	find_slices(&w, ret);
	if (ret->losses >= LOSSES_MIN && ret->slices >= SLICES_MIN) {
		find_rate(&w, ret);
		find_bucket(&w, ret);
		find_queue(&w, ret);
	}
	free(w.slice);
	return ret->losses >= LOSSES_MIN && ret->slices >= SLICES_MIN;
}
