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
/* Four digits: shares of a million connections still differ. */
#define SHARE(n, of) ((of) ? (double)(n) / (double)(of) : 0.0)
#define DUMP_FLAGS (JSON_REAL_PRECISION(15) | JSON_INDENT(1))

/* Of one capture, in one view. */
struct counts {
	uint64_t connections, abrupt, matched;
	uint64_t scans; /* left out of all others */
	uint64_t reached[NREACHED], signatures[SIGNATURES];
};

struct stats {
	size_t n;
	uint64_t partial; /* TCP flows whose beginning is not in the capture */
	struct counts (*counts)[NVIEWS];
	bool *both; /* packets of servers are in the capture, too */
};

struct stats *
stats_new(size_t ncaptures)
{
	struct stats *s = xcalloc(1, sizeof *s);

	s->n = ncaptures;
	s->counts = xcalloc(ncaptures, sizeof *s->counts);
	s->both = xcalloc(ncaptures, sizeof *s->both);
	return s;
}

void
stats_free(struct stats *s)
{
	if (!s)
		return;
	free(s->counts);
	free(s->both);
	free(s);
}

static void
count(struct counts *c, const struct ending *e)
{
	if (e->scan) {
		c->scans++;
		return;
	}
	c->connections++;
	if (!e->abrupt)
		return;
	c->abrupt++;
	c->reached[e->reached]++;
	if (!e->signature)
		return;
	c->matched++;
	c->signatures[e->signature - signatures]++;
}

void
stats_count(struct stats *s, const struct flow *f, int64_t end)
{
	struct ending e;

	if (f->proto != 6 || f->first_at.capture >= s->n)
		return;
	s->both[f->first_at.capture] |= f->half[SERVER].packets > 0;
	for (int v = 0; v < NVIEWS; v++) {
		ending_of(f, (enum view)v, end, &e);
		if (e.connection)
			count(&s->counts[f->first_at.capture][v], &e);
	}
	if (!e.connection)
		s->partial++;
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
add_up(const struct stats *s, const struct report *r, enum view wanted, struct counts *sum)
{
	memset(sum, 0, sizeof *sum);
	for (size_t i = 0; i < s->n; i++) {
		const struct counts *c = &s->counts[i][view_of(s, r, i, wanted)];

		sum->connections += c->connections;
		sum->abrupt += c->abrupt;
		sum->matched += c->matched;
		sum->scans += c->scans;
		for (int k = 0; k < NREACHED; k++)
			sum->reached[k] += c->reached[k];
		for (int k = 0; k < SIGNATURES; k++)
			sum->signatures[k] += c->signatures[k];
	}
}

static uint64_t
matched_at(const struct counts *c, enum reached stage)
{
	uint64_t n = 0;

	for (int k = 0; k < SIGNATURES; k++)
		n += signatures[k].reached == stage ? c->signatures[k] : 0;
	return n;
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
row(FILE *out, int indent, const char *what, const char *name, uint64_t n, const struct counts *c)
{
	fprintf(out, "%*s%s%*s%9" PRIu64 " %7.2f %% %7.2f %%%s%s\n", indent, "", what,
		NAME_COLUMNS - indent - columns(what), "", n, 100 * SHARE(n, c->connections),
		100 * SHARE(n, c->abrupt), *name ? "  " : "", name);
}

static const char *const stage_titles[NREACHED] = {"Post-SYN", "Post-ACK", "Post-PSH", "Later",
						   "Other shapes"};

int
stats_text(const struct stats *s, const struct report *r, enum view wanted, FILE *out)
{
	struct counts c;

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
		uint64_t rest = c.reached[stage] - matched_at(&c, (enum reached)stage);

		fputc('\n', out);
		row(out, 0, stage_titles[stage], "", c.reached[stage], &c);
		for (int k = 0; k < SIGNATURES; k++)
			if (signatures[k].reached == (enum reached)stage)
				row(out, 2, signatures[k].notation, signatures[k].name,
				    c.signatures[k], &c);
		if (stage != POST_ODD && rest)
			row(out, 2, "no signature", "", rest, &c);
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
share(uint64_t n, uint64_t of)
{
	return json_real(rounded(SHARE(n, of)));
}

static json_t *
signature_json(const struct counts *c, int k)
{
	const struct signature *g = &signatures[k];

	return json_pack("{si ss ss sI so so}", "number", (int)g->number, "name", g->name,
			 "notation", g->notation, "count", (json_int_t)c->signatures[k], "share",
			 share(c->signatures[k], c->connections), "share_possibly_tampered",
			 share(c->signatures[k], c->abrupt));
}

static json_t *
stage_json(const struct counts *c, enum reached stage)
{
	json_t *list = json_array();

	for (int k = 0; k < SIGNATURES; k++)
		if (signatures[k].reached == stage)
			json_array_append_new(list, signature_json(c, k));
	return json_pack("{ss sI sI so so so}", "stage", reached_words[stage], "connections",
			 (json_int_t)c->reached[stage], "matched", (json_int_t)matched_at(c, stage),
			 "share", share(c->reached[stage], c->connections),
			 "share_possibly_tampered", share(c->reached[stage], c->abrupt),
			 "signatures", list);
}

static json_t *
capture_json(const struct stats *s, const struct report *r, size_t i, enum view wanted)
{
	enum view view = view_of(s, r, i, wanted);
	const struct counts *c = &s->counts[i][view];
	char *file = json_safe(r->captures[i]->file);
	json_t *j = json_pack("{ss sI ss ss sI sI sI}", "file", file, "packets",
			      (json_int_t)r->captures[i]->packets, "vantage",
			      vantage_words[r->vantages[i]], "view", view_words[view],
			      "connections", (json_int_t)c->connections, "possibly_tampered",
			      (json_int_t)c->abrupt, "matched", (json_int_t)c->matched);

	free(file);
	return j;
}

int
stats_json(const struct stats *s, const struct report *r, enum view wanted, FILE *out)
{
	json_t *captures = json_array(), *stages = json_array(), *all;
	struct counts c;

	add_up(s, r, wanted, &c);
	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(captures, capture_json(s, r, i, wanted));
	for (int stage = 0; stage < NREACHED; stage++)
		json_array_append_new(stages, stage_json(&c, (enum reached)stage));
	all = json_pack("{ss si s{ss ss} so sI sI so sI so so s{sI sI}}", "format",
			"tamperscope-stats", "format_version", FORMAT_VERSION, "tool", "name",
			"tamperscope", "version", VERSION, "captures", captures, "connections",
			(json_int_t)c.connections, "possibly_tampered", (json_int_t)c.abrupt,
			"share", share(c.abrupt, c.connections), "matched", (json_int_t)c.matched,
			"coverage", share(c.matched, c.abrupt), "stages", stages, "left_out",
			"scans", (json_int_t)c.scans, "no_beginning", (json_int_t)s->partial);
	if (!all || json_dumpf(all, out, DUMP_FLAGS)) {
		json_decref(all);
		return -EIO;
	}
	json_decref(all);
	fputc('\n', out);
	return finish(out);
}
