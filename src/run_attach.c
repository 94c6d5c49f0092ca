/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope attach. */
#include "command.h"
#include "output.h"

#include <string.h>

/* Mistakes that only a look at the files can tell. */
static bool
usage_is_wrong(const struct options *o)
{
	for (size_t i = 0; o->output && i < o->analyze.nfiles; i++) {
		if (!output_is(o->output, o->analyze.files[i]))
			continue;
		tell("--output %s: expected another file than the capture itself", o->output);
		return true;
	}
	if (o->output && output_is(o->output, o->attach.measurement)) {
		tell("--output %s: expected another file than the measurement itself", o->output);
		return true;
	}
	return false;
}

int
run_attach(const struct options *o)
{
	struct attaching *a = NULL;
	struct output out;
	char *why = NULL;
	int error;

	if (usage_is_wrong(o))
		return EXIT_USAGE;
	error = output_open(o->output, &out);
	if (error)
		return write_failed(o->output, error);
	error = attach(&o->attach, &o->analyze, &a, &why);
	if (error) {
		output_discard(&out);
		return fail(EXIT_UNREADABLE, why);
	}
	if (!o->quiet)
		warn_of_captures(attach_report(a));
	error = attach_write(a, out.file);
	attach_free(a);
	if (error)
		output_discard(&out);
	else
		error = output_close(&out);
	return error ? write_failed(o->output ? o->output : "standard output", error) : EXIT_DONE;
}
