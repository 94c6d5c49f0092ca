/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do several connections stop dead at the same count? A budget is the same for all; servers that
 * die, and clients that leave, do so anywhere. */
#include "correlate_freeze.h"
#include "control.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* Counts of packets are equal within this: what was on the way when the budget was spent. */
#define PACKETS_OFF 3
/* And counts of bytes within a segment or two, or a twentieth. */
#define BYTES_OFF 3000
/* A stop at the same time is one event, as when a radio link is lost. */
#define AT_ONCE (2 * NSEC_PER_SEC)
/* Freezes that were measured came within the first tens of kilobytes; what stops later stopped at
 * no known budget, and equal counts of bytes are equal downloads. */
#define BUDGET_MOST 200000

struct stops {
	const struct candidate *like;
	size_t same, others;
	bool packets; /* it is the packets that agree, not the bytes */
};

/* One server, that was not heard any more when the first of the two asked in vain: it may have
 * died, or its address may have been taken away, once and for both. */
static bool
are_one_end(const struct candidate *x, const struct candidate *y)
{
	int64_t a = x->suspicion.finding->nsec, b = y->suspicion.finding->nsec;
	int64_t asked = a < b ? x->suspicion.unheard_nsec : y->suspicion.unheard_nsec;

	return addr_equal(&x->episode.server, &y->episode.server) && (a > b ? a : b) <= asked;
}

static bool
is_stop(const struct candidate *x, const struct candidate *y)
{
	const struct finding *g = y->suspicion.finding;

	return g->mechanism == FREEZE && y->episode.flow != x->episode.flow &&
	       addr_equal(&y->episode.client, &x->episode.client) &&
	       y->episode.proto == x->episode.proto &&
	       llabs(g->nsec - x->suspicion.finding->nsec) > AT_ONCE && !are_one_end(x, y);
}

static bool
same_packets(const struct suspicion *a, const struct suspicion *b)
{
	return llabs((long long)a->stop_packets - b->stop_packets) <= PACKETS_OFF;
}

static bool
same_bytes(const struct suspicion *a, const struct suspicion *b)
{
	return llabs((long long)a->stop_bytes - b->stop_bytes) <= BYTES_OFF;
}

static void
count(const struct correlation *c, const struct candidate *x, struct stops *s)
{
	size_t packets = 0, bytes = 0;
	const struct candidate *by_packets = NULL, *by_bytes = NULL;

	*s = (struct stops){0};
	for (size_t i = 0; i < c->n && s->others < ASK_MAX; i++) {
		const struct candidate *y = &c->candidates[i];

		if (!is_stop(x, y))
			continue;
		s->others++;
		if (same_packets(&x->suspicion, &y->suspicion)) {
			packets++;
			by_packets = y;
		}
		if (same_bytes(&x->suspicion, &y->suspicion)) {
			bytes++;
			by_bytes = y;
		}
	}
	s->same = packets > bytes ? packets : bytes;
	s->packets = packets >= bytes;
	s->like = s->packets ? by_packets : by_bytes;
}

/* Servers of datagrams may have quotas of their own, and say nothing when they are spent: equal
 * counts convict only where budgets on the path were measured. A server of TCP would close. */
static bool
is_budget(const struct finding *f, const struct stops *s)
{
	return s->same >= 2 && (f->flow.proto == IPPROTO_TCP || finding_has(f, "freeze.range"));
}

void
correlate_freeze(const struct correlation *c, struct candidate *x)
{
	struct finding *f = x->suspicion.finding;
	char value[64];
	struct stops s;

	count(c, x, &s);
	if (x->suspicion.stop_bytes > BUDGET_MOST || s.same * 2 < s.others) {
		if (s.others)
			finding_weigh(f, "freeze.varies", no_packet());
		return;
	}
	if (s.same == 0)
		return;
	finding_weigh(f, is_budget(f, &s) ? "freeze.budget" : "freeze.twice",
		      s.like->suspicion.finding->cites[0].at);
	snprintf(value, sizeof value, s.packets ? "%u packets" : "%u bytes",
		 s.packets ? x->suspicion.stop_packets : x->suspicion.stop_bytes);
	finding_trigger(f, TRIGGER_VOLUME, value, BASIS_REPEAT);
	finding_explain(
	    f,
	    "The connection worked, and stopped dead after %u packets and %u bytes from the "
	    "server; so did %zu other%s at the same count of %s.",
	    x->suspicion.stop_packets, x->suspicion.stop_bytes, s.same, s.same == 1 ? "" : "s",
	    s.packets ? "packets" : "bytes");
	if (!is_budget(f, &s))
		return;
	finding_excludes(f, "a server that died, or a client that left",
			 "%zu of %zu connections that stopped did so at this count", s.same + 1,
			 s.others + 1);
}
