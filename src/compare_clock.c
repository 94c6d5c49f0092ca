/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the two clocks differ. A packet cannot arrive before it was sent: those of one direction say
 * how far the far clock is ahead at most, those of the other at least, and the fastest of each say
 * it best (RFC 5905, 10; V. Paxson, On Calibrating Measurements of Packet Transit Times, SIGMETRICS
 * 1998). The drift is that of the line under all points which comes closest to them (S. Moon,
 * P. Skelly, D. Towsley, Estimation and Removal of Clock Skew from Network Delay Measurements,
 * INFOCOM 1999): an edge of their hull. */
#include "compare.h"

#include <math.h>
#include <stdlib.h>

/* Below this a line through a few hundred microseconds of jitter says nothing of the drift: 0.4 ms
 * in 10 s are 40 parts in a million, as much as crystals are wrong by (RFC 5905, 4: PHI is 15). */
#define DRIFT_NSEC (10 * NSEC_PER_SEC)
#define DRIFT_SAMPLES 8 /* of a direction; fewer make an edge of chance */
/* A hundred times what a crystal's worst is: a line that is steeper is no clock's. */
#define DRIFT_MOST 0.01
/* pair_read() takes times from the epoch up to here (the year 2116), so that sums fit. */
#define TIME_LAST ((1LL << 62) - 1)

struct point {
	double t, d; /* nanoseconds since the first; what the clocks and the way make of it */
};

struct line {
	double slope, height; /* height at the mean time */
	double spread;        /* of the slope: how far from sure, from the points above the line */
	size_t n;
	bool good;
};

static int
compare_points(const void *x, const void *y)
{
	const struct point *a = x, *b = y;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	return a->d < b->d ? -1 : a->d > b->d;
}

static double
turn(const struct point *a, const struct point *b, const struct point *p)
{
	return (b->t - a->t) * (p->d - a->d) - (b->d - a->d) * (p->t - a->t);
}

/* The lower hull of points in order; overwrites them. */
static size_t
hull(struct point *v, size_t n)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		if (m && v[m - 1].t == v[i].t)
			continue; /* the lower one came first */
		while (m >= 2 && turn(&v[m - 2], &v[m - 1], &v[i]) <= 0)
			m--;
		v[m++] = v[i];
	}
	return m;
}

static int
compare_doubles(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

/* Half of the points lie no further above the line than this. */
static double
median_above(const struct point *v, size_t n, double slope, double t0, double d0)
{
	double *above = xcalloc(n, sizeof *above), median;

	for (size_t i = 0; i < n; i++)
		above[i] = v[i].d - d0 - slope * (v[i].t - t0);
	qsort(above, n, sizeof *above, compare_doubles);
	median = above[n / 2];
	free(above);
	return median;
}

/* The line under the points that is closest to them all: the edge over their mean time. */
static struct line
lowest(struct point *v, size_t n)
{
	struct line l = {.n = n};
	struct point *copy = xcalloc(n, sizeof *copy);
	double mean = 0;
	size_t m, k = 0;

	qsort(v, n, sizeof *v, compare_points);
	for (size_t i = 0; i < n; i++)
		mean += v[i].t / (double)n;
	memcpy(copy, v, n * sizeof *v);
	m = hull(copy, n);
	while (k + 2 < m && copy[k + 1].t < mean)
		k++;
	l.height = copy[k].d;
	if (m >= 2) {
		const struct point *a = &copy[k], *b = &copy[k + 1];

		l.slope = (b->d - a->d) / (b->t - a->t);
		l.height = a->d + l.slope * (mean - a->t);
		l.spread = median_above(v, n, l.slope, a->t, a->d) / (b->t - a->t);
		l.good = n >= DRIFT_SAMPLES && v[n - 1].t - v[0].t >= DRIFT_NSEC;
	}
	free(copy);
	return l;
}

/* The drift by both directions, each by how sure it is. That of the line over -d is the same. */
static void
drift_of(const struct line l[NENDS], struct pair_clock *k)
{
	double slope[NENDS] = {l[NEAR].slope, -l[FAR].slope}, weight = 0, sum = 0, least = INFINITY;

	for (int e = 0; e < NENDS; e++) {
		double spread = l[e].spread > 1e-12 ? l[e].spread : 1e-12;

		if (!l[e].good)
			continue;
		weight += 1 / (spread * spread);
		sum += slope[e] / (spread * spread);
		least = fmin(least, spread);
	}
	k->drift_known = weight > 0 && fabs(sum / weight) < DRIFT_MOST;
	if (!k->drift_known)
		return;
	k->drift = sum / weight;
	k->drift_error = least;
	if (l[NEAR].good && l[FAR].good)
		k->drift_error = fmax(least, fabs(slope[NEAR] - slope[FAR]) / 2);
}

static int
compare_times(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

static void
delays_of(const struct clock_sample *v, size_t n, struct pair_clock *k)
{
	int64_t *d = xcalloc(n + 1, sizeof *d);

	for (int e = 0; e < NENDS; e++) {
		size_t m = 0;

		for (size_t i = 0; i < n; i++)
			if ((int)v[i].sender == e)
				d[m++] = e == NEAR ? clock_delay(k, NEAR, v[i].near, v[i].far)
						   : clock_delay(k, FAR, v[i].far, v[i].near);
		if (!m)
			continue;
		qsort(d, m, sizeof *d, compare_times);
		k->least[e] = d[0];
		k->usual[e] = d[m / 2];
		k->most[e] = d[m - 1];
	}
	free(d);
}

/* The least that the far clock is ahead by one direction's points, with the drift taken out. */
static double
least_of(const struct point *v, size_t n, double drift)
{
	double least = INFINITY;

	for (size_t i = 0; i < n; i++)
		least = fmin(least, v[i].d - drift * v[i].t);
	return least;
}

static double
span_of(const struct clock_sample *v, size_t n)
{
	int64_t first = v[0].near, last = v[0].near;

	for (size_t i = 1; i < n; i++) {
		first = v[i].near < first ? v[i].near : first;
		last = v[i].near > last ? v[i].near : last;
	}
	return (double)(last - first);
}

void
clock_estimate(const struct clock_sample *v, size_t n, struct pair_clock *k)
{
	struct point *p[NENDS];
	struct line l[NENDS] = {{0}};
	int64_t near0, far0;
	double up, down, slope;

	*k = (struct pair_clock){0};
	if (!n)
		return;
	near0 = v[0].near;
	far0 = v[0].far;
	for (int e = 0; e < NENDS; e++)
		p[e] = xcalloc(n, sizeof *p[e]);
	for (size_t i = 0; i < n; i++) {
		double near = (double)(v[i].near - near0), ahead = (double)(v[i].far - far0) - near;

		/* To the far end a way adds to what its clock is ahead by, back it takes away. */
		p[v[i].sender][k->n[v[i].sender]++] =
		    (struct point){near, v[i].sender == NEAR ? ahead : -ahead};
	}
	for (int e = 0; e < NENDS; e++)
		if (k->n[e])
			l[e] = lowest(p[e], k->n[e]);
	k->known = k->n[NEAR] && k->n[FAR];
	k->one_way = !k->known;
	drift_of(l, k);
	slope = k->drift_known ? k->drift : 0;
	up = k->n[NEAR] ? least_of(p[NEAR], k->n[NEAR], slope) : 0;
	down = k->n[FAR] ? -least_of(p[FAR], k->n[FAR], -slope) : 0;
	k->at = near0;
	k->offset = (double)(far0 - near0) + (k->known ? (up + down) / 2 : k->n[NEAR] ? up : down);
	k->offset_error = k->known ? fmax((up - down) / 2, 0) : 0;
	/* What the drift is not known by moves one end of the time against the other. */
	if (k->known)
		k->offset_error += k->drift_error * span_of(v, n) / 2;
	delays_of(v, n, k);
	for (int e = 0; e < NENDS; e++)
		free(p[e]);
}

/* How far the far clock is ahead then; captures may say any time. */
static int64_t
ahead(const struct pair_clock *k, int64_t near)
{
	double d = k->offset + k->drift * (double)(near - k->at);

	return (int64_t)fmax(fmin(d, (double)TIME_LAST), -(double)TIME_LAST);
}

static int64_t
bounded(int64_t t)
{
	return t < 0 ? 0 : t > TIME_LAST ? TIME_LAST : t;
}

int64_t
clock_far(const struct pair_clock *k, int64_t near)
{
	return bounded(near + ahead(k, near));
}

int64_t
clock_near(const struct pair_clock *k, int64_t far)
{
	/* Drifts are thousandths at most: three steps leave less than a nanosecond an hour. */
	int64_t near = bounded(far - ahead(k, far));

	for (int i = 0; i < 3; i++)
		near = bounded(far - ahead(k, near));
	return near;
}

int64_t
clock_delay(const struct pair_clock *k, enum end sender, int64_t sent, int64_t received)
{
	return sender == NEAR ? clock_near(k, received) - sent : received - clock_near(k, sent);
}

void
pair_clock(struct comparison *c)
{
	struct clock_sample *v = xcalloc(c->nanchors + 1, sizeof *v);

	for (size_t i = 0; i < c->nanchors; i++) {
		const struct pair_packet *p = &c->ends[NEAR].packets[c->anchors[i].at[NEAR]];
		const struct pair_packet *q = &c->ends[FAR].packets[c->anchors[i].at[FAR]];

		v[i] = (struct clock_sample){p->nsec, q->nsec, pair_sender(c, NEAR, p)};
	}
	clock_estimate(v, c->nanchors, &c->clock);
	c->clock.loose = !c->clock.known || capture_count(c->ends[NEAR].capture) > 1 ||
			 capture_count(c->ends[FAR].capture) > 1;
	free(v);
}
