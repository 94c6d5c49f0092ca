/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests of stream dissectors: a conversation told whole, byte by byte and in between, which
 * must come to the same facts. */
#pragma once

#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct turn {
	enum side from;
	const void *p;
	size_t n;
};

static inline struct flow
tell(const char *name, const struct turn *turns, size_t n, size_t step)
{
	struct flow f;

	flow_begin(&f, dissector_find(name), STREAM, 443);
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at < turns[i].n; at += step) {
			size_t rest = turns[i].n - at;

			flow_hear(&f, turns[i].from, STREAM, (const uint8_t *)turns[i].p + at,
				  rest < step ? rest : step);
		}
	return f;
}

/* The facts of a conversation, which must not depend on how its bytes are cut. */
static inline char *
facts_told(const char *name, const struct turn *turns, size_t n)
{
	static const size_t steps[] = {1, 2, 3, 5, 7, 16, 61, 256, 1460};
	struct flow f = tell(name, turns, n, SIZE_MAX / 2);
	char *whole = facts_text(&f, f.nfacts);

	flow_end(&f);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char *text;

		f = tell(name, turns, n, steps[i]);
		text = facts_text(&f, f.nfacts);
		flow_end(&f);
		assert_string_equal(text, whole);
		free(text);
	}
	return whole;
}

static inline void
check(const char *name, const struct turn *turns, size_t n, const char *facts)
{
	char *text = facts_told(name, turns, n);

	assert_string_equal(text, facts);
	free(text);
}

static inline void
check_one(const char *name, enum side from, const void *p, size_t n, const char *facts)
{
	check(name, &(struct turn){from, p, n}, 1, facts);
}

static inline void
check_text(enum side from, const char *text, const char *facts)
{
	check_one("http", from, text, strlen(text), facts);
}

/* Whether a line stands among facts. */
static inline bool
has_line(const char *facts, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = facts; (p = strstr(p, line)); p++)
		if ((p == facts || p[-1] == '\n') && p[n] == '\n')
			return true;
	return false;
}

__attribute__((format(printf, 2, 3))) static inline void
assert_line(const char *facts, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (!has_line(facts, line))
		fail_msg("no \"%s\" in\n%s", line, facts);
}

static inline size_t
count(const char *facts, const char *line)
{
	size_t n = 0;

	for (const char *p = facts; (p = strstr(p, line)); p++)
		n += p == facts || p[-1] == '\n';
	return n;
}
