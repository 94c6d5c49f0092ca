/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions that nobody answers, and answers that nobody asked for. */
#pragma once

#include "judge.h"

/* Episodes in order of their server's address, then of time. */
void judge_unanswered(struct judge *j, const struct episode *all, size_t n);
