/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of the capture file formats share: how a file ends, and what a tick is. */
#include "record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Times are kept within 2^62 ns of the epoch, until the year 2116: the difference of any two fits
 * in 64 bits, whatever a file claims. */
#define TIME_MAX (((int64_t)1 << 62) - 1)
#define TIME_MIN (-((int64_t)1 << 62))

/* 10^19 is the largest power of ten in 64 bits. In finer units than that of a nanosecond, no
 * 64-bit count makes one. */
#define DIVISOR_DIGITS 19

int
capfile_end(struct capfile *f)
{
	struct source *s = f->source;

	f->stopped = true;
	if (s->bad)
		snprintf(f->trouble, sizeof f->trouble, "%s", s->why);
	else
		f->truncated = s->cut || s->at < s->end;
	return 0;
}

int
capfile_trouble(struct capfile *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	f->stopped = true;
	va_start(ap, fmt);
	n = vsnprintf(f->trouble, sizeof f->trouble, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof f->trouble)
		snprintf(f->trouble + n, sizeof f->trouble - (size_t)n,
			 " (at byte %llu, after frame %u)",
			 (unsigned long long)source_position(f->source), f->number);
	return 0;
}

bool
capfile_count(struct capfile *f)
{
	if (f->number == UINT32_MAX) {
		capfile_trouble(f, "more frames than can be numbered");
		return false;
	}
	f->number++;
	return true;
}

void
interface_set_decimal(struct interface *i, unsigned digits)
{
	i->shift = 0;
	i->multiply = i->divide = 1;
	for (unsigned d = digits; d < 9; d++)
		i->multiply *= 10;
	for (unsigned d = 9; d < digits && d < 9 + DIVISOR_DIGITS; d++)
		i->divide *= 10;
	if (digits > 9 + DIVISOR_DIGITS)
		i->divide = 0;
}

static int64_t
ticks_to_nsec(const struct interface *i, uint64_t ticks)
{
	uint64_t sec, part;

	if (!i->shift) {
		if (i->divide != 1)
			ticks = i->divide ? ticks / i->divide : 0;
		return ticks > (uint64_t)TIME_MAX / i->multiply ? TIME_MAX
								: (int64_t)(ticks * i->multiply);
	}
	sec = i->shift < 64 ? ticks >> i->shift : 0;
	if (sec >= (uint64_t)(TIME_MAX / NSEC_PER_SEC))
		return TIME_MAX;
	part = i->shift < 64 ? ticks & (((uint64_t)1 << i->shift) - 1) : ticks;
	/* part / 2^shift seconds; 2^34 * 10^9 still fits in 64 bits. */
	if (i->shift <= 34)
		part = part * (uint64_t)NSEC_PER_SEC >> i->shift;
	else if (i->shift - 34 < 64)
		part = (part >> (i->shift - 34)) * (uint64_t)NSEC_PER_SEC >> 34;
	else
		part = 0;
	return (int64_t)(sec * (uint64_t)NSEC_PER_SEC + part);
}

int64_t
interface_time(const struct interface *i, uint64_t ticks)
{
	int64_t nsec = ticks_to_nsec(i, ticks);

	if (!i->offset)
		return nsec;
	if (i->offset > TIME_MAX / NSEC_PER_SEC)
		return TIME_MAX;
	if (i->offset < TIME_MIN / NSEC_PER_SEC)
		return TIME_MIN;
	nsec += i->offset * NSEC_PER_SEC;
	if (nsec > TIME_MAX)
		return TIME_MAX;
	return nsec < TIME_MIN ? TIME_MIN : nsec;
}
