/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plaintext TLS alerts in the server's name that the server did not send (RFC 8446, 6; dossier
 * 6.2). Servers refuse names and versions by the same alerts, so what an alert says weighs
 * nearly nothing: how it came, and what came behind it, tell. */
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

#define LEVEL_FATAL 2
#define ACCESS_DENIED 49

/* What the alert says, in words (RFC 8446, 6.2; RFC 5246, 7.2.2). */
static const char *
alert_words(uint64_t description)
{
	static const struct {
		uint8_t description;
		const char *words;
	} all[] = {
	    {0, "close_notify"},
	    {10, "unexpected_message"},
	    {40, "handshake_failure"},
	    {47, "illegal_parameter"},
	    {49, "access_denied"},
	    {50, "decode_error"},
	    {51, "decrypt_error"},
	    {70, "protocol_version"},
	    {71, "insufficient_security"},
	    {80, "internal_error"},
	    {90, "user_canceled"},
	    {112, "unrecognized_name"},
	    {120, "no_application_protocol"},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].description == description)
			return all[i].words;
	return "another";
}

/* The first alert of the server's that answers the ClientHello. */
static const struct fact *
first_alert(const struct look *l, const struct fact **ret_level)
{
	const struct flow *f = l->flow;
	const struct fact *hello = look_first(l, FIRST_CLIENT_HELLO), *alert, *level;
	size_t i = 0, k = 0;

	if (!hello)
		hello = look_first(l, FIRST_CUT_HELLO);
	alert = flow_fact(f, "tls.alert.description", SERVER, &i);
	level = flow_fact(f, "tls.alert.level", SERVER, &k);
	if (!hello || !alert || !level || alert->nsec < hello->nsec)
		return NULL;
	for (i = 0; (hello = flow_fact(f, "tls.server_hello", SERVER, &i));)
		if (hello->nsec <= alert->nsec)
			return NULL; /* it ends what was begun: the server's own business */
	*ret_level = level;
	return alert;
}

/* Is the alert one of two versions of the same bytes? That is told elsewhere (detect_data.c). */
static bool
is_contradicted(const struct flow *f, const struct fact *alert)
{
	for (const struct conflict *c = f->conflicts; c; c = c->next)
		if (ref_equal(c->first, alert->at) || ref_equal(c->second, alert->at))
			return true;
	return false;
}

/* Who sends a fatal alert says nothing more but its farewell (RFC 8446, 6.2). */
static const struct trace *
goes_on(const struct look *l, const struct trace *alert)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from != alert->from || o->nsec - alert->nsec < REORDER || !o->len ||
		    o->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE | ODD_PADDED | ODD_KEEPALIVE))
			continue;
		if (seq_before(alert->seq + alert->len, o->seq + o->len))
			return o;
	}
	return NULL;
}

/* Did anything of the server's that does not look like the alert confirm the ClientHello? */
static bool
ever_heard(const struct look *l, const struct trace *alert)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from == alert->from && o != alert && o->ttl != alert->ttl &&
		    !(o->odd & (ODD_RST | ODD_ICMP)) && o->flags & TH_ACK_ &&
		    !seq_before(o->ack, alert->ack))
			return true;
	}
	return false;
}

static struct finding *
accuse(const struct look *l, const struct fact *alert, const struct measure *m, size_t at,
       const struct trace *after)
{
	const struct trace *t = flow_trace(l->flow, at);
	struct finding *f = finding_new(l, TLS_ALERT_INJECTION, t->nsec);
	long trigger = look_last_data(l, CLIENT, at);
	struct cite *c;

	f->direction = TO_CLIENT;
	f->stage = look_stage(l, at);
	measure_tell(f, m, l, at);
	c = finding_cite(f, t->at, ROLE_INJECTED);
	finding_observe(f, c, "tls.alert.description", NULL, "%s (%u)", alert_words(alert->u),
			(unsigned)alert->u);
	if (alert->u == ACCESS_DENIED)
		finding_weigh(f, "alert.access", t->at);
	if (!ever_heard(l, t))
		finding_weigh(f, "alert.alone", t->at);
	if (after) {
		finding_cite(f, after->at, ROLE_CONTRADICTION);
		finding_weigh(f, "after.goes_on", after->at);
		finding_excludes(f, "the server itself refused the handshake",
				 "it goes on in frame %u, after its own fatal alert",
				 after->at.frame);
	} else if (m->early) {
		finding_excludes(f, "the server itself refused the handshake",
				 "the alert in frame %u came after %.0f %% of a round trip",
				 t->at.frame, m->kappa * 100);
	}
	tell_companions(f, l, at);
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
	tell_trigger(f, l, trigger);
	tell_baseline(f, l, SERVER, at);
	finding_explain(f,
			"The TLS handshake with %s was ended by an alert (%s) that did not come "
			"from the server.",
			l->name[0] ? l->name : "this address", alert_words(alert->u));
	return f;
}

void
detect_alert(const struct detection *d, const struct look *l)
{
	const struct fact *level, *alert;
	const struct trace *after = NULL;
	struct suspicion x = {0};
	struct measure m;
	size_t at = 0;

	if (l->flow->proto != IPPROTO_TCP || !(alert = first_alert(l, &level)) ||
	    is_contradicted(l->flow, alert))
		return;
	while (at < l->n && (flow_trace(l->flow, at)->at.frame != alert->at.frame ||
			     flow_trace(l->flow, at)->at.capture != alert->at.capture))
		at++;
	if (at == l->n)
		return; /* its packet was not kept */
	measure_packet(&m, l, at, look_last_data(l, CLIENT, at));
	if (level->u == LEVEL_FATAL)
		after = goes_on(l, flow_trace(l->flow, at));
	if (m.weight < 2 && !after)
		return;
	x.took = m.took;
	x.data_ttl = flow_trace(l->flow, at)->ttl;
	x.finding = accuse(l, alert, &m, at, after);
	d->suspect(d->context, l, &x);
}
