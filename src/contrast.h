/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other flows to the same place show about a suspicion: flows that differ in one thing. */
#pragma once

#include "detect.h"
#include "history.h"

/* Takes marks of the TTL back if the same server says other things with that very TTL. */
void contrast_ttl(struct history *h, struct suspicion *x, const struct episode *me);
/* Does the same mail service offer to encrypt at other times? */
void contrast_starttls(struct history *h, struct suspicion *x, const struct episode *me);
/* Which of the things that a request says set it off: flows with the same name that differ in one
 * of them only, and fared well. Names another trigger if there are such. */
void contrast_trigger(struct history *h, struct suspicion *x, const struct episode *me);
