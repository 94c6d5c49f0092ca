/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of evidence: a file a finding, named by time, whole or not there, and not too much. */
#pragma once

#include "report.h"
#include "ring.h"

struct evidence_files {
	const char *folder; /* NULL: no evidence is kept */
	uint64_t most;      /* bytes of all files that are evidence; 0: no limit */
};

/* Once, before anything is kept: can files be written there? Removes what was being written when
 * an earlier process died; what a living one writes stays. Returns 0, or a negative errno with one
 * line in *ret_why, to be freed by the caller. */
int evidence_files_begin(const struct evidence_files *e, char **ret_why);
/* Keeps the packets of one finding. What it then takes more than `most`, the oldest files of
 * evidence give: *ret_removed says how many; other files are never touched. *ret_name, to be freed
 * by the caller, is the name in the folder, such as
 * "20261123T051002.123456Z-f12-rst-injection.pcapng"; no file is written over. Returns 0, or a
 * negative errno: -EFBIG if it is larger than `most`, -ENODATA if the ring holds none of them any
 * more. */
int evidence_files_keep(const struct evidence_files *e, const struct report *r,
			const struct ring *ring, const struct finding *f, char **ret_name,
			size_t *ret_removed);
