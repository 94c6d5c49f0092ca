/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, and files that appear whole. */
#include "options.h"
#include "output.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

/* --- options --- */

static int
parse(enum command command, const char *line, struct options *ret, char **ret_why)
{
	static char words[256];
	static char *argv[32];
	int argc = 0;

	snprintf(words, sizeof words, "%s", line);
	for (char *rest = words, *word; (word = strsep(&rest, " ")) && argc < 31;)
		argv[argc++] = word;
	argv[argc] = NULL;
	*ret_why = NULL;
	return options_parse(command, argc, argv, ret, ret_why);
}

static void
test_options(void **state)
{
	struct options o;
	char *why;

	(void)state;
	assert_int_equal(parse(ANALYZE, "analyze a.pcap", &o, &why), 0);
	assert_string_equal(o.writer->format, "text");
	assert_true(o.analyze.min_confidence == 0.3);
	assert_int_equal(o.analyze.nfiles, 1);
	assert_false(o.analyze.suggest || o.analyze.flows || o.exit_code || o.quiet);
	assert_int_equal(
	    parse(ANALYZE,
		  "analyze b.pcap --only drop --format=ndjson -vq --only freeze -o out "
		  "--min-confidence 0.75 -f tcp --target=x --hash --flows "
		  "--exit-code -",
		  &o, &why),
	    0);
	assert_int_equal(o.analyze.only, 1U << DROP | 1U << FREEZE);
	assert_string_equal(o.writer->format, "ndjson");
	assert_true(o.analyze.min_confidence == 0.75);
	assert_int_equal(o.analyze.nfiles, 2);
	assert_string_equal(o.analyze.files[1], "-");
	assert_string_equal(o.output, "out");
	assert_true(o.exit_code && o.quiet && o.verbose == 1);
	assert_int_equal(parse(SUGGEST, "suggest a.pcap", &o, &why), 0);
	assert_true(o.analyze.suggest);
	assert_int_equal(parse(ANALYZE, "analyze -- -a.pcap", &o, &why), 0);
	assert_string_equal(o.analyze.files[0], "-a.pcap");
}

static void
test_options_wrong(void **state)
{
	static const struct {
		enum command command;
		const char *line, *says;
	} rows[] = {
	    {ANALYZE, "analyze", "expected a capture file"},
	    {ANALYZE, "analyze --format xml a", "expected text, json, ndjson or html"},
	    {ANALYZE, "analyze --format", "--format: expected something after it"},
	    {ANALYZE, "analyze a -o", "-o: expected something after it"},
	    {ANALYZE, "analyze --nothing a", "--nothing: expected an option"},
	    {ANALYZE, "analyze -qz a", "-z: expected an option"},
	    {ANALYZE, "analyze --quiet=1 a", "--quiet=1: expected an option"},
	    {ANALYZE, "analyze --min-confidence 0.2 a", "expected a number from 0.3 to 1"},
	    {ANALYZE, "analyze --min-confidence nan a", "expected a number from 0.3 to 1"},
	    {ANALYZE, "analyze --min-confidence 0.5x a", "expected a number from 0.3 to 1"},
	    {ANALYZE, "analyze --only reset a", "expected a mechanism"},
	    {ANALYZE, "analyze --target= a", "--target: expected something"},
	    {ANALYZE, "analyze - -", "once only"},
	    {FIELDS, "fields x", "expected no argument, not 'x' too"},
	    {FIELDS, "fields --flows", "--flows: expected an option"},
	    {CHECK, "check a b", "one argument at most"},
	    {SUGGEST, "suggest", "expected a capture file"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct options o;
		char *why;

		assert_int_equal(parse(rows[i].command, rows[i].line, &o, &why), -EINVAL);
		assert_non_null(why);
		if (!strstr(why, rows[i].says) || strchr(why, '\n'))
			fail_msg("%s: %s", rows[i].line, why);
		free(why);
	}
}

/* --- files that appear whole --- */

static void
in_folder(char *out, size_t n, const char *folder, const char *name)
{
	snprintf(out, n, "%s/%s", folder, name);
}

static void
put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
has_text(const char *name, const char *text)
{
	char got[64] = "";
	FILE *f = fopen(name, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof got - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, text);
}

static void
test_output(void **state)
{
	char folder[] = "/tmp/tamperscope-test-XXXXXX", name[64], link[64];
	struct output o;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	in_folder(name, sizeof name, folder, "report");
	in_folder(link, sizeof link, folder, "link");

	/* Nothing is there until it is whole. */
	assert_int_equal(output_open(name, &o), 0);
	fputs("first", o.file);
	assert_int_equal(access(name, F_OK), -1);
	assert_int_equal(output_close(&o), 0);
	has_text(name, "first");

	/* Giving up leaves the old one, and nothing else. */
	assert_int_equal(output_open(name, &o), 0);
	fputs("second", o.file);
	output_discard(&o);
	has_text(name, "first");

	/* Mode and symbolic link stay. */
	assert_int_equal(chmod(name, 0640), 0);
	assert_int_equal(symlink("report", link), 0);
	assert_int_equal(output_open(link, &o), 0);
	fputs("third", o.file);
	assert_int_equal(output_close(&o), 0);
	has_text(name, "third");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);

	assert_true(output_is(link, name));
	assert_false(output_is(name, "/dev/null"));
	put_file(link, "fourth");
	has_text(name, "fourth");
	assert_int_equal(output_open(folder, &o), -EISDIR);
	assert_int_equal(output_open("/nonexistent/report", &o), -ENOENT);
	assert_int_equal(output_open("/dev/full", &o), 0);
	fputs("lost", o.file);
	assert_int_equal(output_close(&o), -ENOSPC);

	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0); /* so no temporary file was left */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_options_wrong),
	    cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
