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
/* At most so many of the next frames, as far as they lie behind the last one in the window: no byte
 * is moved, so that frames handed out before stay valid. Returns how many; 0 is no end. */
size_t capfile_more(struct capfile *f, struct frame *ret, size_t most);
