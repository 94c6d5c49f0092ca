/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forged data, forged FINs and forged SYN+ACKs: two versions of one thing (Haagsma, QUANTUM
 * INSERT, 2015; HoneyBadger; Wang et al., IMC 2017), or an end that goes on after it left. */
#include "decoy.h"
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

static bool
starts_like_http(const uint8_t *p, size_t n)
{
	return n >= 5 && memcmp(p, "HTTP/", 5) == 0;
}

/* A record of the type alert that holds one alert in clear (RFC 8446, 5.1 and 6). */
static bool
is_plain_alert(const uint8_t *p, size_t n)
{
	return n >= 5 && p[0] == 21 && p[1] == 3 && p[3] == 0 && p[4] == 2;
}

/* Two ServerHellos for one ClientHello: is one of the two packets the hello? */
static bool
has_two_hellos(const struct flow *f, const struct conflict *c)
{
	const struct fact *hello = c->from == SERVER ? flow_first(f, "tls.server_hello") : NULL;

	return hello && (ref_equal(hello->at, c->first) || ref_equal(hello->at, c->second));
}

/* Of two versions of the same bytes, which is the forgery? The one that differs more from the
 * side's other packets; if neither does, the one that came first, since it won the race. */
static void
choose(const struct look *l, const struct conflict *c, long at[2], struct measure m[2], int *forged)
{
	at[0] = look_index(l, c->first);
	at[1] = look_index(l, c->second);
	memset(m, 0, 2 * sizeof *m);
	for (int i = 0; i < 2; i++)
		if (at[i] >= 0)
			measure_packet(&m[i], l, (size_t)at[i],
				       look_last_data(l, other_side(c->from), (size_t)at[i]));
	*forged = m[1].weight > m[0].weight ? 1 : 0;
	if (at[*forged] < 0)
		*forged = !*forged;
}

static void
weigh_conflict(struct finding *f, const struct look *l, const struct conflict *c,
	       const struct measure m[2], const long at[2], int forged)
{
	const struct trace *a = at[0] >= 0 ? flow_trace(l->flow, (size_t)at[0]) : NULL;
	const struct trace *b = at[1] >= 0 ? flow_trace(l->flow, (size_t)at[1]) : NULL;

	finding_weigh(f, "conflict.bytes", c->second);
	if (a && b) {
		if (m[forged].weight == 0 && m[!forged].weight == 0)
			finding_weigh(f, "conflict.same_style", c->second);
		/* A forged answer races the true one within about a round trip. */
		if (b->nsec - a->nsec > 3 * NSEC_PER_SEC)
			finding_weigh(f, "conflict.late", c->second);
		if (a->len <= 1 || b->len <= 1)
			finding_weigh(f, "conflict.tiny", c->second);
	}
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
	if (l->flow->half[c->from].conflicts > 6)
		finding_weigh(f, "conflict.many", c->second);
}

/* Beside the client nobody else's packets to the server pass: it contradicts itself, as tools do
 * that evade filters. */
static const struct conflict *
first_of_others(const struct flow *f)
{
	const struct conflict *c = f->conflicts;

	while (c && c->from == CLIENT && is_sent_near(f->half[CLIENT].ttl))
		c = c->next;
	return c;
}

static void
detect_conflict(const struct detection *d, const struct look *l)
{
	const struct conflict *c = first_of_others(l->flow);
	struct suspicion x = {0};
	struct measure m[2];
	struct finding *f;
	struct cite *cite;
	long at[2];
	int forged;
	bool page, alert;

	if (!c)
		return;
	choose(l, c, at, m, &forged);
	page = starts_like_http(forged == 0 ? c->first_bytes : c->second_bytes,
				forged == 0 ? c->nfirst : c->nsecond);
	alert = is_plain_alert(forged == 0 ? c->first_bytes : c->second_bytes,
			       forged == 0 ? c->nfirst : c->nsecond);
	f = finding_new(l,
			alert                        ? TLS_ALERT_INJECTION
			: has_two_hellos(l->flow, c) ? TLS_INTERCEPTION
						     : DATA_INJECTION,
			c->nsec);
	f->direction = c->from == SERVER ? TO_CLIENT : TO_SERVER;
	f->stage = look_stage(l, at[forged] >= 0 ? (size_t)at[forged] : l->n);
	if (at[forged] >= 0)
		measure_tell(f, &m[forged], l, (size_t)at[forged]);
	cite = finding_cite(f, forged == 0 ? c->first : c->second, ROLE_INJECTED);
	finding_observe(f, cite, "tcp.payload", NULL, "%s",
			page    ? "an HTTP answer"
			: alert ? "a TLS alert"
				: "other bytes");
	finding_cite(f, forged == 0 ? c->second : c->first, ROLE_CONTRADICTION);
	if (at[forged] >= 0)
		tell_companions(f, l, (size_t)at[forged]);
	weigh_conflict(f, l, c, m, at, forged);
	tell_trigger(f, l, look_last_data(l, CLIENT, at[forged] >= 0 ? (size_t)at[forged] : l->n));
	if (f->trigger == TRIGGER_UNKNOWN && l->name[0])
		finding_trigger(f, l->said, l->name, 0);
	/* What came first was read: it is known what the page says. */
	if (page && forged == 0 && at[0] >= 0 && is_notice(l, (size_t)at[0]))
		f->mechanism = BLOCK_PAGE;
	tell_baseline(f, l, c->from, at[forged] >= 0 ? (size_t)at[forged] : l->n);
	finding_excludes(f, "a retransmission of the same bytes",
			 "frames %u and %u carry different bytes for the same sequence numbers",
			 c->first.frame, c->second.frame);
	finding_explain(
	    f,
	    "Forged data%s was slipped into this connection%s%s: two packets claim the same "
	    "place in the stream and say different things.",
	    alert ? ", an alert that ends the TLS handshake," : "", f->name ? " to " : "",
	    f->name ? f->name : "");
	x.finding = f;
	d->suspect(d->context, l, &x);
}

void
detect_data(const struct detection *d, const struct look *l)
{
	if (l->flow->proto == IPPROTO_TCP)
		detect_conflict(d, l);
}

/* A FIN whose sender goes on: with data beyond it, that were not sent before. */
static long
goes_on(const struct look *l, size_t fin)
{
	const struct trace *t = flow_trace(l->flow, fin);

	for (size_t i = fin + 1; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from != t->from || o->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE) ||
		    o->nsec - t->nsec < REORDER)
			continue;
		if (o->len && !(o->odd & (ODD_PADDED | ODD_KEEPALIVE)) &&
		    seq_before(t->seq + t->len, o->seq + o->len))
			return (long)i;
	}
	return -1;
}

/* Does the FIN stand where its sender's words end? Tools that make packets by hand are careless. */
static bool
stands_at_end(const struct look *l, size_t fin)
{
	const struct trace *t = flow_trace(l->flow, fin);

	for (size_t i = 0; i < fin; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from == t->from && !(o->odd & (ODD_RST | ODD_ICMP)) &&
		    seq_before(t->seq, o->seq + o->len))
			return false;
	}
	return true;
}

/* Who sent a FIN counts it: whatever it says later stands behind it (RFC 9293, 3.4). A later packet
 * that stands where the FIN stands was sent by somebody who knows of none. It was not merely
 * overtaken: either it confirms more than had been confirmed then, or packets of that kind still
 * come after a round trip and confirm less. Stacks of VPN programs and proxies forget their FIN,
 * too, but then they repeat it. */
static long
knows_of_no_fin(const struct look *l, size_t fin)
{
	const struct trace *t = flow_trace(l->flow, fin);
	int64_t round_trip = l->rtt[CLIENT] + l->rtt[SERVER];
	uint32_t end = t->seq + t->len, confirmed = t->ack;
	long unaware = -1;
	size_t older = 0;

	if (!stands_at_end(l, fin))
		return -1;
	for (size_t i = fin + 1; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from != t->from || o->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE))
			continue;
		if (o->flags & TH_FIN_ && o->seq + o->len == end)
			return -1;
		if (!(o->flags & TH_ACK_) || o->flags & TH_SYN_)
			continue;
		if (unaware < 0 && o->len == 0 && o->seq == end) {
			older += seq_before(o->ack, t->ack) && o->nsec - t->nsec > round_trip &&
				 o->nsec - t->nsec > REORDER;
			if (seq_before(confirmed, o->ack) || older > 1)
				unaware = (long)i;
		}
		if (seq_before(confirmed, o->ack))
			confirmed = o->ack;
	}
	return unaware;
}

static void
tell_unknown_fin(struct finding *f, const struct look *l, size_t fin, size_t before)
{
	const struct trace *t = flow_trace(l->flow, fin), *o = flow_trace(l->flow, before);
	uint32_t isn = l->flow->half[t->from].isn;
	struct cite *c = finding_cite(f, o->at, ROLE_CONTRADICTION);

	finding_observe(f, c, "tcp.seq", NULL, "%u, the FIN stands at %u", o->seq - isn,
			t->seq + t->len - isn);
	finding_weigh(f, "after.no_fin", o->at);
	finding_excludes(f, "the other end closed the connection itself",
			 "frame %u is later, and its sender has sent no FIN yet", o->at.frame);
}

static struct finding *
suspect_fin(const struct look *l, size_t i)
{
	const struct trace *t = flow_trace(l->flow, i);
	long trigger = look_last_data(l, other_side((enum side)t->from), i), after = goes_on(l, i);
	long before = knows_of_no_fin(l, i);
	struct finding *f;
	struct measure m;

	/* Being early is not enough: caches on the way answer early, and close. Being in time
	 * speaks for nobody. */
	if (after < 0 && before < 0 && measure_but_time(l, i, trigger) < 4)
		return NULL;
	measure_packet(&m, l, i, trigger);
	if (after < 0 && before < 0 && m.early)
		return NULL;
	f = finding_new(l, FIN_INJECTION, t->nsec);
	f->direction = t->from == SERVER ? TO_CLIENT : TO_SERVER;
	f->stage = look_stage(l, i);
	measure_tell(f, &m, l, i);
	if (after >= 0) {
		const struct trace *o = flow_trace(l->flow, (size_t)after);

		finding_cite(f, o->at, ROLE_CONTRADICTION);
		finding_weigh(f, "after.goes_on", o->at);
		finding_excludes(f, "the other end closed the connection itself",
				 "it sends new data in frame %u, beyond its own FIN", o->at.frame);
	}
	if (before >= 0)
		tell_unknown_fin(f, l, i, (size_t)before);
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
	tell_trigger(f, l, trigger);
	tell_baseline(f, l, (enum side)t->from, i);
	finding_explain(
	    f,
	    "Something between client and server ended this connection%s%s by a FIN that claims "
	    "to come from %s, which did not send it.",
	    f->name ? " to " : "", f->name ? f->name : "",
	    t->from == SERVER ? "the server" : "the client");
	return f;
}

void
detect_fin(const struct detection *d, const struct look *l)
{
	struct finding *f[2] = {NULL, NULL};
	struct suspicion x = {0};

	if (l->flow->proto != IPPROTO_TCP)
		return;
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->flags & TH_FIN_ && !(t->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE)) &&
		    !f[t->from])
			f[t->from] = suspect_fin(l, i);
	}
	/* One box that ends both sides is one finding. */
	if (f[CLIENT] && f[SERVER]) {
		f[SERVER]->direction = BOTH_WAYS;
		for (size_t i = 0; i < f[CLIENT]->ncites; i++)
			if (f[CLIENT]->cites[i].role == ROLE_INJECTED)
				finding_cite(f[SERVER], f[CLIENT]->cites[i].at, ROLE_INJECTED);
		finding_free(f[CLIENT]);
		f[CLIENT] = NULL;
	}
	for (int s = 0; s < 2; s++) {
		x.finding = f[s];
		if (f[s])
			d->suspect(d->context, l, &x);
	}
}

/* The handshake is the measure of all times, and here it is in dispute: the first answer is as fast
 * as itself. If the SYN was sent once, the later answer is held against the earlier one. */
static void
measure_race(struct measure *m, int64_t first, int64_t second, unsigned syns)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (strncmp(m->evidence[i], "time.", 5) != 0)
			m->evidence[n++] = m->evidence[i];
	m->n = n;
	m->kappa = -1;
	if (syns > 1 || second - first < REORDER || m->n == MEASURES)
		return;
	m->rtt = second;
	m->took = first;
	m->kappa = (double)first / (double)second;
	if (m->kappa < 0.25)
		m->evidence[m->n++] = "time.early";
	else if (m->kappa < 0.6)
		m->evidence[m->n++] = "time.earlyish";
	m->early = m->kappa < 0.6;
}

/* Two SYN+ACKs with different sequence numbers for one SYN. A repeated SYN that a balancer
 * without state answers anew is the innocent twin. */
void
detect_syn_ack(const struct detection *d, const struct look *l)
{
	long first = -1;
	unsigned syns = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i), *a;
		struct suspicion x = {0};
		struct measure m[2];
		struct finding *f;
		size_t at[2];
		int forged;

		if (t->odd & (ODD_RST | ODD_ICMP) || !(t->flags & TH_SYN_) ||
		    l->flow->proto != IPPROTO_TCP)
			continue;
		if (!(t->flags & TH_ACK_)) {
			syns += t->from == CLIENT;
			continue;
		}
		if (first < 0) {
			first = (long)i;
			continue;
		}
		a = flow_trace(l->flow, (size_t)first);
		if (a->seq == t->seq || a->ack != t->ack)
			continue;
		at[0] = (size_t)first;
		at[1] = i;
		for (int k = 0; k < 2; k++)
			measure_packet(&m[k], l, at[k], l->syn);
		forged = m[1].weight > m[0].weight ? 1 : 0;
		if (!forged && l->syn >= 0)
			measure_race(&m[0], a->nsec - flow_trace(l->flow, (size_t)l->syn)->nsec,
				     t->nsec - flow_trace(l->flow, (size_t)l->syn)->nsec, syns);
		f = finding_new(l, SYN_ACK_INJECTION, t->nsec);
		f->direction = TO_CLIENT;
		f->stage = STAGE_SYN;
		measure_tell(f, &m[forged], l, at[forged]);
		finding_cite(f, flow_trace(l->flow, at[!forged])->at, ROLE_CONTRADICTION);
		finding_weigh(f, "conflict.isn", t->at);
		if (syns > 1)
			finding_weigh(f, "conflict.syn_repeated", t->at);
		if (t->nsec - a->nsec > NSEC_PER_SEC)
			finding_weigh(f, "conflict.late", t->at);
		if (a->ttl == t->ttl && a->window == t->window && a->options == t->options)
			finding_weigh(f, "conflict.same_style", t->at);
		tell_trigger(f, l, -1);
		finding_excludes(f, "a repeated SYN+ACK",
				 "frames %u and %u differ in their sequence number", a->at.frame,
				 t->at.frame);
		finding_explain(
		    f, "A forged answer spoiled the opening of this connection: one request to "
		       "connect drew two answers that contradict each other.");
		x.finding = f;
		d->suspect(d->context, l, &x);
		return;
	}
}
