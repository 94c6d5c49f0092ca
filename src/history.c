/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of flows that are over. */
#include "history.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "table.h"

struct name {
	UT_hash_handle hh;
	size_t first; /* sorted episodes: the first of that name, SIZE_MAX if none */
	char text[];
};

struct named_address {
	UT_hash_handle hh;
	struct addr addr;
	const char *name;
};

struct known_resolver {
	UT_hash_handle hh;
	struct addr addr;
	struct resolver r;
};

struct history {
	struct episode *ring;
	size_t *next_named; /* of the sorted episodes: the next one of the same name */
	size_t n, size, at;
	uint64_t forgotten;
	struct name *names;
	struct named_address *addresses;
	struct known_resolver *resolvers;
};

struct history *
history_new(void)
{
	return xcalloc(1, sizeof(struct history));
}

void
history_free(struct history *h)
{
	struct name *n, *n2;
	struct named_address *a, *a2;
	struct known_resolver *r, *r2;

	if (!h)
		return;
	HASH_ITER(hh, h->addresses, a, a2)
	{
		HASH_DEL(h->addresses, a);
		free(a);
	}
	HASH_ITER(hh, h->resolvers, r, r2)
	{
		HASH_DEL(h->resolvers, r);
		free(r);
	}
	HASH_ITER(hh, h->names, n, n2)
	{
		HASH_DEL(h->names, n);
		free(n);
	}
	free(h->ring);
	free(h->next_named);
	free(h);
}

static struct name *
name_find(const struct history *h, const char *text)
{
	struct name *n;

	HASH_FIND_STR(h->names, text, n);
	return n;
}

const char *
history_intern(struct history *h, const char *text)
{
	struct name *n = name_find(h, text);
	size_t len = strlen(text);

	if (n)
		return n->text;
	if (len == 0 || HASH_COUNT(h->names) >= NAMES_MAX) {
		h->forgotten += len > 0;
		return NULL;
	}
	n = xcalloc(1, sizeof *n + len + 1);
	memcpy(n->text, text, len + 1);
	HASH_ADD_KEYPTR(hh, h->names, n->text, len, n);
	return n->text;
}

static void
learn_address(struct history *h, const struct addr *a, const char *name)
{
	struct named_address *x;

	HASH_FIND(hh, h->addresses, a, sizeof *a, x);
	if (x || HASH_COUNT(h->addresses) >= NAMES_MAX)
		return; /* the first name that led there is the one that the client meant */
	x = xcalloc(1, sizeof *x);
	x->addr = *a;
	x->name = name;
	HASH_ADD(hh, h->addresses, addr, sizeof x->addr, x);
}

const char *
history_name_of(const struct history *h, const struct addr *a)
{
	struct named_address *x;

	HASH_FIND(hh, h->addresses, a, sizeof *a, x);
	return x ? x->name : NULL;
}

const struct resolver *
history_resolver(const struct history *h, const struct addr *a)
{
	struct known_resolver *x;

	HASH_FIND(hh, h->resolvers, a, sizeof *a, x);
	return x ? &x->r : NULL;
}

static void
learn_resolver(struct history *h, const struct look *l, int64_t took, uint8_t ttl, bool edns)
{
	struct known_resolver *x;

	HASH_FIND(hh, h->resolvers, &l->flow->addr[SERVER], sizeof(struct addr), x);
	if (!x) {
		if (HASH_COUNT(h->resolvers) >= RESOLVERS_MAX)
			return;
		x = xcalloc(1, sizeof *x);
		x->addr = l->flow->addr[SERVER];
		x->r.fastest = INT64_MAX;
		x->r.ttl_min = UINT8_MAX;
		HASH_ADD(hh, h->resolvers, addr, sizeof x->addr, x);
	}
	x->r.answers++;
	x->r.edns += edns;
	if (took < x->r.fastest)
		x->r.fastest = took;
	if (ttl && ttl < x->r.ttl_min)
		x->r.ttl_min = ttl;
	if (ttl > x->r.ttl_max)
		x->r.ttl_max = ttl;
}
#pragma GCC diagnostic pop

/* The first query of a DNS flow and its answer. */
static void
read_dns(struct history *h, const struct look *l, bool suspected, struct episode *e)
{
	const struct flow *f = l->flow;
	const struct fact *query = flow_first(f, "dns.query"), *rcode, *fact;
	const struct fact *response = flow_first(f, "dns.response");
	const struct trace *t;
	size_t i = 0;

	e->dns = query || response;
	if (!query || !response)
		return;
	rcode = flow_first(f, "dns.flags.rcode");
	e->dns_positive =
	    rcode && rcode->u == 0 && (flow_first(f, "dns.a") || flow_first(f, "dns.aaaa"));
	e->ok_at = rcode && rcode->u == 0 ? response->at : (struct ref){0, 0};
	fact = flow_first(f, "dns.a") ? flow_first(f, "dns.a") : flow_first(f, "dns.aaaa");
	if (fact)
		e->answer = fact->addr;
	if (suspected)
		return;
	t = look_packet(l, response->at);
	learn_resolver(h, l, response->nsec - query->nsec, t ? t->ttl : 0,
		       flow_first(f, "dns.edns") != NULL);
	while (e->name && (fact = flow_fact(f, "dns.a", SERVER, &i)))
		learn_address(h, &fact->addr, e->name);
	i = 0;
	while (e->name && (fact = flow_fact(f, "dns.aaaa", SERVER, &i)))
		learn_address(h, &fact->addr, e->name);
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

void
history_add(struct history *h, const struct look *l, bool suspected, struct episode *e)
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
	e->name = l->name[0] ? history_intern(h, l->name) : NULL;
	e->server_last = f->half[SERVER].last;
	e->rtt = l->rtt[SERVER];
	e->silent = f->half[CLIENT].packets && !f->half[SERVER].packets;
	read_server(l, e);
	read_dns(h, l, suspected, e);
	if (h->n < EPISODES_MAX) {
		if (h->n == h->size) {
			h->size = h->size ? h->size * 2 : 256;
			h->ring = xrealloc(h->ring, h->size, sizeof *h->ring);
		}
		h->ring[h->n++] = *e;
		return;
	}
	h->ring[h->at] = *e;
	h->at = (h->at + 1) % EPISODES_MAX;
	h->forgotten++;
}

static int
by_server(const void *a, const void *b)
{
	const struct episode *x = a, *y = b;
	int c = addr_compare(&x->server, &y->server);

	if (c)
		return c;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->flow < y->flow ? -1 : x->flow > y->flow;
}

struct episode *
history_episodes(struct history *h, size_t *ret_n)
{
	*ret_n = h->n;
	if (h->next_named || h->n == 0)
		return h->ring;
	qsort(h->ring, h->n, sizeof *h->ring, by_server);
	h->next_named = xcalloc(h->n, sizeof *h->next_named);
	for (struct name *n = h->names; n; n = n->hh.next)
		n->first = SIZE_MAX;
	for (size_t i = h->n; i-- > 0;) {
		struct name *n = h->ring[i].name ? name_find(h, h->ring[i].name) : NULL;

		h->next_named[i] = n ? n->first : SIZE_MAX;
		if (n)
			n->first = i;
	}
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
	struct name *n;

	if (*i != SIZE_MAX) {
		*i = h->next_named[*i];
		return *i == SIZE_MAX ? NULL : &h->ring[*i];
	}
	n = name ? name_find(h, name) : NULL;
	if (!n || n->first == SIZE_MAX || !h->next_named)
		return NULL;
	*i = n->first;
	return &h->ring[*i];
}

uint64_t
history_forgotten(const struct history *h)
{
	return h->forgotten;
}
