/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small blocks by size, cut from large pages: what every conversation takes and gives back. */
#pragma once

#include "base.h"

/* A block of n bytes, zeroed, aligned to 16. Who gives it back says its size again. Never NULL. */
void *pool_alloc(size_t n);
/* Makes an array of `had` elements one of `want`, which are more; the new ones are not zeroed. */
void *pool_grow(void *p, size_t had, size_t want, size_t size);
void pool_free(void *p, size_t n); /* accepts NULL */
/* Gives back to the system what nobody has. */
void pool_trim(void);
