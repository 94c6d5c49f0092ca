/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUIC handshakes that get nowhere: hellos that nobody answers, answers that do not arrive, and
 * clients that are heard no more once they have said a name. Nothing is ever injected into QUIC,
 * so that silence is all there is (GFW Report et al., USENIX Security 2025); who owed what tells
 * where it fell. */
#include "detect.h"
#include "quicheader.h"

#include <netinet/in.h>
#include <string.h>

/* Three probe timers (RFC 9002, 6.2.2: 1 s, then 2 s) before an attempt counts as lost. */
#define QUIET (3 * NSEC_PER_SEC)
#define ATTEMPTS 3
/* Two attempts so far apart are no race that somebody else won: browsers start TCP within 0.3 s
 * and settle within seconds. */
#define PATIENT (8 * NSEC_PER_SEC)
/* The server repeats itself twice before this is told; then once more, and again. */
#define OFTEN 2
#define CITED_MAX 12
/* RFC 9000, 14.1: servers discard what is smaller. */
#define INITIAL_MIN 1200

/* How far a handshake got, by what each side's datagrams are. */
struct handshake {
	const struct fact *hello;   /* the client's first Initial of the last version it tried */
	const struct fact *last;    /* its last one */
	const struct fact *heard;   /* the server's first Initial, Handshake or 1-RTT packet */
	const struct fact *greeted; /* Retry or Version Negotiation before that */
	const struct fact *replied; /* the client's first Handshake packet */
	const struct fact *settled; /* the server's first 1-RTT packet after that */
	const struct fact *closed;  /* CONNECTION_CLOSE of the server's */
	unsigned repeats[2], late;  /* of each side; late: hellos after the server was heard */
	const struct fact *repeated[2];
	uint64_t version, size; /* size of the datagram that brought it */
};

static bool
is_named(const struct fact *fact, const char *name)
{
	return fact->field == field_named(name);
}

static void
read_server_fact(struct handshake *h, const struct fact *x)
{
	if (is_named(x, "quic.initial") || is_named(x, "quic.handshake"))
		h->heard = h->heard ? h->heard : x;
	else if (is_named(x, "quic.short"))
		h->settled = h->replied && !h->settled ? x : h->settled;
	else if (is_named(x, "quic.retry") || is_named(x, "quic.version_negotiation"))
		h->greeted = x;
	else if (is_named(x, "quic.cc.error_code"))
		h->closed = x;
}

static void
read_client_fact(struct handshake *h, const struct fact *x)
{
	if (is_named(x, "quic.version")) {
		h->version = x->u;
		h->hello = h->last;
		h->repeats[CLIENT] = 0;
		h->repeated[CLIENT] = NULL;
	} else if (is_named(x, "quic.datagram_length")) {
		h->size = x->u;
	} else if (is_named(x, "quic.initial")) {
		h->last = x;
		h->hello = h->hello ? h->hello : x;
	} else if (is_named(x, "quic.handshake")) {
		h->replied = h->replied ? h->replied : x;
	}
}

static void
read_handshake(struct handshake *h, const struct flow *f)
{
	memset(h, 0, sizeof *h);
	for (size_t i = 0; i < f->nfacts; i++) {
		const struct fact *x = &f->facts[i];

		if (is_named(x, "quic.repeat")) {
			h->repeats[x->from]++;
			h->late += x->from == CLIENT && h->heard;
			if (!h->repeated[x->from])
				h->repeated[x->from] = x;
		} else if (x->from == SERVER) {
			read_server_fact(h, x);
		} else {
			read_client_fact(h, x);
		}
	}
}

static void
trigger(struct finding *f, const struct look *l, const struct handshake *h)
{
	char value[QUIC_WORDS_MAX];

	if (l->said == TRIGGER_QUIC_SNI) {
		finding_trigger(f, TRIGGER_QUIC_SNI, l->name, BASIS_CONTENT);
		finding_cite(f, l->said_at, ROLE_TRIGGER);
		return;
	}
	finding_trigger(f, TRIGGER_QUIC, quic_version_words((uint32_t)h->version, value),
			BASIS_CONTENT);
	finding_cite(f, h->hello->at, ROLE_TRIGGER);
}

/* What one side sent in vain, from a packet on. */
static void
cite_side(struct finding *f, const struct look *l, enum side from, const struct fact *since,
	  enum role first, enum role later)
{
	unsigned n = 0;

	for (size_t i = 0; i < l->n && n < CITED_MAX; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == from && t->nsec >= since->nsec && !(t->odd & ODD_ICMP))
			finding_cite(f, t->at, n++ ? later : first);
	}
}

static struct finding *
silence(const struct look *l, const struct handshake *h, const struct fact *since,
	enum direction direction)
{
	struct finding *f = finding_new(l, DROP, since->nsec);

	f->direction = direction;
	f->stage = STAGE_DATAGRAM;
	trigger(f, l, h);
	return f;
}

static void
tell(const struct detection *d, const struct look *l, struct finding *f, const struct fact *since)
{
	struct suspicion x = {.finding = f, .silence = true, .silence_at = since->at};

	d->suspect(d->context, l, &x);
}

static void
detect_unanswered(const struct detection *d, const struct look *l, const struct handshake *h)
{
	int64_t tried = h->last->nsec - h->hello->nsec;
	struct finding *f;

	if (!h->repeats[CLIENT] || d->capture_end - h->hello->nsec < QUIET)
		return;
	f = silence(l, h, h->hello, BOTH_WAYS);
	cite_side(f, l, CLIENT, h->hello, ROLE_UNANSWERED, ROLE_RETRANSMISSION);
	finding_weigh(f,
		      (h->repeats[CLIENT] + 1 >= ATTEMPTS && tried >= QUIET) || tried >= PATIENT
			  ? "quic.unanswered"
			  : "quic.unanswered_once",
		      h->hello->at);
	if (h->size < INITIAL_MIN)
		finding_weigh(f, "quic.too_small", h->hello->at);
	if (h->greeted) {
		finding_cite(f, h->greeted->at, ROLE_CONTRADICTION);
		finding_weigh(f, "quic.path_fine", h->greeted->at);
		finding_excludes(f, "the server was gone",
				 "it asked for another version or a token in frame %u",
				 h->greeted->at.frame);
	}
	finding_explain(f,
			"The client began a QUIC connection%s%s %u times in this conversation, and "
			"nothing came back.",
			l->name[0] ? " to " : "", l->name, h->repeats[CLIENT] + 1);
	tell(d, l, f, h->hello);
}

/* The client got the server's answer and replied, and the server repeats itself all the same. */
static void
detect_unheard(const struct detection *d, const struct look *l, const struct handshake *h)
{
	struct finding *f = silence(l, h, h->replied, TO_SERVER);
	struct cite *c;

	cite_side(f, l, CLIENT, h->replied, ROLE_UNANSWERED, ROLE_RETRANSMISSION);
	c = finding_cite(f, h->repeated[SERVER]->at, ROLE_CONTRADICTION);
	finding_observe(f, c, "quic.repeat", NULL, "the handshake again, %.1f s after the reply",
			(double)(h->repeated[SERVER]->nsec - h->replied->nsec) /
			    (double)NSEC_PER_SEC);
	finding_weigh(f, h->repeats[SERVER] >= OFTEN ? "quic.unheard" : "quic.unheard_once",
		      h->repeated[SERVER]->at);
	if (l->said == TRIGGER_QUIC_SNI)
		finding_weigh(f, "trigger.name", l->said_at);
	finding_excludes(f, "the server was gone", "it still sends in frame %u",
			 h->repeated[SERVER]->at.frame);
	finding_explain(f,
			"The server answered the QUIC connection%s%s, but none of what the client "
			"sent afterwards reached it: it repeated its answer.",
			l->name[0] ? " to " : "", l->name);
	tell(d, l, f, h->replied);
}

/* Seen near the server: its answers get lost, and the client begins again and again. */
static void
detect_answers_lost(const struct detection *d, const struct look *l, const struct handshake *h)
{
	struct finding *f = silence(l, h, h->heard, TO_CLIENT);

	cite_side(f, l, SERVER, h->heard, ROLE_UNANSWERED, ROLE_RETRANSMISSION);
	finding_cite(f, h->last->at, ROLE_CONTRADICTION);
	finding_weigh(f, h->late >= OFTEN ? "quic.answers_lost" : "quic.answers_lost_once",
		      h->last->at);
	finding_excludes(f, "the client was gone", "it begins again in frame %u",
			 h->last->at.frame);
	finding_explain(f,
			"The server answered the QUIC connection%s%s, but its answers did not "
			"reach the client, which began again %u times.",
			l->name[0] ? " to " : "", l->name, h->late);
	tell(d, l, f, h->heard);
}

/* The server repeats its answer, and the client says nothing: it may have left, or not be heard. */
static void
detect_client_silent(const struct detection *d, const struct look *l, const struct handshake *h)
{
	struct finding *f = silence(l, h, h->heard, TO_SERVER);

	cite_side(f, l, SERVER, h->heard, ROLE_UNANSWERED, ROLE_RETRANSMISSION);
	finding_weigh(f, "quic.client_silent", h->heard->at);
	finding_weigh(f, "silence.client_gone", h->heard->at);
	finding_explain(f,
			"The server answered the QUIC connection%s%s, and the client was not "
			"heard again.",
			l->name[0] ? " to " : "", l->name);
	tell(d, l, f, h->heard);
}

void
detect_quic(const struct detection *d, const struct look *l)
{
	struct handshake h;

	if (l->flow->proto != IPPROTO_UDP || !look_first(l, FIRST_QUIC_REPEAT) || look_has_error(l))
		return;
	read_handshake(&h, l->flow);
	if (!h.hello || h.closed)
		return;
	if (!h.heard && !look_first(l, FIRST_QUIC_SHORT))
		detect_unanswered(d, l, &h);
	else if (!h.heard || h.settled)
		return;
	else if (h.replied && h.repeated[SERVER] && h.repeated[SERVER]->nsec > h.replied->nsec)
		detect_unheard(d, l, &h);
	else if (h.late && !h.replied)
		detect_answers_lost(d, l, &h);
	else if (!h.replied && h.repeats[SERVER] >= OFTEN)
		detect_client_silent(d, l, &h);
}
