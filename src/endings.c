/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections, counted by how they ended: tables 1 and 2 of Sundara Raman et al., SIGCOMM 2023. */
#include "endings.h"
#include "report_parts.h"

#include <jansson.h>

void
endings_count(struct endings *c, const struct ending *e)
{
	if (e->scan) {
		c->scans++;
		return;
	}
	c->connections++;
	if (!e->abrupt)
		return;
	c->abrupt++;
	c->reached[e->reached]++;
	if (!e->signature)
		return;
	c->matched++;
	c->signatures[e->signature - signatures]++;
}

void
endings_add(struct endings *sum, const struct endings *more)
{
	sum->connections += more->connections;
	sum->abrupt += more->abrupt;
	sum->matched += more->matched;
	sum->scans += more->scans;
	for (int k = 0; k < NREACHED; k++)
		sum->reached[k] += more->reached[k];
	for (int k = 0; k < SIGNATURES; k++)
		sum->signatures[k] += more->signatures[k];
}

uint64_t
endings_matched_at(const struct endings *c, enum reached stage)
{
	uint64_t n = 0;

	for (int k = 0; k < SIGNATURES; k++)
		n += signatures[k].reached == stage ? c->signatures[k] : 0;
	return n;
}

/* Four digits: shares of a million connections still differ. */
double
endings_share(uint64_t n, uint64_t of)
{
	return of ? (double)n / (double)of : 0.0;
}

json_t *
endings_json_share(uint64_t n, uint64_t of)
{
	return json_real(rounded(endings_share(n, of)));
}

static json_t *
signature_json(const struct endings *c, int k)
{
	const struct signature *g = &signatures[k];

	return json_pack("{si ss ss sI so so}", "number", (int)g->number, "name", g->name,
			 "notation", g->notation, "count", (json_int_t)c->signatures[k], "share",
			 endings_json_share(c->signatures[k], c->connections),
			 "share_possibly_tampered",
			 endings_json_share(c->signatures[k], c->abrupt));
}

static json_t *
stage_json(const struct endings *c, enum reached stage)
{
	json_t *list = json_array();

	for (int k = 0; k < SIGNATURES; k++)
		if (signatures[k].reached == stage)
			json_array_append_new(list, signature_json(c, k));
	return json_pack("{ss sI sI so so so}", "stage", reached_words[stage], "connections",
			 (json_int_t)c->reached[stage], "matched",
			 (json_int_t)endings_matched_at(c, stage), "share",
			 endings_json_share(c->reached[stage], c->connections),
			 "share_possibly_tampered",
			 endings_json_share(c->reached[stage], c->abrupt), "signatures", list);
}

json_t *
endings_json_stages(const struct endings *c)
{
	json_t *stages = json_array();

	for (int stage = 0; stage < NREACHED; stage++)
		json_array_append_new(stages, stage_json(c, (enum reached)stage));
	return stages;
}

json_t *
endings_json_short(const struct endings *c)
{
	json_t *stages = json_object(), *names = json_object();

	for (int k = 0; k < NREACHED; k++)
		if (c->reached[k])
			json_object_set_new(stages, reached_words[k],
					    json_integer((json_int_t)c->reached[k]));
	for (int k = 0; k < SIGNATURES; k++)
		if (c->signatures[k])
			json_object_set_new(names, signatures[k].name,
					    json_integer((json_int_t)c->signatures[k]));
	return json_pack("{sI sI so sI so so}", "connections", (json_int_t)c->connections,
			 "possibly_tampered", (json_int_t)c->abrupt, "share",
			 endings_json_share(c->abrupt, c->connections), "matched",
			 (json_int_t)c->matched, "stages", stages, "signatures", names);
}
