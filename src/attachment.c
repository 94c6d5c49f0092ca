/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attachments as JSON. Whoever publishes one publishes it for good, so that clients are nobody in
 * it unless that is asked for. */
#include "attachment.h"
#include "dissect.h"
#include "jsonparts.h"
#include "report_parts.h"
#include "scrub.h"

#include <math.h>
#include <stdlib.h>

#define FORMAT_VERSION 1
/* As in reports: fifteen digits give back every fraction as it was rounded. */
#define DUMP_FLAGS (JSON_REAL_PRECISION(15) | JSON_COMPACT | JSON_ENCODE_ANY)

static json_t *
seconds(int64_t nsec)
{
	return json_real(round((double)nsec / 1e3) / 1e6);
}

static const char *
base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

static json_t *
clock_of(const struct clock_offset *c)
{
	static const char *const words[] = {[CLOCK_TRUSTED] = "measurement",
					    [CLOCK_GIVEN] = "given",
					    [CLOCK_ESTIMATED] = "estimated"};
	json_t *j = json_pack("{ss so so}", "source", words[c->source], "offset_seconds",
			      seconds(c->nsec), "uncertainty_seconds", seconds(c->uncertainty));

	if (c->source == CLOCK_ESTIMATED) {
		json_object_set_new(j, "agree", json_integer(c->agree));
		json_object_set_new(j, "of", json_integer(c->of));
	}
	return j;
}

static json_t *
measurement_of(const struct measurement *m, const struct measurements *all, const char *file)
{
	char sha256[SHA256_HEX + 1];
	json_t *j = json_object();

	digest_sha256((struct bytes){all->text.p + m->text.from, m->text.to - m->text.from},
		      sha256);
	json_object_set_new(j, "format", json_string(m->format->name));
	json_object_set_new(j, "file", json_of_text(base_name(file)));
	json_object_set_new(j, "sha256", json_string(sha256));
	json_object_update(j, m->identity);
	return j;
}

static json_t *
captures_of(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->ncaptures; i++) {
		json_t *capture = json_of_capture(r, i);

		json_object_set_new(capture, "file", json_of_text(base_name(r->captures[i]->file)));
		json_array_append_new(list, capture);
	}
	return list;
}

static json_t *
told_of(const struct told *t)
{
	return json_pack("{ss so so}", "relation", relation_words[t->relation], "sentence",
			 json_of_text(t->sentence), "finding",
			 t->finding ? json_sprintf("f%u", t->finding->number) : json_null());
}

static json_t *
join_of(const struct join *j)
{
	return json_pack("{sf sf si si sf so}", "confidence", rounded(j->confidence), "present",
			 rounded(j->present), "candidates", (int)j->candidates, "rivals",
			 (int)j->rivals, "by_chance", rounded(j->by_chance), "dt_seconds",
			 seconds(j->dt));
}

static json_t *
flow_of(const struct join *j)
{
	const struct story *t = j->story;
	struct flow_name name = {.proto = t->proto};
	json_t *flow;

	for (int i = 0; i < 2; i++) {
		name.addr[i] = t->addr[i];
		name.port[i] = t->port[i];
	}
	flow = report_json_flow(&name);
	json_object_del(flow, "community_id");
	json_object_set_new(flow, "outcome", json_string(outcome_words[t->outcome]));
	json_object_set_new(flow, "capture", json_integer(t->first_at.capture));
	json_object_set_new(flow, "first", json_integer(t->first_at.frame));
	json_object_set_new(flow, "last", json_integer(t->last_at.frame));
	if (j->question)
		json_object_set_new(flow, "question", json_integer(j->question->at.frame));
	return flow;
}

static json_t *
part_of(const struct part *p, const struct join *j, const struct told *t)
{
	char text[ADDR_TEXT_MAX];
	json_t *o =
	    json_pack("{so ss so so so ss so}", "where", json_of_text(p->where), "layer",
		      layer_words[p->layer], "address",
		      p->has_addr ? json_string(addr_text(&p->addr, text)) : json_null(), "port",
		      p->port ? json_integer(p->port) : json_null(), "name", json_of_text(p->name),
		      "said", said_words[p->said], "failure", json_of_text(p->failure));

	json_object_set_new(o, "time", p->from == PART_NEVER ? json_null() : json_of_time(p->from));
	json_object_update_missing_new(o, told_of(t));
	json_object_set_new(o, "join", j->story ? join_of(j) : json_null());
	json_object_set_new(o, "flow", j->story ? flow_of(j) : json_null());
	return o;
}

/* Of several ways to try one thing, those that were not gone are not told, unless none was. */
static bool
is_silent(const struct attachment *a, size_t i)
{
	const struct measurement *m = a->measurement;

	if (!m->parts[i].optional || a->joins[i].story)
		return false;
	for (size_t k = 0; k < m->nparts; k++)
		if (k != i && strcmp(m->parts[k].where, m->parts[i].where) == 0 &&
		    (a->joins[k].story || k < i))
			return true;
	return false;
}

static json_t *
parts_of(const struct attachment *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->measurement->nparts; i++)
		if (!is_silent(a, i))
			json_array_append_new(
			    list, part_of(&a->measurement->parts[i], &a->joins[i], &a->parts[i]));
	return list;
}

static json_t *
claims_of(const struct attachment *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->measurement->nclaims; i++) {
		const struct claim *c = &a->measurement->claims[i];
		json_t *o = json_pack("{so so ss}", "key", json_of_text(c->key), "value",
				      json_loads(c->value, JSON_DECODE_ANY, NULL), "said",
				      said_words[c->said]);

		json_object_update_missing_new(o, told_of(&a->claims[i]));
		json_array_append_new(list, o);
	}
	return list;
}

bool
attachment_has(const struct attachment *a, const struct finding *f)
{
	const struct measurement *m = a->measurement;

	for (size_t i = 0; i < m->nparts; i++)
		if (a->parts[i].finding == f)
			return true;
	return m->nhops && f->injector.basis && addr_equal(&f->flow.addr[SERVER], &m->hops_to);
}

static json_t *
findings_of(const struct attachment *a, const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nfindings; i++)
		if (attachment_has(a, r->findings[i]))
			json_array_append_new(list, report_json_finding(r->findings[i]));
	return list;
}

/* What fared well beside the names that the measurement speaks of. */
static json_t *
controls_of(const struct attachment *a, const struct report *r)
{
	const struct measurement *m = a->measurement;
	json_t *list = json_array();

	for (size_t t = 0; t < r->ntargets; t++) {
		const struct target *target = &r->targets[t];
		bool mine = false;

		for (size_t i = 0; i < m->nparts && !mine; i++)
			mine = a->joins[i].story && m->parts[i].name &&
			       strcasecmp(m->parts[i].name, target->name) == 0;
		for (size_t i = 0; mine && i < target->ncontrols; i++)
			json_array_append_new(list, json_of_text(target->controls[i]));
	}
	return list;
}

/* --- traceroutes: where a forger sits --- */

static const struct hop *
hop_at(const struct measurement *m, int ttl)
{
	for (size_t i = 0; i < m->nhops; i++)
		if ((int)m->hops[i].ttl == ttl)
			return &m->hops[i];
	return NULL;
}

static json_t *
hop_text(const struct hop *h)
{
	char text[ADDR_TEXT_MAX];

	return h && h->answered ? json_string(addr_text(&h->addr, text)) : json_null();
}

/* A packet that N routers have forwarded comes from between the N-th and the next. */
static json_t *
injectors_of(const struct attachment *a, const struct report *r)
{
	const struct measurement *m = a->measurement;
	json_t *list = json_array();

	for (size_t i = 0; i < r->nfindings && m->nhops; i++) {
		const struct finding *f = r->findings[i];
		int n = f->injector.hops;

		if (!f->injector.basis || f->injector.from != CLIENT ||
		    !addr_equal(&f->flow.addr[SERVER], &m->hops_to))
			continue;
		json_array_append_new(list, json_pack("{so si so so}", "finding",
						      json_sprintf("f%u", f->number), "hops", n,
						      "behind", hop_text(hop_at(m, n)), "before",
						      hop_text(hop_at(m, n + 1))));
	}
	return list;
}

static json_t *
hops_of(const struct measurement *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nhops; i++)
		json_array_append_new(
		    list, json_pack("{si so so}", "hop", (int)m->hops[i].ttl, "address",
				    hop_text(&m->hops[i]), "rtt_ms",
				    m->hops[i].answered ? json_real(m->hops[i].rtt) : json_null()));
	return list;
}

/* --- the document --- */

static json_t *
limits_of(const struct attachment *a, const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nlimits; i++)
		json_array_append_new(list, json_of_text(r->limits[i]));
	if (a->measurement->left_out)
		json_array_append_new(
		    list,
		    json_sprintf("%zu parts of the measurement were left out: it has too many",
				 a->measurement->left_out));
	if (a->left_out)
		json_array_append_new(
		    list, json_sprintf("%llu conversations that the measurement may speak of were "
				       "not compared with it: there are too many",
				       (unsigned long long)a->left_out));
	return list;
}

static json_t *
relations_of(const struct attachment *a)
{
	unsigned n[NRELATIONS] = {0};
	json_t *o = json_object();

	for (size_t i = 0; i < a->measurement->nparts; i++)
		n[a->parts[i].relation] += !is_silent(a, i);
	for (int i = NRELATIONS - 1; i >= 0; i--)
		json_object_set_new(o, relation_words[i], json_integer(n[i]));
	return o;
}

static json_t *
redaction_of(bool raw)
{
	return json_pack("{sb ss}", "raw", raw, "clients",
			 raw ? "as captured"
			     : "addresses, ports and Community IDs of clients are left out");
}

json_t *
attachment_json(const struct attachment *a, const struct report *r, const struct measurements *all,
		const struct attachment_style *style)
{
	json_t *o = json_pack("{ss si so so}", "format", "tamperscope-attachment", "format_version",
			      FORMAT_VERSION, "tool", json_of_tool(r), "measurement",
			      measurement_of(a->measurement, all, style->file));

	json_object_set_new(o, "captures", captures_of(r));
	json_object_set_new(o, "clock", clock_of(&a->clock));
	json_object_set_new(o, "relations", relations_of(a));
	json_object_set_new(o, "claims", claims_of(a));
	json_object_set_new(o, "parts", parts_of(a));
	if (a->measurement->nhops) {
		json_object_set_new(o, "hops", hops_of(a->measurement));
		json_object_set_new(o, "injectors", injectors_of(a, r));
	}
	json_object_set_new(o, "findings", findings_of(a, r));
	json_object_set_new(o, "controls", controls_of(a, r));
	json_object_set_new(o, "limits", limits_of(a, r));
	json_object_set_new(o, "redaction", redaction_of(style->raw));
	if (style->raw && a->packets)
		json_object_set(o, "packets", a->packets);
	else if (!style->raw)
		scrub_clients(o);
	return o;
}

static int
write_text(struct bytes text, size_t from, size_t to, FILE *out)
{
	size_t n = to - from;

	return fwrite(text.p + from, 1, n, out) == n ? 0 : -EIO;
}

int
attachment_insert(const struct measurements *all, size_t i, const json_t *document, size_t *at,
		  FILE *out)
{
	bool comma;
	size_t end = json_end_of_members(all->text, all->list[i].home, &comma);
	int error = write_text(all->text, *at, end, out);

	*at = end;
	fprintf(out, "%s\"%s\":", comma ? "," : "", ATTACHMENT_KEY);
	return json_dumpf(document, out, DUMP_FLAGS) ? -EIO : error;
}

int
attachment_finish(const struct measurements *all, size_t at, FILE *out)
{
	return write_text(all->text, at, all->text.n, out);
}
