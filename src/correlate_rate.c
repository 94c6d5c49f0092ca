/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds a slow connection against the client's others. Wehe and its method (Molavi Kakhki et al.,
 * IMC 2015) replay the same bytes twice; a capture has to do with what else was carried then. */
#include "correlate_rate.h"

/* So much faster is no chance: the two throughputs that Wehe compares differ by a tenth to a third.
 */
#define FASTER 3
/* As good as no loss, beside a connection that loses one in twelve or more. */
#define LOSSLESS 0.02

/* A bad line is bad for a while: only who began meanwhile and fared well, or who did so before and
 * others after, show that it was none. */
struct witnesses {
	const struct episode *meanwhile, *before, *after;
	bool lossy; /* one of them lost as much */
};

static bool
is_kin(const struct episode *e, const struct episode *me)
{
	return e->port == me->port && addr_equal(&e->server, &me->server) && e->name && me->name &&
	       !control_same_text(e->name, me->name);
}

/* Who is at the same address, and is asked for nothing else, shares its fate in any case. */
static bool
is_witness(const struct episode *e, const struct episode *me, enum side from)
{
	return e->flow != me->flow && !e->interfered && e->pace[from].speed > 0 &&
	       (is_kin(e, me) || !addr_equal(&e->server, &me->server));
}

static void
compare_speed(struct finding *f, const struct episode *me, const struct episode *e, enum side from)
{
	bool kin = is_kin(e, me);

	if (f->rate > 0 && e->pace[from].speed * 8 > FASTER * f->rate)
		control(f, kin ? "control.faster_name" : "control.faster", e,
			kin ? "another name at the same address was served much faster"
			    : "another connection of the client was much faster");
}

static void
hear(struct witnesses *w, const struct episode *me, const struct episode *e, enum side from)
{
	bool meanwhile = e->first >= me->first && e->first < me->last;

	if (e->pace[from].lost < LOSSLESS)
		*(meanwhile ? &w->meanwhile : e->first < me->first ? &w->before : &w->after) = e;
	else if (meanwhile && e->pace[from].lost * 2 > me->pace[from].lost)
		w->lossy = true;
}

static void
compare_loss(struct finding *f, const struct witnesses *w, bool kin)
{
	const struct episode *e = w->meanwhile ? w->meanwhile : w->before;

	if (w->lossy || !e || (!w->meanwhile && !w->after))
		return;
	control(f, kin ? "control.lossless_name" : "control.lossless", e,
		kin ? "another name at the same address lost nothing"
		    : "another connection of the client lost nothing");
}

void
correlate_rate(const struct contemporaries *others, struct finding *f, const struct episode *me)
{
	enum side from = f->direction == TO_SERVER ? CLIENT : SERVER;
	const struct episode *near[ASK_MAX];
	struct witnesses kin = {0}, strangers = {0};
	size_t n = contemporaries_of(others, me, COMPARABLE, near, ASK_MAX);

	for (size_t i = 0; i < n; i++) {
		if (!is_witness(near[i], me, from))
			continue;
		compare_speed(f, me, near[i], from);
		hear(is_kin(near[i], me) ? &kin : &strangers, me, near[i], from);
	}
	if (!finding_has(f, "rate.lossy"))
		return;
	compare_loss(f, &kin, true);
	if (!kin.lossy)
		compare_loss(f, &strangers, false);
}
