/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as one page of HTML that needs nothing else: no network, no script, no font. The
 * verdict comes first; then what was tried, when it worked, each finding with its packets, what
 * fared well beside, how to see it for oneself, and what these packets cannot show. */
#include "html_parts.h"
#include "mechanisms.h"
#include "phrases.h"
#include "printable.h"

#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_TEXT 48  /* base64 of a SHA-256: 44, and a NUL */
#define CONTROLS_MAX 12 /* of one target */

/* The policy admits this very style sheet and nothing else (CSP Level 3, 2.3.1): what gets through
 * the escaping by a mistake still neither loads nor runs. */
static void
style_digest(char out[DIGEST_TEXT])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!c || !EVP_DigestInit_ex(c, EVP_sha256(), NULL))
		out_of_memory();
	for (const char *const *line = html_style; *line; line++)
		EVP_DigestUpdate(c, *line, strlen(*line));
	if (!EVP_DigestFinal_ex(c, digest, &n))
		out_of_memory();
	EVP_MD_CTX_free(c);
	EVP_EncodeBlock((unsigned char *)out, digest, (int)n);
}

static void
put_captures_short(const struct html *h)
{
	const struct report *r = h->report;

	for (size_t i = 0; i < r->ncaptures && i < 3; i++) {
		html_put(h->out, i ? ", " : "");
		html_name(h->out, html_base_name(r->captures[i]->file));
	}
	if (r->ncaptures > 3)
		fprintf(h->out, " and %zu more", r->ncaptures - 3);
}

static void
put_head(const struct html *h)
{
	char digest[DIGEST_TEXT];
	FILE *out = h->out;

	style_digest(digest);
	html_put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	fprintf(out,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
		digest);
	html_put(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"color-scheme\" content=\"light dark\">\n"
		      "<meta name=\"referrer\" content=\"no-referrer\">\n"
		      "<meta name=\"generator\" content=\"tamperscope " VERSION "\">\n"
		      "<title>Interference report: ");
	html_text(out, h->report->ncaptures ? html_base_name(h->report->captures[0]->file)
					    : "no capture");
	if (h->report->ncaptures > 1)
		fprintf(out, " and %zu more", h->report->ncaptures - 1);
	html_put(out, "</title>\n<style>");
	for (const char *const *line = html_style; *line; line++)
		html_put(out, *line);
	html_put(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#verdict\">To the "
		      "verdict</a>\n");
	html_shapes(out);
}

/* Parts of the page that are not always there are linked only if they are. */
static void
put_contents(const struct html *h)
{
	bool timed = false;

	for (size_t i = 0; i < h->report->ntargets; i++)
		timed = timed || html_has_timeline(h->report, &h->report->targets[i]);
	html_put(h->out, "<nav aria-label=\"Contents\"><ul>\n<li><a href=\"#targets\">What was "
			 "tried</a></li>\n");
	if (timed)
		html_put(h->out, "<li><a href=\"#timeline\">When it worked</a></li>\n");
	if (h->report->nfindings)
		html_put(h->out, "<li><a href=\"#findings\">Findings</a></li>\n");
	html_put(h->out, "<li><a href=\"#repeat\">Check it yourself</a></li>\n"
			 "<li><a href=\"#limits\">Limits</a></li>\n"
			 "<li><a href=\"#sources\">What was looked at</a></li>\n</ul></nav>\n");
}

static void
put_header(const struct html *h)
{
	html_put(h->out, "<header>\n<p class=\"kicker\">Interference report on ");
	put_captures_short(h);
	html_put(h->out, "</p>\n");
	html_verdict(h);
	html_put(h->out, "</header>\n");
	put_contents(h);
}

static void
put_controls(const struct html *h)
{
	bool any = false;

	for (size_t i = 0; i < h->report->ntargets; i++) {
		const struct target *t = &h->report->targets[i];

		if (!t->ncontrols || t->state == STATE_REACHABLE)
			continue;
		if (!any)
			html_put(h->out,
				 "<section aria-labelledby=\"controls\">\n<h2 id=\"controls\">What "
				 "fared well beside it</h2>\n<p>Only the contrast with what worked "
				 "turns a failure into interference.</p>\n<dl>\n");
		any = true;
		html_put(h->out, "<dt>");
		html_name(h->out, t->name);
		html_put(h->out, "</dt><dd>");
		for (size_t k = 0; k < t->ncontrols && k < CONTROLS_MAX; k++) {
			html_put(h->out, k ? "<br>" : "");
			html_name(h->out, t->controls[k]);
		}
		if (t->ncontrols > CONTROLS_MAX)
			fprintf(h->out, "<br>and %zu more", t->ncontrols - CONTROLS_MAX);
		html_put(h->out, "</dd>\n");
	}
	if (any)
		html_put(h->out, "</dl>\n</section>\n");
}

static void
put_files(const struct html *h)
{
	for (size_t i = 0; i < h->report->ncaptures; i++) {
		char *word = shell_word(h->report->captures[i]->file);

		html_put(h->out, " ");
		html_text(h->out, word);
		free(word);
	}
}

static void
put_command(const struct html *h, const char *words, const char *command)
{
	html_put(h->out, "<p>");
	html_put(h->out, words);
	html_put(h->out, "</p>\n<pre><code>");
	html_put(h->out, command);
	put_files(h);
	html_put(h->out, "</code></pre>\n");
}

static void
put_repeat(const struct html *h)
{
	html_put(h->out, "<section aria-labelledby=\"repeat\">\n<h2 id=\"repeat\">Check it "
			 "yourself</h2>\n");
	put_command(h,
		    "The same program and fingerprints make the same report of the same capture, "
		    "to the last byte:",
		    "tamperscope analyze --format html");
	if (h->report->nfindings)
		put_command(h,
			    "With each finding stands a display filter that shows its packets in "
			    "Wireshark. This writes a file of all of them, each with a comment:",
			    "tamperscope analyze --evidence evidence.pcapng");
	put_command(h,
		    "What all of it rests on is the capture; its digest tells whether yours is the "
		    "same:",
		    "sha256sum");
	html_put(h->out, "</section>\n");
}

static void
put_limits(const struct html *h)
{
	html_put(h->out, "<section aria-labelledby=\"limits\">\n<h2 id=\"limits\">What these "
			 "packets cannot show</h2>\n<ul>\n");
	for (size_t i = 0; i < h->report->nlimits; i++) {
		html_put(h->out, "<li>");
		html_name(h->out, h->report->limits[i]);
		html_put(h->out, "</li>\n");
	}
	html_put(h->out,
		 "<li>Who gave an order, and why: packets show that something was done to a "
		 "connection, and how; a likeness to a known system is a likeness.</li>\n"
		 "<li>That a capture is genuine. It can be edited; its digest, and who kept it, "
		 "have to answer for it.</li>\n</ul>\n</section>\n");
}

static void
put_capture(const struct html *h, const struct capture_info *c, enum vantage vantage)
{
	FILE *out = h->out;

	html_put(out, "<dt>Capture</dt><dd>");
	html_name(out, c->file);
	fprintf(out, "<br>%" PRIu64 " packets", c->packets);
	if (c->packets) {
		html_put(out, ", ");
		html_text(out, c->link_type ? c->link_type : "no link type");
		html_words(out, ", %s", vantage_phrases[vantage]);
	}
	if (c->truncated)
		html_put(out, ", cut off in the middle of a packet");
	if (c->packets) {
		html_put(out, "<br>");
		html_time(out, c->first);
		html_put(out, " to ");
		html_time(out, c->last);
	}
	if (c->sha256[0]) {
		html_put(out, "<br>SHA-256 <code>");
		html_text(out, c->sha256);
		html_put(out, "</code>");
	} else {
		html_put(out, "<br><span class=\"soft\">SHA-256 not taken; <code>--hash</code> "
			      "does</span>");
	}
	html_put(out, "</dd>\n");
}

/* What the mechanisms that were found are, for readers who meet the words for the first time. */
static void
put_glossary(const struct html *h)
{
	unsigned met = 0;

	for (size_t i = 0; i < h->report->nfindings; i++)
		met |= 1U << h->report->findings[i]->mechanism;
	if (!met)
		return;
	html_put(h->out, "<section aria-labelledby=\"words\">\n<h2 id=\"words\">What the words "
			 "mean</h2>\n<dl>\n");
	for (unsigned m = 0; m < NMECHANISMS; m++) {
		if (!(met & 1U << m))
			continue;
		fprintf(h->out, "<dt>%s</dt><dd>", mechanism_titles[m]);
		html_text(h->out, mechanism_texts[m].meaning);
		html_put(h->out, " <span class=\"soft\">What tells it from an accident: ");
		html_text(h->out, mechanism_texts[m].evidence);
		html_put(h->out, "</span></dd>\n");
	}
	html_put(h->out, "</dl>\n</section>\n");
}

static void
put_sources(const struct html *h)
{
	const struct report *r = h->report;

	html_put(h->out,
		 "<section aria-labelledby=\"sources\">\n<h2 id=\"sources\">What was looked "
		 "at, and with what</h2>\n<dl>\n");
	for (size_t i = 0; i < r->ncaptures; i++)
		put_capture(h, r->captures[i], r->vantages[i]);
	fprintf(h->out,
		"<dt>Contents</dt><dd>%" PRIu64 " %s, %zu %s</dd>\n<dt>Program</dt>"
		"<dd>tamperscope " VERSION "</dd>\n<dt>Fingerprints</dt><dd>SHA-256 <code>",
		r->flows, r->flows == 1 ? "flow" : "flows", r->nfindings,
		r->nfindings == 1 ? "finding" : "findings");
	html_text(h->out, r->fingerprints_sha256 ? r->fingerprints_sha256 : "none were used");
	html_put(h->out, "</code></dd>\n");
	if (r->services_sha256) {
		html_put(h->out, "<dt>Services</dt><dd>SHA-256 <code>");
		html_text(h->out, r->services_sha256);
		html_put(h->out, "</code></dd>\n");
	}
	html_put(h->out, "</dl>\n</section>\n");
}

static void
put_flow_row(const struct html *h, const struct flow_row *row)
{
	fprintf(h->out, "<tr><th scope=\"row\">%s</th><td class=\"what\">",
		outcome_words[row->outcome]);
	html_flow(h->out, &row->flow);
	fprintf(h->out, "</td><td class=\"n\">%u to %u", row->first.frame, row->last.frame);
	if (h->report->ncaptures > 1)
		fprintf(h->out, " of capture %u", row->first.capture + 1U);
	html_put(h->out, "</td><td class=\"what\">");
	html_text(h->out, row->application ? row->application : "");
	for (size_t i = 0; i < row->nnames; i++) {
		html_put(h->out, i || row->application ? ", " : "");
		html_name(h->out, row->names[i]);
	}
	html_put(h->out, "</td><td>");
	html_ids(h, row->findings, row->nfindings, row->nfindings);
	html_put(h->out, "</td></tr>\n");
}

static void
put_flows(const struct html *h)
{
	static const char *const columns[] = {"Outcome",     "Connection", "Frames",
					      "What it was", "Findings",   NULL};
	struct flow_row row;
	uint64_t n = 0;

	if (!h->report->next_flow)
		return;
	html_put(h->out, "<section aria-labelledby=\"flows\">\n<h2 id=\"flows\">All flows</h2>\n");
	html_table(h->out, "measures", "In order of their first packet", columns);
	while (!ferror(h->out) && h->report->next_flow(h->report, &row))
		if (n++ < HTML_FLOWS_MAX)
			put_flow_row(h, &row);
	html_table_end(h->out);
	if (n > HTML_FLOWS_MAX)
		fprintf(h->out, "<p class=\"soft\">%" PRIu64 " more are in the JSON report.</p>\n",
			n - HTML_FLOWS_MAX);
	html_put(h->out, "</section>\n");
}

static void
put_page(struct html *h)
{
	html_choose(h);
	put_head(h);
	put_header(h);
	html_put(h->out, "<main>\n");
	html_targets(h);
	html_timeline(h);
	if (h->report->nfindings)
		html_findings(h);
	put_controls(h);
	put_repeat(h);
	put_glossary(h);
	put_flows(h);
	put_limits(h);
	put_sources(h);
	html_put(h->out,
		 "</main>\n<footer>Made by tamperscope " VERSION
		 ", free software under the GPL, version 3 or later. This page loads nothing "
		 "and runs nothing.</footer>\n</body>\n</html>\n");
}

int
report_html(struct report *r, const struct report_style *style, FILE *out)
{
	struct html h = {.report = r, .told = xcalloc(r->nfindings + 1, sizeof(bool))};
	/* What is a letter must not depend on where the program runs. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = (locale_t)0;
	char *text = NULL;
	size_t n = 0;
	int error;

	(void)style;
	if (utf8)
		before = uselocale(utf8);
	/* A page is bounded (html_parts.h). In one piece, so that why it cannot be written is known
	 * where that happens. */
	h.out = open_memstream(&text, &n);
	if (!h.out)
		out_of_memory();
	put_page(&h);
	if (fclose(h.out))
		out_of_memory();
	error = fwrite(text, 1, n, out) == n ? finish(out) : errno ? -errno : -EIO;
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	free(text);
	free(h.told);
	return error;
}
