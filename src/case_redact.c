/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Redacts the originals of a case, all by one key, before anything else looks at them. */
#include "case_redact.h"

#include "redact.h"

#include <errno.h>
#include <stdlib.h>

struct case_redacted {
	size_t n;
	FILE **files;
	char **paths;
};

void
case_redacted_free(struct case_redacted *d)
{
	for (size_t i = 0; d && i < d->n; i++) {
		if (d->files[i])
			fclose(d->files[i]);
		free(d->paths[i]);
	}
	if (d) {
		free(d->files);
		free(d->paths);
	}
	free(d);
}

const char *const *
case_redacted_paths(const struct case_redacted *d)
{
	return (const char *const *)d->paths;
}

static int
write_one(struct redaction *r, struct case_redacted *d, size_t i, struct original *o,
	  char **ret_why)
{
	FILE *out = tmpfile();
	int error;

	if (!out) {
		error = -errno;
		*ret_why = xasprintf("--redact: no temporary file: %s", strerror(-error));
		return error;
	}
	d->files[i] = out;
	d->paths[i] = xasprintf("/proc/self/fd/%d", fileno(out));
	error = redact_write(r, i, out, ret_why);
	if (!error && fflush(out))
		error = -errno;
	if (!error)
		error = file_sums(fileno(out), false, UINT64_MAX, &o->redacted);
	if (error && !*ret_why)
		*ret_why = xasprintf("%s: cannot be redacted: %s", o->label, strerror(-error));
	return error;
}

static int
write_log(const struct redaction *r, const struct manifest *m, const struct case_sink *to,
	  char **ret_why)
{
	/* Of several the manifest tells which became what. */
	const char *sha256 = m->noriginals == 1 ? m->originals[0].redacted.sha256 : NULL;
	FILE *out;
	int error = to->create(to->context, REDACTION_FILE, &out), closed;

	if (!error) {
		error = redact_log(r, sha256, out);
		closed = to->whole(to->context, REDACTION_FILE, out);
		error = error ? error : closed;
	}
	if (error)
		*ret_why = xasprintf("%s: cannot be written: %s", REDACTION_FILE, strerror(-error));
	return error;
}

int
case_redact(const struct analyze_options *o, const uint8_t *key, struct manifest *m,
	    const struct case_sink *to, struct case_redacted **ret, char **ret_why)
{
	const struct redact_options options = {
	    .analyze = o, .key = key, .keep_names = m->keep_names, .nkeep_names = m->nkeep_names};
	struct case_redacted *d = xcalloc(1, sizeof *d);
	struct redaction *r = NULL;
	int error = redact_begin(&options, &r, ret_why);

	d->n = o->nfiles;
	d->files = xcalloc(d->n, sizeof(FILE *));
	d->paths = xcalloc(d->n, sizeof(char *));
	for (size_t i = 0; i < d->n && !error; i++)
		error = write_one(r, d, i, &m->originals[i], ret_why);
	if (!error)
		error = write_log(r, m, to, ret_why);
	redact_end(r);
	if (error)
		case_redacted_free(d);
	else
		*ret = d;
	return error;
}
