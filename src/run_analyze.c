/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope analyze, suggest, stats. */
#include "annotate.h"
#include "command.h"
#include "output.h"
#include "reread.h"
#include "report_parts.h"

#include <stdlib.h>
#include <string.h>

static bool
would_overwrite(const struct options *o, const char *option, const char *name)
{
	for (size_t i = 0; name && i < o->analyze.nfiles; i++) {
		if (!output_is(name, o->analyze.files[i]))
			continue;
		tell("--%s %s: expected another file than the capture itself", option, name);
		return true;
	}
	return false;
}

/* Mistakes that only a look at the files can tell. */
static bool
usage_is_wrong(const struct options *o)
{
	if (o->analyze.filter && filter_is_wrong(o->analyze.filter))
		return true;
	if (would_overwrite(o, "output", o->output) || would_overwrite(o, "evidence", o->evidence))
		return true;
	if (!o->evidence || !o->output ||
	    (strcmp(o->evidence, o->output) != 0 && !output_is(o->evidence, o->output)))
		return false;
	tell("--evidence %s: expected another file than that of --output", o->evidence);
	return true;
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

/* Returns the exit status. */
static int
write_evidence(const struct options *o, const char *const *files, const struct report *r)
{
	struct output out;
	char *why = NULL;
	int error = output_open(o->evidence, &out);

	if (!error) {
		error = evidence_write(r, files, out.file, &why);
		if (error)
			output_discard(&out);
		else
			error = output_close(&out);
	}
	if (why)
		return fail(EXIT_UNREADABLE, why);
	return error ? write_failed(o->evidence, error) : EXIT_DONE;
}

/* Puts disguised captures in the place of those that were named: a report of them cannot tell more
 * than they hold. Returns an exit status. */
static int
redact_inputs(const struct options *o, struct analyze_options *analyze, struct redacted **ret)
{
	uint8_t key[CRYPTOPAN_KEY];
	struct redact_options options;
	char *why = NULL;
	int status = redact_options_of(o, &o->analyze, key, &options);

	if (status)
		return status;
	if (redact_files(&options, ret, &why))
		return fail(EXIT_UNREADABLE, why);
	if (!analyze->labels)
		analyze->labels = analyze->files;
	analyze->files = redacted_paths(*ret);
	return EXIT_DONE;
}

/* Returns the exit status. */
static int
analyze_and_report(const struct options *o, const struct analyze_options *options)
{
	struct report_style style = style_for(o);
	struct analysis *a = NULL;
	struct output out;
	struct report *r;
	char *why = NULL;
	int error, status;

	error = output_open(o->output, &out);
	if (error) {
		tell("%s: cannot be written: %s", o->output, strerror(-error));
		return EXIT_UNREADABLE;
	}
	error = analyze(options, &a, &why);
	if (error) {
		output_discard(&out);
		return fail(EXIT_UNREADABLE, why);
	}
	r = analysis_report(a);
	if (!o->quiet)
		warn_of_captures(r);
	status = o->evidence ? write_evidence(o, options->files, r) : EXIT_DONE;
	if (status) {
		analysis_free(a);
		output_discard(&out);
		return status;
	}
	status = o->exit_code && interfered(r) ? EXIT_INTERFERED : EXIT_DONE;
	/* With these the analysis itself has printed what was asked for. */
	if (o->analyze.stats)
		error = write_stats(o, a, out.file);
	else if (!o->analyze.suggest && !o->analyze.weighing)
		error = o->writer->write(r, &style, out.file);
	analysis_free(a);
	if (error)
		output_discard(&out);
	else
		error = output_close(&out);
	return error ? write_failed(o->output ? o->output : "standard output", error) : status;
}

int
run_analyze(const struct options *o)
{
	struct analyze_options options = o->analyze;
	struct redacted *redacted = NULL;
	char *why = NULL;
	int status;

	if (usage_is_wrong(o))
		return EXIT_USAGE;
	if ((o->evidence || o->redact) && spool_inputs(options.files, options.nfiles, &why))
		return fail(EXIT_UNREADABLE, why);
	options.hash = options.hash || o->evidence; /* it names its originals */
	status = o->redact ? redact_inputs(o, &options, &redacted) : EXIT_DONE;
	if (!status)
		status = analyze_and_report(o, &options);
	redacted_free(redacted);
	return status;
}
