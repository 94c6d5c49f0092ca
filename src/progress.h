/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on standard error that says how far the reading has come. */
#pragma once

#include "base.h"

struct progress;

/* total: bytes to be read from the disk, or 0 if nobody knows. */
struct progress *progress_new(uint64_t total);
/* Draws anew if the last drawing is old enough. */
void progress_update(struct progress *p, uint64_t bytes, uint64_t packets);
/* Clears the line. Accepts NULL. */
void progress_free(struct progress *p);
