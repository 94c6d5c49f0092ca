/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What names tell by themselves: whether they are one owner's, and whether everybody's Internet
 * knows them. */
#pragma once

#include "base.h"

/* Do two names belong to different owners: different labels below a suffix under which a registry
 * lets everybody register? Case does not matter. Names that a provider lends to its customers
 * (github.io) are the provider's: its servers answer for all of them. */
bool sites_unlike(const char *a, const char *b);
/* Names that mean nothing outside one's own network. */
bool site_is_local(struct bytes name);
/* Is the name one of the public Internet, as far as it tells itself: neither local nor an address?
 */
bool site_is_public(const char *name);
/* Is it a suffix under which a registry lets everybody register ("com", "co.uk")? In lower case. */
bool site_is_suffix(const char *name);
