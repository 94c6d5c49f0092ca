/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where addresses are, as databases in the format of MaxMind tell it: country and network.
 * https://maxmind.github.io/MaxMind-DB/ */
#pragma once

#include "base.h"

/* One of countries and one of networks, as they are sold and given away. */
#define MMDB_MOST 2

struct mmdb;

struct place {
	char country[3];   /* ISO 3166-1, or "" where it is not known */
	uint32_t network;  /* number of the autonomous system, or 0 */
	struct bytes name; /* of who runs that; valid while the database is open */
};

/* Opens the files. On failure returns a negative errno and one line in *ret_why, to be freed by the
 * caller. */
int mmdb_open(const char *const *files, size_t n, struct mmdb **ret, char **ret_why);
void mmdb_close(struct mmdb *m); /* accepts NULL */

void mmdb_find(const struct mmdb *m, const struct addr *a, struct place *ret);
/* What the databases are about, by their own word. */
bool mmdb_tells_countries(const struct mmdb *m);
bool mmdb_tells_networks(const struct mmdb *m);
