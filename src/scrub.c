/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients out of documents. */
#include "scrub.h"
#include "base.h"

#include <ctype.h>
#include <stdlib.h>

/* What is made here is not nested deeper. */
#define DEPTH_MAX 12
/* Clients of the findings and conversations of one measurement: mostly one, two with IPv6. */
#define CLIENTS_MAX 64

static const char word[] = "[scrubbed]";

/* Walks a tree without recursion. */
struct walk_tree {
	struct {
		json_t *value;
		void *member;
		size_t element;
	} at[DEPTH_MAX];
	size_t depth;
};

struct clients {
	char *list[CLIENTS_MAX];
	size_t n;
};

static void
enter(struct walk_tree *w, json_t *value)
{
	if (w->depth == DEPTH_MAX || (!json_is_object(value) && !json_is_array(value)))
		return;
	w->at[w->depth].value = value;
	w->at[w->depth].member = json_is_object(value) ? json_object_iter(value) : NULL;
	w->at[w->depth++].element = 0;
}

/* The next value of the tree, with its holder: *ret_key in an object, *ret_index in an array. */
static json_t *
next_value(struct walk_tree *w, json_t **ret_holder, const char **ret_key, size_t *ret_index)
{
	while (w->depth) {
		json_t *holder = w->at[w->depth - 1].value, *value;

		*ret_holder = holder;
		*ret_key = NULL;
		if (json_is_object(holder)) {
			void *member = w->at[w->depth - 1].member;

			if (!member) {
				w->depth--;
				continue;
			}
			*ret_key = json_object_iter_key(member);
			value = json_object_iter_value(member);
			w->at[w->depth - 1].member = json_object_iter_next(holder, member);
		} else {
			*ret_index = w->at[w->depth - 1].element++;
			value = json_array_get(holder, *ret_index);
			if (!value) {
				w->depth--;
				continue;
			}
		}
		enter(w, value);
		return value;
	}
	return NULL;
}

static void
add_client(struct clients *c, const char *address)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->list[i], address) == 0)
			return;
	if (c->n < CLIENTS_MAX)
		c->list[c->n++] = xstrdup(address);
}

/* Learns the clients' addresses, and takes out what stands where it always stands. */
static void
scrub_members(json_t *root, struct clients *c)
{
	struct walk_tree w = {.depth = 0};
	json_t *holder, *value;
	const char *key;
	size_t index;

	enter(&w, root);
	while ((value = next_value(&w, &holder, &key, &index))) {
		if (key && strcmp(key, "client") == 0 && json_is_object(value)) {
			const char *address = json_string_value(json_object_get(value, "ip"));

			if (address)
				add_client(c, address);
			json_object_set_new(value, "ip", json_string(word));
			json_object_set_new(value, "port", json_null());
		}
		if (key && strcmp(key, "community_id") == 0)
			json_object_set_new(holder, key, json_string(word));
	}
}

static bool
is_part_of_address(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* Where the address stands as a whole, from `text` on, or NULL. At the end of a sentence a dot
 * follows, and a port a colon. */
static const char *
find_address(const char *text, const char *from, const char *address)
{
	size_t n = strlen(address);
	bool v6 = strchr(address, ':') != NULL;

	for (const char *at = from; (at = strstr(at, address)); at++) {
		char before = at == text ? ' ' : at[-1], after = at[n];
		bool longer = isxdigit((unsigned char)after) ||
			      (after == '.' && isdigit((unsigned char)at[n + 1])) ||
			      (v6 && after == ':' && isxdigit((unsigned char)at[n + 1]));

		if (!is_part_of_address(before) && !longer)
			return at;
	}
	return NULL;
}

/* Copies n bytes to where `used` of them are; returns how many are there then. */
static size_t
append(char *out, size_t used, const char *from, size_t n)
{
	memcpy(out + used, from, n);
	return used + n;
}

static char *
without(const char *text, const char *address)
{
	size_t n = strlen(address), used = 0;
	const char *at, *from = text;
	char *out;

	if (!find_address(text, text, address))
		return NULL;
	/* The shortest address has two characters. */
	out = xcalloc(strlen(text) / 2 + 1, sizeof word + 1);
	while ((at = find_address(text, from, address))) {
		used = append(out, used, from, (size_t)(at - from));
		used = append(out, used, word, sizeof word - 1);
		from = at + n;
	}
	append(out, used, from, strlen(from));
	return out;
}

static void
scrub_texts(json_t *root, const char *address)
{
	struct walk_tree w = {.depth = 0};
	json_t *holder, *value;
	const char *key;
	size_t index;

	enter(&w, root);
	while ((value = next_value(&w, &holder, &key, &index))) {
		char *scrubbed =
		    json_is_string(value) ? without(json_string_value(value), address) : NULL;

		if (scrubbed && key)
			json_object_set_new(holder, key, json_string(scrubbed));
		else if (scrubbed)
			json_array_set_new(holder, index, json_string(scrubbed));
		free(scrubbed);
	}
}

void
scrub_clients(json_t *root)
{
	struct clients c = {.n = 0};

	scrub_members(root, &c);
	for (size_t i = 0; i < c.n; i++) {
		scrub_texts(root, c.list[i]);
		free(c.list[i]);
	}
}
