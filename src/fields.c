/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the dissectors declare: the vocabulary of the fingerprints. */
#include "dissect_engine.h"
#include "fpdb.h"
#include "wrap.h"

#include <errno.h>
#include <string.h>

/* More dissectors than the list in meson.build will ever hold; the rest would go unnamed. */
#define TABLES_MAX 64

const struct field *const *
registry_tables(void)
{
	static const struct field *tables[TABLES_MAX + 2];
	size_t n = 0;

	for (size_t i = 0; dissectors[i] && n < TABLES_MAX; i++)
		if (dissectors[i]->fields)
			tables[n++] = dissectors[i]->fields;
	tables[n++] = malformed_fields;
	tables[n] = NULL;
	return tables;
}

int
fingerprints_load(const char *folder, struct fingerprints **ret, char **ret_why)
{
	struct complaints c = {0};
	struct fingerprints *db = database_load(folder, registry_tables(), &c);

	if (!db) {
		*ret_why = c.first;
		return -EINVAL;
	}
	*ret = db;
	return 0;
}

int
fingerprints_add(struct fingerprints *db, const char *csv, char **ret_why)
{
	struct complaints c = {0};

	database_add(db, csv, &c);
	if (c.count)
		*ret_why = c.first;
	return c.count ? -EINVAL : 0;
}

const char *
field_type_word(enum fact_type type)
{
	static const char *const words[] = {[FACT_MARK] = "mark",
					    [FACT_UINT] = "number",
					    [FACT_TEXT] = "text",
					    [FACT_ADDR] = "address"};

	return words[type];
}

void
fields_print(FILE *out)
{
	const struct field *const *tables = registry_tables();
	size_t longest = 0, n;

	for (size_t i = 0; tables[i]; i++) {
		for (const struct field *f = tables[i]; f->name; f++) {
			n = strlen(f->name);
			if (n > longest)
				longest = n;
		}
	}
	for (size_t i = 0; tables[i]; i++) {
		for (const struct field *f = tables[i]; f->name; f++) {
			fprintf(out, "%-*s %-8s", (int)longest, f->name, field_type_word(f->type));
			wrap_print(f->doc ? f->doc : "", longest + 9, longest + 9, out);
		}
	}
}
