/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a file of services, line by line. docs/services.md is the format. */
#include "dissect_engine.h"
#include "servicedb.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "1"
/* Ids stand in reports. */
#define ID_MAX 24
/* Sources of one service: a list of names, a list of addresses, a paper or two. */
#define SOURCES_MAX 12
/* RFC 1035, 2.3.4. */
#define NAME_MAX_TEXT 253

struct reader {
	struct services *s;
	struct complaints *complaints;
	const char *file;
	unsigned line;
	bool format_said;
	struct service *now; /* NULL before the first [id], and in a stanza that is given up */
	bool skip, used;
	const char **sources;
	size_t nsources;
};

static void PRINTF_LIKE(2, 3) wrong(struct reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	complain(r->complaints, r->file, r->line, "%s", text);
}

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

static void
add_name(struct reader *r, const char *name, struct usage usage, bool whole)
{
	struct named **table = whole ? &r->s->names : &r->s->suffixes;
	struct named *n = arena_alloc(r->s->arena, sizeof *n);

	n->name = arena_printf(r->s->arena, "%s", name);
	n->usage = usage;
	n->file = r->file;
	n->line = r->line;
	HASH_ADD_KEYPTR(hh, *table, n->name, strlen(n->name), n);
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
			wrong(r, "bad name \"%s\", expected one in lower case, or *. and one",
			      word);
			continue;
		}
		before = services_find_name(r->s, name, !below);
		if (before)
			wrong(r, "\"%s\" is there already, in %s:%u, expected it once", word,
			      before->file, before->line);
		else
			add_name(r, name, usage, !below);
	}
}

static void
add_claim(struct reader *r, const struct dissector *d, const char *fact, struct usage usage)
{
	struct services *s = r->s;

	s->claims = xrealloc(s->claims, s->nclaims + 1, sizeof *s->claims);
	s->claims[s->nclaims++] = (struct claim){.dissector = d, .fact = fact, .usage = usage};
}

static void
take_protocols(struct reader *r, struct usage usage, char *at)
{
	char *word;

	while ((word = next_word(&at))) {
		const struct dissector *d = dissector_find(word);

		if (d)
			add_claim(r, d, NULL, usage);
		else
			wrong(r, "unknown protocol \"%s\", expected the name of a dissector", word);
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
			add_claim(r, d, arena_printf(r->s->arena, "%s", word), usage);
		else
			wrong(r, "unknown field \"%s\", expected one of \"tamperscope fields\"",
			      word);
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
			wrong(r, "unknown shape \"%s\", expected tor", word);
			continue;
		}
		add_claim(r, dissector_find(shape->dissector), NULL, usage);
		r->s->claims[r->s->nclaims - 1].shape = shape;
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
			wrong(r, "bad network \"%s\", expected ADDRESS/BITS without further bits",
			      word);
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
			wrong(r, "bad ports \"%s\", expected a number or FROM-TO", word);
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
		wrong(r, "no network, expected ADDRESS/BITS");
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
			wrong(r, "\"%s\" of nothing, expected a list", word);
		else
			terms[i].take(r, usage, value);
		return;
	}
	wrong(r, "\"%s\" is no kind of term, expected name, protocol, fact, shape or range",
	      word ? word : "");
}

static void
take_text(struct reader *r, const char *key, const char **where, const char *value)
{
	if (*where)
		wrong(r, "\"%s\" said twice, expected it once in a stanza", key);
	else
		*where = arena_printf(r->s->arena, "%s", value);
}

static void
take_key(struct reader *r, char *line)
{
	char *value = strchr(line, '='), *end = value;

	if (!value || value == line) {
		wrong(r, "no \"=\", expected key = value, [id] or a comment");
		return;
	}
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	value += 1 + strspn(value + 1, " \t");
	if (!*value) {
		wrong(r, "\"%s\" has no value, expected one", line);
	} else if (!r->format_said) {
		r->format_said = true;
		if (strcmp(line, "format") != 0 || strcmp(value, FORMAT) != 0)
			wrong(r, "\"%s = %s\" comes first, expected \"format = " FORMAT "\"", line,
			      value);
	} else if (!r->now) {
		wrong(r, "\"%s\" before the first stanza, expected [id]", line);
	} else if (strcmp(line, "title") == 0) {
		take_text(r, line, &r->now->title, value);
	} else if (strcmp(line, "dated") == 0) {
		take_text(r, line, &r->now->dated, value);
	} else if (strcmp(line, "source") == 0) {
		if (r->nsources == SOURCES_MAX)
			wrong(r, "too many sources, expected at most %d", SOURCES_MAX);
		else
			r->sources[r->nsources++] = arena_printf(r->s->arena, "%s", value);
	} else {
		for (int i = 0; i < NFUNCTIONS; i++) {
			if (strcmp(function_words[i], line) == 0) {
				take_term(r, (enum function)i, value);
				return;
			}
		}
		wrong(r,
		      "unknown key \"%s\", expected title, dated, source or a function: dns, "
		      "web, chat, media, calls, push, registration or tunnel",
		      line);
	}
}

static void
end_stanza(struct reader *r)
{
	const struct service *v = r->now;
	const char *missing;
	unsigned here = r->line;

	if (!v)
		return;
	missing = !v->title      ? "title"
		  : !v->dated    ? "dated"
		  : !r->nsources ? "source"
		  : !r->used     ? "function"
				 : NULL;
	r->line = v->line;
	if (missing)
		wrong(r, "[%s] has no \"%s\", expected one", v->id, missing);
	r->line = here;
	r->now = NULL;
}

static void
begin_stanza(struct reader *r, char *line)
{
	size_t n = strlen(line), good;
	struct services *s = r->s;
	const char *id = line + 1;

	end_stanza(r);
	r->skip = true;
	good = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (good == 0 || good > ID_MAX || id[good] != ']' || n != good + 2) {
		wrong(r,
		      "bad id, expected [name] of at most %d lower-case letters, digits and "
		      "hyphens",
		      ID_MAX);
		return;
	}
	line[n - 1] = '\0';
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->all[i].id, id) == 0) {
			wrong(r, "[%s] is there already, in %s:%u, expected another id", id,
			      s->all[i].file, s->all[i].line);
			return;
		}
	}
	if (s->n == SERVICES_MAX) {
		wrong(r, "too many services, expected at most %d", SERVICES_MAX);
		return;
	}
	s->all = xrealloc(s->all, s->n + 1, sizeof *s->all);
	r->now = &s->all[s->n++];
	r->sources = arena_alloc(s->arena, (SOURCES_MAX + 1) * sizeof *r->sources);
	*r->now = (struct service){.id = arena_printf(s->arena, "%s", id),
				   .file = r->file,
				   .line = r->line,
				   .sources = r->sources};
	r->nsources = 0;
	r->skip = r->used = false;
}

static void
take_line(struct reader *r, char *line)
{
	if (*line != '[') {
		if (!r->skip)
			take_key(r, line);
	} else if (!r->format_said) {
		r->format_said = true;
		wrong(r, "a stanza comes first, expected \"format = " FORMAT "\"");
	} else {
		begin_stanza(r, line);
	}
}

/* Cuts the line at a comment and at the blanks before it. */
static void
trim(char *line)
{
	char *end = line;

	while (*end && !(*end == '#' && (end == line || end[-1] == ' ' || end[-1] == '\t')))
		end++;
	while (end > line && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
}

/* A line that begins with a blank goes on where the one before ended. */
void
services_parse(struct services *s, const char *file, char *text, struct complaints *c)
{
	struct reader r = {
	    .s = s, .complaints = c, .file = arena_printf(s->arena, "%s", file), .line = 1};
	char *pending = NULL, *line = text;
	unsigned at = 1;

	for (; line && complaints_go_on(c); at++) {
		char *end = strchr(line, '\n');
		bool goes_on = *line == ' ' || *line == '\t';

		if (end)
			*end = '\0';
		trim(line);
		if (goes_on && *line && pending) {
			size_t n = strlen(pending);

			pending[n] = ' ';
			memmove(pending + n + 1, line, strlen(line) + 1);
		} else if (*line) {
			if (pending)
				take_line(&r, pending);
			pending = line;
			r.line = at;
		}
		line = end ? end + 1 : NULL;
	}
	if (pending && complaints_go_on(c))
		take_line(&r, pending);
	if (complaints_go_on(c))
		end_stanza(&r);
	if (complaints_go_on(c) && !r.format_said)
		wrong(&r, "nothing in the file, expected \"format = " FORMAT "\"");
}
