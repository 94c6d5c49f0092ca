/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writers share. */
#pragma once

#include <errno.h>

#include "report.h"

/* To four digits: a verdict is that of the number which the reader sees. */
double rounded(double x);
/* In whole percent, rounded down so that it never says more than the verdict does. */
unsigned percent(double confidence);

struct verdict_counts {
	size_t confirmed, likely, possible;
};
struct verdict_counts verdict_counts(const struct report *r);

#define PROTOCOL_MAX 12
/* "tcp", "udp", "icmp", "icmpv6", "sctp", or "ip-47" for protocol 47. */
const char *protocol_word(uint8_t proto, char out[PROTOCOL_MAX]);

/* Indices of the cited packets by file, frame and role; to be freed by the caller. */
size_t *cites_in_order(const struct finding *f);

/* Flushes. Returns 0, or a negative errno if anything was not written. */
int finish(FILE *out);
