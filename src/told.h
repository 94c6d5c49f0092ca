/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was said of a capture that goes on: each finding once, and again if it changed. */
#pragma once

#include "finding.h"

struct told;

/* A finding as it was told. */
struct telling {
	unsigned number;  /* "f12"; never given twice */
	unsigned revises; /* the number of an earlier telling of the same; 0: the first */
	uint64_t flow;    /* which the finding is about, and its first cited packet and time, by */
	struct ref at;    /* which the same finding is known the next time */
	int64_t nsec;
	double confidence;
	uint8_t mechanism, trigger;
	bool withdrawn;
};

/* Its numbers are first, first + step, ...: several processes need not agree on them. */
struct told *told_new(unsigned first, unsigned step);
void told_free(struct told *t); /* accepts NULL */

/* The number under which a finding is told: a new one if it was not told yet, or differently. Two
 * calls for the same finding give the same number. */
unsigned told_number(struct told *t, const struct finding *f);
/* Is there anything new, or changed, in what told_number() was asked about since told_begin()?
 * Lists them in order of number; the list belongs to `t`. Withdrawn are those that were told, are
 * no older than `since`, and were not asked about. */
void told_begin(struct told *t);
const struct telling *told_news(struct told *t, int64_t since, size_t *ret_n);
/* Takes over what another process told. */
void told_learn(struct told *t, const struct telling *news, size_t n);
/* What is older than that will not be asked about again. */
void told_forget(struct told *t, int64_t before);
