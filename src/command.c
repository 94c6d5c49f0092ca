/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes to standard error, and how a command ends. */
#include "command.h"

#include "bpf.h"
#include "printable.h"
#include "report_parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <string.h>

#define COLUMNS 80       /* where there is no terminal */
#define COLUMNS_MOST 100 /* longer lines are hard to read */

void
tell(const char *fmt, ...)
{
	va_list ap;
	char *text, *shown;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	shown = printable(text ? text : "out of memory");
	fprintf(stderr, "tamperscope: %s\n", shown);
	free(shown);
	free(text);
}

int
fail(int status, char *why)
{
	tell("%s", why ? why : "unknown failure");
	free(why);
	return status;
}

/* A reader that has seen enough (head, less) is no reason to complain. */
int
write_failed(const char *name, int error)
{
	if (error != -EPIPE)
		tell("%s: cannot be written: %s", name, strerror(-error));
	return EXIT_UNREADABLE;
}

int
finish_stdout(void)
{
	int error = finish(stdout);

	return error ? write_failed("standard output", error) : EXIT_DONE;
}

/* A filter that means nothing on any common link (Ethernet, raw IP, Linux cooked, 802.11 plain
 * and with radiotap) is a mistake on the command line. */
bool
filter_is_wrong(const char *filter)
{
	static const int links[] = {1, 101, 113, 105, 127};
	struct bpf *b = bpf_new(filter);
	char why[160], first[160] = "";
	bool known = false;

	for (size_t i = 0; i < sizeof links / sizeof *links && !known; i++) {
		known = bpf_knows(b, links[i], why);
		if (!i)
			memcpy(first, why, sizeof first);
	}
	bpf_free(b);
	if (!known)
		tell("--filter '%s': expected a pcap-filter(7): %s", filter, first);
	return !known;
}

void
warn_of_captures(const struct report *r)
{
	for (size_t i = 0; i < r->ncaptures; i++) {
		const struct capture_info *c = r->captures[i];

		if (c->trouble)
			tell("%s: %s; analysed up to there", c->file, c->trouble);
		else if (c->truncated)
			tell("%s: cut off in the middle of a packet; analysed up to there",
			     c->file);
	}
}

struct report_style
style_for(const struct options *o)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct report_style style = {.columns = COLUMNS, .verbose = o->verbose};
	struct winsize size;

	if (o->output || !isatty(STDOUT_FILENO))
		return style;
	/* https://no-color.org: when present and not empty */
	style.colour = !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.columns = size.ws_col < COLUMNS_MOST ? size.ws_col : COLUMNS_MOST;
	return style;
}
