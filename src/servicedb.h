/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services as they lie in memory: shared by their reader and by those who ask, and by nobody else.
 */
#pragma once

#include "complain.h"
#include "dissect.h"
#include "services.h"
#include "table.h"

/* What a conversation looks like, told by several facts of it. */
struct shape {
	const char *name, *dissector;
	bool (*looks)(const struct flow *f);
};
extern const struct shape shapes[]; /* ends with {0} */

/* By what bytes say: a dissector alone, one fact of it, or a shape. */
struct claim {
	const struct dissector *dissector;
	const char *fact; /* NULL: that it is spoken is enough */
	const struct shape *shape;
	struct usage usage;
};

/* The claims of one dissector, which lie side by side: [from, to). */
struct claimed {
	const struct dissector *dissector;
	size_t from, to;
};

struct network {
	struct addr addr;
	unsigned prefix; /* of 128 */
	uint16_t ports[2];
	uint8_t proto; /* 0: any */
	struct usage usage;
};

struct named {
	const char *name;
	struct usage usage;
	const char *file;
	unsigned line;
	UT_hash_handle hh;
};

/* The shipped names end in some thirty ways: one in a hundred of others meets a bit by chance. */
#define SERVICE_ENDS 4096
/* The last bytes of a name, with the dot that may stand before it: "t.me" has so many. */
#define SERVICE_END 5

struct services {
	struct arena *arena;
	struct service *all;
	size_t n;
	char sha256[SHA256_HEX + 1];
	struct claim *claims;
	size_t nclaims;
	struct claimed *claimed;
	size_t nclaimed;
	struct network *networks;
	size_t nnetworks;
	struct named *names; /* hash tables: */
	struct named *suffixes;
	uint64_t ends[SERVICE_ENDS / 64]; /* a bit for the hash of each name's end */
	bool any_end;                     /* some name is too short to have one */
};

void services_parse(struct services *s, const char *file, char *text, struct complaints *c);
/* Which bit of `ends` a name has. */
uint32_t services_end(const char *name, size_t n);
/* The entry of exactly that name; whole: or of that name with all below it. */
const struct named *services_find_name(const struct services *s, const char *name, bool whole);
