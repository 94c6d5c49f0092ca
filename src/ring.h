/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames captured last, as many as fit: the evidence of what is noticed afterwards. */
#pragma once

#include "packet.h"

struct ring;

/* Room for so many bytes, with what is noted of each frame. */
struct ring *ring_new(size_t bytes);
void ring_free(struct ring *r); /* accepts NULL */
/* Copies a frame; the oldest make room. One that is larger than the ring is left out. */
void ring_add(struct ring *r, const struct frame *f);
/* The frames that are there, the oldest first: start with *at = 0. The bytes stay valid until the
 * next ring_add(). */
bool ring_next(const struct ring *r, uint64_t *at, struct frame *ret);
