/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are unlike all others of their resolver. */
#pragma once

#include "judge.h"

/* Episodes in order of their server's address, then of time. */
void judge_outliers(struct judge *j, const struct episode *all, size_t n);
/* A finding about an answer of the history, and the suspicion that it begins (resolvers.c). */
struct finding *dns_accuse(const struct episode *e, enum mechanism mechanism, struct ref at,
			   struct suspicion *s);
/* Is that answer suspected already? */
bool dns_is_suspected(const struct judge *j, const struct episode *e);
