/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fingerprint files: the grammar, with each complaint of the loader. */
#include "fingerprint_kit.h"

/* Every complaint of the loader, and the line that it must name. */
static const struct {
	const char *text, *complaint;
} bad[] = {
    {"", "t.fp:1: nothing in the file, expected \"format = 1\""},
    {"title = A\n", "t.fp:1: \"title\" comes first, expected \"format = 1\""},
    {"[a]\n", "t.fp:1: a stanza comes first, expected \"format = 1\""},
    {"format = 2\n", "t.fp:1: unknown format \"2\", expected 1"},
    {"format = 1\n\nwhen = x.hello\n", "t.fp:3: \"when\" before the first stanza, expected [id]"},
    {"format = 1\n[A]\n", "t.fp:2: bad id, expected [name]"},
    {"format = 1\n[a\n", "t.fp:2: bad id, expected [name]"},
    {STANZA "when = x.hello\n" TAIL "[a]\n", "t.fp:10: [a] is there already, in t.fp:2"},
    {"format = 1\n[a]\nnonsense\n", "t.fp:3: no \"=\", expected key = value"},
    {"format = 1\n[a]\ntitle =\n", "t.fp:3: \"title\" has no value"},
    {"format = 1\n[a]\ncolour = red\n", "t.fp:3: unknown key \"colour\", expected title"},
    {"format = 1\n[a]\ntitle = A\ntitle = B\n", "t.fp:4: \"title\" said twice"},
    {"format = 1\n[a]\nkind = vague\n", "t.fp:3: unknown kind \"vague\", expected generic"},
    {"format = 1\n[a]\nmechanism = magic\n", "t.fp:3: unknown mechanism \"magic\""},
    {"format = 1\n[a]\nscore = 101%\n", "t.fp:3: bad score \"101%\", expected 0.01 to 1"},
    {"format = 1\n[a]\nscore = 0\n", "t.fp:3: bad score \"0\""},
    {"format = 1\n[a]\nscore = inf\n", "t.fp:3: bad score \"inf\""},
    {"format = 1\n[a]\nrev = x\n", "t.fp:3: bad rev \"x\", expected a number from 1"},
    {"format = 1\n[a]\nsample = ../x\n", "t.fp:3: bad capture name \"../x\""},
    {"format = 1\n[a]\nwhen = x.nothing\n", "t.fp:3: unknown field \"x.nothing\""},
    {"format = 1\n[a]\nwhen = y.malformed\n", "t.fp:3: unknown field \"y.malformed\""},
    {"format = 1\n[a]\nwhen = x.hello with\n", "t.fp:3: nothing here, expected a field"},
    {"format = 1\n[a]\nwhen = x.hello upon\n", "t.fp:3: unknown word \"upon\", expected an op"},
    {"format = 1\n[a]\nwhen = x.hello from client upon\n",
     "t.fp:3: unknown word \"upon\", expected from, within, times or with"},
    {"format = 1\n[a]\nwhen = x.hello == 1\n", "t.fp:3: wrong operator \"==\", x.hello is a mark"},
    {"format = 1\n[a]\nwhen = x.ttl ~ 1\n", "t.fp:3: wrong operator \"~\", x.ttl is a number"},
    {"format = 1\n[a]\nwhen = x.name < a\n", "t.fp:3: wrong operator \"<\", x.name is a text"},
    {"format = 1\n[a]\nwhen = x.addr ^= 1\n", "t.fp:3: wrong operator \"^=\", x.addr is an addr"},
    {"format = 1\n[a]\nwhen = x.ttl ==\n", "t.fp:3: nothing behind \"==\", expected a value"},
    {"format = 1\n[a]\nwhen = x.ttl == ten\n", "t.fp:3: \"ten\" is no number"},
    {"format = 1\n[a]\nwhen = x.ttl == -1\n", "t.fp:3: \"-1\" is no number"},
    {"format = 1\n[a]\nwhen = x.ttl == 0x\n", "t.fp:3: \"0x\" is no number"},
    {"format = 1\n[a]\nwhen = x.ttl == 99999999999999999999\n", "is no number"},
    {"format = 1\n[a]\nwhen = x.addr == 1.2.3\n", "t.fp:3: \"1.2.3\" is no address"},
    {"format = 1\n[a]\nwhen = x.addr == 1.2.3.0/33\n", "t.fp:3: \"1.2.3.0/33\" is no address"},
    {"format = 1\n[a]\nwhen = x.name == \"\"\n", "t.fp:3: empty text, expected at least one"},
    {"format = 1\n[a]\nwhen = x.name == \"a\n", "t.fp:3: text without its closing quote"},
    {"format = 1\n[a]\nwhen = x.name == \"a\"b\n", "t.fp:3: \"b\" right behind a quoted text"},
    {"format = 1\n[a]\nwhen = x.name in nowhere\n",
     "t.fp:3: unknown list \"nowhere\", expected a file lists/nowhere.txt"},
    {"format = 1\n[a]\nwhen = x.name in nets\n", "t.fp:3: list \"nets\" holds networks"},
    {"format = 1\n[a]\nwhen = x.addr in names\n", "t.fp:3: list \"names\" holds texts"},
    {"format = 1\n[a]\nwhen = x.hello from both\n", "t.fp:3: unknown side \"both\""},
    {"format = 1\n[a]\nwhen = x.hello from client from client\n", "t.fp:3: \"from\" said twice"},
    {"format = 1\n[a]\nwhen = x.hello\nthen = x.reset within 5\n", "t.fp:4: bad time \"5\""},
    {"format = 1\n[a]\nwhen = x.hello\nthen = x.reset within 5m\n", "t.fp:4: bad time \"5m\""},
    {"format = 1\n[a]\nwhen = x.hello\nthen = x.reset within 0s\n", "t.fp:4: bad time \"0s\""},
    {"format = 1\n[a]\nwhen = x.hello\nthen = x.reset within 86401s\n",
     "t.fp:4: \"86401s\" is too long, expected at most a day"},
    {"format = 1\n[a]\nwhen = x.hello\nthen = x.reset within 1s within 1s\n",
     "t.fp:4: \"within\" said twice"},
    {"format = 1\n[a]\nwhen = x.hello within 1s\n", "t.fp:3: \"within\" in the first line"},
    {"format = 1\n[a]\nwhen = x.hello times 1\n", "t.fp:3: bad count \"1\""},
    {"format = 1\n[a]\nwhen = x.hello times 101\n", "t.fp:3: bad count \"101\""},
    {"format = 1\n[a]\nwhen = x.hello times 2 times 2\n", "t.fp:3: \"times\" said twice"},
    {"format = 1\n[a]\nthen = x.hello\n", "t.fp:3: \"then\" without \"when\""},
    {"format = 1\n[a]\nnever = x.hello within 1s\n", "t.fp:3: \"within\" in \"never\""},
    {"format = 1\n[a]\nunless = x.hello within 1s\n", "t.fp:3: \"within\" in \"unless\""},
    {"format = 1\n[a]\nsupport = 5% x.hello\n", "t.fp:3: bad bonus \"5%\", expected +0.01"},
    {"format = 1\n[a]\nwhen = x.hello\nwhen = x.hello\nwhen = x.hello\nwhen = x.hello\n"
     "when = x.hello\nwhen = x.hello\nwhen = x.hello\n",
     "t.fp:9: more than 6 \"when\" and \"then\" lines"},
    {"format = 1\n[a]\n[b]\n", "t.fp:2: [a] has no \"title\""},
    {"format = 1\n[a]\ntitle = A\n", "t.fp:2: [a] has no \"kind\""},
    {"format = 1\n[a]\ntitle = A\nkind = generic\n", "t.fp:2: [a] has no \"mechanism\""},
    {STANZA, "t.fp:2: [a] has no \"when\""},
    {STANZA "when = x.hello\n", "t.fp:2: [a] has no \"score\""},
    {STANZA "when = x.hello\nscore = 1\n", "t.fp:2: [a] has no \"rev\""},
    {STANZA "when = x.hello\nscore = 1\nrev = 1\n", "t.fp:2: [a] has no \"source\""},
};

static void
test_complaints(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *why;
		struct fingerprints *db = from_text(bad[i].text, &why);

		if (db || !strstr(why, bad[i].complaint))
			fail_msg("case %zu: wanted \"%s\", got \"%s\"", i, bad[i].complaint,
				 db ? "no complaint" : why);
		free(why);
	}
}

/* Repeats a line so often that a cap is hit. */
static void
expect_cap(const char *head, const char *line, unsigned times, const char *complaint)
{
	char text[16384], *why;
	size_t n = (size_t)snprintf(text, sizeof text, "%s", head);

	for (unsigned i = 0; i < times; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s", line);
	assert_null(from_text(text, &why));
	if (!strstr(why, complaint))
		fail_msg("wanted \"%s\", got \"%s\"", complaint, why);
	free(why);
}

static void
test_caps(void **state)
{
	(void)state;
	expect_cap(STANZA, "source = s\n", 17, "t.fp:22: more than 16 sources");
	expect_cap(STANZA, "never = x.done\n", 17, "t.fp:22: more than 16 \"never\" lines");
	expect_cap(STANZA, "unless = x.done\n", 17, "t.fp:22: more than 16 \"unless\" lines");
	expect_cap(STANZA, "support = +1% x.done\n", 17, "t.fp:22: more than 16 \"support\"");
	expect_cap(STANZA "when = x.hello", " with x.id", 13, "t.fp:6: more than 12 \"with\"");
	expect_cap(STANZA "when = x.hello", " a", 64, "t.fp:6: more than 64 words");
}

static void
test_nul_byte(void **state)
{
	struct complaints c = {0};
	struct fingerprints *db = database_new(tables);

	(void)state;
	database_parse(db, "t.fp", (struct bytes){(const uint8_t *)"format = 1\n\0\n", 13}, &c);
	assert_non_null(strstr(c.first, "t.fp:1: a NUL byte in a text file"));
	free(c.first);
	fingerprints_free(db);
}

static void
test_whole_stanza(void **state)
{
	struct fingerprints *db = must_load("# SPDX\n"
					    "format = 1 # the first line\n\n"
					    "[a-1]\r\n"
					    "title = \"A # in quotes\"\n"
					    "kind = specific\n"
					    "mechanism = drop\n"
					    "when = x.name == \"a \\\"b\\\" c\" from client\n"
					    "       with x.ttl >= 0x10   # a comment\n"
					    "       with x.id != 7\n"
					    "then = x.reset within 250ms times 3\n"
					    "score = 0.25\n"
					    "rev = 7\n"
					    "innocent = one\n"
					    "innocent = two\n"
					    "sample = s-1\n"
					    "near = n_2\n"
					    "source = one\n"
					    "source = two\n");
	const struct fingerprint *p = fingerprints_find(db, "a-1");
	const struct term *t = &db->stanzas[0]->lines[0];

	(void)state;
	assert_int_equal(fingerprints_count(db), 1);
	assert_ptr_equal(fingerprints_get(db, 0), p);
	assert_null(fingerprints_find(db, "a"));
	assert_string_equal(p->title, "A # in quotes");
	assert_int_equal(p->kind, SPECIFIC);
	assert_int_equal(p->mechanism, DROP);
	assert_true(p->score > 0.2499 && p->score < 0.2501);
	assert_int_equal(p->rev, 7);
	assert_int_equal(p->line, 4);
	assert_string_equal(p->file, "t.fp");
	assert_string_equal(p->innocent, "one two");
	assert_string_equal(p->sample, "s-1");
	assert_string_equal(p->near_miss, "n_2");
	assert_string_equal(p->sources[0], "one");
	assert_string_equal(p->sources[1], "two");
	assert_null(p->sources[2]);
	assert_int_equal(t->what.text.n, 7);
	assert_memory_equal(t->what.text.p, "a \"b\" c", 7);
	assert_int_equal(t->nwith, 2);
	assert_int_equal(t->with[0].u, 16);
	assert_int_equal(db->stanzas[0]->lines[1].within, 250 * NSEC_PER_MSEC);
	assert_int_equal(db->stanzas[0]->lines[1].times, 3);
	fingerprints_free(db);
}

/* What is printed parses to what it was. */
static void
test_print_parse(void **state)
{
	static const char *const terms[] = {
	    "x.hello",
	    "x.ttl >= 3 from server within 5s",
	    "x.reset within 250ms times 3 with x.ttl == 4 with x.done",
	    "x.addr == 10.0.0.0/8 from client",
	    "x.addr != 2001:db8::1",
	    "x.addr in nets",
	    "x.name ^= \"a \\\"b\\\" \\\\\"",
	    "x.reset within 3us",
	};
	struct complaints c = {0};
	struct fingerprints *db = database_new(tables);
	struct term_source s = {db, &c, "t", 1};

	(void)state;
	add_lists(db, &c);
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		struct term t;
		char *text = NULL;
		size_t n;
		FILE *memory;

		assert_true(term_parse(&s, terms[i], &t));
		memory = open_memstream(&text, &n);
		term_print(&t, memory);
		fclose(memory);
		assert_string_equal(text, terms[i]);
		free(text);
	}
	fingerprints_free(db);
}

static const struct {
	const char *text, *complaint;
} bad_lists[] = {
    {"match = whole\na\n", "l.txt:1: no source, expected a line"},
    {"# source:\nmatch = whole\na\n", "l.txt:1: no source, expected a line"},
    {"# source: s\nmatch = roughly\n", "l.txt:2: \"roughly\" is no way to match"},
    {"# source: s\nabc\n", "l.txt:2: entry before the way to match"},
    {"# source: s\nmatch = whole\n", "no entry, expected at least one"},
    {"# source: s\nmatch = whole\na\nA\tnote\n", "l.txt:4: \"a\" is listed already, in line 3"},
    {"# source: s\nmatch = contains\nab\n", "l.txt:3: \"ab\" is too short, expected at least 3"},
    {"# source: s\nmatch = network\n10.0.0\n", "l.txt:3: \"10.0.0\" is no network"},
    {"# source: s\nmatch = network\n10.0.0.0/33\n", "l.txt:3: \"10.0.0.0/33\" is no network"},
    {"# source: s\nmatch = network\n10.0.0.0/\n", "l.txt:3: \"10.0.0.0/\" is no network"},
    {"# source: s\nmatch = network\n10.0.0.0/8\n10.1.2.3/8\n",
     "l.txt:4: \"10.1.2.3/8\" is listed already, in line 3"},
};

static void
test_list_complaints(void **state)
{
	char longest[400] = "# source: s\nmatch = whole\n";
	struct complaints c = {0};
	struct fingerprints *db = database_new(tables);

	(void)state;
	for (size_t i = 0; i < sizeof bad_lists / sizeof bad_lists[0]; i++) {
		c = (struct complaints){0};
		lists_parse(db->lists, "l", "l.txt", bytes_of(bad_lists[i].text), &c);
		if (!c.first || !strstr(c.first, bad_lists[i].complaint))
			fail_msg("case %zu: wanted \"%s\", got \"%s\"", i, bad_lists[i].complaint,
				 c.first ? c.first : "no complaint");
		free(c.first);
	}
	c = (struct complaints){0};
	memset(longest + strlen(longest), 'a', 257);
	lists_parse(db->lists, "l", "l.txt", bytes_of(longest), &c);
	assert_non_null(strstr(c.first, "l.txt:3: entry of 257 bytes, expected at most 256"));
	free(c.first);
	c = (struct complaints){0};
	lists_parse(db->lists, "l", "l.txt", (struct bytes){(const uint8_t *)"a\0b", 3}, &c);
	assert_non_null(strstr(c.first, "l.txt:1: a NUL byte in a text file"));
	free(c.first);
	fingerprints_free(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_complaints),  cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_nul_byte),    cmocka_unit_test(test_whole_stanza),
	    cmocka_unit_test(test_print_parse), cmocka_unit_test(test_list_complaints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
