/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of names, markers and addresses that fingerprints refer to by name. */
#pragma once

#include "base.h"
#include "complain.h"

struct lists;
struct list;

enum list_match {
	LIST_WHOLE,    /* the text is an entry */
	LIST_PREFIX,   /* the text begins with an entry */
	LIST_CONTAINS, /* an entry occurs in the text */
	LIST_NETWORK,  /* the address lies in an entry */
	NLISTMATCHES
};

/* An empty collection; everything in it lives in the arena but its hash tables. */
struct lists *lists_new(struct arena *arena);
/* Adds one list from the text of its file. Complains of what is wrong. */
void lists_parse(struct lists *ls, const char *name, const char *file, struct bytes text,
		 struct complaints *c);
const struct list *lists_find(const struct lists *ls, const char *name);
size_t lists_count(const struct lists *ls);
const struct list *lists_get(const struct lists *ls, size_t i); /* in order of name */
enum list_match list_match(const struct list *l);
const char *list_name(const struct list *l);
const char *const *list_sources(const struct list *l); /* NULL-terminated, at least one */
size_t list_entries(const struct list *l);
/* The i-th of list_entries(), in lower case; of a network list, its address and how many bits of
 * it count, of 128. */
struct bytes list_text(const struct list *l, size_t i);
void list_network(const struct list *l, size_t i, struct addr *ret, unsigned *ret_prefix);

/* The note of the entry that matches, "" if it has none; NULL if nothing matches. ASCII letters
 * match in either case. Of several entries the earliest in the text wins, then the longest;
 * of several networks the narrowest. */
const char *list_has_text(const struct list *l, struct bytes text);
const char *list_has_addr(const struct list *l, const struct addr *a);
void lists_free(struct lists *ls); /* the hash tables; accepts NULL */
