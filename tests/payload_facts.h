/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests of small dissectors: what each payload of theirs must say, and whose the probes say
 * that it is. */
#pragma once

#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct expected {
	const char *name;     /* "stun/binding" */
	const char *claimant; /* who claims it unasked; NULL: nobody */
	const char *facts;    /* one a line, told whose it is */
};

static inline const char *
claimant_of(const struct sample *s, uint16_t port)
{
	const char *name;
	struct flow f;

	flow_begin(&f, NULL, s->carrier, port);
	flow_hear(&f, s->from, s->carrier, s->p, s->n);
	name = f.dissector ? f.dissector->name : NULL;
	flow_end(&f);
	return name;
}

static inline void
expect_sample(const struct dissector *d, const struct sample *s, const struct expected *e)
{
	const char *claimant = claimant_of(s, 0);
	struct flow f;
	char *text;

	flow_begin(&f, d, s->carrier, 0);
	flow_hear(&f, s->from, s->carrier, s->p, s->n);
	text = facts_text(&f, f.nfacts);
	if (strcmp(text, e->facts) != 0)
		fail_msg("%s says\n%sinstead of\n%s", s->name, text, e->facts);
	if (!claimant != !e->claimant || (claimant && strcmp(claimant, e->claimant) != 0))
		fail_msg("%s is claimed by %s, not by %s", s->name, claimant ? claimant : "nobody",
			 e->claimant ? e->claimant : "nobody");
	free(text);
	flow_end(&f);
}

/* All payloads of one dissector, none left out. */
static inline void
expect_samples(const char *dissector, const struct expected *e, size_t n)
{
	struct samples all = samples_read(dissector);

	for (size_t i = 0; i < all.n; i++) {
		size_t k = 0;

		while (k < n && strcmp(e[k].name, all.list[i].name) != 0)
			k++;
		if (k == n)
			fail_msg("nothing is expected of %s", all.list[i].name);
		expect_sample(dissector_find(dissector), &all.list[i], &e[k]);
	}
	assert_int_equal(all.n, n);
	samples_free(&all);
}
