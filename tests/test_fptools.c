/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tools for authors and readers of fingerprints: check, explain, fields, suggest. */
#include "fingerprint_kit.h"

#include "explain.h"
#include "suggest.h"

#define REAL(id, score, lines)                                                                     \
	"[" id "]\ntitle = T\nkind = specific\nmechanism = rst-injection\nscore = " score          \
	"\nrev = 1\ninnocent = i\nsource = s\n" lines

/* fires() says 1 for captures whose name has a 1 in it, an error for those with an e. */
static int
fires(void *user, const char *capture, const char *id)
{
	const char *name = strrchr(capture, '/');

	(void)id;
	++*(int *)user;
	return strchr(name, 'e') ? -5 : strchr(name, '1') ? 1 : 0;
}

static void
check_says(const char *fp, const char *captures, unsigned problems, const char *said)
{
	int calls = 0;
	struct fingerprint_trial trial = {fires, &calls};
	struct folder f = make_folder(fp);
	char *text = NULL;
	size_t n;
	FILE *memory = open_memstream(&text, &n);
	unsigned got = fingerprints_check(f.path, captures, captures ? &trial : NULL, memory);

	fclose(memory);
	if (got != problems || (said && !strstr(text, said)))
		fail_msg("wanted %u problems and \"%s\", got %u:\n%s", problems, said ? said : "",
			 got, text);
	free(text);
	remove_folder(&f);
}

static void
test_check(void **state)
{
	(void)state;
	check_says("format = 1\n" REAL("a", "50%", "when = tcp.reset with ip.ttl == 1\n"), NULL, 0,
		   "t.fp:2: hint: [a] has no sample");
	check_says("format = 1\n[a]\ntitle = T\nkind = odd\nwhen = x.y\nscore = 2\n", NULL, 4,
		   ":5: unknown field \"x.y\"");
	check_says("format = 1\n[a]\ntitle = FIXME\nkind = generic\nmechanism = drop\nscore = 1\n"
		   "rev = 1\nsource = s\nwhen = tcp.syn\n",
		   NULL, 1, "title is still FIXME");
	check_says("format = 1\n" REAL("a", "50%", "when = tcp.reset\n"), NULL, 1,
		   "[a] names a system for one fact of any value");
	check_says("format = 1\n" REAL("a", "50%", "when = tcp.reset with ip.ttl > 1\n")
		       REAL("b", "50%", "when = tcp.reset with ip.ttl == 9 with ip.id == 1\n"),
		   NULL, 1, "t.fp:11: [b] is already covered by [a] in ");
	check_says("format = 1\n" REAL("a", "50%", "when = tcp.reset with ip.ttl > 1\n")
		       REAL("b", "60%", "when = tcp.reset with ip.ttl == 9 with ip.id == 1\n"),
		   NULL, 0, NULL);
	check_says("format = 1\n" REAL("a", "50%", "when = tcp.reset with ip.ttl > 1\n")
		       REAL("b", "50%", "when = tcp.reset with ip.ttl > 1\n"),
		   NULL, 1, "t.fp:11: [b] is already covered by [a] in ");
}

static void
test_check_captures(void **state)
{
	struct folder captures = make_folder("");
	static const char *const names[] = {"c1.pcap", "c2.pcapng", "err.pcap.gz"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		FILE *out;

		snprintf(path, sizeof path, "%s/%s", captures.path, names[i]);
		out = fopen(path, "w");
		assert_non_null(out);
		fclose(out);
	}
#define ONE(keys) "format = 1\n" REAL("a", "50%", "when = tcp.reset with ip.ttl == 1\n" keys)
	check_says(ONE("sample = c1\nnear = c2\n"), captures.path, 0, NULL);
	check_says(ONE("sample = c2\n"), captures.path, 1, "does not fire on its sample");
	check_says(ONE("sample = c1\nnear = c1\n"), captures.path, 1, "fires on its near miss");
	check_says(ONE("sample = c3\n"), captures.path, 1, "missing sample \"c3\", expected");
	check_says(ONE("sample = err\n"), captures.path, 1, "cannot analyse its sample");
	remove_folder(&captures);
}

static void
test_folder_complaints(void **state)
{
	struct fingerprints *db;
	struct folder f = make_folder("format = 1\n");
	char *why, path[128];

	(void)state;
	assert_true(fingerprints_load("/nowhere", &db, &why) < 0);
	assert_non_null(strstr(why, "expected a folder of fingerprints"));
	free(why);
	snprintf(path, sizeof path, "%s/t.fp", f.path);
	assert_int_equal(remove(path), 0);
	assert_true(fingerprints_load(f.path, &db, &why) < 0);
	assert_non_null(strstr(why, "no *.fp file here, expected at least one"));
	free(why);
	remove_folder(&f);
}

/* The longest line of a text, in characters. */
static size_t
longest_line(const char *text)
{
	size_t longest = 0, n = 0;

	for (; *text; text++) {
		if (*text == '\n')
			n = 0;
		else if (((unsigned char)*text & 0xc0) != 0x80 && ++n > longest)
			longest = n;
	}
	return longest;
}

static char *
explained(const struct fingerprints *db, const char *name)
{
	char *text = NULL, *why = NULL;
	size_t n;
	FILE *memory = open_memstream(&text, &n);
	int r = explain_print(db, name, memory, &why);

	fclose(memory);
	if (r == 0)
		return text;
	free(text);
	return why;
}

static void
test_explain(void **state)
{
	struct fingerprints *db = shipped();
	char *text;

	(void)state;
	for (size_t i = 0; i < fingerprints_count(db); i++) {
		const struct fingerprint *p = fingerprints_get(db, i);

		text = explained(db, p->id);
		assert_non_null(strstr(text, mechanism_words[p->mechanism]));
		if (longest_line(text) > 80)
			fail_msg("explain %s is %zu columns wide", p->id, longest_line(text));
		free(text);
	}
	for (int i = 0; i < NMECHANISMS; i++) {
		text = explained(db, mechanism_words[i]);
		assert_non_null(strstr(text, "innocent"));
		assert_true(longest_line(text) <= 80);
		free(text);
	}
	text = explained(db, NULL);
	assert_non_null(strstr(text, "cn-gfw-2"));
	assert_true(longest_line(text) <= 80);
	free(text);
	text = explained(db, "rst-injektion");
	assert_non_null(
	    strstr(text, "no mechanism or fingerprint \"rst-injektion\"; nearest: rst-"));
	free(text);
	text = explained(db, "iran");
	assert_non_null(strstr(text, "dns-ir"));
	free(text);
	text = explained(db, "qqqqqqqqqqqqqqqq");
	assert_non_null(strstr(text, "lists them all"));
	free(text);
	fingerprints_free(db);
}

static void
test_fields(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *memory = open_memstream(&text, &n);

	(void)state;
	fields_print(memory);
	fclose(memory);
	assert_non_null(strstr(text, "\ntcp.reset_ack "));
	assert_non_null(strstr(text, "dns.a "));
	assert_true(longest_line(text) <= 80);
	free(text);
}

static const struct field *
declared(const char *name)
{
	for (const struct field *const *t = registry_tables(); *t; t++)
		for (const struct field *f = *t; f->name; f++)
			if (strcmp(f->name, name) == 0)
				return f;
	fail_msg("no field %s", name);
	return NULL;
}

static struct fact *
add_real(const char *name, enum side from, uint32_t frame, int64_t ms)
{
	struct fact *f = add(HELLO, from, frame, ms);

	f->field = declared(name);
	return f;
}

/* flow_first() is part of the flow table; suggest needs no more of it. */
static void
reset_flow(void)
{
	begin();
	flow.id = 7;
	add_real("tls.client_hello", CLIENT, 4, 30);
	add_real("tls.sni", CLIENT, 4, 30)->text = bytes_of("blocked.example");
	add_real("tcp.reset_ack", SERVER, 5, 33);
	add_real("ip.ttl_jump", SERVER, 5, 33)->u = 77;
	add_real("ip.id", SERVER, 5, 33)->u = 4321;
	add_real("tcp.options_none", SERVER, 5, 33);
}

/* What is suggested fits the flow that it was made from, and check() wants its title. */
static void
test_suggest(void **state)
{
	char *text = NULL, *stanza = NULL, *why;
	struct fingerprints *db;
	struct folder f;
	size_t n;
	FILE *memory = open_memstream(&text, &n);

	(void)state;
	reset_flow();
	assert_int_equal(suggest_stanza(&flow, "some/folder/my-capture.pcap.gz", memory), 0);
	fclose(memory);
	assert_true(asprintf(&stanza, "format = 1\n%s", text) > 0);
	assert_non_null(strstr(text, "title     = FIXME"));
	assert_non_null(strstr(text, "when      = tls.client_hello from client\n"));
	assert_non_null(strstr(text, "with ip.id == 4321"));
	assert_non_null(strstr(text, "sample    = my-capture\n"));
	f = make_folder(stanza);
	if (fingerprints_load(f.path, &db, &why) < 0)
		fail_msg("%s", why);
	assert_int_equal(match(db), 1);
	assert_int_equal(found[0].facts[1]->at.frame, 5);
	fingerprints_free(db);
	remove_folder(&f);
	check_says(stanza, NULL, 1, "title is still FIXME");
	free(stanza);
	free(text);
	begin();
	assert_true(suggest_stanza(&flow, NULL, stderr) < 0);
}

/* Every block of docs/fingerprints.md that begins with the format loads. */
static void
test_examples_load(void **state)
{
	char *page = read_text(SOURCE_ROOT "/docs/fingerprints.md"), *at = page;
	unsigned blocks = 0;

	(void)state;
	while ((at = strstr(at, "```\nformat = 1\n"))) {
		char *end = strstr(at + 4, "\n```"), *why;
		struct fingerprints *db;
		struct folder f;

		assert_non_null(end);
		end[1] = '\0';
		f = make_folder(at + 4);
		if (fingerprints_load(f.path, &db, &why) < 0)
			fail_msg("%s", why);
		fingerprints_free(db);
		remove_folder(&f);
		at = end + 2;
		blocks++;
	}
	assert_true(blocks >= 2);
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_check_captures),
	    cmocka_unit_test(test_folder_complaints),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_suggest),
	    cmocka_unit_test(test_examples_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
