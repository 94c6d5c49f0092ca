/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The originals of a case without the people in them: what a redacted case is made from. */
#pragma once

#include "case_outputs.h"

struct case_redacted;

/* Disguises the files of o into temporary ones, notes their sums in the manifest, and writes
 * redaction.json. key NULL: one that nobody ever learns. Returns 0, or a negative errno with one
 * line in *ret_why, to be freed by the caller. */
int case_redact(const struct analyze_options *o, const uint8_t *key, struct manifest *m,
		const struct case_sink *to, struct case_redacted **ret, char **ret_why);
/* Paths that can be opened while it lives. */
const char *const *case_redacted_paths(const struct case_redacted *d);
void case_redacted_free(struct case_redacted *d); /* accepts NULL */
