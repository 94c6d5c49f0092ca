/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small parts of the page that stand in many places: states, times, connections, tables. */
#include "html_parts.h"

#include <string.h>

#define DAY_TIME 11 /* where the time of day begins in RFC 3339's form */

void
html_shapes(FILE *out)
{
	html_put(out,
		 "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\n"
		 "<symbol id=\"s-blocked\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" "
		 "d=\"M1 1h14v14H1z\"/></symbol>\n"
		 "<symbol id=\"s-impaired\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" "
		 "d=\"M8 0l8 15H0z\"/></symbol>\n"
		 "<symbol id=\"s-reachable\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" "
		 "r=\"7\" fill=\"currentColor\"/></symbol>\n"
		 "<symbol id=\"s-unclear\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"6\" "
		 "fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.5\" "
		 "stroke-dasharray=\"4 2.5\"/></symbol>\n"
		 "<symbol id=\"s-confirmed\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" "
		 "d=\"M0 9h4v7H0zM6 5h4v11H6zM12 0h4v16h-4z\"/></symbol>\n"
		 "<symbol id=\"s-likely\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" "
		 "d=\"M0 9h4v7H0zM6 5h4v11H6z\"/><path fill=\"none\" stroke=\"currentColor\" "
		 "d=\"M12.5 .5h3v15h-3z\"/></symbol>\n"
		 "<symbol id=\"s-possible\" viewBox=\"0 0 16 16\"><path fill=\"currentColor\" "
		 "d=\"M0 9h4v7H0z\"/><path fill=\"none\" stroke=\"currentColor\" "
		 "d=\"M6.5 5.5h3v10h-3zM12.5 .5h3v15h-3z\"/></symbol>\n"
		 "</defs></svg>\n");
}

static void
put_icon(FILE *out, const char *name)
{
	fprintf(out, "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#s-%s\"/></svg>", name);
}

void
html_state(FILE *out, enum target_state state)
{
	static const char *const classes[NSTATES] = {[STATE_BLOCKED] = "bad",
						     [STATE_IMPAIRED] = "warn",
						     [STATE_REACHABLE] = "good",
						     [STATE_UNCLEAR] = "soft"};

	fprintf(out, "<span class=\"state %s\">", classes[state]);
	put_icon(out, target_state_words[state]);
	fprintf(out, "%s</span>", target_state_words[state]);
}

void
html_verdict_word(FILE *out, double confidence)
{
	const char *word = verdict_word(rounded(confidence));

	if (!word)
		return;
	html_put(out, "<span class=\"state\">");
	put_icon(out, word);
	fprintf(out, "%s, %u %%</span>", word, percent(confidence));
}

void
html_time(FILE *out, int64_t nsec)
{
	char text[TIME_TEXT_MAX];

	time_text(nsec, text);
	fprintf(out, "<time datetime=\"%s\">%.10s %.12s UTC</time>", text, text, text + DAY_TIME);
}

void
html_clock(FILE *out, int64_t nsec)
{
	char text[TIME_TEXT_MAX];

	time_text(nsec, text);
	fprintf(out, "%.8s", text + DAY_TIME);
}

void
html_endpoint(FILE *out, const struct flow_name *f, enum side s)
{
	char text[ADDR_TEXT_MAX];

	addr_text(&f->addr[s], text);
	if (!f->port[s])
		fputs(text, out);
	else
		fprintf(out, addr_is_v4(&f->addr[s]) ? "%s:%u" : "[%s]:%u", text, f->port[s]);
}

void
html_flow(FILE *out, const struct flow_name *f)
{
	char protocol[PROTOCOL_MAX];

	fprintf(out, "<span class=\"mono\">%s ", protocol_word(f->proto, protocol));
	html_endpoint(out, f, CLIENT);
	html_put(out, " to ");
	html_endpoint(out, f, SERVER);
	html_put(out, "</span>");
}

const char *
html_base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash && slash[1] ? slash + 1 : file;
}

void
html_frame(const struct html *h, struct ref at)
{
	const struct report *r = h->report;
	const char *file, *base;

	fprintf(h->out, "%u", at.frame);
	if (r->ncaptures < 2 || at.capture >= r->ncaptures)
		return;
	file = r->captures[at.capture]->file;
	base = html_base_name(file);
	for (size_t i = 0; i < r->ncaptures; i++)
		if (i != at.capture && strcmp(html_base_name(r->captures[i]->file), base) == 0)
			base = file;
	html_put(h->out, " of ");
	html_name(h->out, base);
}

void
html_ids(const struct html *h, const unsigned *numbers, size_t n, size_t most)
{
	for (size_t i = 0; i < n && i < most; i++) {
		bool told =
		    numbers[i] && numbers[i] <= h->report->nfindings && h->told[numbers[i] - 1];

		html_put(h->out, i ? ", " : "");
		if (told)
			fprintf(h->out, "<a href=\"#f%u\">f%u</a>", numbers[i], numbers[i]);
		else
			fprintf(h->out, "f%u", numbers[i]);
	}
	if (n > most)
		fprintf(h->out, " and %zu more", n - most);
}

void
html_table(FILE *out, const char *class, const char *caption, const char *const *columns)
{
	bool stack = strcmp(class, "measures") != 0;

	html_put(out, "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"");
	html_text(out, caption);
	html_put(out, "\">\n");
	fprintf(out, "<table class=\"%s\"%s><caption>", class, stack ? " role=\"table\"" : "");
	html_text(out, caption);
	fprintf(out, "</caption>\n<thead%s><tr%s>", stack ? " role=\"rowgroup\"" : "",
		stack ? " role=\"row\"" : "");
	for (; *columns; columns++)
		fprintf(out, "<th scope=\"col\"%s>%s</th>", stack ? " role=\"columnheader\"" : "",
			*columns);
	fprintf(out, "</tr></thead>\n<tbody%s>\n", stack ? " role=\"rowgroup\"" : "");
}

void
html_table_end(FILE *out)
{
	html_put(out, "</tbody></table></div>\n");
}
