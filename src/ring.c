/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records lie one behind the other in a circle of bytes; a frame that would not fit before the end
 * begins at the start, and what is left over is skipped. */
#include "ring.h"

#include <stdlib.h>

/* What stands before a frame's bytes; `size` 0 says that the rest of the circle is skipped. */
struct record {
	struct frame frame;
	size_t size; /* of all, a multiple of the record's alignment */
};

struct ring {
	uint8_t *bytes;
	size_t size;
	uint64_t begin, end; /* of what is there; modulo size they are places in the circle */
};

struct ring *
ring_new(size_t bytes)
{
	struct ring *r = xcalloc(1, sizeof *r);

	r->size = bytes / sizeof(struct record) * sizeof(struct record);
	r->bytes = xcalloc(r->size, 1);
	return r;
}

void
ring_free(struct ring *r)
{
	if (!r)
		return;
	free(r->bytes);
	free(r);
}

static struct record *
record_at(const struct ring *r, uint64_t at)
{
	return (struct record *)(void *)(r->bytes + at % r->size);
}

/* Where the record after the one at `at` begins. */
static uint64_t
after(const struct ring *r, uint64_t at)
{
	size_t size = record_at(r, at)->size;

	return at + (size ? size : r->size - at % r->size);
}

static void
make_room(struct ring *r, size_t size)
{
	while (r->end + size - r->begin > r->size)
		r->begin = after(r, r->begin);
}

void
ring_add(struct ring *r, const struct frame *f)
{
	const size_t unit = sizeof(struct record);
	size_t size = unit + (f->caplen + unit - 1) / unit * unit;
	size_t left = r->size - r->end % (r->size ? r->size : 1);
	struct record *record;

	if (size > r->size)
		return;
	if (left < size) {
		make_room(r, left);
		record_at(r, r->end)->size = 0;
		r->end += left;
	}
	make_room(r, size);
	record = record_at(r, r->end);
	record->frame = *f;
	record->size = size;
	memcpy(record + 1, f->data, f->caplen);
	record->frame.data = (const uint8_t *)(record + 1);
	r->end += size;
}

bool
ring_next(const struct ring *r, uint64_t *at, struct frame *ret)
{
	if (*at < r->begin)
		*at = r->begin;
	while (*at < r->end && !record_at(r, *at)->size)
		*at = after(r, *at);
	if (*at >= r->end)
		return false;
	*ret = record_at(r, *at)->frame;
	*at = after(r, *at);
	return true;
}
