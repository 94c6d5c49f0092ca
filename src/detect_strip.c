/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Offers to encrypt that were taken out on the way: STARTTLS overwritten, refused in the server's
 * name, or missing where the same server makes it at other times (RFC 3207, 6; Durumeric et al.,
 * Neither Snow Nor Rain Nor MITM, IMC 2015). */
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

/* As long as STARTTLS, and with what filters write at its end (Cisco ASA: XXXXXXXA). */
#define STARTTLS_LENGTH 8

static const char *
protocol_of(const struct flow *f)
{
	const struct fact *p = flow_first(f, "mail.protocol");

	return p ? (const char *)p->text.p : "mail";
}

static struct finding *
finding_at(const struct look *l, const struct fact *fact)
{
	struct finding *f = finding_new(l, PROTOCOL_STRIPPING, fact->nsec);
	long at = look_index(l, fact->at), trigger;

	trigger = look_last_data(l, other_side(fact->from), at >= 0 ? (size_t)at : l->n);
	f->direction = fact->from == SERVER ? TO_CLIENT : TO_SERVER;
	f->stage = at >= 0 ? look_stage(l, (size_t)at) : STAGE_ESTABLISHED;
	if (trigger >= 0)
		finding_cite(f, flow_trace(l->flow, (size_t)trigger)->at, ROLE_TRIGGER);
	finding_trigger(f, TRIGGER_PROTOCOL, protocol_of(l->flow), BASIS_CONTENT);
	return f;
}

/* How the packet came, if that tells at all. */
static void
tell_packet(struct finding *f, const struct look *l, const struct fact *fact, struct suspicion *x)
{
	long at = look_index(l, fact->at);
	struct measure m;

	if (at < 0)
		return;
	measure_packet(&m, l, (size_t)at, look_last_data(l, other_side(fact->from), (size_t)at));
	if (m.weight > 0)
		measure_tell(f, &m, l, (size_t)at);
	x->took = m.took;
	x->data_ttl = fact->from == SERVER ? flow_trace(l->flow, (size_t)at)->ttl : 0;
}

static void
suspect_garbled(const struct detection *d, const struct look *l, const struct fact *garbled)
{
	struct suspicion x = {.finding = finding_at(l, garbled)};
	struct cite *c = finding_cite(x.finding, garbled->at, ROLE_INJECTED);
	const struct fact *greeting = flow_first(l->flow, "mail.greeting");

	finding_observe(x.finding, c, garbled->from == SERVER ? "mail.capability" : "mail.command",
			"STARTTLS", "%s", (const char *)garbled->text.p);
	finding_weigh(x.finding, "strip.garbled", garbled->at);
	if (garbled->text.n == STARTTLS_LENGTH)
		finding_weigh(x.finding, "strip.length", garbled->at);
	if (greeting && memmem(greeting->text.p, greeting->text.n, "****", 4))
		finding_weigh(x.finding, "strip.banner", greeting->at);
	finding_excludes(x.finding, "a server that does not offer to encrypt",
			 "frame %u has a word of that length that says nothing, where offers stand",
			 garbled->at.frame);
	finding_explain(x.finding,
			"Something between client and server overwrote %s with \"%s\", so that "
			"mail and passwords go unencrypted.",
			garbled->from == SERVER ? "the server's offer to encrypt"
						: "the client's wish to encrypt",
			(const char *)garbled->text.p);
	d->suspect(d->context, l, &x);
}

/* A refusal in the server's name of what the server had offered. */
static void
suspect_refusal(const struct detection *d, const struct look *l, const struct fact *refused)
{
	struct suspicion x = {.finding = finding_at(l, refused)};
	const struct fact *offer = flow_first(l->flow, "mail.starttls");

	tell_packet(x.finding, l, refused, &x);
	if (!x.finding->ncites || !weigh_stands_out(x.finding)) {
		finding_free(x.finding);
		return;
	}
	if (offer) {
		finding_weigh(x.finding, "strip.offered_before", offer->at);
		finding_cite(x.finding, offer->at, ROLE_CONTRADICTION);
	}
	finding_explain(x.finding,
			"The wish to encrypt was refused by something between client and server, "
			"in the server's name (\"%.60s\").",
			(const char *)refused->text.p);
	d->suspect(d->context, l, &x);
}

/* The server lists what it can do, encryption is not among it, and the client goes on without.
 * That is what old servers look like, too: other flows have to tell (contrast.c). */
static void
suspect_absence(const struct detection *d, const struct look *l, const struct fact *listed,
		const struct fact *plain)
{
	struct suspicion x = {.finding = finding_at(l, listed)};

	finding_cite(x.finding, listed->at, ROLE_INJECTED);
	finding_cite(x.finding, plain->at, ROLE_TRIGGER);
	tell_packet(x.finding, l, listed, &x);
	finding_weigh(x.finding, "strip.plain", plain->at);
	finding_explain(x.finding,
			"The server's offer to encrypt is missing from what it says it can do, and "
			"the client goes on unencrypted.");
	d->suspect(d->context, l, &x);
}

void
detect_strip(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;
	const struct fact *garbled, *refused, *listed, *plain;

	if (f->proto != IPPROTO_TCP || !look_first(l, FIRST_MAIL))
		return;
	garbled = flow_first(f, "mail.garbled");
	refused = flow_first(f, "mail.starttls.refused");
	listed = flow_first(f, "mail.listed");
	plain = flow_first(f, "mail.plain");
	if (garbled)
		suspect_garbled(d, l, garbled);
	else if (refused && !flow_first(f, "mail.starttls.taken"))
		suspect_refusal(d, l, refused);
	else if (listed && plain && !flow_first(f, "mail.starttls"))
		suspect_absence(d, l, listed, plain);
}
