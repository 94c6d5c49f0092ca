/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user sees: words, community ids, safe text, pages, both kinds of report. */
#include "community.h"
#include "html_escape.h"
#include "page.h"
#include "phrases.h"
#include "printable.h"
#include "report_parts.h"
#include "sample_reports.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

/* --- Community ID: the specification's own vectors, and those of its Python package --- */

static struct addr
addr_of(const char *text)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		return addr_from_v4(b);
	assert_int_equal(inet_pton(AF_INET6, text, b), 1);
	return addr_from_v6(b);
}

static void
test_community(void **state)
{
	static const struct {
		uint8_t proto;
		const char *from, *to;
		uint16_t sport, dport;
		const char *id;
	} rows[] = {
	    {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	    {6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	    {6, "10.0.0.1", "10.0.0.2", 10, 11569, "1:SXBGMX1lBOwhhoDrZynfROxnhnM="},
	    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
	     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	    {6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
	     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	    {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	    {17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	    {132, "192.168.170.8", "192.168.170.56", 7, 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="},
	    {132, "192.168.170.56", "192.168.170.8", 80, 7, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="},
	    {1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	    {1, "192.168.0.1", "192.168.0.89", 0, 20, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	    {1, "192.168.0.89", "192.168.0.1", 20, 0, "1:3o2RFccXzUgjl7zDpqmY7yJi8rI="},
	    {1, "192.168.0.89", "192.168.0.1", 20, 1, "1:tz/fHIDUHs19NkixVVoOZywde+I="},
	    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
	     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	    {58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", 3, 0,
	     "1:/OGBt9BN1ofenrmSPWYicpij2Vc="},
	    {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
	     "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
	    {46, "10.1.24.4", "10.1.12.1", 1, 2, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4="},
	    {46, "10.1.12.1", "10.1.24.4", 4, 3, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4="},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct addr addr[2] = {addr_of(rows[i].from), addr_of(rows[i].to)};
		uint16_t port[2] = {rows[i].sport, rows[i].dport};
		char out[COMMUNITY_ID_MAX];

		assert_string_equal(community_id(rows[i].proto, addr, port, out), rows[i].id);
	}
}

/* --- words --- */

static void
same_words(const json_t *schema, const char *path, const char *const *words, size_t n)
{
	const json_t *at = schema, *word;
	char step[32];
	size_t i;

	for (const char *p = path; *p; p += strlen(step) + (p[strlen(step)] == '/')) {
		snprintf(step, sizeof step, "%.*s", (int)strcspn(p, "/"), p);
		at = json_object_get(at, step);
	}
	assert_int_equal(json_array_size(at), n);
	for (i = 0; i < n; i++) {
		bool found = false;
		size_t k;

		assert_non_null(words[i]);
		json_array_foreach(at, k, word)
		{
			found = found || strcmp(json_string_value(word), words[i]) == 0;
		}
		assert_true(found);
	}
}

static void
test_words(void **state)
{
	static const char basis[] = "$defs/finding/properties/trigger/properties/basis/items/enum";
	static const char *const bases[] = {"content", "contrast", "repeat"};
	json_t *schema = json_load_file(SOURCE_ROOT "/docs/report.schema.json", 0, NULL);

	(void)state;
	assert_non_null(schema);
	same_words(schema, "$defs/mechanism/enum", mechanism_words, NMECHANISMS);
	same_words(schema, "$defs/finding/properties/trigger/properties/kind/enum", trigger_words,
		   NTRIGGERS);
	same_words(schema, basis, bases, LENGTH(bases));
	same_words(schema, "$defs/finding/properties/stage/enum", stage_words, NSTAGES);
	same_words(schema, "$defs/finding/properties/direction/enum", direction_words, 3);
	same_words(schema, "$defs/frame/properties/role/enum", role_words, NROLES);
	same_words(schema, "$defs/flow_row/properties/outcome/enum", outcome_words, NOUTCOMES);
	same_words(schema, "$defs/capture/properties/vantage/enum", vantage_words, NVANTAGES);
	same_words(schema, "$defs/target/properties/kind/enum", target_kind_words, NTARGETKINDS);
	same_words(schema, "$defs/state/enum", target_state_words, NSTATES);
	json_decref(schema);
	for (unsigned m = 0; m < NMECHANISMS; m++) {
		assert_non_null(mechanism_titles[m]);
		assert_non_null(mechanism_clauses[m]);
	}
	for (unsigned t = 0; t < NTRIGGERS; t++)
		assert_non_null(trigger_phrases[t]);
	assert_string_equal(verdict_word(0.9), "confirmed");
	assert_string_equal(verdict_word(0.8999), "likely");
	assert_string_equal(verdict_word(0.6), "likely");
	assert_string_equal(verdict_word(0.5999), "possible");
	assert_string_equal(verdict_word(0.3), "possible");
	assert_null(verdict_word(0.2999));
	assert_string_equal(verdict_word(rounded(0.89996)), "confirmed");
}

/* --- safe text --- */

static void
test_printable(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned columns;
	} rows[] = {
	    {"plain", "plain", 5},
	    {"\033[31m", "\\x1b[31m", 8},
	    {"\x7f\x01\n\t", "\\x7f\\x01\\x0a\\x09", 16},
	    {"\xc2\x9b", "\\xc2\\x9b", 8},                    /* CSI as UTF-8 */
	    {"\x9b", "\\x9b", 4},                             /* CSI as a byte */
	    {"\xd0\xb6", "\xd0\xb6", 1},                      /* Cyrillic zhe */
	    {"\xe4\xbe\x8b", "\xe4\xbe\x8b", 2},              /* wide */
	    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2},      /* wide, four bytes */
	    {"e\xcc\x81", "e\xcc\x81", 1},                    /* combining */
	    {"\xc0\xaf", "\\xc0\\xaf", 8},                    /* overlong */
	    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", 12},          /* overlong */
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80", 12},          /* surrogate */
	    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16}, /* beyond the end */
	    {"\xf5", "\\xf5", 4},
	    {"\xe2\x82", "\\xe2\\x82", 8},               /* cut off */
	    {"\xe2\x80\xaexe", "\\xe2\\x80\\xaexe", 14}, /* right-to-left override */
	    {"\xe2\x80\x8b", "\\xe2\\x80\\x8b", 12},     /* zero width space */
	    {"", "", 0},
	};
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;

	(void)state;
	assert_true(utf8 != (locale_t)0);
	before = uselocale(utf8);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *out = printable(rows[i].in);

		assert_string_equal(out, rows[i].out);
		assert_int_equal(printable_columns(rows[i].in), rows[i].columns);
		free(out);
	}
	uselocale(before);
	freelocale(utf8);
}

/* --- whole reports --- */

static char *
write_sample(const char *name, const char *format, const struct report_style *style)
{
	struct arena *a = arena_new();
	struct report *r = sample_report(a, name);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(r);
	for (const struct report_writer *w = report_writers; w->format; w++)
		if (strcmp(w->format, format) == 0)
			assert_int_equal(w->write(r, style, out), 0);
	fclose(out);
	assert_int_equal(strlen(text), size);
	arena_free(a);
	return text;
}

static void
check_line(const char *line, unsigned columns)
{
	/* Filters, links and digests stay on one line: they are there to be copied. */
	bool whole =
	    strstr(line, "frame.number in {") || strstr(line, "://") || strstr(line, "SHA-256 ");

	if (!whole && printable_columns(line) > columns)
		fail_msg("%u columns, not %u: %s", printable_columns(line), columns, line);
	if (*line && line[strlen(line) - 1] == ' ')
		fail_msg("blank at the end of: %s", line);
	for (const char *c = line; *c; c++)
		assert_true((uint8_t)*c >= 0x20 && *c != 0x7f);
}

static void
test_text_fits(void **state)
{
	static const unsigned widths[] = {48, 62, 80, 100, 200};
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;

	(void)state;
	before = uselocale(utf8);
	for (size_t i = 0; sample_names[i]; i++) {
		for (size_t k = 0; k < 2 * LENGTH(widths); k++) {
			struct report_style style = {.columns = widths[k / 2], .verbose = k % 2};
			char *text = write_sample(sample_names[i], "text", &style), *rest = text;

			for (char *line; (line = strsep(&rest, "\n"));)
				check_line(line, style.columns);
			free(text);
		}
	}
	uselocale(before);
	freelocale(utf8);
}

/* Takes the colours out of a text; fails at any other escape. */
static void
strip_colours(char *text)
{
	static const char *const codes[] = {"\033[0m",    "\033[1m",    "\033[2m",
					    "\033[1;31m", "\033[1;33m", "\033[32m"};
	char *to = text;

	for (char *c = text; *c;) {
		size_t i = 0;

		if (*c != '\033') {
			*to++ = *c++;
			continue;
		}
		while (i < LENGTH(codes) && strncmp(c, codes[i], strlen(codes[i])) != 0)
			i++;
		assert_true(i < LENGTH(codes));
		c += strlen(codes[i]);
	}
	*to = '\0';
}

static void
test_colour(void **state)
{
	(void)state;
	for (size_t i = 0; sample_names[i]; i++) {
		struct report_style style = {.columns = 80};
		char *plain = write_sample(sample_names[i], "text", &style), *colourful;

		assert_null(strchr(plain, '\033'));
		style.colour = true;
		colourful = write_sample(sample_names[i], "text", &style);
		assert_non_null(strchr(colourful, '\033'));
		strip_colours(colourful);
		assert_string_equal(plain, colourful);
		free(plain);
		free(colourful);
	}
}

static void
says(const char *name, unsigned verbose, const char *const *needles)
{
	/* So wide that no phrase is broken. */
	struct report_style style = {.columns = 4000, .verbose = verbose};
	char *text = write_sample(name, "text", &style);

	for (; *needles; needles++)
		if (!strstr(text, *needles))
			fail_msg("%s does not say: %s\n%s", name, *needles, text);
	free(text);
}

static void
test_text_says(void **state)
{
	(void)state;
	says("none", 0,
	     (const char *[]){"No interference was found.", "office.pcapng: 3214 packets, EN10MB",
			      "taken at the client", "212 flows, 0 findings",
			      "- 3 flows begin before the capture does.", NULL});
	says("empty", 0,
	     (const char *[]){"No interference was found.", "-: 0 packets", "0 flows", NULL});
	says("one", 0,
	     (const char *[]){
		 "www.blocked.example             BLOCKED    confirmed (97 %)",
		 "connections are cut by a forged reset right after the name is sent; 1 of 2 "
		 "attempts (f1)",
		 "reachable: www.fine.example", "slow.example                    unclear",
		 "tcp 192.0.2.10:43123 -> 203.0.113.5:443",
		 "the TLS server name "
		 "www.blocked.example",
		 "known because it is the last thing said before, and because flows that differ",
		 "the server went on sending (frame 7)", "5: IP TTL 61, usual 48; TCP window 0",
		 "filter    frame.number in {4..7, 26}",
		 "the server ended the connection itself: it went on sending",
		 "looks like example-middlebox (90 %)", "https://example.org/papers/",
		 "www.fine.example at the same address answered (flow 3, frame 41)",
		 "1 finding: 1 confirmed, 0 likely, 0 possible", NULL});
	says("one", 1,
	     (const char *[]){"+3.25", "+2.90", "-0.70", "other resets look alike",
			      "1:PnpNgGrqyRhZA9l0v6MTFR/a564=", "psh-ack-rst", NULL});
	says("several", 0,
	     (const char *[]){"frame.number in {4..7, 26} in office.pcapng", "5 of office.pcapng",
			      "home/second capture.pcap.gz: 3215 packets",
			      "again     f2: 2026-02-11T19:00:00.125456Z", NULL});
	says("several", 1, (const char *[]){"f2  forged reset", "f3  forged reset", NULL});
	says("ipv6", 0, (const char *[]){"tcp [2001:db8::1]:43123 -> [2001:db8::2]:443", NULL});
	says("many", 0, (const char *[]){"f40 ", "and 34 more", "which -v shows", NULL});
	says("flows", 0,
	     (const char *[]){"interfered  tcp", "frames 4 to 43", "ip-47 ", ", f1\n", NULL});
}

/* --- JSON --- */

static void
test_json(void **state)
{
	static const char *const lists[] = {"captures", "targets", "findings", "flows"};
	static const char *const types[] = {"capture", "target", "finding", "flow"};
	struct report_style style = {.columns = 80};

	(void)state;
	for (size_t i = 0; sample_names[i]; i++) {
		char *text = write_sample(sample_names[i], "json", &style);
		char *lines = write_sample(sample_names[i], "ndjson", &style), *rest = lines;
		json_t *whole = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		size_t at[LENGTH(lists)] = {0};

		assert_non_null(whole);
		/* Each line is the element of the document whose turn it is. */
		for (char *line; (line = strsep(&rest, "\n")) && *line;) {
			json_t *j = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
			const char *type = json_string_value(json_object_get(j, "type"));

			assert_non_null(type);
			for (size_t k = 0; k < LENGTH(lists); k++) {
				json_t *list = json_object_get(whole, lists[k]);

				if (strcmp(type, types[k]) != 0)
					continue;
				json_object_del(j, "type");
				assert_true(json_equal(j, json_array_get(list, at[k]++)));
				break; /* the type's text is gone */
			}
			json_decref(j);
		}
		for (size_t k = 0; k < LENGTH(lists); k++)
			assert_int_equal(at[k], json_array_size(json_object_get(whole, lists[k])));
		json_decref(whole);
		free(lines);
		free(text);
	}
}

static void
test_json_values(void **state)
{
	static const struct {
		const char *in, *out; /* as JSON */
	} rows[] = {{"61", "61"},
		    {"-3", "-3"},
		    {"0", "0"},
		    {"007", "\"007\""},
		    {"0x1f", "\"0x1f\""},
		    {"0.25", "0.25"},
		    {"1.", "\"1.\""},
		    {"-", "\"-\""},
		    {"", "\"\""},
		    {"1.2.3", "\"1.2.3\""},
		    {"1e3", "\"1e3\""},
		    {"192.0.2.1", "\"192.0.2.1\""},
		    {"99999999999999999999", "\"99999999999999999999\""}};
	struct report_style style = {.columns = 80};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_new();
		struct report *r = sample_report(a, "one");
		char *text = NULL, expected[80];
		size_t size;
		FILE *out = open_memstream(&text, &size);

		r->findings[0]->cites[2].observations[0].observed = rows[i].in;
		r->findings[0]->cites[2].observations[0].baseline = NULL;
		assert_int_equal(report_json(r, &style, out), 0);
		fclose(out);
		snprintf(expected, sizeof expected, "\"observed\": %s, \"baseline\": null",
			 rows[i].out);
		if (!strstr(text, expected))
			fail_msg("not found: %s", expected);
		free(text);
		arena_free(a);
	}
}

/* What a terminal would obey must not reach it through JSON either. */
static void
test_json_hostile(void **state)
{
	struct report_style style = {.columns = 80};
	char *text = write_sample("hostile", "json", &style);

	(void)state;
	for (const char *c = text; *c; c++) {
		assert_true((uint8_t)*c >= 0x20 || *c == '\n');
		assert_true(*c != 0x7f);
		if ((uint8_t)*c == 0xc2)
			assert_true((uint8_t)c[1] >= 0xa0);
	}
	assert_non_null(strstr(text, "\\u001B[2J"));
	assert_non_null(strstr(text, "\\\\xc0\\\\xaf"));
	free(text);
}

static void
test_same_twice(void **state)
{
	struct report_style style = {.columns = 80, .verbose = 1};

	(void)state;
	for (size_t i = 0; sample_names[i]; i++) {
		for (const struct report_writer *w = report_writers; w->format; w++) {
			char *once = write_sample(sample_names[i], w->format, &style);
			char *twice = write_sample(sample_names[i], w->format, &style);

			assert_string_equal(once, twice);
			free(once);
			free(twice);
		}
	}
}

/* --- the page --- */

static void
check_page_text(void (*write)(FILE *out, const char *text), const char *in, const char *expected)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	write(out, in);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void
write_short(FILE *out, const char *text)
{
	html_short(out, text, 5);
}

static void
test_html_text(void **state)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = uselocale(utf8);

	(void)state;
	check_page_text(html_text, "<a b=\"c\" d='e'>&amp;",
			"&lt;a b=&quot;c&quot; "
			"d=&#39;e&#39;&gt;&amp;amp;");
	check_page_text(html_text, "\x1b[2J\xe2\x80\xae\xff", "\\x1b[2J\\xe2\\x80\\xae\\xff");
	check_page_text(html_name, "a.example.org/b", "<bdi>a.example.<wbr>org/<wbr>b</bdi>");
	check_page_text(html_name, "abcdefghijklmnopqrstuvwxyz",
			"<bdi>abcdefghijklmnopqrst<wbr>uvwxyz</bdi>");
	check_page_text(write_short, "<>&\"'", "&lt;&gt;&amp;&quot;&#39;");
	check_page_text(write_short, "abcdef", "abcd\xe2\x80\xa6");
	check_page_text(write_short, "abc\xe4\xbe\x8b\xe4\xbe\x8b", "abc\xe2\x80\xa6");
	uselocale(before);
	freelocale(utf8);
}

static void
test_shell_word(void **state)
{
	static const char *const rows[][2] = {
	    {"evening.pcapng", "evening.pcapng"},
	    {"a b", "'a b'"},
	    {"it's", "'it'\\''s'"},
	    {"-r", "./-r"},
	    {"-r x", "'./-r x'"},
	    {"-", "-"},
	    {"", "''"},
	    {"\n'\\", "$'\\x0a\\x27\\x5c'"},
	    {"\xe2\x80\xae", "$'\\xe2\\x80\\xae'"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *word = shell_word(rows[i][0]);

		assert_string_equal(word, rows[i][1]);
		free(word);
	}
}

static void
test_disk_full(void **state)
{
	struct report_style style = {.columns = 80};

	(void)state;
	for (const struct report_writer *w = report_writers; w->format; w++) {
		struct arena *a = arena_new();
		FILE *full = fopen("/dev/full", "w");

		assert_non_null(full);
		assert_true(w->write(sample_report(a, "one"), &style, full) < 0);
		fclose(full);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_community),    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_printable),    cmocka_unit_test(test_text_fits),
	    cmocka_unit_test(test_colour),       cmocka_unit_test(test_text_says),
	    cmocka_unit_test(test_json),         cmocka_unit_test(test_json_values),
	    cmocka_unit_test(test_json_hostile), cmocka_unit_test(test_same_twice),
	    cmocka_unit_test(test_html_text),    cmocka_unit_test(test_shell_word),
	    cmocka_unit_test(test_disk_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
