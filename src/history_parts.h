/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the history share. */
#pragma once

#include "history.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "table.h"
#pragma GCC diagnostic pop

/* Names of one address that are remembered: behind a large host stand thousands, but a client
 * that goes there has looked up the one it wants shortly before. */
#define LESSONS_MAX 8

/* Who was told when that a name has an address. */
struct lesson {
	const char *name;
	int64_t nsec;
	uint32_t client; /* hash of its address */
	struct lesson *older;
};

struct named_address {
	UT_hash_handle hh;
	struct addr addr;
	struct lesson newest;
};

struct known_resolver {
	UT_hash_handle hh;
	struct addr addr;
	struct resolver r;
};

struct history {
	struct episode *ring;
	/* Of the sorted episodes: the next one of the same name, and the first one of each name by
	 * its number. NO_EPISODE if there is none. */
	uint32_t *next_named, *first_named;
	size_t nfirst;
	size_t n, size, at;
	uint64_t forgotten, unlearnt;
	struct names *names;
	struct named_address *addresses;
	struct known_resolver *resolvers;
};

/* history_room.c */
void history_forget_lessons(struct lesson *l);
