/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of --flows, kept in a temporary file: a long capture must not fill the memory. */
#pragma once

#include "look.h"
#include "report.h"

struct rows;

int rows_new(struct rows **ret); /* negative errno if there is no temporary file */
void rows_free(struct rows *r);  /* accepts NULL */
/* Remembers a flow; a later part of the same conversation replaces the earlier one. */
void rows_add(struct rows *r, const struct look *l, const char *application);
/* The next row in order of flow id, findings left empty; false at the end. */
bool rows_next(struct rows *r, struct flow_row *ret);
