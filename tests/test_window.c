/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows of time, and statistics by them: nothing is counted twice, nothing is lost. */
#include "analyze.h"
#include "window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define SECOND NSEC_PER_SEC

static bool
over(struct window *w, int64_t now, int64_t from, int64_t to)
{
	int64_t got_from, got_to;

	if (!window_over(w, now, &got_from, &got_to))
		return false;
	assert_int_equal(got_from, from);
	assert_int_equal(got_to, to);
	return true;
}

static void
test_window(void **state)
{
	struct window w = {.length = 10 * SECOND};

	(void)state;
	assert_false(over(&w, 1003 * SECOND, 0, 0));
	assert_false(over(&w, 1010 * SECOND - 1, 0, 0));
	assert_true(over(&w, 1010 * SECOND, 1003 * SECOND, 1010 * SECOND));
	/* A frame that comes a blink late. */
	assert_false(over(&w, 1010 * SECOND - SECOND / 5, 0, 0));
	assert_true(over(&w, 1020 * SECOND, 1010 * SECOND, 1020 * SECOND));
	/* Suspended. */
	assert_true(over(&w, 5005 * SECOND, 1020 * SECOND, 1030 * SECOND));
	assert_false(over(&w, 5009 * SECOND, 0, 0));
	assert_true(over(&w, 5010 * SECOND, 5005 * SECOND, 5010 * SECOND));
	/* The clock is put back. */
	assert_false(over(&w, 5013 * SECOND, 0, 0));
	assert_true(over(&w, 2001 * SECOND, 5010 * SECOND, 5013 * SECOND));
	assert_true(over(&w, 2010 * SECOND, 2001 * SECOND, 2010 * SECOND));
}

static json_int_t
number(const json_t *table, const char *key)
{
	assert_true(json_is_integer(json_object_get(table, key)));
	return json_integer_value(json_object_get(table, key));
}

static json_t *
window_line(struct analysis *a, int64_t from, int64_t to)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	json_t *line;

	assert_non_null(out);
	assert_int_equal(analysis_stats_window(a, SERVER_VIEW, from, to, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_ptr_equal(strchr(text, '\n'), text + n - 1); /* one line */
	line = json_loads(text, 0, NULL);
	assert_non_null(line);
	free(text);
	return line;
}

static json_int_t
packets_of(const json_t *line)
{
	const json_t *captures = json_object_get(line, "captures");

	/* One that brought nothing is left out. */
	return json_array_size(captures) ? number(json_array_get(captures, 0), "packets") : 0;
}

/* Frames of a capture, pushed as if they were captured now. */
static void
test_stats_windows(void **state)
{
	static const char *const file = SOURCE_ROOT "/captures/airtel-server-side.pcap";
	static const char *const name = "eth0";
	struct analyze_options whole = {.files = &file, .nfiles = 1, .stats = true};
	struct analyze_options pushed = {
	    .files = &name, .nfiles = 1, .stats = true, .pushed = true};
	struct capture *c;
	struct analysis *all, *a;
	char *why = NULL;
	struct frame f;
	json_t *want, *line;
	struct window w = {.length = SECOND};
	json_int_t connections = 0, matched = 0, packets = 0;
	int64_t from, to, last = 0;
	int windows = 0;

	(void)state;
	assert_int_equal(analyze(&whole, &all, &why), 0);
	want = window_line(all, 0, 1);
	analysis_free(all);
	assert_true(number(want, "matched") > 0);
	assert_int_equal(analysis_begin(&pushed, &a, &why), 0);
	assert_int_equal(capture_open(&file, 1, &(struct capture_options){0}, &c, &why), 0);
	while (capture_next(c, &f)) {
		last = f.nsec;
		if (window_over(&w, f.nsec, &from, &to)) {
			line = window_line(a, from, to);
			connections += number(line, "connections");
			matched += number(line, "matched");
			packets += packets_of(line);
			windows++;
			json_decref(line);
		}
		analysis_push(a, 0, &f);
	}
	capture_close(c);
	analysis_end(a);
	line = window_line(a, w.from, last);
	assert_string_equal(json_string_value(json_object_get(line, "type")), "stats");
	connections += number(line, "connections");
	matched += number(line, "matched");
	packets += packets_of(line);
	json_decref(line);
	assert_true(windows > 1);
	assert_int_equal(connections, number(want, "connections"));
	assert_int_equal(matched, number(want, "matched"));
	assert_int_equal(packets, packets_of(want));
	/* It was told: nothing is left. */
	line = window_line(a, last, last);
	assert_int_equal(number(line, "connections"), 0);
	assert_int_equal(packets_of(line), 0);
	json_decref(line);
	json_decref(want);
	analysis_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_stats_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
