/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One finding for a person at a terminal: what happened, what set it off, how sure, which packets
 * to look at, what it is not, and who does such things. */
#include "text_finding.h"

#include "phrases.h"
#include "report_parts.h"
#include "weigh.h"

#include <stdlib.h>
#include <string.h>

#define BODY 4   /* column of the sentences */
#define VALUE 14 /* column of what stands behind a label */
#define FRAMES (VALUE + 16)

/* What is told without -v: enough to judge by, little enough to read. */
#define SHOWN_EVIDENCE 3
#define SHOWN_CITES 12
#define SHOWN_ATTRIBUTIONS 3

void
text_sureness(struct page *p, double confidence)
{
	const char *word = verdict_word(rounded(confidence));

	if (word)
		page_printf(p, "%s (%u %%)", word, percent(confidence));
}

static void
endpoint(struct page *p, const struct flow_name *f, enum side s)
{
	char out[ADDR_TEXT_MAX];

	addr_text(&f->addr[s], out);
	if (!f->port[s])
		page_words(p, out);
	else
		page_printf(p, addr_is_v4(&f->addr[s]) ? "%s:%u" : "[%s]:%u", out, f->port[s]);
}

void
text_flow_name(struct page *p, const struct flow_name *f)
{
	char protocol[PROTOCOL_MAX];

	page_printf(p, "%s ", protocol_word(f->proto, protocol));
	endpoint(p, f, CLIENT);
	page_words(p, " -> ");
	endpoint(p, f, SERVER);
}

static void
label(struct page *p, const char *word)
{
	page_column(p, BODY);
	page_ink(p, DIM);
	page_words(p, word);
	page_ink(p, PLAIN);
	page_column(p, VALUE);
}

static void
frame_name(struct page *p, const struct report *r, struct ref at)
{
	page_printf(p, "%u", at.frame);
	if (r->ncaptures > 1 && at.capture < r->ncaptures)
		page_printf(p, " of %s", r->captures[at.capture]->file);
}

static void
put_trigger(struct page *p, const struct finding *f)
{
	const char *between = "; known because ";

	label(p, "trigger");
	page_words(p, trigger_phrases[f->trigger]);
	if (f->trigger_value && *f->trigger_value) {
		page_words(p, f->trigger == TRIGGER_UNKNOWN ? ": " : " ");
		page_words(p, f->trigger_value);
	}
	for (size_t i = 0; i < NBASES; i++) {
		if (!(f->basis & 1U << i))
			continue;
		page_words(p, between);
		page_words(p, basis_phrases[i]);
		between = ", and because ";
	}
}

static void
put_evidence_table(struct page *p, const struct report *r, const struct evidence *sorted, size_t n)
{
	label(p, "evidence");
	for (size_t i = 0; i < n; i++) {
		page_column(p, VALUE);
		page_printf(p, "%+.2f", sorted[i].weight);
		page_column(p, VALUE + 8);
		page_words(p, evidence_words(&sorted[i]));
		if (sorted[i].at.frame) {
			page_words(p, ", frame ");
			frame_name(p, r, sorted[i].at);
		}
	}
}

static void
put_sureness(struct page *p, const struct report *r, const struct report_style *style,
	     const struct finding *f)
{
	struct evidence *sorted = evidence_in_order(f);
	const char *between = ": ";
	size_t shown = 0;

	label(p, "how sure");
	text_sureness(p, f->confidence);
	for (size_t i = 0; i < f->nevidence && shown < SHOWN_EVIDENCE; i++) {
		if (sorted[i].weight <= 0 || sorted[i].family == FAMILY_PRIOR)
			continue;
		shown++;
		page_words(p, between);
		page_words(p, evidence_words(&sorted[i]));
		if (sorted[i].at.frame) {
			page_words(p, " (frame ");
			frame_name(p, r, sorted[i].at);
			page_words(p, ")");
		}
		between = "; ";
	}
	if (style->verbose && f->nevidence)
		put_evidence_table(p, r, sorted, f->nevidence);
	free(sorted);
}

static void
put_cite(struct page *p, const struct report *r, const struct cite *c)
{
	page_column(p, FRAMES);
	frame_name(p, r, c->at);
	for (size_t i = 0; i < c->nobservations; i++) {
		const struct observation *o = &c->observations[i];

		page_words(p, i ? "; " : ": ");
		page_words(p, feature_phrase(o->feature));
		if (o->observed && *o->observed) {
			page_words(p, *feature_phrase(o->feature) ? " " : "");
			page_words(p, o->observed);
		}
		if (o->baseline) {
			page_words(p, ", usual ");
			page_words(p, o->baseline);
		}
	}
}

/* The packets of one role: those with nothing to say about them share a line. */
static size_t
put_role(struct page *p, const struct report *r, const struct finding *f, const size_t *order,
	 enum role role, size_t left)
{
	const char *between = "";
	size_t shown = 0;

	for (size_t i = 0; i < f->ncites && shown < left; i++) {
		const struct cite *c = &f->cites[order[i]];

		if (c->role != role || c->nobservations)
			continue;
		if (!shown) {
			page_column(p, VALUE);
			page_words(p, role_words[role]);
			page_column(p, FRAMES);
		}
		page_words(p, between);
		frame_name(p, r, c->at);
		between = ", ";
		shown++;
	}
	for (size_t i = 0; i < f->ncites && shown < left; i++) {
		const struct cite *c = &f->cites[order[i]];

		if (c->role != role || !c->nobservations)
			continue;
		if (!shown) {
			page_column(p, VALUE);
			page_words(p, role_words[role]);
		}
		put_cite(p, r, c);
		shown++;
	}
	return shown;
}

static void
put_packets(struct page *p, const struct report *r, const struct report_style *style,
	    const struct finding *f, const size_t *order)
{
	size_t left = style->verbose ? f->ncites : SHOWN_CITES, shown = 0;

	label(p, "packets");
	for (unsigned role = 0; role < NROLES; role++)
		shown += put_role(p, r, f, order, (enum role)role, left - shown);
	if (shown < f->ncites) {
		page_column(p, FRAMES);
		page_printf(p, "and %zu more, which -v shows", f->ncites - shown);
	}
}

static void
put_filter(struct page *p, const struct report *r, const struct finding *f, const size_t *order,
	   uint16_t capture, const char *name)
{
	char *text = frame_filter(f, order, capture);

	if (text) {
		label(p, name);
		page_raw(p, text);
		if (r->ncaptures > 1)
			page_printf(p, " in %s", r->captures[capture]->file);
	}
	free(text);
}

static void
put_alternatives(struct page *p, const struct finding *f)
{
	for (size_t i = 0; i < f->nalternatives; i++) {
		label(p, i ? "" : "excluded");
		page_words(p, f->alternatives[i].explanation);
		page_words(p, ": ");
		page_words(p, f->alternatives[i].against);
	}
}

static void
put_attributions(struct page *p, const struct report_style *style, const struct finding *f)
{
	size_t n = style->verbose || f->nattributions < SHOWN_ATTRIBUTIONS ? f->nattributions
									   : SHOWN_ATTRIBUTIONS;

	for (size_t i = 0; i < n; i++) {
		const struct attribution *a = &f->attributions[i];

		label(p, i ? "" : "who");
		page_words(p, a->score < EVEN ? "might be " : "looks like ");
		page_words(p, a->fingerprint);
		page_printf(p, " (%u %%)", percent(a->score));
		for (size_t k = 0; a->references && a->references[k]; k++) {
			page_column(p, VALUE + 2);
			if (strchr(a->references[k], ' '))
				page_words(p, a->references[k]);
			else
				page_raw(p, a->references[k]);
		}
	}
	if (f->injector.basis) {
		label(p, "how far");
		page_printf(p, "%d hops from the %s, ", f->injector.hops,
			    f->injector.from == CLIENT ? "client" : "server");
		page_words(p, strcmp(f->injector.basis, "ttl") == 0
				  ? "if it sends with a TTL that systems begin with"
				  : "as it copies the TTL of what it answers");
	}
	if (!n) {
		label(p, "who");
		page_words(p, "no known system has these marks");
	}
}

static void
put_details(struct page *p, const struct finding *f)
{
	const char *between = "";

	label(p, "id");
	page_words(p, f->flow.community_id);
	if (!f->nsignatures)
		return;
	label(p, "signs");
	for (size_t i = 0; i < f->nsignatures; i++) {
		page_words(p, between);
		page_words(p, f->signatures[i]);
		between = ", ";
	}
}

static void
put_residual(struct page *p, const struct finding *f)
{
	const struct residual *r = &f->residual;

	if (!r->tuple)
		return;
	label(p, "left over");
	page_printf(p, "%s stayed blocked for at least %.0f s", residual_phrases[r->tuple],
		    r->seconds_low);
	if (r->seconds_high > 0)
		page_printf(p, " and at most %.0f s", r->seconds_high);
	else
		page_words(p, "; its end is not in the capture");
}

void
text_finding(struct page *p, const struct report *r, const struct report_style *style,
	     const struct finding *f)
{
	size_t *order = cites_in_order(f);
	char when[TIME_TEXT_MAX];

	page_ink(p, BOLD);
	page_printf(p, "f%u", f->number);
	page_column(p, f->number > 99 ? BODY + 2 : BODY);
	page_words(p, mechanism_titles[f->mechanism]);
	if (f->name) {
		page_words(p, ", ");
		page_words(p, f->name);
	}
	page_ink(p, PLAIN);
	page_words(p, ": ");
	text_sureness(p, f->confidence);
	page_line(p, BODY);
	page_words(p, f->explanation ? f->explanation : "");
	label(p, "when");
	page_words(p, time_text(f->nsec, when));
	label(p, "flow");
	text_flow_name(p, &f->flow);
	put_trigger(p, f);
	label(p, "where");
	page_printf(p, "%s; ", stage_clauses[f->stage]);
	page_words(p, direction_phrase(f->mechanism, f->direction));
	put_residual(p, f);
	if (f->rate > 0) {
		label(p, "rate");
		page_printf(p, "%.0f kbit/s (%.0f to %.0f); %llu bytes pass at once",
			    f->rate / 1000, f->rate_low / 1000, f->rate_high / 1000,
			    (unsigned long long)f->burst);
	}
	put_sureness(p, r, style, f);
	put_packets(p, r, style, f, order);
	for (size_t i = 0; i < r->ncaptures; i++)
		put_filter(p, r, f, order, (uint16_t)i, "filter");
	put_alternatives(p, f);
	put_attributions(p, style, f);
	if (style->verbose)
		put_details(p, f);
	free(order);
}

void
text_again(struct page *p, const struct report *r, const struct finding *f, bool first)
{
	size_t *order = cites_in_order(f);
	char when[TIME_TEXT_MAX];

	label(p, first ? "again" : "");
	page_printf(p, "f%u: %s ", f->number, time_text(f->nsec, when));
	text_flow_name(p, &f->flow);
	page_words(p, ", ");
	text_sureness(p, f->confidence);
	for (size_t i = 0; i < r->ncaptures; i++)
		put_filter(p, r, f, order, (uint16_t)i, "");
	free(order);
}

void
text_more(struct page *p, size_t n)
{
	label(p, "");
	page_printf(p, "and %zu more; -v tells all in full", n);
}
