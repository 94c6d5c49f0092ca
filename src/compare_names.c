/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the client's flows asked for, as an analysis of its captures tells. */
#include "analyze.h"
#include "compare.h"
#include "look.h"
#include "table.h"

#include <stdlib.h>

struct pair_names {
	struct ends {
		struct addr addr[2];
		uint16_t port[2];
		uint32_t proto;
	} key;
	struct pair_name *first;
	UT_hash_handle hh;
};

static void
add(void *context, const struct flow *f)
{
	struct comparison *c = context;
	struct pair_names *all;
	struct pair_name *name;
	struct ends key;
	struct look l;

	look_at(&l, f);
	if (!l.name[0])
		return;
	memset(&key, 0, sizeof key);
	for (int s = 0; s < 2; s++) {
		key.addr[s] = f->addr[s];
		key.port[s] = f->port[s];
	}
	key.proto = f->proto;
	HASH_FIND(hh, c->names, &key, sizeof key, all);
	if (!all) {
		all = xcalloc(1, sizeof *all);
		all->key = key;
		HASH_ADD(hh, c->names, key, sizeof all->key, all);
	}
	name = arena_alloc(c->arena, sizeof *name);
	name->name = arena_printf(c->arena, "%s", l.name);
	name->said = l.said;
	name->said_at = l.said_at;
	name->said_nsec = l.said_nsec;
	name->next = all->first;
	all->first = name;
}

int
pair_names_read(struct comparison *c, const char *const *files, size_t n, char **ret_why)
{
	struct analyze_options o = {
	    .files = files, .nfiles = n, .min_confidence = 1, .watch = add, .watch_context = c};
	struct analysis *a = NULL;
	int error = analyze(&o, &a, ret_why);

	if (!error)
		analysis_free(a);
	return error;
}

const struct pair_name *
pair_name(const struct comparison *c, const struct pair_flow *f, int64_t nsec)
{
	const struct pair_name *best = NULL;
	struct pair_names *all = NULL;
	struct ends key;

	for (int turned = 0; turned < 2 && !all; turned++) {
		memset(&key, 0, sizeof key);
		for (int s = 0; s < 2; s++) {
			key.addr[s] = f->addr[s ^ turned];
			key.port[s] = f->port[s ^ turned];
		}
		key.proto = f->proto;
		HASH_FIND(hh, c->names, &key, sizeof key, all);
	}
	/* The last that was said before; of one that was said later, the first. */
	for (const struct pair_name *i = all ? all->first : NULL; i; i = i->next) {
		bool before = i->said_nsec <= nsec;
		bool best_before = best && best->said_nsec <= nsec;

		if (!best || (before && !best_before) ||
		    (before == best_before &&
		     (before ? i->said_nsec > best->said_nsec : i->said_nsec < best->said_nsec)))
			best = i;
	}
	return best;
}

void
pair_names_free(struct comparison *c)
{
	struct pair_names *all, *next;

	HASH_ITER(hh, c->names, all, next)
	{
		HASH_DEL(c->names, all);
		free(all);
	}
}
