/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the client's side does so that filters lose track, as zapret, GoodbyeDPI, byedpi and others
 * do: told among the limits, since what filters do to plain connections is not seen there. */
#pragma once

#include "capture.h"
#include "decoy.h"
#include "look.h"

enum trick {
	TRICK_OVERLAP = NDECOYS, /* the client's own packets contradict each other, or begin too
				    early; what comes before is a trick for each kind of decoy */
	TRICK_CUT,               /* a ClientHello is cut to pieces, or sent in another order */
	TRICK_AHEAD,             /* other datagrams ahead of the first words */
	NTRICKS
};

struct tricks {
	uint64_t flows;          /* conversations in which there are any */
	uint64_t count[NTRICKS]; /* and each of them */
	struct ref at[NTRICKS];  /* where each is seen first */
	uint64_t decoys;         /* packets */
	uint64_t wrong_sums;     /* of these, by their checksum */
};

/* Looks at one finished flow. */
void tricks_count(struct tricks *t, const struct look *l);
/* The i-th sentence for the reader, in the arena, or NULL; i < TRICKS_SENTENCES. */
#define TRICKS_SENTENCES 2
const char *tricks_words(const struct tricks *t, size_t i, const struct capture *c,
			 struct arena *a);
