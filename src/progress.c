/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wall time is read here and nowhere else: nothing of it reaches the report. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Four drawings a second: the eye sees it move, the terminal has no work. */
#define REDRAW_NSEC (NSEC_PER_SEC / 4)

struct progress {
	uint64_t total;
	int64_t started, drawn;
	bool shown;
};

static int64_t
wall_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

struct progress *
progress_new(uint64_t total)
{
	struct progress *p = xcalloc(1, sizeof *p);

	p->total = total;
	p->started = p->drawn = wall_nsec();
	return p;
}

/* Four digits of a number that has many, with a letter for the rest. */
static const char *
shorten(double v, char out[16])
{
	static const char units[] = " kMGTPE";
	size_t u = 0;

	while (v >= 1000 && u + 2 < sizeof units) {
		v /= 1000;
		u++;
	}
	if (u)
		snprintf(out, 16, "%.1f %c", v, units[u]);
	else
		snprintf(out, 16, "%.0f ", v);
	return out;
}

void
progress_update(struct progress *p, uint64_t bytes, uint64_t packets)
{
	int64_t now = wall_nsec();
	double seconds = (double)(now - p->started) / (double)NSEC_PER_SEC;
	char read[16], all[16], count[16], rate[16];

	if (now - p->drawn < REDRAW_NSEC)
		return;
	p->drawn = now;
	p->shown = true;
	shorten((double)bytes, read);
	shorten((double)packets, count);
	shorten((double)packets / seconds, rate);
	if (p->total && bytes && bytes <= p->total) {
		double left = seconds * (double)(p->total - bytes) / (double)bytes;

		fprintf(stderr, "\r\033[K%3.0f %%  %sB of %sB  %spackets  %spackets/s  %.0f s left",
			100.0 * (double)bytes / (double)p->total, read,
			shorten((double)p->total, all), count, rate, left);
	} else {
		fprintf(stderr, "\r\033[K%sB  %spackets  %spackets/s", read, count, rate);
	}
	fflush(stderr);
}

void
progress_free(struct progress *p)
{
	if (p && p->shown) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	free(p);
}
