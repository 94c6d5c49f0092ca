/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a flow that is over: it is looked at, suspected or not, and remembered. A
 * healthy flow costs a look and one line of history. */
#include "judge.h"
#include "cited.h"
#include "dissect_engine.h"
#include "injector.h"
#include "signature.h"
#include "suggest.h"
#include "weigh.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As silences are told of from three packets on (detect_silence.c). */
#define REPEATED_FINS 3
#define MATCHES_MAX 8
#define PENDING_MAX (sizeof((struct judge *)0)->pending / sizeof(struct suspicion))
/* What is surely innocent before any other flow was asked is not carried along: controls add at
 * most 5 to the log-odds, and from below this they do not reach the -0.85 of "possible". */
#define HOPELESS 0.0028

static void
suspect(void *context, const struct look *l, const struct suspicion *s)
{
	struct judge *j = context;

	(void)l;
	if (j->npending == PENDING_MAX) {
		j->hygiene->suspicions_dropped++;
		finding_free(s->finding);
		return;
	}
	j->pending[j->npending++] = *s;
}

/* Bytes that were sent and never confirmed, or an attempt that came to nothing. */
static bool
unfinished(const struct flow *f)
{
	for (int s = 0; s < 2; s++) {
		const struct half *h = &f->half[s], *o = &f->half[1 - s];
		/* A farewell that was not heard is nothing, one that is repeated may be. */
		uint32_t farewell = h->fins && h->fins < REPEATED_FINS ? 1 : 0;

		if (h->bytes && h->has_isn &&
		    (!o->has_ack || seq_before(o->max_ack, h->next_seq - farewell)))
			return true;
	}
	return !f->half[SERVER].bytes || !f->half[CLIENT].packets;
}

/* Could a detector have anything to say? */
static bool
is_worth_a_look(const struct look *l)
{
	const struct flow *f = l->flow;

	if (f->bits & FLOW_ODD || f->icmp_errors)
		return true;
	if (f->proto == IPPROTO_TCP &&
	    (unfinished(f) || f->half[SERVER].syns > 1 || look_first(l, FIRST_HTTP_RESPONSE)))
		return true;
	return look_first(l, FIRST_DNS_RESPONSE) || look_first(l, FIRST_QUIC_REPEAT) ||
	       look_asked_in_vain(f);
}

/* Mechanisms that one mark may stand for: a page and the data race that brought it, an answer
 * and the resolver that gave it. */
static bool
akin(enum mechanism a, enum mechanism b)
{
	static const enum mechanism pairs[][2] = {{BLOCK_PAGE, DATA_INJECTION},
						  {DNS_INJECTION, DNS_TAMPERING}};

	if (a == b)
		return true;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if ((a == pairs[i][0] && b == pairs[i][1]) ||
		    (a == pairs[i][1] && b == pairs[i][0]))
			return true;
	return false;
}

static bool
tells_by_header(enum mechanism m)
{
	return m == RST_INJECTION || m == FIN_INJECTION || m == SYN_ACK_INJECTION ||
	       m == DATA_INJECTION;
}

/* May a fingerprint say anything here? If no detector did, a mark in a header says nothing, and the
 * manner of a silence or of a slowness that nobody noticed neither. */
static bool
is_worth_matching(const struct judge *j, const struct look *l)
{
	const struct flow *f = l->flow;
	unsigned others = 0;

	if (j->npending)
		return true;
	if (!(f->bits & FLOW_ODD) && !look_first(l, FIRST_DNS_RESPONSE) &&
	    !look_first(l, FIRST_HTTP_RESPONSE) && !look_first(l, FIRST_CERTIFICATE))
		return false;
	for (int m = 0; m < NMECHANISMS; m++)
		if (!tells_by_header((enum mechanism)m) && m != DROP && m != FREEZE &&
		    m != THROTTLE)
			others |= 1U << m;
	return fingerprints_may_match(j->fingerprints, f, others);
}

/* Silence has no marks of its own. Whom a fingerprint names by the manner of it alone, and says so
 * by a lower score than this, may have done it, and is no proof that anybody did. */
#define MARKED_SILENCE 0.7

static bool
tells_by_manner(const struct fingerprint_match *m)
{
	return m->fingerprint->mechanism == DROP && m->score < MARKED_SILENCE;
}

/* May marks in headers name anybody? What the end itself may have sent names nobody. An injector
 * that draws its TTLs at random meets the end's own now and then; what that end says afterwards
 * shows that it was not the sender, which is enough for a hint. */
static bool
may_name(const struct finding *f, const struct fingerprint_match *m)
{
	return !tells_by_header(m->fingerprint->mechanism) || weigh_stands_out(f) ||
	       (m->fingerprint->kind == HINT && finding_has(f, "after.goes_on"));
}

static void
attribute(struct finding *f, const struct fingerprint_match *m)
{
	const struct fact *last = m->facts[m->nfacts - 1];

	if (!may_name(f, m))
		return;
	if (m->fingerprint->kind == HINT) {
		finding_attribute(f, m->fingerprint->id, m->score, m->fingerprint->sources);
		return;
	}
	/* A silence that looks like a silence is no second proof. */
	if (m->fingerprint->mechanism == DROP && m->fingerprint->kind == GENERIC)
		return;
	if (tells_by_manner(m)) {
		finding_attribute(f, m->fingerprint->id, m->score, m->fingerprint->sources);
		return;
	}

	finding_weigh(
	    f, m->fingerprint->kind == SPECIFIC ? "fingerprint.specific" : "fingerprint.generic",
	    last->at);
	if (m->fingerprint->kind == SPECIFIC)
		finding_attribute(f, m->fingerprint->id, m->score, m->fingerprint->sources);
	if (f->mechanism == DATA_INJECTION && m->fingerprint->mechanism == BLOCK_PAGE)
		f->mechanism = BLOCK_PAGE;
}

/* No router has lowered its TTL, and the host that it names is next door. */
static bool
is_sent_here(const struct look *l, const struct trace *t)
{
	return (t->ttl == 64 || t->ttl == 128 || t->ttl == 255) && l->rtt[t->from] &&
	       l->rtt[t->from] < NSEC_PER_MSEC;
}

/* The mark alone is the finding. */
static struct finding *
finding_from(const struct look *l, const struct fingerprint_match *m)
{
	const struct fact *last = m->facts[m->nfacts - 1];
	struct finding *f = finding_new(l, m->fingerprint->mechanism, last->nsec);
	const struct trace *t = look_packet(l, last->at);
	size_t at = l->n;
	long trigger = l->data[CLIENT];

	for (size_t i = 0; t && i < l->n; i++)
		if (flow_trace(l->flow, i) == t)
			at = i;
	if (t && t->from == SERVER)
		trigger = look_last_data(l, CLIENT, at);
	f->direction = last->from == SERVER ? TO_CLIENT : TO_SERVER;
	f->stage = look_stage(l, at);
	finding_cite(f, last->at, f->mechanism == DROP ? ROLE_UNANSWERED : ROLE_INJECTED);
	/* A status that many servers send is a block only if it does not come as theirs would. */
	if (f->mechanism == BLOCK_PAGE && m->fingerprint->kind == GENERIC && at < l->n) {
		struct measure how;

		measure_packet(&how, l, at, trigger);
		for (size_t i = 0; i < how.n; i++)
			finding_weigh(f, how.evidence[i], last->at);
		if (is_sent_here(l, t))
			finding_weigh(f, "reset.local", last->at);
	}
	if (l->said == TRIGGER_DNS_NAME) {
		finding_trigger(f, TRIGGER_DNS_NAME, l->name, BASIS_CONTENT);
		finding_cite(f, l->said_at, ROLE_TRIGGER);
	} else {
		tell_trigger(f, l, trigger);
	}
	if (f->mechanism == BLOCK_PAGE && t && t->from == SERVER)
		tell_page(f, l, at);
	finding_explain(f, "%s%s%s.", m->fingerprint->title, l->name[0] ? ", for " : "", l->name);
	return f;
}

/* Is that packet what the finding accuses? */
static bool
speaks_of(const struct finding *f, struct ref at)
{
	if (f->mechanism == DROP)
		return true; /* what vanished is told by facts of the whole flow */
	for (size_t i = 0; i < f->ncites; i++)
		if (f->cites[i].role != ROLE_TRIGGER && f->cites[i].at.frame == at.frame &&
		    f->cites[i].at.capture == at.capture)
			return true;
	return false;
}

static void
match(struct judge *j, const struct look *l)
{
	struct fingerprint_match m[MATCHES_MAX];
	size_t n = fingerprints_match(j->fingerprints, l->flow, m, MATCHES_MAX);

	for (size_t i = 0; i < n; i++) {
		struct finding *f = NULL;
		struct suspicion s = {0};

		if (m[i].nfacts == 0)
			continue;
		for (size_t k = 0; k < j->npending && !f; k++)
			if (akin(j->pending[k].finding->mechanism, m[i].fingerprint->mechanism) &&
			    speaks_of(j->pending[k].finding, m[i].facts[m[i].nfacts - 1]->at))
				f = j->pending[k].finding;
		if (!f && (m[i].fingerprint->kind == HINT ||
			   tells_by_header(m[i].fingerprint->mechanism) || tells_by_manner(&m[i])))
			continue; /* no detector found the packet remarkable */
		if (!f) {
			f = finding_from(l, &m[i]);
			s.finding = f;
			attribute(f, &m[i]);
			suspect(j, l, &s);
			continue;
		}
		attribute(f, &m[i]);
	}
}

/* A forged page or alert that ends the connection in the same breath is one act, not two. */
static bool
is_part_of(const struct finding *fin, const struct finding *whole)
{
	if (fin->mechanism != FIN_INJECTION || whole->confidence < CONFIDENCE_LIKELY ||
	    !fin->ncites ||
	    (whole->mechanism != DATA_INJECTION && whole->mechanism != BLOCK_PAGE &&
	     whole->mechanism != TLS_ALERT_INJECTION))
		return false;
	for (size_t i = 0; i < whole->ncites; i++)
		if (whole->cites[i].role == ROLE_INJECTED &&
		    whole->cites[i].at.frame == fin->cites[0].at.frame &&
		    whole->cites[i].at.capture == fin->cites[0].at.capture)
			return true;
	return false;
}

static void
join_acts(struct judge *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->npending; i++)
		for (size_t k = 0; k < j->npending && j->pending[i].finding; k++)
			if (j->pending[k].finding &&
			    is_part_of(j->pending[i].finding, j->pending[k].finding)) {
				finding_free(j->pending[i].finding);
				j->pending[i].finding = NULL;
			}
	for (size_t i = 0; i < j->npending; i++)
		if (j->pending[i].finding)
			j->pending[n++] = j->pending[i];
	j->npending = n;
}

void
judge_keep(struct judge *j, const struct suspicion *s, const struct episode *e)
{
	if (j->n == CANDIDATES_MAX) {
		j->hygiene->suspicions_dropped++;
		finding_free(s->finding);
		return;
	}
	if (j->n == j->size) {
		j->size = j->size ? j->size * 2 : 64;
		j->candidates = xrealloc(j->candidates, j->size, sizeof *j->candidates);
	}
	j->candidates[j->n].suspicion = *s;
	j->candidates[j->n++].episode = *e;
}

static bool
is_about_dns(const struct finding *f)
{
	return f->trigger == TRIGGER_DNS_NAME && f->name;
}

/* A DNS conversation may ask for many names; other conversations are suspected as a whole. */
static const char *
suspect_name(const struct finding *f)
{
	return is_about_dns(f) ? f->name : "";
}

static void
keep_about(struct judge *j, const struct suspicion *s, const struct episode *e)
{
	struct episode about = *e;

	if (is_about_dns(s->finding))
		about.name = history_intern(j->history, s->finding->name);
	judge_keep(j, s, &about);
}

static void
suggest(const struct judge *j, const struct look *l, bool explained)
{
	if (!j->suggest || explained || l->flow->first_at.capture >= capture_count(j->capture))
		return;
	suggest_stanza(l->flow, capture_info(j->capture, l->flow->first_at.capture)->file, stdout);
}

static bool
is_malformed(const struct field *field)
{
	for (const struct field *m = malformed_fields; m->name; m++)
		if (m == field)
			return true;
	return false;
}

/* QUIC carries what its hello offers first: HTTP/3 (RFC 9114, 3.1) or DNS (RFC 9250, 4.1.1). */
static const char *
spoken(const struct flow *f)
{
	const struct fact *alpn = flow_first(f, "quic.alpn");

	if (alpn && alpn->text.n >= 2 && memcmp(alpn->text.p, "h3", 2) == 0)
		return "h3";
	if (alpn && alpn->text.n == 3 && memcmp(alpn->text.p, "doq", 3) == 0)
		return "doq";
	return f->dissector->name;
}

/* The service, if bytes or the name that was asked for tell; else what is spoken, if that made
 * sense. A question for a name is DNS, whosever the name is. */
static const char *
application_of(const struct judge *j, const struct look *l)
{
	const struct flow *f = l->flow;
	struct usage usage = l->usage;
	bool sense = f->nfacts == 0;

	if (!usage.service &&
	    (l->said == TRIGGER_SNI || l->said == TRIGGER_HTTP_HOST || l->said == TRIGGER_QUIC_SNI))
		usage = services_by_name(j->services, l->name);
	if (usage.service)
		return services_get(j->services, usage.service)->id;
	for (size_t i = 0; i < f->nfacts && !sense; i++)
		sense = !is_malformed(f->facts[i].field);
	return f->dissector && sense ? spoken(f) : NULL;
}

static void
look_at_messages(struct judge *j, struct look *l)
{
	if (!look_first(l, FIRST_DNS_QUERY) && !look_first(l, FIRST_DNS_RESPONSE))
		return;
	if (!j->messages)
		j->messages = xcalloc(DNS_MESSAGES_MAX, sizeof *j->messages);
	look_at_dns(l, j->messages);
}

void
judge_flow(struct judge *j, struct flow *f)
{
	struct detection d = {.fingerprints = j->fingerprints,
			      .suspect = suspect,
			      .context = j,
			      .capture_end = j->now};
	const char *suspected[PENDING_MAX + 1];
	bool explained = false;
	size_t nsuspected = 0;
	bool certificate;
	struct episode e;
	struct look l;

	look_at(&l, f);
	certificate = look_first(&l, FIRST_CERTIFICATE) != NULL;
	look_at_messages(j, &l);
	l.usage = services_by_flow(j->services, f);
	hygiene_count(j->hygiene, &l);
	tricks_count(&j->hygiene->tricks, &l);
	vantage_vote(&j->votes[f->first_at.capture], &l);
	j->npending = 0;
	if (is_worth_a_look(&l)) {
		detect(&d, &l);
		if (is_worth_matching(j, &l) || j->suggest) {
			dissect_packets(f);
			look_again(&l);
			look_at_messages(j, &l);
			match(j, &l);
		}
	} else {
		if (certificate)
			detect_certificate(&d, &l);
		if (is_worth_matching(j, &l))
			match(j, &l);
	}
	detect_rate(&d, &l);
	detect_freeze(&d, &l);
	if (j->rates)
		rates_take(j->rates, &l, f);
	for (size_t i = 0; i < j->npending; i++) {
		if (f->proto == IPPROTO_TCP)
			signatures_tell(j->pending[i].finding, f, j->now);
		injector_tell(j->pending[i].finding, &l);
		weigh(j->pending[i].finding);
	}
	join_acts(j);
	for (size_t i = 0; i < j->npending; i++) {
		if (j->pending[i].finding->confidence >= CONFIDENCE_POSSIBLE)
			suspected[nsuspected++] = suspect_name(j->pending[i].finding);
		explained |= j->pending[i].finding->nattributions > 0;
	}
	suspected[nsuspected] = NULL;
	history_add(j->history, &l, suspected, &e);
	if (certificate && j->shown)
		shown_add(j->shown, &l);
	if (j->npending)
		suggest(j, &l, explained);
	for (size_t i = 0; i < j->npending; i++) {
		struct suspicion *s = &j->pending[i];

		s->hopeless = s->finding->confidence < HOPELESS;
		if (s->hopeless && !j->keep_all) {
			finding_free(s->finding);
			continue;
		}
		cited_describe(s->finding, &l);
		keep_about(j, s, &e);
	}
	if (j->rows)
		rows_add(j->rows, &l, application_of(j, &l));
}

void
judge_part(struct judge *j, struct flow *f)
{
	judge_flow(j, f);
	f->judged = f->messages;
	facts_free(f);
	f->bits = (uint16_t)((f->bits | FLOW_CONTINUED) & ~FLOW_FACTS_FULL);
}

void
judge_slide(struct judge *j)
{
	const char ***held = xcalloc(j->n, sizeof *held);

	for (size_t i = 0; i < j->n; i++)
		held[i] = &j->candidates[i].episode.name;
	history_make_room(j->history, (const char **const *)held, j->n);
	free(held);
}

int64_t
judge_make_room(struct judge *j)
{
	size_t n = j->n / 4;

	if (j->n < CANDIDATES_MAX / 2)
		return j->forgotten;
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = j->candidates[i].suspicion.finding;

		if (f->nsec > j->forgotten)
			j->forgotten = f->nsec;
		finding_free(j->candidates[i].suspicion.finding);
	}
	j->hygiene->suspicions_forgotten += n;
	j->n -= n;
	memmove(j->candidates, j->candidates + n, j->n * sizeof *j->candidates);
	return j->forgotten;
}

void
judge_free(struct judge *j)
{
	for (size_t i = 0; i < j->n; i++)
		finding_free(j->candidates[i].suspicion.finding);
	free(j->candidates);
	free(j->messages);
}
