/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OONI's lists of block pages and false DNS answers. Rows are put into buckets by their first
 * bytes, so that a page is looked through once however many rows there are. Letters match in
 * their own case, as they do for those who wrote the rows. */
#include "markers.h"

#include <arpa/inet.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

/* As many first bytes choose a row's bucket; shorter patterns are tried one by one. */
#define HEAD 4
#define BUCKETS 4096
#define NO_MARKER UINT32_MAX

enum place { BODY, LOCATION, SERVER_HEADER, VIA, DNS, NPLACES };
enum pattern_type { FULL, PREFIX, CONTAINS, REGEXP, NTYPES };

static const struct {
	const char *word, *field;
} places[NPLACES] = {
    [BODY] = {"body", "http.body"},
    [LOCATION] = {"header.location", "http.location"},
    [SERVER_HEADER] = {"header.server", "http.server"},
    [VIA] = {"header.via", "http.via"},
    [DNS] = {"dns", "dns.cname"}, /* or an address */
};

static const char *const type_words[NTYPES] = {
    [FULL] = "full", [PREFIX] = "prefix", [CONTAINS] = "contains", [REGEXP] = "regexp"};

/* What a scope means for us (Readme.md, "scope"): whose marks these are, and how sure that is. The
 * words of the vague are no proof of anybody. */
static const struct {
	const char *word, *what;
	enum fingerprint_kind kind;
	double score;
} scopes[] = {
    {"nat", "national block", SPECIFIC, 0.9},
    {"isp", "block by a provider", SPECIFIC, 0.9},
    {"prov", "block in a province", SPECIFIC, 0.9},
    {"prod", "filtering product", SPECIFIC, 0.8},
    {"inst", "block by an institution", SPECIFIC, 0.8},
    {"injb", "injected block", SPECIFIC, 0.8},
    {"vbw", "vague words of a block", GENERIC, 0.3},
    {"", "block of unknown scope", GENERIC, 0.5},
    {"fp", "no block", GENERIC, 0},
};
#define NSCOPES (sizeof scopes / sizeof *scopes)

struct marker {
	struct fingerprint public;
	enum place place;
	enum pattern_type type;
	bool innocent; /* scope fp */
	struct bytes pattern;
	struct addr addr; /* of a DNS row, if is_addr */
	bool is_addr;
	regex_t regex;
	uint32_t next; /* in its bucket, or of those that are tried one by one */
};

struct markers {
	struct arena *arena;
	struct marker **v;
	size_t n, left_out;
	uint32_t heads[NPLACES][BUCKETS], one_by_one[NPLACES], addresses[BUCKETS];
};

struct markers *
markers_new(struct arena *arena)
{
	struct markers *m = xcalloc(1, sizeof *m);

	m->arena = arena;
	memset(m->heads, 0xff, sizeof m->heads);
	memset(m->one_by_one, 0xff, sizeof m->one_by_one);
	memset(m->addresses, 0xff, sizeof m->addresses);
	return m;
}

void
markers_free(struct markers *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i]->type == REGEXP)
			regfree(&m->v[i]->regex);
	free(m->v);
	free(m);
}

static uint32_t
bucket_of(const uint8_t *p)
{
	uint32_t four = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	return four * 2654435761U >> 20; /* Knuth's multiplicative hash, 12 bits */
}

static uint32_t
bucket_of_addr(const struct addr *a)
{
	return bucket_of(a->b + sizeof a->b - HEAD);
}

/* --- reading --- */

enum column { NAME, SCOPE, PLACE, TYPE, PATTERN, CONFIDENCE, COUNTRIES, SOURCE, NOTES, NCOLUMNS };

static const char *const column_words[NCOLUMNS] = {
    [NAME] = "name",
    [SCOPE] = "scope",
    [PLACE] = "location_found",
    [TYPE] = "pattern_type",
    [PATTERN] = "pattern",
    [CONFIDENCE] = "confidence_no_fp",
    [COUNTRIES] = "expected_countries",
    [SOURCE] = "source",
    [NOTES] = "notes",
};

struct reading {
	struct markers *m;
	const char *file;
	struct complaints *complaints;
	unsigned line;
	size_t columns, at[NCOLUMNS]; /* where each column is */
	const struct bytes *row;
};

static bool
is_word(struct bytes b, const char *word)
{
	return b.n == strlen(word) && memcmp(b.p, word, b.n) == 0;
}

static bool
read_header(struct reading *r, const struct bytes *row, size_t n)
{
	for (int c = 0; c < NCOLUMNS; c++) {
		size_t i = 0;

		while (i < n && !is_word(row[i], column_words[c]))
			i++;
		if (i == n) {
			complain(r->complaints, r->file, r->line,
				 "no column \"%s\", expected those of ooni/blocking-fingerprints",
				 column_words[c]);
			return false;
		}
		r->at[c] = i;
	}
	r->columns = n;
	return true;
}

static struct bytes
cell(const struct reading *r, enum column c)
{
	return r->row[r->at[c]];
}

static const char *
text(const struct reading *r, enum column c)
{
	return arena_text(r->m->arena, cell(r, c));
}

/* POSIX has no name for digits, and no groups that are not remembered. */
static const char *
posix_of(struct arena *arena, struct bytes pattern)
{
	static const char digits[] = "[0-9]";
	char *out = arena_alloc(arena, pattern.n * (sizeof digits - 1) + 1), *o = out;

	for (size_t i = 0; i < pattern.n; i++) {
		const uint8_t *p = pattern.p + i;

		if (pattern.n - i >= 2 && memcmp(p, "\\d", 2) == 0) {
			memcpy(o, digits, sizeof digits - 1);
			o += sizeof digits - 1;
			i++;
		} else if (pattern.n - i >= 3 && memcmp(p, "(?:", 3) == 0) {
			*o++ = '(';
			i += 2;
		} else {
			*o++ = (char)*p;
			if (*p == '\\' && i + 1 < pattern.n)
				*o++ = (char)pattern.p[++i];
		}
	}
	*o = '\0';
	return out;
}

/* A reference back makes the time of a match grow beyond bounds. */
static bool
refers_back(const char *pattern)
{
	for (const char *p = pattern; (p = strchr(p, '\\')) && p[1]; p += 2)
		if (p[1] >= '1' && p[1] <= '9')
			return true;
	return false;
}

static bool
compile(struct reading *r, struct marker *k)
{
	const char *posix = posix_of(r->m->arena, k->pattern);
	char why[128] = "it refers back";
	int e =
	    refers_back(posix) ? REG_ESUBREG : regcomp(&k->regex, posix, REG_EXTENDED | REG_NOSUB);

	if (e == 0)
		return true;
	if (!refers_back(posix))
		regerror(e, NULL, why, sizeof why);
	complain(r->complaints, r->file, r->line,
		 "regular expression of %s: %s, expected one of POSIX", k->public.id, why);
	return false;
}

static void
read_address(struct marker *k)
{
	char host[ADDR_TEXT_MAX] = "";
	uint8_t b[16];

	if (k->place != DNS || k->type != FULL || k->pattern.n >= sizeof host)
		return;
	memcpy(host, k->pattern.p, k->pattern.n);
	if (inet_pton(AF_INET, host, b) == 1)
		k->addr = addr_from_v4(b);
	else if (inet_pton(AF_INET6, host, b) == 1)
		k->addr = addr_from_v6(b);
	else
		return;
	k->is_addr = true;
}

static void
file_marker(struct markers *m, struct marker *k)
{
	uint32_t number = (uint32_t)m->n, *head;

	if (k->is_addr)
		head = &m->addresses[bucket_of_addr(&k->addr)];
	else if (k->type == REGEXP || k->pattern.n < HEAD)
		head = &m->one_by_one[k->place];
	else
		head = &m->heads[k->place][bucket_of(k->pattern.p)];
	k->next = *head;
	*head = number;
	if (!(m->n & (m->n - 1)))
		m->v = xrealloc(m->v, m->n ? m->n * 2 : 1, sizeof(struct marker *));
	m->v[m->n++] = k;
}

static const char *
title_of(const struct reading *r, size_t scope)
{
	const char *countries = text(r, COUNTRIES);
	char *notes = arena_text(r->m->arena, cell(r, NOTES));

	for (char *p = notes; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	if (*notes)
		return notes;
	return arena_printf(r->m->arena, "%s%s%s (%s)", scopes[scope].what,
			    *countries ? ", expected in " : "", countries, text(r, NAME));
}

static void
read_row(struct reading *r)
{
	static const char *const ours = "ooni/blocking-fingerprints";
	struct marker *k = arena_alloc(r->m->arena, sizeof *k);
	const char **sources = arena_alloc(r->m->arena, 3 * sizeof *sources);
	size_t place = 0, type = 0, scope = 0;
	double confidence = strtod(text(r, CONFIDENCE), NULL);

	while (place < NPLACES && !is_word(cell(r, PLACE), places[place].word))
		place++;
	while (type < NTYPES && !is_word(cell(r, TYPE), type_words[type]))
		type++;
	while (scope < NSCOPES && !is_word(cell(r, SCOPE), scopes[scope].word))
		scope++;
	if (type == NTYPES || scope == NSCOPES || !cell(r, PATTERN).n || !cell(r, NAME).n) {
		complain(r->complaints, r->file, r->line,
			 type == NTYPES ? "pattern_type \"%s\", expected full, prefix, contains "
					  "or regexp"
			 : scope == NSCOPES
			     ? "scope \"%s\", expected nat, isp, prod, inst, vbw or fp"
			     : "\"%s\" has no name or no pattern",
			 text(r, type == NTYPES     ? TYPE
				 : scope == NSCOPES ? SCOPE
						    : NAME));
		return;
	}
	if (place == NPLACES) {
		r->m->left_out++;
		return;
	}
	sources[0] = ours;
	sources[1] = cell(r, SOURCE).n ? text(r, SOURCE) : NULL;
	k->public = (struct fingerprint){.id = text(r, NAME),
					 .title = title_of(r, scope),
					 .kind = scopes[scope].kind,
					 .mechanism = place == DNS ? DNS_TAMPERING : BLOCK_PAGE,
					 .score = scopes[scope].score,
					 .sources = sources,
					 .file = r->file,
					 .line = r->line,
					 .rev = 1};
	/* 10 is surest, 5 what nobody thought about; less was thought doubtful. */
	if (confidence > 0 && confidence < 5)
		k->public.score *= confidence / 5;
	k->place = (enum place)place;
	k->type = (enum pattern_type)type;
	k->innocent = strcmp(scopes[scope].word, "fp") == 0;
	k->pattern = cell(r, PATTERN);
	read_address(k);
	if (k->type == REGEXP && !compile(r, k))
		return;
	file_marker(r->m, k);
}

void
markers_parse(struct markers *m, const char *file, struct bytes b, struct complaints *complaints)
{
	struct reading r = {.m = m, .file = arena_printf(m->arena, "%s", file)};
	struct bytes row[CSV_FIELDS_MAX], whole = {(uint8_t *)arena_text(m->arena, b), b.n};
	struct csv csv = csv_over(m->arena, whole);
	size_t n;
	int e;

	r.complaints = complaints;
	r.row = row;
	while ((e = csv_next(&csv, row, &n, &r.line)) > 0 && complaints_go_on(complaints)) {
		if (!r.columns) {
			if (!read_header(&r, row, n))
				return;
		} else if (n != r.columns) {
			complain(complaints, file, r.line, "%zu columns, expected %zu", n,
				 r.columns);
		} else {
			read_row(&r);
		}
	}
	if (e < 0)
		complain(complaints, file, r.line,
			 "a quote or record that does not end, expected "
			 "comma-separated values (RFC 4180)");
	else if (!r.columns)
		complain(complaints, file, 1,
			 "nothing in it, expected a line that names the columns");
}

size_t
markers_left_out(const struct markers *m)
{
	return m->left_out;
}

const struct fingerprint *
markers_find(const struct markers *m, const char *id)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i]->public.id, id) == 0)
			return &m->v[i]->public;
	return NULL;
}

/* --- matching --- */

/* Both strings, since nothing else is: the fact's text ends with a NUL. */
static bool
holds(const struct marker *k, struct bytes t, size_t at)
{
	if (k->type == REGEXP)
		return at == 0 && regexec(&k->regex, (const char *)t.p, 0, NULL, 0) == 0;
	if (k->pattern.n > t.n - at || (k->type != CONTAINS && at > 0) ||
	    (k->type == FULL && k->pattern.n != t.n))
		return false;
	return memcmp(t.p + at, k->pattern.p, k->pattern.n) == 0;
}

struct matching {
	struct fingerprint_match *ret;
	size_t n, max;
	bool innocent[NMECHANISMS];
};

static void
take(struct matching *x, const struct marker *k, const struct fact *f)
{
	if (k->innocent)
		x->innocent[k->public.mechanism] = true;
	for (size_t i = 0; i < x->n; i++)
		if (x->ret[i].fingerprint == &k->public)
			return;
	if (k->innocent || x->n == x->max)
		return;
	x->ret[x->n++] = (struct fingerprint_match){
	    .fingerprint = &k->public, .score = k->public.score, .facts = {f}, .nfacts = 1};
}

static void
match_text(const struct markers *m, enum place place, const struct fact *f, struct matching *x)
{
	for (uint32_t i = m->one_by_one[place]; i != NO_MARKER; i = m->v[i]->next)
		for (size_t at = 0; at < f->text.n; at++) {
			if (!holds(m->v[i], f->text, at))
				continue;
			take(x, m->v[i], f);
			break;
		}
	for (size_t at = 0; at + HEAD <= f->text.n; at++)
		for (uint32_t i = m->heads[place][bucket_of(f->text.p + at)]; i != NO_MARKER;
		     i = m->v[i]->next)
			if (holds(m->v[i], f->text, at))
				take(x, m->v[i], f);
}

static void
match_address(const struct markers *m, const struct fact *f, struct matching *x)
{
	for (uint32_t i = m->addresses[bucket_of_addr(&f->addr)]; i != NO_MARKER; i = m->v[i]->next)
		if (addr_equal(&m->v[i]->addr, &f->addr))
			take(x, m->v[i], f);
}

bool
markers_want(const struct markers *m, const struct field *field, struct bytes text)
{
	struct fact fact = {.field = field};
	struct fingerprint_match one;
	struct matching x = {&one, 0, 1, {false}};

	fact.text = text;
	for (int p = 0; p < NPLACES; p++)
		if (strcmp(places[p].field, field->name) == 0)
			match_text(m, (enum place)p, &fact, &x);
	for (int i = 0; i < NMECHANISMS; i++)
		if (x.innocent[i])
			return true;
	return x.n > 0;
}

size_t
markers_match(const struct markers *m, const struct flow *f, struct fingerprint_match *ret,
	      size_t n, size_t max)
{
	struct matching x = {ret, n, max, {false}};
	bool named[NMECHANISMS] = {false};
	size_t left = 0;

	for (int p = 0; p < NPLACES; p++) {
		const struct fact *fact;
		size_t i = 0;

		while ((fact = flow_fact(f, places[p].field, SERVER, &i)))
			match_text(m, (enum place)p, fact, &x);
	}
	for (int six = 0; six < 2; six++) {
		const struct fact *fact;
		size_t i = 0;

		while ((fact = flow_fact(f, six ? "dns.aaaa" : "dns.a", SERVER, &i)))
			match_address(m, fact, &x);
	}
	for (size_t i = 0; i < x.n; i++)
		named[ret[i].fingerprint->mechanism] |= ret[i].fingerprint->kind == SPECIFIC;
	/* Vague words add nothing where somebody is named. */
	for (size_t i = 0; i < x.n; i++) {
		const struct fingerprint *p = ret[i].fingerprint;

		if (!x.innocent[p->mechanism] && (p->kind == SPECIFIC || !named[p->mechanism]))
			ret[left++] = ret[i];
	}
	return left;
}
