/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which conversations could be a part's own, as far as server, name and protocol tell. */
#pragma once

#include "measurement.h"
#include "story.h"

/* A conversation, or a question in it, under one of its keys. */
struct fit_entry {
	bool by_name;
	struct addr addr;
	uint16_t port;
	const char *name;
	const struct story *story;
	const struct story_question *question; /* NULL: the conversation itself */
};

struct join_index {
	struct fit_entry *list; /* by key, then flow */
	size_t n;
};

struct join_index *join_index_new(const struct stories *s);
void join_index_free(struct join_index *x); /* accepts NULL */

/* The entries of a part's key: from this index on, as long as fit_is_of_key(). */
size_t fit_first(const struct join_index *x, const struct part *p);
bool fit_is_of_key(const struct fit_entry *e, const struct part *p);
/* Could the conversation be the part's, whenever it was? */
bool fit_could_be(const struct fit_entry *e, const struct part *p);
/* The year 2128. What a capture says to be later is no time; differences to it would overflow. */
#define MOMENT_MAX (5000000000 * NSEC_PER_SEC)
/* When the part began in the conversation or, if part_goes_by_end(), had succeeded; false if it
 * never did. */
bool fit_moment(const struct fit_entry *e, const struct part *p, int64_t *ret);

/* Are they looked up by the same server or name? */
bool parts_share_key(const struct part *a, const struct part *b);
/* Do the same conversations fit both? */
bool parts_share_claim(const struct part *a, const struct part *b);
/* Old documents say when something was over, and not when it began: of a success that is a packet
 * too. */
bool part_goes_by_end(const struct part *p);
