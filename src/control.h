/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Controls: other conversations of the capture that a suspicion is held against. */
#pragma once

#include "history.h"

/* Flows within ten minutes are comparable (dossier, section 14). */
#define COMPARABLE (600 * NSEC_PER_SEC)
/* How many other flows are asked about one suspicion. */
#define ASK_MAX 512

bool episodes_near(const struct episode *a, const struct episode *b, int64_t within);
/* Is e the conversation of which the other speaks, or the same question in it? */
bool episode_is_about(const struct episode *e, const struct episode *other);
bool control_same_text(const char *a, const char *b);
/* The conversations with the same server that lie next to this one in time: at most ASK_MAX, those
 * before and after in equal parts. All of them are in *ret[*ret_from, *ret_to). */
void control_neighbours(struct history *h, const struct episode *me, const struct episode **ret,
			size_t *ret_from, size_t *ret_to);
/* Weighs in how another conversation fared, and cites the packet that shows it. */
void control(struct finding *f, const char *evidence, const struct episode *e, const char *what);
