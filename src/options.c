/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, by a table; POSIX.1-2017 XBD 12.2 with GNU's long options. */
#include "options.h"

#include "page.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FOR(command) (1U << (command))
#define HELP_COLUMNS 80

/* The contract: below this nothing is reported. */
#define CONFIDENCE_MIN 0.3
/* Clocks without a battery begin at 1970. */
#define CLOCK_OFFSET_MAX 4e9

/* Options without a letter of their own. */
enum {
	FINGERPRINTS = 256,
	MIN_CONFIDENCE,
	ONLY,
	TARGET,
	FLOWS,
	EXIT_CODE,
	HASH,
	EVIDENCE,
	WEIGHING,
	CAPTURES,
	VIEW,
	NOTE,
	META,
	SIGN,
	ORIGINALS,
	PUBLIC,
	TSA,
	CLIENT_END,
	SERVER_END,
	MEASUREMENT,
	IN_LINE,
	RAW,
	CLOCK_OFFSET
};

struct row {
	int letter;
	unsigned commands;
	const char *name, *argument; /* argument NULL if there is none */
	const char *help;
};

static const struct row rows[] = {
    {'F', FOR(ANALYZE) | FOR(STATS), "format", "FORMAT",
     "text (as it is without this) or json; analyze also has ndjson and html"},
    {'F', FOR(COMPARE), "format", "FORMAT", "text (as it is without this) or json"},
    {CLIENT_END, FOR(COMPARE), "client", "CAPTURE",
     "what was captured at the client's end; may be given several times"},
    {SERVER_END, FOR(COMPARE), "server", "CAPTURE",
     "what was captured at the server's end in the same time; may be given several times"},
    {FLOWS, FOR(ANALYZE), "flows", NULL, "tell how each flow fared, too"},
    {'o', FOR(ANALYZE) | FOR(STATS) | FOR(COMPARE) | FOR(ATTACH), "output", "FILE",
     "write the report there; it appears when it is whole; - is standard output"},
    {'o', FOR(CASE), "output", "DIR", "make this folder, which must not be there yet"},
    {'f', FOR(ANALYZE) | FOR(SUGGEST) | FOR(STATS) | FOR(CASE), "filter", "FILTER",
     "look only at frames that this pcap-filter(7) lets through"},
    {FINGERPRINTS,
     FOR(ANALYZE) | FOR(EXPLAIN) | FOR(SUGGEST) | FOR(CASE) | FOR(VERIFY) | FOR(ATTACH),
     "fingerprints", "DIR",
     "use the fingerprints of this folder; or, for a file *.csv as OONI has them, this list, too"},
    {MIN_CONFIDENCE, FOR(ANALYZE) | FOR(CASE), "min-confidence", "N",
     "leave out findings less sure than N, from 0.3 (as it is without this) to 1"},
    {ONLY, FOR(ANALYZE), "only", "MECHANISM",
     "report this mechanism only; may be given several times"},
    {TARGET, FOR(ANALYZE), "target", "NAME", "report this name or address only"},
    {EXIT_CODE, FOR(ANALYZE) | FOR(COMPARE), "exit-code", NULL,
     "exit with status 10 if interference is at least likely"},
    {HASH, FOR(ANALYZE), "hash", NULL, "tell the SHA-256 of each capture"},
    {EVIDENCE, FOR(ANALYZE), "evidence", "FILE",
     "write the packets that findings cite there, as pcapng with a comment on each"},
    {WEIGHING, FOR(ANALYZE), "weighing", NULL,
     "instead of a report, print all evidence that was weighed, a line of JSON a candidate"},
    {CAPTURES, FOR(CHECK), "captures", "DIR",
     "try each fingerprint on its sample and its near miss in this folder"},
    {VIEW, FOR(STATS), "view", "VIEW",
     "count what reached the server or the client (as each capture's vantage tells without this)"},
    {NOTE, FOR(CASE), "note", "TEXT", "say this in the manifest; may be given several times"},
    {META, FOR(CASE), "meta", "KEY=VALUE",
     "say this in the manifest: who, where, network, device, clock-offset...; several times"},
    {SIGN, FOR(CASE), "sign", "KEY", "sign the manifest by this Ed25519 key (PEM, PKCS#8)"},
    {ORIGINALS, FOR(VERIFY), "originals", "PATH",
     "look for the originals there, by their bytes, and make the case again; several times"},
    {PUBLIC, FOR(VERIFY), "public", "KEY", "expect a signature by this key (PEM)"},
    {TSA, FOR(VERIFY), "tsa", "FILE",
     "expect a time stamp by one of these authorities (certificates in PEM)"},
    {MEASUREMENT, FOR(ATTACH), "measurement", "FILE",
     "the measurements that the captures are held against: of OONI, RIPE Atlas or Censored "
     "Planet, or a list of {target, time}; - is standard input"},
    {IN_LINE, FOR(ATTACH), "inline", NULL,
     "write the measurement itself with x_tamperscope in it, instead of a document beside it"},
    {CLOCK_OFFSET, FOR(ATTACH), "clock-offset", "SECONDS",
     "by how much the capture's clock is ahead of the measurement's; without this they are "
     "taken to agree, unless the measurement's own parts tell otherwise"},
    {RAW, FOR(ATTACH), "raw", NULL,
     "leave addresses of clients in, and put the bytes of a few packets to them"},
    {'q',
     FOR(ANALYZE) | FOR(SUGGEST) | FOR(STATS) | FOR(CASE) | FOR(VERIFY) | FOR(COMPARE) |
	 FOR(ATTACH),
     "quiet", NULL, "no progress and no warnings"},
    {'v', FOR(ANALYZE) | FOR(COMPARE), "verbose", NULL, "tell all evidence, packets and controls"},
    {'h', ~0U, "help", NULL, "print this"},
    {'V', ~0U, "version", NULL, "print the version"},
};
#define NROWS (sizeof rows / sizeof *rows)

static const char *const command_words[NCOMMANDS] = {
    [ANALYZE] = "analyze", [FIELDS] = "fields", [CHECK] = "check", [EXPLAIN] = "explain",
    [SUGGEST] = "suggest", [STATS] = "stats",   [CASE] = "case",   [VERIFY] = "verify",
    [COMPARE] = "compare", [ATTACH] = "attach"};

static const struct {
	const char *arguments, *help;
	int least, most; /* arguments that are no options; most < 0: any number */
} commands[NCOMMANDS] = {
    [ANALYZE] = {"[OPTION]... CAPTURE...",
		 "Says what was interfered with in captures of network traffic, how, what set it "
		 "off, how sure that is, and which packets prove it. CAPTURE is a pcap or pcapng "
		 "file, plain or compressed with gzip or zstd; - is standard input.",
		 1, -1},
    [FIELDS] = {"", "Lists what fingerprints can speak of: each fact's name, type and meaning.", 0,
		0},
    [CHECK] = {"[--captures DIR] [DIR]",
	       "Checks the fingerprints of a folder, and says file and line of each mistake.", 0,
	       1},
    [EXPLAIN] = {"[--fingerprints DIR] [NAME]",
		 "Explains a mechanism or a fingerprint: what it means, what innocent things look "
		 "like it, and who says so. Without NAME, lists all of them.",
		 0, 1},
    [SUGGEST] =
	{"[OPTION]... CAPTURE...",
	 "Prints the beginnings of a fingerprint for each abnormal flow that none explains.", 1,
	 -1},
    [STATS] = {"[OPTION]... CAPTURE...",
	       "Counts how connections ended, by stage and by the 19 signatures of connection "
	       "tampering (SIGCOMM 2023). Captures of what reached a server are enough.",
	       1, -1},
    [CASE] = {"[OPTION]... -o DIR CAPTURE...",
	      "Makes a folder of evidence: reports, the packets that prove them, and a manifest "
	      "with the digests of all of it and of the captures, which are regular files. The "
	      "same captures and options give the same folder.",
	      1, -1},
    [VERIFY] = {"[OPTION]... DIR",
		"Says of a folder that case has made what is intact, what was changed, is missing "
		"or does not belong there, and whether the originals give it again.",
		1, 1},
    [COMPARE] = {"[OPTION]... --client CAPTURE... --server CAPTURE...",
		 "Compares what was captured at both ends of the same traffic: what one end "
		 "received and the other never sent was forged, what was sent and never arrived "
		 "was swallowed or lost, and what was changed on the way is told field by field.",
		 0, 0},
    [ATTACH] = {"--measurement FILE [OPTION]... CAPTURE...",
		"Says whether the packets support, refine or contradict what a measurement "
		"concluded, in a document to be kept beside it.",
		1, -1},
};

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

/* One option of a command, as getopt_long wants it. */
struct known {
	struct option longs[NROWS + 1];
	char letters[2 * NROWS + 2];
};

static void
know(struct known *k, enum command command)
{
	struct option *o = k->longs;
	char *c = k->letters;

	*c++ = ':'; /* tell a missing argument from an unknown option */
	for (const struct row *r = rows; r < rows + NROWS; r++) {
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
	default:
		o->version = true;
		return 0;
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

	if ((int)n < commands[command].least && command == VERIFY)
		return wrong(ret_why, "verify: expected the folder of a case");
	if (command == CASE && !o->output)
		return wrong(ret_why, "case: expected -o DIR, the folder to be made");
	if ((int)n < commands[command].least)
		return wrong(ret_why, "%s: expected a capture file, or - for standard input",
			     command_words[command]);
	if (commands[command].most >= 0 && (int)n > commands[command].most)
		return wrong(ret_why, "%s: expected %s, not '%s' too", command_words[command],
			     commands[command].most ? "one argument at most" : "no argument",
			     o->analyze.files[commands[command].most]);
	for (size_t i = 0; i < n; i++) {
		if (!*o->analyze.files[i])
			return wrong(ret_why, "%s: expected a name, not an empty argument",
				     command_words[command]);
		inputs += strcmp(o->analyze.files[i], "-") == 0;
	}
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
	if (commands[command].most < 0 && inputs > 1)
		return wrong(ret_why, "%s: expected - (standard input) once only",
			     command_words[command]);
	return 0;
}

int
options_parse(enum command command, int argc, char **argv, struct options *ret, char **ret_why)
{
	struct options o = {.writer = report_writers,
			    .analyze.min_confidence = CONFIDENCE_MIN,
			    .view = NVIEWS,
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
		    commands[command].arguments);
	page_line(&p, 0);
	page_words(&p, commands[command].help);
	page_line(&p, 0);
	page_line(&p, 0);
	for (const struct row *r = rows; r < rows + NROWS; r++) {
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
