/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report for a person at a terminal: the verdict first, then the proof, then what stayed
 * unseen and what was looked at. */
#include "alike.h"
#include "phrases.h"
#include "printable.h"
#include "report_parts.h"
#include "text_finding.h"

#include <inttypes.h>
#include <locale.h>
#include <string.h>

/* What is told without -v. */
#define SHOWN_IDS 6
#define SHOWN_CONTROLS 5
#define SHOWN_AGAIN 5
#define SHOWN_REACHABLE 20

#define STATE_COLUMN 32 /* of the verdict, where the name leaves room */
#define SURE_COLUMN 43
#define TABLE_COLUMNS 60
#define FUNCTION_STATE_COLUMN 17 /* of a service's function, after the longest word */
#define SPANS_COLUMN 27
#define SHOWN_SPANS 4
#define DAY_TIME 11  /* where the time of day begins in RFC 3339's form */
#define NARROWEST 48 /* the deepest indent and a few words behind it */

static const enum ink state_inks[NSTATES] = {[STATE_BLOCKED] = RED,
					     [STATE_IMPAIRED] = YELLOW,
					     [STATE_REACHABLE] = GREEN,
					     [STATE_UNCLEAR] = DIM};

static const char *const state_titles[NSTATES] = {[STATE_BLOCKED] = "BLOCKED",
						  [STATE_IMPAIRED] = "IMPAIRED",
						  [STATE_REACHABLE] = "reachable",
						  [STATE_UNCLEAR] = "unclear"};

static void
heading(struct page *p, const char *words)
{
	page_line(p, 0);
	page_ink(p, BOLD);
	page_words(p, words);
	page_ink(p, PLAIN);
	page_line(p, 0);
}

static void
put_ids(struct page *p, const struct report_style *style, const unsigned *numbers, size_t n)
{
	size_t shown = style->verbose || n <= SHOWN_IDS ? n : SHOWN_IDS;

	for (size_t i = 0; i < shown; i++)
		page_printf(p, "%sf%u", i ? ", " : "", numbers[i]);
	if (shown < n)
		page_printf(p, " and %zu more", n - shown);
}

/* In columns where they fit, else in words one after the other. */
static void
put_gap(struct page *p, unsigned column)
{
	if (p->columns >= TABLE_COLUMNS)
		page_column(p, column);
	else
		page_words(p, " ");
}

/* Time of day, in UTC. */
static void
put_clock(struct page *p, int64_t nsec)
{
	char text[TIME_TEXT_MAX];

	time_text(nsec, text);
	text[DAY_TIME + 8] = '\0';
	page_words(p, text + DAY_TIME);
}

static void
put_spans(struct page *p, const struct report_style *style, const struct target *t,
	  enum function function)
{
	static const char *const words[NFATES] = {"worked", "failed", "interfered with"};
	size_t n = 0;

	for (size_t i = 0; i < t->nspans; i++) {
		const struct span *s = &t->spans[i];

		if (s->function != function)
			continue;
		if (++n > SHOWN_SPANS && !style->verbose)
			continue;
		page_words(p, n > 1 ? "; " : "");
		page_words(p, words[s->fate]);
		page_words(p, " ");
		put_clock(p, s->from);
		if (s->to / NSEC_PER_SEC != s->from / NSEC_PER_SEC) {
			page_words(p, " to ");
			put_clock(p, s->to);
		}
		if (s->fate != FATE_WORKED)
			page_printf(p, " (frame %u)", s->at.frame);
	}
	if (n > SHOWN_SPANS && !style->verbose)
		page_printf(p, "; and %zu more turns", n - SHOWN_SPANS);
}

/* What of a service works and what does not, and when. */
static void
put_functions(struct page *p, const struct report_style *style, const struct target *t)
{
	for (int i = 0; i < NFUNCTIONS; i++) {
		if (!t->functions[i])
			continue;
		page_words(p, function_words[i]);
		put_gap(p, FUNCTION_STATE_COLUMN);
		page_ink(p, state_inks[t->functions[i] - 1]);
		page_words(p, target_state_words[t->functions[i] - 1]);
		page_ink(p, PLAIN);
		put_gap(p, SPANS_COLUMN);
		put_spans(p, style, t, (enum function)i);
		page_line(p, 4);
	}
}

/* When a name or an address was interfered with, and when it worked. */
static void
put_turns(struct page *p, const struct report_style *style, const struct target *t)
{
	if (t->kind == TARGET_SERVICE || !t->interfered)
		return;
	for (size_t i = 0; i < t->nspans; i++) {
		enum function function = t->spans[i].function;

		if ((i && function == t->spans[i - 1].function) ||
		    target_has_always_worked(t, function))
			continue;
		if (function == FUNCTION_DNS)
			page_words(p, "lookups ");
		put_spans(p, style, t, function);
		page_line(p, 4);
	}
}

static void
put_target_words(struct page *p, const struct report *r, const struct report_style *style,
		 const struct target *t)
{
	const char *between = "", *when;

	for (unsigned m = 0; m < NMECHANISMS; m++) {
		if (!(t->mechanisms & 1U << m))
			continue;
		page_words(p, between);
		page_words(p, mechanism_clauses[m]);
		when = target_when(r, t, (enum mechanism)m);
		if (when) {
			page_words(p, " ");
			page_words(p, when);
		}
		between = "; ";
	}
	if (t->interfered) {
		page_printf(p, "%s%" PRIu64 " of %" PRIu64 " %s", between, t->interfered, t->flows,
			    t->flows == 1 ? "attempt" : "attempts");
		between = " ";
	} else if (t->state == STATE_UNCLEAR) {
		page_printf(p, "%s%" PRIu64 " %s, and why it failed these packets do not tell",
			    between, t->flows, t->flows == 1 ? "attempt" : "attempts");
		between = " ";
	}
	if (t->nfindings) {
		page_printf(p, "%s(", between);
		put_ids(p, style, t->findings, t->nfindings);
		page_words(p, ")");
	}
}

static void
put_target(struct page *p, const struct report *r, const struct report_style *style,
	   const struct target *t)
{
	page_column(p, 0);
	page_ink(p, BOLD);
	page_words(p, t->name);
	page_ink(p, PLAIN);
	if (t->kind == TARGET_RESOLVER || t->kind == TARGET_SERVICE)
		page_printf(p, " (%s)", target_kind_words[t->kind]);
	put_gap(p, STATE_COLUMN);
	page_ink(p, state_inks[t->state]);
	page_words(p, state_titles[t->state]);
	page_ink(p, PLAIN);
	if (t->state == STATE_BLOCKED || t->state == STATE_IMPAIRED) {
		put_gap(p, SURE_COLUMN);
		text_sureness(p, t->confidence);
	}
	page_line(p, 4);
	put_functions(p, style, t);
	put_turns(p, style, t);
	put_target_words(p, r, style, t);
	if (p->at || p->word_bytes)
		page_line(p, 0);
}

static void
put_reachable(struct page *p, const struct report *r, const struct report_style *style)
{
	size_t shown = 0, n = 0;

	for (size_t i = 0; i < r->ntargets; i++) {
		if (r->targets[i].state != STATE_REACHABLE)
			continue;
		n++;
		if (!style->verbose && shown == SHOWN_REACHABLE)
			continue;
		if (!shown) {
			page_line(p, 2);
			page_ink(p, GREEN);
			page_words(p, "reachable:");
			page_ink(p, PLAIN);
		}
		page_words(p, shown++ ? ", " : " ");
		page_words(p, r->targets[i].name);
	}
	if (n > shown)
		page_printf(p, " and %zu more", n - shown);
	if (n)
		page_line(p, 0);
}

static void
put_verdict(struct page *p, const struct report *r, const struct report_style *style)
{
	if (!r->nfindings) {
		page_ink(p, BOLD);
		page_words(p, "No interference was found.");
		page_ink(p, PLAIN);
		page_line(p, 0);
	}
	/* What people speak of comes first. */
	for (int others = 0; others < 2; others++)
		for (size_t i = 0; i < r->ntargets; i++) {
			const struct target *t = &r->targets[i];

			if (t->state != STATE_REACHABLE && (t->kind != TARGET_SERVICE) == others &&
			    (style->verbose || !target_is_told_with_service(r, t)))
				put_target(p, r, style, t);
		}
	put_reachable(p, r, style);
}

static void
put_controls(struct page *p, const struct report *r, const struct report_style *style)
{
	bool any = false;

	for (size_t i = 0; i < r->ntargets; i++) {
		const struct target *t = &r->targets[i];
		size_t shown = style->verbose || t->ncontrols <= SHOWN_CONTROLS ? t->ncontrols
										: SHOWN_CONTROLS;

		if (!t->ncontrols || t->state == STATE_REACHABLE)
			continue;
		if (!any)
			heading(p, "What fared well beside it");
		any = true;
		page_words(p, t->name);
		for (size_t k = 0; k < shown; k++) {
			page_column(p, 2);
			page_words(p, "-");
			page_column(p, 4);
			page_words(p, t->controls[k]);
		}
		if (shown < t->ncontrols) {
			page_column(p, 4);
			page_printf(p, "and %zu more", t->ncontrols - shown);
		}
		page_line(p, 0);
	}
}

static void
put_limits(struct page *p, const struct report *r)
{
	if (!r->nlimits)
		return;
	heading(p, "What these packets cannot show");
	for (size_t i = 0; i < r->nlimits; i++) {
		page_words(p, "-");
		page_column(p, 2);
		page_words(p, r->limits[i]);
		page_line(p, 0);
	}
}

static void
put_capture(struct page *p, const struct capture_info *c, enum vantage vantage)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

	page_words(p, c->file);
	page_printf(p, ": %" PRIu64 " packets", c->packets);
	if (c->packets) {
		page_printf(p, ", %s", c->link_type ? c->link_type : "no link type");
		page_printf(p, ", %s", vantage_phrases[vantage]);
	}
	if (c->truncated)
		page_words(p, ", cut off in the middle of a packet");
	if (c->packets) {
		page_column(p, 2);
		page_printf(p, "%s to %s", time_text(c->first, first), time_text(c->last, last));
	}
	if (c->sha256[0]) {
		page_column(p, 2);
		page_raw(p, "SHA-256 ");
		page_raw(p, c->sha256);
	}
	page_line(p, 0);
}

static void
put_totals(struct page *p, const struct report *r)
{
	struct verdict_counts n = verdict_counts(r);

	heading(p, "Looked at");
	for (size_t i = 0; i < r->ncaptures; i++)
		put_capture(p, r->captures[i], r->vantages[i]);
	page_printf(p, "%" PRIu64 " %s, %zu %s", r->flows, r->flows == 1 ? "flow" : "flows",
		    r->nfindings, r->nfindings == 1 ? "finding" : "findings");
	if (r->nfindings)
		page_printf(p, ": %zu confirmed, %zu likely, %zu possible", n.confirmed, n.likely,
			    n.possible);
	page_line(p, 0);
}

static void
put_flows(struct page *p, struct report *r)
{
	struct flow_row row;

	if (!r->next_flow)
		return;
	heading(p, "Flows");
	while (!ferror(p->out) && r->next_flow(r, &row)) {
		page_words(p, outcome_words[row.outcome]);
		page_column(p, 12);
		text_flow_name(p, &row.flow);
		page_printf(p, " frames %u to %u", row.first.frame, row.last.frame);
		if (r->ncaptures > 1 && row.first.capture < r->ncaptures)
			page_printf(p, " of %s", r->captures[row.first.capture]->file);
		if (row.application)
			page_printf(p, ", %s", row.application);
		for (size_t i = 0; i < row.nnames; i++) {
			page_words(p, ", ");
			page_words(p, row.names[i]);
		}
		for (size_t i = 0; i < row.nfindings; i++)
			page_printf(p, ", f%u", row.findings[i]);
		page_line(p, 0);
	}
}

/* The first of those that are alike is told in full, the others in short. */
static void
put_findings(struct page *p, const struct report *r, const struct report_style *style)
{
	struct alike a = alike_new(r);

	for (size_t i = 0; i < a.n && !ferror(p->out); i++) {
		const struct group *g = &a.groups[i];

		if (i)
			page_line(p, 0);
		text_finding(p, r, style, r->findings[g->findings[0]]);
		for (size_t k = 1; k < g->n && k <= SHOWN_AGAIN; k++)
			text_again(p, r, r->findings[g->findings[k]], k == 1);
		if (g->n > SHOWN_AGAIN + 1)
			text_more(p, g->n - SHOWN_AGAIN - 1);
		page_line(p, 0);
	}
	alike_free(&a);
}

static void
put_findings_in_full(struct page *p, const struct report *r, const struct report_style *style)
{
	for (size_t i = 0; i < r->nfindings && !ferror(p->out); i++) {
		if (i)
			page_line(p, 0);
		text_finding(p, r, style, r->findings[i]);
		page_line(p, 0);
	}
}

static void
put_report(struct page *p, struct report *r, const struct report_style *style)
{
	put_verdict(p, r, style);
	if (r->nfindings)
		heading(p, "Findings");
	if (style->verbose)
		put_findings_in_full(p, r, style);
	else
		put_findings(p, r, style);
	put_controls(p, r, style);
	put_limits(p, r);
	put_flows(p, r);
	put_totals(p, r);
}

int
report_text(struct report *r, const struct report_style *style, FILE *out)
{
	struct page p = {
	    .out = out,
	    .columns = style->columns < NARROWEST ? NARROWEST : style->columns,
	    .colour = style->colour,
	};
	/* Widths of characters must not depend on where the program runs. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = (locale_t)0;

	if (utf8)
		before = uselocale(utf8);
	put_report(&p, r, style);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return finish(out);
}
