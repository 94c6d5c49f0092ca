/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fingerprints: what every word means on a flow, lists, and what covers what. */
#include "dissect_engine.h"
#include "fingerprint_kit.h"

/* --- what the words mean --- */

/* Greeting at 0 ms in frame 1, reset with TTL 40 and ID 5 at 100 ms in frame 2, a late answer
 * with TTL 60 at 200 ms in frame 3. */
static void
common_flow(void)
{
	begin();
	add(HELLO, CLIENT, 1, 0);
	add_text(SNI, CLIENT, 1, 0, "www.Example.com");
	add(RESET, SERVER, 2, 100);
	add_uint(TTL, SERVER, 2, 100, 40);
	add_uint(ID, SERVER, 2, 100, 5);
	add(DONE, SERVER, 3, 200);
	add_uint(TTL, SERVER, 3, 200, 60);
}

static void
test_operators(void **state)
{
	(void)state;
	common_flow();
	assert_int_equal(fits("when = x.id == 5\n"), 1);
	assert_int_equal(fits("when = x.id == 0x5\n"), 1);
	assert_int_equal(fits("when = x.id == 6\n"), 0);
	assert_int_equal(fits("when = x.id != 5\n"), 0);
	assert_int_equal(fits("when = x.id != 6\n"), 1);
	assert_int_equal(fits("when = x.id < 5\n"), 0);
	assert_int_equal(fits("when = x.id < 6\n"), 1);
	assert_int_equal(fits("when = x.id <= 5\n"), 1);
	assert_int_equal(fits("when = x.id <= 4\n"), 0);
	assert_int_equal(fits("when = x.id > 5\n"), 0);
	assert_int_equal(fits("when = x.id > 4\n"), 1);
	assert_int_equal(fits("when = x.id >= 5\n"), 1);
	assert_int_equal(fits("when = x.id >= 6\n"), 0);
	assert_int_equal(fits("when = x.id\n"), 1);
	assert_int_equal(fits("when = x.addr\n"), 0);
	assert_int_equal(fits("when = x.name == WWW.example.COM\n"), 1);
	assert_int_equal(fits("when = x.name == example.com\n"), 0);
	assert_int_equal(fits("when = x.name != example.com\n"), 1);
	assert_int_equal(fits("when = x.name ~ EXAMPLE\n"), 1);
	assert_int_equal(fits("when = x.name ~ \"example.comm\"\n"), 0);
	assert_int_equal(fits("when = x.name ^= WWW.\n"), 1);
	assert_int_equal(fits("when = x.name ^= example\n"), 0);
	assert_int_equal(fits("when = x.name in names\n"), 0);
}

static void
test_addresses(void **state)
{
	static const uint8_t ten[4] = {10, 10, 34, 35};
	static const uint8_t six[16] = {0x20, 1, 0x0d, 0xb8, 0x7f};

	(void)state;
	begin();
	add(ADDRESS, SERVER, 1, 0)->addr = addr_from_v4(ten);
	assert_int_equal(fits("when = x.addr == 10.10.34.35\n"), 1);
	assert_int_equal(fits("when = x.addr == 10.10.34.34\n"), 0);
	assert_int_equal(fits("when = x.addr != 10.10.34.34\n"), 1);
	assert_int_equal(fits("when = x.addr == 10.10.34.34/31\n"), 1);
	assert_int_equal(fits("when = x.addr == 10.10.34.32/31\n"), 0);
	assert_int_equal(fits("when = x.addr == 0.0.0.0/0\n"), 1);
	assert_int_equal(fits("when = x.addr == ::/0\n"), 1);
	assert_int_equal(fits("when = x.addr == 2001:db8::/32\n"), 0);
	assert_int_equal(fits("when = x.addr in nets\n"), 1);
	begin();
	add(ADDRESS, SERVER, 1, 0)->addr = addr_from_v6(six);
	assert_int_equal(fits("when = x.addr == 0.0.0.0/0\n"), 0);
	assert_int_equal(fits("when = x.addr == 2001:db8::/32\n"), 1);
	assert_int_equal(fits("when = x.addr in nets\n"), 1);
}

static void
test_sides(void **state)
{
	(void)state;
	common_flow();
	assert_int_equal(fits("when = x.hello from client\n"), 1);
	assert_int_equal(fits("when = x.hello from server\n"), 0);
	assert_int_equal(fits("when = x.reset from server\n"), 1);
}

static void
test_order_and_within(void **state)
{
	(void)state;
	common_flow();
	assert_int_equal(fits("when = x.hello\nthen = x.reset\n"), 1);
	assert_int_equal(fits("when = x.reset\nthen = x.hello\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.reset within 100ms\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.reset within 99ms\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.reset\nthen = x.done within 100ms\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.done within 199ms\n"), 0);
	/* Two lines never take one fact, but may take facts of one packet. */
	assert_int_equal(fits("when = x.hello\nthen = x.hello\n"), 0);
	assert_int_equal(fits("when = x.name\nthen = x.hello\n"), 1);
}

static void
test_same_packet(void **state)
{
	(void)state;
	common_flow();
	assert_int_equal(fits("when = x.reset with x.ttl == 40 with x.id == 5\n"), 1);
	/* Somebody else's TTL does not convict. */
	assert_int_equal(fits("when = x.reset with x.ttl == 60\n"), 0);
	assert_int_equal(fits("when = x.done with x.ttl == 60\n"), 1);
	assert_int_equal(fits("when = x.done with x.id\n"), 0);
	/* Two captures may use one frame number at the same time. */
	pool[3].at.capture = 1;
	assert_int_equal(fits("when = x.reset with x.ttl == 40\n"), 0);
}

/* After an injected reset the true answer still arrives: it must not acquit the injector. */
static void
test_unless_and_never(void **state)
{
	(void)state;
	common_flow();
	assert_int_equal(fits("when = x.hello\nthen = x.reset\nunless = x.done\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.reset\nnever = x.done\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.done\nunless = x.reset\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.done\nunless = x.reset with x.ttl == 41\n"),
			 1);
	assert_int_equal(fits("when = x.hello\nthen = x.reset\nnever = x.done from client\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.done\nunless = x.reset times 2\n"), 1);
}

static void
test_times(void **state)
{
	(void)state;
	begin();
	add(HELLO, CLIENT, 1, 0);
	for (uint32_t i = 0; i < 3; i++) {
		add(RESET, SERVER, 2 + i, 10 * (i + 1));
		add_uint(TTL, SERVER, 2 + i, 10 * (i + 1), 40 + i);
	}
	assert_int_equal(fits("when = x.hello\nthen = x.reset times 3\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.reset times 4\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.reset within 30ms times 3\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.reset within 29ms times 3\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.reset times 2 with x.ttl >= 41\n"), 1);
	assert_int_equal(fits("when = x.hello\nthen = x.reset times 3 with x.ttl >= 41\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.reset\nnever = x.reset times 3\n"), 0);
	assert_int_equal(fits("when = x.hello\nthen = x.reset\nnever = x.reset times 4\n"), 1);
	/* Facts of one packet count once. */
	add(RESET, SERVER, 4, 30);
	assert_int_equal(fits("when = x.hello\nthen = x.reset times 4\n"), 0);
}

static void
test_backtracking(void **state)
{
	struct fingerprints *db;

	(void)state;
	begin();
	add(HELLO, CLIENT, 1, 0);
	add(HELLO, CLIENT, 2, 10000);
	add(RESET, SERVER, 3, 10050);
	add(RESET, SERVER, 4, 11000);
	add(DONE, SERVER, 5, 11010);
	/* Taking the first greeting and the first reset leads nowhere. */
	db = with_lines("when = x.hello\nthen = x.reset within 1s\nthen = x.done within 20ms\n");
	assert_int_equal(match(db), 1);
	assert_int_equal(found[0].nfacts, 3);
	assert_int_equal(found[0].facts[0]->at.frame, 2);
	assert_int_equal(found[0].facts[1]->at.frame, 4);
	assert_int_equal(found[0].facts[2]->at.frame, 5);
	fingerprints_free(db);
}

static void
test_earliest_assignment(void **state)
{
	struct fingerprints *db = with_lines("when = x.hello\nthen = x.reset\n");

	(void)state;
	begin();
	for (uint32_t i = 1; i < 9; i++)
		add(i % 2 ? HELLO : RESET, i % 2 ? CLIENT : SERVER, i, i);
	assert_int_equal(match(db), 1);
	assert_int_equal(found[0].facts[0]->at.frame, 1);
	assert_int_equal(found[0].facts[1]->at.frame, 2);
	fingerprints_free(db);
}

static void
test_support(void **state)
{
	struct fingerprints *db =
	    with_lines("when = x.reset\nsupport = +0.2 x.done within 100ms\n"
		       "support = +10% x.hello within 99ms\nsupport = +90% x.id == 6\n");

	(void)state;
	common_flow();
	assert_int_equal(match(db), 1);
	assert_true(found[0].score > 0.699 && found[0].score < 0.701);
	add_uint(ID, SERVER, 3, 200, 6);
	assert_int_equal(match(db), 1);
	assert_true(found[0].score > 0.989 && found[0].score < 0.991);
	fingerprints_free(db);
}

#define OTHER(id, kind, mechanism, score, lines)                                                   \
	"[" id "]\ntitle = T\nkind = " kind "\nmechanism = " mechanism "\nscore = " score          \
	"\nrev = 1\nsource = s\n" lines

static void
test_specific_before_generic(void **state)
{
	struct fingerprints *db = must_load(
	    "format = 1\n" OTHER("g", "generic", "rst-injection", "99%", "when = x.reset\n")
		OTHER("s", "specific", "rst-injection", "10%", "when = x.reset with x.id == 5\n")
		    OTHER("s2", "specific", "rst-injection", "10%", "when = x.reset with x.ttl\n")
			OTHER("d", "generic", "drop", "5%", "when = x.reset\n"));

	(void)state;
	common_flow();
	assert_int_equal(match(db), 3);
	assert_string_equal(found[0].fingerprint->id, "s");
	assert_string_equal(found[1].fingerprint->id, "s2");
	assert_string_equal(found[2].fingerprint->id, "d");
	assert_int_equal(fingerprints_match(db, &flow, found, 1), 1);
	assert_string_equal(found[0].fingerprint->id, "s");
	pool[4].u = 6;
	flow.nfacts = 3; /* neither TTL nor ID: the technique only */
	assert_int_equal(match(db), 2);
	assert_string_equal(found[0].fingerprint->id, "g");
	fingerprints_free(db);
}

static void
test_malformed_is_a_field(void **state)
{
	struct fingerprints *db = database_new(registry_tables());
	const struct field *field = database_field(db, "dns.malformed");

	(void)state;
	assert_non_null(field);
	assert_int_equal(field->type, FACT_MARK);
	assert_ptr_equal(field, &malformed_fields[0]);
	assert_string_equal(dissectors[0]->name, "dns");
	fingerprints_free(db);
}

/* Facts come in the order in which they were noted, which need not be that of time. */
static void
test_unsorted_facts(void **state)
{
	struct fingerprints *db = with_lines("when = x.hello\nthen = x.reset with x.ttl == 40\n");

	(void)state;
	common_flow();
	for (size_t i = 0; i < flow.nfacts / 2U; i++) {
		struct fact swapped = pool[i];

		pool[i] = pool[flow.nfacts - 1 - i];
		pool[flow.nfacts - 1 - i] = swapped;
	}
	assert_int_equal(match(db), 1);
	assert_int_equal(found[0].facts[0]->at.frame, 1);
	fingerprints_free(db);
}

/* The gate steps through texts: a marker is found wherever it stands. */
static void
test_gate_finds_markers(void **state)
{
	struct fingerprints *db =
	    with_lines("when = x.body in markers\nthen = x.body ~ \"-0-1-\"\n");
	char text[96];

	(void)state;
	for (int before = 0; before < 30; before++) {
		snprintf(text, sizeof text, "%.*sBloCKED by-0-1-%.*s", before,
			 "....-0-1.........................", 30 - before,
			 "..............................");
		begin();
		add_text(BODY, SERVER, 1, 0, text);
		add_text(BODY, SERVER, 2, 1, text);
		assert_int_equal(match(db), 1);
		text[before] = 'G';
		begin();
		add_text(BODY, SERVER, 1, 0, text);
		add_text(BODY, SERVER, 2, 1, text);
		assert_int_equal(match(db), 0);
	}
	fingerprints_free(db);
}

/* Of any length, those included that it searches for by a single byte. */
static void
test_gate_finds_all_lengths(void **state)
{
	static const char *const words[] = {"ABCDEFGHIJKLMNOP", "?A=BCDEFGHIJKLMN",
					    "ABCDEFGH=IJKLMNO", "1234567890123456"};
	char line[64], text[64];

	(void)state;
	for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
		for (int n = 5; n <= 16; n++) {
			snprintf(line, sizeof line, "when = x.body ~ \"%.*s\"\n", n, words[w]);
			for (int before = 0; before < 20; before++) {
				snprintf(text, sizeof text, "%.*s%.*s", before,
					 "a?b=a-ab?=?--Aabca?-", n, words[w]);
				for (char *c = text; w % 2 && *c; c++)
					*c = (char)ascii_lower((uint8_t)*c);
				begin();
				add_text(BODY, SERVER, 1, 0, text);
				assert_int_equal(fits(line), 1);
				text[before + n - 1] = '!';
				begin();
				add_text(BODY, SERVER, 1, 0, text);
				assert_int_equal(fits(line), 0);
			}
		}
	}
}

/* And its map of addresses holds networks of any size, in both families. */
static void
test_gate_finds_networks(void **state)
{
	static const char *const networks[] = {
	    "0.0.0.0/0",   "10.0.0.0/7", "10.10.0.0/15", "10.11.0.0/16",  "10.11.12.0/23",
	    "10.11.12.13", "::/0",       "::/64",        "::fffe:0:0/95", "::ffff:0:0/96"};
	static const uint8_t host[4] = {10, 11, 12, 13};
	char line[64];

	(void)state;
	begin();
	add(ADDRESS, SERVER, 1, 0)->addr = addr_from_v4(host);
	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
		snprintf(line, sizeof line, "when = x.addr == %s\n", networks[i]);
		if (fits(line) != 1)
			fail_msg("not found in %s", networks[i]);
	}
}

/* Bulky texts are kept only if some term, of whatever kind, may find something in them. */
static void
test_wanted_texts(void **state)
{
	static const struct {
		const char *lines, *text;
		bool wanted;
	} cases[] = {
	    {"when = x.hello\nthen = x.body ~ \"closed by law\"\n", "<p>Closed by Law.", true},
	    {"when = x.hello\nthen = x.body ~ \"closed by law\"\n", "<p>Open by law.", false},
	    {"when = x.hello\nthen = x.reset with x.body in markers\n", "Access denied", true},
	    {"when = x.hello\nunless = x.body ~ \"welcome\"\n", "well, welcome", true},
	    {"when = x.hello\nnever = x.reset with x.body ~ \"hm\"\n", "hmm", true},
	    {"when = x.hello\nsupport = +1% x.body ~ \"hm\"\n", "hmm", true},
	    {"when = x.hello\nsupport = +1% x.body ~ \"hm\"\n", "huh", false},
	    {"when = x.hello\nthen = x.body != \"hm\"\n", "huh", true},
	    {"when = x.hello\nthen = x.body != \"hm\"\n", "hm", false},
	    {"when = x.hello\nthen = x.body\n", "anything", true},
	    {"when = x.name ~ \"anything\"\n", "anything", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fingerprints *db = with_lines(cases[i].lines);

		if (fingerprints_want(db, &fields[BODY], bytes_of(cases[i].text)) !=
		    cases[i].wanted)
			fail_msg("%s of %s", cases[i].text, cases[i].lines);
		fingerprints_free(db);
	}
}

static void
test_hostile_flow(void **state)
{
	struct fingerprints *db =
	    with_lines("when = x.reset\nthen = x.reset\nthen = x.reset\nthen = x.reset\n"
		       "then = x.reset\nthen = x.done\n");

	(void)state;
	begin();
	add(DONE, SERVER, 1, 0); /* too early, but without it nobody would search */
	for (uint32_t i = 1; i < 512; i++)
		add(RESET, SERVER, i + 1, i);
	assert_int_equal(fingerprints_given_up(db), 0);
	assert_int_equal(match(db), 0);
	assert_int_equal(fingerprints_given_up(db), 1);
	fingerprints_free(db);
}

static void
test_extreme_times(void **state)
{
	struct fingerprints *db = with_lines("when = x.hello\nthen = x.reset within 86400s\n"
					     "support = +1% x.done within 86400s\n");

	(void)state;
	begin();
	add(HELLO, CLIENT, 1, 0)->nsec = INT64_MIN;
	add(HELLO, CLIENT, 2, 0)->nsec = INT64_MAX - 1;
	add(RESET, SERVER, 3, 0)->nsec = INT64_MAX;
	assert_int_equal(match(db), 1);
	assert_int_equal(found[0].facts[0]->at.frame, 2);
	flow.nfacts = 1;
	add(RESET, SERVER, 3, 0)->nsec = INT64_MIN;
	assert_int_equal(match(db), 1);
	fingerprints_free(db);
}

/* --- lists --- */

static void
expect_list(const struct fingerprints *db, const char *list, const char *text, const char *note)
{
	const char *got = fingerprints_listed(db, list, bytes_of(text));

	if (!note)
		assert_null(got);
	else if (!got)
		fail_msg("%s is not in %s", text, list);
	else
		assert_string_equal(got, note);
}

static void
test_lists(void **state)
{
	struct fingerprints *db = with_lines("when = x.name in names\n");
	static const uint8_t one[4] = {10, 10, 34, 34}, two[4] = {10, 10, 34, 35},
			     none[4] = {11, 0, 0, 1};
	struct addr a = addr_from_v4(one), b = addr_from_v4(two), c = addr_from_v4(none);

	(void)state;
	expect_list(db, "names", "EXAMPLE.com", "the note");
	expect_list(db, "names", "www.example.com", NULL);
	expect_list(db, "names", "", NULL);
	expect_list(db, "markers", "<p>You are BLOCKED", "short");
	expect_list(db, "markers", "<p>You are blocked by law", "long");
	expect_list(db, "markers", "access denied", "");
	expect_list(db, "markers", "block", NULL);
	expect_list(db, "markers", "blocke", NULL);
	expect_list(db, "markers", "", NULL);
	expect_list(db, "heads", "HTTP://block.example/", "page");
	expect_list(db, "heads", "see http://block.example/", NULL);
	expect_list(db, "nets", "10.10.34.34", NULL);
	expect_list(db, "nowhere", "x", NULL);
	assert_string_equal(fingerprints_listed_addr(db, "nets", &a), "one");
	assert_string_equal(fingerprints_listed_addr(db, "nets", &b), "wide");
	assert_null(fingerprints_listed_addr(db, "nets", &c));
	assert_null(fingerprints_listed_addr(db, "names", &a));
	assert_null(fingerprints_listed_addr(db, "nowhere", &a));
	fingerprints_free(db);
}

/* --- one stanza covers another --- */

static bool
covers(const char *wide, const char *narrow)
{
	struct fingerprints *w = with_lines(wide), *n = with_lines(narrow);
	bool r = stanza_implies(n->stanzas[0], w->stanzas[0]);

	fingerprints_free(w);
	fingerprints_free(n);
	return r;
}

static void
test_covering(void **state)
{
	(void)state;
	assert_true(covers("when = x.reset\n", "when = x.reset with x.ttl == 4\n"));
	assert_false(covers("when = x.reset with x.ttl == 4\n", "when = x.reset\n"));
	assert_true(covers("when = x.ttl >= 3\n", "when = x.ttl == 4 from server\n"));
	assert_false(covers("when = x.ttl >= 3 from server\n", "when = x.ttl == 4\n"));
	assert_true(covers("when = x.ttl != 3\n", "when = x.ttl > 3\n"));
	assert_false(covers("when = x.ttl < 9\n", "when = x.ttl > 3\n"));
	assert_true(covers("when = x.name ~ b\n", "when = x.name == abc\n"));
	assert_true(covers("when = x.name ^= ab\n", "when = x.name ^= abc\n"));
	assert_false(covers("when = x.name ^= ab\n", "when = x.name ~ abc\n"));
	assert_true(covers("when = x.name in names\n", "when = x.name == example.com\n"));
	assert_true(covers("when = x.addr == 10.0.0.0/8\n", "when = x.addr == 10.2.0.0/16\n"));
	assert_false(covers("when = x.addr == 10.2.0.0/16\n", "when = x.addr == 10.0.0.0/8\n"));
	assert_true(covers("when = x.hello\nthen = x.reset\n",
			   "when = x.hello\nthen = x.done\nthen = x.reset\n"));
	assert_false(
	    covers("when = x.reset\nthen = x.hello\n", "when = x.hello\nthen = x.reset\n"));
	assert_true(covers("when = x.hello\nthen = x.reset within 2s\n",
			   "when = x.hello\nthen = x.reset within 1s\n"));
	assert_false(covers("when = x.hello\nthen = x.reset within 1s\n",
			    "when = x.hello\nthen = x.reset within 2s\n"));
	assert_false(covers("when = x.reset\nnever = x.done\n", "when = x.reset\n"));
	assert_true(covers("when = x.reset\nnever = x.done\n", "when = x.reset\nnever = x.done\n"));
	assert_true(covers("when = x.reset times 2\n", "when = x.reset times 3\n"));
	assert_false(covers("when = x.reset times 3\n", "when = x.reset times 2\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operators),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_sides),
	    cmocka_unit_test(test_order_and_within),
	    cmocka_unit_test(test_same_packet),
	    cmocka_unit_test(test_unless_and_never),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_backtracking),
	    cmocka_unit_test(test_earliest_assignment),
	    cmocka_unit_test(test_support),
	    cmocka_unit_test(test_specific_before_generic),
	    cmocka_unit_test(test_gate_finds_markers),
	    cmocka_unit_test(test_gate_finds_all_lengths),
	    cmocka_unit_test(test_gate_finds_networks),
	    cmocka_unit_test(test_malformed_is_a_field),
	    cmocka_unit_test(test_unsorted_facts),
	    cmocka_unit_test(test_wanted_texts),
	    cmocka_unit_test(test_hostile_flow),
	    cmocka_unit_test(test_extreme_times),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_covering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
