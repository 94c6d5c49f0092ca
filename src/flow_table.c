/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bounded table of open conversations: who talks with whom, since when, and when it is over.
 * Time is capture time. */
#include "dissect_engine.h"
#include "ends.h"
#include "flow_state.h"
#include "flow_table.h"
#include "order.h"
#include "pool.h"
#include "rate.h"
#include "reassemble.h"
#include "traces.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS (1u << 17) /* twice FLOWS_MAX */

/* The idle times after which a conversation is over. */
static const int64_t idle_max[NLISTS] = {
    /* Linux gives up a SYN after 1+2+4+8+16+32+64 s (tcp(7), tcp_syn_retries = 6). */
    [OPENING] = 130 * NSEC_PER_SEC,
    /* NAT devices must keep TCP for 2 h 4 min (RFC 5382); Zeek's default is 5 min. A silence
     * that matters here shows within the retransmission back-off of a minute or two. */
    [OPEN] = 300 * NSEC_PER_SEC,
    /* TIME-WAIT of Linux is 60 s; servers repeat a FIN for about that long. */
    [ENDED] = 60 * NSEC_PER_SEC,
    /* RFC 4787 asks NATs for 2 min and warns of 30 s in the field; DNS answers that come
     * after 15 s matter to nobody. */
    [DATAGRAM] = 60 * NSEC_PER_SEC,
    [CLOSED] = 60 * NSEC_PER_SEC,
    [SETTLED] = 60 * NSEC_PER_SEC,
};

/* Some are settled before: judged, and all but their name and counts forgotten, so that memory
 * follows what goes on and not what went on. A connection that both ends closed and confirmed
 * has nothing to add after the last stray packet; a DNS query waits 10 s for further answers
 * (OONI's technique note). */
static const int64_t settle_after[NLISTS] = {
    [CLOSED] = 2 * NSEC_PER_SEC,
    [DATAGRAM] = 10 * NSEC_PER_SEC,
};

/* A conversation moves to the young end of its list when it speaks, but not for every packet:
 * that would touch its neighbours each time. It may lie there for an eighth of its idle time, and
 * is over that much later. */
#define QUEUE_SLACK 8
/* A conversation may hold a message half received, and facts with text; a capture made for the
 * purpose has 65,536 of the largest. When all of it is more than this the oldest are judged early,
 * down to three quarters. Ordinary traffic stays far below: 50,000 handshakes hold 40 MB. */
#define MEMORY_MAX ((size_t)192 << 20)

/* Of the settled ones so many keep their names for stray packets; of more, those that were heard
 * longest ago go. A network that ends a thousand connections a second, which is more than a home or
 * an office does, has each of them for 16 s: a FIN is repeated after 0.2, 0.6, 1.4, 3 and 6.2 s
 * (RFC 6298 with the 200 ms of Linux). */
#define SETTLED_MAX 16384

/* How often the lists are looked through, in capture time. */
#define RETIRE_EVERY (50 * NSEC_PER_MSEC)

/* So many conversations between the same ends are told apart by their networks: a mirror sees a
 * few VLANs, and a longer search for each packet is what an attacker would want. */
#define NETWORKS_MAX 16

struct flow_table {
	struct flow *buckets[BUCKETS];
	struct flow *oldest[NLISTS], *newest[NLISTS];
	size_t n, max, settled; /* conversations; those in the list SETTLED */
	uint64_t seed;
	flow_judge *judge;
	void *context;
	struct kept *kept;
	int64_t looked;           /* when the lists were looked through */
	int64_t patience[NLISTS]; /* until one is settled or over */
	int64_t slack[NLISTS];    /* how long one that speaks may stay where it is */
	struct flow_counts counts;
};

struct flow_table *
flow_table_new(size_t max, flow_judge *judge, void *context)
{
	struct flow_table *t = xcalloc(1, sizeof *t);

	t->max = max;
	t->judge = judge;
	t->context = context;
	t->kept = kept_new();
	for (int i = 0; i < NLISTS; i++) {
		t->patience[i] = settle_after[i] ? settle_after[i] : idle_max[i];
		t->slack[i] = t->patience[i] / QUEUE_SLACK;
	}
	/* Against crafted collisions. No result depends on it: chains are searched for one key. */
	if (getrandom(&t->seed, sizeof t->seed, GRND_NONBLOCK) != sizeof t->seed)
		t->seed = 0x9e3779b97f4a7c15;
	return t;
}

static bool
is_from(const struct flow *f, enum side from, const struct ends *e)
{
	return f->port[from] == e->port[0] && f->port[other_side(from)] == e->port[1] &&
	       f->proto == e->proto && addr_equal(&f->addr[from], e->addr[0]) &&
	       addr_equal(&f->addr[other_side(from)], e->addr[1]);
}

/* Which side of the flow does the packet come from? False if it is none of the flow's. */
static inline bool
matches(const struct flow *f, const struct ends *e, uint32_t hash, enum side *ret_from)
{
	if (f->hash != hash)
		return false;
	*ret_from = is_from(f, CLIENT, e) ? CLIENT : SERVER;
	return *ret_from == CLIENT || is_from(f, SERVER, e);
}

/* A packet of this scope, from the first of these ends, belongs to which flow, and to which side of
 * it? The scopes of the two directions may differ, since operators give each its own VLAN or
 * tunnel: a side that has not been heard yet may turn up in any scope, unless some flow is already
 * at home there. */
static __attribute__((noinline)) struct flow *
find_among(struct flow *first, const struct ends *e, uint32_t hash, uint32_t scope,
	   enum side *ret_from)
{
	struct flow *unheard = NULL;
	enum side unheard_from = CLIENT;
	unsigned n = 0;

	for (struct flow *f = first; f; f = f->hash_next) {
		if (!matches(f, e, hash, ret_from))
			continue;
		if (f->scope[*ret_from] == scope)
			return f;
		if (!f->half[*ret_from].packets && !unheard) {
			unheard = f;
			unheard_from = *ret_from;
		}
		if (++n == NETWORKS_MAX) {
			if (!unheard)
				return f;
			break;
		}
	}
	*ret_from = unheard_from;
	return unheard;
}

static inline struct flow *
find(const struct flow_table *t, const struct ends *e, uint32_t hash, uint32_t scope,
     enum side *ret_from)
{
	struct flow *f = t->buckets[hash % BUCKETS];

	/* Nearly always the first of its bucket. */
	if (f && matches(f, e, hash, ret_from) && f->scope[*ret_from] == scope)
		return f;
	return find_among(f, e, hash, scope, ret_from);
}

static void
list_remove(struct flow_table *t, struct flow *f)
{
	*(f->older ? &f->older->newer : &t->oldest[f->list]) = f->newer;
	*(f->newer ? &f->newer->older : &t->newest[f->list]) = f->older;
	f->older = f->newer = NULL;
	t->settled -= f->list == SETTLED;
}

static void
list_append(struct flow_table *t, struct flow *f, enum list list)
{
	f->list = (uint8_t)list;
	f->queued = f->last;
	f->newer = NULL;
	f->older = t->newest[list];
	*(f->older ? &f->older->newer : &t->oldest[list]) = f;
	t->newest[list] = f;
	t->settled += list == SETTLED;
}

static void
flow_clear(struct flow_table *t, struct flow *f)
{
	rate_free(f->rate, &t->counts.rate_points);
	stream_close(f->stream);
	dissect_free(f);
	trace_free(f);
	facts_free(f);
	arena_free(f->arena);
}

static void
judge(struct flow_table *t, struct flow *f)
{
	if (f->bits & FLOW_JUDGED && f->messages <= f->judged)
		return; /* nothing new since it was settled */
	if (f->bits & FLOW_HELD)
		trace_release(f, t->kept, &t->counts);
	if (f->stream) {
		stream_close(f->stream); /* tells what is still queued behind gaps */
		f->stream = NULL;
	}
	if (f->proto == IPPROTO_TCP) {
		dissect_stream_end(f, CLIENT);
		dissect_stream_end(f, SERVER);
	}
	if (f->proto == IPPROTO_TCP && flow_is_one_way(f))
		t->counts.one_way++;
	t->judge(t->context, f);
}

static void
finish(struct flow_table *t, struct flow *f)
{
	judge(t, f);
	flow_clear(t, f);
	pool_free(f, sizeof *f);
}

static void
end(struct flow_table *t, struct flow *f)
{
	struct flow **p = &t->buckets[f->hash % BUCKETS];

	while (*p != f)
		p = &(*p)->hash_next;
	*p = f->hash_next;
	list_remove(t, f);
	t->n--;
	finish(t, f);
}

/* Judges a conversation whose name must be kept for stray packets, and forgets the rest. */
static void
settle(struct flow_table *t, struct flow *f)
{
	judge(t, f);
	flow_clear(t, f);
	f->stream = NULL;
	f->trace = f->tail = NULL;
	f->ntrace = f->trace_size = f->ntail = f->tail_at = 0;
	f->conflicts = NULL;
	f->icmp_errors = NULL;
	f->decoys = NULL;
	f->nconflicts = f->nicmp = f->weak = 0;
	f->arena = NULL;
	f->rate = NULL;
	f->dissector = NULL; /* its state is gone; it may claim the flow again */
	f->judged = f->messages;
	f->bits |= FLOW_JUDGED | FLOW_CONTINUED;
	if (f->proto == IPPROTO_TCP)
		f->half[CLIENT].done = f->half[SERVER].done = true;
	list_remove(t, f);
	list_append(t, f, SETTLED);
	if (t->settled > SETTLED_MAX)
		end(t, t->oldest[SETTLED]);
}

/* Room for one more: what has ended goes first, what is open last. */
static void
evict(struct flow_table *t)
{
	static const enum list order[NLISTS] = {SETTLED, CLOSED, ENDED, OPENING, DATAGRAM, OPEN};

	for (int i = 0; i < NLISTS; i++) {
		struct flow *f = t->oldest[order[i]];

		if (!f)
			continue;
		if (!(f->bits & FLOW_JUDGED)) {
			f->bits |= FLOW_EVICTED;
			t->counts.evicted++;
		}
		end(t, f);
		return;
	}
}

static void
make_room(struct flow_table *t)
{
	if (memory_held() < MEMORY_MAX)
		return;
	while (t->n && memory_held() > MEMORY_MAX / 4 * 3)
		evict(t);
}

static struct flow *
flow_new(struct flow_table *t, const struct packet *pkt, uint32_t hash)
{
	struct flow *f;
	bool guess, client;

	if (t->n >= t->max)
		evict(t);
	f = pool_alloc(sizeof *f);
	client = opened_by_sender(pkt, &guess);
	f->addr[client ? CLIENT : SERVER] = pkt->src;
	f->port[client ? CLIENT : SERVER] = pkt->sport;
	f->addr[client ? SERVER : CLIENT] = pkt->dst;
	f->port[client ? SERVER : CLIENT] = pkt->dport;
	f->proto = pkt->proto;
	f->ip_version = pkt->ip_version;
	f->scope[CLIENT] = f->scope[SERVER] = pkt->scope;
	f->id = ++t->counts.flows;
	f->first = f->last = pkt->nsec;
	f->first_at = (struct ref){pkt->number, pkt->capture};
	if (pkt->proto == IPPROTO_TCP && !(pkt->flags & TH_SYN_))
		f->bits |= FLOW_MIDDLE;
	if (guess)
		f->bits |= FLOW_SWAPPED;
	*(pkt->proto == IPPROTO_TCP                                    ? &t->counts.tcp
	  : pkt->proto == IPPROTO_UDP                                  ? &t->counts.udp
	  : pkt->proto == IPPROTO_ICMP || pkt->proto == IPPROTO_ICMPV6 ? &t->counts.icmp
								       : &t->counts.other) += 1;
	f->hash = hash;
	f->hash_next = t->buckets[hash % BUCKETS];
	t->buckets[hash % BUCKETS] = f;
	list_append(t, f, pkt->proto == IPPROTO_TCP ? OPENING : DATAGRAM);
	t->n++;
	return f;
}

static struct flow *
track_quote(struct flow_table *t, const struct packet *pkt)
{
	const struct quote *q = &pkt->quote;
	/* The error goes the way of the other side's packets. */
	struct ends e = {{&q->dst, &q->src},
			 {q->dport, q->sport},
			 q->proto,
			 addr_is_v4(&q->src) && addr_is_v4(&q->dst)};
	enum side other; /* than the one that sent what is quoted */
	struct flow *f = find(t, &e, ends_hash(&e, t->seed), pkt->scope, &other);

	if (!f) {
		t->counts.quotes_unknown++;
		return NULL;
	}
	t->counts.quotes++;
	trace_icmp(f, pkt, other_side(other));
	return NULL;
}

/* In one piece, as every packet comes here. */
__attribute__((flatten)) void
flow_expect(const struct flow_table *t, struct packet *pkt)
{
	struct ends e = ends_of(pkt);

	pkt->ends = ends_hash(&e, t->seed);
	__builtin_prefetch(&t->buckets[pkt->ends % BUCKETS]);
}

/* What a packet of an ordinary conversation reads or writes of its struct flow. */
#define FETCHED (offsetof(struct flow, first))
#define CACHE_LINE 64

static void
fetch(const void *p, size_t n)
{
	if (!p)
		return;
	for (size_t i = 0; i < n + CACHE_LINE; i += CACHE_LINE)
		__builtin_prefetch((const uint8_t *)p + i, 1);
}

void
flow_fetch(const struct flow_table *t, const struct packet *pkt)
{
	const struct flow *f = t->buckets[pkt->ends % BUCKETS];

	if (f)
		fetch(f, FETCHED);
}

void
flow_fetch_trace(const struct flow_table *t, const struct packet *pkt)
{
	const struct flow *f = t->buckets[pkt->ends % BUCKETS];

	if (!f || f->hash != pkt->ends)
		return;
	trace_fetch(f);
	if (f->stream)
		__builtin_prefetch(f->stream, 1);
}

/* A new conversation between these ends, after the one that there was, if any. */
static struct flow *
start(struct flow_table *t, struct flow *before, bool reused, const struct packet *pkt,
      uint32_t hash)
{
	struct flow *f;

	if (before)
		end(t, before);
	f = flow_new(t, pkt, hash);
	if (reused) {
		f->bits |= FLOW_REUSED;
		t->counts.reused++;
	}
	return f;
}

struct flow *
flow_track(struct flow_table *t, const struct packet *pkt, enum side *ret_from)
{
	struct ends e;
	struct flow *f;
	uint32_t hash;
	enum list list;
	bool reused;

	t->counts.packets++;
	make_room(t);
	if (pkt->quote.present)
		return track_quote(t, pkt);
	e = ends_of(pkt);
	hash = pkt->ends ? pkt->ends : ends_hash(&e, t->seed);
	f = find(t, &e, hash, pkt->scope, ret_from);
	reused = f && pkt->flags & TH_SYN_ && flow_is_over_by(f, pkt);
	if (!f || reused || pkt->nsec - f->last > idle_max[f->list]) {
		f = start(t, f, reused, pkt, hash);
		*ret_from = flow_side(f, &pkt->src, pkt->sport);
	}
	if (!f->half[*ret_from].packets)
		f->scope[*ret_from] = pkt->scope;
	trace_packet(f, t->kept, pkt, *ret_from, &t->counts);
	list = flow_list(f);
	if (list != f->list || (uint64_t)(f->last - f->queued) > (uint64_t)t->slack[list]) {
		list_remove(t, f);
		list_append(t, f, list);
	}
	return f;
}

/* What most conversations' facts take. */
#define PACKED_FETCHED 256

/* What judging reads of a conversation. */
static void
fetch_records(const struct flow *f)
{
	fetch(f->trace, f->ntrace * sizeof *f->trace);
	fetch(f->tail, f->ntail * sizeof *f->tail);
	fetch(f->packed, PACKED_FETCHED);
	fetch(f->arena, CACHE_LINE);
}

/* Of those that may be next. */
static void
fetch_following(const struct flow *f)
{
	if (!f->newer)
		return;
	fetch_records(f->newer);
	if (f->newer->newer)
		fetch(f->newer->newer, sizeof *f);
}

void
flow_retire(struct flow_table *t, int64_t now)
{
	if (now - t->looked < RETIRE_EVERY && now >= t->looked)
		return;
	t->looked = now;
	for (int i = 0; i < NLISTS; i++) {
		int64_t limit = t->patience[i] + t->slack[i];

		while (t->oldest[i] && now - t->oldest[i]->queued > limit) {
			fetch_following(t->oldest[i]);
			if (settle_after[i])
				settle(t, t->oldest[i]);
			else
				end(t, t->oldest[i]);
		}
	}
}

/* All conversations, in order of their first packets, and all of their bits. The table is empty
 * then. */
static struct keyed *
take_out(struct flow_table *t, size_t *ret_n, unsigned *ret_bits)
{
	struct keyed *all = xcalloc(t->n, sizeof *all);
	size_t n = 0;

	*ret_bits = 0;
	/* Not by the lists, in which each one must be there before the next is known. */
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct flow *f = t->buckets[i]; f; f = f->hash_next) {
			all[n++] = (struct keyed){f->id, f};
			*ret_bits |= f->bits;
		}
	memset(t->buckets, 0, sizeof t->buckets);
	memset(t->oldest, 0, sizeof t->oldest);
	memset(t->newest, 0, sizeof t->newest);
	t->n = t->settled = 0;
	order_keyed(all, n);
	*ret_n = n;
	return all;
}

/* Conversations whose memory is fetched before they are judged, and what they point to. */
#define DRAIN_AHEAD 8
#define DRAIN_NEXT 4

void
flow_drain(struct flow_table *t)
{
	unsigned bits;
	size_t n;
	struct keyed *all = take_out(t, &n, &bits);

	/* Nothing is held against earlier segments any more, but for packets that are held back. */
	if (!(bits & FLOW_HELD))
		kept_forget(t->kept);
	for (size_t i = 0; i < n; i++) {
		if (i + DRAIN_AHEAD < n)
			fetch(all[i + DRAIN_AHEAD].what, sizeof(struct flow));
		if (i + DRAIN_NEXT < n)
			fetch_records(all[i + DRAIN_NEXT].what);
		finish(t, all[i].what);
	}
	free(all);
}

size_t
flow_open(const struct flow_table *t)
{
	return t->n;
}

struct flow_counts *
flow_counts(struct flow_table *t)
{
	return &t->counts;
}

void
flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	for (int i = 0; i < NLISTS; i++) {
		while (t->oldest[i]) {
			struct flow *f = t->oldest[i];

			list_remove(t, f);
			flow_clear(t, f);
			pool_free(f, sizeof *f);
		}
	}
	kept_free(t->kept);
	free(t);
}
