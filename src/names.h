/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that conversations said: each is kept once, and has a number. */
#pragma once

#include "base.h"

struct names;

/* At most `most` of them are kept. */
struct names *names_new(size_t most);
void names_free(struct names *n); /* accepts NULL */
/* The text as it is kept, for as long as the names are; NULL if there are too many. */
const char *names_keep(struct names *n, const char *text);
/* The same, or NULL if nobody said it. */
const char *names_find(const struct names *n, const char *text);
size_t names_count(const struct names *n);
/* Of a kept text: how many were said before it. */
size_t names_number(const char *kept);
