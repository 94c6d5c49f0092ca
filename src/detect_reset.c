/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forged resets: Clayton et al. (PETS 2006), Weaver et al. (NDSS 2009), the signatures of
 * Sundara Raman et al. (SIGCOMM 2023), and their innocent twins. */
#include "decoy.h"
#include "detect.h"
#include "resets.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

/* Resets of one cause come within this time. */
#define BURST (NSEC_PER_SEC)
/* No kernel repeats what was not confirmed sooner (Linux, TCP_RTO_MIN: 200 ms). */
#define REPEATED_AFTER (150 * NSEC_PER_MSEC)
/* A box that resets both ends does it at once. */
#define SAME_BREATH (5 * NSEC_PER_MSEC)
/* What closes connections that say nothing may do so much sooner (dossier B-14, B-15). */
#define IDLE_SOME (3 * NSEC_PER_SEC)

/* Resets of one side that are measured: more than half of the packets that a flow keeps. */
#define RESETS_MAX 32

struct suspects {
	const struct look *l;
	enum side from;
	size_t at[RESETS_MAX]; /* trace indices of this side's resets */
	struct measure measure[RESETS_MAX];
	bool reply[RESETS_MAX]; /* looks like a kernel's answer to a packet it had no socket for */
	size_t n;
	size_t worst; /* the one that is hardest to explain */
	long trigger;
};

static int64_t
window_after(const struct look *l, enum side from)
{
	return l->rtt[from] / 10 > REORDER ? l->rtt[from] / 10 : REORDER;
}

/* Does that side say something of this connection after packet i, too late for a packet that was
 * merely overtaken? */
static bool
lives_on(const struct look *l, size_t i)
{
	const struct trace *t = flow_trace(l->flow, i);

	for (size_t k = i + 1; k < l->n; k++) {
		const struct trace *o = flow_trace(l->flow, k);

		if (o->from != t->from && o->flags & TH_SYN_ && !(o->odd & ODD_ICMP))
			return false; /* another connection begins */
		if (o->from == t->from && !(o->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE)) &&
		    !(o->flags & TH_SYN_) &&
		    o->nsec - t->nsec >= window_after(l, (enum side)t->from))
			return true;
	}
	return false;
}

/* How long the connection had been idle when the words came that packet i answers. A NAT or a
 * balancer that has forgotten it by then refuses them in the server's name (dossier B-14, B-41). */
static int64_t
idle_before(const struct look *l, size_t i)
{
	const struct trace *said = NULL;

	while (i-- > 0) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->odd & (ODD_RST | ODD_ICMP | ODD_RETRANSMISSION))
			continue;
		if (said)
			return said->nsec - o->nsec;
		said = o;
	}
	return 0;
}

/* RFC 9293, 3.10.7.1: a segment to no connection is answered by a reset without ACK flag whose
 * sequence number is that segment's acknowledgement (B-08). Who has no connection cannot go on
 * with it. */
static bool
is_reply(const struct look *l, size_t i, const struct measure *m)
{
	const struct trace *t = flow_trace(l->flow, i);

	if (t->flags & TH_ACK_ || t->window || lives_on(l, i) ||
	    (m->early && idle_before(l, i) <= IDLE))
		return false;
	for (size_t k = i; k-- > 0;) {
		const struct trace *o = flow_trace(l->flow, k);

		if (o->from != t->from && o->flags & TH_ACK_ && !(o->odd & (ODD_RST | ODD_ICMP)) &&
		    o->ack == t->seq)
			return true;
	}
	return false;
}

/* While a server waits for the handshake's end it refuses what confirms anything else, by a reset
 * with that number, and waits on (RFC 9293, 3.10.7.4): so it answers decoys that came early. */
static bool
answers_decoy(const struct flow *f, const struct trace *t)
{
	const struct decoys *d = f->decoys;

	return d && (d->n[DECOY_ACK] || d->n[DECOY_SEQ]) && t->from == SERVER &&
	       !(t->flags & TH_ACK_) && f->half[SERVER].syn_seen &&
	       !seq_before(f->half[SERVER].isn, t->seq);
}

static void
collect(struct suspects *s, const struct look *l, enum side from)
{
	memset(s, 0, sizeof *s);
	s->l = l;
	s->from = from;
	s->trigger = -1;
	for (size_t i = 0; i < l->n && s->n < RESETS_MAX; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (!(t->odd & ODD_RST) || t->from != from)
			continue;
		if (t->odd & ODD_DUPLICATE && l->flow->bits & FLOW_DUPLICATED)
			continue; /* captured twice, like everything else here */
		if (answers_decoy(l->flow, t))
			continue;
		if (s->n == 0)
			s->trigger = look_last_data(l, CLIENT, i);
		s->at[s->n] = i;
		measure_packet(&s->measure[s->n], l, i, look_last_data(l, other_side(from), i));
		s->reply[s->n] = is_reply(l, i, &s->measure[s->n]);
		if (s->measure[s->n].weight > s->measure[s->worst].weight ||
		    (s->reply[s->worst] && !s->reply[s->n]))
			s->worst = s->n;
		s->n++;
	}
}

/* Weaver's DATA_SEQ_RST and RST_ACK_CHANGE, and what else no true end does with numbers. */
static void
weigh_sequence(struct finding *f, const struct suspects *s)
{
	const struct look *l = s->l;
	const struct half *h = &l->flow->half[s->from];
	size_t at = s->at[s->worst];
	const struct trace *t = flow_trace(l->flow, at);

	for (size_t i = 0; i < s->n; i++) {
		if (s->reply[i])
			continue;
		if (reset_guesses_ack(l->flow, s->at[i]))
			finding_weigh(f, "burst.acks", flow_trace(l->flow, s->at[i])->at);
		if (reset_is_repeated(l->flow, s->at[i]))
			finding_weigh(f, "reset.repeats", flow_trace(l->flow, s->at[i])->at);
	}
	if (!h->has_isn || s->reply[s->worst])
		return;
	if (seq_before(h->next_seq, t->seq) && t->seq - h->next_seq < 1u << 20)
		finding_weigh(f, "seq.above", t->at);
	else if (reset_is_stale(l->flow, at))
		finding_weigh(f, "seq.below", t->at);
}

/* Packets of the other side between the first and the last reset. */
static size_t
asked_between(const struct suspects *s)
{
	size_t n = 0;

	for (size_t i = s->at[0]; i < s->at[s->n - 1]; i++) {
		const struct trace *o = flow_trace(s->l->flow, i);

		n += o->from != s->from && !(o->odd & (ODD_RST | ODD_ICMP));
	}
	return n;
}

static void
weigh_burst(struct finding *f, const struct suspects *s)
{
	const struct trace *t = flow_trace(s->l->flow, s->at[s->worst]);
	size_t same = 0, climbs = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct trace *o = flow_trace(s->l->flow, s->at[i]);
		int64_t apart = o->nsec - t->nsec;

		if (apart > 10 * NSEC_PER_MSEC || apart < -10 * NSEC_PER_MSEC || s->reply[i])
			continue;
		if (o->seq == t->seq && o->ack == t->ack && o->flags == t->flags &&
		    o->window == t->window && o->ip_id == t->ip_id)
			same++;
		else if (reset_guesses_seq(s->l->flow, s->at[i]))
			climbs++;
	}
	/* One reset for each packet that asks for one is no burst. */
	if (same >= 2 && asked_between(s) + 1 >= same)
		return;
	if (same >= 3 && t->flags & TH_ACK_)
		finding_weigh(f, "burst.triple", t->at);
	else if (same >= 2)
		finding_weigh(f, "burst.same", t->at);
	if (climbs)
		finding_weigh(f, "burst.climbs", t->at);
}

/* Resets of one make that come again and again, later than a burst and without a word of the other
 * end's between them: whoever has left repeats nothing, but a box that makes a reset of each packet
 * of the server's does so as often as the server repeats itself (Xue et al., IMC 2022). */
static bool
is_repetition(const struct suspects *s, size_t i)
{
	const struct trace *t, *o;

	if (i == 0 || i >= s->n || s->reply[i])
		return false;
	t = flow_trace(s->l->flow, s->at[i]);
	o = flow_trace(s->l->flow, s->at[i - 1]);
	if (!(t->flags & o->flags & TH_ACK_) || t->ack != o->ack ||
	    t->nsec - o->nsec < REPEATED_AFTER)
		return false;
	for (size_t k = s->at[i - 1]; k < s->at[i]; k++) {
		const struct trace *p = flow_trace(s->l->flow, k);

		if (p->from != s->from && !(p->odd & ODD_ICMP))
			return false;
	}
	return true;
}

static void
weigh_repetition(struct finding *f, const struct suspects *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += is_repetition(s, i);
	if (n >= 2)
		finding_weigh(f, "burst.again", flow_trace(s->l->flow, s->at[s->n - 1])->at);
}

/* F7: does the end that "left" go on? A new answer to a new SYN is no contradiction. */
static void
weigh_after(struct finding *f, const struct suspects *s)
{
	const struct look *l = s->l;
	const struct trace *t = flow_trace(l->flow, s->at[0]);
	bool asked_again = false, beyond;

	if (s->reply[0] && s->worst == 0)
		return;
	for (size_t i = s->at[0] + 1; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);
		struct cite *c;

		if (o->odd & (ODD_ICMP | ODD_DUPLICATE))
			continue;
		if (o->from != s->from) {
			asked_again |= o->flags & TH_SYN_ && !(o->odd & ODD_RST);
			continue;
		}
		/* A reset says where its sender stands. What lies beyond that was not sent before
		 * it, so it cannot merely have been overtaken (Weaver's RST_SEQ_DATA). */
		beyond = t->flags & TH_ACK_ && o->len && !seq_before(o->seq, t->seq) &&
			 !(o->odd & (ODD_RETRANSMISSION | ODD_KEEPALIVE));
		if (o->odd & ODD_RST || (o->nsec - t->nsec < window_after(l, s->from) && !beyond))
			continue;
		if (asked_again && o->flags & TH_SYN_)
			return;
		c = finding_cite(f, o->at, ROLE_CONTRADICTION);
		finding_observe(f, c, "ip.ttl", NULL, "%u", o->ttl);
		finding_weigh(f, "after.goes_on", o->at);
		if (o->flags & TH_SYN_ || o->len)
			finding_weigh(f, "after.speaks", o->at);
		finding_excludes(f, "the other end closed the connection itself",
				 "it goes on in frame %u, after its own reset", o->at.frame);
		return;
	}
}

/* Did the same end reset a moment before, in time and in its own style? Firewalls of hosts are
 * known to reset twice, in two styles (B-17). */
static bool
reset_itself(const struct suspects *s)
{
	const struct trace *t = flow_trace(s->l->flow, s->at[s->worst]);

	for (size_t i = 0; i < s->worst; i++) {
		const struct measure *m = &s->measure[i];

		if (m->kappa >= 0.9 && m->weight < 1 && m->ttl_jump == 0 && !s->reply[i] &&
		    t->nsec - flow_trace(s->l->flow, s->at[i])->nsec < BURST)
			return true;
	}
	return false;
}

/* What makes a reset ordinary. */
static void
weigh_context(struct finding *f, const struct suspects *s)
{
	const struct look *l = s->l;
	size_t at = s->at[s->worst];
	const struct trace *t = flow_trace(l->flow, at), *last = NULL;
	bool fin = false, answered = false;

	for (size_t i = 0; i < at; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->odd & (ODD_ICMP | ODD_RST))
			continue;
		fin |= (o->flags & TH_FIN_) && t->nsec - o->nsec > REORDER;
		last = o;
		if (s->trigger >= 0 && (long)i > s->trigger && o->from == SERVER && o->len)
			answered = true;
	}
	if (s->reply[s->worst])
		finding_weigh(f, "reset.reply", t->at);
	if (reset_itself(s))
		finding_weigh(f, "reset.own", t->at);
	if (fin)
		finding_weigh(f, "reset.after_fin", t->at);
	if (answered)
		finding_weigh(f, "reset.answered", t->at);
	if ((last && t->nsec - last->nsec > IDLE) || idle_before(l, at) > IDLE)
		finding_weigh(f, "reset.idle", t->at);
	else if (last && t->nsec - last->nsec > IDLE_SOME)
		finding_weigh(f, "reset.late", t->at);
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
	if (l->outcome == OUTCOME_REFUSED)
		finding_weigh(f, "reset.refused", t->at);
	if (s->from == CLIENT && (t->ttl == 64 || t->ttl == 128 || t->ttl == 255) &&
	    s->measure[s->worst].ttl_jump == 0)
		finding_weigh(f, "reset.local", t->at);
}

static void
explain(struct finding *f, const struct suspects *s)
{
	const char *who = s->from == SERVER ? "the server" : "the client";

	if (f->direction == BOTH_WAYS)
		finding_explain(f,
				"Something between client and server cut this connection%s%s by "
				"resets forged in the name of both.",
				f->name ? " to " : "", f->name ? f->name : "");
	else
		finding_explain(f,
				"Something between client and server cut this connection%s%s by a "
				"reset that claims to come from %s, which did not send it.",
				f->name ? " to " : "", f->name ? f->name : "", who);
}

/* The resets that belong to the forged one: alike, or suspicious by themselves. */
static void
cite_resets(struct finding *f, const struct suspects *s)
{
	const struct trace *w = flow_trace(s->l->flow, s->at[s->worst]);

	for (size_t i = 0; i < s->n; i++) {
		const struct trace *t = flow_trace(s->l->flow, s->at[i]);
		int64_t apart = t->nsec > w->nsec ? t->nsec - w->nsec : w->nsec - t->nsec;
		bool alike = t->ttl == w->ttl && t->window == w->window && t->flags == w->flags &&
			     (apart < BURST || is_repetition(s, i));

		alike |= reset_is_repeated(s->l->flow, s->at[i]);
		if (i != s->worst && (s->reply[i] || (!alike && s->measure[i].weight < 2)))
			continue;
		measure_tell(f, &s->measure[i], s->l, s->at[i]);
	}
}

static struct finding *
suspect(const struct suspects *s)
{
	const struct look *l = s->l;
	const struct trace *t;
	struct finding *f;

	if (s->n == 0)
		return NULL;
	t = flow_trace(l->flow, s->at[s->worst]);
	f = finding_new(l, RST_INJECTION, t->nsec);
	f->direction = s->from == SERVER ? TO_CLIENT : TO_SERVER;
	f->stage = look_stage(l, s->at[s->worst]);
	cite_resets(f, s);
	weigh_sequence(f, s);
	weigh_burst(f, s);
	weigh_repetition(f, s);
	weigh_after(f, s);
	weigh_context(f, s);
	tell_trigger(f, l, s->trigger);
	if (f->trigger == TRIGGER_SNI || f->trigger == TRIGGER_HTTP_HOST ||
	    f->trigger == TRIGGER_DNS_NAME)
		finding_weigh(f, "trigger.name", f->ncites ? f->cites[0].at : no_packet());
	tell_baseline(f, l, s->from, s->at[s->worst]);
	explain(f, s);
	return f;
}

/* One side is surely forged, and the other's reset came in the same breath without being the
 * answer of a kernel. */
static bool
are_one_act(const struct suspects s[2], struct finding *const f[2])
{
	int sure = f[CLIENT]->confidence > f[SERVER]->confidence ? CLIENT : SERVER;
	const struct trace *a = flow_trace(s[sure].l->flow, s[sure].at[s[sure].worst]);
	const struct trace *b = flow_trace(s[!sure].l->flow, s[!sure].at[s[!sure].worst]);
	int64_t apart = a->nsec > b->nsec ? a->nsec - b->nsec : b->nsec - a->nsec;

	if (f[!sure]->confidence >= 0.5)
		return f[sure]->confidence >= 0.5;
	return f[sure]->confidence >= CONFIDENCE_LIKELY && apart < SAME_BREATH &&
	       !s[!sure].reply[s[!sure].worst];
}

/* Beside the client nobody else's reset to the server passes: one that its sender does not heed is
 * a decoy of its own. */
static bool
is_own(const struct look *l, const struct finding *f)
{
	return f->direction == TO_SERVER && is_beside_client(l->flow) &&
	       finding_has(f, "after.goes_on");
}

void
detect_reset(const struct detection *d, const struct look *l)
{
	struct suspects s[2];
	struct finding *f[2];
	struct suspicion x = {0};

	if (l->flow->proto != IPPROTO_TCP ||
	    (!l->flow->half[CLIENT].resets && !l->flow->half[SERVER].resets))
		return;
	for (int side = 0; side < 2; side++) {
		collect(&s[side], l, (enum side)side);
		f[side] = suspect(&s[side]);
		if (f[side] && is_own(l, f[side])) {
			finding_free(f[side]);
			f[side] = NULL;
		}
		if (f[side])
			weigh(f[side]);
	}
	/* One box that resets both ends is one finding. */
	if (f[CLIENT] && f[SERVER] && are_one_act(s, f)) {
		f[SERVER]->direction = BOTH_WAYS;
		cite_resets(f[SERVER], &s[CLIENT]);
		explain(f[SERVER], &s[SERVER]);
		finding_free(f[CLIENT]);
		f[CLIENT] = NULL;
	}
	for (int side = 0; side < 2; side++) {
		if (!f[side])
			continue;
		x.finding = f[side];
		x.took = side == SERVER ? s[side].measure[s[side].worst].took : 0;
		d->suspect(d->context, l, &x);
	}
}
