/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cited packets of a finding were: told while their flow's records and facts are there. */
#pragma once

#include "look.h"

/* Fills in `seen` of all that the finding cites by now and its flow still knows, and its context.
 * To be called when the flow is judged; what is cited later stays untold. */
void cited_describe(struct finding *f, const struct look *l);
/* The same for a cited packet whose flow is gone: what its episode remembers. */
void cited_tell(struct finding *f, struct cite *c, int64_t nsec, enum side from,
		const char *summary, ...) PRINTF_LIKE(5, 6);
