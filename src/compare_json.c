/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison as JSON; docs/comparison.schema.json says what is in it. */
#include "compare.h"
#include "community.h"
#include "printable.h"
#include "report_parts.h"

#include "config.h"

#include <jansson.h>
#include <stdlib.h>

#define FORMAT_VERSION 1
#define DUMP_FLAGS (JSON_REAL_PRECISION(15) | JSON_INDENT(1))

static const char *const end_words[NENDS] = {"client", "server"};
static const char *const way_words[NENDS] = {"to_server", "to_client"};

static json_t *
text(const char *s)
{
	char *safe;
	json_t *j;

	if (!s)
		return json_null();
	safe = json_safe(s);
	j = json_string(safe);
	free(safe);
	return j;
}

static json_t *
time_of(int64_t nsec)
{
	char out[TIME_TEXT_MAX];

	return json_string(time_text(nsec, out));
}

/* Seconds, to the nanosecond. */
static json_t *
seconds(double nsec)
{
	char out[64];

	snprintf(out, sizeof out, "%.9f", nsec / 1e9);
	return json_real(strtod(out, NULL));
}

static json_t *
millionths(double fraction)
{
	char out[64];

	snprintf(out, sizeof out, "%.3f", fraction * 1e6);
	return json_real(strtod(out, NULL));
}

static json_t *
captures(const struct comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->report.ncaptures; i++) {
		const struct capture_info *x = c->report.captures[i];
		enum end e = i < capture_count(c->ends[NEAR].capture) ? NEAR : FAR;

		json_array_append_new(
		    list, json_pack("{ss so sI so so sb}", "end", end_words[e], "file",
				    text(x->file), "packets", (json_int_t)x->packets, "first",
				    x->packets ? time_of(x->first) : json_null(), "last",
				    x->packets ? time_of(x->last) : json_null(), "truncated",
				    x->truncated));
	}
	return list;
}

static json_t *
clock(const struct comparison *c)
{
	const struct pair_clock *k = &c->clock;
	json_t *j = json_pack("{ss s{sI sI}}", "basis",
			      k->known     ? "both-directions"
			      : k->one_way ? "one-direction"
					   : "none",
			      "samples", way_words[NEAR], (json_int_t)k->n[NEAR], way_words[FAR],
			      (json_int_t)k->n[FAR]);

	if (k->n[NEAR] + k->n[FAR] == 0)
		json_object_set_new(j, "basis", json_string("none"));
	if (k->known) {
		json_object_set_new(j, "at", time_of(k->at));
		json_object_set_new(j, "offset_seconds", seconds(k->offset));
		json_object_set_new(j, "error_seconds", seconds(k->offset_error));
		json_object_set_new(j, "least_round_trip_seconds",
				    seconds((double)(k->least[NEAR] + k->least[FAR])));
	}
	if (k->drift_known) {
		json_object_set_new(j, "drift_ppm", millionths(k->drift));
		json_object_set_new(j, "drift_error_ppm", millionths(k->drift_error));
	}
	if (c->from <= c->to)
		json_object_set_new(
		    j, "overlap",
		    json_pack("{so so}", "from", time_of(c->from), "to", time_of(c->to)));
	return j;
}

static json_t *
direction(const struct comparison *c, enum end sender)
{
	const struct pair_counts *n = &c->counts[sender];
	const struct pair_end *e = &c->ends[sender], *o = &c->ends[other_end(sender)];
	uint64_t of[NFATES_OF_PACKETS] = {0};

	for (size_t i = 0; i < e->npackets; i++)
		if (e->flows[e->packets[i].flow].mate &&
		    pair_sender(c, sender, &e->packets[i]) == sender)
			of[e->packets[i].fate]++;
	for (size_t i = 0; i < o->npackets; i++)
		if (o->flows[o->packets[i].flow].mate &&
		    pair_sender(c, other_end(sender), &o->packets[i]) == sender &&
		    o->packets[i].fate == FATE_FORGED)
			of[FATE_FORGED]++;
	return json_pack("{sI sI sI sI sI sI sI so}", "sent", (json_int_t)n->sent, "received",
			 (json_int_t)n->received, "arrived", (json_int_t)n->arrived, "lost",
			 (json_int_t)of[FATE_LOST], "dropped", (json_int_t)of[FATE_DROPPED],
			 "forged", (json_int_t)of[FATE_FORGED], "not_captured_by_sender",
			 (json_int_t)n->unsent, "loss_rate",
			 n->sent ? json_real(rounded((double)of[FATE_LOST] / (double)n->sent))
				 : json_null());
}

static struct flow_name
name_of(const struct pair_flow *f)
{
	struct flow_name n = {.proto = f->proto};

	for (int s = 0; s < 2; s++) {
		n.addr[s] = f->addr[s];
		n.port[s] = f->port[s];
	}
	community_id(n.proto, n.addr, n.port, n.community_id);
	return n;
}

/* Packets that only one capture has, or that came in pieces. */
static void
put_alone(const struct comparison *c, enum end e, const struct pair_flow *f, json_t *missing,
	  json_t *extra)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &c->ends[e].packets[c->ends[e].list[f->first + i]];
		enum end sender = pair_sender(c, e, p);

		if (p->fate == FATE_ARRIVED || p->fate == FATE_REGROUPED)
			continue;
		json_array_append_new(
		    sender == e ? missing : extra,
		    json_pack("{si sI ss ss}", "capture", (int)p->at.capture, "frame",
			      (json_int_t)p->at.frame, "direction",
			      sender == NEAR ? "from-client-end" : "from-server-end", "fate",
			      packet_fate_words[p->fate]));
	}
}

static json_t *
one_change(const struct pair_change *x)
{
	json_t *j = json_pack("{ss ss ss sI sI so so s[{si sI} {si sI}]}", "field", x->field,
			      "kind", x->kind, "direction",
			      x->sender == NEAR ? "from-client-end" : "from-server-end", "packets",
			      (json_int_t)x->n, "of", (json_int_t)x->of, "sent", text(x->before),
			      "received", text(x->after), "frames", "capture", (int)x->sent.capture,
			      "frame", (json_int_t)x->sent.frame, "capture",
			      (int)x->received.capture, "frame", (json_int_t)x->received.frame);

	if (x->offset >= 0)
		json_object_set_new(j, "offset", json_integer(x->offset));
	return j;
}

static json_t *
flow(const struct comparison *c, uint32_t i, size_t *change)
{
	const struct pair_flow *f = &c->ends[NEAR].flows[i], *g = &c->ends[FAR].flows[f->mate - 1];
	json_t *missing = json_array(), *extra = json_array(), *changes = json_array(),
	       *findings = json_array();
	struct flow_name near = name_of(f), far = name_of(g);
	const struct pair_name *name = pair_name(c, f, INT64_MAX);

	put_alone(c, NEAR, f, missing, extra);
	put_alone(c, FAR, g, missing, extra);
	while (*change < c->nchanges && c->changes[*change].flow < i)
		++*change;
	for (; *change < c->nchanges && c->changes[*change].flow == i; ++*change)
		json_array_append_new(changes, one_change(&c->changes[*change]));
	for (size_t k = 0; k < c->report.nfindings; k++)
		if (c->report.findings[k]->flow.id == i + 1)
			json_array_append_new(findings,
					      json_sprintf("f%u", c->report.findings[k]->number));
	return json_pack(
	    "{so so so ss sI sI sb so so so so}", "client_side", report_json_flow(&near),
	    "server_side", g->n ? report_json_flow(&far) : json_null(), "name",
	    text(name ? name->name : NULL), "opened_at", end_words[f->flipped], "client_packets",
	    (json_int_t)f->n, "server_packets", (json_int_t)g->n, "proxied", f->proxied, "missing",
	    missing, "extra", extra, "changes", changes, "findings", findings);
}

static json_t *
unmatched(const struct comparison *c, enum end e)
{
	json_int_t flows = 0, packets = 0;

	for (size_t i = 0; i < c->ends[e].nflows; i++) {
		if (c->ends[e].flows[i].mate)
			continue;
		flows++;
		packets += c->ends[e].flows[i].n;
	}
	return json_pack("{sI sI sI}", "flows", flows, "packets", packets, "other_frames",
			 (json_int_t)c->ends[e].others);
}

static json_t *
document(const struct comparison *c)
{
	json_t *flows = json_array(), *findings = json_array(), *limits = json_array(), *j;
	struct verdict_counts n = verdict_counts(&c->report);
	json_int_t mated = 0;
	size_t change = 0;

	for (uint32_t i = 0; i < c->ends[NEAR].nflows; i++) {
		if (!c->ends[NEAR].flows[i].mate)
			continue;
		mated++;
		json_array_append_new(flows, flow(c, i, &change));
	}
	for (size_t i = 0; i < c->report.nfindings; i++)
		json_array_append_new(findings, report_json_finding(c->report.findings[i]));
	for (size_t i = 0; i < c->report.nlimits; i++)
		json_array_append_new(limits, text(c->report.limits[i]));
	j = json_pack("{ss si s{ss ss} so so}", "format", "tamperscope-comparison",
		      "format_version", FORMAT_VERSION, "tool", "name", "tamperscope", "version",
		      VERSION, "captures", captures(c), "clock", clock(c));
	json_object_set_new(j, "summary",
			    json_pack("{sI sI sI sI sI}", "flows", mated, "findings",
				      (json_int_t)c->report.nfindings, "confirmed",
				      (json_int_t)n.confirmed, "likely", (json_int_t)n.likely,
				      "possible", (json_int_t)n.possible));
	json_object_set_new(j, "directions",
			    json_pack("{so so}", way_words[NEAR], direction(c, NEAR),
				      way_words[FAR], direction(c, FAR)));
	json_object_set_new(j, "findings", findings);
	json_object_set_new(j, "flows", flows);
	json_object_set_new(
	    j, "unmatched",
	    json_pack("{so so}", "client", unmatched(c, NEAR), "server", unmatched(c, FAR)));
	json_object_set_new(j, "limits", limits);
	return j;
}

int
compare_json(struct comparison *c, const struct report_style *style, FILE *out)
{
	json_t *j = document(c);
	int error = json_dumpf(j, out, DUMP_FLAGS) ? -EIO : 0;

	(void)style;
	json_decref(j);
	fputc('\n', out);
	return error ? error : finish(out);
}
