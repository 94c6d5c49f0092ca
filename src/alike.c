/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups findings by mechanism, name, trigger, stage and direction. */
#include "alike.h"

#include <stdlib.h>
#include <string.h>

static int
compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int
compare_kinds(const struct finding *a, const struct finding *b)
{
	int order = (int)a->mechanism - (int)b->mechanism;

	order = order ? order : (int)a->trigger - (int)b->trigger;
	order = order ? order : (int)a->stage - (int)b->stage;
	order = order ? order : (int)a->direction - (int)b->direction;
	order = order ? order : compare_text(a->trigger_value, b->trigger_value);
	return order ? order : compare_text(a->name, b->name);
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct report *r = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	int order = compare_kinds(r->findings[i], r->findings[k]);

	return order ? order : i < k ? -1 : i > k;
}

static int
compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->findings[0] < y->findings[0] ? -1 : x->findings[0] > y->findings[0];
}

struct alike
alike_new(const struct report *r)
{
	struct alike a = {.sorted = xcalloc(r->nfindings, sizeof(size_t)),
			  .groups = xcalloc(r->nfindings, sizeof(struct group))};

	for (size_t i = 0; i < r->nfindings; i++)
		a.sorted[i] = i;
	qsort_r(a.sorted, r->nfindings, sizeof(size_t), compare, (void *)r);
	for (size_t i = 0; i < r->nfindings; i++) {
		if (!i || compare_kinds(r->findings[a.sorted[i - 1]], r->findings[a.sorted[i]]))
			a.groups[a.n++].findings = a.sorted + i;
		a.groups[a.n - 1].n++;
	}
	qsort(a.groups, a.n, sizeof(struct group), compare_groups);
	return a;
}

void
alike_free(struct alike *a)
{
	free(a->sorted);
	free(a->groups);
	*a = (struct alike){0};
}
