/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Room for what is new in a capture that goes on. Conversations go round in a ring by themselves;
 * what they have named does not. */
#include "history_parts.h"

#include <stdlib.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"

void
history_forget_lessons(struct lesson *l)
{
	while (l) {
		struct lesson *older = l->older;

		free(l);
		l = older;
	}
}

static bool
is_crowded(size_t n, size_t most)
{
	return n >= most / 4 * 3;
}

/* Of the newest conversations as many as have half of all names. */
static void
keep_newest(struct history *h)
{
	struct episode *all = xcalloc(h->size, sizeof *all);
	size_t kept = 0;

	for (; kept < h->n; kept++) {
		const struct episode *e = &h->ring[(h->at + h->n - 1 - kept) % h->n];
		struct episode *to = &all[h->n - 1 - kept];

		*to = *e;
		if (!e->name)
			continue;
		if (!names_find(h->names, e->name) && names_count(h->names) >= NAMES_MAX / 2)
			break;
		to->name = names_keep(h->names, e->name);
	}
	memmove(all, all + h->n - kept, kept * sizeof *all);
	h->forgotten += h->n - kept;
	free(h->ring);
	h->ring = all;
	h->n = kept;
	h->at = 0;
}

/* Whose names have gone. Returns whether anything is left. */
static bool
keep_lessons(const struct history *h, struct named_address *x)
{
	struct lesson *all = &x->newest, *kept = NULL, **end = &kept, *l, *next;
	struct lesson first = *all;

	for (l = first.older; l; l = next) {
		next = l->older;
		l->name = names_find(h->names, l->name);
		l->older = NULL;
		if (l->name) {
			*end = l;
			end = &l->older;
		} else {
			free(l);
		}
	}
	first.name = names_find(h->names, first.name);
	first.older = kept;
	if (!first.name && !kept)
		return false;
	if (!first.name) {
		first = *kept;
		free(kept);
	}
	x->newest = first;
	return true;
}

/* Those whose names are known still, and of these the ones that were met last. */
static void
keep_addresses(struct history *h)
{
	struct named_address *x, *next;

	HASH_ITER(hh, h->addresses, x, next)
	{
		if (keep_lessons(h, x))
			continue;
		HASH_DEL(h->addresses, x);
		free(x);
		h->unlearnt++;
	}
	HASH_ITER(hh, h->addresses, x, next)
	{
		if (!is_crowded(HASH_COUNT(h->addresses), NAMES_MAX))
			return;
		HASH_DEL(h->addresses, x);
		history_forget_lessons(x->newest.older);
		free(x);
		h->unlearnt++;
	}
}

/* Such as answered once, as anything does that forges its address, and then the ones met first. */
static void
keep_resolvers(struct history *h)
{
	struct known_resolver *x, *next;

	for (uint64_t most = 1; HASH_COUNT(h->resolvers) > RESOLVERS_MAX / 2; most = UINT64_MAX) {
		HASH_ITER(hh, h->resolvers, x, next)
		{
			if (x->r.answers > most || HASH_COUNT(h->resolvers) <= RESOLVERS_MAX / 2)
				continue;
			HASH_DEL(h->resolvers, x);
			free(x);
			h->unlearnt++;
		}
	}
}

void
history_make_room(struct history *h, const char **const *held, size_t n)
{
	struct names *before = h->names;

	if (is_crowded(HASH_COUNT(h->resolvers), RESOLVERS_MAX))
		keep_resolvers(h);
	if (!is_crowded(names_count(before), NAMES_MAX) &&
	    !is_crowded(HASH_COUNT(h->addresses), NAMES_MAX))
		return;
	if (!h->n)
		return;
	h->names = names_new(NAMES_MAX);
	for (size_t i = 0; i < n; i++)
		if (*held[i])
			*held[i] = names_keep(h->names, *held[i]);
	keep_newest(h);
	keep_addresses(h);
	names_free(before);
}

uint64_t
history_unlearnt(const struct history *h)
{
	return h->unlearnt;
}
#pragma GCC diagnostic pop
