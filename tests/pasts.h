/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pasts for the tests of what flows say about each other: conversations that fared well or badly,
 * told to a real flow table and remembered by a real history. */
#pragma once

#include "correlate.h"
#include "dissect_engine.h"
#include "flows.h"
#include "weigh.h"

#include <stdio.h>

/* Not every test needs all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define SUSPICIONS_MAX 64

struct past {
	struct talk talk;
	struct history *history;
	struct fingerprints *fingerprints;
	struct candidate candidates[SUSPICIONS_MAX];
	struct correlation correlation;
	uint16_t port; /* the client's next one */
	uint8_t client;
};

static void
past_begin(struct past *p)
{
	char *why = NULL;

	memset(p, 0, sizeof *p);
	talk_begin(&p->talk, FLOWS_MAX, NULL, NULL);
	p->history = history_new();
	p->port = 10000;
	p->client = 1;
	if (fingerprints_load(SOURCE_ROOT "/fingerprints", &p->fingerprints, &why))
		fail_msg("%s", why);
	p->correlation.history = p->history;
	p->correlation.fingerprints = p->fingerprints;
	p->correlation.candidates = p->candidates;
}

static void
past_end(struct past *p)
{
	for (size_t i = 0; i < p->correlation.n; i++)
		finding_free(p->candidates[i].suspicion.finding);
	history_free(p->history);
	fingerprints_free(p->fingerprints);
	talk_end(&p->talk);
}

static struct talk *
past_at(struct past *p, double second, uint8_t server, uint16_t port)
{
	talk_between(&p->talk, p->client, server, p->port++, port);
	p->talk.proto = IPPROTO_TCP;
	p->talk.now = TALK_BEGIN + (int64_t)(second * (double)NSEC_PER_SEC);
	return &p->talk;
}

static struct episode
past_keep(struct past *p, const char *name, bool suspected)
{
	static const char *const all[] = {"", NULL};
	static struct dns_message room[DNS_MESSAGES_MAX];
	struct episode e;
	struct look l;

	facts_unpack(p->talk.flow);
	look_at(&l, p->talk.flow);
	look_at_dns(&l, room);
	snprintf(l.name, sizeof l.name, "%s", name);
	history_add(p->history, &l, suspected ? all : NULL, &e);
	return e;
}

/* A connection that was served within the second. */
static struct episode
served(struct past *p, double second, uint8_t server, uint16_t port, const char *name)
{
	talk_whole(past_at(p, second, server, port));
	return past_keep(p, name, false);
}

/* Three SYNs in three seconds, and no answer. */
static struct episode
in_vain(struct past *p, double second, uint8_t server, uint16_t port, const char *name)
{
	struct talk *t = past_at(p, second, server, port);

	for (int i = 0; i < 3; i++) {
		t->seq[CLIENT] = 2000;
		talk_say(t, CLIENT, TH_SYN_, "");
		t->now += NSEC_PER_SEC;
	}
	return past_keep(p, name, false);
}

/* A request that is repeated for three seconds without an answer. */
static struct episode
unheard(struct past *p, double second, uint8_t server, uint16_t port, const char *name)
{
	struct talk *t = past_at(p, second, server, port);

	talk_open(t);
	for (int i = 0; i < 4; i++) {
		t->seq[CLIENT] = 1001;
		talk_say(t, CLIENT, TH_PSH_ | TH_ACK_, "a request");
		t->now += NSEC_PER_SEC;
	}
	return past_keep(p, name, true);
}

static const struct field *
past_field(const char *name)
{
	for (const struct dissector *const *d = dissectors; *d; d++)
		for (const struct field *f = (*d)->fields; f && f->name; f++)
			if (strcmp(f->name, name) == 0)
				return f;
	fail_msg("no field %s", name);
	return NULL;
}

/* A resolver's answer, `took` seconds after the question; address 0: there is none. */
static struct episode
resolved(struct past *p, double second, double took, uint8_t resolver, const char *name,
	 uint8_t address)
{
	struct talk *t = past_at(p, second, resolver, 53);
	struct addr a = addr_from_v4((const uint8_t[4]){203, 0, 113, address});
	struct flow *f;

	t->proto = IPPROTO_UDP;
	talk_say(t, CLIENT, 0, "?");
	f = t->flow;
	f->at = (struct ref){t->number, 0};
	f->at_nsec = t->now;
	f->messages++;
	note(f, CLIENT, past_field("dns.query"));
	t->now += (int64_t)(took * (double)NSEC_PER_SEC);
	talk_say(t, SERVER, 0, "!");
	f->at = (struct ref){t->number, 0};
	f->at_nsec = t->now;
	f->messages++;
	note(f, SERVER, past_field("dns.response"));
	note_uint(f, SERVER, past_field("dns.flags.rcode"), address ? 0 : 3);
	if (address)
		note_addr(f, SERVER, past_field("dns.a"), &a);
	return past_keep(p, name, false);
}

/* Suspects that conversation of a mechanism, on one piece of evidence. */
static struct finding *
suspected(struct past *p, const struct episode *e, enum mechanism m, enum stage stage,
	  const char *evidence)
{
	struct flow flow = {.proto = e->proto,
			    .id = e->flow,
			    .addr = {e->client, e->server},
			    .port = {e->client_port, e->port}};
	struct look l = {.flow = &flow};
	struct candidate *c = &p->candidates[p->correlation.n++];

	assert_in_range(p->correlation.n, 1, SUSPICIONS_MAX);
	snprintf(l.name, sizeof l.name, "%s", e->name ? e->name : "");
	c->episode = *e;
	c->suspicion.finding = finding_new(&l, m, e->first);
	c->suspicion.finding->stage = stage;
	c->suspicion.silence = m == DROP;
	finding_cite(c->suspicion.finding, e->first_at, ROLE_INJECTED);
	finding_weigh(c->suspicion.finding, evidence, e->first_at);
	return c->suspicion.finding;
}
