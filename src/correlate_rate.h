/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds a slow connection against the client's others: what ran faster, or lost nothing, at that
 * time tells the target from the line. */
#pragma once

#include "contemporaries.h"
#include "control.h"

void correlate_rate(const struct contemporaries *others, struct finding *f,
		    const struct episode *me);
