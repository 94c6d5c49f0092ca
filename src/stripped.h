/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTPS records that lost the key for Encrypted Client Hello. */
#pragma once

#include "judge.h"

/* Episodes in order of their server's address, then of time. */
void judge_stripped(struct judge *j, const struct episode *all, size_t n);
