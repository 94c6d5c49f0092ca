/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports made by hand, for the tests of what the user sees. Names and addresses are those set
 * aside for documentation (RFC 2606, RFC 5737, RFC 3849). */
#pragma once

#include "report.h"

/* "none", "empty", "one", "several", "ipv6", "hostile", "many", "flows"; NULL ends the list. */
extern const char *const sample_names[];

/* The report of that name, or NULL. Everything in it belongs to the arena. */
struct report *sample_report(struct arena *a, const char *name);
