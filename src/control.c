/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Controls: other conversations of the capture that a suspicion is held against. */
#include "control.h"

#include <string.h>

bool
episodes_near(const struct episode *a, const struct episode *b, int64_t within)
{
	return a->first - b->last <= within && b->first - a->last <= within;
}

bool
control_same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* A DNS conversation may have many questions, of which one was answered falsely. */
bool
episode_is_about(const struct episode *e, const struct episode *other)
{
	return e->flow == other->flow && (!e->dns || control_same_text(e->name, other->name));
}

void
control_neighbours(struct history *h, const struct episode *me, const struct episode **ret,
		   size_t *ret_from, size_t *ret_to)
{
	size_t n, from, to, low, high;
	const struct episode *all = history_episodes(h, &n);

	history_at_server(h, &me->server, &from, &to);
	for (low = from, high = to; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (all[mid].first < me->first)
			low = mid + 1;
		else
			high = mid;
	}
	*ret = all;
	*ret_from = low - from > ASK_MAX / 2 ? low - ASK_MAX / 2 : from;
	*ret_to = to - low > ASK_MAX / 2 ? low + ASK_MAX / 2 : to;
}

void
control(struct finding *f, const char *evidence, const struct episode *e, const char *what)
{
	struct ref at = e->ok_at.frame ? e->ok_at : e->alive_at;
	struct cite *c;

	if (finding_has(f, evidence))
		return;
	finding_weigh(f, evidence, at);
	if (!at.frame)
		return;
	c = finding_cite(f, at, ROLE_CONTROL);
	finding_observe(f, c, "control", NULL, "%s (flow %llu%s%s)", what,
			(unsigned long long)e->flow, e->name ? ", " : "", e->name ? e->name : "");
	f->basis |= BASIS_CONTRAST;
}
