/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row for each country and network of each capture; they are put together when they are told. */
#include "origins.h"
#include "printable.h"
#include "report_parts.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "table.h"

/* Rows of 500 bytes. About 77,000 networks announce addresses at all (bgp.potaroo.net, 2024), and
 * the clients of one server in one window come from a fraction of them. */
#define ORIGINS_MAX 65536
/* Networks that are told by name: as many as a reader looks through. */
#define NETWORKS_MAX 100

enum kind { COUNTRY, NETWORK };

/* Of networks for which there was no room any more: a number that is nobody's (RFC 7300). There are
 * few countries. */
#define NO_ROOM UINT32_MAX

struct key {
	uint32_t id; /* two letters, or a number; 0: not known */
	uint16_t capture, kind;
};

struct row {
	struct key key;
	struct bytes name;
	struct endings endings[NVIEWS];
	UT_hash_handle hh;
};

struct origins {
	const struct mmdb *mmdb;
	struct row *rows;
};

struct origins *
origins_new(const struct mmdb *m)
{
	struct origins *o = xcalloc(1, sizeof *o);

	o->mmdb = m;
	return o;
}

void
origins_clear(struct origins *o)
{
	struct row *r, *next;

	HASH_ITER(hh, o->rows, r, next)
	{
		HASH_DEL(o->rows, r);
		free(r);
	}
}

void
origins_free(struct origins *o)
{
	if (!o)
		return;
	origins_clear(o);
	free(o);
}

static struct row *
row_of(struct origins *o, struct key key, struct bytes name)
{
	struct row *r;

	HASH_FIND(hh, o->rows, &key, sizeof key, r);
	if (!r && key.kind == NETWORK && key.id != NO_ROOM && HASH_COUNT(o->rows) >= ORIGINS_MAX)
		return row_of(o, (struct key){NO_ROOM, key.capture, key.kind}, (struct bytes){0});
	if (r)
		return r;
	r = xcalloc(1, sizeof *r);
	r->key = key;
	r->name = name;
	HASH_ADD(hh, o->rows, key, sizeof r->key, r);
	return r;
}

#pragma GCC diagnostic pop

static void
count(struct row *r, const struct ending endings[NVIEWS])
{
	for (int v = 0; v < NVIEWS; v++)
		endings_count(&r->endings[v], &endings[v]);
}

void
origins_count(struct origins *o, uint16_t capture, const struct addr *client,
	      const struct ending endings[NVIEWS])
{
	struct place p;

	mmdb_find(o->mmdb, client, &p);
	if (mmdb_tells_countries(o->mmdb)) {
		uint32_t id = (uint32_t)((uint8_t)p.country[0] << 8 | (uint8_t)p.country[1]);

		count(row_of(o, (struct key){id, capture, COUNTRY}, (struct bytes){0}), endings);
	}
	if (mmdb_tells_networks(o->mmdb))
		count(row_of(o, (struct key){p.network, capture, NETWORK}, p.name), endings);
}

/* --- told --- */

/* Of all captures together. */
struct origin {
	uint32_t id;
	struct bytes name;
	struct endings endings;
};

static int
by_id(const void *a, const void *b)
{
	const struct origin *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* The most connections first. */
static int
by_size(const void *a, const void *b)
{
	const struct origin *x = a, *y = b;

	if (x->endings.connections != y->endings.connections)
		return x->endings.connections > y->endings.connections ? -1 : 1;
	return by_id(a, b);
}

/* Returns those with connections, *ret_n of them, to be freed by the caller; what there was no room
 * for goes into *ret_rest. */
static struct origin *
put_together(const struct origins *o, enum kind kind, const enum view *views, size_t *ret_n,
	     struct endings *ret_rest)
{
	struct origin *all = xcalloc(HASH_COUNT(o->rows) + 1, sizeof *all);
	size_t n = 0, kept = 0;

	*ret_rest = (struct endings){0};
	for (const struct row *r = o->rows; r; r = r->hh.next) {
		const struct endings *e = &r->endings[views[r->key.capture]];

		if (r->key.kind != kind || !e->connections)
			continue;
		if (r->key.id == NO_ROOM)
			endings_add(ret_rest, e);
		else
			all[n++] = (struct origin){r->key.id, r->name, *e};
	}
	qsort(all, n, sizeof *all, by_id);
	for (size_t i = 0; i < n; i++) {
		if (kept && all[kept - 1].id == all[i].id)
			endings_add(&all[kept - 1].endings, &all[i].endings);
		else
			all[kept++] = all[i];
	}
	qsort(all, kept, sizeof *all, by_size);
	*ret_n = kept;
	return all;
}

static void
country_text(uint32_t id, char out[3])
{
	out[0] = (char)(id >> 8);
	out[1] = (char)(id & 0xff);
	out[2] = '\0';
}

/* To be freed by the caller; NULL if there is none. */
static char *
name_text(struct bytes name)
{
	char *whole, *safe;

	if (!name.n)
		return NULL;
	whole = strndup((const char *)name.p, name.n);
	if (!whole)
		out_of_memory();
	safe = json_safe(whole);
	free(whole);
	return safe;
}

static json_t *
country_json(const struct origin *x)
{
	json_t *j = json_object();
	char code[3];

	country_text(x->id, code);
	json_object_set_new(j, "country", x->id ? json_string(code) : json_null());
	json_object_update_new(j, endings_json_short(&x->endings));
	return j;
}

static json_t *
network_json(const struct origin *x)
{
	json_t *j = json_object();
	char *name = name_text(x->name);

	json_object_set_new(j, "asn", x->id ? json_integer(x->id) : json_null());
	json_object_set_new(j, "name", name ? json_string(name) : json_null());
	json_object_update_new(j, endings_json_short(&x->endings));
	free(name);
	return j;
}

static void
networks_json(const struct origins *o, const enum view *views, json_t *into)
{
	struct endings rest;
	size_t n, shown;
	struct origin *all = put_together(o, NETWORK, views, &n, &rest);
	json_t *list = json_array(), *others = json_object();
	uint64_t no_room = rest.connections;

	shown = n < NETWORKS_MAX ? n : NETWORKS_MAX;
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list, network_json(&all[i]));
	for (size_t i = shown; i < n; i++)
		endings_add(&rest, &all[i].endings);
	json_object_set_new(into, "networks", list);
	json_object_set_new(others, "networks", json_integer((json_int_t)(n - shown)));
	json_object_set_new(others, "not_told_apart", json_integer((json_int_t)no_room));
	json_object_update_new(others, endings_json_short(&rest));
	json_object_set_new(into, "other_networks", others);
	free(all);
}

static void
countries_json(const struct origins *o, const enum view *views, json_t *into)
{
	struct endings none;
	size_t n;
	struct origin *all = put_together(o, COUNTRY, views, &n, &none);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, country_json(&all[i]));
	json_object_set_new(into, "countries", list);
	free(all);
}

void
origins_json(const struct origins *o, const enum view *views, json_t *into)
{
	if (mmdb_tells_countries(o->mmdb))
		countries_json(o, views, into);
	if (mmdb_tells_networks(o->mmdb))
		networks_json(o, views, into);
}

#define NAME_COLUMNS 33

static void
line(FILE *out, const char *name, const struct endings *c)
{
	int columns = (int)printable_columns(name);

	fprintf(out, "%s%*s%9" PRIu64 " %9" PRIu64 " %7.2f %%\n", name,
		columns < NAME_COLUMNS ? NAME_COLUMNS - columns : 1, "", c->connections, c->abrupt,
		100 * endings_share(c->abrupt, c->connections));
}

static void
network_line(FILE *out, const struct origin *x)
{
	char *name = name_text(x->name), *shown = printable(name ? name : ""), *whole;

	if (x->id && asprintf(&whole, "AS%" PRIu32 " %s", x->id, shown) < 0)
		out_of_memory();
	line(out, x->id ? whole : "not known", &x->endings);
	if (x->id)
		free(whole);
	free(shown);
	free(name);
}

static void
others_line(FILE *out, size_t n, uint64_t no_room, const struct endings *rest)
{
	char name[80];

	if (no_room)
		snprintf(name, sizeof name, "%zu others, and what had no room", n);
	else
		snprintf(name, sizeof name, "%zu others", n);
	if (n || no_room)
		line(out, name, rest);
}

void
origins_text(const struct origins *o, const enum view *views, FILE *out)
{
	for (int kind = COUNTRY; kind <= NETWORK; kind++) {
		struct endings rest;
		size_t n, i;
		struct origin *all = put_together(o, (enum kind)kind, views, &n, &rest);
		uint64_t no_room = rest.connections;
		char code[3];

		if (n)
			fprintf(out, "\n%-*s%9s %9s %9s\n", NAME_COLUMNS,
				kind == COUNTRY ? "Countries of clients" : "Networks of clients",
				"number", "abrupt", "of all");
		for (i = 0; i < n && (kind == COUNTRY || i < NETWORKS_MAX); i++) {
			country_text(all[i].id, code);
			if (kind == NETWORK)
				network_line(out, &all[i]);
			else
				line(out, all[i].id ? code : "not known", &all[i].endings);
		}
		for (size_t k = i; k < n; k++)
			endings_add(&rest, &all[k].endings);
		others_line(out, n - i, no_room, &rest);
		free(all);
	}
}
