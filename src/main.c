/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope: from the command line to the data path and back to an exit status. */
#include "bpf.h"
#include "complain.h"
#include "explain.h"
#include "options.h"
#include "output.h"
#include "printable.h"
#include "report_parts.h"
#include "services.h"

#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The contract's exit statuses. */
enum { EXIT_DONE, EXIT_UNREADABLE, EXIT_USAGE, EXIT_INTERFERED = 10 };

/* Fingerprints that may fit one flow, as the judge counts them. */
#define MATCHES_SHOWN 8
#define COLUMNS 80       /* where there is no terminal */
#define COLUMNS_MOST 100 /* longer lines are hard to read */

/* One line on standard error, whatever is in it. */
PRINTF_LIKE(1, 2)
static void
tell(const char *fmt, ...)
{
	va_list ap;
	char *text, *shown;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	shown = printable(text ? text : "out of memory");
	fprintf(stderr, "tamperscope: %s\n", shown);
	free(shown);
	free(text);
}

/* Tells what went wrong, frees it, and gives the status back. */
static int
fail(int status, char *why)
{
	tell("%s", why ? why : "unknown failure");
	free(why);
	return status;
}

/* Programs that close their standard streams before they start others would have the first file
 * that is opened become one of them. */
static void
fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* A reader that has seen enough (head, less) is no reason to complain. */
static int
write_failed(const char *name, int error)
{
	if (error != -EPIPE)
		tell("%s: cannot be written: %s", name, strerror(-error));
	return EXIT_UNREADABLE;
}

static int
finish_stdout(void)
{
	int error = finish(stdout);

	return error ? write_failed("standard output", error) : EXIT_DONE;
}

static struct report_style
style_for(const struct options *o)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct report_style style = {.columns = COLUMNS, .verbose = o->verbose};
	struct winsize size;

	if (o->output || !isatty(STDOUT_FILENO))
		return style;
	/* https://no-color.org: when present and not empty */
	style.colour = !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.columns = size.ws_col < COLUMNS_MOST ? size.ws_col : COLUMNS_MOST;
	return style;
}

/* A filter that means nothing on any common link (Ethernet, raw IP, Linux cooked, 802.11 plain
 * and with radiotap) is a mistake on the command line. */
static bool
filter_is_wrong(const char *filter)
{
	static const int links[] = {1, 101, 113, 105, 127};
	struct bpf *b = bpf_new(filter);
	char why[160], first[160] = "";
	bool known = false;

	for (size_t i = 0; i < sizeof links / sizeof *links && !known; i++) {
		known = bpf_knows(b, links[i], why);
		if (!i)
			memcpy(first, why, sizeof first);
	}
	bpf_free(b);
	if (!known)
		tell("--filter '%s': expected a pcap-filter(7): %s", filter, first);
	return !known;
}

/* Mistakes that only a look at the files can tell. */
static bool
usage_is_wrong(const struct options *o)
{
	if (o->analyze.filter && filter_is_wrong(o->analyze.filter))
		return true;
	for (size_t i = 0; o->output && i < o->analyze.nfiles; i++) {
		if (!output_is(o->output, o->analyze.files[i]))
			continue;
		tell("--output %s: expected another file than the capture itself", o->output);
		return true;
	}
	return false;
}

static void
warn(const struct report *r)
{
	for (size_t i = 0; i < r->ncaptures; i++) {
		const struct capture_info *c = r->captures[i];

		if (c->trouble)
			tell("%s: %s; analysed up to there", c->file, c->trouble);
		else if (c->truncated)
			tell("%s: cut off in the middle of a packet; analysed up to there",
			     c->file);
	}
}

static bool
interfered(const struct report *r)
{
	for (size_t i = 0; i < r->nfindings; i++)
		if (rounded(r->findings[i]->confidence) >= CONFIDENCE_LIKELY)
			return true;
	return false;
}

static int
write_stats(const struct options *o, struct analysis *a, FILE *out)
{
	const struct report *r = analysis_report(a);
	bool json = strcmp(o->writer->format, "json") == 0;

	return (json ? stats_json : stats_text)(analysis_stats(a), r, o->view, out);
}

static int
run_analyze(const struct options *o)
{
	struct report_style style = style_for(o);
	struct analysis *a = NULL;
	struct output out;
	struct report *r;
	char *why = NULL;
	int error, status;

	if (usage_is_wrong(o))
		return EXIT_USAGE;
	error = output_open(o->output, &out);
	if (error) {
		tell("%s: cannot be written: %s", o->output, strerror(-error));
		return EXIT_UNREADABLE;
	}
	error = analyze(&o->analyze, &a, &why);
	if (error) {
		output_discard(&out);
		return fail(EXIT_UNREADABLE, why);
	}
	r = analysis_report(a);
	if (!o->quiet)
		warn(r);
	status = o->exit_code && interfered(r) ? EXIT_INTERFERED : EXIT_DONE;
	/* With these the analysis itself has printed what was asked for. */
	if (o->analyze.stats)
		error = write_stats(o, a, out.file);
	else if (!o->analyze.suggest && !o->analyze.evidence)
		error = o->writer->write(r, &style, out.file);
	analysis_free(a);
	if (error)
		output_discard(&out);
	else
		error = output_close(&out);
	return error ? write_failed(o->output ? o->output : "standard output", error) : status;
}

static int
run_fields(const struct options *o)
{
	(void)o;
	fields_print(stdout);
	return finish_stdout();
}

/* Does a generic fingerprint fit a flow? It is named in no report: it names nobody. */
struct wanted {
	struct fingerprints *db;
	const char *id;
	int found;
};

static void
look_for(void *context, const struct flow *f)
{
	struct wanted *w = context;
	struct fingerprint_match m[MATCHES_SHOWN];
	size_t n = fingerprints_match(w->db, f, m, MATCHES_SHOWN);

	for (size_t i = 0; i < n; i++)
		w->found |=
		    m[i].fingerprint->kind == GENERIC && strcmp(m[i].fingerprint->id, w->id) == 0;
}

/* Does the fingerprint fire on that capture? */
static int
fires(void *user, const char *capture, const char *fingerprint)
{
	struct wanted wanted = {.id = fingerprint};
	struct analyze_options options = {.files = &capture,
					  .nfiles = 1,
					  .fingerprints = user,
					  .min_confidence = 0,
					  .watch = look_for,
					  .watch_context = &wanted};
	struct analysis *a;
	const struct report *r;
	char *why = NULL;
	int error = fingerprints_load(user, &wanted.db, &why), found;

	if (!error)
		error = analyze(&options, &a, &why);
	fingerprints_free(wanted.db);
	free(why);
	if (error)
		return error;
	found = wanted.found;
	r = analysis_report(a);
	for (size_t i = 0; i < r->nfindings; i++)
		for (size_t k = 0; k < r->findings[i]->nattributions; k++)
			found |=
			    strcmp(r->findings[i]->attributions[k].fingerprint, fingerprint) == 0;
	analysis_free(a);
	return found;
}

/* Those of a folder, or those that come with the fingerprints. */
static unsigned
check_services(const char *folder, const char *fingerprints)
{
	struct arena *scratch = arena_new();
	struct complaints c = {.all = stdout};
	struct services *s =
	    services_load(folder ? folder : services_default_folder(scratch, fingerprints), &c);

	services_free(s);
	arena_free(scratch);
	return c.count;
}

static int
run_check(const struct options *o)
{
	const char *folder =
	    o->analyze.nfiles ? o->analyze.files[0] : fingerprints_default_folder();
	struct fingerprint_trial trial = {.fires = fires, .user = (void *)folder};
	bool services = services_in(folder);
	unsigned problems = services ? 0 : fingerprints_check(folder, o->captures, &trial, stdout);
	int status;

	if (services || !o->analyze.nfiles)
		problems += check_services(services ? folder : NULL, folder);
	status = finish_stdout();

	return status || !problems ? status : EXIT_UNREADABLE;
}

static int
run_explain(const struct options *o)
{
	const char *folder =
	    o->analyze.fingerprints ? o->analyze.fingerprints : fingerprints_default_folder();
	const char *name = o->analyze.nfiles ? o->analyze.files[0] : NULL;
	struct fingerprints *db = NULL;
	char *why = NULL;
	int error;

	if (fingerprints_load(folder, &db, &why))
		return fail(EXIT_UNREADABLE, why);
	for (size_t i = 0; i < o->analyze.nlists; i++)
		if (fingerprints_add(db, o->analyze.lists[i], &why)) {
			fingerprints_free(db);
			return fail(EXIT_UNREADABLE, why);
		}
	error = explain_print(db, name, stdout, &why);
	fingerprints_free(db);
	if (error)
		return fail(EXIT_USAGE, why);
	return finish_stdout();
}

static int (*const runs[NCOMMANDS])(const struct options *o) = {
    [ANALYZE] = run_analyze, [FIELDS] = run_fields,   [CHECK] = run_check,
    [EXPLAIN] = run_explain, [SUGGEST] = run_analyze, [STATS] = run_analyze};

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
	char list[128];

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
