/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The comparison of two captures of the same traffic, from files to findings. */
#include "compare.h"
#include "community.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMITS_MAX 16 /* more kinds than there are */

void
compare_limit(struct comparison *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (c->report.nlimits == LIMITS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->limits[c->report.nlimits++] = arena_printf(c->arena, "%s", text);
}

struct finding *
compare_finding(struct comparison *c, uint32_t near_flow, enum mechanism m, int64_t nsec)
{
	const struct pair_flow *flow = &c->ends[NEAR].flows[near_flow];
	struct report *r = &c->report;
	struct flow_name name = {.proto = flow->proto, .id = near_flow + 1};
	const struct pair_name *said = pair_name(c, flow, nsec);
	struct finding **list = (struct finding **)r->findings, *f;

	for (int s = 0; s < 2; s++) {
		name.addr[s] = flow->addr[s];
		name.port[s] = flow->port[s];
	}
	community_id(name.proto, name.addr, name.port, name.community_id);
	f = finding_bare(&name, m, nsec);
	if (said)
		f->name = arena_printf(f->arena, "%s", said->name);
	if (!(r->nfindings & (r->nfindings - 1)))
		list =
		    xrealloc(list, r->nfindings ? 2 * r->nfindings : 1, sizeof(struct finding *));
	list[r->nfindings++] = f;
	r->findings = list;
	return f;
}

static int
compare_findings(const void *x, const void *y)
{
	const struct finding *a = *(struct finding *const *)x, *b = *(struct finding *const *)y;

	if (a->nsec != b->nsec)
		return a->nsec < b->nsec ? -1 : 1;
	if (a->flow.id != b->flow.id)
		return a->flow.id < b->flow.id ? -1 : 1;
	return a->mechanism < b->mechanism ? -1 : a->mechanism > b->mechanism;
}

static void
number_findings(struct report *r)
{
	struct finding **v = (struct finding **)r->findings;

	if (v)
		qsort(v, r->nfindings, sizeof(struct finding *), compare_findings);
	for (size_t i = 0; i < r->nfindings; i++)
		v[i]->number = (unsigned)i + 1;
}

/* --- what the comparison cannot show --- */

static void
tell_of_end(struct comparison *c, enum end e)
{
	const struct pair_end *x = &c->ends[e];
	const char *whose = e == NEAR ? "client's" : "server's";

	for (size_t i = 0; i < capture_count(x->capture); i++)
		if (capture_info(x->capture, i)->truncated || capture_info(x->capture, i)->trouble)
			compare_limit(c,
				      "%s ends in the middle of a packet or is damaged: what "
				      "came after that is unknown",
				      capture_info(x->capture, i)->file);
	if (x->unkept)
		compare_limit(c,
			      "the %s captures are too large: the last %llu packets were not "
			      "compared",
			      whose, (unsigned long long)x->unkept);
	if (x->bytes_full)
		compare_limit(c,
			      "the %s captures hold more payload than is kept: behind it, "
			      "segments that were cut otherwise are compared by their numbers "
			      "alone",
			      whose);
	if (c->counts[e].unsent || c->counts[e].fates[FATE_UNCAPTURED])
		compare_limit(c,
			      "of %llu packets of the %s that must have been sent, %llu are not "
			      "in the capture there: it loses frames",
			      (unsigned long long)c->counts[e].received,
			      e == NEAR ? "client" : "server",
			      (unsigned long long)c->counts[e].unsent);
}

static void
tell_limits(struct comparison *c)
{
	uint64_t outside = 0, unexplained = 0;
	size_t proxied = 0, mated = 0;

	for (size_t i = 0; i < c->ends[NEAR].nflows; i++) {
		mated += c->ends[NEAR].flows[i].mate != 0;
		proxied += c->ends[NEAR].flows[i].proxied;
	}
	for (int e = 0; e < NENDS; e++) {
		tell_of_end(c, (enum end)e);
		outside += c->counts[e].fates[FATE_OUTSIDE];
		unexplained += c->counts[e].fates[FATE_UNEXPLAINED];
	}
	if (!mated)
		compare_limit(c, "no flow is in both captures: they show different traffic, or a "
				 "proxy in between repeats nothing as it is");
	if (c->clock.one_way)
		compare_limit(c, "packets that both captures have went one way only: how far the "
				 "clocks differ cannot be told from how long packets took");
	if (proxied)
		compare_limit(c,
			      "%zu flows are spoken by somebody in between who answers each end "
			      "himself: their packets cannot be compared one by one",
			      proxied);
	if (outside)
		compare_limit(c,
			      "%llu packets were sent or received while the other capture did "
			      "not run, or after its last packet: nothing is said of them",
			      (unsigned long long)outside);
	if (unexplained)
		compare_limit(c,
			      "%llu packets were received that the other capture lacks, with no "
			      "mark that says whether they were forged or missed there",
			      (unsigned long long)unexplained);
}

static int
read_ends(struct comparison *c, const struct compare_options *o, char **ret_why)
{
	struct capture_info const **list;
	uint16_t first = 0;
	int error;

	for (int e = 0; e < NENDS; e++) {
		error = pair_read(&c->ends[e], o->files[e], o->nfiles[e], first, ret_why);
		if (error)
			return error;
		first = (uint16_t)(first + o->nfiles[e]);
	}
	list = arena_alloc(c->arena, first * sizeof(struct capture_info *));
	for (int e = 0; e < NENDS; e++)
		for (size_t i = 0; i < capture_count(c->ends[e].capture); i++)
			list[c->report.ncaptures++] = capture_info(c->ends[e].capture, i);
	c->report.captures = list;
	if (o->nameless)
		return 0;
	return pair_names_read(c, o->files[NEAR], o->nfiles[NEAR], ret_why);
}

int
compare(const struct compare_options *o, struct comparison **ret, char **ret_why)
{
	struct comparison *c = xcalloc(1, sizeof *c);
	int error;

	c->arena = arena_new();
	c->limits = arena_alloc(c->arena, LIMITS_MAX * sizeof *c->limits);
	c->report.limits = c->limits;
	error = read_ends(c, o, ret_why);
	if (error) {
		comparison_free(c);
		return error;
	}
	pair_flows(c);
	pair_clock(c);
	pair_packets(c);
	pair_fates(c);
	pair_forged(c);
	pair_dropped(c);
	pair_rest(c);
	pair_changes(c);
	number_findings(&c->report);
	tell_limits(c);
	*ret = c;
	return 0;
}

void
comparison_free(struct comparison *c)
{
	if (!c)
		return;
	pair_names_free(c);
	for (int e = 0; e < NENDS; e++)
		pair_end_free(&c->ends[e]);
	for (size_t i = 0; i < c->report.nfindings; i++)
		finding_free(c->report.findings[i]);
	free((void *)c->report.findings);
	free(c->anchors);
	arena_free(c->arena);
	free(c);
}
