/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The short way through trace.c tells the same as the long one, whatever comes. */
#include "chance.h"
#include "flows.h"
#include "kept.h"
#include "pool.h"

#include "trace.c"

#define FLOWS 400
#define PACKETS 120

/* Two conversations that hear the same packets. */
struct twins {
	struct flow *flow[2];
	struct kept *kept[2];
	struct flow_counts counts[2];
	struct packet packet; /* the last one */
	uint32_t seq[2];
	uint16_t ip_id[2];
	uint64_t random;
	unsigned plain; /* packets that went the short way */
};

static unsigned
draw(struct twins *t, unsigned below)
{
	return chance(&t->random, below);
}

static bool
one_in(struct twins *t, unsigned n)
{
	return draw(t, n) == 0;
}

/* An ordinary packet, in which now and then something is odd. */
static enum side
next_packet(struct twins *t)
{
	static const uint8_t bytes[1400] = "what a side has to say";
	/* The large ones are joined segments, cut by the capture: a rate is looked at late. */
	static const uint16_t lengths[] = {0, 0, 0, 1, 5, 600, 1400, 60000};
	enum side from = one_in(t, 2) ? CLIENT : SERVER, to = other_side(from);
	struct packet *p = &t->packet;
	uint16_t n = lengths[draw(t, 8)];

	p->number++;
	p->nsec += one_in(t, 30) ? 5 * NSEC_PER_SEC : draw(t, 40) * NSEC_PER_MSEC;
	if (one_in(t, 25) && p->number > 1) { /* the same again */
		p->nsec -= one_in(t, 2) ? NSEC_PER_MSEC : 0;
		return p->sport == 40000 ? CLIENT : SERVER;
	}
	p->sport = from == CLIENT ? 40000 : 443;
	p->flags = (uint8_t)(TH_ACK_ | (one_in(t, 3) ? TH_PSH_ : 0));
	p->flags |= one_in(t, 60) ? TH_FIN_ : one_in(t, 60) ? TH_SYN_ : one_in(t, 60) ? TH_RST_ : 0;
	if (one_in(t, 80))
		p->flags = 0;
	p->seq = t->seq[from] - (one_in(t, 20) ? 1 + draw(t, 700) : 0);
	p->seq += one_in(t, 30) ? 1400 : 0;
	p->ack = t->seq[to] - (one_in(t, 10) ? draw(t, 600) : 0) + (one_in(t, 40) ? 77 : 0);
	p->payload = (struct bytes){bytes + draw(t, 3), n < 1400 ? n : 1390u - one_in(t, 20)};
	p->payload_len = n;
	p->ip_id = p->ip_version == 6 || one_in(t, 20) ? 0 : t->ip_id[from]++;
	p->ip_id = (uint16_t)(p->ip_id + (one_in(t, 40) ? 5000 : 0));
	p->ttl = (uint8_t)((from == CLIENT ? 64 : 50) + (one_in(t, 30) ? draw(t, 3) : 0));
	p->options = one_in(t, 30) ? 0 : OPT_TS | OPT_ANY;
	p->tsval = p->number;
	p->bits = one_in(t, 50) ? PKT_PADDED : 0;
	p->window = (uint16_t)draw(t, 4);
	if (seq_before(t->seq[from], p->seq + n))
		t->seq[from] = p->seq + n;
	return from;
}

static void
assert_same_record(const struct trace *a, const struct trace *b)
{
	assert_int_equal(a->nsec, b->nsec);
	assert_int_equal(a->at.frame, b->at.frame);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->ack, b->ack);
	assert_int_equal(a->tsval, b->tsval);
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->hash, b->hash);
	assert_int_equal(a->odd, b->odd);
	assert_int_equal(a->ip_id, b->ip_id);
	assert_int_equal(a->window, b->window);
	assert_int_equal(a->options, b->options);
	assert_int_equal(a->bits, b->bits);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->ttl, b->ttl);
}

static void
assert_same_rate(const struct rate *a, const struct rate *b)
{
	assert_int_equal(!a, !b);
	for (int s = 0; a && s < 2; s++) {
		assert_int_equal(a->side[s].n, b->side[s].n);
		assert_int_equal(a->side[s].lost, b->side[s].lost);
		assert_int_equal(a->side[s].next, b->side[s].next);
		assert_int_equal(a->side[s].highest_ack, b->side[s].highest_ack);
	}
}

static void
assert_same(const struct twins *t)
{
	const struct flow *a = t->flow[0], *b = t->flow[1];

	assert_memory_equal(a->half, b->half, sizeof a->half);
	assert_int_equal(a->bits, b->bits);
	assert_int_equal(a->last, b->last);
	assert_int_equal(a->last_at.frame, b->last_at.frame);
	assert_int_equal(a->nconflicts, b->nconflicts);
	assert_same_rate(a->rate, b->rate);
	assert_int_equal(t->counts[0].duplicates, t->counts[1].duplicates);
	assert_int_equal(t->counts[0].conflicts, t->counts[1].conflicts);
	assert_int_equal(flow_trace_count(a), flow_trace_count(b));
	for (size_t i = 0; i < flow_trace_count(a); i++)
		assert_same_record(flow_trace(a, i), flow_trace(b, i));
}

static struct flow *
make(uint8_t ip_version)
{
	struct flow *f = pool_alloc(sizeof *f);

	f->id = 1;
	f->proto = IPPROTO_TCP;
	f->ip_version = ip_version;
	f->port[CLIENT] = 40000;
	f->port[SERVER] = 443;
	return f;
}

static void
forget(struct twins *t, int i)
{
	trace_free(t->flow[i]);
	rate_free(t->flow[i]->rate, &t->counts[i].rate_points);
	arena_free(t->flow[i]->arena);
	pool_free(t->flow[i], sizeof *t->flow[i]);
}

static void
one_conversation(struct twins *t, unsigned number)
{
	uint8_t ip_version = number % 4 ? 4 : 6;

	t->packet = (struct packet){
	    .nsec = TALK_BEGIN, .ip_version = ip_version, .proto = IPPROTO_TCP, .mss = 1400};
	t->random = 0x9e3779b97f4a7c15 + number;
	t->seq[CLIENT] = 1000 - number * 7;
	t->seq[SERVER] = 500000;
	for (int i = 0; i < 2; i++)
		t->flow[i] = make(ip_version);
	for (int n = 0; n < PACKETS; n++) {
		enum side from = next_packet(t);
		const struct half *h = t->flow[0]->half;

		t->plain += is_plain(t->flow[0], &h[from], &h[other_side(from)], &t->packet);
		if (is_plain(t->flow[0], &h[from], &h[other_side(from)], &t->packet))
			note_plain(t->flow[0], t->kept[0], &t->packet, from, &t->counts[0]);
		else
			note_packet(t->flow[0], t->kept[0], &t->packet, from, &t->counts[0]);
		note_packet(t->flow[1], t->kept[1], &t->packet, from, &t->counts[1]);
		assert_same(t);
	}
	for (int i = 0; i < 2; i++)
		forget(t, i);
}

static void
both_ways_tell_the_same(void **state)
{
	struct twins t = {0};

	(void)state;
	for (int i = 0; i < 2; i++)
		t.kept[i] = kept_new();
	for (unsigned i = 0; i < FLOWS; i++)
		one_conversation(&t, i);
	for (int i = 0; i < 2; i++)
		kept_free(t.kept[i]);
	assert_in_range(t.plain, FLOWS * PACKETS / 20, FLOWS * PACKETS / 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways_tell_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
