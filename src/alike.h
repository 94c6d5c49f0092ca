/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings that differ in nothing but their flow: one of them speaks for all. */
#pragma once

#include "report.h"

struct group {
	const size_t *findings; /* indices, in order */
	size_t n;
};

struct alike {
	struct group *groups; /* in order of their first findings */
	size_t n;
	size_t *sorted; /* what the groups point into */
};

struct alike alike_new(const struct report *r);
void alike_free(struct alike *a);
