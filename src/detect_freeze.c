/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections that worked and stop dead, without a farewell. One alone may be a server that died or
 * a route that moved; several that stop at the same count of packets or bytes are no chance.
 * Russia's filters let some 25 packets of both directions pass, or 15 to 20 kB, to much of foreign
 * hosting (net4people/bbs #490; Cloudflare, 26 June 2025). */
#include "detect.h"

#include <netinet/in.h>
#include <string.h>

/* What had passed before: more than a handshake and a first answer, which detect_silence.c asks
 * about. The smallest budget that was measured is 10 to 14 packets or 16 kB. */
#define PACKETS_LEAST 15
#define BYTES_LEAST 8192
/* So long nothing came any more, though it was asked for: three timeouts of TCP. */
#define DEAD (8 * NSEC_PER_SEC)
/* The budgets that were measured, with what a capture may count besides. */
#define RANGE_PACKETS_LOW 20
#define RANGE_PACKETS_HIGH 30
#define RANGE_BYTES_LOW 12000
#define RANGE_BYTES_HIGH 24000
#define SHOWN 10

/* How a connection ended: who went on, and was not heard. */
struct stop {
	enum side mute;    /* whose packets ceased */
	int64_t at;        /* its last packet */
	size_t unheard;    /* packets of the other side afterwards that call for an answer */
	long first, final; /* the first of them, and the mute side's last packet; -1: not kept */
	uint32_t after; /* packets of the other side afterwards; of TCP's, those that were kept */
	uint64_t bytes; /* of these */
	bool
	    unfinished; /* the last thing that came was a full segment in the middle of something */
};

static bool
calls_for_answer(const struct flow *f, const struct trace *t)
{
	if (f->proto != IPPROTO_TCP)
		return true;
	return t->len || t->flags & (TH_FIN_ | TH_SYN_) || t->odd & ODD_KEEPALIVE;
}

static void
find_stop(struct stop *s, const struct look *l)
{
	const struct flow *f = l->flow;
	const struct half *mute;

	memset(s, 0, sizeof *s);
	s->mute = f->half[SERVER].last <= f->half[CLIENT].last ? SERVER : CLIENT;
	mute = &f->half[s->mute];
	s->at = mute->last;
	s->first = s->final = -1;
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->odd & (ODD_ICMP | ODD_DUPLICATE))
			continue;
		if (t->from == s->mute) {
			s->final = (long)i;
			if (t->len && f->proto == IPPROTO_TCP)
				s->unfinished = !(t->flags & TH_PSH_) && mute->mss &&
						t->len + 100u >= f->half[1 - s->mute].mss;
		} else if (t->nsec > s->at) {
			s->after++;
			s->bytes += t->len;
			if (!calls_for_answer(f, t))
				continue;
			s->first = s->first < 0 ? (long)i : s->first;
			s->unheard++;
		}
	}
	/* Datagrams that nothing answers are not odd, and only the last of them are kept. */
	if (f->proto == IPPROTO_UDP) {
		s->after = f->half[other_side(s->mute)].turn_packets;
		s->bytes = f->half[other_side(s->mute)].turn_bytes;
	}
}

/* Somebody ended it in due form, or it never got going. */
static bool
is_over(const struct flow *f, const struct stop *s)
{
	const struct half *c = &f->half[CLIENT], *v = &f->half[SERVER];

	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return true;
	if (!c->bytes || !v->bytes || c->resets || v->resets || f->half[s->mute].fins)
		return true;
	/* Who said nothing since the other end's first word never heard it. */
	if (f->half[s->mute].last <= f->half[other_side(s->mute)].first_data)
		return true;
	return c->packets + v->packets < PACKETS_LEAST && v->bytes < BYTES_LEAST;
}

static void
count_budget(const struct look *l, const struct stop *s, struct suspicion *x)
{
	const struct flow *f = l->flow;
	const struct half *m = &f->half[s->mute];
	uint64_t packets = f->half[CLIENT].packets - f->half[CLIENT].duplicates +
			   f->half[SERVER].packets - f->half[SERVER].duplicates - s->after;

	x->stop_packets = (uint32_t)(packets < UINT32_MAX ? packets : UINT32_MAX);
	if (f->proto == IPPROTO_TCP && s->mute == SERVER)
		x->stop_bytes = m->next_seq - m->isn - 1;
	else if (f->proto == IPPROTO_TCP)
		/* Seen from the server: as much as the client could confirm. */
		x->stop_bytes = m->max_ack - f->half[SERVER].isn - 1;
	else
		x->stop_bytes =
		    (uint32_t)(f->half[SERVER].bytes - (s->mute == CLIENT ? s->bytes : 0));
}

static void
weigh_stop(struct finding *f, const struct look *l, const struct stop *s, const struct suspicion *x)
{
	struct ref at = flow_trace(l->flow, (size_t)s->first)->at;
	bool packets =
	    x->stop_packets >= RANGE_PACKETS_LOW && x->stop_packets <= RANGE_PACKETS_HIGH;
	bool bytes = x->stop_bytes >= RANGE_BYTES_LOW && x->stop_bytes <= RANGE_BYTES_HIGH;

	finding_weigh(f, "freeze.unheard", at);
	if (s->unheard >= 4)
		finding_weigh(f, "freeze.unheard_long", at);
	if (s->unfinished)
		finding_weigh(f, "freeze.unfinished", flow_trace(l->flow, (size_t)s->final)->at);
	if (packets || bytes)
		finding_weigh(f, "freeze.range", at);
	if (s->mute == CLIENT)
		finding_weigh(f, "silence.client_gone", at);
	if (flow_trace(l->flow, (size_t)s->first)->nsec - s->at > IDLE)
		finding_weigh(f, "silence.idle", at);
	if (l->flow->bits & FLOW_MIDDLE)
		finding_weigh(f, "context.middle", no_packet());
}

static void
cite_stop(struct finding *f, const struct look *l, const struct stop *s)
{
	struct cite *c;
	size_t n = 0;

	if (s->final >= 0) {
		c = finding_cite(f, flow_trace(l->flow, (size_t)s->final)->at, ROLE_BASELINE);
		finding_observe(f, c, "tcp.silence", NULL, "%.0f",
				(double)(l->flow->last - s->at) / (double)NSEC_PER_SEC);
	}
	for (size_t i = (size_t)s->first; i < l->n && n < SHOWN; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == s->mute || t->odd & ODD_ICMP || !calls_for_answer(l->flow, t))
			continue;
		finding_cite(f, t->at,
			     t->odd & ODD_RETRANSMISSION ? ROLE_RETRANSMISSION : ROLE_UNANSWERED);
		n++;
	}
}

void
detect_freeze(const struct detection *d, const struct look *l)
{
	const struct flow *f = l->flow;
	struct suspicion x = {.silence = true};
	struct stop s;

	if (f->half[CLIENT].last == f->half[SERVER].last)
		return;
	s.mute = f->half[SERVER].last <= f->half[CLIENT].last ? SERVER : CLIENT;
	if (is_over(f, &s) || f->last - f->half[s.mute].last < DEAD)
		return;
	find_stop(&s, l);
	if (s.first < 0 || s.unheard < 2)
		return;
	count_budget(l, &s, &x);
	if (x.stop_packets < PACKETS_LEAST &&
	    (f->proto == IPPROTO_UDP || x.stop_bytes < BYTES_LEAST))
		return;
	x.finding = finding_new(l, FREEZE, s.at);
	x.finding->direction = BOTH_WAYS;
	x.finding->stage = f->proto == IPPROTO_TCP ? STAGE_ESTABLISHED : STAGE_DATAGRAM;
	x.silence_at = flow_trace(f, (size_t)s.first)->at;
	x.unheard_nsec = flow_trace(f, (size_t)s.first)->nsec;
	cite_stop(x.finding, l, &s);
	finding_trigger(x.finding, TRIGGER_VOLUME, "", BASIS_CONTENT);
	weigh_stop(x.finding, l, &s, &x);
	finding_explain(
	    x.finding,
	    "The connection worked, and stopped dead after %u packets and %u bytes from the "
	    "server: what %s sent from then on was never answered.",
	    x.stop_packets, x.stop_bytes, s.mute == SERVER ? "the client" : "the server");
	d->suspect(d->context, l, &x);
}
