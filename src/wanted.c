/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nobody asks for is not noted: facts that no rule mentions, and texts in which no rule finds
 * anything. Both are set once, before the first packet. */
#include "dissect_engine.h"

static const struct field *const *left_out;

static struct {
	bool (*wants)(const struct fingerprints *rules, const struct field *field,
		      struct bytes text);
	const struct fingerprints *rules;
} asked;

void
dissect_leave_out(const struct field *const *fields)
{
	left_out = fields;
}

bool
flow_wants(const struct flow *f, const struct field *field)
{
	(void)f;
	for (const struct field *const *p = left_out; p && *p; p++)
		if (*p == field)
			return false;
	return true;
}

void
dissect_ask(bool (*wants)(const struct fingerprints *rules, const struct field *field,
			  struct bytes text),
	    const struct fingerprints *rules)
{
	asked.wants = wants;
	asked.rules = rules;
}

bool
flow_wants_text(const struct flow *f, const struct field *field, struct bytes text)
{
	(void)f;
	return !asked.wants || asked.wants(asked.rules, field, text);
}
