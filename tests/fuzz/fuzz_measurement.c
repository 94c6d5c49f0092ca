/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of measurements through its adapters. What was read is written with something put into it,
 * and must be read again as just as many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attachment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
load(const char *text, size_t n, struct measurements *ret)
{
	char *copy = xcalloc(n + 1, 1), *why = NULL;
	int error;

	memcpy(copy, text, n);
	error = measurements_parse("20230706183840.201925_PK_webconnectivity_19f5e0d803cbaea7.json",
				   copy, n, ret, &why);
	if (error && (!why || strchr(why, '\n')))
		abort();
	free(why);
	return error == 0;
}

/* All but one attachment to what is no object. */
static bool
can_insert(const struct measurements *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->text.p[all->list[i].home.from] != '{')
			return false;
	return true;
}

static void
insert(const struct measurements *all)
{
	json_t *document = json_object();
	struct measurements again = {0};
	char *text = NULL;
	size_t n = 0, at = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		abort();
	for (size_t i = 0; i < all->n; i++)
		if (attachment_insert(all, i, document, &at, out))
			abort();
	if (attachment_finish(all, at, out))
		abort();
	fclose(out);
	if (!load(text, n, &again) || again.n != all->n)
		abort();
	measurements_free(&again);
	json_decref(document);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct measurements all = {0};

	if (!load((const char *)data, size, &all))
		return 0;
	if (can_insert(&all))
		insert(&all);
	measurements_free(&all);
	return 0;
}
