/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are unlike all others of their resolver. */
#pragma once

#include "judge.h"

/* Episodes in order of their server's address, then of time. */
void judge_outliers(struct judge *j, const struct episode *all, size_t n);
