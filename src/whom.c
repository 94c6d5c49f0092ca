/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations by their two ends; addresses by what they did. */
#include "whom.h"

#include "dissect.h"
#include "lists.h"
#include "names.h"
#include "scrubber.h"
#include "services.h"
#include "table.h"

#include <netinet/in.h>
#include <stdlib.h>

#define NAMES_KEPT 65536 /* as many as the history has (history.h) */

/* Two ends, the lesser one first. */
struct pair {
	struct addr addr[2];
	uint16_t port[2];
	uint16_t capture;
	uint8_t proto, zero;
};

struct meeting {
	struct pair pair;
	struct talk *latest;
	UT_hash_handle hh;
};

struct tally {
	struct addr addr;
	uint64_t opened, served;
	bool peer;
	UT_hash_handle hh;
};

struct cited {
	struct ref at;
	UT_hash_handle hh;
};

struct whom {
	const struct services *services;
	const struct lists *lists;
	struct disguise *disguise;
	struct names *names;
	struct talk **talks;
	size_t n, size;
	struct meeting *meetings;
	struct tally *tallies;
	struct cited *cited;
};

/* Addresses that are told one by one are of forgers and of block pages, private ones among them. */
static void
keep_listed(struct disguise *d, const struct list *l)
{
	struct addr a;
	unsigned prefix;

	for (size_t i = 0; list_match(l) == LIST_NETWORK && i < list_entries(l); i++) {
		list_network(l, i, &a, &prefix);
		if (prefix == 128)
			disguise_keep(d, &a);
	}
}

struct whom *
whom_new(const struct services *services, const struct lists *lists, struct disguise *d)
{
	struct whom *w = xcalloc(1, sizeof *w);

	w->services = services;
	w->lists = lists;
	w->disguise = d;
	w->names = names_new(NAMES_KEPT);
	for (size_t i = 0; i < lists_count(lists); i++)
		keep_listed(d, lists_get(lists, i));
	return w;
}

void
whom_free(struct whom *w)
{
	struct meeting *m, *next_meeting;
	struct tally *t, *next_tally;
	struct cited *c, *next_cited;

	if (!w)
		return;
	HASH_ITER(hh, w->meetings, m, next_meeting)
	{
		HASH_DEL(w->meetings, m);
		free(m);
	}
	HASH_ITER(hh, w->tallies, t, next_tally)
	{
		HASH_DEL(w->tallies, t);
		free(t);
	}
	HASH_ITER(hh, w->cited, c, next_cited)
	{
		HASH_DEL(w->cited, c);
		free(c);
	}
	for (size_t i = 0; i < w->n; i++) {
		scrub_quic_free(w->talks[i]->quic);
		free(w->talks[i]);
	}
	free(w->talks);
	names_free(w->names);
	free(w);
}

static struct pair
pair_of(const struct addr addr[2], const uint16_t port[2], uint8_t proto, uint16_t capture)
{
	int c = addr_compare(&addr[0], &addr[1]);
	bool turn = c > 0 || (c == 0 && port[0] > port[1]);
	struct pair p;

	memset(&p, 0, sizeof p);
	p.addr[0] = addr[turn];
	p.addr[1] = addr[!turn];
	p.port[0] = port[turn];
	p.port[1] = port[!turn];
	p.proto = proto;
	p.capture = capture;
	return p;
}

static struct tally *
tally_of(struct whom *w, const struct addr *a)
{
	struct tally *t;

	HASH_FIND(hh, w->tallies, a, sizeof *a, t);
	if (!t) {
		t = xcalloc(1, sizeof *t);
		t->addr = *a;
		HASH_ADD(hh, w->tallies, addr, sizeof *a, t);
	}
	return t;
}

/* Names that are blocked, denied or forged in some country, and whose they are. */
static bool
is_listed(const struct whom *w, struct bytes name)
{
	for (size_t i = 0; i < lists_count(w->lists); i++) {
		const struct list *l = lists_get(w->lists, i);

		if ((list_match(l) == LIST_WHOLE || strcmp(list_name(l), "gfw-pool-owners") == 0) &&
		    list_has_text(l, name))
			return true;
	}
	return false;
}

static void
note_name_of(struct whom *w, const struct fact *fact)
{
	const char *name = fact ? (const char *)fact->text.p : NULL;

	if (name && (services_by_name(w->services, name).service || is_listed(w, fact->text)))
		disguise_keep_name(w->disguise, name, false);
}

static const char *
learn_name(struct whom *w, const struct flow *f)
{
	static const char *const fields[] = {"tls.sni", "quic.sni", "http.host", "dtls.sni"};
	const struct fact *fact = NULL;
	size_t i = 0;

	for (size_t k = 0; k < sizeof fields / sizeof *fields && !fact; k++)
		fact = flow_first(f, fields[k]);
	note_name_of(w, fact);
	for (const struct fact *q; (q = flow_fact(f, "dns.qry.name", CLIENT, &i)) != NULL;)
		note_name_of(w, q);
	return fact ? names_keep(w->names, (const char *)fact->text.p) : NULL;
}

void
whom_watch(void *whom, const struct flow *f)
{
	struct whom *w = whom;
	struct pair p = pair_of(f->addr, f->port, f->proto, f->first_at.capture);
	struct meeting *m;
	struct talk *t;

	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return;
	HASH_FIND(hh, w->meetings, &p, sizeof p, m);
	t = m ? m->latest : NULL;
	if (!t || t->id != f->id) {
		if (w->n == WHOM_MAX)
			return;
		if (!m) {
			m = xcalloc(1, sizeof *m);
			m->pair = p;
			HASH_ADD(hh, w->meetings, pair, sizeof p, m);
		}
		if (w->n == w->size) {
			w->size = w->size ? 2 * w->size : 256;
			w->talks = xrealloc(w->talks, w->size, sizeof(struct talk *));
		}
		t = w->talks[w->n++] = xcalloc(1, sizeof *t);
		t->number = (uint32_t)w->n;
		t->earlier = m->latest;
		m->latest = t;
		tally_of(w, &f->addr[CLIENT])->opened++;
		tally_of(w, &f->addr[SERVER])->served++;
	}
	memcpy(t->addr, f->addr, sizeof t->addr);
	memcpy(t->port, f->port, sizeof t->port);
	memcpy(t->scope, f->scope, sizeof t->scope);
	t->id = f->id;
	t->first = f->first_at.frame;
	t->last = f->last_at.frame;
	t->capture = f->first_at.capture;
	t->proto = f->proto;
	if (f->dissector)
		t->protocol = f->dissector->name;
	t->peers |= flow_first(f, "stun.ice") != NULL;
	if (!t->name)
		t->name = learn_name(w, f);
}

/* --- findings --- */

static void
keep_url(struct whom *w, const char *url)
{
	const char *host = strstr(url, "://");
	char name[DISGUISE_NAME_MAX + 1];
	size_t n;

	host = host ? host + 3 : url;
	n = strcspn(host, "/:?#");
	if (n > DISGUISE_NAME_MAX)
		return;
	memcpy(name, host, n);
	name[n] = '\0';
	disguise_keep_name(w->disguise, name, false);
}

static void
concern(struct whom *w, const struct finding *f)
{
	if (f->name)
		disguise_keep_name(w->disguise, f->name, false);
	if (f->url)
		keep_url(w, f->url);
	switch (f->trigger) {
	case TRIGGER_SNI:
	case TRIGGER_HTTP_HOST:
	case TRIGGER_HTTP_URL:
	case TRIGGER_DNS_NAME:
	case TRIGGER_QUIC_SNI:
	case TRIGGER_ECH:
		keep_url(w, f->trigger_value);
		break;
	default:
		break;
	}
	for (size_t i = 0; i < f->ncites; i++) {
		struct cited key, *c;

		if (f->cites[i].role == ROLE_CONTROL)
			continue;
		memset(&key, 0, sizeof key);
		key.at.frame = f->cites[i].at.frame;
		key.at.capture = f->cites[i].at.capture;
		HASH_FIND(hh, w->cited, &key.at, sizeof key.at, c);
		if (c)
			continue;
		c = xcalloc(1, sizeof *c);
		c->at.frame = key.at.frame;
		c->at.capture = key.at.capture;
		HASH_ADD(hh, w->cited, at, sizeof c->at, c);
	}
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void
whom_concern(struct whom *w, const struct report *r)
{
	uint64_t *ids = xcalloc(r->nfindings + 1, sizeof *ids);

	for (size_t i = 0; i < r->nfindings; i++) {
		concern(w, r->findings[i]);
		ids[i] = r->findings[i]->flow.id;
	}
	qsort(ids, r->nfindings, sizeof *ids, by_number);
	for (size_t i = 0; i < w->n; i++)
		if (bsearch(&w->talks[i]->id, ids, r->nfindings, sizeof *ids, by_number))
			w->talks[i]->concerned = true;
	free(ids);
	for (size_t i = 0; i < r->ntargets; i++)
		if (r->targets[i].kind == TARGET_DOMAIN && r->targets[i].nfindings)
			disguise_keep_name(w->disguise, r->targets[i].name, false);
}

bool
whom_is_cited(const struct whom *w, struct ref at)
{
	struct ref key;
	const struct cited *c;

	memset(&key, 0, sizeof key);
	key.frame = at.frame;
	key.capture = at.capture;
	HASH_FIND(hh, w->cited, &key, sizeof key, c);
	return c != NULL;
}

/* --- who is who --- */

void
whom_settle(struct whom *w)
{
	struct tally *t, *next;

	for (size_t i = 0; i < w->n; i++) {
		const struct talk *talk = w->talks[i];

		if (talk->concerned) /* it is part of the evidence, even if it is private */
			disguise_keep(w->disguise, &talk->addr[SERVER]);
		else if (talk->peers)
			tally_of(w, &talk->addr[SERVER])->peer = true;
	}
	/* A capture that begins in the middle of a conversation takes a server for its client. */
	HASH_ITER(hh, w->tallies, t, next)
	{
		bool global = disguise_is_global(&t->addr);

		if (t->opened >= t->served + !global || t->peer)
			disguise_client(w->disguise, &t->addr);
		else if (global)
			disguise_keep(w->disguise, &t->addr);
	}
}

struct talk *
whom_find(struct whom *w, const struct packet *pkt, enum side *ret_from)
{
	const struct addr addr[2] = {pkt->src, pkt->dst};
	const uint16_t port[2] = {pkt->sport, pkt->dport};
	struct pair p = pair_of(addr, port, pkt->proto, pkt->capture);
	struct meeting *m;

	HASH_FIND(hh, w->meetings, &p, sizeof p, m);
	for (struct talk *t = m ? m->latest : NULL; t; t = t->earlier) {
		enum side from =
		    pkt->sport == t->port[CLIENT] && addr_equal(&pkt->src, &t->addr[CLIENT])
			? CLIENT
			: SERVER;

		if (pkt->number < t->first || pkt->number > t->last || t->scope[from] != pkt->scope)
			continue;
		*ret_from = from;
		return t;
	}
	return NULL;
}

size_t
whom_count(const struct whom *w)
{
	return w->n;
}

struct talk *
whom_get(struct whom *w, size_t i)
{
	return w->talks[i];
}
