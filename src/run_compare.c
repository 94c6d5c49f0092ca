/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope compare. */
#include "compare.h"
#include "command.h"
#include "output.h"
#include "report_parts.h"

#include <stdlib.h>

/* Writing there would destroy what is read. */
static bool
overwrites(const struct options *o)
{
	for (int e = 0; e < NENDS && o->output; e++)
		for (size_t i = 0; i < o->nends[e]; i++)
			if (output_is(o->output, o->ends[e][i])) {
				tell("--output %s: expected another file than the capture itself",
				     o->output);
				return true;
			}
	return false;
}

static bool
interfered(const struct report *r)
{
	for (size_t i = 0; i < r->nfindings; i++)
		if (rounded(r->findings[i]->confidence) >= CONFIDENCE_LIKELY)
			return true;
	return false;
}

int
run_compare(const struct options *o)
{
	const struct compare_options options = {.files = {o->ends[NEAR], o->ends[FAR]},
						.nfiles = {o->nends[NEAR], o->nends[FAR]}};
	bool json = strcmp(o->writer->format, "json") == 0;
	struct report_style style = style_for(o);
	struct comparison *c = NULL;
	struct output out;
	char *why = NULL;
	int error, status;

	if (overwrites(o))
		return EXIT_USAGE;
	error = output_open(o->output, &out);
	if (error) {
		tell("%s: cannot be written: %s", o->output, strerror(-error));
		return EXIT_UNREADABLE;
	}
	if (compare(&options, &c, &why)) {
		output_discard(&out);
		return fail(EXIT_UNREADABLE, why);
	}
	if (!o->quiet)
		warn_of_captures(&c->report);
	status = o->exit_code && interfered(&c->report) ? EXIT_INTERFERED : EXIT_DONE;
	error = (json ? compare_json : compare_text)(c, &style, out.file);
	comparison_free(c);
	if (error)
		output_discard(&out);
	else
		error = output_close(&out);
	return error ? write_failed(o->output ? o->output : "standard output", error) : status;
}
