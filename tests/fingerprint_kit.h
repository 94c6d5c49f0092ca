/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the fingerprints share: a vocabulary of their own, databases from text, flows
 * made of facts. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fpdb.h"

#define FOLDER SOURCE_ROOT "/fingerprints"

/* A vocabulary that no change of a dissector can break. */
enum { HELLO, SNI, DONE, RESET, TTL, ID, ADDRESS, BODY, NFIELDS };
static const struct field fields[NFIELDS + 1] = {
    [HELLO] = {"x.hello", FACT_MARK, "a greeting"},
    [SNI] = {"x.name", FACT_TEXT, "a name"},
    [DONE] = {"x.done", FACT_MARK, "an answer"},
    [RESET] = {"x.reset", FACT_MARK, "a reset"},
    [TTL] = {"x.ttl", FACT_UINT, "a number"},
    [ID] = {"x.id", FACT_UINT, "another number"},
    [ADDRESS] = {"x.addr", FACT_ADDR, "an address"},
    [BODY] = {"x.body", FACT_TEXT, "a page", .bulky = true},
};
static const struct field *const tables[] = {fields, NULL};

#define STANZA "format = 1\n[a]\ntitle = A\nkind = generic\nmechanism = rst-injection\n"
#define TAIL "score = 50%\nrev = 1\nsource = a paper\n"

/* --- a database from text --- */

static inline void
add_lists(struct fingerprints *db, struct complaints *c)
{
	lists_parse(db->lists, "names", "names.txt",
		    bytes_of("# source: test\nmatch = whole\nexample.com\tthe note\n"), c);
	lists_parse(db->lists, "markers", "markers.txt",
		    bytes_of("# source: test\nmatch = contains\nblocked\tshort\nblocked by\tlong\n"
			     "Access Denied\n"),
		    c);
	lists_parse(db->lists, "heads", "heads.txt",
		    bytes_of("# source: test\nmatch = prefix\nhttp://block.\tpage\n"), c);
	lists_parse(db->lists, "nets", "nets.txt",
		    bytes_of("# source: test\nmatch = network\n10.0.0.0/8\twide\n10.10.34.34\tone\n"
			     "2001:db8::/33\tsix\n"),
		    c);
}

/* NULL and *ret_why if the text does not load. */
static inline struct fingerprints *
from_text(const char *text, char **ret_why)
{
	struct complaints c = {0};
	struct fingerprints *db = database_new(tables);

	add_lists(db, &c);
	assert_null(c.first);
	database_parse(db, "t.fp", bytes_of(text), &c);
	*ret_why = c.first;
	if (c.first) {
		fingerprints_free(db);
		return NULL;
	}
	database_finish(db);
	return db;
}

static inline struct fingerprints *
must_load(const char *text)
{
	char *why;
	struct fingerprints *db = from_text(text, &why);

	if (!db)
		fail_msg("%s", why);
	return db;
}

/* One stanza [a] with these lines. */
static inline struct fingerprints *
with_lines(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof text, "%s%s%s", STANZA, lines, TAIL);
	return must_load(text);
}

/* --- flows made of facts --- */

static struct fact pool[1024];
static struct flow flow;

static inline void
begin(void)
{
	memset(pool, 0, sizeof pool);
	memset(&flow, 0, sizeof flow);
	flow.facts = pool;
}

/* A fact of the packet `frame`, at so many milliseconds. */
static inline struct fact *
add(int field, enum side from, uint32_t frame, int64_t ms)
{
	struct fact *f = &pool[flow.nfacts++];

	assert_true(flow.nfacts <= 1024);
	flow.noted = UINT64_MAX;
	f->field = &fields[field];
	f->from = from;
	f->at.frame = frame;
	f->nsec = ms * NSEC_PER_MSEC;
	return f;
}

static inline void
add_uint(int field, enum side from, uint32_t frame, int64_t ms, uint64_t u)
{
	add(field, from, frame, ms)->u = u;
}

static inline void
add_text(int field, enum side from, uint32_t frame, int64_t ms, const char *text)
{
	add(field, from, frame, ms)->text = bytes_of(text);
}

static struct fingerprint_match found[8];

static inline size_t
match(const struct fingerprints *db)
{
	return fingerprints_match(db, &flow, found, 8);
}

/* How many of the stanzas made of these lines fit the flow: 0 or 1. */
static inline size_t
fits(const char *lines)
{
	struct fingerprints *db = with_lines(lines);
	size_t n = match(db);

	fingerprints_free(db);
	return n;
}

static inline struct fingerprints *
shipped(void)
{
	struct fingerprints *db;
	char *why;

	if (fingerprints_load(FOLDER, &db, &why) < 0)
		fail_msg("%s", why);
	return db;
}

struct folder {
	char path[64];
};

static inline struct folder
make_folder(const char *fp)
{
	struct folder f = {"/tmp/tamperscope-test-XXXXXX"};
	char name[128];
	FILE *out;

	assert_non_null(mkdtemp(f.path));
	snprintf(name, sizeof name, "%s/t.fp", f.path);
	out = fopen(name, "w");
	assert_non_null(out);
	fputs(fp, out);
	fclose(out);
	return f;
}

static inline void
remove_folder(const struct folder *f)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r '%s'", f->path);
	assert_int_equal(system(command), 0);
}

static inline char *
read_text(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = xcalloc(1, 1 << 20);

	if (!in)
		fail_msg("%s is not there", path);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}
