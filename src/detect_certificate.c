/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates that are not the server's own (dossier 6.3 and 1.13). One flow shows an issuer that
 * is known for it, or a certificate that nobody would install on purpose for that name; whether
 * other flows confirm it is asked later (impostors.c). In TLS 1.3 certificates are encrypted. */
#include "detect.h"
#include "shown.h"
#include "site.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

/* RFC 8446, 6.2: alerts by which a client refuses a certificate. An expired one (45) is not
 * among them: it may well be the server's own. */
static bool
is_refusal(uint64_t description)
{
	return description == 42 || description == 43 || description == 46 || description == 48;
}

static const struct fact *
refusal(const struct flow *f)
{
	const struct fact *alert;
	size_t i = 0;

	while ((alert = flow_fact(f, "tls.alert.description", CLIENT, &i)))
		if (is_refusal(alert->u))
			return alert;
	return NULL;
}

/* What is remarkable about the certificate itself. */
struct signs {
	struct shown shown;
	const char *known, *product; /* notes of the lists, or NULL */
	const struct fact *refused;
	bool odd; /* nobody would install it for that name */
};

static bool
read_signs(const struct detection *d, const struct look *l, struct signs *s)
{
	if (!shown_read(l, &s->shown))
		return false;
	s->known = fingerprints_listed(d->fingerprints, "interceptors", bytes_of(s->shown.issuer));
	/* Such a device also shows a certificate of its own, which names itself. */
	s->product = s->shown.fits ? fingerprints_listed(d->fingerprints, "interception-products",
							 bytes_of(s->shown.issuer))
				   : NULL;
	s->refused = refusal(l->flow);
	/* A device of one's own network may show whatever it likes, and is asked by any name. */
	s->odd = (s->shown.self_signed || s->shown.alien) && site_is_public(s->shown.name) &&
		 !fingerprints_listed_addr(d->fingerprints, "bogons", &l->flow->addr[SERVER]);
	return s->known || s->product || s->odd;
}

static void
explain(struct finding *f, const struct look *l, const struct signs *s)
{
	const char *name = l->name[0] ? l->name : "this address";

	if (s->known)
		finding_explain(f,
				"The connection to %s was answered in the server's place: the "
				"certificate is issued by \"%s\"%s%s, which is known for that.",
				name, s->shown.issuer, *s->known ? ", " : "", s->known);
	else if (s->product)
		finding_explain(
		    f,
		    "The connection to %s is opened and inspected on the way by %s, a product that "
		    "the owner of the computer or of the network has installed.",
		    name, *s->product ? s->product : s->shown.issuer);
	else
		finding_explain(
		    f,
		    "The connection to %s was answered with a certificate%s that %s: it is not the "
		    "site's own.",
		    name, s->shown.self_signed ? " that nobody but itself vouches for and" : "",
		    s->shown.alien ? "names something else" : "no public authority issued");
}

static void
tell(struct finding *f, const struct look *l, const struct signs *s)
{
	struct cite *c = finding_cite(f, s->shown.at, ROLE_INJECTED);

	finding_observe(f, c, "tls.cert.issuer", NULL, "%s", s->shown.issuer);
	finding_observe(f, c, "tls.cert.subject", l->name[0] ? l->name : NULL, "%s",
			s->shown.subject);
	if (s->known)
		finding_weigh(f, "cert.known", s->shown.at);
	else if (s->product)
		finding_weigh(f, "cert.product", s->shown.at);
	if (s->odd && s->shown.self_signed)
		finding_weigh(f, "cert.self_signed", s->shown.at);
	if (s->odd && s->shown.alien)
		finding_weigh(f, "cert.alien", s->shown.at);
	if (s->refused)
		finding_weigh(f, "cert.refused", s->refused->at);
	if (s->product)
		finding_excludes(f, "censorship",
				 "the issuer in frame %u is a product that owners of computers and "
				 "networks install themselves",
				 s->shown.at.frame);
}

/* A ServerHello that came too soon for the server and does not look like its other packets: the
 * session ends on the way, though the connection was opened by the server itself. Being early is
 * not enough, since a handshake may be slow. */
static void
suspect_hello(const struct detection *d, const struct look *l, const struct fact *hello, long at)
{
	struct suspicion x = {0};
	struct measure m;
	double early = 0;

	if (at < 0)
		return;
	measure_packet(&m, l, (size_t)at, look_last_data(l, CLIENT, (size_t)at));
	for (size_t i = 0; i < m.n; i++)
		if (strncmp(m.evidence[i], "time.", 5) == 0)
			early += weight_find(m.evidence[i])->weight;
	if (!m.early || m.weight - early < 2)
		return;
	x.finding = finding_new(l, TLS_INTERCEPTION, hello->nsec);
	x.finding->direction = TO_CLIENT;
	x.finding->stage = look_stage(l, (size_t)at);
	measure_tell(x.finding, &m, l, (size_t)at);
	x.took = m.took;
	x.data_ttl = flow_trace(l->flow, (size_t)at)->ttl;
	tell_companions(x.finding, l, (size_t)at);
	tell_trigger(x.finding, l, look_last_data(l, CLIENT, (size_t)at));
	tell_baseline(x.finding, l, SERVER, (size_t)at);
	finding_excludes(x.finding, "the server answered",
			 "frame %u came after %.0f %% of a round trip", hello->at.frame,
			 m.kappa * 100);
	finding_explain(x.finding,
			"The handshake with %s was answered on the way, before the server can have "
			"heard of it.",
			l->name[0] ? l->name : "this address");
	d->suspect(d->context, l, &x);
}

static bool
is_contradicted(const struct flow *f, const struct fact *hello)
{
	for (const struct conflict *c = f->conflicts; c; c = c->next)
		if (c->first.frame == hello->at.frame || c->second.frame == hello->at.frame)
			return true;
	return false;
}

void
detect_certificate(const struct detection *d, const struct look *l)
{
	const struct fact *hello = look_first(l, FIRST_SERVER_HELLO);
	struct suspicion x = {0};
	struct signs s;
	struct measure m;
	long at;

	if (!read_signs(d, l, &s)) {
		if (hello && !is_contradicted(l->flow, hello))
			suspect_hello(d, l, hello, look_index(l, hello->at));
		return;
	}
	x.finding = finding_new(l, TLS_INTERCEPTION, s.shown.nsec);
	x.finding->direction = TO_CLIENT;
	at = hello ? look_index(l, hello->at) : -1;
	x.finding->stage = at >= 0 ? look_stage(l, (size_t)at) : STAGE_FIRST_DATA;
	tell(x.finding, l, &s);
	if (at >= 0) {
		measure_packet(&m, l, (size_t)at, look_last_data(l, CLIENT, (size_t)at));
		/* Who answers in the server's place mostly opened the connection, too: being equal
		 * to itself acquits nobody. */
		if (m.weight > 0)
			measure_tell(x.finding, &m, l, (size_t)at);
		x.took = m.took;
		x.data_ttl = flow_trace(l->flow, (size_t)at)->ttl;
	}
	tell_trigger(x.finding, l, look_last_data(l, CLIENT, at >= 0 ? (size_t)at : l->n));
	explain(x.finding, l, &s);
	d->suspect(d->context, l, &x);
}
