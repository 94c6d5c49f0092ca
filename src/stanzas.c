/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads files of stanzas, line by line. */
#include "stanzas.h"

#include <stdarg.h>
#include <string.h>

#define FORMAT "1"
#define BLANKS " \t"

void
stanzas_wrong(const struct stanza_reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	complain(r->complaints, r->file, r->line, "%s", text);
}

void
stanzas_begin(struct stanza_reader *r, char *text)
{
	r->line = r->rest_line = 1;
	r->rest = text;
}

/* Cuts the line at a comment, at the blanks before it, and at a carriage return. */
static void
trim(char *line)
{
	bool quoted = false;
	char *p, *end;

	for (p = line; *p; p++) {
		if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '#' && !quoted && (p == line || p[-1] == ' ' || p[-1] == '\t'))
			break;
	}
	end = p;
	while (end > line && strchr(BLANKS "\r", end[-1]))
		end--;
	*end = '\0';
}

/* Cuts off the next line of the text. */
static char *
cut_line(struct stanza_reader *r)
{
	char *line = r->rest, *end = strchr(line, '\n');

	if (end)
		*end = '\0';
	r->rest = end ? end + 1 : NULL;
	r->rest_line++;
	trim(line);
	return line;
}

/* The next line that is not empty, put together from itself and the indented ones below it, which
 * lie in one buffer; NULL at the end. */
static char *
next_line(struct stanza_reader *r)
{
	char *whole = r->pending;

	r->pending = NULL;
	if (whole)
		r->line = r->pending_line;
	while (r->rest) {
		unsigned at = r->rest_line;
		bool goes_on = *r->rest == ' ' || *r->rest == '\t';
		char *line = cut_line(r);

		if (!*line)
			continue;
		if (!whole) {
			whole = line;
			r->line = at;
		} else if (goes_on) {
			size_t n = strlen(whole);

			whole[n] = ' ';
			memmove(whole + n + 1, line, strlen(line) + 1);
		} else {
			r->pending = line;
			r->pending_line = at;
			break;
		}
	}
	return whole ? whole + strspn(whole, BLANKS) : NULL;
}

/* "[id]": is it one? */
static bool
cut_id(struct stanza_reader *r, char *line, char **ret_id)
{
	size_t n = strlen(line), good;

	good = strspn(line + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (good == 0 || good > r->id_max || line[1 + good] != ']' || n != good + 2) {
		stanzas_wrong(r,
			      "bad id, expected [name] of at most %zu lower-case letters, digits "
			      "and hyphens",
			      r->id_max);
		return false;
	}
	line[n - 1] = '\0';
	*ret_id = line + 1;
	return true;
}

/* key = value; the value is not empty. */
static bool
cut_key(struct stanza_reader *r, char *line, char **ret_value)
{
	char *equals = strchr(line, '='), *end = equals;

	if (!equals || equals == line) {
		stanzas_wrong(r, "no \"=\", expected key = value, [id] or a comment");
		return false;
	}
	while (end > line && strchr(BLANKS, end[-1]))
		end--;
	*end = '\0';
	equals++;
	equals += strspn(equals, BLANKS);
	if (!*equals) {
		stanzas_wrong(r, "\"%s\" has no value, expected one", line);
		return false;
	}
	*ret_value = equals;
	return true;
}

static void
take_format(struct stanza_reader *r, char *line)
{
	char *value;

	if (*line == '[') {
		r->format_said = true;
		stanzas_wrong(r, "a stanza comes first, expected \"format = " FORMAT "\"");
		return;
	}
	if (!cut_key(r, line, &value))
		return;
	r->format_said = true;
	if (strcmp(line, "format") != 0)
		stanzas_wrong(r, "\"%s\" comes first, expected \"format = " FORMAT "\"", line);
	else if (strcmp(value, FORMAT) != 0)
		stanzas_wrong(r, "unknown format \"%s\", expected " FORMAT, value);
}

enum stanza_part
stanzas_next(struct stanza_reader *r, char **ret_key, char **ret_value)
{
	char *line;

	while (complaints_go_on(r->complaints) && (line = next_line(r))) {
		if (!r->format_said) {
			take_format(r, line);
		} else if (*line == '[') {
			r->begun = true;
			r->skip = !cut_id(r, line, ret_key);
			if (!r->skip)
				return PART_BEGIN;
		} else if (!r->skip && cut_key(r, line, ret_value)) {
			*ret_key = line;
			if (r->begun)
				return PART_KEY;
			stanzas_wrong(r, "\"%s\" before the first stanza, expected [id]", line);
		}
	}
	if (complaints_go_on(r->complaints) && !r->format_said) {
		r->line = 1;
		stanzas_wrong(r, "nothing in the file, expected \"format = " FORMAT "\"");
	}
	return PART_END;
}
