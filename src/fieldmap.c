/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of some fields is this one? */
#include "fieldmap.h"
#include "flow.h"

#include <assert.h>

void
fieldmap_fill(struct fieldmap *m, const char *const *names, size_t n)
{
	assert(n <= FIELDMAP_MAX);
	for (size_t k = 0; !m->filled && k < n; k++) {
		const struct field *field = field_named(names[k]);
		size_t i = (uintptr_t)field / sizeof *field % FIELDMAP_SLOTS;

		while (m->slots[i].field)
			i = (i + 1) % FIELDMAP_SLOTS;
		m->slots[i].field = field;
		m->slots[i].number = (uint8_t)k;
	}
	m->filled = true;
}
