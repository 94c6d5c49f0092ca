/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates that servers showed in clear, kept beyond their flows. */
#include "shown.h"

#include <stdlib.h>
#include <string.h>

#include "x509.h"

/* Of an issuer or subject, in a report: two lines of it. */
#define TEXT_KEPT 120

struct shown_store {
	struct arena *arena;
	struct shown *v;
	size_t n, size;
	uint64_t forgotten;
	bool sorted;
};

struct shown_store *
shown_new(void)
{
	struct shown_store *s = xcalloc(1, sizeof *s);

	s->arena = arena_new();
	return s;
}

void
shown_free(struct shown_store *s)
{
	if (!s)
		return;
	arena_free(s->arena);
	free(s->v);
	free(s);
}

/* RFC 9525, 6.3: a star stands for the whole first label, and for one. */
static bool
names(struct bytes pattern, const char *name)
{
	size_t n = strlen(name);
	const char *dot;

	if (pattern.n == n && strncasecmp((const char *)pattern.p, name, n) == 0)
		return true;
	dot = strchr(name, '.');
	return dot && pattern.n > 2 && pattern.p[0] == '*' && pattern.p[1] == '.' &&
	       pattern.n - 1 == strlen(dot) &&
	       strncasecmp((const char *)pattern.p + 1, dot, pattern.n - 1) == 0;
}

/* Does it name what was asked for? Of crowded certificates only the first names are known. */
static void
compare_names(const struct look *l, struct bytes subject, struct shown *ret)
{
	const struct fact *san;
	size_t i = 0, n = 0;

	if (!l->name[0] || l->said != TRIGGER_SNI)
		return;
	for (; (san = flow_fact(l->flow, "tls.cert.san", SERVER, &i)); n++)
		ret->fits |= names(san->text, l->name);
	if (n == 0)
		ret->fits = names(subject, l->name); /* as before RFC 6125 */
	ret->alien = !ret->fits && n < CERTIFICATE_NAMES_MAX;
}

static uint64_t
half_of(const struct fact *hex)
{
	char text[17] = "";

	if (!hex || hex->text.n < 16)
		return 0;
	memcpy(text, hex->text.p, 16);
	return strtoull(text, NULL, 16);
}

static const char *
text_of(const struct look *l, const char *field)
{
	const struct fact *f = flow_first(l->flow, field);

	return f ? (const char *)f->text.p : "";
}

bool
shown_read(const struct look *l, struct shown *ret)
{
	const struct flow *f = l->flow;
	const struct fact *certificate = look_first(l, FIRST_CERTIFICATE);
	const struct fact *key, *subject;

	memset(ret, 0, sizeof *ret);
	if (!certificate || certificate->from != SERVER)
		return false;
	key = flow_first(f, "tls.cert.spki_sha256");
	subject = flow_first(f, "tls.cert.subject");
	if (!key)
		return false;
	ret->flow = f->id;
	ret->nsec = certificate->nsec;
	ret->at = certificate->at;
	ret->client = f->addr[CLIENT];
	ret->server = f->addr[SERVER];
	ret->port = f->port[SERVER];
	ret->name = l->said == TRIGGER_SNI ? l->name : "";
	ret->issuer = text_of(l, "tls.cert.issuer");
	ret->subject = text_of(l, "tls.cert.subject");
	ret->key = half_of(key);
	ret->whole = half_of(flow_first(f, "tls.cert.sha256"));
	ret->self_signed = flow_first(f, "tls.cert.self_signed") != NULL;
	compare_names(l, subject ? subject->text : (struct bytes){NULL, 0}, ret);
	return true;
}

static void
keep_texts(struct shown_store *s, struct shown *x)
{
	x->name = arena_printf(s->arena, "%s", x->name);
	x->issuer = arena_printf(s->arena, "%.*s", TEXT_KEPT, x->issuer);
	x->subject = arena_printf(s->arena, "%.*s", TEXT_KEPT, x->subject);
}

/* The older one, whose texts go, too. */
static void
forget_half(struct shown_store *s)
{
	struct arena *before = s->arena;
	size_t half = s->n / 2;

	s->arena = arena_new();
	s->n -= half;
	s->forgotten += half;
	memmove(s->v, s->v + half, s->n * sizeof *s->v);
	for (size_t i = 0; i < s->n; i++)
		keep_texts(s, &s->v[i]);
	arena_free(before);
}

void
shown_add(struct shown_store *s, const struct look *l)
{
	struct shown x;

	if (!shown_read(l, &x))
		return;
	if (s->n == SHOWN_MAX)
		forget_half(s);
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 64;
		s->v = xrealloc(s->v, s->size, sizeof *s->v);
	}
	keep_texts(s, &x);
	s->v[s->n++] = x;
	s->sorted = false;
}

static int
by_key(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	return x->flow < y->flow ? -1 : x->flow > y->flow;
}

const struct shown *
shown_all(struct shown_store *s, size_t *ret_n)
{
	if (!s->sorted && s->n)
		qsort(s->v, s->n, sizeof *s->v, by_key);
	s->sorted = true;
	*ret_n = s->n;
	return s->v;
}

uint64_t
shown_forgotten(const struct shown_store *s)
{
	return s->forgotten;
}
