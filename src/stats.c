/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the connections of a capture ended, counted by stage and signature: tables 1 and 2 of
 * Sundara Raman et al., SIGCOMM 2023. */
#include "stats.h"
#include "printable.h"
#include "report_parts.h"

#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_VERSION 1
#define DUMP_FLAGS JSON_REAL_PRECISION(15)

struct stats {
	size_t n;
	uint64_t partial;                  /* TCP flows whose beginning is not in the capture */
	struct endings (*endings)[NVIEWS]; /* of each capture */
	bool *both;                        /* packets of servers are in the capture, too */
	uint64_t *told;                    /* packets of each capture that windows have told of */
	struct mmdb *mmdb;
	struct origins *origins; /* NULL without databases */
};

struct stats *
stats_new(size_t ncaptures, struct mmdb *mmdb)
{
	struct stats *s = xcalloc(1, sizeof *s);

	s->n = ncaptures;
	s->endings = xcalloc(ncaptures, sizeof *s->endings);
	s->both = xcalloc(ncaptures, sizeof *s->both);
	s->told = xcalloc(ncaptures, sizeof *s->told);
	s->mmdb = mmdb;
	s->origins = mmdb ? origins_new(mmdb) : NULL;
	return s;
}

void
stats_free(struct stats *s)
{
	if (!s)
		return;
	origins_free(s->origins);
	mmdb_close(s->mmdb);
	free(s->endings);
	free(s->both);
	free(s->told);
	free(s);
}

void
stats_count(struct stats *s, const struct flow *f, int64_t end)
{
	struct ending e[NVIEWS];
	uint16_t capture = f->first_at.capture;

	if (f->proto != 6 || capture >= s->n)
		return;
	s->both[capture] |= f->half[SERVER].packets > 0;
	for (int v = 0; v < NVIEWS; v++)
		ending_of(f, (enum view)v, end, &e[v]);
	if (!e[SERVER_VIEW].connection) {
		s->partial++;
		return;
	}
	for (int v = 0; v < NVIEWS; v++)
		endings_count(&s->endings[capture][v], &e[v]);
	if (s->origins)
		origins_count(s->origins, capture, &f->addr[CLIENT], e);
}

/* A capture from the client shows what reached the client. Where nothing tells, or where only what
 * clients sent was captured, it is taken for a server's: those keep such captures. */
static enum view
view_of(const struct stats *s, const struct report *r, size_t i, enum view wanted)
{
	if (wanted != NVIEWS)
		return wanted;
	return r->vantages[i] == VANTAGE_CLIENT && s->both[i] ? CLIENT_VIEW : SERVER_VIEW;
}

static void
add_up(const struct stats *s, const struct report *r, enum view wanted, struct endings *sum)
{
	memset(sum, 0, sizeof *sum);
	for (size_t i = 0; i < s->n; i++)
		endings_add(sum, &s->endings[i][view_of(s, r, i, wanted)]);
}

/* Of each capture; to be freed by the caller. */
static enum view *
all_views(const struct stats *s, const struct report *r, enum view wanted)
{
	enum view *views = xcalloc(s->n, sizeof *views);

	for (size_t i = 0; i < s->n; i++)
		views[i] = view_of(s, r, i, wanted);
	return views;
}

/* --- text --- */

/* Columns of a text in UTF-8; none of ours is wide or combines. */
static int
columns(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

#define NAME_COLUMNS 33

static void
row(FILE *out, int indent, const char *what, const char *name, uint64_t n, const struct endings *c)
{
	fprintf(out, "%*s%s%*s%9" PRIu64 " %7.2f %% %7.2f %%%s%s\n", indent, "", what,
		NAME_COLUMNS - indent - columns(what), "", n,
		100 * endings_share(n, c->connections), 100 * endings_share(n, c->abrupt),
		*name ? "  " : "", name);
}

static const char *const stage_titles[NREACHED] = {"Post-SYN", "Post-ACK", "Post-PSH", "Later",
						   "Other shapes"};

int
stats_text(const struct stats *s, const struct report *r, enum view wanted, FILE *out)
{
	struct endings c;

	add_up(s, r, wanted, &c);
	for (size_t i = 0; i < s->n; i++) {
		char *file = printable(r->captures[i]->file);

		fprintf(out, "%s: seen from the %s\n", file, view_words[view_of(s, r, i, wanted)]);
		free(file);
	}
	fprintf(out, "\n%*s%9s %9s %9s\n", NAME_COLUMNS, "", "number", "of all", "of abrupt");
	fprintf(out, "%-*s%9" PRIu64 "\n", NAME_COLUMNS, "Connections", c.connections);
	row(out, 0, "Possibly tampered (abrupt)", "", c.abrupt, &c);
	row(out, 0, "with a signature", "", c.matched, &c);
	for (int stage = 0; stage < NREACHED; stage++) {
		uint64_t rest = c.reached[stage] - endings_matched_at(&c, (enum reached)stage);

		fputc('\n', out);
		row(out, 0, stage_titles[stage], "", c.reached[stage], &c);
		for (int k = 0; k < SIGNATURES; k++)
			if (signatures[k].reached == (enum reached)stage)
				row(out, 2, signatures[k].notation, signatures[k].name,
				    c.signatures[k], &c);
		if (stage != POST_ODD && rest)
			row(out, 2, "no signature", "", rest, &c);
	}
	if (s->origins) {
		enum view *views = all_views(s, r, wanted);

		origins_text(s->origins, views, out);
		free(views);
	}
	fprintf(out,
		"\nLeft out: %" PRIu64 " scans, %" PRIu64 " connections that began before the "
		"capture.\n",
		c.scans, s->partial);
	fputs("A signature says how a connection ended, not who ended it: people close pages, and\n"
	      "networks fail. \"tamperscope analyze\" says what is proved.\n",
	      out);
	return finish(out);
}

/* --- JSON --- */

static json_t *
capture_json(const struct stats *s, const struct report *r, size_t i, enum view wanted)
{
	enum view view = view_of(s, r, i, wanted);
	const struct endings *c = &s->endings[i][view];
	char *file = json_safe(r->captures[i]->file);
	json_t *j = json_pack("{ss sI ss ss sI sI sI}", "file", file, "packets",
			      (json_int_t)(r->captures[i]->packets - s->told[i]), "vantage",
			      vantage_words[r->vantages[i]], "view", view_words[view],
			      "connections", (json_int_t)c->connections, "possibly_tampered",
			      (json_int_t)c->abrupt, "matched", (json_int_t)c->matched);

	free(file);
	return j;
}

/* Did it bring anything since the last window? Those of other workers never do. */
static bool
is_heard(const struct stats *s, const struct report *r, size_t i)
{
	return r->captures[i]->packets > s->told[i] || s->endings[i][0].connections;
}

/* Puts the counts behind what `all` has. */
static void
put_counts(const struct stats *s, const struct report *r, enum view wanted, bool window,
	   json_t *all)
{
	json_t *captures = json_array();
	struct endings c;

	add_up(s, r, wanted, &c);
	for (size_t i = 0; i < s->n; i++)
		if (!window || is_heard(s, r, i))
			json_array_append_new(captures, capture_json(s, r, i, wanted));
	json_object_update_new(
	    all,
	    json_pack("{so sI sI so sI so so s{sI sI}}", "captures", captures, "connections",
		      (json_int_t)c.connections, "possibly_tampered", (json_int_t)c.abrupt, "share",
		      endings_json_share(c.abrupt, c.connections), "matched", (json_int_t)c.matched,
		      "coverage", endings_json_share(c.matched, c.abrupt), "stages",
		      endings_json_stages(&c), "left_out", "scans", (json_int_t)c.scans,
		      "no_beginning", (json_int_t)s->partial));
	if (s->origins) {
		enum view *views = all_views(s, r, wanted);

		origins_json(s->origins, views, all);
		free(views);
	}
}

static int
dump(json_t *all, size_t flags, FILE *out)
{
	int error = json_dumpf(all, out, flags) ? -EIO : 0;

	json_decref(all);
	fputc('\n', out);
	return error ? error : finish(out);
}

int
stats_json(const struct stats *s, const struct report *r, enum view wanted, FILE *out)
{
	json_t *all = json_pack("{ss si s{ss ss}}", "format", "tamperscope-stats", "format_version",
				FORMAT_VERSION, "tool", "name", "tamperscope", "version", VERSION);

	put_counts(s, r, wanted, false, all);
	return dump(all, DUMP_FLAGS | JSON_INDENT(1), out);
}

int
stats_window(struct stats *s, const struct report *r, enum view wanted, int64_t from, int64_t to,
	     FILE *out)
{
	char begin[TIME_TEXT_MAX], end[TIME_TEXT_MAX];
	json_t *all = json_pack("{ss ss ss}", "type", "stats", "from", time_text(from, begin), "to",
				time_text(to, end));

	put_counts(s, r, wanted, true, all);
	memset(s->endings, 0, s->n * sizeof *s->endings);
	s->partial = 0;
	for (size_t i = 0; i < s->n; i++)
		s->told[i] = r->captures[i]->packets;
	if (s->origins)
		origins_clear(s->origins);
	return dump(all, DUMP_FLAGS, out);
}
