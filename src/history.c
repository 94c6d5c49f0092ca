/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of flows that are over. */
#include "history_parts.h"
#include "dnsread.h"
#include "episode.h"
#include "order.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"

#define NO_EPISODE UINT32_MAX
/* Beyond so many there is room for all at once: what is not used costs nothing, and what is used
 * lies on huge pages that need not move. */
#define RING_SMALL 8192

struct history *
history_new(void)
{
	struct history *h = xcalloc(1, sizeof *h);

	h->names = names_new(NAMES_MAX);
	return h;
}

static void
free_tables(struct history *h)
{
	struct named_address *a = h->addresses;
	struct known_resolver *r = h->resolvers;

	HASH_CLEAR(hh, h->addresses);
	HASH_CLEAR(hh, h->resolvers);
	while (a) {
		struct named_address *next = a->hh.next;

		history_forget_lessons(a->newest.older);
		free(a);
		a = next;
	}
	while (r) {
		struct known_resolver *next = r->hh.next;

		free(r);
		r = next;
	}
}

void
history_free(struct history *h)
{
	if (!h)
		return;
	free_tables(h);
	names_free(h->names);
	free(h->ring);
	free(h->next_named);
	free(h->first_named);
	free(h);
}

const char *
history_intern(struct history *h, const char *text)
{
	const char *kept = *text ? names_keep(h->names, text) : NULL;

	h->forgotten += *text && !kept;
	return kept;
}

const struct names *
history_names(const struct history *h)
{
	return h->names;
}

static uint32_t
client_hash(const struct addr *a)
{
	return (uint32_t)XXH3_64bits(a->b, sizeof a->b);
}

/* Puts a new lesson before the others; the same one again moves to the front, and the oldest
 * makes room. */
static void
learn_again(struct named_address *x, const char *name, int64_t nsec, uint32_t client)
{
	struct lesson **p = &x->newest.older, *l = NULL;

	if (x->newest.name == name && x->newest.client == client) {
		x->newest.nsec = nsec;
		return;
	}
	for (unsigned n = 1; *p; n++, p = &(*p)->older) {
		if (((*p)->name == name && (*p)->client == client) || n == LESSONS_MAX - 1) {
			l = *p;
			*p = l->older;
			break;
		}
	}
	if (!l)
		l = xcalloc(1, sizeof *l);
	*l = x->newest;
	x->newest = (struct lesson){name, nsec, client, l};
}

static void
learn_address(struct history *h, const struct addr *a, const char *name, int64_t nsec,
	      uint32_t client)
{
	struct named_address *x;

	HASH_FIND(hh, h->addresses, a, sizeof *a, x);
	if (x) {
		learn_again(x, name, nsec, client);
		return;
	}
	if (HASH_COUNT(h->addresses) >= NAMES_MAX) {
		h->unlearnt++;
		return;
	}
	x = xcalloc(1, sizeof *x);
	x->addr = *a;
	x->newest = (struct lesson){name, nsec, client, NULL};
	HASH_ADD(hh, h->addresses, addr, sizeof x->addr, x);
}

const char *
history_name_of(const struct history *h, const struct addr *a, const struct addr *client,
		int64_t when)
{
	const struct lesson *best = NULL;
	struct named_address *x;
	uint32_t who = client_hash(client);

	HASH_FIND(hh, h->addresses, a, sizeof *a, x);
	if (!x)
		return NULL;
	/* From the newest to the oldest: what came before counts for more than what came later,
	 * and one's own lookups for more than those of others. */
	for (const struct lesson *l = &x->newest; l; l = l->older) {
		int worth = 2 * (l->client == who) + (l->nsec <= when);
		int known = best ? 2 * (best->client == who) + (best->nsec <= when) : -1;

		if (worth > known || (worth == known && l->nsec > when))
			best = l;
	}
	return best->name;
}

const struct resolver *
history_resolver(const struct history *h, const struct addr *a)
{
	struct known_resolver *x;

	HASH_FIND(hh, h->resolvers, a, sizeof *a, x);
	return x ? &x->r : NULL;
}

static void
learn_resolver(struct history *h, const struct look *l, const struct episode *e)
{
	struct known_resolver *x;

	HASH_FIND(hh, h->resolvers, &l->flow->addr[SERVER], sizeof(struct addr), x);
	if (!x) {
		if (HASH_COUNT(h->resolvers) >= RESOLVERS_MAX) {
			h->unlearnt++;
			return;
		}
		x = xcalloc(1, sizeof *x);
		x->addr = l->flow->addr[SERVER];
		x->r.fastest = INT64_MAX;
		x->r.ttl_min = UINT8_MAX;
		HASH_ADD(hh, h->resolvers, addr, sizeof x->addr, x);
	}
	x->r.answers++;
	x->r.asked_edns += e->dns_asked_edns;
	x->r.edns += e->dns_asked_edns && e->dns_edns;
	if (e->took < x->r.fastest)
		x->r.fastest = e->took;
	if (e->ttl && e->ttl < x->r.ttl_min)
		x->r.ttl_min = e->ttl;
	if (e->ttl > x->r.ttl_max)
		x->r.ttl_max = e->ttl;
}
#pragma GCC diagnostic pop

static void
grow_ring(struct history *h)
{
	struct episode *all;

	if (h->size < RING_SMALL) {
		h->size = h->size ? h->size * 2 : 256;
		h->ring = xrealloc(h->ring, h->size, sizeof *h->ring);
		return;
	}
	all = xcalloc(EPISODES_MAX, sizeof *all);
	memory_wish_huge(all, EPISODES_MAX * sizeof *all);
	memcpy(all, h->ring, h->n * sizeof *all);
	free(h->ring);
	h->ring = all;
	h->size = EPISODES_MAX;
}

static void
remember(struct history *h, const struct episode *e)
{
	if (h->n < EPISODES_MAX) {
		if (h->n == h->size)
			grow_ring(h);
		h->ring[h->n++] = *e;
		return;
	}
	h->ring[h->at] = *e;
	h->at = (h->at + 1) % EPISODES_MAX;
	h->forgotten++;
}

static bool
is_listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!**names || (name && strcmp(*names, name) == 0))
			return true;
	return false;
}

static void
read_answer(const struct look *l, const struct dns_message *a, int64_t asked, struct episode *e)
{
	const struct trace *t = look_packet(l, a->mark->at);

	e->dns_type = (uint16_t)a->type;
	e->took = a->mark->nsec > asked ? a->mark->nsec - asked : 1;
	e->ttl = t ? t->ttl : 0;
	e->rcode = a->rcode < UINT8_MAX ? (uint8_t)a->rcode : UINT8_MAX;
	e->dns_edns = a->edns;
	e->dns_soa = a->soa;
	e->dns_declared = a->ede >= 0;
	e->dns_key = a->ech;
	e->dns_positive = a->rcode == DNS_NOERROR && a->naddr;
	/* That somebody answered is a success as seen from the network, not from the name. */
	e->alive_at = a->mark->at;
	e->alive_nsec = a->mark->nsec;
	e->ok_at = a->rcode == DNS_NOERROR ? a->mark->at : (struct ref){0, 0};
	if (a->naddr)
		e->answer = a->addr[0];
}

/* Question q of a conversation, with its answer (or NULL). */
static void
read_question(const struct look *l, const struct dns_message *m, size_t n, size_t q,
	      const struct dns_message *a, struct episode *e)
{
	e->dns = true;
	e->dns_type = (uint16_t)m[q].type;
	e->dns_asked_edns = m[q].edns;
	e->asked = 0;
	for (size_t i = q; i < n; i++)
		if (!m[i].response && e->asked < UINT8_MAX && dns_same_question(&m[i], &m[q]))
			e->asked++;
	if (a)
		read_answer(l, a, m[q].mark->nsec, e);
}

static void
learn(struct history *h, const struct look *l, const struct dns_message *a, const struct episode *e)
{
	learn_resolver(h, l, e);
	for (size_t i = 0; e->name && i < a->naddr; i++)
		learn_address(h, &a->addr[i], e->name, a->mark->nsec, client_hash(&e->client));
}

static bool
is_asked_before(const struct dns_message *m, size_t q)
{
	for (size_t i = 0; i < q; i++)
		if (!m[i].response && dns_same_question(&m[i], &m[q]))
			return true;
	return false;
}

/* An episode for one more question of the same conversation. */
static struct episode
next_question(struct history *h, const struct episode *first, const struct dns_message *m, size_t q,
	      const struct dns_message *a)
{
	struct episode e = *first;
	char name[NAME_MAX_TEXT];

	snprintf(name, sizeof name, "%.*s", (int)m[q].name.n, (const char *)m[q].name.p);
	e.name = history_intern(h, name);
	e.first = m[q].mark->nsec;
	e.first_at = m[q].mark->at;
	e.last = a ? a->mark->nsec : e.first;
	e.server_last = a ? e.last : 0;
	e.outcome = !a ? OUTCOME_FAILED : a->rcode == DNS_REFUSED ? OUTCOME_REFUSED : OUTCOME_OK;
	e.alive_at = e.ok_at = (struct ref){0, 0};
	e.alive_nsec = e.took = 0;
	e.answer = (struct addr){{0}};
	e.rcode = e.ttl = 0;
	e.silent = !a;
	e.dns_positive = e.dns_key = e.dns_edns = e.dns_soa = e.dns_declared = false;
	for (size_t i = 0; i < q && !e.again; i++)
		e.again = !m[i].response && m[i].name.n == m[q].name.n &&
			  memcmp(m[i].name.p, m[q].name.p, m[q].name.n) == 0;
	return e;
}

/* The questions of a DNS conversation: the first is told in *e, the others are remembered. */
static void
read_dns(struct history *h, const struct look *l, const char *const *suspected, struct episode *e)
{
	const struct dns_message *m = l->dns;
	const struct fact *query = look_first(l, FIRST_DNS_QUERY);
	struct episode first, more, *now = e;
	size_t n = l->ndns;

	e->dns = query || look_first(l, FIRST_DNS_RESPONSE);
	if (!e->dns)
		return;
	first = *e;
	if (!query && n) {
		read_answer(l, &m[0], m[0].mark->nsec, e);
		e->unasked = true;
		return;
	}
	for (size_t q = 0; q < n; q++) {
		const struct dns_message *a;

		if (m[q].response || is_asked_before(m, q))
			continue;
		a = dns_answer(m, n, q);
		if (now != e)
			more = next_question(h, &first, m, q, a);
		read_question(l, m, n, q, a, now);
		if (a && !is_listed(suspected, now->name))
			learn(h, l, a, now);
		if (now != e)
			remember(h, now);
		now = &more;
	}
}

void
history_add(struct history *h, const struct look *l, const char *const *suspected,
	    struct episode *e)
{
	episode_read(l, e);
	e->name = l->name[0] ? history_intern(h, l->name) : NULL;
	read_dns(h, l, suspected, e);
	remember(h, e);
}

/* By server, then time, then flow. */
static void
order_by_server(struct keyed *k, struct episode *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		k[i] = (struct keyed){e[i].flow, &e[i]};
	order_keyed(k, n);
	for (size_t i = 0; i < n; i++)
		k[i].key = order_of_signed(((struct episode *)k[i].what)->first);
	order_keyed(k, n);
	for (size_t at = sizeof(struct addr); at > 0;) {
		at -= sizeof k->key;
		for (size_t i = 0; i < n; i++)
			k[i].key = order_of_bytes(&((struct episode *)k[i].what)->server.b[at]);
		order_keyed(k, n);
	}
}

/* Moves each episode to its place, along circles: the one that comes here leaves a hole where the
 * next one belongs. */
static void
put_in_place(struct episode *e, struct keyed *k, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct episode first, *hole = &e[i];

		if (k[i].what == hole)
			continue;
		first = e[i];
		for (struct episode *from; (from = k[hole - e].what) != hole; hole = from) {
			k[hole - e].what = hole;
			*hole = from == &e[i] ? first : *from;
		}
	}
}

static void
index_names(struct history *h)
{
	h->nfirst = names_count(h->names);
	h->next_named = xrealloc(NULL, h->n, sizeof *h->next_named);
	h->first_named = xrealloc(NULL, h->nfirst, sizeof *h->first_named);
	for (size_t i = 0; i < h->nfirst; i++)
		h->first_named[i] = NO_EPISODE;
	for (size_t i = h->n; i-- > 0;) {
		uint32_t *first;

		h->next_named[i] = NO_EPISODE;
		if (!h->ring[i].name)
			continue;
		first = &h->first_named[names_number(h->ring[i].name)];
		h->next_named[i] = *first;
		*first = (uint32_t)i;
	}
}

struct episode *
history_episodes(struct history *h, size_t *ret_n)
{
	struct keyed *order;

	*ret_n = h->n;
	if (h->next_named || h->n == 0)
		return h->ring;
	order = xrealloc(NULL, h->n, sizeof *order);
	order_by_server(order, h->ring, h->n);
	put_in_place(h->ring, order, h->n);
	free(order);
	index_names(h);
	return h->ring;
}

void
history_at_server(const struct history *h, const struct addr *server, size_t *ret_from,
		  size_t *ret_to)
{
	size_t low = 0, high = h->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_compare(&h->ring[mid].server, server) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_from = low;
	for (high = h->n; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (addr_compare(&h->ring[mid].server, server) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_to = low;
}

struct episode *
history_named(const struct history *h, const char *name, size_t *i)
{
	const char *kept;
	uint32_t next;

	if (*i != SIZE_MAX) {
		next = h->next_named[*i];
	} else {
		kept = name && h->next_named ? names_find(h->names, name) : NULL;
		if (!kept || names_number(kept) >= h->nfirst)
			return NULL;
		next = h->first_named[names_number(kept)];
	}
	*i = next == NO_EPISODE ? SIZE_MAX : next;
	return next == NO_EPISODE ? NULL : &h->ring[next];
}

uint64_t
history_forgotten(const struct history *h)
{
	return h->forgotten;
}
