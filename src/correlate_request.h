/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds requests that nobody answered against what else the same client did then. */
#pragma once

#include "contemporaries.h"
#include "correlate.h"

void correlate_request(const struct correlation *c, struct contemporaries *others,
		       struct candidate *x);
