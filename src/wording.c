/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions of a stream. A segment belongs to the latest version that it agrees with; one that
 * contradicts all of them begins another, with what was before it. */
#include "wording.h"

#include <stdlib.h>

/* A window is rarely larger (RFC 7323 allows 1 GiB): what lies farther ahead than what was said and
 * this is another stream, as behind a forged SYN+ACK. */
#define AHEAD_MAX (4u << 20)

struct version {
	uint32_t first;   /* number of its first byte */
	uint32_t opening; /* bytes of its first segment */
	uint32_t n;       /* up to its last byte */
	uint32_t size;
	uint8_t *b, *have; /* bytes; bits of those that are there */
	int64_t where;
	uint32_t put;
};

struct wording {
	uint64_t said; /* bytes */
	uint32_t first;
	bool begun, closed;
	uint8_t n;
	struct version v[WORDING_VERSIONS];
};

static size_t held;

size_t
wording_held(void)
{
	return held;
}

static struct wording *
get(struct wording **w)
{
	if (!*w)
		*w = xcalloc(1, sizeof **w);
	return *w;
}

void
wording_begin(struct wording **w, uint32_t first)
{
	struct wording *k = get(w);

	if (k->begun || k->n)
		return;
	k->begun = true;
	k->first = first;
}

static bool
has(const struct version *v, uint32_t i)
{
	return i < v->n && v->have[i / 8] & 1u << i % 8;
}

static bool
agrees(const struct version *v, uint32_t offset, struct bytes b)
{
	for (uint32_t i = 0; i < b.n && offset + i < v->n; i++)
		if (has(v, offset + i) && v->b[offset + i] != b.p[i])
			return false;
	return true;
}

static void
grow(struct version *v, uint32_t n)
{
	uint32_t size = v->size ? v->size : 1024;

	while (size < n)
		size *= 2;
	if (size == v->size)
		return;
	held += size - v->size;
	v->b = xrealloc(v->b, size, 1);
	v->have = xrealloc(v->have, size / 8, 1);
	memset(v->b + v->size, 0, size - v->size);
	memset(v->have + v->size / 8, 0, (size - v->size) / 8);
	v->size = size;
}

static void
put(struct version *v, uint32_t offset, struct bytes b)
{
	uint32_t n =
	    (uint32_t)b.n < WORDING_DEPTH - offset ? (uint32_t)b.n : WORDING_DEPTH - offset;

	if (!n)
		return;
	grow(v, offset + n);
	memcpy(v->b + offset, b.p, n);
	for (uint32_t i = offset; i < offset + n; i++)
		v->have[i / 8] |= (uint8_t)(1u << i % 8);
	if (v->n < offset + n)
		v->n = offset + n;
}

static uint32_t
known(const struct version *v)
{
	uint32_t n = 0;

	while (n < v->n && (n % 8 || v->have[n / 8] != 0xff) ? has(v, n) : n < v->n)
		n += n % 8 || v->have[n / 8] != 0xff ? 1 : 8;
	return n < v->n ? n : v->n;
}

/* Another version, that shares with the first what was before. */
static struct wording_place
another(struct wording *w, uint32_t seq, struct bytes b)
{
	struct wording_place p = {WORDING_VERSIONS, 0};
	uint32_t offset = seq - w->v[0].first;
	struct version *v = &w->v[w->n];

	if (w->n == WORDING_VERSIONS)
		return p;
	v->first = seq;
	v->opening = (uint32_t)b.n;
	if (w->n && offset <= WORDING_DEPTH && offset <= known(&w->v[0])) {
		v->first = w->v[0].first;
		put(v, 0, (struct bytes){w->v[0].b, offset});
	} else {
		offset = 0;
	}
	put(v, offset, b);
	p.version = w->n++;
	p.offset = offset;
	return p;
}

static bool
fits(const struct wording *w, size_t i, uint32_t seq, struct bytes b, bool ahead)
{
	const struct version *v = &w->v[i];
	uint32_t offset = seq - v->first;

	return offset < WORDING_DEPTH && (ahead || offset <= known(v)) && agrees(v, offset, b);
}

struct wording_place
wording_take(struct wording **ww, uint32_t seq, struct bytes b, uint32_t len)
{
	struct wording *w = get(ww);
	struct wording_place none = {WORDING_VERSIONS, 0};

	w->said += len;
	if (!w->n) {
		w->v[0].first = w->begun ? w->first : seq;
		w->v[0].opening = (uint32_t)b.n;
		w->n = 1;
	}
	for (int ahead = 0; ahead < 2; ahead++)
		for (size_t i = w->n; i-- > 0;)
			if (fits(w, i, seq, b, ahead)) {
				struct wording_place p = {(uint8_t)i, seq - w->v[i].first};

				put(&w->v[i], p.offset, b);
				return p;
			}
	/* Later bytes, which nobody reads, are overwritten wherever they stand. */
	if (seq - w->v[0].first >= WORDING_DEPTH && seq - w->v[0].first < w->said + AHEAD_MAX)
		return none;
	return another(w, seq, b);
}

size_t
wording_versions(const struct wording *w)
{
	return w ? w->n : 0;
}

struct bytes
wording_text(const struct wording *w, size_t version, uint32_t *ret_first)
{
	*ret_first = w->v[version].first;
	return (struct bytes){w->v[version].b, known(&w->v[version])};
}

size_t
wording_opening(const struct wording *w, size_t version)
{
	return w->v[version].opening;
}

static void
forget(struct version *v)
{
	held -= v->size;
	free(v->b);
	free(v->have);
	v->b = v->have = NULL;
	v->size = 0;
}

void
wording_close(struct wording *w)
{
	for (size_t i = 0; i < w->n; i++)
		forget(&w->v[i]);
	w->closed = true;
}

bool
wording_is_closed(const struct wording *w)
{
	return w && w->closed;
}

void
wording_put(struct wording *w, size_t version, int64_t at, uint32_t n)
{
	w->v[version].where = at;
	w->v[version].put = n;
}

int64_t
wording_where(const struct wording *w, size_t version, uint32_t *ret_n)
{
	*ret_n = w->v[version].put;
	return w->v[version].where;
}

void
wording_free(struct wording *w)
{
	if (!w)
		return;
	wording_close(w);
	free(w);
}
