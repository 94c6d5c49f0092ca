/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log-odds of a comparison, and the words that its findings share with the report. */
#include "compare_weigh.h"

#include <math.h>
#include <stdlib.h>

double
compare_absent(const struct comparison *c, enum end sender)
{
	/* 1 / n against (k + 1) / (n + 2), of which the first two differ by less than they are
	 * known by. */
	return -log((double)c->counts[sender].unsent + 1);
}

void
compare_weigh(struct finding *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->nevidence; i++)
		sum += f->evidence[i].weight;
	f->confidence = fmin(1 / (1 + exp(-sum)), CONFIDENCE_MAX);
}

enum stage
compare_stage(const struct comparison *c, const struct pair_flow *f, enum end e,
	      const struct pair_packet *at)
{
	bool said[2] = {false, false}, answered = false;

	if (f->proto != IPPROTO_TCP)
		return f->port[1] == 53 ? STAGE_DNS : STAGE_DATAGRAM;
	for (uint32_t i = 0; i < f->n; i++) {
		const struct pair_packet *p = &c->ends[e].packets[c->ends[e].list[f->first + i]];

		if (p == at)
			break;
		if (p->fate == FATE_FORGED || p->fate == FATE_UNEXPLAINED)
			continue;
		said[p->from] |= p->len != 0;
		answered |= p->from == 1;
	}
	if (said[0] && said[1])
		return STAGE_ESTABLISHED;
	return said[0] ? STAGE_FIRST_DATA : answered ? STAGE_HANDSHAKE : STAGE_SYN;
}

/* Flows to one address, port and protocol are a group: the first of them gives it its number. */
static int
compare_servers(const void *x, const void *y)
{
	const struct pair_flow *a = *(struct pair_flow *const *)x,
			       *b = *(struct pair_flow *const *)y;
	int order = addr_compare(&a->addr[1], &b->addr[1]);

	if (order)
		return order;
	if (a->port[1] != b->port[1])
		return a->port[1] < b->port[1] ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	return a < b ? -1 : a > b;
}

uint32_t *
compare_groups(const struct pair_end *e)
{
	uint32_t *group = xcalloc(e->nflows + 1, sizeof *group);
	const struct pair_flow **v = xcalloc(e->nflows + 1, sizeof(struct pair_flow *));

	for (size_t i = 0; i < e->nflows; i++)
		v[i] = &e->flows[i];
	qsort(v, e->nflows, sizeof(struct pair_flow *), compare_servers);
	for (size_t i = 0, first = 0; i < e->nflows; i++) {
		if (!addr_equal(&v[i]->addr[1], &v[first]->addr[1]) ||
		    v[i]->port[1] != v[first]->port[1] || v[i]->proto != v[first]->proto)
			first = i;
		group[v[i] - e->flows] = (uint32_t)(v[first] - e->flows);
	}
	free(v);
	return group;
}
