/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time in which nothing was watched, as after a suspend, belongs to no window. */
#include "window.h"

static void
begin(struct window *w, int64_t now)
{
	w->from = w->last = now;
	w->until = (now / w->length + 1) * w->length;
}

bool
window_over(struct window *w, int64_t now, int64_t *ret_from, int64_t *ret_to)
{
	/* Frames and the clock take turns, a blink apart: only more than that is a step. */
	bool back = now < w->from - w->length;

	if (!w->until) {
		begin(w, now);
		return false;
	}
	if (now < w->until && !back) {
		w->last = now > w->last ? now : w->last;
		return false;
	}
	*ret_from = w->from;
	*ret_to = back ? w->last : w->until;
	if (!back && now < w->until + w->length) {
		w->from = w->last = w->until;
		w->until += w->length;
	} else {
		begin(w, now);
	}
	return true;
}
