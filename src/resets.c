/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no true end does with a reset: Weaver, Sommer and Paxson, NDSS 2009. */
#include "resets.h"

/* "Back to back": of one cause. */
#define TOGETHER NSEC_PER_SEC
/* No timer of TCP is shorter (Linux: 200 ms, which others undercut a little). */
#define TIMER_MIN (150 * NSEC_PER_MSEC)
/* Ticks of one second at the usual 1 kHz, for clocks that are read at different moments. */
#define TICKS_SLACK 2000

static const struct trace *
at(const struct flow *f, size_t i)
{
	return flow_trace(f, i);
}

/* An ordinary packet: no reset, no ICMP error, not captured twice. */
static bool
is_plain(const struct trace *t)
{
	return !(t->odd & (ODD_RST | ODD_ICMP | ODD_DUPLICATE));
}

static bool
is_reset(const struct trace *t)
{
	return t->odd & ODD_RST && !(t->odd & ODD_ICMP);
}

static uint32_t
end_of(const struct trace *t)
{
	return t->seq + (t->odd & ODD_PADDED ? 0 : t->len) + (t->flags & TH_SYN_ ? 1 : 0) +
	       (t->flags & TH_FIN_ ? 1 : 0);
}

/* Is every packet of the flow kept? Else what is not here may have been there. */
static bool
is_complete(const struct flow *f)
{
	return f->half[CLIENT].packets + f->half[SERVER].packets <= flow_trace_count(f);
}

/* Does a number equal one that the other side's packets named before? A kernel answers a packet
 * for no socket with the number that the packet confirmed (RFC 9293, 3.10.7.1). */
static bool
was_asked_for(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	for (size_t k = 0; k < i; k++)
		if (at(f, k)->from != t->from && at(f, k)->flags & TH_ACK_ &&
		    !(at(f, k)->odd & ODD_ICMP) && at(f, k)->ack == t->seq)
			return true;
	return !is_complete(f);
}

bool
reset_is_stale(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);
	const struct half *h = &f->half[t->from];

	if (!is_reset(t) || (!(t->flags & TH_ACK_) && was_asked_for(f, i)))
		return false;
	/* After a FIN some systems name the number before it. */
	if (h->fins && (t->seq == h->end_seq || t->seq + 1 == h->end_seq))
		return false;
	for (size_t k = 0; k < i; k++) {
		const struct trace *o = at(f, k);

		if (o->from != t->from || !is_plain(o) || !o->len || o->odd & ODD_KEEPALIVE)
			continue;
		if (seq_before(t->seq, end_of(o)) && t->nsec - o->nsec > REORDER_NSEC)
			return true;
		/* So much lies between that nothing was overtaken. */
		if (seq_before(t->seq + 7, end_of(o)))
			return true;
	}
	return false;
}

/* The reset of the same side right before packet i, with nothing of either side in between. */
static const struct trace *
reset_before(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	while (i-- > 0) {
		const struct trace *o = at(f, i);

		if (o->odd & (ODD_ICMP | ODD_DUPLICATE))
			continue;
		if (o->from != t->from || !is_reset(o) || t->nsec - o->nsec > TOGETHER)
			return NULL;
		return o;
	}
	return NULL;
}

bool
reset_guesses_seq(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i), *o = is_reset(t) ? reset_before(f, i) : NULL;
	const struct half *h = &f->half[t->from];

	return o && h->has_isn && seq_before(o->seq, t->seq) && seq_before(h->next_seq, t->seq) &&
	       (t->flags & TH_ACK_ || !was_asked_for(f, i));
}

/* Is this where a segment of the other side began or ended? */
static bool
is_boundary(const struct flow *f, size_t i, uint32_t ack)
{
	const struct trace *t = at(f, i);

	for (size_t k = 0; k < i; k++)
		if (at(f, k)->from != t->from && is_plain(at(f, k)) &&
		    (at(f, k)->seq == ack || end_of(at(f, k)) == ack))
			return true;
	return !is_complete(f);
}

bool
reset_guesses_ack(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i), *o = is_reset(t) ? reset_before(f, i) : NULL;

	if (!o || o->seq != t->seq || o->ack == t->ack || (o->flags ^ t->flags) & TH_ACK_)
		return false;
	/* Who does not set the flag leaves the field empty. */
	if (!(t->flags & TH_ACK_))
		return t->ack && o->ack;
	return !is_boundary(f, i, t->ack) || !is_boundary(f, i, o->ack);
}

bool
reset_is_repeated(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	if (!is_reset(t) || !(t->flags & TH_ACK_))
		return false;
	for (size_t k = i; k-- > 0;) {
		const struct trace *o = at(f, k);

		if (o->odd & (ODD_ICMP | ODD_DUPLICATE))
			continue;
		if (!is_reset(o))
			return false; /* asked for, or no end at all */
		if (o->from == t->from && o->flags == t->flags && o->seq == t->seq &&
		    t->nsec - o->nsec >= TIMER_MIN)
			return true;
	}
	return false;
}

bool
data_deny_reset(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	if (!is_plain(t) || !t->len || t->odd & (ODD_RETRANSMISSION | ODD_KEEPALIVE | ODD_PADDED))
		return false;
	for (size_t k = 0; k < i; k++) {
		const struct trace *o = at(f, k);

		if (o->flags & TH_SYN_ && o->from != t->from)
			continue;
		if (o->from == t->from && is_reset(o) && !seq_before(t->seq, o->seq) &&
		    (o->flags & TH_ACK_ || !was_asked_for(f, k)))
			return true;
	}
	return false;
}

/* Did the other side ask to connect between two packets? */
static bool
asked_between(const struct flow *f, size_t from, size_t to)
{
	enum side side = (enum side)at(f, to)->from;

	for (size_t k = from + 1; k < to; k++)
		if (at(f, k)->from != side && at(f, k)->flags & TH_SYN_ && is_plain(at(f, k)))
			return true;
	return false;
}

static bool
is_syn_ack(const struct trace *t)
{
	return is_plain(t) && t->flags & TH_SYN_ && t->flags & TH_ACK_;
}

bool
syn_ack_denies_reset(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	for (size_t k = 0; is_syn_ack(t) && k < i; k++)
		if (at(f, k)->from == t->from && is_reset(at(f, k)) && !asked_between(f, k, i) &&
		    t->nsec - at(f, k)->nsec > REORDER_NSEC)
			return true;
	return false;
}

bool
syn_ack_differs(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	for (size_t k = 0; is_syn_ack(t) && k < i; k++)
		if (at(f, k)->from == t->from && is_syn_ack(at(f, k)) && at(f, k)->ack == t->ack &&
		    at(f, k)->seq != t->seq && !asked_between(f, k, i))
			return true;
	return false;
}

/* An ordinary packet of that side with a timestamp. A SYN's may be another's: proxies answer for
 * the server. */
static bool
tells_time(const struct trace *o, const struct trace *t)
{
	return o->from == t->from && is_plain(o) && o->options & OPT_TS && !(o->flags & TH_SYN_);
}

/* Can one clock have told both? */
static bool
one_clock(const struct trace *earlier, const struct trace *later)
{
	int64_t passed = later->nsec - earlier->nsec;
	int64_t ticks = (int32_t)(later->tsval - earlier->tsval);

	return ticks >= -TICKS_SLACK && ticks <= TICKS_SLACK + passed / NSEC_PER_USEC;
}

bool
clock_is_wrong(const struct flow *f, size_t i)
{
	const struct trace *t = at(f, i);

	if (!(t->options & OPT_TS) || !f->half[t->from].ts || t->flags & TH_SYN_)
		return false;
	for (size_t k = i; k-- > 0;)
		if (tells_time(at(f, k), t))
			return !one_clock(at(f, k), t);
	/* Who was forged at the very beginning goes on, and tells. */
	for (size_t k = i + 1; is_reset(t) && k < flow_trace_count(f); k++)
		if (tells_time(at(f, k), t))
			return !one_clock(t, at(f, k));
	return false;
}
