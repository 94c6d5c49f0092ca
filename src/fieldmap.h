/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of some fields is this one? A small hash table by address. Those of one dissector lie side
 * by side, and so do their slots: they do not get in each other's way. */
#pragma once

#include "fact.h"

/* 2 kB: who asks knows about two dozen fields. */
#define FIELDMAP_SLOTS 128
/* So that most fields that are none of them meet an empty slot at once. */
#define FIELDMAP_MAX (FIELDMAP_SLOTS / 4)
#define FIELDMAP_NONE UINT8_MAX

/* Begins as {0}. */
struct fieldmap {
	struct {
		const struct field *field;
		uint8_t number;
	} slots[FIELDMAP_SLOTS];
	bool filled;
};

/* Numbers the fields of these names, from 0; once, as fields are declared for good. */
void fieldmap_fill(struct fieldmap *m, const char *const *names, size_t n);

/* The number of a field, or FIELDMAP_NONE. */
static inline unsigned
fieldmap_find(const struct fieldmap *m, const struct field *field)
{
	size_t i = (uintptr_t)field / sizeof *field % FIELDMAP_SLOTS;

	for (; m->slots[i].field; i = (i + 1) % FIELDMAP_SLOTS)
		if (m->slots[i].field == field)
			return m->slots[i].number;
	return FIELDMAP_NONE;
}
