/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations and questions, sorted by what parts of measurements are looked up by. */
#include "fitting.h"

#include <netinet/in.h>
#include <stdlib.h>

static int
by_key(const void *a, const void *b)
{
	const struct fit_entry *x = a, *y = b;
	int order = (int)x->by_name - (int)y->by_name;

	if (order)
		return order;
	if (x->by_name)
		return strcmp(x->name, y->name);
	order = addr_compare(&x->addr, &y->addr);
	return order ? order : (int)x->port - (int)y->port;
}

/* Equal keys stay in the order of the stories, which is that of their flows. */
static int
by_key_then_flow(const void *a, const void *b)
{
	const struct fit_entry *x = a, *y = b;
	int order = by_key(a, b);

	if (order)
		return order;
	if (x->story->flow != y->story->flow)
		return x->story->flow < y->story->flow ? -1 : 1;
	return (x->question > y->question) - (x->question < y->question);
}

struct join_index *
join_index_new(const struct stories *s)
{
	struct join_index *x = xcalloc(1, sizeof *x);
	size_t n = 0;

	for (size_t i = 0; i < stories_count(s); i++)
		n += 2 + 2 * stories_get(s, i)->nquestions;
	x->list = xcalloc(n ? n : 1, sizeof *x->list);
	for (size_t i = 0; i < stories_count(s); i++) {
		const struct story *t = stories_get(s, i);
		struct fit_entry e = {.addr = t->addr[SERVER], .port = t->port[SERVER], .story = t};

		x->list[x->n++] = e;
		for (size_t q = 0; q < t->nquestions; q++) {
			e.question = &t->questions[q];
			x->list[x->n++] = e;
		}
		e.by_name = true;
		for (size_t q = 0; q < t->nquestions; q++) {
			e.name = t->questions[q].name;
			e.question = &t->questions[q];
			x->list[x->n++] = e;
		}
		e.name = t->name;
		e.question = NULL;
		if (t->name)
			x->list[x->n++] = e;
	}
	qsort(x->list, x->n, sizeof *x->list, by_key_then_flow);
	return x;
}

void
join_index_free(struct join_index *x)
{
	if (!x)
		return;
	free(x->list);
	free(x);
}

/* What a part is looked up by: a question by its name, all else by its server if that is told. */
static bool
goes_by_name(const struct part *p)
{
	return p->name && (p->layer == LAYER_DNS || !p->has_addr);
}

bool
parts_share_key(const struct part *a, const struct part *b)
{
	if (goes_by_name(a) != goes_by_name(b))
		return false;
	if (goes_by_name(a))
		return strcmp(a->name, b->name) == 0;
	return a->has_addr == b->has_addr && addr_equal(&a->addr, &b->addr) && a->port == b->port;
}

bool
parts_share_claim(const struct part *a, const struct part *b)
{
	return a->layer == b->layer && parts_share_key(a, b) && a->dns_type == b->dns_type &&
	       a->dns_id == b->dns_id;
}

size_t
fit_first(const struct join_index *x, const struct part *p)
{
	struct fit_entry key = {
	    .by_name = goes_by_name(p), .addr = p->addr, .port = p->port, .name = p->name};
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_key(&x->list[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
fit_is_of_key(const struct fit_entry *e, const struct part *p)
{
	if (e->by_name != goes_by_name(p))
		return false;
	if (e->by_name)
		return strcmp(e->name, p->name) == 0;
	return addr_equal(&e->addr, &p->addr) && (!p->port || e->port == p->port);
}

/* Did the client say the name that the part asked for? One that said nothing yet may have. */
static bool
same_name(const struct part *p, const struct story *t)
{
	return !p->name || !t->name || strcmp(p->name, t->name) == 0;
}

bool
fit_could_be(const struct fit_entry *e, const struct part *p)
{
	const struct story *t = e->story;
	unsigned type = p->dns_type ? p->dns_type : DNS_A;

	switch (p->layer) {
	case LAYER_DNS:
		return !p->hidden && e->question &&
		       (p->dns_id < 0 || e->question->id == p->dns_id) &&
		       (e->question->type == type || (p->dns_id >= 0 && !p->dns_type)) &&
		       (!p->has_addr || addr_equal(&p->addr, &t->addr[SERVER]));
	case LAYER_TLS:
		return !e->question && t->proto == IPPROTO_TCP && !t->http && same_name(p, t);
	case LAYER_TCP:
	case LAYER_HTTP:
		return !e->question && t->proto == IPPROTO_TCP && same_name(p, t) &&
		       (!p->port || p->port == t->port[SERVER]);
	case LAYER_QUIC:
		return !e->question && t->proto == IPPROTO_UDP && (t->quic || !t->dns) &&
		       same_name(p, t);
	default:
		return !e->question && t->proto == IPPROTO_UDP;
	}
}

/* When the part's doing began in the conversation. */
static int64_t
beginning(const struct fit_entry *e, const struct part *p)
{
	const struct story *t = e->story;

	if (e->question)
		return e->question->nsec;
	return (p->layer == LAYER_TLS || p->layer == LAYER_HTTP) && t->spoke ? t->spoke : t->first;
}

/* When it had succeeded; 0 if it never did. */
static int64_t
completion(const struct fit_entry *e, const struct part *p)
{
	const struct story *t = e->story;

	if (e->question)
		return e->question->nanswers ? e->question->answers[0].nsec : 0;
	return p->layer == LAYER_TCP ? t->accepted : t->answered;
}

bool
part_goes_by_end(const struct part *p)
{
	return !p->began && p->ended && p->said == SAID_SUCCESS;
}

bool
fit_moment(const struct fit_entry *e, const struct part *p, int64_t *ret)
{
	*ret = part_goes_by_end(p) ? completion(e, p) : beginning(e, p);
	return *ret > 0 && *ret <= MOMENT_MAX;
}
