/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that vanish: at the SYN, after the handshake, after the first words, in one direction
 * or both. Silence has many innocent causes; what is weighed here is its shape. */
#include "detect.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

/* The paper's limit for a connection gone quiet (Sundara Raman et al. 2023: 3 s). */
#define QUIET (3 * NSEC_PER_SEC)
/* zapret's detector and the dossier ask for three repetitions of the same bytes. */
#define REPEATS 3
/* An answer that is due this long after a request that was acknowledged is missing. */
#define ANSWER_DUE (10 * NSEC_PER_SEC)
/* A test tool that wants its packet to die on the way gives it a smaller TTL than its SYN. */
#define TTL_LIMITED 8

/* What one side said and the other never confirmed. */
struct unheard {
	enum side from;
	uint32_t acked;       /* sequence number up to which it was confirmed */
	uint32_t at;          /* the same, from its first byte */
	size_t first;         /* first packet beyond that */
	size_t sent, repeats; /* packets beyond, and how many of them repeat others */
	bool large_only;      /* all of them are as large as the path carries */
	bool words;           /* there is payload among them */
	bool fin;             /* its FIN is among them */
	bool partly;          /* the beginning of the same words was confirmed */
	size_t replies;       /* packets of the other side afterwards */
	long reply;           /* the first of them */
	size_t heard; /* packets of the other side since the client's first words, before it */
	long queued;  /* a SYN+ACK that came again after the handshake, or -1 */
	int64_t waited;
};

static bool
unheard_of(struct unheard *u, const struct look *l, enum side from, int64_t end)
{
	const struct flow *f = l->flow;
	const struct half *h = &f->half[from], *o = &f->half[other_side(from)];
	uint16_t mss = h->mss && h->mss < o->mss ? h->mss : o->mss;
	bool found = false;

	memset(u, 0, sizeof *u);
	u->from = from;
	u->acked = o->has_ack ? o->max_ack : h->isn + 1;
	u->large_only = true;
	u->reply = u->queued = -1;
	if (!h->bytes || !h->has_isn || !seq_before(u->acked, h->next_seq))
		return false;
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE))
			continue;
		if (t->from != from) {
			if (from == CLIENT && t->flags & TH_SYN_ && l->handshake_ack >= 0 &&
			    (long)i > l->handshake_ack) {
				/* It did not get, or did not take, the end of the handshake. */
				u->queued = (long)i;
				continue;
			}
			u->heard += !found && l->data[CLIENT] >= 0 && (long)i > l->data[CLIENT];
			if (found) {
				u->replies++;
				u->reply = u->reply < 0 ? (long)i : u->reply;
			}
			continue;
		}
		if (t->flags & TH_FIN_ && found)
			u->fin = true;
		if (t->odd & (ODD_KEEPALIVE | ODD_PADDED) ||
		    (!t->len && (u->words || !(t->flags & TH_FIN_ && t->seq == u->acked))) ||
		    !seq_before(u->acked, t->seq + t->len + (t->flags & TH_FIN_ ? 1 : 0)))
			continue;
		if (!found)
			u->first = i;
		found = true;
		u->words |= t->len != 0;
		u->repeats += t->odd & ODD_RETRANSMISSION || (!t->len && u->sent) ? 1 : 0;
		u->sent++;
		/* What lies behind a hole waits for it: the packets at the hole tell. */
		if (!seq_before(u->acked, t->seq) && (!o->mss || t->len + 100 < mss))
			u->large_only = false;
	}
	u->at = u->acked - h->isn - 1;
	u->partly = found && u->acked != h->isn + 1;
	if (found) {
		int64_t until = f->last > end ? f->last : end;

		u->waited = until - flow_trace(f, u->first)->nsec;
	}
	return found;
}

/* Does the sender of the unheard words learn that the other side's words arrive twice, though
 * it confirmed them? Then its confirmations are lost on the way as well. */
static long
repeated_though_acked(const struct look *l, enum side from)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == from || !(t->odd & ODD_RETRANSMISSION || t->flags & TH_FIN_))
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct trace *o = flow_trace(l->flow, k);
			uint32_t end = t->seq + t->len + (t->flags & TH_FIN_ ? 1 : 0);

			if (o->from == from && o->flags & TH_ACK_ && !(o->odd & ODD_RST) &&
			    !seq_before(o->ack, end) &&
			    t->nsec - o->nsec > l->rtt[other_side(from)] &&
			    t->nsec - o->nsec > 100 * NSEC_PER_MSEC)
				return (long)i;
		}
	}
	return -1;
}

static bool
ttl_limited(const struct look *l, size_t i)
{
	const struct trace *t = flow_trace(l->flow, i);

	return l->syn >= 0 && t->from == CLIENT &&
	       t->ttl + TTL_LIMITED < flow_trace(l->flow, (size_t)l->syn)->ttl;
}

/* Routers tell of decoys, too, that were sent to die there: then it was not this that died. */
static bool
expired_on_the_way(const struct flow *f)
{
	if (f->decoys)
		return false;
	for (const struct icmp_error *e = f->icmp_errors; e; e = e->next)
		if ((e->ip_version == 4 && e->type == 11) || (e->ip_version == 6 && e->type == 3))
			return true;
	return false;
}

static void
cite_unheard(struct finding *f, const struct look *l, const struct unheard *u)
{
	size_t n = 0;

	for (size_t i = u->first; i < l->n && n < 12; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from != u->from || (!t->len && (u->words || !(t->flags & TH_FIN_))) ||
		    t->odd & (ODD_RST | ODD_ICMP | ODD_KEEPALIVE | ODD_PADDED))
			continue;
		finding_cite(f, t->at,
			     t->odd & ODD_RETRANSMISSION ? ROLE_RETRANSMISSION : ROLE_UNANSWERED);
		n++;
	}
}

static void
weigh_unheard(struct finding *f, const struct look *l, const struct unheard *u)
{
	const struct trace *t = flow_trace(l->flow, u->first);
	long twice = repeated_though_acked(l, u->from);

	finding_weigh(f, u->repeats >= REPEATS ? "silence.data" : "silence.data_once", t->at);
	if (u->repeats >= 5)
		finding_weigh(f, "silence.long", t->at);
	if (u->partly && l->said != TRIGGER_UNKNOWN && u->from == CLIENT && !l->answered)
		finding_weigh(f, "silence.selective", t->at);
	if (u->fin && u->repeats < REPEATS)
		finding_weigh(f, "silence.fin_too", t->at);
	if (u->first > 0 && t->nsec - flow_trace(l->flow, u->first - 1)->nsec > IDLE)
		finding_weigh(f, "silence.idle", t->at);
	if (u->queued >= 0)
		finding_weigh(f, "silence.queue_full", flow_trace(l->flow, (size_t)u->queued)->at);
	if (u->replies) {
		const struct trace *r = flow_trace(l->flow, (size_t)u->reply);
		struct cite *c = finding_cite(f, r->at, ROLE_CONTRADICTION);

		finding_observe(f, c, "tcp.ack", NULL, "confirms nothing beyond byte %u",
				u->acked - l->flow->half[u->from].isn - 1);
		finding_weigh(f, "silence.one_way", r->at);
		finding_excludes(f, "the other end was gone",
				 "it still sends in frame %u, without having received this",
				 r->at.frame);
	}
	if (twice >= 0) {
		finding_cite(f, flow_trace(l->flow, (size_t)twice)->at, ROLE_CONTRADICTION);
		finding_weigh(f, "silence.acks_lost", flow_trace(l->flow, (size_t)twice)->at);
	}
	if (u->large_only)
		finding_weigh(f, "silence.large_only", t->at);
	else
		finding_excludes(f, "packets too large for the path",
				 "small packets vanish as well, from frame %u on", t->at.frame);
	if (u->from == SERVER)
		finding_weigh(f, "silence.client_gone", t->at);
}

static void
explain_unheard(struct finding *f, const struct unheard *u)
{
	const char *who = u->from == CLIENT ? "the client" : "the server";
	const char *name = f->name ? f->name : "";

	if (!u->words)
		finding_explain(f,
				"All that %s sent after its words%s%s vanished on the way, its "
				"confirmations and its farewell: the other end repeats what was "
				"confirmed to it.",
				who, f->name ? " for " : "", name);
	else if (f->direction == BOTH_WAYS && u->heard)
		finding_explain(
		    f,
		    "After the first words%s%s the other end was heard %zu times more; "
		    "then what %s sent vanished on the way: it was repeated %zu times and "
		    "never confirmed.",
		    f->name ? " for " : "", name, u->heard, who, u->repeats);
	else if (u->partly)
		finding_explain(
		    f,
		    "Of what %s sent%s%s the beginning arrived, and from byte %u on all "
		    "vanished on the way: it was repeated %zu times and never confirmed.",
		    who, f->name ? " for " : "", name, u->at, u->repeats);
	else
		finding_explain(
		    f,
		    "What %s sent%s%s vanished on the way: it was repeated %zu times and "
		    "never confirmed.",
		    who, f->name ? " for " : "", name, u->repeats);
}

static void
suspect_unheard(const struct detection *d, const struct look *l, const struct unheard *u)
{
	const struct trace *t = flow_trace(l->flow, u->first);
	struct suspicion x = {.silence = true, .silence_at = t->at};
	struct finding *f = finding_new(l, DROP, t->nsec);

	f->direction = u->from == CLIENT ? TO_SERVER : TO_CLIENT;
	if (!u->replies && u->from == CLIENT)
		f->direction = BOTH_WAYS;
	f->stage = look_stage(l, u->first + 1);
	cite_unheard(f, l, u);
	weigh_unheard(f, l, u);
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
	if (f->stage == STAGE_ESTABLISHED)
		finding_weigh(f, "silence.established", t->at);
	tell_trigger(f, l,
		     u->from == CLIENT && u->words ? (long)u->first
						   : look_last_data(l, CLIENT, u->first));
	if (f->trigger == TRIGGER_SNI || f->trigger == TRIGGER_HTTP_HOST)
		finding_weigh(f, "trigger.name", l->said_at);
	if (f->trigger == TRIGGER_PROTOCOL)
		finding_weigh(f, "trigger.protocol", t->at);
	explain_unheard(f, u);
	x.finding = f;
	d->suspect(d->context, l, &x);
}

/* The request arrived, says its receiver, and no answer ever came. */
static void
detect_no_answer(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;
	struct suspicion x = {.silence = true};
	const struct trace *t;
	struct finding *finding;
	int64_t until = f->half[CLIENT].fins || f->half[CLIENT].resets || f->half[SERVER].fins
			    ? f->last
			    : d->capture_end;

	if (l->data[CLIENT] < 0 || f->half[SERVER].bytes || l->said == TRIGGER_UNKNOWN ||
	    l->syn_ack < 0 || !f->half[SERVER].has_ack || f->half[SERVER].resets ||
	    until - f->half[CLIENT].last_data < ANSWER_DUE ||
	    ttl_limited(l, (size_t)l->data[CLIENT]) || expired_on_the_way(f))
		return;
	t = flow_trace(f, (size_t)l->data[CLIENT]);
	finding = finding_new(l, DROP, t->nsec);
	finding->direction = TO_CLIENT;
	finding->stage = STAGE_FIRST_DATA;
	x.silence_at = t->at;
	finding_cite(finding, t->at, ROLE_UNANSWERED);
	finding_weigh(finding, "silence.no_answer", t->at);
	tell_trigger(finding, l, l->data[CLIENT]);
	finding_weigh(finding, "trigger.name", l->said_at);
	finding_explain(finding, "The request for %s arrived, but no answer to it ever came back.",
			l->name);
	x.finding = finding;
	d->suspect(d->context, l, &x);
}

static void
detect_syn_silence(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;
	const struct half *c = &f->half[CLIENT];
	struct suspicion x = {.silence = true};
	const struct trace *t;
	struct finding *finding;

	if (f->half[SERVER].packets || !c->syn_seen || f->nicmp || c->resets || c->bytes ||
	    d->capture_end - f->first < QUIET)
		return;
	if (c->syns < 2)
		return;
	t = flow_trace(f, 0);
	finding = finding_new(l, DROP, t->nsec);
	finding->direction = BOTH_WAYS;
	finding->stage = STAGE_SYN;
	x.silence_at = t->at;
	for (size_t i = 0; i < l->n; i++)
		finding_cite(finding, flow_trace(f, i)->at,
			     i ? ROLE_RETRANSMISSION : ROLE_UNANSWERED);
	finding_weigh(finding, c->syns >= REPEATS ? "silence.syn" : "silence.syn_once", t->at);
	tell_trigger(finding, l, -1);
	finding_explain(finding,
			"Every attempt to connect vanished: %u requests, and no answer at all.",
			c->syns);
	x.finding = finding;
	d->suspect(d->context, l, &x);
}

/* At the server: its SYN+ACKs are repeated, and nothing confirms them. A client that repeats its
 * SYN all the while is there, and hears nothing; one that does not may never have been there. */
static void
detect_syn_ack_silence(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;
	const struct half *c = &f->half[CLIENT], *s = &f->half[SERVER];
	struct suspicion x = {.silence = true};
	const struct trace *t;

	if (l->syn_ack < 0 || s->syns < REPEATS || c->bytes || c->resets || c->fins ||
	    l->handshake_ack >= 0 || c->syns < 2)
		return;
	t = flow_trace(f, (size_t)l->syn_ack);
	x.silence_at = t->at;
	x.finding = finding_new(l, DROP, t->nsec);
	x.finding->direction = TO_CLIENT;
	x.finding->stage = STAGE_SYN;
	for (size_t i = 0; i < l->n; i++)
		if (flow_trace(f, i)->from == SERVER && flow_trace(f, i)->flags & TH_SYN_)
			finding_cite(x.finding, flow_trace(f, i)->at,
				     (long)i == l->syn_ack ? ROLE_UNANSWERED : ROLE_RETRANSMISSION);
	finding_weigh(x.finding, "silence.syn_ack", t->at);
	finding_weigh(x.finding, "silence.one_way", t->at);
	tell_trigger(x.finding, l, -1);
	finding_explain(x.finding,
			"The server's answers to a request to connect, %u of them, never "
			"reached the client.",
			s->syns);
	d->suspect(d->context, l, &x);
}

void
detect_silence(const struct detection *d, const struct look *l)
{
	struct unheard u;
	bool found = false;

	if (l->flow->proto != IPPROTO_TCP)
		return;
	detect_syn_silence(d, l);
	detect_syn_ack_silence(d, l);
	if (!l->half_seen[CLIENT] || !l->half_seen[SERVER])
		return;
	for (int from = 0; from < 2 && !found; from++) {
		if (!unheard_of(&u, l, (enum side)from, d->capture_end))
			continue;
		/* A farewell that nobody confirms is worth nothing where nobody is left: the other
		 * end must be heard repeating what was confirmed to it. */
		if (!u.words && repeated_though_acked(l, (enum side)from) < 0)
			continue;
		if (u.waited < QUIET ||
		    (u.repeats < 2 && !(u.fin && u.repeats == 0 && l->syn_ack >= 0)))
			continue;
		found = true;
		/* It was sent to die on the way; or the end of something that had worked. */
		if (ttl_limited(l, u.first) || expired_on_the_way(l->flow) ||
		    (l->answered && u.repeats < REPEATS))
			continue;
		suspect_unheard(d, l, &u);
	}
	if (!found)
		detect_no_answer(d, l);
}
