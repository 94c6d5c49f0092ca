/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes and KEY=VALUE pairs, checked: they are going to stand beside evidence. */
#include "custody.h"

#include "printable.h"

#include <errno.h>
#include <stdlib.h>

/* Of UTF-8 without controls of 8 bits; others JSON would have to change. */
static bool
is_text(const char *s)
{
	char *safe = json_safe(s);
	bool same = strcmp(safe, s) == 0;

	free(safe);
	return same;
}

static int
check_text(const char *option, const char *text, char **ret_why)
{
	if (!*text)
		*ret_why = xasprintf("--%s: expected something after it", option);
	else if (strlen(text) > TEXT_MOST)
		*ret_why = xasprintf("--%s: expected at most %d bytes; put what is longer into a "
				     "file beside the case",
				     option, TEXT_MOST);
	else if (!is_text(text))
		*ret_why = xasprintf("--%s '%s': expected text in UTF-8", option, text);
	else
		return 0;
	return -EINVAL;
}

int
custody_note(struct custody *c, const char *text, char **ret_why)
{
	int error = check_text("note", text, ret_why);

	if (error)
		return error;
	if (c->nnotes == NOTES_MOST) {
		*ret_why = xasprintf("--note: expected at most %d notes", NOTES_MOST);
		return -EINVAL;
	}
	c->notes[c->nnotes++] = text;
	return 0;
}

/* As a word of ASCII it sorts alike everywhere, and needs no quotes anywhere. */
static bool
is_key(struct bytes key)
{
	for (size_t i = 0; i < key.n; i++) {
		uint8_t c = key.p[i];
		bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';

		if (!letter && (!i || (!digit && c != '-' && c != '_' && c != '.')))
			return false;
	}
	return key.n && key.n <= KEY_MOST;
}

static int
compare(struct bytes a, struct bytes b)
{
	int r = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

int
custody_meta(struct custody *c, const char *pair, char **ret_why)
{
	size_t n = strcspn(pair, "="), at = 0;
	struct bytes key = {(const uint8_t *)pair, n};
	int order = -1;

	if (!pair[n] || !is_key(key)) {
		*ret_why =
		    xasprintf("--meta %s: expected KEY=VALUE with a key such as clock-offset: "
			      "a letter, then letters, digits, '-', '_' or '.', all small, at "
			      "most %d",
			      pair, KEY_MOST);
		return -EINVAL;
	}
	if (check_text("meta", pair + n + 1, ret_why))
		return -EINVAL;
	while (at < c->nmeta && (order = compare(c->meta[at].key, key)) < 0)
		at++;
	if (at < c->nmeta && order == 0) {
		*ret_why = xasprintf("--meta %.*s: expected each key once", (int)n, pair);
		return -EINVAL;
	}
	if (c->nmeta == META_MOST) {
		*ret_why = xasprintf("--meta: expected at most %d keys", META_MOST);
		return -EINVAL;
	}
	memmove(c->meta + at + 1, c->meta + at, (c->nmeta - at) * sizeof *c->meta);
	c->meta[at] = (struct meta){key, pair + n + 1};
	c->nmeta++;
	return 0;
}
