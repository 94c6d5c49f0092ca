/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations in a few lines. */
#include "story.h"

#include <netinet/in.h>
#include <stdlib.h>

/* As many as open flows: 65,536 of some 300 bytes are 20 MB. */
#define STORIES_MAX 65536
/* Balancers and ways that change make this much (dossier B-20). */
#define TTL_SHIFT 3

struct stories {
	struct story **list;
	size_t n, size;
	uint64_t left_out;
	bool (*wants_server)(void *context, const struct addr *a, uint16_t port);
	bool (*wants_name)(void *context, const char *name);
	void *context;
	struct arena *arena;
	struct dns_message *room; /* DNS_MESSAGES_MAX */
};

struct stories *
stories_new(bool (*wants_server)(void *context, const struct addr *a, uint16_t port),
	    bool (*wants_name)(void *context, const char *name), void *context)
{
	struct stories *s = xcalloc(1, sizeof *s);

	s->wants_server = wants_server;
	s->wants_name = wants_name;
	s->context = context;
	s->arena = arena_new();
	s->room = xcalloc(DNS_MESSAGES_MAX, sizeof *s->room);
	return s;
}

void
stories_free(struct stories *s)
{
	if (!s)
		return;
	arena_free(s->arena);
	free(s->room);
	free(s->list);
	free(s);
}

/* In lower case, without the root's dot; NULL for what is no text. */
static const char *
lowered(struct bytes name, char out[NAME_MAX_TEXT])
{
	struct bytes b = bytes_lower(name, (uint8_t *)out, NAME_MAX_TEXT - 1);

	if (!b.n || memchr(b.p, 0, b.n))
		return NULL;
	if (b.n > 1 && b.p[b.n - 1] == '.')
		b.n--;
	out[b.n] = '\0';
	return out;
}

static bool
is_wanted(struct stories *s, const struct story *t, const char *name)
{
	return (name && s->wants_name(s->context, name)) ||
	       s->wants_server(s->context, &t->addr[SERVER], t->port[SERVER]);
}

/* Keeps the message in place of the question that it is the answer to, or as a new one. */
static void
take_answer(struct stories *s, struct story *t, const struct dns_message *m)
{
	struct story_question *q = NULL;
	struct story_answer *a;

	for (size_t i = t->nquestions; i-- > 0 && !q;)
		if (t->questions[i].id == m->id && t->questions[i].nsec <= m->mark->nsec)
			q = &t->questions[i];
	if (!q || q->nanswers == STORY_ANSWERS_MAX)
		return;
	q->answers = arena_room(s->arena, q->answers, q->nanswers, sizeof *q->answers);
	a = &q->answers[q->nanswers++];
	*a = (struct story_answer){
	    .at = m->mark->at, .nsec = m->mark->nsec, .rcode = (uint8_t)m->rcode};
	for (size_t i = 0; i < m->naddr && i < DNS_ADDRESSES_MAX; i++)
		a->addr[a->naddr++] = m->addr[i];
}

static void
take_questions(struct stories *s, struct story *t, const struct dns_message *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char room[NAME_MAX_TEXT];
		const char *name = lowered(m[i].name, room);

		if (m[i].response)
			take_answer(s, t, &m[i]);
		if (m[i].response || !name || !is_wanted(s, t, name))
			continue;
		t->questions =
		    arena_room(s->arena, t->questions, t->nquestions, sizeof *t->questions);
		t->questions[t->nquestions++] =
		    (struct story_question){.name = arena_text(s->arena, bytes_of(name)),
					    .id = (uint16_t)m[i].id,
					    .type = (uint16_t)m[i].type,
					    .at = m[i].mark->at,
					    .nsec = m[i].mark->nsec};
	}
}

static bool
is_near(const struct flow *f, const struct trace *t)
{
	int usual = f->half[t->from].ttl, lost = usual - t->ttl;

	return usual && abs(lost) <= TTL_SHIFT;
}

static void
tell_end(struct story *t, const struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *p = flow_trace(l->flow, i);
		bool reset = p->flags & TH_RST_, fin = p->flags & TH_FIN_;

		if (p->odd & ODD_ICMP || (!reset && !fin))
			continue;
		t->end = (struct story_end){.how = reset ? ENDED_RESET : ENDED_FIN,
					    .by = (enum side)p->from,
					    .at = p->at,
					    .nsec = p->nsec,
					    .alike = is_near(l->flow, p)};
		return;
	}
}

/* The first payload of the server that is not older than what the client said. */
static void
tell_answer(struct story *t, const struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *p = flow_trace(l->flow, i);

		if (p->odd & (ODD_ICMP | ODD_RST) || p->from != SERVER || !p->len ||
		    p->nsec < t->spoke)
			continue;
		t->answered_at = p->at;
		t->answered = p->nsec;
		return;
	}
}

static void
tell_course(struct story *t, const struct look *l)
{
	const struct trace *p;

	if (l->syn_ack >= 0) {
		p = flow_trace(l->flow, (size_t)l->syn_ack);
		t->accepted_at = p->at;
		t->accepted = p->nsec;
	}
	if (l->data[CLIENT] >= 0) {
		p = flow_trace(l->flow, (size_t)l->data[CLIENT]);
		t->spoke_at = p->at;
		t->spoke = p->nsec;
		tell_answer(t, l);
	}
	if (t->proto == IPPROTO_TCP)
		tell_end(t, l);
}

static void
tell_protocols(struct story *t, const struct look *l)
{
	t->tls = look_first(l, FIRST_CLIENT_HELLO) || look_first(l, FIRST_CUT_HELLO);
	t->http = look_first(l, FIRST_HTTP_REQUEST) != NULL;
	t->quic = look_first(l, FIRST_QUIC_VERSION) != NULL;
	t->dns = look_first(l, FIRST_DNS_QUERY) || look_first(l, FIRST_DNS_RESPONSE);
	t->shaken = look_first(l, FIRST_SERVER_HELLO) || look_first(l, FIRST_QUIC_SHORT);
}

void
stories_watch(void *stories, const struct flow *f)
{
	struct stories *s = stories;
	struct story t = {.flow = f->id, .proto = f->proto};
	char room[NAME_MAX_TEXT];
	const char *name = NULL;
	struct look l;

	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return;
	look_at(&l, f);
	for (int i = 0; i < 2; i++) {
		t.addr[i] = f->addr[i];
		t.port[i] = f->port[i];
	}
	tell_protocols(&t, &l);
	if (l.name[0] && l.said != TRIGGER_DNS_NAME)
		name = lowered(bytes_of(l.name), room);
	if (t.dns)
		take_questions(s, &t, s->room, dns_read(f, s->room, DNS_MESSAGES_MAX));
	if (!t.nquestions && !is_wanted(s, &t, name))
		return;
	if (s->n == STORIES_MAX) {
		s->left_out++;
		return;
	}
	if (name)
		t.name = arena_text(s->arena, bytes_of(name));
	t.first = f->first;
	t.last = f->last;
	t.first_at = f->first_at;
	t.last_at = f->last_at;
	t.outcome = l.outcome;
	tell_course(&t, &l);
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 64;
		s->list = xrealloc(s->list, s->size, sizeof(struct story *));
	}
	s->list[s->n] = arena_alloc(s->arena, sizeof t);
	*s->list[s->n++] = t;
}

size_t
stories_count(const struct stories *s)
{
	return s->n;
}

struct story *
stories_get(const struct stories *s, size_t i)
{
	return s->list[i];
}

uint64_t
stories_left_out(const struct stories *s)
{
	return s->left_out;
}

static int
by_flow(const void *a, const void *b)
{
	const struct story *x = *(struct story *const *)a, *y = *(struct story *const *)b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return x->nquestions && y->nquestions ? (x->questions->nsec > y->questions->nsec) -
						    (x->questions->nsec < y->questions->nsec)
					      : 0;
}

void
stories_sort(struct stories *s)
{
	if (s->n)
		qsort(s->list, s->n, sizeof(struct story *), by_flow);
}
