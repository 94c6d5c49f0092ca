/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was changed on the way in packets that did arrive, field by field. Routers, translators of
 * addresses and clamps of segment sizes all do that: it is told, and accuses nobody. */
#include "compare.h"
#include "table.h"

#include <stdlib.h>

#define CHANGES_MAX 4096 /* 1 MB; of a flow, direction, field and pair of values one each */

enum compared {
	F_SRC,
	F_SPORT,
	F_DST,
	F_DPORT,
	F_TTL,
	F_ID,
	F_TOS,
	F_DF,
	F_SEQ,
	F_FLAGS,
	F_WINDOW,
	F_OPTIONS,
	F_MSS,
	F_WSCALE,
	F_TSVAL,
	F_SUM,
	F_PAYLOAD,
	NFIELDS_COMPARED
};

static const struct {
	const char *name, *kind;
} fields[NFIELDS_COMPARED] = {
    [F_SRC] = {"ip.src", "translation"},
    [F_SPORT] = {"port.src", "translation"},
    [F_DST] = {"ip.dst", "translation"},
    [F_DPORT] = {"port.dst", "translation"},
    [F_TTL] = {"ip.ttl", "hops"},
    [F_ID] = {"ip.id", "rewriting"},
    [F_TOS] = {"ip.tos", "rewriting"},
    [F_DF] = {"ip.df", "rewriting"},
    [F_SEQ] = {"tcp.seq", "rewriting"},
    [F_FLAGS] = {"tcp.flags", "rewriting"},
    [F_WINDOW] = {"tcp.window", "rewriting"},
    [F_OPTIONS] = {"tcp.options", "rewriting"},
    [F_MSS] = {"tcp.mss", "rewriting"},
    [F_WSCALE] = {"tcp.wscale", "rewriting"},
    [F_TSVAL] = {"tcp.timestamp", "rewriting"},
    [F_SUM] = {"checksum", "rewriting"},
    [F_PAYLOAD] = {"payload", "content"},
};

/* Fields whose every packet has values of its own: one line for all of them. */
static bool
varies(enum compared f)
{
	return f == F_ID || f == F_WINDOW || f == F_TSVAL || f == F_PAYLOAD || f == F_SEQ;
}

struct change_key {
	uint32_t flow;
	uint16_t field;
	uint16_t sender;
	long from, to;
};

struct change {
	struct change_key key;
	struct pair_change *told;
	UT_hash_handle hh;
};

struct changes {
	struct comparison *c;
	struct change *all;
	const struct pair_packet *sent, *received;
	uint32_t flow;
	enum end sender;
	bool full;
};

static void
note_change(struct changes *x, enum compared field, long from, long to, long offset,
	    const char *before, const char *after)
{
	struct change_key key;
	struct change *known;
	struct pair_change *t;

	memset(&key, 0, sizeof key);
	key.flow = x->flow;
	key.field = (uint16_t)field;
	key.sender = (uint16_t)x->sender;
	key.from = varies(field) ? 0 : from;
	key.to = varies(field) ? 0 : to;
	HASH_FIND(hh, x->all, &key, sizeof key, known);
	if (known) {
		known->told->n++;
		return;
	}
	if (HASH_COUNT(x->all) == CHANGES_MAX) {
		x->full = true;
		return;
	}
	known = xcalloc(1, sizeof *known);
	known->key = key;
	known->told = t = arena_alloc(x->c->arena, sizeof *t);
	*t = (struct pair_change){.field = fields[field].name,
				  .kind = fields[field].kind,
				  .flow = x->flow,
				  .sender = x->sender,
				  .n = 1,
				  .sent = x->sent->at,
				  .received = x->received->at,
				  .offset = offset};
	t->before = before ? arena_printf(x->c->arena, "%s", before)
			   : arena_printf(x->c->arena, "%ld", from);
	t->after =
	    after ? arena_printf(x->c->arena, "%s", after) : arena_printf(x->c->arena, "%ld", to);
	HASH_ADD(hh, x->all, key, sizeof known->key, known);
}

static void
number(struct changes *x, enum compared field, long from, long to)
{
	if (from != to)
		note_change(x, field, from, to, -1, NULL, NULL);
}

static void
address(struct changes *x, enum compared field, const struct addr *from, const struct addr *to)
{
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];

	if (!addr_equal(from, to))
		note_change(x, field, 0, 0, -1, addr_text(from, a), addr_text(to, b));
}

static const char *
options_text(unsigned options, char *out, size_t n)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{OPT_MSS, "mss"},     {OPT_WSCALE, "wscale"}, {OPT_SACK_OK, "sack-ok"},
		     {OPT_SACK, "sack"},   {OPT_TS, "timestamps"}, {OPT_TFO, "fast-open"},
		     {OPT_MPTCP, "mptcp"}, {OPT_MD5, "md5"},       {OPT_BAD, "malformed"}};
	size_t used = 0;

	snprintf(out, n, "none");
	for (size_t i = 0; i < sizeof words / sizeof *words && used < n; i++)
		if (options & words[i].bit)
			used += (size_t)snprintf(out + used, n - used, "%s%s", used ? " " : "",
						 words[i].word);
	return out;
}

/* The first bytes from the one that differs on; what is rewritten can be read. */
static void
payload(struct changes *x)
{
	const struct pair_packet *s = x->sent, *r = x->received;
	char a[33] = "", b[33] = "";
	long at;

	if (s->fate != FATE_ARRIVED || pair_same_bytes(s, r, &at))
		return;
	if (at >= 0 && s->bytes && r->bytes) {
		hex_text((struct bytes){s->bytes + at, s->held - (size_t)at}, 16, a);
		hex_text((struct bytes){r->bytes + at, r->held - (size_t)at}, 16, b);
	}
	note_change(x, F_PAYLOAD, 0, 0, at, a, b);
}

static void
tcp(struct changes *x)
{
	const struct pair_packet *s = x->sent, *r = x->received;
	uint32_t shift = x->c->ends[NEAR].flows[x->flow].shift[s->from];
	char a[96], b[96];

	if (shift)
		number(x, F_SEQ, 0, (long)(int32_t)(x->sender == NEAR ? shift : -shift));
	number(x, F_FLAGS, s->flags, r->flags);
	number(x, F_WINDOW, s->window, r->window);
	if (s->options != r->options)
		note_change(x, F_OPTIONS, s->options, r->options, -1,
			    options_text(s->options, a, sizeof a),
			    options_text(r->options, b, sizeof b));
	number(x, F_MSS, s->mss, r->mss);
	if (s->options & r->options & OPT_WSCALE)
		number(x, F_WSCALE, s->wscale, r->wscale);
	if (s->options & r->options & OPT_TS)
		number(x, F_TSVAL, (long)s->tsval, (long)r->tsval);
}

static bool
wrong_sum(const struct pair_packet *p)
{
	return (p->bits & PKT_BAD_SUM) && !(p->bits & PKT_PARTIAL_SUM);
}

static void
compare_two(struct changes *x, const struct pair_flow *f, const struct pair_flow *g)
{
	const struct pair_packet *s = x->sent, *r = x->received;
	unsigned from = s->from;

	address(x, F_SRC, &f->addr[from], &g->addr[from]);
	number(x, F_SPORT, f->port[from], g->port[from]);
	address(x, F_DST, &f->addr[!from], &g->addr[!from]);
	number(x, F_DPORT, f->port[!from], g->port[!from]);
	number(x, F_TTL, s->ttl, r->ttl);
	number(x, F_TOS, s->tos, r->tos);
	/* A card sums up and counts what it cuts itself: its large frames have no values yet. */
	if (s->fate != FATE_ARRIVED)
		return;
	number(x, F_ID, s->ip_id, r->ip_id);
	number(x, F_DF, (s->bits & PKT_DF) != 0, (r->bits & PKT_DF) != 0);
	if (s->proto == IPPROTO_TCP)
		tcp(x);
	if (!((s->bits | r->bits) & (PKT_SUM_UNCHECKED | PKT_CUT | PKT_PARTIAL_SUM)) &&
	    wrong_sum(s) != wrong_sum(r))
		note_change(x, F_SUM, wrong_sum(s), wrong_sum(r), -1,
			    wrong_sum(s) ? "wrong" : "right", wrong_sum(r) ? "wrong" : "right");
	payload(x);
}

static int
compare_changes(const void *a, const void *b)
{
	const struct pair_change *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	if (x->sender != y->sender)
		return x->sender < y->sender ? -1 : 1;
	if (strcmp(x->field, y->field) != 0)
		return strcmp(x->field, y->field);
	return x->sent.frame < y->sent.frame ? -1 : x->sent.frame > y->sent.frame;
}

void
pair_changes(struct comparison *c)
{
	struct changes x = {.c = c};
	struct change *i, *next;
	uint64_t(*of)[NENDS] = xcalloc(c->ends[NEAR].nflows + 1, sizeof *of);

	for (int e = 0; e < NENDS; e++)
		for (size_t k = 0; k < c->ends[e].npackets; k++) {
			const struct pair_packet *p = &c->ends[e].packets[k];
			const struct pair_flow *f = &c->ends[e].flows[p->flow];

			if (!p->mate || pair_sender(c, (enum end)e, p) != (enum end)e)
				continue;
			x.sender = (enum end)e;
			x.sent = p;
			x.received = &c->ends[other_end(x.sender)].packets[p->mate - 1];
			x.flow = e == NEAR ? p->flow : f->mate - 1;
			of[x.flow][e]++;
			compare_two(&x, f, &c->ends[other_end(x.sender)].flows[f->mate - 1]);
		}
	c->changes = arena_alloc(c->arena, (HASH_COUNT(x.all) + 1) * sizeof *c->changes);
	HASH_ITER(hh, x.all, i, next)
	{
		HASH_DEL(x.all, i);
		i->told->of = of[i->told->flow][i->told->sender];
		c->changes[c->nchanges++] = *i->told;
		free(i);
	}
	free(of);
	qsort(c->changes, c->nchanges, sizeof *c->changes, compare_changes);
	if (x.full)
		compare_limit(c, "more than %d changes: the others are not told", CHANGES_MAX);
}
