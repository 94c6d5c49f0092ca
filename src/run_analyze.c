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
write_evidence(const struct options *o, const struct report *r)
{
	struct output out;
	char *why = NULL;
	int error = output_open(o->evidence, &out);

	if (!error) {
		error = evidence_write(r, o->analyze.files, out.file, &why);
		if (error)
			output_discard(&out);
		else
			error = output_close(&out);
	}
	if (why)
		return fail(EXIT_UNREADABLE, why);
	return error ? write_failed(o->evidence, error) : EXIT_DONE;
}

int
run_analyze(const struct options *o)
{
	struct analyze_options options = o->analyze;
	struct report_style style = style_for(o);
	struct analysis *a = NULL;
	struct output out;
	struct report *r;
	char *why = NULL;
	int error, status;

	if (usage_is_wrong(o))
		return EXIT_USAGE;
	if (o->evidence && spool_inputs(options.files, options.nfiles, &why))
		return fail(EXIT_UNREADABLE, why);
	options.hash = options.hash || o->evidence; /* it names its originals */
	error = output_open(o->output, &out);
	if (error) {
		tell("%s: cannot be written: %s", o->output, strerror(-error));
		return EXIT_UNREADABLE;
	}
	error = analyze(&options, &a, &why);
	if (error) {
		output_discard(&out);
		return fail(EXIT_UNREADABLE, why);
	}
	r = analysis_report(a);
	if (!o->quiet)
		warn_of_captures(r);
	status = o->evidence ? write_evidence(o, r) : EXIT_DONE;
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
