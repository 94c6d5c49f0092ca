/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same order and numbers whatever else was found. */
#include "asked.h"

#include <stdlib.h>
#include <strings.h>

static int
by_time(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;

	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	if (x->flow.id != y->flow.id)
		return x->flow.id < y->flow.id ? -1 : 1;
	if (x->mechanism != y->mechanism)
		return (int)x->mechanism - (int)y->mechanism;
	return (int)x->cites[0].at.frame - (int)y->cites[0].at.frame;
}

static bool
is_asked_for(const struct asked *asked, const struct finding *f)
{
	char text[ADDR_TEXT_MAX];

	if (f->confidence < asked->min_confidence || f->ncites == 0)
		return false;
	if (asked->only && !(asked->only & 1u << f->mechanism))
		return false;
	if (!asked->target)
		return true;
	return (f->name && strcasecmp(f->name, asked->target) == 0) ||
	       strcasecmp(addr_text(&f->flow.addr[SERVER], text), asked->target) == 0 ||
	       strcasecmp(f->trigger_value, asked->target) == 0;
}

struct finding **
findings_asked(struct judge *j, const struct asked *asked, size_t *ret_n)
{
	struct finding **all = xcalloc(j->n, sizeof(struct finding *));
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++)
		if (is_asked_for(asked, j->candidates[i].suspicion.finding))
			all[n++] = j->candidates[i].suspicion.finding;
	qsort(all, n, sizeof(struct finding *), by_time);
	for (size_t i = 0; i < n; i++)
		all[i]->number =
		    asked->number ? asked->number(asked->context, all[i]) : (unsigned)i + 1;
	*ret_n = n;
	return all;
}
