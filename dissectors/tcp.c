/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kept packets of an abnormal TCP flow show, packet by packet: the marks by which
 * fingerprints know an injector. RFC 9293; the features are those of Clayton et al. (PETS 2006),
 * Weaver et al. (NDSS 2009) and Sundara Raman et al. (SIGCOMM 2023). */
#include "dissect.h"

enum {
	RESET_ANY,
	RESET,
	RESET_ACK,
	FIN,
	SYN,
	SYN_ACK,
	DATA,
	RETRANSMISSION,
	CONFLICT,
	AFTER_END,
	TTL,
	TTL_JUMP,
	IP_ID,
	DF,
	ID_WINDOW,
	ID_MIRROR,
	WINDOW,
	FLAGS,
	LEN,
	SEQ_REL,
	SEQ_ZERO,
	ACK_REL,
	ACK_RAW_NONZERO,
	RESERVED,
	OPTIONS_NONE,
	NO_TIMESTAMPS,
	SINCE_TRIGGER,
	KAPPA,
	BURST,
	LADDER,
	SILENCE,
	ICMP_TYPE,
	ICMP_CODE,
	ICMP_FROM,
	OVERLAP_FIRST,
	OVERLAP_SECOND,
	RESET_CAUSE,
	DATA_SEQ_RST,
	RST_SEQ_CHANGE,
	RST_ACK_CHANGE,
	RST_REPEATED,
	RST_SEQ_DATA,
	SYN_RST,
	SYN_ACK_SEQ,
	CLOCK,
	NFIELDS
};

static const struct field fields[NFIELDS + 1] = {
    [RESET_ANY] = {"tcp.flags.reset", FACT_MARK, "RST, with ACK flag or without"},
    [RESET] = {"tcp.reset", FACT_MARK, "RST without ACK flag"},
    [RESET_ACK] = {"tcp.reset_ack", FACT_MARK, "RST with ACK flag"},
    [FIN] = {"tcp.fin", FACT_MARK, "FIN"},
    [SYN] = {"tcp.syn", FACT_MARK, "SYN without ACK flag"},
    [SYN_ACK] = {"tcp.syn_ack", FACT_MARK, "SYN with ACK flag"},
    [DATA] = {"tcp.data", FACT_MARK, "segment with payload"},
    [RETRANSMISSION] = {"tcp.retransmission", FACT_MARK, "bytes that were seen before"},
    [CONFLICT] = {"tcp.conflict", FACT_MARK, "other bytes for a range that was seen before"},
    [AFTER_END] = {"tcp.after_end", FACT_MARK, "its sender had sent RST or FIN before"},
    [TTL] = {"ip.ttl", FACT_UINT, "TTL or hop limit as captured"},
    [TTL_JUMP] = {"ip.ttl_jump", FACT_UINT, "distance from the TTLs of the sender's other packets"},
    [IP_ID] = {"ip.id", FACT_UINT, "IPv4 identification"},
    [DF] = {"ip.df", FACT_UINT, "IPv4 Don't Fragment flag, 0 or 1"},
    [ID_WINDOW] = {"tcp.id_window", FACT_UINT,
		   "IP ID plus 12.27 times the window of a reset: one line for some injectors"},
    [ID_MIRROR] = {"ip.id_mirror", FACT_MARK,
		   "IP ID, not zero, equals that of the other side's packet before"},
    [WINDOW] = {"tcp.window_size_value", FACT_UINT, "window field, unscaled"},
    [FLAGS] = {"tcp.flags", FACT_UINT, "the eight flag bits"},
    [LEN] = {"tcp.len", FACT_UINT, "payload bytes"},
    [SEQ_REL] = {"tcp.seq_rel", FACT_UINT, "sequence number relative to the sender's SYN"},
    [SEQ_ZERO] = {"tcp.seq_zero", FACT_MARK, "reset with the number zero"},
    [ACK_REL] = {"tcp.ack_rel", FACT_UINT, "acknowledgement relative to the other side's SYN"},
    [ACK_RAW_NONZERO] = {"tcp.ack_raw_nonzero", FACT_MARK,
			 "acknowledgement field not zero though the ACK flag is clear"},
    [RESERVED] = {"tcp.reserved", FACT_UINT, "the four bits before CWR, if not zero"},
    [OPTIONS_NONE] = {"tcp.options_none", FACT_MARK, "header without options"},
    [NO_TIMESTAMPS] = {"tcp.no_timestamps", FACT_MARK, "timestamps were agreed on and are missing"},
    [SINCE_TRIGGER] = {"tcp.since_trigger_us", FACT_UINT,
		       "microseconds since the other side's last payload"},
    [KAPPA] =
	{"tcp.kappa", FACT_UINT,
	 "time since the other side's last payload, in thousandths of the handshake's round trip"},
    [BURST] = {"tcp.same_ip_id_burst", FACT_UINT,
	       "resets within 10 ms with equal seq, ack, IP ID and window"},
    [LADDER] = {"tcp.window_ladder", FACT_MARK, "third of three resets whose windows rise by one"},
    [SILENCE] = {"tcp.silence", FACT_UINT,
		 "seconds that this side owed an acknowledgement when the flow ended"},
    [ICMP_TYPE] = {"icmp.error.type", FACT_UINT, "type of an ICMP error that quotes the flow"},
    [ICMP_CODE] = {"icmp.error.code", FACT_UINT, "code of an ICMP error that quotes the flow"},
    [ICMP_FROM] = {"icmp.error.from", FACT_ADDR, "sender of an ICMP error that quotes the flow"},
    [OVERLAP_FIRST] = {"tcp.overlap.first", FACT_TEXT,
		       "bytes that came first where two versions differ"},
    [OVERLAP_SECOND] = {"tcp.overlap.second", FACT_TEXT,
			"bytes that came second where two versions differ"},
    [RESET_CAUSE] = {"tcp.reset_cause", FACT_TEXT,
		     "payload of a reset in hexadecimal, 32 bytes at most (RFC 9293, 3.5.2)"},
    [DATA_SEQ_RST] = {"tcp.data_seq_rst", FACT_MARK, "reset whose number is older than data sent"},
    [RST_SEQ_CHANGE] = {"tcp.rst_seq_change", FACT_MARK,
			"reset beyond the one before it and beyond all that was sent"},
    [RST_ACK_CHANGE] = {"tcp.rst_ack_change", FACT_MARK,
			"reset like the one before it, but with a guessed acknowledgement"},
    [RST_REPEATED] = {"tcp.rst_repeated", FACT_MARK,
		      "RST+ACK sent again after a timer though nobody had asked"},
    [RST_SEQ_DATA] = {"tcp.rst_seq_data", FACT_MARK,
		      "new data at or beyond the number of a reset of the same side"},
    [SYN_RST] = {"tcp.syn_rst", FACT_MARK, "SYN+ACK of a side that had refused the same SYN"},
    [SYN_ACK_SEQ] = {"tcp.syn_ack_seq", FACT_MARK,
		     "SYN+ACK with another number than the one before it for the same SYN"},
    [CLOCK] = {"tcp.clock_wrong", FACT_MARK, "timestamp that is not of its sender's clock"},
};

#define MARK(x) note(f, from, &fields[x])
#define UINT(x, u) note_uint(f, from, &fields[x], (u))

static bool
is_reset(const struct trace *t)
{
	return t->odd & ODD_RST;
}

static void
note_kind(struct flow *f, enum side from, const struct trace *t)
{
	if (is_reset(t))
		MARK(RESET_ANY);
	if (is_reset(t))
		MARK(t->flags & TH_ACK_ ? RESET_ACK : RESET);
	if (t->flags & TH_FIN_)
		MARK(FIN);
	if (t->flags & TH_SYN_)
		MARK(t->flags & TH_ACK_ ? SYN_ACK : SYN);
	if (t->len && !(t->odd & ODD_PADDED))
		MARK(DATA);
	if (t->odd & ODD_RETRANSMISSION)
		MARK(RETRANSMISSION);
	if (t->odd & ODD_CONFLICT)
		MARK(CONFLICT);
	if (t->odd & ODD_AFTER_END)
		MARK(AFTER_END);
}

static void
note_ip(struct flow *f, enum side from, const struct trace *t, const struct trace *before)
{
	const struct half *h = &f->half[from];

	UINT(TTL, t->ttl);
	if (h->ttl && t->ttl < h->ttl_min)
		UINT(TTL_JUMP, (uint64_t)(h->ttl_min - t->ttl));
	else if (h->ttl && t->ttl > h->ttl_max)
		UINT(TTL_JUMP, (uint64_t)(t->ttl - h->ttl_max));
	else if (h->ttl && t->odd & ODD_TTL)
		UINT(TTL_JUMP, (uint64_t)(t->ttl > h->ttl ? t->ttl - h->ttl : h->ttl - t->ttl));
	if (f->ip_version != 4)
		return;
	UINT(IP_ID, t->ip_id);
	UINT(DF, t->bits & PKT_DF ? 1 : 0);
	if (is_reset(t) && t->window)
		UINT(ID_WINDOW, t->ip_id + t->window * 1227u / 100);
	if (before && t->ip_id && before->ip_id == t->ip_id)
		MARK(ID_MIRROR);
}

static void
note_header(struct flow *f, enum side from, const struct trace *t)
{
	const struct half *h = &f->half[from], *o = &f->half[other_side(from)];

	UINT(WINDOW, t->window);
	UINT(FLAGS, t->flags);
	if (t->len && !(t->odd & ODD_PADDED))
		UINT(LEN, t->len);
	if (h->has_isn)
		UINT(SEQ_REL, (uint32_t)(t->seq - h->isn));
	if (is_reset(t) && !t->seq)
		MARK(SEQ_ZERO);
	if (t->flags & TH_ACK_ && o->has_isn)
		UINT(ACK_REL, (uint32_t)(t->ack - o->isn));
	if (!(t->flags & TH_ACK_) && t->ack)
		MARK(ACK_RAW_NONZERO);
	if (t->reserved)
		UINT(RESERVED, t->reserved);
	if (!(t->options & OPT_ANY))
		MARK(OPTIONS_NONE);
	if (t->odd & ODD_NO_TS || (is_reset(t) && h->ts && o->ts && !(t->options & OPT_TS)))
		MARK(NO_TIMESTAMPS);
}

/* Weaver et al., NDSS 2009. */
static void
note_denials(struct flow *f, enum side from, size_t at)
{
	if (reset_is_stale(f, at))
		MARK(DATA_SEQ_RST);
	if (reset_guesses_seq(f, at))
		MARK(RST_SEQ_CHANGE);
	if (reset_guesses_ack(f, at))
		MARK(RST_ACK_CHANGE);
	if (reset_is_repeated(f, at))
		MARK(RST_REPEATED);
	if (data_deny_reset(f, at))
		MARK(RST_SEQ_DATA);
	if (syn_ack_denies_reset(f, at))
		MARK(SYN_RST);
	if (syn_ack_differs(f, at))
		MARK(SYN_ACK_SEQ);
	if (clock_is_wrong(f, at))
		MARK(CLOCK);
}

static void
note_timing(struct flow *f, enum side from, const struct trace *t, const struct trace *trigger,
	    int64_t rtt)
{
	int64_t since = trigger ? t->nsec - trigger->nsec : -1;

	if (since < 0)
		return; /* also of clocks that step back */
	UINT(SINCE_TRIGGER, (uint64_t)(since / NSEC_PER_USEC));
	if (rtt > 0 && since < INT64_MAX / 1000)
		UINT(KAPPA, (uint64_t)(since * 1000 / rtt));
}

/* Resets come in bursts: how many are alike, do their windows climb? */
static void
note_burst(struct flow *f, enum side from, const struct trace *t, size_t at)
{
	uint64_t same = 0;
	unsigned rung = 0;

	for (size_t i = 0; i < flow_trace_count(f); i++) {
		const struct trace *o = flow_trace(f, i);
		int64_t apart = o->nsec - t->nsec;

		if (!is_reset(o) || o->from != from || apart > 10 * NSEC_PER_MSEC ||
		    apart < -10 * NSEC_PER_MSEC)
			continue;
		if (o->seq == t->seq && o->ack == t->ack && o->ip_id == t->ip_id &&
		    o->window == t->window && o->flags == t->flags)
			same++;
		if (i < at && o->window + 2 - rung == t->window)
			rung++;
	}
	UINT(BURST, same);
	if (rung == 2)
		MARK(LADDER);
}

/* Who owes an acknowledgement for bytes that it never confirmed, and since when? */
static void
note_silence(struct flow *f)
{
	for (int s = 0; s < 2; s++) {
		enum side from = (enum side)s;
		const struct half *h = &f->half[s], *o = &f->half[other_side(from)];

		if (!o->bytes || !o->has_isn || f->last <= o->first_data)
			continue;
		if (h->has_ack && !seq_before(h->max_ack, o->next_seq - (o->fins ? 1 : 0)))
			continue;
		UINT(SILENCE,
		     (uint64_t)((f->last - (h->last > o->first_data ? h->last : o->first_data)) /
				NSEC_PER_SEC));
	}
}

static void
note_lists(struct flow *f)
{
	for (const struct icmp_error *e = f->icmp_errors; e; e = e->next) {
		enum side from = other_side(e->quoted);

		f->at = e->at;
		f->at_nsec = e->nsec;
		UINT(ICMP_TYPE, e->type);
		UINT(ICMP_CODE, e->code);
		note_addr(f, from, &fields[ICMP_FROM], &e->sender);
	}
	for (const struct conflict *c = f->conflicts; c; c = c->next) {
		f->at = c->second;
		f->at_nsec = c->nsec;
		note_text(f, c->from, &fields[OVERLAP_FIRST],
			  (struct bytes){c->first_bytes, c->nfirst});
		note_text(f, c->from, &fields[OVERLAP_SECOND],
			  (struct bytes){c->second_bytes, c->nsecond});
	}
}

static void
packets(struct flow *f)
{
	const struct trace *last[2] = {NULL, NULL}, *data[2] = {NULL, NULL};
	const struct trace *syn[2] = {NULL, NULL};
	int64_t rtt = 0;

	for (size_t i = 0; i < flow_trace_count(f); i++) {
		const struct trace *t = flow_trace(f, i);
		enum side from = (enum side)t->from, to = other_side(from);

		if (f->proto != 6 || t->odd & ODD_ICMP)
			continue;
		flow_at(f, t);
		note_kind(f, from, t);
		note_ip(f, from, t, last[to]);
		note_header(f, from, t);
		note_timing(f, from, t, data[to], rtt);
		note_denials(f, from, i);
		if (is_reset(t))
			note_burst(f, from, t, i);
		last[from] = t;
		if (t->len)
			data[from] = t;
		if (t->flags & TH_SYN_ && !is_reset(t)) {
			syn[from] = t;
			if (from == SERVER && syn[CLIENT] && rtt == 0)
				rtt = t->nsec - syn[CLIENT]->nsec;
		}
	}
	note_lists(f);
	if (f->proto == 6) {
		f->at = f->last_at;
		f->at_nsec = f->last;
		note_silence(f);
	}
}

const struct dissector dissector_tcp = {
    .name = "tcp",
    .title = "Transmission Control Protocol, packet by packet",
    .spec = "RFC 9293",
    .carriers = 1u << PACKETS,
    .fields = fields,
    .packets = packets,
};
