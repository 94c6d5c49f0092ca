/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The findings: what happened, how sure that is, its packets, what was measured, what fared well
 * beside it, what else it might be, who does such things, and how to see it for oneself. */
#include "alike.h"
#include "html_parts.h"
#include "mechanisms.h"
#include "phrases.h"
#include "weigh.h"

#include <stdlib.h>
#include <string.h>

#define CLOCK_AT 11 /* where the time of day begins in RFC 3339's form */

static void
term(FILE *out, const char *word)
{
	fprintf(out, "<dt>%s</dt><dd>", word);
}

static void
put_trigger(FILE *out, const struct finding *f)
{
	const char *between = "; known because ";

	term(out, "Trigger");
	html_put(out, trigger_phrases[f->trigger]);
	if (f->trigger_value && *f->trigger_value) {
		html_put(out, f->trigger == TRIGGER_UNKNOWN ? ": " : " ");
		html_name(out, f->trigger_value);
	}
	for (size_t i = 0; i < NBASES; i++) {
		if (!(f->basis & 1U << i))
			continue;
		html_words(out, "%s%s", between, basis_phrases[i]);
		between = ", and because ";
	}
	html_put(out, "</dd>\n");
}

static void
put_residual(FILE *out, const struct residual *r)
{
	if (!r->tuple)
		return;
	term(out, "Left over");
	html_words(out, "%s stayed blocked for at least %.0f s", residual_phrases[r->tuple],
		   r->seconds_low);
	if (r->seconds_high > 0)
		html_words(out, " and at most %.0f s", r->seconds_high);
	else
		html_put(out, "; its end is not in the capture");
	html_put(out, "</dd>\n");
}

#define REASONS 3

/* The weightiest reasons in a sentence. */
static void
put_reasons(const struct html *h, const struct finding *f)
{
	struct evidence *sorted = evidence_in_order(f);
	size_t shown = 0;

	term(h->out, "How sure");
	html_verdict_word(h->out, f->confidence);
	for (size_t i = 0; i < f->nevidence && shown < REASONS; i++) {
		if (sorted[i].weight <= 0 || sorted[i].family == FAMILY_PRIOR)
			continue;
		html_put(h->out, shown++ ? "; " : ": ");
		html_text(h->out, evidence_words(&sorted[i]));
		if (sorted[i].at.frame) {
			html_put(h->out, " (frame ");
			html_frame(h, sorted[i].at);
			html_put(h->out, ")");
		}
	}
	html_put(h->out, "</dd>\n");
	free(sorted);
}

static void
put_circumstances(const struct html *h, const struct finding *f)
{
	FILE *out = h->out;

	html_put(out, "<dl>\n");
	put_reasons(h, f);
	term(out, "When");
	html_time(out, f->nsec);
	html_put(out, "</dd>\n");
	term(out, "Connection");
	html_flow(out, &f->flow);
	html_put(out, "</dd>\n");
	put_trigger(out, f);
	term(out, "Where");
	html_words(out, "%s; %s", stage_clauses[f->stage],
		   direction_phrase(f->mechanism, f->direction));
	html_put(out, "</dd>\n");
	put_residual(out, &f->residual);
	if (f->rate > 0) {
		term(out, "Rate");
		html_words(out, "%.0f kbit/s (%.0f to %.0f); %llu bytes pass at once",
			   f->rate / 1000, f->rate_low / 1000, f->rate_high / 1000,
			   (unsigned long long)f->burst);
		html_put(out, "</dd>\n");
	}
	html_put(out, "</dl>\n");
}

static void
put_offset(FILE *out, int64_t nsec)
{
	double ms = (double)nsec / (double)NSEC_PER_MSEC;

	if (ms > -1000 && ms < 1000)
		html_words(out, "%+.3f ms", ms);
	else
		html_words(out, "%+.3f s", ms / 1000);
}

/* A packet that is cited in several roles has one row. */
static void
put_packet(const struct html *h, const struct finding *f, const size_t *order, size_t i)
{
	const struct cite *c = &f->cites[order[i]];
	FILE *out = h->out;

	html_put(out, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\" class=\"n\">");
	html_frame(h, c->at);
	fprintf(out, "</th><td role=\"cell\">%s", role_words[c->role]);
	while (++i < f->ncites && ref_equal(f->cites[order[i]].at, c->at))
		fprintf(out, ", %s", role_words[f->cites[order[i]].role]);
	if (c->seen.from) {
		fprintf(out, "</td><td role=\"cell\">%s</td><td role=\"cell\" class=\"n\">",
			seen_words[c->seen.from]);
		put_offset(out, c->seen.nsec - f->nsec);
		html_put(out, "</td><td role=\"cell\" class=\"what\">");
		html_name(out, c->seen.summary);
	} else {
		html_put(out, "</td><td role=\"cell\"></td><td role=\"cell\"></td><td "
			      "role=\"cell\" class=\"what\">not of this connection, "
			      "or no record of it");
	}
	html_put(out, "</td></tr>\n");
}

/* Controls have a list of their own. */
static bool
is_apart(const struct cite *c)
{
	return c->role == ROLE_CONTROL && !c->seen.from;
}

static void
put_packets(const struct html *h, const struct finding *f, const size_t *order)
{
	static const char *const columns[] = {"Frame", "Role", "From", "Time", "What it is", NULL};
	char caption[160], when[TIME_TEXT_MAX];

	time_text(f->nsec, when);
	snprintf(caption, sizeof caption, "Time counts from %.15s UTC; frames as in Wireshark",
		 when + CLOCK_AT);
	html_table(h->out, "packets", caption, columns);
	for (size_t i = 0; i < f->ncites; i++) {
		const struct cite *c = &f->cites[order[i]];

		if (!is_apart(c) && (!i || !ref_equal(f->cites[order[i - 1]].at, c->at)))
			put_packet(h, f, order, i);
	}
	html_table_end(h->out);
}

static bool
is_measure(const struct cite *c, size_t i)
{
	return *feature_phrase(c->observations[i].feature) != '\0';
}

static void
put_measures(const struct html *h, const struct finding *f, const size_t *order)
{
	static const char *const columns[] = {"Frame", "Measured", "Here", "Usual", NULL};
	bool any = false;

	for (size_t i = 0; i < f->ncites; i++)
		for (size_t k = 0; k < f->cites[order[i]].nobservations; k++) {
			const struct cite *c = &f->cites[order[i]];
			const struct observation *o = &c->observations[k];

			if (!is_measure(c, k))
				continue;
			if (!any)
				html_table(h->out, "measures",
					   "What was measured, against what is usual", columns);
			any = true;
			html_put(h->out, "<tr><th scope=\"row\" class=\"n\">");
			html_frame(h, c->at);
			html_put(h->out, "</th><td>");
			html_text(h->out, feature_phrase(o->feature));
			html_put(h->out, "</td><td class=\"what\">");
			html_name(h->out, o->observed ? o->observed : "");
			html_put(h->out, "</td><td class=\"what\">");
			html_name(h->out, o->baseline ? o->baseline : "");
			html_put(h->out, "</td></tr>\n");
		}
	if (any)
		html_table_end(h->out);
}

static void
put_controls(const struct html *h, const struct finding *f, const size_t *order)
{
	bool any = false;

	for (size_t i = 0; i < f->ncites; i++) {
		const struct cite *c = &f->cites[order[i]];

		if (c->role != ROLE_CONTROL)
			continue;
		if (!any)
			html_put(h->out, "<h4>What fared well beside it</h4>\n<ul>\n");
		any = true;
		html_put(h->out, "<li>");
		for (size_t k = 0; k < c->nobservations; k++) {
			if (is_measure(c, k))
				continue;
			html_name(h->out, c->observations[k].observed);
			html_put(h->out, ", ");
		}
		html_put(h->out, "frame ");
		html_frame(h, c->at);
		html_put(h->out, "</li>\n");
	}
	if (any)
		html_put(h->out, "</ul>\n");
}

static void
put_evidence(const struct html *h, const struct finding *f)
{
	static const char *const columns[] = {"Weight", "Evidence", "Frame", NULL};
	struct evidence *sorted = evidence_in_order(f);

	if (f->nevidence) {
		html_put(h->out, "<details><summary>How sure: the arithmetic</summary>\n");
		html_table(h->out, "measures",
			   "Weights are log-odds; their sum, with caps for what says the same "
			   "thing twice, is the confidence",
			   columns);
	}
	for (size_t i = 0; i < f->nevidence; i++) {
		fprintf(h->out, "<tr><td class=\"n\">%+.2f</td><td class=\"what\">",
			sorted[i].weight);
		html_text(h->out, evidence_words(&sorted[i]));
		html_put(h->out, "</td><td class=\"n\">");
		if (sorted[i].at.frame)
			html_frame(h, sorted[i].at);
		html_put(h->out, "</td></tr>\n");
	}
	if (f->nevidence) {
		html_table_end(h->out);
		html_put(h->out, "</details>\n");
	}
	free(sorted);
}

static void
put_alternatives(FILE *out, const struct finding *f)
{
	html_put(out, "<h4>Innocent explanations</h4>\n");
	if (f->nalternatives) {
		html_put(out, "<p>Set aside by packets:</p>\n<ul>\n");
		for (size_t i = 0; i < f->nalternatives; i++) {
			html_put(out, "<li>");
			html_name(out, f->alternatives[i].explanation);
			html_put(out, ": no, since ");
			html_name(out,
				  f->alternatives[i].against ? f->alternatives[i].against : "");
			html_put(out, "</li>\n");
		}
		html_put(out, "</ul>\n");
	} else {
		html_put(out, "<p>No single packet rules one out; how sure the finding is takes "
			      "them into account.</p>\n");
	}
	html_put(out, "<p class=\"soft small\">What can look like this without being it: ");
	html_text(out, mechanism_texts[f->mechanism].innocent);
	html_put(out, "</p>\n");
}

static void
put_attributions(FILE *out, const struct finding *f)
{
	html_put(out, "<h4>Who does such things</h4>\n");
	if (!f->nattributions)
		html_put(out, "<p>No known system has these marks.</p>\n");
	else
		html_put(out, "<ul>\n");
	for (size_t i = 0; i < f->nattributions; i++) {
		const struct attribution *a = &f->attributions[i];

		html_put(out, a->score < EVEN ? "<li>might be " : "<li>looks like ");
		html_name(out, a->fingerprint);
		fprintf(out, " (%u&nbsp;%%)", percent(a->score));
		for (size_t k = 0; a->references && a->references[k]; k++) {
			html_put(out, "<br><span class=\"soft small\">");
			html_text(out, a->references[k]);
			html_put(out, "</span>");
		}
		html_put(out, "</li>\n");
	}
	if (f->nattributions)
		html_put(out, "</ul>\n");
	if (f->injector.basis) {
		html_put(out, "<p>");
		html_words(out, "It sits %d hops from the %s, ", f->injector.hops,
			   f->injector.from == CLIENT ? "client" : "server");
		html_put(out, strcmp(f->injector.basis, "ttl") == 0
				  ? "if it sends with a TTL that systems begin with.</p>\n"
				  : "as it copies the TTL of what it answers.</p>\n");
	}
}

static void
put_filters(const struct html *h, const struct finding *f, const size_t *order)
{
	html_put(h->out,
		 "<h4>Look for yourself</h4>\n<p class=\"small\">In Wireshark, as a display "
		 "filter:</p>\n");
	for (size_t i = 0; i < h->report->ncaptures; i++) {
		char *filter = frame_filter(f, order, (uint16_t)i);

		if (!filter)
			continue;
		fprintf(h->out, "<pre><code>%s</code></pre>\n", filter);
		if (h->report->ncaptures > 1) {
			html_put(h->out, "<p class=\"small\">in ");
			html_name(h->out, h->report->captures[i]->file);
			html_put(h->out, "</p>\n");
		}
		free(filter);
	}
	html_put(h->out, "<p class=\"soft small\">Community ID ");
	html_text(h->out, f->flow.community_id);
	for (size_t i = 0; i < f->nsignatures; i++) {
		html_put(h->out, i ? ", " : "; signature ");
		html_text(h->out, f->signatures[i]);
	}
	html_put(h->out, "</p>\n");
}

static void
put_again(const struct html *h, const struct finding *f)
{
	size_t *order = cites_in_order(f);

	fprintf(
	    h->out,
	    "<tr id=\"f%u\" role=\"row\"><th scope=\"row\" role=\"rowheader\" class=\"n\">f%u</th>"
	    "<td role=\"cell\" class=\"n\">",
	    f->number, f->number);
	html_time(h->out, f->nsec);
	html_put(h->out, "</td><td role=\"cell\" class=\"what\">");
	html_flow(h->out, &f->flow);
	html_put(h->out, "</td><td role=\"cell\">");
	html_verdict_word(h->out, f->confidence);
	html_put(h->out, "</td><td role=\"cell\" class=\"what\">");
	for (size_t i = 0; i < h->report->ncaptures; i++) {
		char *filter = frame_filter(f, order, (uint16_t)i);

		if (filter && h->report->ncaptures > 1)
			fprintf(h->out, "<code>%s</code> of capture %zu ", filter, i + 1);
		else if (filter)
			fprintf(h->out, "<code>%s</code>", filter);
		free(filter);
	}
	html_put(h->out, "</td></tr>\n");
	free(order);
}

static void
put_alike(const struct html *h, const struct group *g, const char *caption, size_t from)
{
	static const char *const columns[] = {"Finding",  "When",    "Connection",
					      "How sure", "Packets", NULL};
	size_t left = 0;
	bool any = false;

	for (size_t i = from; i < g->n; i++) {
		const struct finding *f = h->report->findings[g->findings[i]];

		if (!h->told[f->number - 1]) {
			left++;
			continue;
		}
		if (!any)
			html_table(h->out, "stack again", caption, columns);
		any = true;
		put_again(h, f);
	}
	if (any)
		html_table_end(h->out);
	if (left)
		fprintf(h->out, "<p class=\"soft\">%zu more like it are in the JSON report.</p>\n",
			left);
}

static void
put_heading(FILE *out, const struct finding *f)
{
	fprintf(out, "<div class=\"head\"><h3 id=\"f%u-head\"><span class=\"id\">f%u</span> %s",
		f->number, f->number, mechanism_titles[f->mechanism]);
	if (f->name) {
		html_put(out, ", ");
		html_name(out, f->name);
	}
	html_put(out, "</h3> ");
	html_verdict_word(out, f->confidence);
	html_put(out, "</div>\n");
}

static void
put_finding(const struct html *h, const struct group *g)
{
	const struct finding *f = h->report->findings[g->findings[0]];
	size_t *order = cites_in_order(f);

	fprintf(h->out, "<article id=\"f%u\" aria-labelledby=\"f%u-head\">\n", f->number,
		f->number);
	put_heading(h->out, f);
	html_put(h->out, "<p class=\"says\">");
	html_name(h->out, f->explanation ? f->explanation : "");
	html_put(h->out, "</p>\n");
	put_circumstances(h, f);
	html_put(h->out, "<h4>The packets</h4>\n");
	if (html_has_ladder(f)) {
		html_put(h->out, "<div class=\"pair\">\n<div>\n");
		html_ladder(h, f);
		html_put(h->out, "</div>\n<div>\n");
	}
	put_packets(h, f, order);
	put_measures(h, f, order);
	if (html_has_ladder(f))
		html_put(h->out, "</div>\n</div>\n");
	put_controls(h, f, order);
	put_alternatives(h->out, f);
	put_attributions(h->out, f);
	put_filters(h, f, order);
	put_evidence(h, f);
	if (g->n > 1) {
		html_put(h->out, "<h4>The same again</h4>\n");
		put_alike(h, g, "Alike in all but their connection", 1);
	}
	html_put(h->out, "</article>\n");
	free(order);
}

/* How many kinds of findings are told in full. */
static size_t
full_of(const struct alike *a)
{
	return a->n < HTML_FULL_MAX ? a->n : HTML_FULL_MAX;
}

void
html_choose(struct html *h)
{
	struct alike a = alike_new(h->report);
	size_t rows = 0;

	for (size_t i = 0; i < a.n; i++)
		for (size_t k = 0; k < a.groups[i].n; k++) {
			unsigned number = h->report->findings[a.groups[i].findings[k]]->number;

			if ((i < full_of(&a) && k == 0) || rows++ < HTML_AGAIN_MAX)
				h->told[number - 1] = true;
		}
	alike_free(&a);
}

void
html_findings(const struct html *h)
{
	struct alike a = alike_new(h->report);
	size_t full = full_of(&a);

	html_put(h->out,
		 "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">The findings, "
		 "packet by packet</h2>\n");
	for (size_t i = 0; i < full && !ferror(h->out); i++)
		put_finding(h, &a.groups[i]);
	if (a.n > full)
		fprintf(h->out,
			"<h3>Other findings</h3>\n<p>Only the first %u kinds are shown in full. "
			"The text and JSON reports tell the rest.</p>\n",
			(unsigned)HTML_FULL_MAX);
	for (size_t i = full; i < a.n && !ferror(h->out); i++)
		put_alike(h, &a.groups[i],
			  mechanism_titles[h->report->findings[a.groups[i].findings[0]]->mechanism],
			  0);
	html_put(h->out, "</section>\n");
	alike_free(&a);
}
