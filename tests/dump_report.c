/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints a sample report: dump_report NAME FORMAT [COLUMNS [colour] [verbose]]. */
#include "sample_reports.h"

#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	struct report_style style = {.columns = 80};
	struct arena *a = arena_new();
	struct report *r = argc > 2 ? sample_report(a, argv[1]) : NULL;
	int error = -1;

	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "colour") == 0)
			style.colour = true;
		else if (strcmp(argv[i], "verbose") == 0)
			style.verbose = 1;
		else
			style.columns = (unsigned)strtoul(argv[i], NULL, 10);
	}
	for (const struct report_writer *w = report_writers; r && w->format; w++)
		if (strcmp(w->format, argv[2]) == 0)
			error = w->write(r, &style, stdout);
	if (error)
		fprintf(
		    stderr,
		    "usage: dump_report NAME text|json|ndjson|html [COLUMNS] [colour] [verbose]\n");
	arena_free(a);
	return error ? 1 : 0;
}
