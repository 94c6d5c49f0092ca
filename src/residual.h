/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residual blocking: after interference the same ends stay blocked for a while, whatever they say
 * (Bock et al., Your Censor is My Censor, WOOT 2021; dossier, section 11). */
#pragma once

#include "candidate.h"

/* After all findings were weighed: which silences are what was left of an earlier finding, for whom
 * that held, and for how long. */
void residual_ask(const struct correlation *c);
