/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a conversation is. An address alone is no more than a hint, and does not count here. */
#include "whose.h"

/* Conversations at one address that are looked through; the first ones know as well as later ones.
 */
#define LOOKS_MAX 64

/* What an address and port are for, if those who spoke there agree. */
static struct usage
by_place(struct history *h, const struct episode *silent)
{
	struct usage usage = {0, 0};
	size_t n, from, to;
	const struct episode *all = history_episodes(h, &n);

	history_at_server(h, &silent->server, &from, &to);
	if (to - from > LOOKS_MAX)
		to = from + LOOKS_MAX;
	for (const struct episode *e = &all[from]; e < &all[to]; e++) {
		if (!e->usage.service || e->port != silent->port || e->proto != silent->proto)
			continue;
		if (usage.service &&
		    (usage.service != e->usage.service || usage.function != e->usage.function))
			return (struct usage){0, 0};
		usage = e->usage;
	}
	return usage;
}

struct usage
whose(const struct services *s, struct history *h, const struct episode *e)
{
	struct usage usage = e->usage;
	const char *name = e->name;

	if (usage.service || !services_count(s))
		return usage;
	if (e->silent)
		usage = by_place(h, e);
	if (usage.service)
		return usage;
	if (!name)
		name = history_name_of(h, &e->server, &e->client, e->first);
	return name ? services_by_name(s, name) : usage;
}
