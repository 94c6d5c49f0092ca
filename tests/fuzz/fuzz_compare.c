/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two capture files, of both ends, through the whole comparison and its writers. The first two
 * bytes of the input say, low byte first, how long the first file is. */
#include "compare.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

static int
file_of(const uint8_t *data, size_t n, char name[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	snprintf(name, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void
check(struct comparison *c)
{
	const struct report_style style = {.columns = 80, .verbose = 2};
	char *text = NULL;
	size_t n = 0;
	FILE *out;
	json_t *j;

	for (size_t i = 0; i < c->report.nfindings; i++) {
		const struct finding *f = c->report.findings[i];

		must(isfinite(f->confidence) && f->confidence >= 0 && f->confidence <= 1);
		must(f->ncites > 0 && f->explanation && f->explanation[0]);
		for (size_t k = 0; k < f->ncites; k++)
			must(f->cites[k].at.frame > 0 && f->cites[k].at.capture < 2);
	}
	out = open_memstream(&text, &n);
	must(out && compare_json(c, &style, out) == 0 && fclose(out) == 0);
	j = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	must(j != NULL);
	json_decref(j);
	free(text);
	out = open_memstream(&text, &n);
	must(out && compare_text(c, &style, out) == 0 && fclose(out) == 0);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compare_options o = {.nfiles = {1, 1}, .nameless = true};
	struct comparison *c = NULL;
	char names[NENDS][32], *why = NULL;
	const char *list[NENDS] = {names[0], names[1]};
	size_t first;
	int fds[NENDS];

	if (size < 2)
		return 0;
	first = data[0] | (size_t)data[1] << 8;
	first = first > size - 2 ? size - 2 : first;
	fds[NEAR] = file_of(data + 2, first, names[NEAR]);
	fds[FAR] = file_of(data + 2 + first, size - 2 - first, names[FAR]);
	for (int e = 0; e < NENDS; e++)
		o.files[e] = &list[e];
	if (compare(&o, &c, &why) == 0)
		check(c);
	else
		must(why != NULL && c == NULL);
	free(why);
	comparison_free(c);
	for (int e = 0; e < NENDS; e++)
		close(fds[e]);
	return 0;
}
