/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of block pages and false DNS answers as OONI writes them: how they are read, what they fit,
 * and what they refuse. The rows are made up. */
#include "conversation.h"

#include "csv.h"
#include "fpdb.h"
#include "markers.h"

#define HEADER                                                                                     \
	"name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,"             \
	"expected_countries,source,exp_url,notes\n"
#define PAGE                                                                                       \
	"<html><head><title>Closed</title></head><body>This site is closed by order 4711"          \
	"</body></html>"

struct table {
	struct arena *arena;
	struct markers *markers;
	struct complaints complaints;
};

static struct table
table_of(const char *rows)
{
	struct table t = {arena_new(), NULL, {0}};
	char *text;

	t.markers = markers_new(t.arena);
	assert_true(asprintf(&text, HEADER "%s", rows) > 0);
	markers_parse(t.markers, "list.csv", bytes_of(text), &t.complaints);
	free(text);
	return t;
}

static void
table_free(struct table *t)
{
	markers_free(t->markers);
	arena_free(t->arena);
	free(t->complaints.first);
}

/* The names of the rows that fit what a server says, in order of the table. */
static void
assert_fits(const char *rows, const struct flow *f, const char *names)
{
	struct table t = table_of(rows);
	struct fingerprint_match m[8];
	const struct fact *body = flow_first(f, "http.body");
	size_t n;
	char said[256] = "";

	assert_null(t.complaints.first);
	n = markers_match(t.markers, f, m, 0, 8);
	/* Pages are kept only if some row fits them. */
	for (size_t i = 0; i < n; i++)
		if (body && m[i].facts[0] == body)
			assert_true(markers_want(t.markers, body->field, body->text));
	for (size_t i = 0; i < n; i++) {
		strncat(said, m[i].fingerprint->id, 40);
		strncat(said, " ", 2);
		assert_int_equal(m[i].nfacts, 1);
	}
	assert_string_equal(said, names);
	table_free(&t);
}

static bool
is_wanted(const char *rows, const struct flow *f)
{
	const struct fact *body = flow_first(f, "http.body");
	struct table t = table_of(rows);
	bool wanted = markers_want(t.markers, body->field, body->text);

	assert_null(t.complaints.first);
	table_free(&t);
	return wanted;
}

static struct flow
page_flow(void)
{
	static const char text[] = "HTTP/1.1 403 Forbidden\r\nServer: Filter/2\r\n"
				   "Location: http://block.example/?u=1\r\n"
				   "Via: 1.1 box\r\nContent-Length: %zu\r\n\r\n" PAGE;
	char whole[512];
	int n = snprintf(whole, sizeof whole, text, strlen(PAGE));

	return tell("http", &(struct turn){SERVER, whole, (size_t)n}, 1, SIZE_MAX / 2);
}

static void
test_pages(void **state)
{
	struct flow f = page_flow();

	(void)state;
	assert_fits("a,nat,,body,contains,closed by order,5,XX,,,\n", &f, "a ");
	assert_fits("a,nat,,body,contains,Closed By Order,5,XX,,,\n", &f, "");
	assert_fits("a,nat,,body,prefix,<html><head>,5,XX,,,\n", &f, "a ");
	assert_fits("a,nat,,body,prefix,<head>,5,XX,,,\n", &f, "");
	assert_fits("a,nat,,body,full," PAGE ",5,XX,,,\n", &f, "a ");
	assert_fits("a,nat,,body,full,<html>,5,XX,,,\n", &f, "");
	assert_fits("a,nat,,body,regexp,order \\d+.*</html>$,5,XX,,,\n", &f, "a ");
	assert_fits("a,nat,,body,regexp,(?:open|shut)ed,5,XX,,,\n", &f, "");
	assert_fits("a,isp,,header.location,prefix,http://block.example/,5,XX,,,\n"
		    "b,prod,,header.server,full,Filter/2,5,,,,\n"
		    "c,inst,,header.via,contains,box,5,,,,\n",
		    &f, "a b c ");
	/* The vague add nothing to the known, and are told alone. */
	assert_fits("a,isp,,header.location,prefix,http://block.example/,5,XX,,,\n"
		    "v,vbw,,body,contains,closed,5,,,,\n",
		    &f, "a ");
	assert_fits("v,vbw,,body,contains,closed,5,,,,\n", &f, "v ");
	assert_false(is_wanted("a,nat,,body,contains,opened,5,XX,,,\n", &f));
	assert_false(is_wanted("a,nat,,header.server,contains,closed,5,XX,,,\n", &f));
	assert_true(is_wanted("a,fp,,body,contains,closed,5,XX,,,\n", &f));
	/* What is known to be none takes all back. */
	assert_fits("a,nat,,body,contains,closed by order,5,XX,,,\n"
		    "n,fp,,body,contains,<title>Closed</title>,5,,,,\n",
		    &f, "");
	assert_fits("a,nat,,body,contains,closed by order,5,XX,,,\n"
		    "n,fp,,body,contains,<title>Open</title>,5,,,,\n",
		    &f, "a ");
	flow_end(&f);
}

static void
test_dns(void **state)
{
	static const uint8_t answer[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
					"\1a\4test\0\0\1\0\1"
					"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\x07\5block\0"
					"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x07";
	struct flow f;

	(void)state;
	flow_begin(&f, dissector_find("dns"), DATAGRAMS, 53);
	flow_hear(&f, SERVER, DATAGRAMS, answer, sizeof answer - 1);
	assert_fits("a,isp,,dns,full,192.0.2.7,5,XX,,,\n", &f, "a ");
	assert_fits("a,isp,,dns,full,192.0.2.8,5,XX,,,\n", &f, "");
	assert_fits("a,isp,,dns,full,block,5,XX,,,\n", &f, "a ");
	assert_fits("a,isp,,dns,full,blo,5,XX,,,\n", &f, "");
	assert_fits("a,isp,,dns,full,192.0.2.7,5,XX,,,\nn,fp,,dns,full,block,5,,,,\n", &f, "");
	flow_end(&f);
}

static void
test_mistakes(void **state)
{
	static const struct {
		const char *rows, *complaint;
	} cases[] = {
	    {"a,nat,,body,glob,x*,5,,,,\n",
	     "list.csv:2: pattern_type \"glob\", expected full, prefix, contains or regexp"},
	    {"a,world,,body,full,xxxx,5,,,,\n",
	     "list.csv:2: scope \"world\", expected nat, isp, prod, inst, vbw or fp"},
	    {"a,nat,,body,full,,5,,,,\n", "list.csv:2: \"a\" has no name or no pattern"},
	    {"a,nat,,body\n", "list.csv:2: 4 columns, expected 11"},
	    {"a,nat,,body,full,\"xxxx,5,,,,\n",
	     "list.csv:2: a quote or record that does not end, expected comma-separated values "
	     "(RFC 4180)"},
	    {"ok,nat,,body,full,xxxx,5,,,,\nb,nat,,body,regexp,(,5,,,,\n",
	     "list.csv:3: regular expression of b: Unmatched ( or \\(, expected one of POSIX"},
	    {"b,nat,,body,regexp,(a)\\1,5,,,,\n",
	     "list.csv:2: regular expression of b: it refers back, expected one of POSIX"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct table t = table_of(cases[i].rows);

		assert_string_equal(t.complaints.first, cases[i].complaint);
		table_free(&t);
	}
}

static void
test_header(void **state)
{
	struct arena *arena = arena_new();
	struct markers *m = markers_new(arena);
	struct complaints c = {0};

	(void)state;
	markers_parse(m, "list.csv", bytes_of("name,scope\na,nat\n"), &c);
	assert_string_equal(c.first, "list.csv:1: no column \"location_found\", expected those of "
				     "ooni/blocking-fingerprints");
	free(c.first);
	c = (struct complaints){0};
	/* Columns may stand in any order, and there may be more of them. */
	markers_parse(
	    m, "list.csv",
	    bytes_of("notes,new,pattern,pattern_type,location_found,scope,name,source,"
		     "expected_countries,confidence_no_fp\r\n"
		     "\"x, \"\"y\"\"\nz\",?,abcd,contains,body,isp,k,s,\"AA,BB\",3\r\n\r\n"
		     "w,?,abcd,full,header.x-app-url,isp,l,s,AA,5\r\n"),
	    &c);
	assert_null(c.first);
	assert_int_equal(markers_left_out(m), 1);
	assert_string_equal(markers_find(m, "k")->title, "x, \"y\" z");
	assert_true(markers_find(m, "k")->score < 0.6);
	assert_null(markers_find(m, "l"));
	markers_free(m);
	arena_free(arena);
}

/* Whatever stands in a file: it ends, and no row has more fields than there is room for. */
static void
test_any_bytes(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		static const char alphabet[] = "a,\"\r\n\0b";
		struct arena *arena = arena_new();
		struct bytes row[CSV_FIELDS_MAX];
		uint8_t text[24], *copy = xcalloc(sizeof text, 1);
		struct csv csv;
		unsigned line;
		size_t n;

		for (size_t k = 0; k < sizeof text; k++) {
			seed = seed * 1103515245 + 12345;
			copy[k] = (uint8_t)alphabet[(seed >> 16) % (sizeof alphabet - 1)];
		}
		csv = csv_over(arena, (struct bytes){copy, sizeof text});
		for (size_t records = 0; csv_next(&csv, row, &n, &line) > 0; records++) {
			assert_true(n >= 1 && n <= CSV_FIELDS_MAX);
			assert_true(records <= sizeof text);
		}
		free(copy);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages),     cmocka_unit_test(test_dns),
	    cmocka_unit_test(test_mistakes),  cmocka_unit_test(test_header),
	    cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
