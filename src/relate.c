/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of measurements against packets. Of what is not sure nothing is said: a join that is less
 * likely right than wrong, and a finding that is only possible, decide nothing. */
#include "relate.h"
#include "phrases.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Less likely right than wrong. */
#define JOIN_ENOUGH 0.5

const char *const relation_words[NRELATIONS] = {
    [RELATION_UNDECIDED] = "undecided",
    [RELATION_SUPPORTS] = "supports",
    [RELATION_REFINES] = "refines",
    [RELATION_CONTRADICTS] = "contradicts",
};

/* "frame 12", or "frame 12 of evening.pcap" where there are several. */
static const char *
frame_words(const struct relating *r, struct ref at)
{
	const char *file, *slash;

	if (r->report->ncaptures < 2 || at.capture >= r->report->ncaptures)
		return arena_printf(r->arena, "frame %u", at.frame);
	file = r->report->captures[at.capture]->file;
	slash = strrchr(file, '/');
	return arena_printf(r->arena, "frame %u of %s", at.frame, slash ? slash + 1 : file);
}

enum layer
finding_layer(const struct finding *f, const struct story *t)
{
	if (f->mechanism == TLS_INTERCEPTION || f->mechanism == TLS_ALERT_INJECTION)
		return LAYER_TLS;
	if (f->mechanism == BLOCK_PAGE)
		return LAYER_HTTP;
	switch (f->stage) {
	case STAGE_DNS:
		return LAYER_DNS;
	case STAGE_SYN:
	case STAGE_HANDSHAKE:
		return LAYER_TCP;
	case STAGE_FIRST_DATA:
		return t->tls ? LAYER_TLS : LAYER_HTTP;
	case STAGE_ESTABLISHED:
		return t->tls && !t->shaken ? LAYER_TLS : LAYER_HTTP;
	default:
		return t->quic ? LAYER_QUIC : t->dns ? LAYER_DNS : LAYER_UDP;
	}
}

/* The surest finding about the conversation, or about the question in it. */
static const struct finding *
surest(const struct relating *r, const struct join *j)
{
	const struct finding *best = NULL;

	for (size_t i = 0; i < r->report->nfindings; i++) {
		const struct finding *f = r->report->findings[i];

		if (f->flow.id != j->story->flow)
			continue;
		if (j->question &&
		    strcasecmp(f->name ? f->name : f->trigger_value, j->question->name) != 0)
			continue;
		if (!best || f->confidence > best->confidence)
			best = f;
	}
	return best;
}

static const struct cite *
cite_of(const struct finding *f, enum role role)
{
	for (size_t i = 0; i < f->ncites; i++)
		if (f->cites[i].role == role)
			return &f->cites[i];
	return NULL;
}

static bool
is_forgery(enum mechanism m)
{
	return m == RST_INJECTION || m == FIN_INJECTION || m == SYN_ACK_INJECTION ||
	       m == DATA_INJECTION || m == DNS_INJECTION || m == TLS_ALERT_INJECTION;
}

/* ", 3.7 ms after the TLS ClientHello for a.example (frame 23)" */
static const char *
since_trigger(const struct relating *r, const struct finding *f)
{
	const struct cite *trigger = cite_of(f, ROLE_TRIGGER), *forged = cite_of(f, ROLE_INJECTED);
	const char *what;

	if (!trigger)
		return "";
	what = trigger->seen.from && trigger->seen.summary
		   ? arena_printf(r->arena, "%s (%s)", trigger->seen.summary,
				  frame_words(r, trigger->at))
		   : arena_printf(r->arena, "packet in %s", frame_words(r, trigger->at));
	if (!forged || !forged->seen.from || !trigger->seen.from ||
	    forged->seen.nsec < trigger->seen.nsec)
		return arena_printf(r->arena, ", after the %s", what);
	return arena_printf(r->arena, ", %.1f ms after the %s",
			    (double)(forged->seen.nsec - trigger->seen.nsec) / 1e6, what);
}

static const char *
finding_words(const struct relating *r, const struct finding *f)
{
	const struct cite *forged = cite_of(f, ROLE_INJECTED), *lost = cite_of(f, ROLE_UNANSWERED);
	const char *where = "", *at = "";

	if (f->injector.basis)
		where = arena_printf(r->arena, ", by a device about %d hop%s away from the %s",
				     f->injector.hops, f->injector.hops == 1 ? "" : "s",
				     f->injector.from == CLIENT ? "client" : "server");
	if (forged || lost)
		at =
		    arena_printf(r->arena, " (%s)", frame_words(r, forged ? forged->at : lost->at));
	if (is_forgery(f->mechanism))
		return arena_printf(r->arena, "forged%s%s%s%s", at, where, since_trigger(r, f),
				    f->mechanism == DNS_INJECTION ? ", not by the resolver" : "");
	return arena_printf(r->arena, "%s%s%s%s", mechanism_titles[f->mechanism], at, where,
			    since_trigger(r, f));
}

/* The measurement's word and what the packets say to it. */
PRINTF_LIKE(5, 6)
static void
tell(const struct relating *r, const struct part *p, struct told *ret, enum relation relation,
     const char *fmt, ...)
{
	const char *word = p->failure                ? p->failure
			   : p->said == SAID_SUCCESS ? "success"
			   : p->said == SAID_BLOCKED ? "blocked"
						     : "no result";
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	ret->relation = relation;
	ret->sentence = arena_printf(r->arena, "%s: %s", word, text);
	free(text);
}

static const char *
sure_words(const struct relating *r, const struct finding *f)
{
	const char *verdict = verdict_word(f->confidence);

	return arena_printf(r->arena, "finding f%u, %s at %.3g", f->number,
			    verdict ? verdict : "weak", f->confidence);
}

/* Does the answer that the measurement took come from a packet that the finding calls forged? */
static bool
took_the_true_answer(const struct part *p, const struct join *j, const struct finding *f)
{
	bool is_true = false;

	if (!j->question || !p->nanswers || f->mechanism != DNS_INJECTION)
		return false;
	for (size_t i = 0; i < j->question->nanswers; i++) {
		const struct story_answer *a = &j->question->answers[i];
		bool forged = false, same = false;

		for (size_t k = 0; k < f->ncites; k++)
			forged |=
			    f->cites[k].role == ROLE_INJECTED && ref_equal(f->cites[k].at, a->at);
		for (size_t k = 0; k < a->naddr; k++)
			for (size_t n = 0; n < p->nanswers; n++)
				same |= addr_equal(&a->addr[k], &p->answers[n]);
		if (same && forged)
			return false;
		is_true |= same;
	}
	return is_true;
}

static bool
leaves_it_working(enum mechanism m)
{
	return m == THROTTLE || m == FREEZE || m == PROTOCOL_STRIPPING;
}

static void
relate_to_finding(const struct relating *r, const struct part *p, const struct join *j,
		  const struct finding *f, struct told *ret)
{
	const char *words = finding_words(r, f), *sure = sure_words(r, f);
	enum layer layer = finding_layer(f, j->story);
	bool later = layer > p->layer && layer <= LAYER_HTTP && p->layer <= LAYER_HTTP;

	ret->finding = f;
	if (p->said == SAID_SUCCESS && later) {
		tell(r, p, ret, RELATION_SUPPORTS,
		     "so far it went well; what was done to the conversation later is told of its "
		     "other parts (%s)",
		     sure);
	} else if (p->said == SAID_SUCCESS &&
		   (leaves_it_working(f->mechanism) || took_the_true_answer(p, j, f))) {
		tell(r, p, ret, RELATION_REFINES, "but not untouched: %s (%s)", words, sure);
	} else if (p->said == SAID_SUCCESS) {
		tell(r, p, ret, RELATION_CONTRADICTS, "yet the packets show: %s (%s)", words, sure);
	} else if (p->said != SAID_NOTHING && later) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "this step went well in the packets, a later one did not: %s (%s)", words,
		     sure);
	} else if (p->said == SAID_BLOCKED && layer == p->layer) {
		tell(r, p, ret, RELATION_SUPPORTS, "%s (%s)", words, sure);
	} else {
		tell(r, p, ret, RELATION_REFINES, "%s (%s)", words, sure);
	}
}

/* --- without a finding --- */

static bool
answers_agree(const struct part *p, const struct story_answer *a)
{
	if (!p->nanswers)
		return a->rcode == DNS_NOERROR;
	for (size_t i = 0; i < p->nanswers; i++)
		for (size_t k = 0; k < a->naddr; k++)
			if (addr_equal(&p->answers[i], &a->addr[k]))
				return true;
	return false;
}

static void
relate_dns(const struct relating *r, const struct part *p, const struct join *j, struct told *ret)
{
	const struct story_question *q = j->question;
	const struct story_answer *a = q->nanswers ? &q->answers[0] : NULL;

	if (!a) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "no answer to the question (%s) is in the captures; they do not tell why",
		     frame_words(r, q->at));
	} else if (p->said == SAID_SUCCESS && answers_agree(p, a)) {
		tell(r, p, ret, RELATION_SUPPORTS,
		     "the resolver answered (%s), and nothing speaks against that answer",
		     frame_words(r, a->at));
	} else if (p->said == SAID_SUCCESS) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "the packets show another answer (%s) than the measurement tells",
		     frame_words(r, a->at));
	} else if (p->said == SAID_NOTHING) {
		tell(r, p, ret, RELATION_UNDECIDED, "the resolver answered (%s)",
		     frame_words(r, a->at));
	} else if (a->rcode == DNS_NOERROR && a->naddr) {
		tell(r, p, ret, RELATION_CONTRADICTS,
		     "the resolver answered with an address (%s), and nothing speaks against it",
		     frame_words(r, a->at));
	} else {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "the resolver itself answered so (%s), and no other answer came; whether "
		     "that is true the packets do not tell",
		     frame_words(r, a->at));
	}
}

static bool
worked(const struct part *p, const struct story *t)
{
	if (p->layer == LAYER_TCP)
		return t->accepted != 0;
	return t->outcome == OUTCOME_OK && (p->layer > LAYER_HTTP || t->answered);
}

static void
relate_success(const struct relating *r, const struct part *p, const struct story *t,
	       struct told *ret)
{
	if (worked(p, t))
		tell(r, p, ret, RELATION_SUPPORTS,
		     p->layer == LAYER_TCP
			 ? "the connection was made (%s)"
			 : "it was answered (%s), and nothing was interfered with",
		     frame_words(r, p->layer == LAYER_TCP ? t->accepted_at
				    : t->answered         ? t->answered_at
							  : t->first_at));
	else
		tell(r, p, ret, RELATION_UNDECIDED,
		     "the captures do not show that it succeeded (from %s on)",
		     frame_words(r, t->first_at));
}

/* The peer itself said no. False if the packets do not show that. */
static bool
relate_refusal(const struct relating *r, const struct part *p, const struct story *t,
	       struct told *ret)
{
	const struct story_end *e = &t->end;
	bool reset = e->how == ENDED_RESET && e->by == SERVER;
	bool closed = e->how == ENDED_FIN && e->by == SERVER && e->alike;

	if (t->outcome == OUTCOME_REFUSED && reset && !t->accepted) {
		tell(r, p, ret, RELATION_CONTRADICTS,
		     "the destination itself refused the connection (%s)", frame_words(r, e->at));
		return true;
	}
	if (t->outcome == OUTCOME_REFUSED) {
		tell(r, p, ret, RELATION_CONTRADICTS, "the server itself would not talk (%s)",
		     frame_words(r, t->answered ? t->answered_at : t->last_at));
		return true;
	}
	if (p->layer == LAYER_TCP || (!reset && !closed))
		return false;
	if (reset && !e->alike) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "a reset ended it that bears the server's address (%s); whether the server "
		     "sent it the packets do not tell",
		     frame_words(r, e->at));
		return true;
	}
	tell(r, p, ret, RELATION_CONTRADICTS, "the server itself %s the connection (%s)",
	     reset ? "reset" : "closed", frame_words(r, e->at));
	return true;
}

static bool
begins_with(const char *text, const char *start)
{
	return text && strncmp(text, start, strlen(start)) == 0;
}

static void
relate_failure(const struct relating *r, const struct part *p, const struct story *t,
	       struct told *ret)
{
	const char *answered = frame_words(r, t->answered   ? t->answered_at
					      : t->accepted ? t->accepted_at
							    : t->last_at);

	if (t->outcome == OUTCOME_PARTIAL) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "the captures hold only part of the conversation (from %s on)",
		     frame_words(r, t->first_at));
	} else if (worked(p, t) && begins_with(p->failure, "ssl_")) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "the server answered the handshake (%s); why the client did not trust it the "
		     "packets do not tell",
		     answered);
	} else if (relate_refusal(r, p, t, ret)) {
		return;
	} else if (worked(p, t) && p->layer == LAYER_TCP) {
		tell(r, p, ret, RELATION_CONTRADICTS, "the connection was made (%s)", answered);
	} else if (worked(p, t) &&
		   (p->layer > LAYER_HTTP || (t->tls && begins_with(p->failure, "http_")))) {
		tell(r, p, ret, RELATION_CONTRADICTS,
		     "the server itself answered (%s), and nothing was interfered with", answered);
	} else if (worked(p, t)) {
		tell(r, p, ret, RELATION_UNDECIDED,
		     "the server answered (%s); why it came to nothing the packets do not tell",
		     answered);
	} else {
		tell(
		    r, p, ret, RELATION_UNDECIDED,
		    "it came to nothing in the packets, too (from %s on), but they do not tell why",
		    frame_words(r, t->first_at));
	}
}

static void
relate_to_nothing(const struct relating *r, const struct part *p, const struct join *j,
		  struct told *ret)
{
	const char *why = "no conversation in the captures fits";

	if (p->hidden)
		why = "it was asked inside of an encrypted connection";
	else if (!p->name && !p->has_addr)
		why = "the measurement does not say whom it spoke to";
	else if (j->outside)
		why = "the captures do not cover that time";
	tell(r, p, ret, RELATION_UNDECIDED, "%s", why);
}

/* What the conversation tells, taken for the part's own. */
static void
relate_to_story(const struct relating *r, const struct part *p, const struct join *j,
		struct told *ret)
{
	const struct story *t = j->story;
	const struct finding *f = surest(r, j);

	if (f && f->confidence >= CONFIDENCE_LIKELY) {
		relate_to_finding(r, p, j, f, ret);
	} else if (f) {
		ret->finding = f;
		tell(r, p, ret, RELATION_UNDECIDED, "possibly %s (%s)", finding_words(r, f),
		     sure_words(r, f));
	} else if (p->layer == LAYER_DNS) {
		relate_dns(r, p, j, ret);
	} else if (p->said == SAID_SUCCESS) {
		relate_success(r, p, t, ret);
	} else if (p->said == SAID_NOTHING) {
		tell(r, p, ret, RELATION_UNDECIDED, "the conversation (from %s on) was %s",
		     frame_words(r, t->first_at), outcome_words[t->outcome]);
	} else {
		relate_failure(r, p, t, ret);
	}
}

/* Do all conversations that fit tell the same? Then it does not matter which is the part's own. */
static bool
all_agree(const struct relating *r, const struct part *p, const struct join *j,
	  const struct told *told)
{
	if (j->candidates > JOIN_FITS_MAX || j->present < JOIN_ENOUGH)
		return false;
	for (unsigned i = 0; i < j->candidates; i++) {
		struct join other = *j;
		struct told t = {0};

		other.story = j->fits[i].story;
		other.question = j->fits[i].question;
		relate_to_story(r, p, &other, &t);
		if (t.relation != told->relation)
			return false;
	}
	return true;
}

void
relate_part(const struct relating *r, const struct part *p, const struct join *j, struct told *ret)
{
	*ret = (struct told){0};
	if (!j->story) {
		relate_to_nothing(r, p, j, ret);
		return;
	}
	relate_to_story(r, p, j, ret);
	if (j->confidence >= JOIN_ENOUGH || ret->relation == RELATION_UNDECIDED)
		return;
	if (all_agree(r, p, j, ret)) {
		ret->sentence =
		    arena_printf(r->arena, "%s; %u conversations fit, and all tell the same",
				 ret->sentence, j->candidates);
		return;
	}
	*ret = (struct told){0};
	tell(r, p, ret, RELATION_UNDECIDED,
	     "%u conversation%s fit%s, and it is not sure enough that one of them is the "
	     "measurement's own (the likeliest begins in %s)",
	     j->candidates, j->candidates == 1 ? "" : "s", j->candidates == 1 ? "s" : "",
	     frame_words(r, j->question ? j->question->at : j->story->first_at));
}
