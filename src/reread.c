/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front of the data path without its rest: no flows, no streams. */
#include "reread.h"

#include "reassemble.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536

struct reread {
	struct capture *capture; /* NULL: from the ring */
	const struct ring *ring;
	uint64_t at; /* in the ring */
	struct reassembler *reassembler;
	struct defrag *defrag;
	struct decoder *decoder;
};

static int
why_not(char **ret_why, const char *file, const char *what, int error)
{
	if (asprintf(ret_why, "%s: %s%s%s", strcmp(file, "-") == 0 ? "standard input" : file, what,
		     error ? ": " : "", error ? strerror(-error) : "") < 0)
		*ret_why = NULL;
	return error ? error : -EINVAL;
}

static int
rewind_input(const char *const *files, size_t n, char **ret_why)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i], "-") == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) < 0)
			return why_not(ret_why, files[i], "cannot be read again", -errno);
	return 0;
}

static int
begin(struct reread *r, const char *name, struct reread **ret, char **ret_why)
{
	static const struct stream_sink none;

	r->reassembler = reassembler_new(&none, 1);
	if (!r->reassembler) {
		reread_close(r);
		return why_not(ret_why, name, "the reassembler cannot start", 0);
	}
	r->defrag = defrag_new(r->reassembler);
	r->decoder = decoder_new(r->defrag);
	*ret = r;
	return 0;
}

int
reread_open(const char *const *files, size_t n, struct reread **ret, char **ret_why)
{
	static const struct capture_options plain;
	struct reread *r;
	int error = rewind_input(files, n, ret_why);

	if (error)
		return error;
	r = xcalloc(1, sizeof *r);
	error = capture_open(files, n, &plain, &r->capture, ret_why);
	if (error) {
		free(r);
		return error;
	}
	return begin(r, files[0], ret, ret_why);
}

int
reread_from(const struct reread_from *from, struct reread **ret, char **ret_why)
{
	struct reread *r;

	if (!from->ring)
		return reread_open(from->files, from->n, ret, ret_why);
	r = xcalloc(1, sizeof *r);
	r->ring = from->ring;
	return begin(r, "what was captured", ret, ret_why);
}

void
reread_close(struct reread *r)
{
	if (!r)
		return;
	decoder_free(r->decoder);
	defrag_free(r->defrag);
	reassembler_free(r->reassembler);
	capture_close(r->capture);
	free(r);
}

bool
reread_next(struct reread *r, struct frame *ret_frame, enum decoded *ret_decoded,
	    struct packet *ret_packet)
{
	if (r->ring ? !ring_next(r->ring, &r->at, ret_frame)
		    : capture_next(r->capture, ret_frame) != 1)
		return false;
	*ret_decoded = decode(r->decoder, ret_frame, ret_packet);
	return true;
}

const struct capture *
reread_capture(const struct reread *r)
{
	return r->capture;
}

static int
copy_all(int from, FILE *to)
{
	static uint8_t bytes[COPY_BYTES];
	ssize_t n;

	while ((n = read(from, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (fwrite(bytes, 1, (size_t)n, to) != (size_t)n)
			return errno ? -errno : -EIO;
	}
	return fflush(to) ? -errno : 0;
}

/* The copy takes the place of standard input; nothing names it, so that it goes with us. */
static int
spool(char **ret_why)
{
	FILE *copy = tmpfile();
	int error;

	if (!copy)
		return why_not(ret_why, "-", "no temporary file", -errno);
	error = copy_all(STDIN_FILENO, copy);
	if (!error &&
	    (dup2(fileno(copy), STDIN_FILENO) < 0 || lseek(STDIN_FILENO, 0, SEEK_SET) < 0))
		error = -errno;
	fclose(copy);
	return error ? why_not(ret_why, "-", "cannot be kept in a temporary file", error) : 0;
}

int
spool_inputs(const char *const *files, size_t n, char **ret_why)
{
	for (size_t i = 0; i < n; i++) {
		bool input = strcmp(files[i], "-") == 0;
		struct stat about;
		int error = 0;

		if (input ? fstat(STDIN_FILENO, &about) : stat(files[i], &about))
			continue; /* whoever opens it says why not */
		/* What was read before us of a file that we were given is none of ours. */
		if ((!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) ||
		    (input && lseek(STDIN_FILENO, 0, SEEK_CUR) != 0))
			error = input ? spool(ret_why)
				      : why_not(ret_why, files[i],
						"expected a file that can be read twice, or -", 0);
		if (error)
			return error;
	}
	return 0;
}
