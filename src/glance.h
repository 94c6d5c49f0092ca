/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be said of a capture that goes on. A copy of the process (fork(2)) ends the analysis as
 * if the capture had ended, and tells what is new; the process itself goes on as if nothing had
 * happened. So what is told live is what an analysis of the same frames says. */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "analyze.h"
#include "evidence_files.h"
#include "ring.h"
#include "told.h"

/* What became of the evidence in one look. */
struct glance_kept {
	int error; /* of the last finding, negative; 0: it was kept, or there was none */
	size_t files, removed;
};

/* What was told, by mechanism and by what it was done to. */
struct told_counts {
	uint64_t findings[NMECHANISMS][NTARGETKINDS]; /* told for the first time */
	uint64_t revised, withdrawn;
};

void told_counts_add(struct told_counts *sum, const struct told_counts *more);

struct glance {
	struct analysis *analysis;
	struct told *told;
	const struct ring *ring;
	struct evidence_files evidence;
	struct told_counts counts;
	int64_t since;           /* what is older is not asked about any more */
	struct glance_kept kept; /* by the look that ended last */
	/* Of the copy, while one is at work: */
	pid_t process; /* 0: none */
	int fd;        /* what it says */
	char *said;
	size_t n, size;
};

/* Starts a look. Returns 0, or a negative errno. */
int glance_begin(struct glance *g);
/* Something came on fd. Returns true when the look is over: then glance_end() is due. */
bool glance_read(struct glance *g);
/* Learns what was told, and writes it to `out`, a line of JSON a finding. Returns how many lines,
 * or a negative errno: -ECHILD if the look came to nothing, the rest if writing failed. */
int glance_end(struct glance *g, FILE *out);
/* Ends a look that nobody waits for. */
void glance_stop(struct glance *g);
/* The same look by the process itself, whose capture has ended: the analysis is over afterwards. */
int glance_last(struct glance *g, FILE *out);
