/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text through the loader of fingerprints, and what loads through the matcher. A first byte of
 * 'L' means a list, anything else a file of stanzas (and is part of it). */
#include <stdlib.h>
#include <string.h>

#include "fpdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MARK, UINT, TEXT, ADDR, NFIELDS };
static const struct field fields[NFIELDS + 1] = {
    [MARK] = {"f.mark", FACT_MARK, "a mark"},
    [UINT] = {"f.uint", FACT_UINT, "a number"},
    [TEXT] = {"f.text", FACT_TEXT, "a text"},
    [ADDR] = {"f.addr", FACT_ADDR, "an address"},
};
static const struct field *const tables[] = {fields, NULL};

/* Facts of some packets, of all types, with values that short stanzas hit. */
static void
match(const struct fingerprints *db)
{
	static const char *const texts[] = {"a", "blocked", "www.example.com"};
	struct fingerprint_match found[8];
	struct fact facts[64] = {{0}};
	struct flow flow = {.facts = facts, .nfacts = 64};

	for (uint16_t i = 0; i < flow.nfacts; i++) {
		const char *text = texts[i / 4 % 3];

		facts[i].field = &fields[i % NFIELDS];
		facts[i].at.frame = 1 + i / 8u;
		facts[i].from = i / 8 % 2 ? SERVER : CLIENT;
		facts[i].nsec = (i / 8) * NSEC_PER_MSEC;
		if (i % NFIELDS == UINT)
			facts[i].u = i / 4u;
		else if (i % NFIELDS == TEXT)
			facts[i].text = (struct bytes){(const uint8_t *)text, strlen(text)};
		else if (i % NFIELDS == ADDR)
			facts[i].addr = addr_from_v4((const uint8_t[4]){10, 0, 0, (uint8_t)i});
	}
	fingerprints_match(db, &flow, found, 8);
}

/* Prints every term, since what is printed is read by people. */
static void
print(const struct fingerprints *db)
{
	FILE *out = fopen("/dev/null", "we");

	if (!out)
		return;
	for (size_t i = 0; i < db->nstanzas; i++)
		for (size_t k = 0; k < db->stanzas[i]->nlines; k++)
			term_print(&db->stanzas[i]->lines[k], out);
	fclose(out);
}

static void
try_list(struct fingerprints *db, struct bytes text, struct complaints *c)
{
	const struct list *l;
	struct addr a = {{1}};

	lists_parse(db->lists, "fuzz", "fuzz.txt", text, c);
	l = lists_find(db->lists, "fuzz");
	list_has_text(l, text);
	list_has_addr(l, &a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints c = {0};
	struct fingerprints *db = database_new(tables);
	static const char list[] = "# source: s\nmatch = contains\nblocked\n";
	static const char nets[] = "# source: s\nmatch = network\n10.0.0.0/30\n";

	lists_parse(db->lists, "markers", "m",
		    (struct bytes){(const uint8_t *)list, sizeof list - 1}, &c);
	lists_parse(db->lists, "nets", "n", (struct bytes){(const uint8_t *)nets, sizeof nets - 1},
		    &c);
	if (size && data[0] == 'L') {
		try_list(db, (struct bytes){data + 1, size - 1}, &c);
	} else {
		database_parse(db, "fuzz.fp", (struct bytes){data, size}, &c);
		database_finish(db);
		match(db);
		print(db);
		for (size_t i = 0; i + 1 < db->nstanzas; i++)
			stanza_implies(db->stanzas[i], db->stanzas[i + 1]);
	}
	free(c.first);
	fingerprints_free(db);
	return 0;
}
