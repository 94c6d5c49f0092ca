/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fingerprint database: what is in it, from its making to its end. */
#include "fpdb.h"
#include "markers.h"

#include <stdlib.h>
#include <string.h>

struct fingerprints *
database_new(const struct field *const *tables)
{
	struct fingerprints *db = xcalloc(1, sizeof *db);

	db->arena = arena_new();
	db->lists = lists_new(db->arena);
	db->tables = tables;
	db->given_up = arena_alloc(db->arena, sizeof *db->given_up);
	return db;
}

void
fingerprints_free(struct fingerprints *db)
{
	if (!db)
		return;
	gate_free(db->gate);
	markers_free(db->markers);
	lists_free(db->lists);
	free(db->stanzas);
	arena_free(db->arena);
	free(db);
}

const struct field *
database_field(const struct fingerprints *db, const char *name)
{
	for (const struct field *const *t = db->tables; *t; t++)
		for (const struct field *f = *t; f->name; f++)
			if (strcmp(f->name, name) == 0)
				return f;
	return NULL;
}

void
database_finish(struct fingerprints *db)
{
	db->gate = gate_new(db);
}

const char *
fingerprints_listed(const struct fingerprints *db, const char *list, struct bytes text)
{
	const struct list *l = lists_find(db->lists, list);

	return l ? list_has_text(l, text) : NULL;
}

const char *
fingerprints_listed_addr(const struct fingerprints *db, const char *list, const struct addr *a)
{
	const struct list *l = lists_find(db->lists, list);

	return l ? list_has_addr(l, a) : NULL;
}

size_t
fingerprints_count(const struct fingerprints *db)
{
	return db->nstanzas;
}

const struct fingerprint *
fingerprints_get(const struct fingerprints *db, size_t i)
{
	return &db->stanzas[i]->public;
}

const struct fingerprint *
fingerprints_find(const struct fingerprints *db, const char *id)
{
	for (size_t i = 0; i < db->nstanzas; i++)
		if (strcmp(db->stanzas[i]->public.id, id) == 0)
			return &db->stanzas[i]->public;
	return db->markers ? markers_find(db->markers, id) : NULL;
}

const char *
fingerprints_sha256(const struct fingerprints *db)
{
	return db->sha256;
}

uint64_t
fingerprints_given_up(const struct fingerprints *db)
{
	return __atomic_load_n(db->given_up, __ATOMIC_RELAXED);
}
