/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds a slow connection against the client's others. Wehe and its method (Molavi Kakhki et al.,
 * IMC 2015) replay the same bytes twice; a capture has to do with what else was carried then. */
#include "correlate_rate.h"

/* So much faster is no chance: the two throughputs that Wehe compares differ by a tenth to a third.
 */
#define FASTER 3
/* As good as no loss, beside a connection that loses one in eight or more. */
#define LOSSLESS 0.02

static void
compare(struct finding *f, const struct episode *me, const struct episode *e, enum side from)
{
	bool kin = e->port == me->port && addr_equal(&e->server, &me->server) && e->name &&
		   me->name && !control_same_text(e->name, me->name);
	const struct pace *pace = &e->pace[from];

	if (e->flow == me->flow || e->interfered || pace->speed <= 0 ||
	    (!kin && addr_equal(&e->server, &me->server)))
		return;
	if (f->rate > 0 && pace->speed * 8 > FASTER * f->rate)
		control(f, kin ? "control.faster_name" : "control.faster", e,
			kin ? "another name at the same address was served much faster"
			    : "another connection of the client was much faster");
	if (finding_has(f, "rate.lossy") && pace->lost < LOSSLESS)
		control(f, kin ? "control.lossless_name" : "control.lossless", e,
			kin ? "another name at the same address lost nothing"
			    : "another connection of the client lost nothing");
}

void
correlate_rate(const struct contemporaries *others, struct finding *f, const struct episode *me)
{
	enum side from = f->direction == TO_SERVER ? CLIENT : SERVER;
	const struct episode *near[ASK_MAX];
	size_t n = contemporaries_of(others, me, COMPARABLE, near, ASK_MAX);

	for (size_t i = 0; i < n; i++)
		compare(f, me, near[i], from);
}
