/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only many flows show together: a list of what is allowed, a penalty for connections opened
 * at once, an address that is silent on all its ports. */
#pragma once

#include "candidate.h"
#include "contemporaries.h"

/* Adds it to a suspicion of silence. */
void crowd_ask(const struct correlation *c, const struct contemporaries *others,
	       struct candidate *x);
