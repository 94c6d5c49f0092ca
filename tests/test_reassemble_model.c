/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams out of segments in any order, against a model that is too simple to be wrong. */
#include "streams.h"

/* --- the property: what comes out is what a plain reading of the rules says --- */
#define STREAM_MAX 4000
#define SEGMENTS_MAX 60

struct segment {
	uint32_t offset, n;
	uint8_t version; /* its bytes differ from those of other versions */
	bool used;
};

static uint8_t
version_byte(uint32_t offset, uint8_t version)
{
	return (uint8_t)(1 + (offset * 31 + version * 59u) % 255);
}

/* One side as a textbook would do it: early segments wait in order of their first byte, then of
 * arrival; whatever is next is taken. */
struct model {
	uint32_t next;
	uint16_t said[STREAM_MAX * 2];
	struct segment waiting[SEGMENTS_MAX];
	size_t n;
};

static void
model_take(struct model *m, const struct segment *g)
{
	for (; m->next < g->offset + g->n; m->next++)
		m->said[m->next] = version_byte(m->next, g->version);
}

static void
model_settle(struct model *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->waiting[i].offset <= m->next)
			model_take(m, &m->waiting[i]);
		else
			break;
	while (m->n && m->waiting[0].offset <= m->next) {
		memmove(m->waiting, m->waiting + 1, (m->n - 1) * sizeof *m->waiting);
		m->n--;
	}
}

static void
model_segment(struct model *m, const struct segment *g)
{
	size_t i = m->n;

	if (g->offset <= m->next) {
		model_take(m, g);
		model_settle(m);
		return;
	}
	while (i > 0 && m->waiting[i - 1].offset > g->offset)
		i--;
	memmove(m->waiting + i + 1, m->waiting + i, (m->n - i) * sizeof *m->waiting);
	m->waiting[i] = *g;
	m->n++;
}

static void
model_close(struct model *m)
{
	while (m->n) {
		while (m->next < m->waiting[0].offset)
			m->said[m->next++] = GAP;
		model_settle(m);
	}
}

/* Cuts a side into segments that may overlap, repeat, and leave holes. */
static size_t
make_segments(struct segment *g, uint32_t *ret_end)
{
	size_t n = 5 + random_below(SEGMENTS_MAX - 10);
	uint32_t at = 0, kind = random_below(4);

	for (size_t i = 0; i < n; i++) {
		g[i] = (struct segment){.offset = at, .n = 1 + random_below(100)};
		at += g[i].n;
		if (kind & 1 && random_below(4) == 0) {
			uint32_t back = random_below(150);

			at = at > back ? at - back : 0;
			g[i].version = (uint8_t)random_below(3);
		}
		if (kind & 2 && random_below(10) == 0)
			at += 1 + random_below(60);
	}
	*ret_end = at;
	for (size_t i = n - 1; i > 0; i--) { /* shuffle, mostly near */
		size_t reach = random_below(3) ? 4 : n;
		size_t j =
		    i < reach ? random_below((uint32_t)i + 1) : i - random_below((uint32_t)reach);
		struct segment t = g[i];

		g[i] = g[j];
		g[j] = t;
	}
	return n;
}

static void
send_version(struct heard *h, enum side from, uint32_t first, const struct segment *g)
{
	uint8_t *p = malloc(g->n);

	assert_non_null(p);
	for (uint32_t i = 0; i < g->n; i++)
		p[i] = version_byte(g->offset + i, g->version);
	stream_segment(h->stream, from, first + g->offset, (struct bytes){p, g->n}, g->n);
	free(p);
}

static void
one_case(struct reassembler *r)
{
	static struct segment g[2][SEGMENTS_MAX];
	static struct model m[2];
	uint32_t first[2] = {random_below(3) ? random_below(UINT32_MAX) : 0 - random_below(2000),
			     random_below(UINT32_MAX)};
	uint32_t end;
	size_t n[2], i[2] = {0, 0};

	heard.n[0] = heard.n[1] = 0;
	heard.stream = stream_open(r, &heard, first);
	assert_non_null(heard.stream);
	memset(m, 0, sizeof m);
	n[0] = make_segments(g[0], &end);
	n[1] = make_segments(g[1], &end);
	while (i[0] < n[0] || i[1] < n[1]) {
		enum side from = random_below(2) ? SERVER : CLIENT;

		if (i[from] == n[from])
			from = other_side(from);
		model_segment(&m[from], &g[from][i[from]]);
		send_version(&heard, from, first[from], &g[from][i[from]++]);
		assert_int_equal(heard.n[from], m[from].next);
	}
	stream_close(heard.stream);
	for (size_t side = 0; side < 2; side++) {
		model_close(&m[side]);
		assert_int_equal(heard.n[side], m[side].next);
		assert_memory_equal(heard.said[side], m[side].said,
				    m[side].next * sizeof *m[side].said);
	}
}

static void
test_property(void **state)
{
	struct reassembler *r = start();

	(void)state;
	memset(&heard, 0, sizeof heard);
	random_state = 0x9e3779b97f4a7c15;
	for (size_t i = 0; i < 20000; i++)
		one_case(r);
	assert_true(reassembler_counts(r)->gaps > 1000);
	finish(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
