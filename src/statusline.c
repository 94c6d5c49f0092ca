/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A carriage return, and ECMA-48's "erase in line". */
#include "statusline.h"

#include <stdio.h>
#include <time.h>

static int64_t
clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

int64_t
clock_steady(void)
{
	return clock_now(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
	return clock_now(CLOCK_REALTIME);
}

void
state_tell(const struct live_state *s, void (*tell)(const char *fmt, ...))
{
	tell("%llu packets, %llu conversations open, %llu findings, %llu packets dropped",
	     (unsigned long long)s->frames, (unsigned long long)s->open_flows,
	     (unsigned long long)s->findings, (unsigned long long)s->dropped);
}

void
statusline_draw(struct statusline *l, const struct live_state *s)
{
	int64_t now = clock_steady();
	double seconds = (double)(now - l->nsec) / (double)NSEC_PER_SEC;

	if (!l->drawn || seconds < 1)
		return;
	fprintf(stderr, "\r\033[K%.0f packets/s, %llu open, %llu findings, %llu dropped",
		(double)(s->frames - l->frames) / seconds, (unsigned long long)s->open_flows,
		(unsigned long long)s->findings, (unsigned long long)s->dropped);
	fflush(stderr);
	l->nsec = now;
	l->frames = s->frames;
}

void
statusline_clear(const struct statusline *l)
{
	if (l->drawn)
		fputs("\r\033[K", stderr);
}
