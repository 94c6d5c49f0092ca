/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text through the reader of manifests. What it takes is written and read again: then it must be
 * the same. A first byte of 'T' means an answer of an authority for time stamps, of the rest. */
#include <stdlib.h>
#include <string.h>

#include "case_outputs.h"
#include "timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
again(const struct manifest *m, const char *text, struct manifest *ret, struct arena *a)
{
	char *second, *why = NULL;
	bool same;

	if (manifest_parse(a, bytes_of(text), ret, &why)) {
		free(why);
		return false;
	}
	second = manifest_text(ret);
	same = strcmp(text, second) == 0 && ret->nfiles == m->nfiles &&
	       ret->noriginals == m->noriginals;
	free(second);
	return same;
}

static void
use(const struct manifest *m)
{
	FILE *out = fopen("/dev/null", "we");
	struct case_seals seals = {.manifest = bytes_of("x"), .query = bytes_of("y")};

	free(case_sums(m, &seals));
	if (out) {
		case_readme(m, out);
		fclose(out);
	}
}

static void
try_manifest(struct bytes text)
{
	struct arena *a = arena_new();
	struct manifest m, second;
	char *why = NULL, *written;

	if (manifest_parse(a, text, &m, &why) == 0) {
		written = manifest_text(&m);
		if (!again(&m, written, &second, a))
			abort();
		free(written);
		use(&m);
	}
	free(why);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stamp stamp;
	char *why = NULL;

	if (size && data[0] == 'T')
		timestamp_check((struct bytes){data + 1, size - 1}, bytes_of("x"), NULL, &stamp, &why);
	else
		try_manifest((struct bytes){data, size});
	free(why);
	return 0;
}
