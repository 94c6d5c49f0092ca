/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a file of services, line by line. docs/services.md is the format. */
#include "dissect_engine.h"
#include "servicedb.h"
#include "stanzas.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ids stand in reports. */
#define ID_MAX 24
/* Sources of one service: a list of names, a list of addresses, a paper or two. */
#define SOURCES_MAX 12
/* RFC 1035, 2.3.4. */
#define NAME_MAX_TEXT 253

struct reader {
	struct stanza_reader text;
	struct services *s;
	struct service *now; /* NULL before the first [id], and in a stanza that is given up */
	bool used;
	const char **sources;
	size_t nsources;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
const struct named *
services_find_name(const struct services *s, const char *name, bool whole)
{
	const struct named *table = whole ? s->names : s->suffixes;
	struct named *n;

	HASH_FIND_STR(table, name, n);
	return n;
}

uint32_t
services_end(const char *name, size_t n)
{
	uint64_t end = 0;

	for (size_t i = 0; i < SERVICE_END; i++)
		end = end << 8 | (uint8_t)(i < n ? name[n - 1 - i] : '.');
	/* Fibonacci hashing: TAOCP volume 3, 6.4. */
	return (uint32_t)(end * 0x9e3779b97f4a7c15U >> 32) % SERVICE_ENDS;
}

static void
add_name(struct reader *r, const char *name, struct usage usage, bool whole)
{
	struct named **table = whole ? &r->s->names : &r->s->suffixes;
	struct named *n = arena_alloc(r->s->arena, sizeof *n);
	size_t length = strlen(name);
	uint32_t end;

	n->name = arena_text(r->s->arena, bytes_of(name));
	n->usage = usage;
	n->file = r->text.file;
	n->line = r->text.line;
	end = services_end(name, length);
	r->s->ends[end / 64] |= (uint64_t)1 << end % 64;
	r->s->any_end |= length + 1 < SERVICE_END;
	HASH_ADD_KEYPTR(hh, *table, n->name, length, n);
}

void
services_free(struct services *s)
{
	if (!s)
		return;
	HASH_CLEAR(hh, s->names);
	HASH_CLEAR(hh, s->suffixes);
	arena_free(s->arena);
	free(s->all);
	free(s->claims);
	free(s->claimed);
	free(s->networks);
	free(s);
}
#pragma GCC diagnostic pop

/* The next word of a list, ended by commas and blanks; NULL at the end. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t,");
	size_t n = strcspn(word, " \t,");

	if (n == 0)
		return NULL;
	*at = word + n + (word[n] != '\0');
	word[n] = '\0';
	return word;
}

static void
take_names(struct reader *r, struct usage usage, char *at)
{
	const struct named *before;
	char *word;

	while ((word = next_word(&at))) {
		bool below = strncmp(word, "*.", 2) == 0;
		const char *name = below ? word + 2 : word;
		size_t n = strlen(name);

		if (n == 0 || n > NAME_MAX_TEXT || !strchr(name, '.') ||
		    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_")]) {
			stanzas_wrong(&r->text,
				      "bad name \"%s\", expected one in lower case, or *. and one",
				      word);
			continue;
		}
		before = services_find_name(r->s, name, !below);
		if (before)
			stanzas_wrong(&r->text,
				      "\"%s\" is there already, in %s:%u, expected it once", word,
				      before->file, before->line);
		else
			add_name(r, name, usage, !below);
	}
}

static struct claimed *
claimed_by(struct services *s, const struct dissector *d)
{
	struct claimed *c;

	for (size_t i = 0; i < s->nclaimed; i++)
		if (s->claimed[i].dissector == d)
			return &s->claimed[i];
	s->claimed = xrealloc(s->claimed, s->nclaimed + 1, sizeof *s->claimed);
	c = &s->claimed[s->nclaimed++];
	*c = (struct claimed){.dissector = d, .from = s->nclaims, .to = s->nclaims};
	return c;
}

/* Behind the others of its dissector. */
static void
add_claim(struct reader *r, const struct claim *claim)
{
	struct services *s = r->s;
	struct claimed *c = claimed_by(s, claim->dissector);

	s->claims = xrealloc(s->claims, s->nclaims + 1, sizeof *s->claims);
	memmove(&s->claims[c->to + 1], &s->claims[c->to], (s->nclaims - c->to) * sizeof *s->claims);
	s->claims[c->to++] = *claim;
	s->nclaims++;
	for (c++; c < &s->claimed[s->nclaimed]; c++) {
		c->from++;
		c->to++;
	}
}

static void
take_protocols(struct reader *r, struct usage usage, char *at)
{
	char *word;

	while ((word = next_word(&at))) {
		const struct dissector *d = dissector_find(word);

		if (d)
			add_claim(r, &(struct claim){.dissector = d, .usage = usage});
		else
			stanzas_wrong(&r->text,
				      "unknown protocol \"%s\", expected the name of a dissector",
				      word);
	}
}

static const struct dissector *
dissector_of(const char *fact)
{
	for (const struct dissector *const *d = dissectors; *d; d++)
		for (const struct field *f = (*d)->fields; f && f->name; f++)
			if (strcmp(f->name, fact) == 0)
				return *d;
	return NULL;
}

static void
take_facts(struct reader *r, struct usage usage, char *at)
{
	char *word;

	while ((word = next_word(&at))) {
		const struct dissector *d = dissector_of(word);

		if (d)
			add_claim(r,
				  &(struct claim){.dissector = d,
						  .fact = arena_text(r->s->arena, bytes_of(word)),
						  .usage = usage});
		else
			stanzas_wrong(
			    &r->text,
			    "unknown field \"%s\", expected one of \"tamperscope fields\"", word);
	}
}

static void
take_shapes(struct reader *r, struct usage usage, char *at)
{
	char *word;

	while ((word = next_word(&at))) {
		const struct shape *shape = shapes;

		while (shape->name && strcmp(shape->name, word) != 0)
			shape++;
		if (!shape->name) {
			stanzas_wrong(&r->text, "unknown shape \"%s\", expected tor or sstp", word);
			continue;
		}
		add_claim(r, &(struct claim){.dissector = dissector_find(shape->dissector),
					     .shape = shape,
					     .usage = usage});
	}
}

static bool
parse_number(const char *text, unsigned most, unsigned *ret)
{
	char *end;
	unsigned long u = strtoul(text, &end, 10);

	if (end == text || *end || *text < '0' || *text > '9' || u > most)
		return false;
	*ret = (unsigned)u;
	return true;
}

/* "192.0.2.0/24", "2001:db8::/32" or an address; no bits beyond the prefix. */
static bool
parse_network(char *text, struct network *ret)
{
	char *slash = strchr(text, '/');
	uint8_t b[16];
	unsigned bits;

	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, text, b) == 1) {
		ret->addr = addr_from_v4(b);
		bits = 32;
	} else if (inet_pton(AF_INET6, text, b) == 1) {
		ret->addr = addr_from_v6(b);
		bits = 128;
	} else {
		return false;
	}
	ret->prefix = bits;
	if (slash && (!parse_number(slash, bits, &ret->prefix) || ret->prefix == 0))
		return false;
	ret->prefix += 128 - bits;
	for (unsigned i = ret->prefix; i < 128; i++)
		if (ret->addr.b[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

/* "443" or "16384-16387". */
static bool
parse_ports(char *text, uint16_t ports[2])
{
	char *dash = strchr(text, '-');
	unsigned from, to;

	if (dash)
		*dash++ = '\0';
	if (!parse_number(text, 65535, &from))
		return false;
	to = from;
	if (dash && (!parse_number(dash, 65535, &to) || to < from))
		return false;
	ports[0] = (uint16_t)from;
	ports[1] = (uint16_t)to;
	return true;
}

/* "range" NETWORK... ["tcp" | "udp" [PORTS...]]: each network with each span of ports. */
static void
take_ranges(struct reader *r, struct usage usage, char *at)
{
	struct services *s = r->s;
	size_t first = s->nnetworks, last, spans = 0;
	uint8_t proto = 0;
	char *word;

	while ((word = next_word(&at))) {
		struct network w = {.ports = {0, 65535}, .usage = usage};

		if (strcmp(word, "tcp") == 0 || strcmp(word, "udp") == 0) {
			proto = *word == 't' ? IPPROTO_TCP : IPPROTO_UDP;
			break;
		}
		if (!parse_network(word, &w)) {
			stanzas_wrong(
			    &r->text,
			    "bad network \"%s\", expected ADDRESS/BITS without further bits", word);
			return;
		}
		s->networks = xrealloc(s->networks, s->nnetworks + 1, sizeof *s->networks);
		s->networks[s->nnetworks++] = w;
	}
	last = s->nnetworks;
	for (size_t i = first; i < last; i++)
		s->networks[i].proto = proto;
	while (proto && (word = next_word(&at))) {
		uint16_t ports[2];

		if (!parse_ports(word, ports)) {
			stanzas_wrong(&r->text, "bad ports \"%s\", expected a number or FROM-TO",
				      word);
			return;
		}
		for (size_t i = first; i < last; i++) {
			struct network w = s->networks[i];

			if (spans == 0) {
				memcpy(s->networks[i].ports, ports, sizeof ports);
				continue;
			}
			memcpy(w.ports, ports, sizeof ports);
			s->networks = xrealloc(s->networks, s->nnetworks + 1, sizeof w);
			s->networks[s->nnetworks++] = w;
		}
		spans++;
	}
	if (first == last)
		stanzas_wrong(&r->text, "no network, expected ADDRESS/BITS");
}

static const struct {
	const char *word;
	void (*take)(struct reader *r, struct usage usage, char *at);
} terms[] = {{"name", take_names},
	     {"protocol", take_protocols},
	     {"fact", take_facts},
	     {"shape", take_shapes},
	     {"range", take_ranges}};

/* What the value of a function says: a kind of term, and a list. */
static void
take_term(struct reader *r, enum function function, char *value)
{
	struct usage usage = {(uint8_t)r->s->n, (uint8_t)function};
	char *word = next_word(&value);

	for (size_t i = 0; word && i < sizeof terms / sizeof *terms; i++) {
		if (strcmp(terms[i].word, word) != 0)
			continue;
		r->used = true;
		if (value[strspn(value, " \t,")] == '\0')
			stanzas_wrong(&r->text, "\"%s\" of nothing, expected a list", word);
		else
			terms[i].take(r, usage, value);
		return;
	}
	stanzas_wrong(&r->text,
		      "\"%s\" is no kind of term, expected name, protocol, fact, shape or range",
		      word ? word : "");
}

static void
take_text(struct reader *r, const char *key, const char **where, const char *value)
{
	if (*where)
		stanzas_wrong(&r->text, "\"%s\" said twice, expected it once in a stanza", key);
	else
		*where = arena_text(r->s->arena, bytes_of(value));
}

static void
add_source(struct reader *r, const char *value)
{
	if (r->nsources == SOURCES_MAX)
		stanzas_wrong(&r->text, "too many sources, expected at most %d", SOURCES_MAX);
	else
		r->sources[r->nsources++] = arena_text(r->s->arena, bytes_of(value));
}

static void
take_key(struct reader *r, const char *key, char *value)
{
	if (strcmp(key, "title") == 0) {
		take_text(r, key, &r->now->title, value);
		return;
	}
	if (strcmp(key, "dated") == 0) {
		take_text(r, key, &r->now->dated, value);
		return;
	}
	if (strcmp(key, "source") == 0) {
		add_source(r, value);
		return;
	}
	for (int i = 0; i < NFUNCTIONS; i++) {
		if (strcmp(function_words[i], key) == 0) {
			take_term(r, (enum function)i, value);
			return;
		}
	}
	stanzas_wrong(&r->text,
		      "unknown key \"%s\", expected title, dated, source or a function: dns, "
		      "web, chat, media, calls, push, registration or tunnel",
		      key);
}

static void
end_stanza(struct reader *r)
{
	const struct service *v = r->now;
	const char *missing;
	unsigned here = r->text.line;

	if (!v)
		return;
	missing = !v->title      ? "title"
		  : !v->dated    ? "dated"
		  : !r->nsources ? "source"
		  : !r->used     ? "function"
				 : NULL;
	r->text.line = v->line;
	if (missing)
		stanzas_wrong(&r->text, "[%s] has no \"%s\", expected one", v->id, missing);
	r->text.line = here;
	r->now = NULL;
}

static void
begin_stanza(struct reader *r, const char *id)
{
	struct services *s = r->s;

	end_stanza(r);
	r->text.skip = true;
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->all[i].id, id) == 0) {
			stanzas_wrong(&r->text,
				      "[%s] is there already, in %s:%u, expected another id", id,
				      s->all[i].file, s->all[i].line);
			return;
		}
	}
	if (s->n == SERVICES_MAX) {
		stanzas_wrong(&r->text, "too many services, expected at most %d", SERVICES_MAX);
		return;
	}
	s->all = xrealloc(s->all, s->n + 1, sizeof *s->all);
	r->now = &s->all[s->n++];
	r->sources = arena_alloc(s->arena, (SOURCES_MAX + 1) * sizeof *r->sources);
	*r->now = (struct service){.id = arena_printf(s->arena, "%s", id),
				   .file = r->text.file,
				   .line = r->text.line,
				   .sources = r->sources};
	r->nsources = 0;
	r->text.skip = r->used = false;
}

void
services_parse(struct services *s, const char *file, char *text, struct complaints *c)
{
	struct reader r = {.s = s, .text = {.complaints = c, .id_max = ID_MAX}};
	char *key, *value;
	enum stanza_part part;

	r.text.file = arena_printf(s->arena, "%s", file);
	stanzas_begin(&r.text, text);
	while ((part = stanzas_next(&r.text, &key, &value)) != PART_END) {
		if (part == PART_BEGIN)
			begin_stanza(&r, key);
		else
			take_key(&r, key, value);
	}
	if (complaints_go_on(c))
		end_stanza(&r);
}
