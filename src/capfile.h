/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of one capture file, in the file's own order. */
#pragma once

#include "record.h"

/* Reads the file's header. On failure returns a negative errno and sets *ret_why to words. The
 * source stays the caller's, and must outlive the file. */
int capfile_open(struct source *source, struct capfile **ret, char ret_why[160]);
void capfile_close(struct capfile *f); /* accepts NULL */

/* The next frame; its bytes are valid until the next call. Returns 1, or 0 at the end: then
 * truncated and trouble say how it ended. */
int capfile_next(struct capfile *f, struct frame *ret);
/* True if the next frame lies behind the last one in the window: its capfile_next() moves no bytes,
 * so that frames handed out before stay valid. */
bool capfile_at_hand(const struct capfile *f);
