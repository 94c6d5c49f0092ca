/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures a packet against the ordinary packets of its alleged sender: the features F1 to F8
 * of the literature (Weaver et al. 2009; Sundara Raman et al. 2023). */
#include "detect.h"
#include "dissect.h"
#include "resets.h"
#include "weigh.h"

#include <stdio.h>
#include <string.h>

/* Below this round trip, jitter of capture and kernel is as large as what is measured. */
#define RTT_MIN (8 * NSEC_PER_MSEC)

struct ref
no_packet(void)
{
	return (struct ref){0, 0};
}

static void
add(struct measure *m, const char *name)
{
	const struct weight *w = weight_find(name);

	if (m->n == MEASURES || !w)
		return;
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->evidence[i], name) == 0)
			return;
	m->evidence[m->n++] = name;
	if (w->weight > 0)
		m->weight += w->weight;
}

/* No path on earth is longer than half its circumference, which light in glass travels in 100 ms;
 * twice that for detours, and both ways. What takes longer waited for something: a radio that had
 * to wake, a queue, a satellite. */
#define RTT_ON_EARTH (400 * NSEC_PER_MSEC)

/* The shortest time from a side's words to the other side's bare confirmation of just these; 0 if
 * there is none. Repeated words tell nothing (Karn's rule, RFC 6298, 3). */
static int64_t
shortest_confirmation(const struct look *l, enum side from)
{
	int64_t best = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from != from || t->len || t->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE) ||
		    (t->flags & (TH_SYN_ | TH_FIN_ | TH_RST_ | TH_PSH_ | TH_ACK_)) != TH_ACK_)
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct trace *said = flow_trace(l->flow, k);
			int64_t took = t->nsec - said->nsec;

			if (said->from == t->from || !said->len ||
			    said->seq + said->len != t->ack ||
			    said->odd & (ODD_RST | ODD_RETRANSMISSION | ODD_ICMP | ODD_KEEPALIVE))
				continue;
			if (took > 0 && (!best || took < best))
				best = took;
		}
	}
	return best;
}

/* How long that side is away, by all that the flow shows: a handshake may have waited. 0 if it
 * cannot be told. *ret_waited: the handshake alone tells it, and tells too much. */
static int64_t
round_trip(const struct look *l, enum side from, bool *ret_waited)
{
	const struct half *opener = &l->flow->half[other_side(from)];
	int64_t rtt = l->rtt[from], confirmed = shortest_confirmation(l, from);

	*ret_waited = false;
	if (confirmed && (!rtt || confirmed < rtt))
		return rtt ? confirmed : 0;
	/* Which of several requests to connect was answered is not known. */
	if (!confirmed && from == SERVER && opener->syns > 1)
		return 0;
	*ret_waited = !confirmed && rtt > RTT_ON_EARTH;
	return rtt;
}

/* What else of the other side's words was on its way when packet t came: since when is the oldest
 * of them unconfirmed? A reset may answer any, and each late segment of a download that the client
 * gave up draws one (dossier B-08). 0: none was; -1: the records that would tell were not kept. */
static int64_t
oldest_on_its_way(const struct look *l, const struct trace *t, const struct trace *said)
{
	const struct half *h = l->flow->half;
	uint32_t confirmed = 0;
	bool any = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o == t)
			break;
		if (o->from != t->from || !(o->flags & TH_ACK_) || o->odd & (ODD_RST | ODD_ICMP))
			continue;
		if (!any || seq_before(confirmed, o->ack))
			confirmed = o->ack;
		any = true;
	}
	for (size_t i = 0; any && i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o == said)
			break;
		if (o->from == said->from && o->len &&
		    !(o->odd & (ODD_RST | ODD_ICMP | ODD_KEEPALIVE)) &&
		    seq_before(confirmed, o->seq + o->len))
			return o->nsec;
	}
	if (any && h[CLIENT].packets + h[SERVER].packets > l->n &&
	    seq_before(confirmed + said->len, h[said->from].next_seq))
		return -1;
	return 0;
}

/* These say nothing for the first time. */
#define NO_FIRST (ODD_RST | ODD_ICMP | ODD_KEEPALIVE | ODD_CONFLICT | ODD_RETRANSMISSION)

/* The first packet that said the end of what this one says: an answer may be to that, as who
 * repeats itself has seldom waited for it (Karn's rule, RFC 6298, 3). NULL if it was not kept. */
static const struct trace *
first_said(const struct look *l, const struct trace *said)
{
	if (!(said->odd & ODD_RETRANSMISSION))
		return said;
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o == said)
			break;
		if (o->from == said->from && o->len && !(o->odd & NO_FIRST) &&
		    !seq_before(o->seq + o->len, said->seq + said->len) &&
		    seq_before(o->seq, said->seq + said->len))
			return o;
	}
	return NULL;
}

/* F1: did it come before its sender can have known of what it answers? */
static void
measure_time(struct measure *m, const struct look *l, const struct trace *t, long trigger)
{
	const struct trace *said;
	bool acked, waited;
	int64_t rtt, older;

	m->kappa = -1;
	if (trigger < 0)
		return;
	m->rtt = rtt = round_trip(l, (enum side)t->from, &waited);
	if (rtt < RTT_MIN)
		return;
	said = first_said(l, flow_trace(l->flow, (size_t)trigger));
	if (!said || said->from == t->from || t->nsec < said->nsec)
		return;
	m->took = t->nsec - said->nsec;
	m->kappa = (double)m->took / (double)rtt;
	acked = t->flags & TH_ACK_ && !seq_before(t->ack, said->seq + said->len);
	older = t->odd & ODD_RST && !acked ? oldest_on_its_way(l, t, said) : 0;
	if (older < 0 || (older && (double)(t->nsec - older) >= 0.6 * (double)rtt)) {
		m->kappa = -1;
		return;
	}
	if (m->kappa < 0.25)
		add(m, acked ? "time.early_ack" : "time.early");
	else if (m->kappa < 0.6)
		add(m, "time.earlyish");
	else if (m->kappa >= 0.9)
		add(m, "time.punctual");
	m->early = m->kappa < 0.6;
	if (m->early && waited)
		add(m, "time.slow");
}

static void
measure_ttl(struct measure *m, const struct look *l, const struct trace *t)
{
	size_t n;

	m->ttl_jump = look_ttl_jump(l, t, &m->ttl_usual, &n);
	if (n == 0)
		return;
	if (m->ttl_jump >= 20)
		add(m, "ttl.far");
	else if (m->ttl_jump >= 3)
		add(m, "ttl.off");
	else if (m->ttl_jump == 0 && n >= 2)
		add(m, "ttl.same");
}

/* F3: learn how the sender counts its IP IDs from its other packets (RFC 6864 allows any way for
 * datagrams that are not fragments). A zero with DF is what Linux sends for packets of no
 * socket, so it is never held against anybody. */
static void
measure_ip_id(struct measure *m, const struct look *l, size_t i)
{
	const struct trace *t = flow_trace(l->flow, i), *near = NULL, *other = NULL;
	unsigned zero = 0, step = 0, jump = 0;
	const struct trace *last = NULL;
	bool usual = false; /* the sender uses this very ID all the time */

	if (l->flow->ip_version != 4)
		return;
	for (size_t k = 0; k < l->n; k++) {
		const struct trace *o = flow_trace(l->flow, k);

		if (o->from != t->from && k < i && !(o->odd & ODD_ICMP))
			other = o;
		if (o->from != t->from || o->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE) || k == i)
			continue;
		usual |= o->ip_id == t->ip_id;
		if (o->ip_id == 0)
			zero++;
		else if (last && (uint16_t)(o->ip_id - last->ip_id) <= 64)
			step++;
		else if (last)
			jump++;
		if (o->ip_id)
			last = o;
		if (o->ip_id && (!near || k < i))
			near = o;
	}
	if (t->ip_id && other && other->ip_id == t->ip_id && !usual && t->ip_id > 16)
		add(m, "id.mirror");
	if (t->ip_id == 0)
		return;
	if ((near && step >= 2 && jump == 0 && (uint16_t)(t->ip_id - near->ip_id) > 1000 &&
	     (uint16_t)(near->ip_id - t->ip_id) > 1000) ||
	    (zero >= 2 && !last))
		add(m, "id.break");
}

/* F5 and F8: flags, window, options. */
static void
measure_header(struct measure *m, const struct look *l, size_t i)
{
	const struct trace *t = flow_trace(l->flow, i), *usual = NULL;
	const struct half *h = &l->flow->half[t->from], *o = &l->flow->half[1 - t->from];
	bool rst = t->odd & ODD_RST, df_usual = true, df_known = false;

	for (size_t k = 0; k < l->n; k++) {
		const struct trace *p = flow_trace(l->flow, k);

		if (k == i || p->from != t->from || p->odd & (ODD_RST | ODD_ICMP))
			continue;
		usual = p;
		df_known = true;
		df_usual = df_usual && p->bits & PKT_DF;
	}
	if (rst && !(t->flags & TH_ACK_) && t->window)
		add(m, "header.window");
	if (rst && !(t->flags & TH_ACK_) && t->ack)
		add(m, "header.ack");
	if (t->reserved && !(usual && usual->reserved))
		add(m, "header.reserved");
	if (rst && t->len >= 7 && !(t->odd & ODD_PADDED))
		add(m, "header.payload");
	if (!rst && h->ts && o->ts && !(t->options & OPT_TS) && !(t->flags & TH_SYN_))
		add(m, "header.no_timestamps");
	if (clock_is_wrong(l->flow, i))
		add(m, "header.clock");
	if (df_known && df_usual && l->flow->ip_version == 4 && !(t->bits & PKT_DF))
		add(m, "header.df");
}

/* A router reports that the very packet that is answered here died on the way (the sign by
 * which CenTrace tells devices that watch from those that stand in the way, CoNEXT 2022). */
static void
measure_request(struct measure *m, const struct look *l, const struct trace *t, long trigger)
{
	const struct trace *said = trigger >= 0 ? flow_trace(l->flow, (size_t)trigger) : NULL;

	if (!said || !(t->flags & TH_ACK_) || seq_before(t->ack, said->seq + said->len))
		return;
	/* Decoys are sent to die, with the numbers of what they stand for. */
	if (l->flow->decoys)
		return;
	for (const struct icmp_error *e = l->flow->icmp_errors; e; e = e->next)
		if (e->type == (e->ip_version == 4 ? 11 : 3) && e->quoted_seq == said->seq &&
		    e->quoted_ip_id == said->ip_id && e->quoted == (enum side)said->from)
			add(m, "after.request_died");
}

static void
measure_rest(struct measure *m, const struct look *l, size_t i, long trigger)
{
	const struct trace *t = flow_trace(l->flow, i);

	measure_ttl(m, l, t);
	measure_ip_id(m, l, i);
	measure_header(m, l, i);
	measure_request(m, l, t, trigger);
}

void
measure_packet(struct measure *m, const struct look *l, size_t i, long trigger)
{
	memset(m, 0, sizeof *m);
	measure_time(m, l, flow_trace(l->flow, i), trigger);
	measure_rest(m, l, i, trigger);
}

double
measure_but_time(const struct look *l, size_t i, long trigger)
{
	struct measure m = {.weight = 0};

	measure_rest(&m, l, i, trigger);
	return m.weight;
}

void
measure_tell(struct finding *f, const struct measure *m, const struct look *l, size_t i)
{
	const struct trace *t = flow_trace(l->flow, i);
	struct cite *c = finding_cite(f, t->at, ROLE_INJECTED);
	char usual[64];

	for (size_t k = 0; k < m->n; k++)
		finding_weigh(f, m->evidence[k], t->at);
	if (m->ttl_jump) {
		snprintf(usual, sizeof usual, "%d", m->ttl_usual);
		finding_observe(f, c, "ip.ttl", usual, "%u", t->ttl);
	}
	if (m->kappa >= 0 && m->kappa < 0.9) {
		snprintf(usual, sizeof usual, "%.1f ms", (double)m->rtt / (double)NSEC_PER_MSEC);
		finding_observe(f, c, "tcp.time_delta", usual, "%.1f ms",
				m->kappa * (double)m->rtt / (double)NSEC_PER_MSEC);
	}
	for (size_t k = 0; k < m->n; k++) {
		if (strncmp(m->evidence[k], "id.", 3) == 0)
			finding_observe(f, c, "ip.id", NULL, "0x%04x", t->ip_id);
		if (strcmp(m->evidence[k], "header.window") == 0)
			finding_observe(f, c, "tcp.window_size_value", "0", "%u", t->window);
		if (strcmp(m->evidence[k], "header.clock") == 0)
			finding_observe(f, c, "tcp.options.timestamp.tsval", NULL, "%u", t->tsval);
		if (strcmp(m->evidence[k], "header.df") == 0)
			finding_observe(f, c, "ip.flags.df", "1", "0");
		if (strcmp(m->evidence[k], "header.no_timestamps") == 0)
			finding_observe(f, c, "tcp.options.timestamp", "present", "missing");
	}
}

/* What set it off where no name was said. */
static void
tell_nameless(struct finding *f, const struct look *l, const char *service)
{
	if (look_first(l, FIRST_CLIENT_HELLO))
		finding_trigger(f, TRIGGER_PROTOCOL, "tls", BASIS_CONTENT);
	else if (opening_is_encrypted(&l->flow->opening))
		finding_trigger(f, TRIGGER_FULLY_ENCRYPTED, service, BASIS_CONTENT);
	else
		finding_trigger(f, TRIGGER_UNKNOWN, "", 0);
}

void
tell_trigger(struct finding *f, const struct look *l, long trigger)
{
	const struct trace *t = trigger >= 0 ? flow_trace(l->flow, (size_t)trigger) : NULL;
	char value[ADDR_TEXT_MAX + 16], address[ADDR_TEXT_MAX];

	if (t && l->said != TRIGGER_UNKNOWN && l->said_nsec <= t->nsec + NSEC_PER_MSEC) {
		finding_trigger(f, l->said, l->name, BASIS_CONTENT);
		finding_cite(f, l->said_at, ROLE_TRIGGER);
		finding_cite(f, t->at, ROLE_TRIGGER);
		return;
	}
	if (t && trigger == l->data[CLIENT] && l->flow->dissector && l->flow->nfacts &&
	    l->flow->dissector->trigger) {
		finding_trigger(f, TRIGGER_PROTOCOL, l->flow->dissector->trigger, BASIS_CONTENT);
		finding_cite(f, t->at, ROLE_TRIGGER);
		return;
	}
	addr_text(&l->flow->addr[SERVER], address);
	snprintf(value, sizeof value, addr_is_v4(&l->flow->addr[SERVER]) ? "%s:%u" : "[%s]:%u",
		 address, l->flow->port[SERVER]);
	if (t) {
		tell_nameless(f, l, value);
		finding_cite(f, t->at, ROLE_TRIGGER);
	} else {
		finding_trigger(f, TRIGGER_IP_PORT, value, BASIS_CONTENT);
		if (l->syn >= 0)
			finding_cite(f, flow_trace(l->flow, (size_t)l->syn)->at, ROLE_TRIGGER);
	}
}

void
tell_baseline(struct finding *f, const struct look *l, enum side from, size_t but)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);
		struct cite *c;

		if (i == but || t->from != from || t->odd & (ODD_RST | ODD_ICMP | ODD_CONFLICT))
			continue;
		c = finding_cite(f, t->at, ROLE_BASELINE);
		finding_observe(f, c, "ip.ttl", NULL, "%u", t->ttl);
		return;
	}
}

/* What else the forger sent with it: its FIN, its bare ACKs. They come at once or a moment later
 * (PacketLogic's ACK after 100 ms) and are made alike, unlike the true sender's. */
void
tell_companions(struct finding *f, const struct look *l, size_t at)
{
	const struct trace *t = flow_trace(l->flow, at);
	int usual;
	size_t n;
	bool odd_ttl = look_ttl_jump(l, t, &usual, &n) >= 3;

	for (size_t i = at + 1; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from != t->from ||
		    o->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE | ODD_CONFLICT) ||
		    o->nsec - t->nsec > NSEC_PER_SEC)
			continue;
		if ((odd_ttl && o->ttl == t->ttl) ||
		    (t->ip_id && o->ip_id == t->ip_id && o->window == t->window))
			finding_cite(f, o->at, ROLE_INJECTED);
	}
}
