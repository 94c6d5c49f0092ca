/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uthash, with a hash that is fast and that nobody can foresee: names and addresses come from
 * strangers, who could choose thousands of them that fall into one bucket. No result depends on
 * the seed, since uthash keeps the order in which things were added. */
#pragma once

#include "base.h"

/* XXH3 of a key, with a seed of this process. */
unsigned table_hash(const void *key, size_t n);

#define HASH_FUNCTION(key, n, hash) (hash) = table_hash(key, n)
#define uthash_malloc(n) xcalloc(1, n)
/* Each step along a chain is a miss of the cache, a bucket is 16 bytes: many and short ones. */
#define HASH_BKT_CAPACITY_THRESH 2U
#include <uthash.h>
