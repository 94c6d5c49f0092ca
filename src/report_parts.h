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

/* Less sure of who did it than this, somebody else is as likely. */
#define EVEN 0.5

/* The finding of that number, or NULL. */
const struct finding *finding_numbered(const struct report *r, unsigned number);
/* When a mechanism strikes a target: "right after the name is sent"; NULL if its findings differ
 * in that, or the mechanism says so itself. */
const char *target_when(const struct report *r, const struct target *t, enum mechanism m);
/* Is all that was found out about an address told of a service? */
bool target_is_told_with_service(const struct report *r, const struct target *t);
/* Of a function; of targets without functions NFUNCTIONS or FUNCTION_DNS. */
bool target_has_always_worked(const struct target *t, enum function function);

/* Its evidence, the weightiest first; to be freed by the caller. */
struct evidence *evidence_in_order(const struct finding *f);
const char *evidence_words(const struct evidence *e);

/* Indices of the cited packets by file, frame and role; to be freed by the caller. */
size_t *cites_in_order(const struct finding *f);
/* A display filter for those of one file, as Wireshark takes it, runs as ranges; NULL if there are
 * none. To be freed by the caller. */
char *frame_filter(const struct finding *f, const size_t *order, uint16_t capture);

/* A finding, and a flow, as the report's JSON has them; the caller's to free. */
struct json_t;
struct json_t *report_json_finding(const struct finding *f);
struct json_t *report_json_flow(const struct flow_name *f);

/* What a line about a finding says beside it. */
struct beside {
	unsigned revises;           /* number of the one that it takes the place of, or 0 */
	const char *evidence;       /* name of the file that holds its packets, or NULL */
	const char *evidence_error; /* why there is none, or NULL */
};

/* One finding as a line of ndjson. Returns 0, or a negative errno. */
int report_line(const struct finding *f, const struct beside *b, FILE *out);

/* Flushes. Returns 0, or a negative errno if anything was not written. */
int finish(FILE *out);
