/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the report as JSON, for other documents that hold them; report_json.c makes them. Each
 * returns a new reference. */
#pragma once

#include <jansson.h>

#include "report.h"

json_t *json_of_tool(const struct report *r);
json_t *json_of_capture(const struct report *r, size_t i);
json_t *json_of_text(const char *s); /* whatever is in it; null for NULL */
json_t *json_of_time(int64_t nsec);
