/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope case, verify. */
#include "case.h"
#include "command.h"
#include "verify.h"

#include <errno.h>
#include <stdlib.h>

int
run_case(const struct options *o)
{
	const struct case_request request = {.analyze = &o->analyze,
					     .custody = &o->custody,
					     .folder = o->output,
					     .sign = o->sign,
					     .told = o->quiet ? NULL : warn_of_captures};
	struct file_sums manifest;
	char *why = NULL;

	if (o->analyze.filter && filter_is_wrong(o->analyze.filter))
		return EXIT_USAGE;
	if (case_make(&request, &manifest, &why))
		return fail(EXIT_UNREADABLE, why);
	/* To be kept elsewhere: by this line the case can be known again. */
	printf("%s  manifest.json\n", manifest.sha256);
	return finish_stdout();
}

int
run_verify(const struct options *o)
{
	struct verify_request request = {.folder = o->analyze.files[0],
					 .nplaces = o->nplaces,
					 .public_key = o->public_key,
					 .authorities = o->authorities,
					 .analyze = &o->analyze};
	char *why = NULL;
	int r, status;

	memcpy(request.places, o->places, sizeof request.places);
	r = verify_case(&request, stdout, &why);
	status = finish_stdout();
	if (r < 0)
		return fail(EXIT_UNREADABLE, why);
	return status || r ? status : EXIT_UNREADABLE;
}
