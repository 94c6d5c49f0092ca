/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope: from the command line to a command and back to an exit status. */
#include "command.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Programs that close their standard streams before they start others would have the first file
 * that is opened become one of them. */
static void
fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static int (*const runs[NCOMMANDS])(const struct options *o) = {
    [ANALYZE] = run_analyze, [FIELDS] = run_fields,   [CHECK] = run_check,
    [EXPLAIN] = run_explain, [SUGGEST] = run_analyze, [STATS] = run_analyze,
    [CASE] = run_case,       [VERIFY] = run_verify,   [COMPARE] = run_compare,
    [ATTACH] = run_attach,   [LIVE] = run_live,       [INTERFACES] = run_interfaces,
    [REDACT] = run_redact};

static int
print_version(void)
{
	printf("tamperscope %s\n", VERSION);
	return finish_stdout();
}

static int
print_help(void)
{
	fputs("usage: tamperscope COMMAND [OPTION]... [ARGUMENT]...\n\n", stdout);
	for (unsigned c = 0; c < NCOMMANDS; c++) {
		options_help((enum command)c, stdout);
		if (c + 1 < NCOMMANDS)
			putchar('\n');
	}
	return finish_stdout();
}

static int
run(enum command command, int argc, char **argv)
{
	struct options o;
	char *why = NULL;

	if (options_parse(command, argc, argv, &o, &why))
		return fail(EXIT_USAGE, why);
	if (o.help) {
		options_help(command, stdout);
		return finish_stdout();
	}
	if (o.version)
		return print_version();
	o.analyze.progress = !o.quiet && isatty(STDERR_FILENO);
	return runs[command](&o);
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	char list[256];

	memory_keep();
	fill_standard_streams();
	signal(SIGPIPE, SIG_IGN); /* NOLINT(cert-err33-c): cannot fail for SIGPIPE */
	if (word && (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0))
		return print_version();
	if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
		return print_help();
	if (word && command_of(word) < NCOMMANDS)
		return run(command_of(word), argc - 1, argv + 1);
	if (word)
		tell("%s: expected one of the commands %s", word, command_list(list, sizeof list));
	else
		tell("expected one of the commands %s", command_list(list, sizeof list));
	return EXIT_USAGE;
}
