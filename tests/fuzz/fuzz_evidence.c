/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A capture file from its first byte to the evidence: what is written can be read again, holds each
 * cited frame as it was, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze.h"
#include "annotate.h"
#include "capture.h"

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A few bytes of gzip or zstd can stand for gigabytes. */
#define BYTES_MOST (1u << 20)

static void
must(bool held)
{
	if (!held)
		abort();
}

/* A file that only its descriptor names. */
static const char *
name_of(int fd, char out[32])
{
	snprintf(out, 32, "/proc/self/fd/%d", fd);
	return out;
}

static int
file_of(const void *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

/* Frames of evidence are frames of the original, in its order. */
static void
compare(const char *evidence, const char *original)
{
	static const struct capture_options plain;
	struct capture *e, *o;
	struct frame x, y;
	char *why = NULL;

	must(capture_open(&evidence, 1, &plain, &e, &why) == 0);
	must(capture_open(&original, 1, &plain, &o, &why) == 0);
	while (capture_next(e, &x) == 1) {
		do
			must(capture_next(o, &y) == 1);
		while (x.caplen != y.caplen || x.len != y.len || x.link_type != y.link_type ||
		       (y.nsec > 0 && x.nsec != y.nsec) || memcmp(x.data, y.data, x.caplen) != 0);
	}
	must(!capture_info(e, 0)->truncated && !capture_info(e, 0)->trouble);
	capture_close(e);
	capture_close(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[32], evidence_name[32], *text = NULL, *why = NULL;
	const char *file;
	struct analyze_options options = {
	    .nfiles = 1, .fingerprints = SOURCE_FINGERPRINTS, .hash = true};
	struct analysis *a;
	size_t n = 0;
	FILE *out;
	int fd, evidence;

	if (size > 2 && (data[0] == 0x1f || data[0] == 0x28) && size > BYTES_MOST / 1024)
		return 0;
	fd = file_of(data, size);
	file = name_of(fd, name);
	options.files = &file;
	if (analyze(&options, &a, &why) == 0) {
		out = open_memstream(&text, &n);
		must(evidence_write(analysis_report(a), &file, out, &why) == 0);
		fclose(out);
		evidence = file_of(text, n);
		compare(name_of(evidence, evidence_name), file);
		close(evidence);
		free(text);
		analysis_free(a);
	}
	free(why);
	close(fd);
	return 0;
}
