/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several processes that do the same, each for its share, and one that leads them: it writes what
 * they say, line by line, and ends all when one ends. */
#pragma once

#include "output.h"
#include "statusline.h"

struct workers_options {
	unsigned n;
	/* What a worker does, numbered from 0: says lines to `fd`, shows how it goes in *state, and
	 * ends after SIGTERM or when its parent is another. Returns its exit status. */
	int (*work)(void *context, unsigned number, int fd, struct live_state *state);
	/* Called by who leads several times a second, and once when it is over. */
	void (*turn)(void *context, bool over);
	void *context;
	const char *name; /* of the output: opened anew on SIGHUP; NULL: standard output */
	int64_t duration; /* nanoseconds; 0: until it is told to end */
	uint64_t count;   /* frames; 0: any number */
	bool quiet;
	void (*tell)(const char *fmt, ...);
};

/* Returns 0 when all ended as they should; a negative errno if `out` cannot be written; or -ECHILD
 * with one line in *ret_why, to be freed by the caller, when a worker died: all are ended by then.
 */
int workers_run(const struct workers_options *o, struct output *out, char **ret_why);
