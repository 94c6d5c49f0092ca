/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When each target worked, failed and was interfered with: a bar for the eye, the same in words
 * beside it. */
#include "html_parts.h"

#include <string.h>

#define ROWS_MAX 60  /* more than this nobody compares */
#define BARS_MAX 200 /* turns drawn in one row */
#define TURNS_MAX 6  /* turns told in words */

struct range {
	int64_t from, to;
};

static struct range
range_of(const struct report *r)
{
	struct range x = {INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < r->ncaptures; i++) {
		const struct capture_info *c = r->captures[i];

		if (!c->packets)
			continue;
		x.from = c->first < x.from ? c->first : x.from;
		x.to = c->last > x.to ? c->last : x.to;
	}
	for (size_t i = 0; i < r->ntargets; i++)
		for (size_t k = 0; k < r->targets[i].nspans; k++) {
			const struct span *s = &r->targets[i].spans[k];

			x.from = s->from < x.from ? s->from : x.from;
			x.to = s->to > x.to ? s->to : x.to;
		}
	return x;
}

/* Where on the bar, in percent of its width. */
static double
place(struct range x, int64_t at)
{
	return x.to > x.from ? 100.0 * (double)(at - x.from) / (double)(x.to - x.from) : 50;
}

static void
put_mark(FILE *out, double at, enum fate fate)
{
	fprintf(out, "<svg x=\"%.2f%%\" y=\"9\" overflow=\"visible\">", at);
	if (fate == FATE_INTERFERED)
		html_put(out, "<path class=\"m-interfered\" d=\"M-5 -5l10 10m0 -10l-10 10\"/>");
	else
		fprintf(out, "<circle class=\"m-%s\" r=\"4.5\"/>", fate_words[fate]);
	html_put(out, "</svg>");
}

static void
put_bar(const struct html *h, const struct target *t, enum function function, struct range x,
	unsigned id)
{
	FILE *out = h->out;
	size_t n = 0;

	fprintf(out,
		"<svg role=\"img\" aria-labelledby=\"t%u-title t%u-desc\"><title id=\"t%u-title\">"
		"When it worked</title><desc id=\"t%u-desc\">The same in words stands beside "
		"it.</desc><line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"9\" y2=\"9\"/>",
		id, id, id, id);
	for (size_t i = 0; i < t->nspans && n < BARS_MAX; i++) {
		const struct span *s = &t->spans[i];

		if (s->function != function)
			continue;
		n++;
		if (s->to > s->from)
			fprintf(out,
				"<line class=\"f-%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"9\" "
				"y2=\"9\"/>",
				fate_words[s->fate], place(x, s->from), place(x, s->to));
		put_mark(out, place(x, s->from), s->fate);
		if (place(x, s->to) - place(x, s->from) > 2)
			put_mark(out, place(x, s->to), s->fate);
	}
	html_put(out, "</svg>");
}

static void
put_turns(const struct html *h, const struct target *t, enum function function)
{
	static const char *const words[NFATES] = {"worked", "failed", "interfered with"};
	size_t n = 0;

	for (size_t i = 0; i < t->nspans; i++) {
		const struct span *s = &t->spans[i];

		if (s->function != function || ++n > TURNS_MAX)
			continue;
		html_words(h->out, "%s%s ", n > 1 ? "; " : "", words[s->fate]);
		html_clock(h->out, s->from);
		if (s->to / NSEC_PER_SEC != s->from / NSEC_PER_SEC) {
			html_put(h->out, " to ");
			html_clock(h->out, s->to);
		}
		if (s->fate != FATE_WORKED) {
			html_put(h->out, " (frame ");
			html_frame(h, s->at);
			html_put(h->out, ")");
		}
	}
	if (n > TURNS_MAX)
		fprintf(h->out, "; and %zu more %s", n - TURNS_MAX,
			n == TURNS_MAX + 1 ? "turn" : "turns");
}

static void
put_row(const struct html *h, const struct target *t, enum function function, struct range x,
	unsigned id)
{
	const char *what = function < NFUNCTIONS ? function_words[function] : NULL;

	html_put(h->out, "<tr><th scope=\"row\">");
	html_name(h->out, t->name);
	if (what)
		html_words(h->out, ", %s",
			   t->kind != TARGET_SERVICE && function == FUNCTION_DNS ? "lookups"
										 : what);
	html_put(h->out, "</th><td class=\"bar\">");
	put_bar(h, t, function, x, id);
	html_put(h->out, "</td><td>");
	put_turns(h, t, function);
	html_put(h->out, "</td></tr>\n");
}

/* As the text report: all that services do, and what of other targets did not always work. */
static bool
is_told(const struct target *t, enum function function)
{
	return t->kind == TARGET_SERVICE ||
	       (t->interfered && !target_has_always_worked(t, function));
}

bool
html_has_timeline(const struct report *r, const struct target *t)
{
	if (target_is_told_with_service(r, t))
		return false;
	for (size_t i = 0; i < t->nspans; i++)
		if (is_told(t, t->spans[i].function))
			return true;
	return false;
}

static size_t
put_rows(const struct html *h, struct range x)
{
	const struct report *r = h->report;
	unsigned n = 0;

	for (int others = 0; others < 2; others++)
		for (size_t i = 0; i < r->ntargets; i++) {
			const struct target *t = &r->targets[i];

			if ((t->kind != TARGET_SERVICE) != others ||
			    target_is_told_with_service(r, t))
				continue;
			for (size_t k = 0; k < t->nspans; k++) {
				enum function function = t->spans[k].function;

				if ((k && function == t->spans[k - 1].function) ||
				    !is_told(t, function))
					continue;
				if (++n <= ROWS_MAX)
					put_row(h, t, function, x, n);
			}
		}
	return n;
}

static void
put_key(FILE *out)
{
	static const struct {
		enum fate fate;
		const char *words;
	} keys[] = {{FATE_WORKED, "worked (disc, solid)"},
		    {FATE_INTERFERED, "interfered with (cross, dashes)"},
		    {FATE_FAILED, "failed, cause not told (ring, dots)"}};

	html_put(out, "<ul class=\"legend\">");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		html_put(out, "<li><svg aria-hidden=\"true\">");
		fprintf(out, "<line class=\"f-%s\" x1=\"5\" x2=\"39\" y1=\"9\" y2=\"9\"/>",
			fate_words[keys[i].fate]);
		put_mark(out, 50, keys[i].fate);
		fprintf(out, "</svg>%s</li>", keys[i].words);
	}
	html_put(out, "</ul>\n");
}

void
html_timeline(const struct html *h)
{
	struct range x = range_of(h->report);
	bool any = false;
	size_t n;

	for (size_t i = 0; i < h->report->ntargets; i++)
		any = any || html_has_timeline(h->report, &h->report->targets[i]);
	if (!any)
		return;
	html_put(h->out, "<section aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">When it "
			 "worked, and when not</h2>\n");
	html_put(h->out, "<p class=\"soft small\">From ");
	html_time(h->out, x.from);
	html_put(h->out, " to ");
	html_time(h->out, x.to);
	html_put(h->out, "</p>\n");
	put_key(h->out);
	html_put(
	    h->out,
	    "<div class=\"scroll\" role=\"group\" aria-label=\"When it worked\" tabindex=\"0\">\n"
	    "<table class=\"times stack\"><thead><tr><th scope=\"col\">Target</th>"
	    "<th scope=\"col\" class=\"bar\"><span class=\"axis\"><span>");
	html_clock(h->out, x.from);
	html_put(h->out, "</span><span>");
	html_clock(h->out, x.to);
	html_put(h->out, "</span></span></th><th scope=\"col\">In words (UTC)</th></tr></thead>\n"
			 "<tbody>\n");
	n = put_rows(h, x);
	html_table_end(h->out);
	if (n > ROWS_MAX)
		fprintf(h->out, "<p class=\"soft\">%zu more are in the JSON report.</p>\n",
			n - ROWS_MAX);
	html_put(h->out, "</section>\n");
}
