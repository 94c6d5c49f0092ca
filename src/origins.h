/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How connections ended, by the countries and networks that their clients come from. */
#pragma once

#include <stdio.h>

#include "endings.h"
#include "mmdb.h"

struct origins;

/* The database is the caller's, and must stay open. */
struct origins *origins_new(const struct mmdb *m);
void origins_free(struct origins *o); /* accepts NULL */
/* Counts a connection of a capture, as either view has it. */
void origins_count(struct origins *o, uint16_t capture, const struct addr *client,
		   const struct ending endings[NVIEWS]);
/* Begins anew. */
void origins_clear(struct origins *o);

/* views: what of each capture is told. */
struct json_t;
void origins_json(const struct origins *o, const enum view *views, struct json_t *into);
void origins_text(const struct origins *o, const enum view *views, FILE *out);
