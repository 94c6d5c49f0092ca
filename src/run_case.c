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
	struct case_request request = {.analyze = &o->analyze,
				       .custody = &o->custody,
				       .folder = o->output,
				       .sign = o->sign,
				       .redact = o->redact,
				       .keep_names = o->keep_names,
				       .nkeep_names = o->nkeep_names,
				       .told = o->quiet ? NULL : warn_of_captures};
	uint8_t key[CRYPTOPAN_KEY];
	struct redact_options redact;
	struct file_sums manifest;
	char *why = NULL;
	int status = redact_options_of(o, &o->analyze, key, &redact);

	if (status)
		return status;
	request.key = redact.key;
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
	uint8_t key[CRYPTOPAN_KEY];
	struct redact_options redact;
	char *why = NULL;
	int r, status = redact_options_of(o, &o->analyze, key, &redact);

	if (status)
		return status;
	request.key = redact.key;
	memcpy(request.places, o->places, sizeof request.places);
	r = verify_case(&request, stdout, &why);
	status = finish_stdout();
	if (r < 0)
		return fail(EXIT_UNREADABLE, why);
	return status || r ? status : EXIT_UNREADABLE;
}
