/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stretches of capture time of one length, that begin at whole multiples of it since 1970, so that
 * those of several machines fit together. The first one, and one after a step of the clock, is
 * shorter. */
#pragma once

#include "base.h"

struct window {
	int64_t length;            /* nanoseconds */
	int64_t from, until, last; /* until 0: nothing was seen yet; last: the latest time seen */
};

/* It is that late by now. Returns true if a window is over: then *ret_from and *ret_to are its
 * bounds, and the next one has begun. */
bool window_over(struct window *w, int64_t now, int64_t *ret_from, int64_t *ret_to);
