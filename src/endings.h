/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections, counted by how they ended. */
#pragma once

#include "signature.h"

struct endings {
	uint64_t connections, abrupt, matched;
	uint64_t scans; /* left out of all others */
	uint64_t reached[NREACHED], signatures[SIGNATURES];
};

void endings_count(struct endings *c, const struct ending *e);
void endings_add(struct endings *sum, const struct endings *more);
/* Those of a stage that have a signature. */
uint64_t endings_matched_at(const struct endings *c, enum reached stage);
/* 0 of none is none. */
double endings_share(uint64_t n, uint64_t of);

struct json_t;
/* A share, as JSON shows it. */
struct json_t *endings_json_share(uint64_t n, uint64_t of);
/* The list of stages, each with its signatures. */
struct json_t *endings_json_stages(const struct endings *c);
/* The same in short, of one country or network: only what was counted. */
struct json_t *endings_json_short(const struct endings *c);
