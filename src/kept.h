/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last segments of all flows, kept for a while so that bytes which come twice can be
 * compared: whoever races a true answer loses or wins, but both are on the wire. */
#pragma once

#include "flow.h"

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept *k); /* accepts NULL */
/* Forgets the segments of conversations, all of which are over, and gives the memory back to the
 * system. */
void kept_forget(struct kept *k);
/* Keeps the beginning of a segment. */
void kept_add(struct kept *k, struct flow *f, enum side from, const struct packet *pkt);
/* Compares a segment with what is kept of its side. Returns true if bytes differ, and fills
 * *ret (without next). */
bool kept_compare(const struct kept *k, const struct flow *f, enum side from,
		  const struct packet *pkt, struct conflict *ret);
