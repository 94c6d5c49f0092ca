/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, by a table; POSIX.1-2017 XBD 12.2 with GNU's long options. */
#include "options_table.h"

#include "page.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMNS 80

/* The contract: below this nothing is reported. */
#define CONFIDENCE_MIN 0.3
/* Sockets of a group, unless one asks for more (packet(7), PACKET_FANOUT). */
#define WORKERS_MAX 256
/* Clocks without a battery begin at 1970. */
#define CLOCK_OFFSET_MAX 4e9

enum command
command_of(const char *word)
{
	unsigned c = 0;

	while (c < NCOMMANDS && strcmp(command_words[c], word) != 0)
		c++;
	return (enum command)c;
}

const char *
command_list(char *out, size_t n)
{
	size_t used = 0;

	for (unsigned c = 0; c < NCOMMANDS && used < n; c++)
		used +=
		    (size_t)snprintf(out + used, n - used, "%s%s", c ? ", " : "", command_words[c]);
	return out;
}

PRINTF_LIKE(2, 3)
static int
wrong(char **ret_why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(ret_why, fmt, ap) < 0)
		*ret_why = xstrdup("wrong usage");
	va_end(ap);
	return -EINVAL;
}

/* Options of one command; the table has fewer in all. */
#define OPTIONS_MOST 96

/* The options of a command, as getopt_long wants them. */
struct known {
	struct option longs[OPTIONS_MOST + 1];
	char letters[2 * OPTIONS_MOST + 2];
};

static void
know(struct known *k, enum command command)
{
	struct option *o = k->longs;
	char *c = k->letters;

	*c++ = ':'; /* tell a missing argument from an unknown option */
	for (const struct row *r = option_rows; r->name; r++) {
		if (!(r->commands & FOR(command)))
			continue;
		*o++ = (struct option){
		    .name = r->name, .has_arg = r->argument != NULL, .val = r->letter};
		if (r->letter >= FINGERPRINTS || r->letter == 'F')
			continue;
		*c++ = (char)r->letter;
		if (r->argument)
			*c++ = ':';
	}
	*o = (struct option){0};
	*c = '\0';
}

static int
parse_format(const char *word, struct options *o, char **ret_why)
{
	for (const struct report_writer *w = report_writers; w->format; w++) {
		if (strcmp(w->format, word) == 0) {
			o->writer = w;
			return 0;
		}
	}
	return wrong(ret_why, "--format %s: expected text, json, ndjson or html", word);
}

static int
parse_view(const char *word, struct options *o, char **ret_why)
{
	for (unsigned v = 0; v < NVIEWS; v++) {
		if (strcmp(view_words[v], word) == 0) {
			o->view = (enum view)v;
			return 0;
		}
	}
	return wrong(ret_why, "--view %s: expected server or client", word);
}

static int
parse_only(const char *word, struct options *o, char **ret_why)
{
	for (unsigned m = 0; m < NMECHANISMS; m++) {
		if (strcmp(mechanism_words[m], word) == 0) {
			o->analyze.only |= 1U << m;
			return 0;
		}
	}
	return wrong(ret_why,
		     "--only %s: expected a mechanism, such as rst-injection; 'tamperscope "
		     "explain' lists them",
		     word);
}

static int
parse_confidence(const char *word, struct options *o, char **ret_why)
{
	char *end;
	double x = strtod(word, &end);

	if (end == word || *end || !(x >= CONFIDENCE_MIN && x <= 1))
		return wrong(ret_why, "--min-confidence %s: expected a number from 0.3 to 1", word);
	o->analyze.min_confidence = x;
	return 0;
}

static int
parse_clock_offset(const char *word, struct options *o, char **ret_why)
{
	char *end;
	double x = strtod(word, &end);

	if (end == word || *end || !(fabs(x) <= CLOCK_OFFSET_MAX))
		return wrong(ret_why, "--clock-offset %s: expected seconds, such as 2.5 or -3600",
			     word);
	o->attach.clock_given = true;
	o->attach.clock_offset = llround(x * (double)NSEC_PER_SEC);
	return 0;
}

static int
parse_text(const char *name, const char *word, const char **ret, char **ret_why)
{
	if (!*word)
		return wrong(ret_why, "--%s: expected something after it", name);
	*ret = word;
	return 0;
}

static int
parse_fingerprints(const char *word, struct options *o, char **ret_why)
{
	struct analyze_options *a = &o->analyze;

	if (!fingerprints_is_list(word))
		return parse_text("fingerprints", word, &a->fingerprints, ret_why);
	if (a->nlists == LISTS_MOST)
		return wrong(ret_why, "--fingerprints: expected at most %d lists", LISTS_MOST);
	a->lists[a->nlists++] = word;
	return 0;
}

static int
parse_place(const char *word, struct options *o, char **ret_why)
{
	if (o->nplaces == PLACES_MOST)
		return wrong(ret_why, "--originals: expected at most %d places", PLACES_MOST);
	return parse_text("originals", word, &o->places[o->nplaces++], ret_why);
}

static int
parse_mmdb(const char *word, struct analyze_options *a, char **ret_why)
{
	if (a->nmmdb == MMDB_MOST)
		return wrong(ret_why, "--mmdb: expected at most %d databases", MMDB_MOST);
	return parse_text("mmdb", word, &a->mmdb[a->nmmdb++], ret_why);
}

static int
parse_end(const char *name, int end, const char *word, struct options *o, char **ret_why)
{
	if (o->nends[end] == END_FILES_MOST)
		return wrong(ret_why, "--%s: expected at most %d captures", name, END_FILES_MOST);
	if (strcmp(word, "-") == 0)
		return wrong(ret_why,
			     "--%s: expected a file, not - (standard input): it is read twice",
			     name);
	return parse_text(name, word, &o->ends[end][o->nends[end]++], ret_why);
}

/* Whole numbers from 1, with a limit and a unit each. */
static int
parse_amount(int letter, const char *word, struct live_wishes *w, char **ret_why)
{
	static const struct {
		int letter;
		size_t at; /* in struct live_wishes */
		unsigned long most, unit;
	} amounts[] = {
	    {DURATION, offsetof(struct live_wishes, duration), LONG_MAX / 2000000000, 1},
	    {ROTATE_TIME, offsetof(struct live_wishes, rotate_time), LONG_MAX / 2000000000, 1},
	    {STATS_INTERVAL, offsetof(struct live_wishes, stats_interval), LONG_MAX / 2000000000,
	     1},
	    {COUNT, offsetof(struct live_wishes, count), LONG_MAX, 1},
	    {WORKERS, offsetof(struct live_wishes, workers), WORKERS_MAX, 1},
	    {SNAPLEN, offsetof(struct live_wishes, snaplen), 262144, 1},
	    {BUFFER, offsetof(struct live_wishes, buffer), 2047, 1UL << 20},
	    {RING, offsetof(struct live_wishes, ring), 65536, 1UL << 20},
	    {MAX_DISK, offsetof(struct live_wishes, max_disk), 1UL << 30, 1UL << 20},
	    {ROTATE_SIZE, offsetof(struct live_wishes, rotate_size), 1UL << 20, 1UL << 20},
	};
	size_t i = 0;
	char *end;
	unsigned long x = strtoul(word, &end, 10);

	while (amounts[i].letter != letter)
		i++;
	if (end == word || *end || *word == '-' || x == 0 || x > amounts[i].most)
		return wrong(ret_why, "%s: expected a whole number from 1 to %lu", word,
			     amounts[i].most);
	x *= amounts[i].unit;
	memcpy((uint8_t *)w + amounts[i].at, &x, sizeof x);
	return 0;
}

static int
parse_live(int letter, const char *word, struct live_wishes *w, char **ret_why)
{
	switch (letter) {
	case REPORT:
		return parse_text("report", word, &w->report, ret_why);
	case EVIDENCE_DIR:
		return parse_text("evidence-dir", word, &w->evidence_dir, ret_why);
	case USER:
		return parse_text("user", word, &w->user, ret_why);
	case WRITE:
		return parse_text("write", word, &w->write, ret_why);
	case METRICS:
		return parse_text("metrics", word, &w->metrics, ret_why);
	case PROMISCUOUS:
		w->promiscuous = true;
		return 0;
	default:
		return parse_amount(letter, word, w, ret_why);
	}
}

static int
parse_name(const char *option, const char **list, size_t *n, char **ret_why)
{
	if (*n == NAMES_MOST)
		return wrong(ret_why, "--%s: expected at most %d of them", option, NAMES_MOST);
	return parse_text(option, optarg, &list[(*n)++], ret_why);
}

static int
parse_one(int letter, struct options *o, char **ret_why)
{
	switch (letter) {
	case 'F':
		return parse_format(optarg, o, ret_why);
	case ONLY:
		return parse_only(optarg, o, ret_why);
	case MIN_CONFIDENCE:
		return parse_confidence(optarg, o, ret_why);
	case 'o':
		if (strcmp(optarg, "-") == 0)
			o->output = NULL;
		else
			return parse_text("output", optarg, &o->output, ret_why);
		return 0;
	case 'f':
		return parse_text("filter", optarg, &o->analyze.filter, ret_why);
	case FINGERPRINTS:
		return parse_fingerprints(optarg, o, ret_why);
	case TARGET:
		return parse_text("target", optarg, &o->analyze.target, ret_why);
	case VIEW:
		return parse_view(optarg, o, ret_why);
	case MMDB:
		return parse_mmdb(optarg, &o->analyze, ret_why);
	case NOTE:
		return custody_note(&o->custody, optarg, ret_why);
	case META:
		return custody_meta(&o->custody, optarg, ret_why);
	case SIGN:
		return parse_text("sign", optarg, &o->sign, ret_why);
	case ORIGINALS:
		return parse_place(optarg, o, ret_why);
	case PUBLIC:
		return parse_text("public", optarg, &o->public_key, ret_why);
	case TSA:
		return parse_text("tsa", optarg, &o->authorities, ret_why);
	case CLIENT_END:
		return parse_end("client", 0, optarg, o, ret_why);
	case SERVER_END:
		return parse_end("server", 1, optarg, o, ret_why);
	case MEASUREMENT:
		return parse_text("measurement", optarg, &o->attach.measurement, ret_why);
	case CLOCK_OFFSET:
		return parse_clock_offset(optarg, o, ret_why);
	case IN_LINE:
		o->attach.in_line = true;
		return 0;
	case RAW:
		o->attach.raw = true;
		return 0;
	case REDACTED:
		o->redact = true;
		return 0;
	case KEY:
		return parse_text("key", optarg, &o->key, ret_why);
	case LOG:
		return parse_text("log", optarg, &o->log, ret_why);
	case KEEP_NAME:
		return parse_name("keep-name", o->keep_names, &o->nkeep_names, ret_why);
	case HIDE_SERVER:
		return parse_name("hide-server", o->hidden, &o->nhidden, ret_why);
	case CAPTURES:
		return parse_text("captures", optarg, &o->captures, ret_why);
	case FLOWS:
		o->analyze.flows = true;
		return 0;
	case EXIT_CODE:
		o->exit_code = true;
		return 0;
	case HASH:
		o->analyze.hash = true;
		return 0;
	case EVIDENCE:
		return parse_text("evidence", optarg, &o->evidence, ret_why);
	case WEIGHING:
		o->analyze.weighing = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	case 'V':
		o->version = true;
		return 0;
	default:
		return parse_live(letter, optarg, &o->live, ret_why);
	}
}

/* optopt is 0 for an unknown long option, whose text is then the last argument taken. */
static int
complain(int result, enum command command, char **argv, char **ret_why)
{
	const char *word = argv[optind - 1];
	char letter[3] = {'-', (char)optopt, '\0'};

	if (optopt > 0 && optopt < FINGERPRINTS && strncmp(word, "--", 2) != 0)
		word = letter;
	if (result == ':')
		return wrong(ret_why, "%s: expected something after it", word);
	return wrong(ret_why, "%s: expected an option that 'tamperscope %s --help' lists", word,
		     command_words[command]);
}

static int
check_arguments(enum command command, const struct options *o, char **ret_why)
{
	size_t n = o->analyze.nfiles, inputs = 0;

	if ((int)n < command_rows[command].least && command == VERIFY)
		return wrong(ret_why, "verify: expected the folder of a case");
	if (command == LIVE && !n)
		return wrong(ret_why,
			     "live: expected an interface; 'tamperscope interfaces' lists them");
	if (command == LIVE && o->live.max_disk && !o->live.evidence_dir)
		return wrong(ret_why, "--max-disk: expected --evidence-dir, too");
	if ((int)n < command_rows[command].least && command == REDACT)
		return wrong(ret_why, "redact: expected a capture and the file to be written");
	if ((command == ANALYZE || command == CASE) && !o->redact &&
	    (o->key || o->nkeep_names || o->nhidden))
		return wrong(ret_why, "--%s: expected --redact beside it",
			     o->key           ? "key"
			     : o->nkeep_names ? "keep-name"
					      : "hide-server");
	if (command == LIVE && o->live.workers > 1 && o->live.report &&
	    strcmp(o->live.report, "-") == 0)
		return wrong(ret_why,
			     "live: expected a file for --report, not - (standard output): "
			     "with --workers there are several reports");
	if (command == LIVE && o->analyze.nmmdb && !o->live.stats_interval)
		return wrong(ret_why, "--mmdb: expected --stats-interval with it");
	if (command == CASE && !o->output)
		return wrong(ret_why, "case: expected -o DIR, the folder to be made");
	if ((int)n < command_rows[command].least)
		return wrong(ret_why, "%s: expected a capture file, or - for standard input",
			     command_words[command]);
	if (command_rows[command].most >= 0 && (int)n > command_rows[command].most)
		return wrong(ret_why, "%s: expected %s, not '%s' too", command_words[command],
			     command_rows[command].most > 1 ? "two arguments"
			     : command_rows[command].most   ? "one argument at most"
							    : "no argument",
			     o->analyze.files[command_rows[command].most]);
	for (size_t i = 0; i < n; i++) {
		if (!*o->analyze.files[i])
			return wrong(ret_why, "%s: expected a name, not an empty argument",
				     command_words[command]);
		inputs += strcmp(o->analyze.files[i], "-") == 0;
	}
	if (command == CASE && o->redact && o->analyze.filter)
		return wrong(ret_why, "case: expected --redact or --filter, not both: the manifest "
				      "would tell the filter, and who is in it");
	if (command == CASE && inputs)
		return wrong(ret_why, "case: expected a file, not - (standard input): the original "
				      "must be there when somebody checks the case");
	if (command == ATTACH && !o->attach.measurement)
		return wrong(ret_why, "attach: expected --measurement FILE");
	if (command == ATTACH && inputs && strcmp(o->attach.measurement, "-") == 0)
		return wrong(ret_why, "attach: expected - (standard input) once only");
	if (command == COMPARE && (!o->nends[0] || !o->nends[1]))
		return wrong(ret_why, "compare: expected --client CAPTURE and --server CAPTURE");
	if ((command == STATS || command == COMPARE) && strcmp(o->writer->format, "text") != 0 &&
	    strcmp(o->writer->format, "json") != 0)
		return wrong(ret_why, "--format %s: expected text or json", o->writer->format);
	if (command_rows[command].most < 0 && inputs > 1)
		return wrong(ret_why, "%s: expected - (standard input) once only",
			     command_words[command]);
	return 0;
}

int
options_parse(enum command command, int argc, char **argv, struct options *ret, char **ret_why)
{
	struct options o = {
	    .writer = report_writers,
	    .analyze.min_confidence = CONFIDENCE_MIN,
	    .view = NVIEWS,
	    .live = {.buffer = 32UL << 20, .ring = 64UL << 20, .snaplen = 65535, .workers = 1},
	    .analyze.suggest = command == SUGGEST,
	    .analyze.stats = command == STATS};
	struct known known;
	int letter, error = 0;

	know(&known, command);
	opterr = 0;
	optind = 0; /* begin anew, even inside a word of an earlier call */
	while (!error && (letter = getopt_long(argc, argv, known.letters, known.longs, NULL)) != -1)
		error = letter == '?' || letter == ':' ? complain(letter, command, argv, ret_why)
						       : parse_one(letter, &o, ret_why);
	if (error)
		return error;
	o.analyze.files = (const char *const *)(argv + optind);
	o.analyze.nfiles = (size_t)(argc - optind);
	if (o.live.stats_interval)
		o.analyze.stats = true;
	if (!o.help && !o.version)
		error = check_arguments(command, &o, ret_why);
	if (!error)
		*ret = o;
	return error;
}

void
options_help(enum command command, FILE *out)
{
	struct page p = {.out = out, .columns = HELP_COLUMNS};

	page_printf(&p, "usage: tamperscope %s %s", command_words[command],
		    command_rows[command].arguments);
	page_line(&p, 0);
	page_words(&p, command_rows[command].help);
	page_line(&p, 0);
	page_line(&p, 0);
	for (const struct row *r = option_rows; r->name; r++) {
		if (!(r->commands & FOR(command)))
			continue;
		page_column(&p, 2);
		if (r->letter < FINGERPRINTS && r->letter != 'F')
			page_printf(&p, "-%c, ", r->letter);
		page_column(&p, 6);
		page_printf(&p, "--%s %s", r->name, r->argument ? r->argument : "");
		page_column(&p, 28);
		page_words(&p, r->help);
		page_line(&p, 0);
	}
}
