/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a conversation is, by all that the capture tells. */
#pragma once

#include "history.h"

/* By its bytes; by what others said by theirs at that place, if it is silent; by the name that it
 * asked for, or by the one that led to its address. Without services it is nobody's. */
struct usage whose(const struct services *s, struct history *h, const struct episode *e);
