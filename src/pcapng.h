/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of pcapng (draft-ietf-opsawg-pcapng). */
#pragma once

#include "record.h"

/* Reads the first section's header and sets f->next. On failure returns a negative errno and sets
 * ret_why to words. */
int pcapng_open(struct capfile *f, char ret_why[160]);
