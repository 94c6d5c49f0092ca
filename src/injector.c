/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far away the forger sits, from the TTLs of what it sent. */
#include "injector.h"

#include <stdlib.h>

/* Fewer routers lie between any two hosts; what seems farther began with another number. */
#define HOPS_MAX 40
/* Balancers and ways that change make this much (dossier B-20); what differs less from its alleged
 * sender's packets may have begun and gone as they did. */
#define TTL_SHIFT 3

/* What systems begin with: 64 (Linux, BSD, macOS), 128 (Windows), 255 (routers). */
static int
hops_since(uint8_t ttl)
{
	static const int begins[] = {64, 128, 255};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (ttl <= begins[i])
			return begins[i] - ttl;
	return HOPS_MAX;
}

/* The hops that lie between the capture point and the end that the packet flew to. */
static int
hops_behind(const struct look *l, enum side end)
{
	return l->flow->half[end].ttl ? hops_since(l->flow->half[end].ttl) : HOPS_MAX;
}

/* An injector that copies the header of what it answers copies the TTL that was left there: it
 * is lowered once more on the way back. */
static bool
copies(const struct finding *f, const struct look *l, const struct trace *t, int *ret_hops)
{
	enum side end = other_side((enum side)t->from);
	int sent = l->flow->half[end].ttl + hops_behind(l, end), lost = sent - t->ttl;

	if (!finding_has(f, "id.mirror") || lost <= 0 || lost > 2 * HOPS_MAX)
		return false;
	/* Seen from the end itself; elsewhere the way back was not gone to its end yet. */
	if (hops_behind(l, end) != 0)
		return false;
	*ret_hops = (lost + 1) / 2;
	return true;
}

/* The one TTL of all forged packets that flew one way; NULL if they differ, as those of injectors
 * do that count it up or draw it. */
static const struct trace *
common_packet(const struct finding *f, const struct look *l)
{
	const struct trace *first = NULL;

	for (size_t i = 0; i < f->ncites; i++) {
		const struct trace *t;

		if (f->cites[i].role != ROLE_INJECTED)
			continue;
		t = look_packet(l, f->cites[i].at);
		if (!t)
			continue;
		if (!first)
			first = t;
		else if (t->from == first->from && t->ttl != first->ttl)
			return NULL;
	}
	return first;
}

void
injector_tell(struct finding *f, const struct look *l)
{
	const struct trace *t = common_packet(f, l);
	enum side end;
	int usual, hops;
	size_t n;

	if (!t)
		return;
	end = other_side((enum side)t->from);
	if (copies(f, l, t, &hops)) {
		f->injector = (struct injector){hops, end, "copied-ttl"};
		return;
	}
	if (look_ttl_jump(l, t, &usual, &n) < TTL_SHIFT || n == 0)
		return;
	hops = hops_since(t->ttl) + hops_behind(l, end);
	/* It sits between the ends: nearer than the one for which it speaks. */
	if (hops == 0 || hops >= HOPS_MAX ||
	    hops >= hops_since((uint8_t)usual) + hops_behind(l, end))
		return;
	f->injector = (struct injector){hops, end, "ttl"};
}
