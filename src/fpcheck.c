/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks a folder of fingerprints for its author, and for the tests. */
#include "fpdb.h"
#include "markers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check {
	struct fingerprints *db;
	const char *captures;
	const struct fingerprint_trial *trial;
	struct complaints complaints;
};

static void
hint(const struct check *c, const struct fingerprint *p, const char *text)
{
	fprintf(c->complaints.all, "%s:%u: hint: [%s] %s\n", p->file, p->line, p->id, text);
}

static double
best_score(const struct stanza *s)
{
	double sum = s->public.score;

	for (size_t i = 0; i < s->support.n; i++)
		sum += s->support.v[i].bonus;
	return sum;
}

/* Would the first one always win, or say the same? */
static bool
shadows(const struct stanza *wide, const struct stanza *narrow)
{
	const struct fingerprint *w = &wide->public, *n = &narrow->public;

	if (w->mechanism != n->mechanism || !stanza_implies(narrow, wide))
		return false;
	if (w->kind == n->kind)
		return w->score >= best_score(narrow);
	return w->kind == SPECIFIC;
}

static void
check_shadow(struct check *c, size_t i)
{
	const struct stanza *s = c->db->stanzas[i];

	for (size_t k = 0; k < c->db->nstanzas; k++) {
		const struct stanza *other = c->db->stanzas[k];

		/* Of two equal ones only the later is blamed. */
		if (k == i || !other->nlines || !shadows(other, s) || (k > i && shadows(s, other)))
			continue;
		complain(&c->complaints, s->public.file, s->public.line,
			 "[%s] is already covered by [%s] in %s:%u, expected a condition that "
			 "tells them apart or a higher score",
			 s->public.id, other->public.id, other->public.file, other->public.line);
		return;
	}
}

/* The path of a capture by its name, to be freed; NULL if there is none. */
static char *
find_capture(const struct check *c, const char *name)
{
	static const char *const suffixes[] = {".pcap",     ".pcapng",    ".pcap.gz",
					       ".pcap.zst", ".pcapng.gz", ".pcapng.zst"};

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		char *path = NULL;

		if (asprintf(&path, "%s/%s%s", c->captures, name, suffixes[i]) < 0)
			return NULL;
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static void
try_capture(struct check *c, const struct fingerprint *p, const char *key, const char *name,
	    bool wanted)
{
	char *path = find_capture(c, name);
	int fires;

	if (!path) {
		complain(&c->complaints, p->file, p->line,
			 "[%s] missing %s \"%s\", expected %s/%s.pcap or .pcapng", p->id, key, name,
			 c->captures, name);
		return;
	}
	fires = c->trial ? c->trial->fires(c->trial->user, path, p->id) : wanted;
	if (fires < 0)
		complain(&c->complaints, p->file, p->line, "[%s] cannot analyse its %s %s: %s",
			 p->id, key, path, strerror(-fires));
	else if (!fires && wanted)
		complain(&c->complaints, p->file, p->line,
			 "[%s] does not fire on its sample %s, expected it to", p->id, path);
	else if (fires && !wanted)
		complain(&c->complaints, p->file, p->line,
			 "[%s] fires on its near miss %s, expected it not to", p->id, path);
	free(path);
}

static void
check_captures(struct check *c, const struct fingerprint *p)
{
	if (!p->sample)
		hint(c, p, "has no sample: a capture in captures/ that it must fire on");
	if (!c->captures)
		return;
	if (p->sample)
		try_capture(c, p, "sample", p->sample, true);
	if (p->near_miss)
		try_capture(c, p, "near", p->near_miss, false);
}

/* A guess that is right more often than not is none. */
#define EVEN 0.5

static void
check_stanza(struct check *c, size_t i)
{
	const struct stanza *s = c->db->stanzas[i];
	const struct fingerprint *p = &s->public;

	if (!p->title || !s->nlines)
		return; /* complained of when it was read */
	if (strstr(p->title, "FIXME"))
		complain(&c->complaints, p->file, p->line,
			 "[%s] title is still FIXME, expected one that names what it finds", p->id);
	if (!p->innocent)
		hint(c, p, "says nothing of innocent look-alikes; the mechanism's are shown");
	if (p->kind != GENERIC && s->nlines == 1 && !s->lines[0].nwith &&
	    s->lines[0].what.op == OP_PRESENT)
		complain(&c->complaints, p->file, p->line,
			 "[%s] names a system for one fact of any value, expected more marks",
			 p->id);
	if (p->kind == HINT && best_score(s) >= EVEN)
		complain(&c->complaints, p->file, p->line,
			 "[%s] is a hint with a score of up to %.0f%%, expected less than one half",
			 p->id, best_score(s) * 100);
	check_shadow(c, i);
	check_captures(c, p);
}

/* A list of others: whether it can be read, and how much of it is used. */
static unsigned
check_list(const char *path, FILE *out)
{
	struct fingerprints *db = database_new(registry_tables());
	struct complaints c = {.all = out};

	database_add(db, path, &c);
	if (db->markers && markers_left_out(db->markers))
		fprintf(out, "%s:1: hint: %zu rows speak of places that are not read here\n", path,
			markers_left_out(db->markers));
	fingerprints_free(db);
	return c.count;
}

unsigned
fingerprints_check(const char *folder, const char *captures, const struct fingerprint_trial *trial,
		   FILE *out)
{
	struct check c = {.captures = captures, .trial = trial, .complaints = {.all = out}};
	unsigned count;

	if (fingerprints_is_list(folder))
		return check_list(folder, out);
	c.db = database_load(folder, registry_tables(), &c.complaints);
	for (size_t i = 0; i < c.db->nstanzas; i++)
		check_stanza(&c, i);
	count = c.complaints.count;
	fingerprints_free(c.db);
	return count;
}
