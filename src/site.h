/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names are one owner's, by the Public Suffix List. */
#pragma once

#include "base.h"

/* Do two names belong to different owners: different labels below a suffix under which a registry
 * lets everybody register? Case does not matter. Names that a provider lends to its customers
 * (github.io) are the provider's: its servers answer for all of them. */
bool sites_unlike(const char *a, const char *b);
