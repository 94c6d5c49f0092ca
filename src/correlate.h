/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds each suspicion against what else the capture shows: controls, repeats, residual
 * blocking, resolvers that disagree. */
#pragma once

#include "candidate.h"

/* Suspicions beyond this are counted and dropped: nobody reads ten thousand findings, and each
 * costs about 8 KB. */
#define CANDIDATES_MAX 8192

/* Adds what the other flows say, and sets every finding's confidence. */
void correlate(const struct correlation *c);
