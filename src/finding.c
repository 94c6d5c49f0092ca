/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds a finding: cites, observations, evidence, explanations, all in one arena. */
#include "community.h"
#include "look.h"
#include "weigh.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A proof of more packets than this convinces nobody more. */
#define CITES_MAX 48
/* Of a URL in a report: one or two lines of it. */
#define URL_SHOWN 160

/* Makes room for one more in an array that lives in an arena: doubled when n is a power of two. */
static void *
grow(struct arena *a, void *old, size_t n, size_t size)
{
	void *p;

	if (n && (n & (n - 1)))
		return old;
	p = arena_alloc(a, (n ? n * 2 : 1) * size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}

struct finding *
finding_new(const struct look *l, enum mechanism mechanism, int64_t nsec)
{
	struct arena *a = arena_new();
	struct finding *f = arena_alloc(a, sizeof *f);
	const struct flow *flow = l->flow;
	const struct fact *uri;
	static const char *const priors[NMECHANISMS] = {
	    [RST_INJECTION] = "prior.rst-injection",
	    [FIN_INJECTION] = "prior.fin-injection",
	    [SYN_ACK_INJECTION] = "prior.syn-ack-injection",
	    [DATA_INJECTION] = "prior.data-injection",
	    [BLOCK_PAGE] = "prior.block-page",
	    [DROP] = "prior.drop",
	    [FREEZE] = "prior.freeze",
	    [THROTTLE] = "prior.throttle",
	    [DNS_INJECTION] = "prior.dns-injection",
	    [DNS_TAMPERING] = "prior.dns-tampering",
	    [TLS_INTERCEPTION] = "prior.tls-interception",
	    [TLS_ALERT_INJECTION] = "prior.tls-alert-injection",
	    [ICMP_REJECTION] = "prior.icmp-rejection",
	    [PROTOCOL_STRIPPING] = "prior.protocol-stripping",
	};

	f->arena = a;
	f->mechanism = mechanism;
	f->nsec = nsec;
	f->trigger_value = "";
	f->flow.proto = flow->proto;
	f->flow.id = flow->id;
	for (int s = 0; s < 2; s++) {
		f->flow.addr[s] = flow->addr[s];
		f->flow.port[s] = flow->port[s];
	}
	community_id(flow->proto, flow->addr, flow->port, f->flow.community_id);
	if (l->name[0])
		f->name = arena_printf(a, "%s", l->name);
	if (l->said == TRIGGER_HTTP_HOST && (uri = flow_first(flow, "http.request.uri")))
		f->url = arena_printf(a, "%s%.*s", l->name, URL_SHOWN, (const char *)uri->text.p);
	finding_weigh(f, priors[mechanism], (struct ref){0, 0});
	return f;
}

struct finding *
finding_bare(const struct flow_name *flow, enum mechanism mechanism, int64_t nsec)
{
	struct arena *a = arena_new();
	struct finding *f = arena_alloc(a, sizeof *f);

	f->arena = a;
	f->mechanism = mechanism;
	f->nsec = nsec;
	f->trigger_value = "";
	f->flow = *flow;
	return f;
}

void
finding_free(struct finding *f)
{
	if (f)
		arena_free(f->arena);
}

struct cite *
finding_cite(struct finding *f, struct ref at, enum role role)
{
	struct cite *c;

	for (size_t i = 0; i < f->ncites; i++) {
		c = &f->cites[i];
		if (ref_equal(c->at, at) && c->role == role)
			return c;
	}
	if (f->ncites == CITES_MAX)
		return &f->cites[CITES_MAX - 1];
	f->cites = grow(f->arena, f->cites, f->ncites, sizeof *f->cites);
	c = &f->cites[f->ncites++];
	*c = (struct cite){.at = at, .role = role};
	return c;
}

void
finding_observe(struct finding *f, struct cite *c, const char *feature, const char *baseline,
		const char *observed, ...)
{
	struct observation *o;
	char text[256];
	va_list ap;

	for (size_t i = 0; i < c->nobservations; i++)
		if (strcmp(c->observations[i].feature, feature) == 0)
			return;
	va_start(ap, observed);
	vsnprintf(text, sizeof text, observed, ap);
	va_end(ap);
	c->observations = grow(f->arena, c->observations, c->nobservations, sizeof *o);
	o = &c->observations[c->nobservations++];
	o->feature = feature;
	o->observed = arena_printf(f->arena, "%s", text);
	o->baseline = baseline ? arena_printf(f->arena, "%s", baseline) : NULL;
}

bool
finding_has(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->nevidence; i++)
		if (strcmp(f->evidence[i].name, name) == 0)
			return true;
	return false;
}

void
finding_forget(struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->nevidence; i++)
		if (strcmp(f->evidence[i].name, name) == 0)
			f->evidence[i--] = f->evidence[--f->nevidence];
}

void
finding_weigh(struct finding *f, const char *name, struct ref at)
{
	const struct weight *w = weight_find(name);

	if (!w) {
		/* A detector that names evidence without a weight is a mistake in this program. */
		fprintf(stderr, "tamperscope: no weight for evidence %s\n", name);
		abort();
	}
	finding_evidence(f, (int)w->family, w->name, w->weight, w->words, at);
}

void
finding_evidence(struct finding *f, int family, const char *name, double weight, const char *words,
		 struct ref at)
{
	struct evidence *e;

	if (finding_has(f, name))
		return;
	f->evidence = grow(f->arena, f->evidence, f->nevidence, sizeof *f->evidence);
	e = &f->evidence[f->nevidence++];
	e->name = name;
	e->words = words;
	e->family = family;
	e->weight = weight;
	e->at = at;
}

void
finding_excludes(struct finding *f, const char *explanation, const char *against, ...)
{
	struct alternative *x;
	char text[512];
	va_list ap;

	va_start(ap, against);
	vsnprintf(text, sizeof text, against, ap);
	va_end(ap);
	for (size_t i = 0; i < f->nalternatives; i++)
		if (strcmp(f->alternatives[i].explanation, explanation) == 0)
			return;
	f->alternatives = grow(f->arena, f->alternatives, f->nalternatives, sizeof *x);
	x = &f->alternatives[f->nalternatives++];
	x->explanation = explanation;
	x->against = arena_printf(f->arena, "%s", text);
}

void
finding_signature(struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->nsignatures; i++)
		if (strcmp(f->signatures[i], name) == 0)
			return;
	f->signatures = grow(f->arena, f->signatures, f->nsignatures, sizeof *f->signatures);
	f->signatures[f->nsignatures++] = name;
}

void
finding_attribute(struct finding *f, const char *fingerprint, double score,
		  const char *const *references)
{
	struct attribution *a;
	const char **copy;
	size_t n = 0;

	for (size_t i = 0; i < f->nattributions; i++)
		if (strcmp(f->attributions[i].fingerprint, fingerprint) == 0)
			return;
	while (references && references[n])
		n++;
	copy = arena_alloc(f->arena, (n + 1) * sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = arena_printf(f->arena, "%s", references[i]);
	f->attributions = grow(f->arena, f->attributions, f->nattributions, sizeof *a);
	a = &f->attributions[f->nattributions++];
	a->fingerprint = arena_printf(f->arena, "%s", fingerprint);
	a->score = score;
	a->references = copy;
}

void
finding_explain(struct finding *f, const char *text, ...)
{
	char out[1024];
	va_list ap;

	va_start(ap, text);
	vsnprintf(out, sizeof out, text, ap);
	va_end(ap);
	f->explanation = arena_printf(f->arena, "%s", out);
}

void
finding_trigger(struct finding *f, enum trigger_kind kind, const char *value, unsigned basis)
{
	f->trigger = kind;
	f->trigger_value = value ? arena_printf(f->arena, "%s", value) : "";
	f->basis = basis;
}

void
chances_add(struct chances *c, const struct finding *f)
{
	if (f->confidence > c->surest[f->mechanism])
		c->surest[f->mechanism] = f->confidence;
}

double
chances_of_any(const struct chances *c)
{
	double none = 1;

	for (int i = 0; i < NMECHANISMS; i++)
		none *= 1 - c->surest[i];
	return 1 - none < CONFIDENCE_MAX ? 1 - none : CONFIDENCE_MAX;
}
