/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of names, markers and addresses: loaded once, looked up by hash. docs/fingerprints.md */
#include "lists.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "fpdb.h"
#include "table.h"

/* An entry is a name, a marker or a network: DNS names end at 253 characters (RFC 1035, 2.3.4),
 * and a marker longer than this is a page. */
#define ENTRY_MAX 256
/* A shorter marker occurs by chance; as many bytes choose its bucket. */
#define MARKER_MIN 3
/* Buckets by a marker's first bytes: lists have up to a few hundred entries. */
#define HEADS 1024
#define NO_ENTRY UINT32_MAX
/* Networks that are looked through one by one: quicker than one hash for each of a dozen lengths.
 */
#define FEW 32

struct entry {
	const char *text, *note;
	size_t length;
	struct addr addr; /* masked */
	uint32_t prefix;  /* bits of addr */
	uint32_t next;    /* in the same bucket, or NO_ENTRY; longest first */
	unsigned line;
	UT_hash_handle hh;
};

/* A network as two words, to be compared without a loop. */
struct network {
	uint64_t bits[2], mask[2];
};

struct list {
	const char *name, *file;
	enum list_match match;
	const char **sources;
	size_t nsources;
	struct entry **entries;
	size_t nentries;
	struct entry *by_key; /* hash: text, or address and prefix */
	bool prefixes[129];   /* lengths that occur in a network list */
	uint8_t lengths[129]; /* the same, longest first */
	size_t nlengths;
	struct network *few; /* the networks of a short list, narrowest first */
	uint32_t *heads;     /* first entry of each bucket */
	bool match_said;
};

struct lists {
	struct arena *arena;
	struct list **v, **by_name;
	size_t n;
};

static const char *const match_words[NLISTMATCHES] = {
    [LIST_WHOLE] = "whole",
    [LIST_PREFIX] = "prefix",
    [LIST_CONTAINS] = "contains",
    [LIST_NETWORK] = "network",
};

struct lists *
lists_new(struct arena *arena)
{
	struct lists *ls = arena_alloc(arena, sizeof *ls);

	ls->arena = arena;
	return ls;
}

static uint32_t
head_of(const uint8_t *p)
{
	uint32_t three = (uint32_t)ascii_lower(p[0]) << 16 | (uint32_t)ascii_lower(p[1]) << 8 |
			 ascii_lower(p[2]);

	return three * 2654435761U >> 22; /* Knuth's multiplicative hash, 10 bits */
}

/* Clears the bits behind the prefix. */
static struct addr
masked(struct addr a, uint32_t prefix)
{
	for (uint32_t i = prefix / 8; i < sizeof a.b; i++) {
		unsigned keep = i == prefix / 8 ? 0xff00U >> prefix % 8 : 0;

		a.b[i] = (uint8_t)(a.b[i] & keep);
	}
	return a;
}

/* The key of a network: prefix length and masked address. */
struct network_key {
	struct addr addr;
	uint32_t prefix;
};

static struct entry *
find_network(const struct list *l, const struct addr *a, uint32_t prefix)
{
	struct network_key key = {masked(*a, prefix), prefix};
	struct entry *e;

	HASH_FIND(hh, l->by_key, &key, sizeof key, e);
	return e;
}

static bool
parse_network(const char *text, struct entry *e)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT_MAX] = "";
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	uint8_t b[16];
	uint32_t width, bits;

	if (n >= sizeof host)
		return false;
	snprintf(host, sizeof host, "%.*s", (int)n, text);
	if (inet_pton(AF_INET, host, b) == 1) {
		e->addr = addr_from_v4(b);
		width = 32;
	} else if (inet_pton(AF_INET6, host, b) == 1) {
		e->addr = addr_from_v6(b);
		width = 128;
	} else {
		return false;
	}
	bits = width;
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");

		if (!digits || digits > 3 || slash[1 + digits])
			return false;
		bits = (uint32_t)strtoul(slash + 1, NULL, 10);
	}
	if (bits > width)
		return false;
	e->prefix = 128 - width + bits;
	return true;
}

/* How many lists have a name before this one. */
static size_t
place_of(const struct lists *ls, const char *name)
{
	size_t low = 0, high = ls->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(ls->by_name[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The first of one name stays the first. */
static void
put_by_name(struct lists *ls, struct list *l)
{
	struct list **v = arena_alloc(ls->arena, (ls->n + 1) * sizeof(struct list *));
	size_t at = place_of(ls, l->name);

	while (at < ls->n && strcmp(ls->by_name[at]->name, l->name) == 0)
		at++;
	for (size_t i = 0; i < ls->n; i++)
		v[i + (i >= at)] = ls->by_name[i];
	v[at] = l;
	ls->by_name = v;
}

static struct list *
list_add(struct lists *ls, const char *name, const char *file)
{
	struct list *l = arena_alloc(ls->arena, sizeof *l);
	struct list **v = arena_alloc(ls->arena, (ls->n + 1) * sizeof(struct list *));

	if (ls->n)
		memcpy(v, ls->v, ls->n * sizeof(struct list *));
	v[ls->n] = l;
	ls->v = v;
	l->name = arena_printf(ls->arena, "%s", name);
	l->file = arena_printf(ls->arena, "%s", file);
	put_by_name(ls, l);
	ls->n++;
	return l;
}

/* "# source: ..." is kept, other comments are not. */
static void
take_comment(struct lists *ls, struct list *l, const char *line)
{
	const char *p = line + 1;
	const char **v;

	p += strspn(p, " \t");
	if (strncmp(p, "source:", 7) != 0)
		return;
	p += 7;
	p += strspn(p, " \t");
	if (!*p)
		return;
	v = arena_alloc(ls->arena, (l->nsources + 2) * sizeof *v);
	if (l->nsources)
		memcpy(v, l->sources, l->nsources * sizeof *v);
	v[l->nsources++] = p;
	l->sources = v;
}

static void
take_match(struct list *l, const char *line, unsigned number, struct complaints *c)
{
	const char *p = line + strcspn(line, "=");

	if (*p == '=')
		p++;
	p += strspn(p, " \t");
	for (int i = 0; i < NLISTMATCHES; i++) {
		if (strcmp(p, match_words[i]) == 0) {
			l->match = (enum list_match)i;
			l->match_said = true;
			return;
		}
	}
	complain(c, l->file, number,
		 "\"%s\" is no way to match, expected whole, prefix, contains or network", p);
}

static void
add_entry(struct lists *ls, struct list *l, struct entry *e, struct complaints *c)
{
	struct entry *before;

	if (l->match == LIST_NETWORK) {
		if (!parse_network(e->text, e)) {
			complain(c, l->file, e->line,
				 "\"%s\" is no network, expected an address or address/bits",
				 e->text);
			return;
		}
		before = find_network(l, &e->addr, e->prefix);
	} else {
		HASH_FIND(hh, l->by_key, e->text, e->length, before);
	}
	if (before) {
		complain(c, l->file, e->line, "\"%s\" is listed already, in line %u", e->text,
			 before->line);
		return;
	}
	if (l->match == LIST_NETWORK) {
		struct network_key *key = arena_alloc(ls->arena, sizeof *key);

		key->addr = e->addr = masked(e->addr, e->prefix);
		key->prefix = e->prefix;
		l->prefixes[e->prefix] = true;
		HASH_ADD_KEYPTR(hh, l->by_key, key, sizeof *key, e);
	} else {
		HASH_ADD_KEYPTR(hh, l->by_key, e->text, e->length, e);
	}
	l->nentries++;
}

static void
take_entry(struct lists *ls, struct list *l, char *line, unsigned number, struct complaints *c)
{
	struct entry *e = arena_alloc(ls->arena, sizeof *e);
	char *tab = strchr(line, '\t');
	size_t least = l->match == LIST_CONTAINS || l->match == LIST_PREFIX ? MARKER_MIN : 1;

	e->note = "";
	if (tab) {
		*tab = '\0';
		e->note = tab + 1 + strspn(tab + 1, "\t ");
	}
	e->length = strlen(line);
	e->line = number;
	e->text = line;
	for (char *p = line; *p; p++)
		*p = (char)ascii_lower((uint8_t)*p);
	if (e->length > ENTRY_MAX)
		complain(c, l->file, number, "entry of %zu bytes, expected at most %d", e->length,
			 ENTRY_MAX);
	else if (e->length < least)
		complain(
		    c, l->file, number,
		    "\"%s\" is too short, expected at least %zu bytes: it would match by chance",
		    line, least);
	else
		add_entry(ls, l, e, c);
}

/* Longest first within a bucket, so that the first hit at a place is the longest. */
static int
by_length(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	if (x->length != y->length)
		return x->length < y->length ? 1 : -1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Narrow networks first, so that the first one that fits is the narrowest. */
static int
by_width(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? 1 : -1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void
take_few(struct lists *ls, struct list *l)
{
	struct addr ones;

	if (l->nentries > FEW)
		return;
	memset(&ones, 0xff, sizeof ones);
	l->few = arena_alloc(ls->arena, l->nentries * sizeof *l->few);
	for (size_t i = 0; i < l->nentries; i++) {
		struct addr mask = masked(ones, l->entries[i]->prefix);

		memcpy(l->few[i].bits, &l->entries[i]->addr, sizeof l->few[i].bits);
		memcpy(l->few[i].mask, &mask, sizeof l->few[i].mask);
	}
}

static void
list_finish(struct lists *ls, struct list *l)
{
	size_t i = 0;

	l->entries = arena_alloc(ls->arena, l->nentries * sizeof(struct entry *));
	for (struct entry *e = l->by_key; e; e = e->hh.next)
		l->entries[i++] = e;
	for (int prefix = 128; prefix >= 0; prefix--)
		if (l->prefixes[prefix])
			l->lengths[l->nlengths++] = (uint8_t)prefix;
	if (l->match == LIST_NETWORK && l->nentries) {
		qsort(l->entries, l->nentries, sizeof(struct entry *), by_width);
		take_few(ls, l);
	}
	if (l->match != LIST_CONTAINS && l->match != LIST_PREFIX)
		return;
	qsort(l->entries, l->nentries, sizeof(struct entry *), by_length);
	l->heads = arena_alloc(ls->arena, HEADS * sizeof *l->heads);
	memset(l->heads, 0xff, HEADS * sizeof *l->heads);
	for (i = l->nentries; i-- > 0;) {
		uint32_t head = head_of((const uint8_t *)l->entries[i]->text);

		l->entries[i]->next = l->heads[head];
		l->heads[head] = (uint32_t)i;
	}
}

static void
take_line(struct lists *ls, struct list *l, char *line, unsigned number, struct complaints *c)
{
	if (*line == '#')
		take_comment(ls, l, line);
	else if (!l->match_said && strncmp(line, "match", 5) == 0)
		take_match(l, line, number, c);
	else if (!l->match_said)
		complain(c, l->file, number,
			 "entry before the way to match, expected \"match = ...\" first");
	else
		take_entry(ls, l, line, number, c);
}

void
lists_parse(struct lists *ls, const char *name, const char *file, struct bytes text,
	    struct complaints *c)
{
	struct list *l = list_add(ls, name, file);
	char *copy = arena_text(ls->arena, text), *line = copy;
	unsigned number = 0;

	if (memchr(copy, '\0', text.n))
		complain(c, l->file, 1, "a NUL byte in a text file, expected UTF-8 text");
	while (line && complaints_go_on(c)) {
		char *end = strchr(line, '\n');
		size_t n;

		if (end)
			*end = '\0';
		number++;
		n = strlen(line);
		while (n && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (n)
			take_line(ls, l, line, number, c);
		line = end ? end + 1 : NULL;
	}
	if (complaints_go_on(c) && !l->nsources)
		complain(c, l->file, 1, "no source, expected a line \"# source: ...\"");
	if (complaints_go_on(c) && !l->nentries)
		complain(c, l->file, number, "no entry, expected at least one");
	list_finish(ls, l);
}

const struct list *
lists_find(const struct lists *ls, const char *name)
{
	size_t i = place_of(ls, name);

	return i < ls->n && strcmp(ls->by_name[i]->name, name) == 0 ? ls->by_name[i] : NULL;
}

size_t
lists_count(const struct lists *ls)
{
	return ls->n;
}

const struct list *
lists_get(const struct lists *ls, size_t i)
{
	return ls->v[i];
}

enum list_match
list_match(const struct list *l)
{
	return l->match;
}

const char *
list_name(const struct list *l)
{
	return l->name;
}

const char *const *
list_sources(const struct list *l)
{
	static const char *const none[] = {NULL};

	return l->sources ? l->sources : none;
}

size_t
list_entries(const struct list *l)
{
	return l->nentries;
}

struct bytes
list_text(const struct list *l, size_t i)
{
	return (struct bytes){(const uint8_t *)l->entries[i]->text, l->entries[i]->length};
}

void
list_network(const struct list *l, size_t i, struct addr *ret, unsigned *ret_prefix)
{
	*ret = l->entries[i]->addr;
	*ret_prefix = l->entries[i]->prefix;
}

/* The longest entry that the text has at this place. */
static const struct entry *
entry_at(const struct list *l, const uint8_t *p, size_t left)
{
	for (uint32_t i = l->heads[head_of(p)]; i != NO_ENTRY; i = l->entries[i]->next) {
		const struct entry *e = l->entries[i];
		size_t k = 0;

		if (e->length > left)
			continue;
		while (k < e->length && ascii_lower(p[k]) == (uint8_t)e->text[k])
			k++;
		if (k == e->length)
			return e;
	}
	return NULL;
}

static const char *
whole_text(const struct list *l, struct bytes text)
{
	char key[ENTRY_MAX];
	struct entry *e;

	if (text.n > sizeof key)
		return NULL;
	for (size_t i = 0; i < text.n; i++)
		key[i] = (char)ascii_lower(text.p[i]);
	HASH_FIND(hh, l->by_key, key, text.n, e);
	return e ? e->note : NULL;
}

const char *
list_has_text(const struct list *l, struct bytes text)
{
	size_t places;

	if (l->match == LIST_WHOLE)
		return whole_text(l, text);
	if (!l->heads || text.n < MARKER_MIN)
		return NULL;
	places = l->match == LIST_PREFIX ? 1 : text.n - MARKER_MIN + 1;
	for (size_t i = 0; i < places; i++) {
		const struct entry *e = entry_at(l, text.p + i, text.n - i);

		if (e)
			return e->note;
	}
	return NULL;
}

static const char *
one_of_few(const struct list *l, const struct addr *a)
{
	uint64_t bits[2];

	memcpy(bits, a, sizeof bits);
	for (size_t i = 0; i < l->nentries; i++) {
		const struct network *w = &l->few[i];

		if ((bits[0] & w->mask[0]) == w->bits[0] && (bits[1] & w->mask[1]) == w->bits[1])
			return l->entries[i]->note;
	}
	return NULL;
}

const char *
list_has_addr(const struct list *l, const struct addr *a)
{
	if (l->match != LIST_NETWORK)
		return NULL;
	if (l->few)
		return one_of_few(l, a);
	for (size_t i = 0; i < l->nlengths; i++) {
		const struct entry *e = find_network(l, a, l->lengths[i]);

		if (e)
			return e->note;
	}
	return NULL;
}

void
lists_free(struct lists *ls)
{
	if (!ls)
		return;
	for (size_t i = 0; i < ls->n; i++)
		HASH_CLEAR(hh, ls->v[i]->by_key);
}
