/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which records of a conversation's packets are kept: the first, the last and the odd ones. */
#pragma once

#include "flow.h"

/* What may prove something; of other odd packets fewer are kept. */
#define TRACE_STRONG                                                                               \
	(ODD_RST | ODD_FIN | ODD_SYN | ODD_CONFLICT | ODD_TTL | ODD_AFTER_END | ODD_ICMP |         \
	 ODD_NO_TS)

/* Where the record of the next packet goes, which is to be filled as a whole. */
struct trace *trace_next(struct flow *f);
/* Gives back the flow's records. */
void trace_free(struct flow *f);
/* Fetches the memory that the next record will lie in. */
void trace_fetch(const struct flow *f);
