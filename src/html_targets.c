/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict in plain words, and what was tried as a table: services with their functions, names,
 * addresses, resolvers. */
#include "html_parts.h"
#include "phrases.h"

#include <inttypes.h>
#include <stdlib.h>

#define VERDICT_TARGETS 6 /* told in words; the table has the others */
#define REACHABLE_MAX 200 /* as HTML_TARGETS_MAX */
#define IDS_SHOWN 6

static bool
is_told(const struct html *h, const struct target *t)
{
	return t->state != STATE_REACHABLE && !target_is_told_with_service(h->report, t);
}

static bool
is_harmed(const struct target *t)
{
	return t->state == STATE_BLOCKED || t->state == STATE_IMPAIRED;
}

/* "packets are discarded in silence right after the name is sent; the resolver answers falsely" */
static void
put_deeds(const struct html *h, const struct target *t)
{
	const char *between = "", *when;

	for (unsigned m = 0; m < NMECHANISMS; m++) {
		if (!(t->mechanisms & 1U << m))
			continue;
		html_put(h->out, between);
		html_put(h->out, mechanism_clauses[m]);
		when = target_when(h->report, t, (enum mechanism)m);
		if (when)
			html_words(h->out, " %s", when);
		between = "; ";
	}
	if (t->state == STATE_UNCLEAR && !t->mechanisms)
		html_put(h->out, "it failed, and these packets do not tell why");
}

static void
put_target_words(const struct html *h, const struct target *t)
{
	html_put(h->out, "<li><strong>");
	html_name(h->out, t->name);
	html_put(h->out, "</strong> ");
	if (t->kind == TARGET_RESOLVER || t->kind == TARGET_SERVICE)
		html_words(h->out, "(%s) ", target_kind_words[t->kind]);
	html_state(h->out, t->state);
	html_put(h->out, " ");
	html_verdict_word(h->out, t->confidence);
	html_put(h->out, "<p class=\"deeds\">");
	put_deeds(h, t);
	if (t->interfered)
		html_words(h->out, ": %" PRIu64 " of %" PRIu64 " %s", t->interfered, t->flows,
			   t->flows == 1 ? "attempt" : "attempts");
	html_put(h->out, ".</p></li>\n");
}

/* Services first: what people speak of. Then the surest. */
static int
compare_harmed(const void *a, const void *b, void *arg)
{
	const struct report *r = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct target *x = &r->targets[i], *y = &r->targets[k];
	bool service[2] = {x->kind == TARGET_SERVICE, y->kind == TARGET_SERVICE};

	if (service[0] != service[1])
		return service[0] ? -1 : 1;
	if (rounded(x->confidence) != rounded(y->confidence))
		return x->confidence > y->confidence ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void
put_harmed(const struct html *h)
{
	const struct report *r = h->report;
	size_t *list = xcalloc(r->ntargets, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < r->ntargets; i++)
		if (is_harmed(&r->targets[i]) && is_told(h, &r->targets[i]))
			list[n++] = i;
	qsort_r(list, n, sizeof *list, compare_harmed, (void *)r);
	html_put(h->out, n ? "<ul class=\"plain\">\n" : "");
	for (size_t i = 0; i < n && i < VERDICT_TARGETS; i++)
		put_target_words(h, &r->targets[list[i]]);
	if (n > VERDICT_TARGETS)
		fprintf(h->out, "<li>and %zu more, which the table below has</li>\n",
			n - VERDICT_TARGETS);
	html_put(h->out, n ? "</ul>\n" : "");
	free(list);
}

static void
put_count(FILE *out, const char *between, size_t n, const char *one, const char *many)
{
	html_words(out, "%s%zu %s", between, n, n == 1 ? one : many);
}

static void
put_harm(const struct html *h)
{
	static const struct {
		const char *one, *many;
	} kinds[NTARGETKINDS] = {[TARGET_DOMAIN] = {"name", "names"},
				 [TARGET_ADDRESS] = {"address", "addresses"},
				 [TARGET_SERVICE] = {"service", "services"},
				 [TARGET_RESOLVER] = {"resolver", "resolvers"}};
	static const enum target_kind order[NTARGETKINDS] = {TARGET_SERVICE, TARGET_DOMAIN,
							     TARGET_ADDRESS, TARGET_RESOLVER};
	size_t n[NTARGETKINDS] = {0}, left = 0, all = 0;

	for (size_t i = 0; i < h->report->ntargets; i++)
		if (is_harmed(&h->report->targets[i]) && is_told(h, &h->report->targets[i]))
			n[h->report->targets[i].kind]++;
	for (int i = 0; i < NTARGETKINDS; i++) {
		left += n[i] > 0;
		all += n[i];
	}
	if (!all)
		return;
	for (int i = 0; i < NTARGETKINDS; i++) {
		enum target_kind k = order[i];

		if (!n[k])
			continue;
		put_count(h->out, "", n[k], kinds[k].one, kinds[k].many);
		left--;
		html_put(h->out, left > 1 ? ", " : left ? " and " : "");
	}
	html_put(h->out, all == 1 ? " was blocked or impaired. " : " were blocked or impaired. ");
}

/* ": 4 confirmed, 21 likely." */
static void
put_verdicts(FILE *out, const struct verdict_counts *n)
{
	const struct {
		size_t n;
		const char *word;
	} rows[] = {{n->confirmed, "confirmed"}, {n->likely, "likely"}, {n->possible, "possible"}};
	const char *between = ": ";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!rows[i].n)
			continue;
		html_words(out, "%s%zu %s", between, rows[i].n, rows[i].word);
		between = ", ";
	}
	html_put(out, ".");
}

/* What failed, and nobody knows why. */
static void
put_unclear(const struct html *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->report->ntargets; i++)
		n += h->report->targets[i].state == STATE_UNCLEAR;
	if (n)
		html_words(h->out, "%zu %s, and the packets do not tell why. ", n,
			   n == 1 ? "target failed" : "targets failed");
}

static const char *
title_of(const struct report *r)
{
	struct verdict_counts n = verdict_counts(r);

	if (n.confirmed)
		return "Interference is confirmed";
	if (n.likely)
		return "Interference is likely";
	if (n.possible)
		return "Interference is possible, no more than that";
	return "No interference was found";
}

void
html_verdict(const struct html *h)
{
	const struct report *r = h->report;
	struct verdict_counts n = verdict_counts(r);

	fprintf(h->out, "<h1 id=\"verdict\">%s</h1>\n<p class=\"lead\">", title_of(r));
	if (!r->nfindings) {
		html_put(h->out, "Nothing in these packets shows that somebody interfered with "
				 "them. ");
		put_unclear(h);
		html_put(h->out, "That is not proof that nobody did: see <a href=\"#limits\">what "
				 "these packets cannot show</a>.</p>\n");
		return;
	}
	put_harm(h);
	put_count(h->out, "", r->nfindings, "finding", "findings");
	put_verdicts(h->out, &n);
	html_put(h->out, " ");
	put_unclear(h);
	html_put(h->out, "</p>\n");
	put_harmed(h);
	html_put(
	    h->out,
	    "<p class=\"soft small\">A percentage is meant literally: of all that is said at "
	    "90 %, nine in ten are true. <em>Confirmed</em> begins at 90 %, <em>likely</em> at "
	    "60 %, <em>possible</em> at 30 %; what is less sure is not reported.</p>\n");
}

static void
put_row(const struct html *h, const struct target *t)
{
	FILE *out = h->out;

	html_put(out, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">");
	html_name(out, t->name);
	if (t->kind != TARGET_DOMAIN)
		html_words(out, " (%s)", target_kind_words[t->kind]);
	html_put(out, "</th><td role=\"cell\">");
	html_state(out, t->state);
	html_put(out, "</td><td role=\"cell\" data-label=\"How sure\">");
	if (is_harmed(t))
		html_verdict_word(out, t->confidence);
	html_put(out, "</td><td role=\"cell\">");
	put_deeds(h, t);
	fprintf(out,
		"</td><td role=\"cell\" class=\"n\" data-label=\"Interfered with\">%" PRIu64
		" of %" PRIu64 "</td><td role=\"cell\"",
		t->interfered, t->flows);
	if (t->nfindings) {
		html_put(out, " data-label=\"Findings\">");
		html_ids(h, t->findings, t->nfindings, IDS_SHOWN);
	} else {
		html_put(out, ">");
	}
	html_put(out, "</td></tr>\n");
}

static void
put_function(FILE *out, const struct target *t, enum function function)
{
	uint64_t all = 0, interfered = 0;

	for (size_t i = 0; i < t->nspans; i++) {
		const struct span *s = &t->spans[i];

		if (s->function != function)
			continue;
		all += s->attempts;
		interfered += s->fate == FATE_INTERFERED ? s->attempts : 0;
	}
	fprintf(out,
		"<tr role=\"row\" class=\"sub\"><th scope=\"row\" role=\"rowheader\">%s</th>"
		"<td role=\"cell\">",
		function_words[function]);
	html_state(out, t->functions[function] - 1);
	html_put(out, "</td><td role=\"cell\"></td><td role=\"cell\"></td>"
		      "<td role=\"cell\" class=\"n\"");
	if (all)
		fprintf(out, " data-label=\"Interfered with\">%" PRIu64 " of %" PRIu64, interfered,
			all);
	else
		html_put(out, ">");
	html_put(out, "</td><td role=\"cell\"></td></tr>\n");
}

static void
put_reachable(const struct html *h)
{
	const struct report *r = h->report;
	size_t n = 0;

	for (size_t i = 0; i < r->ntargets; i++) {
		if (r->targets[i].state != STATE_REACHABLE)
			continue;
		if (n++ >= REACHABLE_MAX)
			continue;
		if (n == 1) {
			html_put(h->out, "<p>");
			html_state(h->out, STATE_REACHABLE);
			html_put(h->out, ": ");
		} else {
			html_put(h->out, ", ");
		}
		html_name(h->out, r->targets[i].name);
	}
	if (n > REACHABLE_MAX)
		fprintf(h->out, " and %zu more", n - REACHABLE_MAX);
	if (n)
		html_put(h->out, ".</p>\n");
}

static size_t
put_rows(const struct html *h)
{
	const struct report *r = h->report;
	size_t n = 0;

	for (int others = 0; others < 2; others++)
		for (size_t i = 0; i < r->ntargets; i++) {
			const struct target *t = &r->targets[i];

			if (!is_told(h, t) || (t->kind != TARGET_SERVICE) != others)
				continue;
			if (n++ >= HTML_TARGETS_MAX)
				continue;
			put_row(h, t);
			for (int k = 0; k < NFUNCTIONS; k++)
				if (t->functions[k])
					put_function(h->out, t, (enum function)k);
		}
	return n;
}

void
html_targets(const struct html *h)
{
	static const char *const columns[] = {
	    "Target", "State", "How sure", "What is done", "Interfered with", "Findings", NULL};
	const struct report *r = h->report;
	bool any = false;
	size_t n;

	html_put(h->out, "<section aria-labelledby=\"targets\">\n<h2 id=\"targets\">What was "
			 "tried, and how it fared</h2>\n");
	for (size_t i = 0; i < r->ntargets; i++)
		any = any || is_told(h, &r->targets[i]);
	if (any) {
		html_table(h->out, "stack targets",
			   "Interfered with: attempts, of all that were made", columns);
		n = put_rows(h);
		html_table_end(h->out);
		if (n > HTML_TARGETS_MAX)
			fprintf(h->out, "<p class=\"soft\">%zu more are in the JSON report.</p>\n",
				n - HTML_TARGETS_MAX);
	}
	if (!r->ntargets)
		html_put(h->out, "<p>No name, address or service was met in these packets.</p>\n");
	put_reachable(h);
	html_put(h->out, "</section>\n");
}
