/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as one JSON document, or as lines of JSON; docs/report.schema.json says what is in
 * them. Each part is written as soon as it is made: a report of a million flows needs no more
 * memory than one of ten. */
#include "jsonparts.h"
#include "printable.h"
#include "report_parts.h"

#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_VERSION 1
/* Fifteen digits give back every decimal fraction as it was rounded (DBL_DIG). */
#define DUMP_FLAGS (JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY)

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
texts(const char *const *list, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, text(list[i]));
	return j;
}

static json_t *
time_of(int64_t nsec)
{
	char out[TIME_TEXT_MAX];

	return json_string(time_text(nsec, out));
}

static json_t *
ids(const unsigned *numbers, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, json_sprintf("f%u", numbers[i]));
	return j;
}

/* Measured values are kept as text. What is written as a number in JSON's own way becomes one. */
static json_t *
value(const char *s)
{
	const char *p = s;
	size_t digits;

	if (!s)
		return json_null();
	p += *p == '-';
	digits = strspn(p, "0123456789");
	/* Fifteen digits fit both an integer of 64 bits and a double. */
	if (digits == 0 || strlen(p) > 15 || (digits > 1 && *p == '0'))
		return text(s);
	if (!p[digits])
		return json_integer(strtoll(s, NULL, 10));
	if (p[digits] == '.' && p[digits + 1] &&
	    !p[digits + 1 + strspn(p + digits + 1, "0123456789")])
		return json_real(strtod(s, NULL));
	return text(s);
}

static json_t *
endpoint(const struct flow_name *f, enum side s)
{
	char out[ADDR_TEXT_MAX];

	return json_pack("{ss si}", "ip", addr_text(&f->addr[s], out), "port", (int)f->port[s]);
}

json_t *
report_json_flow(const struct flow_name *f)
{
	char protocol[PROTOCOL_MAX];

	return json_pack("{ss so so ss}", "protocol", protocol_word(f->proto, protocol), "client",
			 endpoint(f, CLIENT), "server", endpoint(f, SERVER), "community_id",
			 f->community_id);
}

static json_t *
tool(const struct report *r)
{
	return json_pack("{ss ss so}", "name", "tamperscope", "version", VERSION,
			 "fingerprints_sha256", text(r->fingerprints_sha256));
}

static json_t *
capture(const struct report *r, size_t i)
{
	const struct capture_info *c = r->captures[i];

	return json_pack(
	    "{so so sI sI so so so sb ss}", "file", text(c->file), "sha256",
	    c->sha256[0] ? json_string(c->sha256) : json_null(), "packets", (json_int_t)c->packets,
	    "bytes", (json_int_t)c->bytes, "first", c->packets ? time_of(c->first) : json_null(),
	    "last", c->packets ? time_of(c->last) : json_null(), "link_type", text(c->link_type),
	    "truncated", c->truncated, "vantage", vantage_words[r->vantages[i]]);
}

static json_t *
summary(const struct report *r)
{
	struct verdict_counts n = verdict_counts(r);

	return json_pack("{sI sI sI sI sI}", "flows", (json_int_t)r->flows, "findings",
			 (json_int_t)r->nfindings, "confirmed", (json_int_t)n.confirmed, "likely",
			 (json_int_t)n.likely, "possible", (json_int_t)n.possible);
}

static json_t *
timeline(const struct target *t)
{
	json_t *list = json_array();
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];

	for (size_t i = 0; i < t->nspans; i++) {
		const struct span *s = &t->spans[i];

		json_array_append_new(
		    list, json_pack("{ss* ss ss ss sI si si}", "function",
				    s->function < NFUNCTIONS ? function_words[s->function] : NULL,
				    "fate", fate_words[s->fate], "from", time_text(s->from, from),
				    "to", time_text(s->to, to), "attempts", (json_int_t)s->attempts,
				    "capture", s->at.capture, "frame", (int)s->at.frame));
	}
	return list;
}

static json_t *
functions(const struct target *t)
{
	json_t *object = json_object();

	for (int i = 0; i < NFUNCTIONS; i++)
		if (t->functions[i])
			json_object_set_new(object, function_words[i],
					    json_string(target_state_words[t->functions[i] - 1]));
	return object;
}

static json_t *
target(const struct target *t)
{
	json_t *mechanisms = json_array(), *object;

	for (unsigned m = 0; m < NMECHANISMS; m++)
		if (t->mechanisms & 1U << m)
			json_array_append_new(mechanisms, json_string(mechanism_words[m]));
	object =
	    json_pack("{so ss ss sf so sI sI so so}", "name", text(t->name), "kind",
		      target_kind_words[t->kind], "state", target_state_words[t->state],
		      "confidence", rounded(t->confidence), "mechanisms", mechanisms, "flows",
		      (json_int_t)t->flows, "interfered", (json_int_t)t->interfered, "findings",
		      ids(t->findings, t->nfindings), "controls", texts(t->controls, t->ncontrols));
	if (t->kind == TARGET_SERVICE)
		json_object_set_new(object, "functions", functions(t));
	if (t->nspans)
		json_object_set_new(object, "timeline", timeline(t));
	return object;
}

static json_t *
trigger(const struct finding *f)
{
	json_t *basis = json_array();

	if (f->basis & BASIS_CONTENT)
		json_array_append_new(basis, json_string("content"));
	if (f->basis & BASIS_CONTRAST)
		json_array_append_new(basis, json_string("contrast"));
	if (f->basis & BASIS_REPEAT)
		json_array_append_new(basis, json_string("repeat"));
	return json_pack("{ss so so}", "kind", trigger_words[f->trigger], "value",
			 text(f->trigger_value ? f->trigger_value : ""), "basis", basis);
}

static json_t *
frames(const struct finding *f)
{
	json_t *list = json_array();
	size_t *order = cites_in_order(f);

	for (size_t i = 0; i < f->ncites; i++) {
		const struct cite *c = &f->cites[order[i]];
		json_t *observations = json_array();

		for (size_t k = 0; k < c->nobservations; k++) {
			const struct observation *o = &c->observations[k];

			json_array_append_new(observations,
					      json_pack("{so so so}", "feature", text(o->feature),
							"observed", value(o->observed), "baseline",
							value(o->baseline)));
		}
		json_array_append_new(
		    list, json_pack("{si sI ss ss* so* so* so}", "capture", (int)c->at.capture,
				    "frame", (json_int_t)c->at.frame, "role", role_words[c->role],
				    "from", seen_words[c->seen.from], "time",
				    c->seen.from ? time_of(c->seen.nsec) : NULL, "summary",
				    c->seen.from ? text(c->seen.summary) : NULL, "observations",
				    observations));
	}
	free(order);
	return list;
}

static json_t *
evidence(const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->nevidence; i++) {
		const struct evidence *e = &f->evidence[i];
		bool of_packet = e->at.frame != 0;

		json_array_append_new(
		    list, json_pack("{so so sf so so}", "name", text(e->name), "words",
				    text(e->words), "weight", rounded(e->weight), "capture",
				    of_packet ? json_integer(e->at.capture) : json_null(), "frame",
				    of_packet ? json_integer(e->at.frame) : json_null()));
	}
	return list;
}

static json_t *
alternatives(const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->nalternatives; i++)
		json_array_append_new(list, json_pack("{so so}", "explanation",
						      text(f->alternatives[i].explanation),
						      "against", text(f->alternatives[i].against)));
	return list;
}

static json_t *
attributions(const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->nattributions; i++) {
		const struct attribution *a = &f->attributions[i];
		json_t *references = json_array();

		for (size_t k = 0; a->references && a->references[k]; k++)
			json_array_append_new(references, text(a->references[k]));
		json_array_append_new(list, json_pack("{so sf so}", "fingerprint",
						      text(a->fingerprint), "score",
						      rounded(a->score), "references", references));
	}
	return list;
}

static json_t *
injector(const struct injector *i)
{
	if (!i->basis)
		return json_null();
	return json_pack("{si ss ss}", "hops", i->hops, "from",
			 i->from == CLIENT ? "client" : "server", "basis", i->basis);
}

static json_t *
residual(const struct residual *r)
{
	return json_pack("{si sf so}", "tuple", (int)r->tuple, "seconds_low",
			 rounded(r->seconds_low), "seconds_high",
			 r->seconds_high > 0 ? json_real(rounded(r->seconds_high)) : json_null());
}

json_t *
report_json_finding(const struct finding *f)
{
	double confidence = rounded(f->confidence);
	const char *verdict = verdict_word(confidence);
	json_t *j = json_pack("{so ss so ss sf ss* ss so so}", "id", json_sprintf("f%u", f->number),
			      "mechanism", mechanism_words[f->mechanism], "trigger", trigger(f),
			      "stage", stage_words[f->stage], "confidence", confidence, "verdict",
			      verdict, "direction", direction_words[f->direction], "time",
			      time_of(f->nsec), "flow", report_json_flow(&f->flow));

	if (f->name)
		json_object_set_new(j, "name", text(f->name));
	if (f->residual.tuple)
		json_object_set_new(j, "residual", residual(&f->residual));
	json_object_set_new(j, "signatures",
			    texts((const char *const *)f->signatures, f->nsignatures));
	json_object_set_new(j, "frames", frames(f));
	if (f->rate > 0)
		json_object_set_new(j, "rate",
				    json_pack("{sI sI sI sI}", "bits_per_second",
					      (json_int_t)f->rate, "low", (json_int_t)f->rate_low,
					      "high", (json_int_t)f->rate_high, "burst_bytes",
					      (json_int_t)f->burst));
	json_object_set_new(j, "evidence", evidence(f));
	json_object_set_new(j, "alternatives", alternatives(f));
	json_object_set_new(j, "attribution", attributions(f));
	json_object_set_new(j, "injector", injector(&f->injector));
	json_object_set_new(j, "explanation", text(f->explanation ? f->explanation : ""));
	return j;
}

static json_t *
flow_row(const struct flow_row *row)
{
	return json_pack(
	    "{so ss so so s{sI sI} so}", "flow", report_json_flow(&row->flow), "outcome",
	    outcome_words[row->outcome], "names", texts(row->names, row->nnames), "application",
	    text(row->application), "frames", "first", (json_int_t)row->first.frame, "last",
	    (json_int_t)row->last.frame, "findings", ids(row->findings, row->nfindings));
}

/* One document: members and elements by hand, so that nothing has to be kept. */

struct document {
	FILE *out;
	bool lines;       /* ndjson */
	bool more;        /* an element of the open list was written */
	const char *type; /* of the elements, for ndjson */
	int error;
};

static void
dump(struct document *d, json_t *j)
{
	/* json_pack gives NULL only without memory, or for text that is no UTF-8: see json_safe. */
	if (!j || json_dumpf(j, d->out, DUMP_FLAGS))
		d->error = d->error ? d->error : -EIO;
	json_decref(j);
}

static void
member(struct document *d, const char *name, json_t *j)
{
	fprintf(d->out, "  \"%s\": ", name);
	dump(d, j);
	fputs(",\n", d->out);
}

static void
open_list(struct document *d, const char *name, const char *type)
{
	d->more = false;
	d->type = type;
	if (!d->lines)
		fprintf(d->out, "  \"%s\": [", name);
}

static void
element(struct document *d, json_t *j)
{
	json_t *line;

	if (!d->lines) {
		fputs(d->more ? ",\n    " : "\n    ", d->out);
		d->more = true;
		dump(d, j);
		return;
	}
	line = json_pack("{ss}", "type", d->type);
	if (j && line)
		json_object_update(line, j);
	json_decref(j);
	dump(d, line);
	fputc('\n', d->out);
}

static void
close_list(struct document *d, bool last)
{
	if (!d->lines)
		fprintf(d->out, "%s]%s\n", d->more ? "\n  " : "", last ? "" : ",");
}

static void
lists(struct document *d, struct report *r)
{
	struct flow_row row;

	open_list(d, "targets", "target");
	for (size_t i = 0; i < r->ntargets; i++)
		element(d, target(&r->targets[i]));
	close_list(d, false);
	open_list(d, "findings", "finding");
	for (size_t i = 0; i < r->nfindings; i++)
		element(d, report_json_finding(r->findings[i]));
	close_list(d, false);
	if (!r->next_flow)
		return;
	open_list(d, "flows", "flow");
	while (!ferror(d->out) && r->next_flow(r, &row))
		element(d, flow_row(&row));
	close_list(d, false);
}

int
report_json(struct report *r, const struct report_style *style, FILE *out)
{
	struct document d = {.out = out};

	(void)style;
	fputs("{\n", out);
	member(&d, "format", json_string("tamperscope-report"));
	member(&d, "format_version", json_integer(FORMAT_VERSION));
	member(&d, "tool", tool(r));
	open_list(&d, "captures", "capture");
	for (size_t i = 0; i < r->ncaptures; i++)
		element(&d, capture(r, i));
	close_list(&d, false);
	member(&d, "summary", summary(r));
	lists(&d, r);
	open_list(&d, "limits", "limit");
	for (size_t i = 0; i < r->nlimits; i++)
		element(&d, text(r->limits[i]));
	close_list(&d, true);
	fputs("}\n", out);
	return d.error ? d.error : finish(out);
}

int
report_line(const struct finding *f, const struct beside *b, FILE *out)
{
	struct document d = {.out = out, .lines = true, .type = "finding"};
	json_t *j = report_json_finding(f);

	if (j && b->revises)
		json_object_set_new(j, "revises", json_sprintf("f%u", b->revises));
	if (j && b->evidence)
		json_object_set_new(j, "evidence", json_string(b->evidence));
	if (j && b->evidence_error)
		json_object_set_new(j, "evidence_error", json_string(b->evidence_error));
	element(&d, j);
	return d.error;
}

int
report_ndjson(struct report *r, const struct report_style *style, FILE *out)
{
	struct document d = {.out = out, .lines = true, .type = "report"};

	(void)style;
	element(&d, json_pack("{ss si so}", "format", "tamperscope-report", "format_version",
			      FORMAT_VERSION, "tool", tool(r)));
	d.type = "capture";
	for (size_t i = 0; i < r->ncaptures; i++)
		element(&d, capture(r, i));
	lists(&d, r);
	d.type = "limit";
	for (size_t i = 0; i < r->nlimits; i++)
		element(&d, json_pack("{so}", "text", text(r->limits[i])));
	d.type = "summary";
	element(&d, summary(r));
	return d.error ? d.error : finish(out);
}

/* --- for other documents --- */

json_t *
json_of_tool(const struct report *r)
{
	return tool(r);
}

json_t *
json_of_capture(const struct report *r, size_t i)
{
	return capture(r, i);
}

json_t *
json_of_text(const char *s)
{
	return text(s);
}

json_t *
json_of_time(int64_t nsec)
{
	return time_of(nsec);
}
