/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by hash, with linear probing (Knuth, TAOCP volume 3, 6.4, algorithm L). One is asked for in
 * every conversation, and most are new: uthash takes three times the work and 80 bytes more. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

/* Names are cut from chunks of this size: some hundreds each. */
#define CHUNK 16384
#define SLOTS_FIRST 256

/* What lies before the text. */
struct head {
	uint32_t number;
};

struct chunk {
	struct chunk *next;
	_Alignas(struct head) char b[CHUNK];
};

struct slot {
	uint32_t hash;
	uint32_t number; /* + 1; 0: empty */
};

struct names {
	struct slot *slots; /* a power of two of them, at most three quarters taken */
	size_t nslots;
	const char **texts; /* by number */
	size_t n, size, most;
	struct chunk *chunks;
	size_t used; /* of the first chunk */
};

struct names *
names_new(size_t most)
{
	struct names *n = xcalloc(1, sizeof *n);

	n->most = most;
	n->nslots = SLOTS_FIRST;
	n->slots = xcalloc(n->nslots, sizeof *n->slots);
	n->used = CHUNK;
	return n;
}

void
names_free(struct names *n)
{
	struct chunk *c = n ? n->chunks : NULL;

	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
	if (n) {
		free(n->slots);
		free(n->texts);
	}
	free(n);
}

size_t
names_count(const struct names *n)
{
	return n->n;
}

size_t
names_number(const char *kept)
{
	struct head h;

	memcpy(&h, kept - sizeof h, sizeof h);
	return h.number;
}

/* The slot of a text, or the empty one where it belongs. */
static struct slot *
slot_of(const struct names *n, uint32_t hash, const char *text)
{
	for (size_t i = hash;; i++) {
		struct slot *s = &n->slots[i & (n->nslots - 1)];

		if (!s->number || (s->hash == hash && strcmp(n->texts[s->number - 1], text) == 0))
			return s;
	}
}

const char *
names_find(const struct names *n, const char *text)
{
	const struct slot *s = slot_of(n, table_hash(text, strlen(text)), text);

	return s->number ? n->texts[s->number - 1] : NULL;
}

static void
grow(struct names *n)
{
	struct slot *old = n->slots;
	size_t size = n->nslots;

	n->nslots *= 2;
	n->slots = xcalloc(n->nslots, sizeof *n->slots);
	for (size_t i = 0; i < size; i++) {
		size_t at = old[i].hash & (n->nslots - 1);

		if (!old[i].number)
			continue;
		while (n->slots[at].number)
			at = (at + 1) & (n->nslots - 1);
		n->slots[at] = old[i];
	}
	free(old);
}

static const char *
copy(struct names *n, const char *text, size_t length)
{
	struct head h = {(uint32_t)n->n};
	size_t room = (sizeof h + length + 1 + sizeof h - 1) / sizeof h * sizeof h;
	char *p;

	if (n->used + room > CHUNK) {
		struct chunk *c = xcalloc(1, room > CHUNK ? sizeof *c + room : sizeof *c);

		c->next = n->chunks;
		n->chunks = c;
		n->used = 0;
	}
	p = n->chunks->b + n->used;
	n->used += room;
	memcpy(p, &h, sizeof h);
	return memcpy(p + sizeof h, text, length + 1);
}

const char *
names_keep(struct names *n, const char *text)
{
	size_t length = strlen(text);
	uint32_t hash = table_hash(text, length);
	struct slot *s = slot_of(n, hash, text);

	if (s->number)
		return n->texts[s->number - 1];
	if (n->n == n->most)
		return NULL;
	if (n->n == n->size) {
		n->size = n->size ? n->size * 2 : SLOTS_FIRST;
		n->texts = xrealloc(n->texts, n->size, sizeof(const char *));
	}
	n->texts[n->n] = copy(n, text, length);
	*s = (struct slot){hash, (uint32_t)++n->n};
	if (n->n * 4 > n->nslots * 3)
		grow(n);
	return n->texts[n->n - 1];
}
