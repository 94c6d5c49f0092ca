/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do several connections stop dead at the same count? */
#pragma once

#include "correlate.h"

void correlate_freeze(const struct correlation *c, struct candidate *x);
