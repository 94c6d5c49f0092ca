/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Complaints about a file that somebody wrote: file, line, what, and what was expected. */
#include "complain.h"

#include <stdarg.h>
#include <stdlib.h>

void
complain(struct complaints *c, const char *file, unsigned line, const char *fmt, ...)
{
	char text[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->count++;
	if (c->all) {
		fprintf(c->all, "%s:%u: %s\n", file, line, text);
	} else if (!c->first) {
		char *why = NULL;

		if (asprintf(&why, "%s:%u: %s", file, line, text) < 0)
			why = xstrdup("out of memory");
		c->first = why;
	}
}

bool
complaints_go_on(const struct complaints *c)
{
	return c->all || c->count == 0;
}
