/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a flow that is over leaves behind: how it fared, and what sets it apart from others. */
#include "episode.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Dossier 1.1, feature 5. */
#define JITTER (5 * NSEC_PER_MSEC)

bool
much_sooner(int64_t took, int64_t other)
{
	return took < other / 2 && other - took > JITTER;
}

static uint32_t
chosen(const struct look *l)
{
	const struct fact *version = look_first(l, FIRST_SERVER_VERSION);
	const struct fact *cipher = look_first(l, FIRST_SERVER_CIPHER);

	return version && cipher ? (uint32_t)(version->u << 16 | cipher->u) : 0;
}

/* What sets one request apart from others with the same name. */
static void
read_request(const struct look *l, struct episode *e)
{
	const struct fact *fact;

	if (l->said == TRIGGER_SNI || l->said == TRIGGER_ECH) {
		fact = look_first(l, FIRST_SHAPE);
		e->shape = fact ? (uint32_t)fact->u : 0;
		e->ech = look_first(l, FIRST_ECH) != NULL;
		e->chose = chosen(l);
	} else if (l->said == TRIGGER_HTTP_HOST) {
		fact = look_first(l, FIRST_URI);
		for (size_t i = 0; fact && i < fact->text.n; i++)
			e->url = e->url * 31 + fact->text.p[i] + 1;
	}
}

static void
read_mail(const struct flow *f, struct episode *e)
{
	/* What is healthy has its facts as they came, and the greeting comes first. */
	if (!f->nfacts ||
	    (!(f->bits & FLOW_ODD) && strncmp(f->facts[0].field->name, "mail.", 5) != 0))
		return;
	if (flow_first(f, "mail.starttls"))
		e->starttls = 2;
	else if (flow_first(f, "mail.listed"))
		e->starttls = 1;
}

/* A full segment on Ethernet, with some room for tunnels on the way: what a smaller path would have
 * swallowed (RFC 2923, 2.1). */
#define LARGE 1300

static bool
was_heard_in_full(const struct flow *f)
{
	const struct half *s = &f->half[SERVER];

	for (size_t i = 0; s->has_ack && i < flow_trace_count(f); i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->from == CLIENT && t->len >= LARGE && !(t->odd & ODD_ICMP) &&
		    !seq_before(s->max_ack, t->seq + t->len))
			return true;
	}
	return false;
}

/* A speed is told from this many bytes on: the first windows of a connection (RFC 6928) and as much
 * again. */
#define PACE_BYTES 65536

static void
read_pace(const struct flow *f, struct episode *e)
{
	for (int s = 0; s < 2 && f->proto == IPPROTO_TCP; s++) {
		const struct half *h = &f->half[s];
		int64_t took = h->last_data - h->first_data;

		if (h->bytes < PACE_BYTES || took <= 0)
			continue;
		e->pace[s].speed = (float)((double)h->bytes * 1e9 / (double)took);
		e->pace[s].lost = (float)h->retransmissions / (float)h->packets;
	}
}

static void
read_server(const struct look *l, struct episode *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from != SERVER || t->odd & ODD_ICMP)
			continue;
		e->alive_at = t->at;
		e->alive_nsec = t->nsec;
		break;
	}
	if (l->data[SERVER] >= 0)
		e->data_ttl = flow_trace(l->flow, (size_t)l->data[SERVER])->ttl;
	if (l->outcome != OUTCOME_OK)
		return;
	e->ok_at =
	    l->data[SERVER] >= 0 ? flow_trace(l->flow, (size_t)l->data[SERVER])->at : e->alive_at;
}

/* The last one that the client tried. */
static uint32_t
quic_version(const struct look *l)
{
	const struct fact *fact;
	uint32_t version = 0;
	size_t i = 0;

	if (l->flow->proto != IPPROTO_UDP || !look_first(l, FIRST_QUIC_VERSION))
		return 0;
	for (; (fact = flow_fact(l->flow, "quic.version", CLIENT, &i)); i++)
		version = (uint32_t)fact->u;
	return version;
}

void
episode_read(const struct look *l, struct episode *e)
{
	const struct flow *f = l->flow;

	memset(e, 0, sizeof *e);
	e->flow = f->id;
	e->first = f->first;
	e->last = f->last;
	e->client = f->addr[CLIENT];
	e->server = f->addr[SERVER];
	e->client_port = f->port[CLIENT];
	e->port = f->port[SERVER];
	e->proto = f->proto;
	e->first_at = f->first_at;
	e->outcome = (uint8_t)l->outcome;
	e->usage = l->usage;
	e->protocol = f->dissector;
	e->server_last = f->half[SERVER].last;
	e->rtt = l->rtt[SERVER];
	e->first_ttl = f->half[SERVER].ttl;
	e->quic = quic_version(l);
	read_pace(f, e);
	e->silent = f->half[CLIENT].packets && !f->half[SERVER].packets;
	read_request(l, e);
	read_mail(f, e);
	e->large_heard = f->proto == IPPROTO_TCP && was_heard_in_full(f);
	e->reset = f->half[SERVER].resets && f->half[CLIENT].bytes;
	e->encrypted = opening_is_encrypted(&f->opening);
	read_server(l, e);
}

struct finding *
episode_accuse(const struct episode *e, enum mechanism mechanism, int64_t nsec)
{
	struct flow flow = {.proto = e->proto, .id = e->flow};
	struct look l;

	flow.addr[CLIENT] = e->client;
	flow.addr[SERVER] = e->server;
	flow.port[CLIENT] = e->client_port;
	flow.port[SERVER] = e->port;
	look_at(&l, &flow);
	snprintf(l.name, sizeof l.name, "%s", e->name ? e->name : "");
	return finding_new(&l, mechanism, nsec);
}
