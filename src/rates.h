/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of all connections that lost packets, and what they show together: several
 * connections of one client may share one limit, and each alone then looks like chance. */
#pragma once

#include "finding.h"
#include "rate.h"

/* Connections that are remembered; most captures have a handful that lose that much. */
#define RATES_MAX 4096
/* Bytes of their packed records: 200 of the longest. */
#define RECORDS_MAX (16u << 20)
/* Of these, of connections that lost too few to be suspected, and are kept for the sake of others
 * that may share a limit with them. A group of 32, the largest that is looked at, may have 9,000
 * packets each. */
#define BYSTANDERS_MAX (2u << 20)

struct rates;
struct look;

/* `points` is what rate_note() counts in. */
struct rates *rates_new(uint32_t *points);
void rates_free(struct rates *r); /* accepts NULL */
/* Takes over what a finished flow noted, if it noted anything. */
void rates_take(struct rates *r, const struct look *l, struct flow *f);
/* Adds what the packets show about a suspected limit, alone or with the client's others. */
void rates_weigh(struct rates *r, struct finding *f);
/* How many connections were left out, or noted in part, for want of room. Such as were forgotten
 * when nobody was suspected are not missed. */
uint64_t rates_forgotten(const struct rates *r);
