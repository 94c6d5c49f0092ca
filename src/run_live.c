/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope live, interfaces. */
#include "command.h"
#include "live.h"

int
run_live(const struct options *o)
{
	const struct live_wishes *w = &o->live;
	const struct live_options live = {
	    .analyze = o->analyze,
	    .capture = {.interfaces = o->analyze.files,
			.n = o->analyze.nfiles,
			.filter = o->analyze.filter,
			.snaplen = (int)w->snaplen,
			.buffer = (int)w->buffer,
			.promiscuous = w->promiscuous},
	    .output = o->output,
	    .report = w->report,
	    .writer = o->writer,
	    .evidence = {w->evidence_dir, w->max_disk},
	    .user = w->user,
	    .write = w->write,
	    .rotate_bytes = w->rotate_size,
	    .rotate_nsec = (int64_t)w->rotate_time * NSEC_PER_SEC,
	    .bulletins = {.stats_interval = (int64_t)w->stats_interval * NSEC_PER_SEC,
			  .view = o->view,
			  .metrics = w->metrics},
	    .ring = w->ring,
	    .duration = (int64_t)w->duration * NSEC_PER_SEC,
	    .count = w->count,
	    .workers = (unsigned)w->workers,
	    .quiet = o->quiet,
	};
	char *why = NULL;
	int error;

	if (o->analyze.filter && filter_is_wrong(o->analyze.filter))
		return EXIT_USAGE;
	error = live_run(&live, tell, &why);
	if (why)
		return fail(EXIT_UNREADABLE, why);
	return error ? write_failed(o->output ? o->output : "standard output", error) : EXIT_DONE;
}

int
run_interfaces(const struct options *o)
{
	char *why = NULL;

	(void)o;
	if (livecap_list(stdout, &why))
		return fail(EXIT_UNREADABLE, why);
	return finish_stdout();
}
