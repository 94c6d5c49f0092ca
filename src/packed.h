/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a flow that lives, packed into few bytes until it is judged: what note.c does with
 * them. */
#pragma once

#include "flow.h"

/* Adds one, in f->packed. */
void packed_add(struct flow *f, const struct fact *fact);
/* Reads the first n of them, whose texts stay where they are. Returns how many of the first ones
 * are to be put in order of time. */
size_t packed_read(const struct packed *p, struct fact *facts, size_t n);
/* How many bytes they take, and back to so many; NULL has none. */
size_t packed_bytes(const struct packed *p);
void packed_cut(struct packed *p, size_t bytes);
/* The first n are to be put in order of time when they are read. Accepts NULL. */
void packed_sort(struct packed *p, size_t n);
void packed_free(struct flow *f);
