/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which frames evidence is made of: those that findings cite, up to CHOSEN_AROUND before and after
 * each in the same conversation (fewer around a control), and how connections among these began. */
#pragma once

#include "report.h"
#include "reread.h"

#define CHOSEN_AROUND 8

/* One cite of one finding. */
struct cited {
	struct ref at;
	const struct finding *finding;
	const struct cite *cite;
	bool first; /* of its finding's cites that are no controls, in the order of frames */
};

/* A conversation that a cited packet belongs to. */
struct cited_ends {
	struct addr addr[2];
	int64_t nsec; /* of the first cited packet */
};

struct chosen;

/* Reads them twice. Returns 0, or a negative errno and one line in *ret_why, to be freed by
 * the caller. */
int chosen_new(const struct report *r, const struct reread_from *from, struct chosen **ret,
	       char **ret_why);
void chosen_free(struct chosen *c); /* accepts NULL */

bool chosen_has(const struct chosen *c, struct ref at);
uint64_t chosen_count(const struct chosen *c);
/* The cites of one frame, by finding; NULL if nothing cites it. */
const struct cited *chosen_cites(const struct chosen *c, struct ref at, size_t *ret_n);
/* The conversations of cited packets, in the order in which these were captured. */
const struct cited_ends *chosen_ends(const struct chosen *c, size_t *ret_n);
