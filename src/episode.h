/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of history, made from a flow. */
#pragma once

#include "history.h"

/* All but its name, and what its DNS messages say. */
void episode_read(const struct look *l, struct episode *e);
