/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope redact. */
#include "command.h"
#include "filesums.h"
#include "output.h"
#include "redact.h"
#include "reread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int
read_key(const char *file, uint8_t key[CRYPTOPAN_KEY])
{
	int error = redact_key_read(file, key);

	if (error == -EMSGSIZE)
		tell("%s: expected a key of exactly %d bytes", file, CRYPTOPAN_KEY);
	else if (error)
		tell("%s: cannot be read: %s", file, strerror(-error));
	return error;
}

static int
write_log(const struct options *o, const struct redaction *r, const char *sha256)
{
	struct output out;
	int error = output_open(o->log, &out);

	if (error)
		return error;
	error = redact_log(r, sha256, out.file);
	if (error)
		output_discard(&out);
	else
		error = output_close(&out);
	return error;
}

/* Of what was written, if it lies in a file. */
static const char *
digest_of(const struct output *out, struct file_sums *sums)
{
	int fd, error;

	if (!out->temporary || fflush(out->file))
		return NULL;
	fd = open(out->temporary, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	error = file_sums(fd, false, UINT64_MAX, sums);
	close(fd);
	return error ? NULL : sums->sha256;
}

/* The capture and its log; the error of the first that failed, whose name *ret_name is. */
static int
write_both(const struct options *o, struct redaction *r, const char *name, const char **ret_name,
	   char **ret_why)
{
	struct file_sums sums;
	struct output out;
	int error = output_open(name, &out);

	*ret_name = name ? name : "standard output";
	if (error)
		return error;
	error = redact_write(r, 0, out.file, ret_why);
	if (!error && o->log) {
		error = write_log(o, r, digest_of(&out, &sums));
		*ret_name = error ? o->log : *ret_name;
	}
	if (!error)
		return output_close(&out);
	output_discard(&out);
	return error;
}

static bool
usage_is_wrong(const struct options *o)
{
	const char *const *files = o->analyze.files;

	if (output_is(files[1], files[0]))
		tell("%s: expected another file than the capture itself", files[1]);
	else if (o->log && (output_is(o->log, files[0]) || strcmp(o->log, files[1]) == 0))
		tell("--log %s: expected a file of its own", o->log);
	else
		return false;
	return true;
}

int
redact_options_of(const struct options *o, const struct analyze_options *analyze,
		  uint8_t key[CRYPTOPAN_KEY], struct redact_options *ret)
{
	*ret = (struct redact_options){.analyze = analyze,
				       .key = o->key ? key : NULL,
				       .keep_names = o->keep_names,
				       .nkeep_names = o->nkeep_names,
				       .hidden = o->hidden,
				       .nhidden = o->nhidden};
	for (size_t i = 0; i < o->nhidden; i++) {
		if (redact_is_address(o->hidden[i]))
			continue;
		tell("--hide-server %s: expected an address", o->hidden[i]);
		return EXIT_USAGE;
	}
	return o->key && read_key(o->key, key) ? EXIT_UNREADABLE : EXIT_DONE;
}

int
run_redact(const struct options *o)
{
	struct analyze_options analyze = o->analyze;
	const char *name = strcmp(analyze.files[1], "-") == 0 ? NULL : analyze.files[1];
	uint8_t key[CRYPTOPAN_KEY];
	struct redact_options options;
	struct redaction *r = NULL;
	char *why = NULL;
	int error, status;

	if (usage_is_wrong(o))
		return EXIT_USAGE;
	analyze.nfiles = 1;
	status = redact_options_of(o, &analyze, key, &options);
	if (status)
		return status;
	if (spool_inputs(analyze.files, 1, &why) || redact_begin(&options, &r, &why))
		return fail(EXIT_UNREADABLE, why);
	error = write_both(o, r, name, &name, &why);
	if (!error && !o->quiet)
		redact_tell(r, stderr);
	redact_end(r);
	if (why)
		return fail(EXIT_UNREADABLE, why);
	return error ? write_failed(name, error) : EXIT_DONE;
}
