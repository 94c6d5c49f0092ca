/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison for a person at a terminal. */
#include "compare.h"
#include "page.h"
#include "report_parts.h"
#include "text_finding.h"

#include <locale.h>
#include <stdlib.h>

#define VALUE 14
#define NARROWEST 40
#define CHANGES_SHOWN 40

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
label(struct page *p, const char *word)
{
	page_column(p, 2);
	page_ink(p, DIM);
	page_words(p, word);
	page_ink(p, PLAIN);
	page_column(p, VALUE);
}

static void
put_verdict(struct page *p, const struct comparison *c)
{
	struct verdict_counts n = verdict_counts(&c->report);
	size_t mated = 0;

	for (size_t i = 0; i < c->ends[NEAR].nflows; i++)
		mated += c->ends[NEAR].flows[i].mate != 0;
	page_ink(p, BOLD);
	if (!mated)
		page_words(p, "The two captures have no flow in common.");
	else if (!c->report.nfindings)
		page_words(p, "Nothing was forged or swallowed between the two captures, as far as "
			      "they show.");
	else
		page_printf(p,
			    "Interference between the two captures: %zu confirmed, %zu likely, "
			    "%zu possible.",
			    n.confirmed, n.likely, n.possible);
	page_ink(p, PLAIN);
	page_line(p, 0);
}

static void
put_clock(struct page *p, const struct comparison *c)
{
	const struct pair_clock *k = &c->clock;

	label(p, "clocks");
	if (!k->n[NEAR] && !k->n[FAR]) {
		page_words(p, "nothing in common to tell them by");
		return;
	}
	if (k->one_way) {
		page_words(p, "packets went one way only, so that the offset cannot be told");
		return;
	}
	page_printf(p, "the server's is ahead by %.6f s, plus or minus %.6f s", k->offset / 1e9,
		    k->offset_error / 1e9);
	if (k->drift_known)
		page_printf(p, ", and gains %.2f millionths, plus or minus %.2f", k->drift * 1e6,
			    k->drift_error * 1e6);
	page_printf(p, "; there and back takes %.3f ms at least",
		    (double)(k->least[NEAR] + k->least[FAR]) / 1e6);
}

static uint64_t
count_fate(const struct comparison *c, enum end sender, enum end at, enum packet_fate fate)
{
	const struct pair_end *e = &c->ends[at];
	uint64_t n = 0;

	for (size_t i = 0; i < e->npackets; i++)
		n += e->packets[i].fate == fate && e->flows[e->packets[i].flow].mate &&
		     pair_sender(c, at, &e->packets[i]) == sender;
	return n;
}

static void
put_direction(struct page *p, const struct comparison *c, enum end sender)
{
	const struct pair_counts *n = &c->counts[sender];
	uint64_t lost = count_fate(c, sender, sender, FATE_LOST);

	label(p, sender == NEAR ? "to server" : "to client");
	page_printf(p, "%llu sent, %llu arrived, ", (unsigned long long)n->sent,
		    (unsigned long long)n->arrived);
	if (lost)
		page_printf(p, "%llu lost (%.2f %%), ", (unsigned long long)lost,
			    100.0 * (double)lost / (double)n->sent);
	page_printf(p, "%llu swallowed, %llu forged",
		    (unsigned long long)count_fate(c, sender, sender, FATE_DROPPED),
		    (unsigned long long)count_fate(c, sender, other_end(sender), FATE_FORGED));
	if (n->unsent)
		page_printf(p, "; the sender's capture missed %llu", (unsigned long long)n->unsent);
}

static void
put_flows(struct page *p, const struct comparison *c)
{
	for (int e = 0; e < NENDS; e++) {
		size_t n = 0;

		for (size_t i = 0; i < c->ends[e].nflows; i++)
			n += !c->ends[e].flows[i].mate;
		label(p, e == NEAR ? "client" : "server");
		for (size_t i = 0, more = 0; i < c->report.ncaptures; i++)
			if ((i < capture_count(c->ends[NEAR].capture)) == (e == NEAR))
				page_printf(p, more++ ? ", %s" : "%s", c->report.captures[i]->file);
		page_printf(p, ": %zu packets, %zu flows", c->ends[e].npackets,
			    c->ends[e].nflows - (e == FAR ? c->empty : 0));
		if (n)
			page_printf(p, ", %zu of which the other capture has not", n);
	}
}

/* The same change of many flows is told once. */
static bool
same_change(const struct pair_change *a, const struct pair_change *b)
{
	return a->field == b->field && a->sender == b->sender &&
	       ((strcmp(a->before, b->before) == 0 && strcmp(a->after, b->after) == 0) ||
		strcmp(a->kind, "translation") == 0);
}

static void
put_change(struct page *p, const struct comparison *c, const struct pair_change *x, uint64_t n,
	   size_t flows)
{
	page_column(p, 2);
	page_words(p, x->field);
	page_column(p, VALUE + 2);
	page_printf(p, "%s: %s -> %s, ", x->sender == NEAR ? "to server" : "to client", x->before,
		    x->after);
	if (x->offset >= 0)
		page_printf(p, "from byte %ld on, ", x->offset);
	page_printf(p, "%llu packet%s of %zu flow%s, such as frame %u of %s and %u of %s",
		    (unsigned long long)n, n == 1 ? "" : "s", flows, flows == 1 ? "" : "s",
		    x->sent.frame, c->report.captures[x->sent.capture]->file, x->received.frame,
		    c->report.captures[x->received.capture]->file);
}

static void
put_changes(struct page *p, const struct comparison *c)
{
	bool *told = xcalloc(c->nchanges + 1, sizeof *told);
	size_t shown = 0;

	if (c->nchanges)
		heading(p, "Changed on the way");
	for (size_t i = 0; i < c->nchanges; i++) {
		const struct pair_change *x = &c->changes[i];
		uint64_t n = 0;
		size_t flows = 0;

		if (told[i])
			continue;
		for (size_t k = i; k < c->nchanges; k++) {
			if (told[k] || !same_change(x, &c->changes[k]))
				continue;
			told[k] = true;
			n += c->changes[k].n;
			flows++;
		}
		if (shown++ < CHANGES_SHOWN)
			put_change(p, c, x, n, flows);
	}
	if (shown > CHANGES_SHOWN) {
		page_column(p, 2);
		page_printf(p, "and %zu more; --format json has all", shown - CHANGES_SHOWN);
	}
	if (c->nchanges)
		page_line(p, 0);
	free(told);
}

static void
put_limits(struct page *p, const struct comparison *c)
{
	if (c->report.nlimits)
		heading(p, "What this cannot show");
	for (size_t i = 0; i < c->report.nlimits; i++) {
		page_column(p, 2);
		page_words(p, c->report.limits[i]);
	}
	if (c->report.nlimits)
		page_line(p, 0);
}

static void
put(struct page *p, struct comparison *c, const struct report_style *style)
{
	put_verdict(p, c);
	page_line(p, 0);
	put_flows(p, c);
	put_clock(p, c);
	put_direction(p, c, NEAR);
	put_direction(p, c, FAR);
	page_line(p, 0);
	if (c->report.nfindings)
		heading(p, "Findings");
	for (size_t i = 0; i < c->report.nfindings && !ferror(p->out); i++) {
		if (i)
			page_line(p, 0);
		text_finding(p, &c->report, style, c->report.findings[i]);
		page_line(p, 0);
	}
	put_changes(p, c);
	put_limits(p, c);
}

int
compare_text(struct comparison *c, const struct report_style *style, FILE *out)
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
	put(&p, c, style);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return finish(out);
}
