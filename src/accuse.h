/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suspicions about DNS answers of flows that are gone: what the judges of all answers share. */
#pragma once

#include "judge.h"

/* A finding about an answer of the history, and the suspicion that it begins. */
struct finding *dns_accuse(const struct episode *e, enum mechanism mechanism, struct ref at,
			   struct suspicion *ret);
/* Is that answer suspected already, by one of the first n candidates? */
bool dns_is_suspected(const struct judge *j, size_t n, const struct episode *e);
