/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packets of a finding as a picture: two ends, an arrow for each packet, time runs down. What
 * is forged, lost or sent again differs by line, shape and word, and by colour besides. */
#include "html_parts.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* In units of the picture, which is as wide as a small telephone's page (360 less its margins). */
#define WIDE 344
#define CLIENT_AT 70
#define SERVER_AT 334
#define BETWEEN_AT 202
#define HEAD 52
#define RUNG 44
#define LABEL_COLUMNS 43 /* that fit between the ends, with room for wide letters */
/* More rungs than this are no picture any more: repetitions in the middle are left out first. */
#define RUNGS_MAX 14
#define RUNGS_ALL 64 /* cites (CITES_MAX) and context */

struct rung {
	struct ref at;
	const struct seen *seen;
	unsigned roles; /* bits: 1 << enum role; 0: context */
};

enum look_of {
	LOOK_PLAIN,
	LOOK_TRIGGER,
	LOOK_FORGED,
	LOOK_LOST,
	LOOK_AGAIN,
	LOOK_AGAIN_LOST,
	LOOK_PROOF,
	NLOOKS
};

static const char *const look_classes[NLOOKS] = {
    [LOOK_PLAIN] = "g-plain", [LOOK_TRIGGER] = "g-trigger", [LOOK_FORGED] = "g-forged",
    [LOOK_LOST] = "g-lost",   [LOOK_AGAIN] = "g-again",     [LOOK_AGAIN_LOST] = "g-again-lost",
    [LOOK_PROOF] = "g-proof"};

static int
compare_rungs(const void *a, const void *b)
{
	const struct rung *x = a, *y = b;

	if (x->seen->nsec != y->seen->nsec)
		return x->seen->nsec < y->seen->nsec ? -1 : 1;
	if (x->at.capture != y->at.capture)
		return x->at.capture < y->at.capture ? -1 : 1;
	return x->at.frame < y->at.frame ? -1 : x->at.frame > y->at.frame;
}

static void
add_rung(struct rung *rungs, size_t *n, struct ref at, const struct seen *seen, unsigned role)
{
	if (!seen->from)
		return;
	for (size_t i = 0; i < *n; i++)
		if (ref_equal(rungs[i].at, at)) {
			rungs[i].roles |= role;
			return;
		}
	if (*n < RUNGS_ALL)
		rungs[(*n)++] = (struct rung){at, seen, role};
}

static size_t
gather(const struct finding *f, struct rung rungs[RUNGS_ALL])
{
	size_t n = 0;

	for (size_t i = 0; i < f->ncites; i++)
		add_rung(rungs, &n, f->cites[i].at, &f->cites[i].seen, 1U << f->cites[i].role);
	if (n) /* what is around nothing is nothing */
		for (size_t i = 0; i < f->ncontext; i++)
			add_rung(rungs, &n, f->context[i].at, &f->context[i].seen, 0);
	qsort(rungs, n, sizeof *rungs, compare_rungs);
	return n;
}

static bool
has(const struct rung *g, enum role role)
{
	return g->roles & 1U << role;
}

/* Is all that can be said of it that it was sent again? */
static bool
is_repetition(const struct rung *g)
{
	return g->roles && !(g->roles & ~(1U << ROLE_RETRANSMISSION | 1U << ROLE_UNANSWERED));
}

/* Leaves out repetitions after the first three of them and before the last, then the end. Marks
 * them by seen = NULL; returns how many. */
static size_t
thin(struct rung *rungs, size_t n)
{
	size_t left_out = 0, seen = 0;

	for (size_t i = 0; i + 1 < n && n - left_out > RUNGS_MAX; i++)
		if (is_repetition(&rungs[i]) && ++seen > 3) {
			rungs[i].seen = NULL;
			left_out++;
		}
	for (size_t i = n; i-- && n - left_out > RUNGS_MAX;)
		if (rungs[i].seen) {
			rungs[i].seen = NULL;
			left_out++;
		}
	return left_out;
}

/* Nothing shows that it arrived, and the finding says that packets this way did not. */
static bool
is_lost(const struct finding *f, const struct rung *g)
{
	bool way =
	    f->direction == BOTH_WAYS || (f->direction == TO_CLIENT) == (g->seen->to == CLIENT);

	if (!way || has(g, ROLE_INJECTED))
		return false;
	if (f->mechanism == THROTTLE)
		return has(g, ROLE_UNANSWERED);
	return (f->mechanism == DROP || f->mechanism == FREEZE) &&
	       (has(g, ROLE_UNANSWERED) || has(g, ROLE_RETRANSMISSION));
}

static enum look_of
look_of(const struct finding *f, const struct rung *g)
{
	bool again = has(g, ROLE_RETRANSMISSION) || (g->roles && g->seen->again);

	if (has(g, ROLE_INJECTED))
		return LOOK_FORGED;
	if (is_lost(f, g))
		return again ? LOOK_AGAIN_LOST : LOOK_LOST;
	if (has(g, ROLE_CONTRADICTION))
		return LOOK_PROOF;
	if (has(g, ROLE_TRIGGER))
		return LOOK_TRIGGER;
	return again ? LOOK_AGAIN : LOOK_PLAIN;
}

/* Did it come from something between the ends, as far as the finding says? */
static bool
is_from_between(const struct finding *f, const struct rung *g)
{
	return g->seen->from == SEEN_PATH ||
	       (has(g, ROLE_INJECTED) && f->mechanism != DNS_TAMPERING &&
		f->mechanism != PROTOCOL_STRIPPING);
}

static const char *
forged_word(enum mechanism m)
{
	switch (m) {
	case DNS_TAMPERING:
		return "false answer";
	case TLS_INTERCEPTION:
		return "not the server's own";
	case PROTOCOL_STRIPPING:
		return "altered";
	case ICMP_REJECTION:
		return "rejection";
	case BLOCK_PAGE:
		return "block page";
	default:
		return "forged";
	}
}

/* What it is in the finding's story: "trigger, no answer". */
static const char *
role_text(const struct finding *f, const struct rung *g, char out[80])
{
	bool lost = is_lost(f, g);
	const struct {
		bool is;
		const char *word;
	} words[] = {{has(g, ROLE_INJECTED), forged_word(f->mechanism)},
		     {has(g, ROLE_TRIGGER), "trigger"},
		     {has(g, ROLE_RETRANSMISSION), "sent again"},
		     {lost || has(g, ROLE_UNANSWERED), f->mechanism == THROTTLE ? "lost"
						       : lost                   ? "never confirmed"
										: "no answer"},
		     {has(g, ROLE_CONTRADICTION), "contradicts it"},
		     {has(g, ROLE_BASELINE), "for comparison"}};
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].is && !(lost && i == 3 && has(g, ROLE_RETRANSMISSION)))
			n +=
			    (size_t)snprintf(out + n, 80 - n, "%s%s", n ? ", " : "", words[i].word);
	return out;
}

static const char *
offset_text(int64_t nsec, char out[24])
{
	double ms = (double)nsec / (double)NSEC_PER_MSEC;

	if (nsec == 0)
		snprintf(out, 24, "0 s");
	else if (ms < 10)
		snprintf(out, 24, "+%.2f ms", ms);
	else if (ms < 1000)
		snprintf(out, 24, "+%.1f ms", ms);
	else if (ms < 100000)
		snprintf(out, 24, "+%.2f s", ms / 1000);
	else
		snprintf(out, 24, "+%.0f s", ms / 1000);
	return out;
}

static void
put_line(FILE *out, const char *class, int from, int to, int y)
{
	fprintf(out, "<path class=\"%s\" d=\"M%d %dH%d\"/>", class, from, y, to);
}

static void
put_tip(FILE *out, int at, int y, int way)
{
	fprintf(out, "<path class=\"tip\" d=\"M%d %dl%d -5v10z\"/>", at, y, -9 * way);
}

static void
put_arrow(FILE *out, const struct finding *f, const struct rung *g, int y)
{
	enum look_of look = look_of(f, g);
	int to = g->seen->to == CLIENT ? CLIENT_AT + 1 : SERVER_AT - 1;
	int from = g->seen->to == CLIENT ? SERVER_AT - 1 : CLIENT_AT + 1;
	int way = to > from ? 1 : -1, start = from;

	if (is_from_between(f, g)) {
		start = BETWEEN_AT;
		if (g->seen->from != SEEN_PATH)
			put_line(out, "ghost", from, start - 8 * way, y);
	}
	if (look == LOOK_LOST || look == LOOK_AGAIN_LOST) {
		int end = from + way * 165;

		put_line(out, "arrow", from, end - 9 * way, y);
		fprintf(out, "<path class=\"cross\" d=\"M%d %dl10 10m0 -10l-10 10\"/>", end - 5,
			y - 5);
	} else {
		put_line(out, "arrow", start, to - 7 * way, y);
		put_tip(out, to, y, way);
	}
	if (look == LOOK_FORGED)
		fprintf(out, "<path class=\"tip\" d=\"M%d %dl7 13h-14z\"/>", start, y - 8);
	else if (look == LOOK_TRIGGER)
		fprintf(out, "<path class=\"tip\" d=\"M%d %dh8v8h-8z\"/>", from - 4, y - 4);
	else if (look == LOOK_AGAIN || look == LOOK_AGAIN_LOST)
		fprintf(out, "<circle class=\"ring\" cx=\"%d\" cy=\"%d\" r=\"4.5\"/>", from, y);
	else if (look == LOOK_PROOF)
		fprintf(out, "<path class=\"check\" d=\"M%d %dl4 5l7 -10\"/>", to - way * 24 - 5,
			y);
}

static void
put_frame(const struct html *h, struct ref at)
{
	html_words(h->out, "frame %u", at.frame);
	if (h->report->ncaptures > 1)
		html_words(h->out, " of capture %u", at.capture + 1U);
}

static void
put_rung(const struct html *h, const struct finding *f, const struct rung *g, int64_t start, int y)
{
	char role[80], offset[24];
	int middle = (CLIENT_AT + SERVER_AT) / 2;
	FILE *out = h->out;
	unsigned used;

	role_text(f, g, role);
	used = (unsigned)strlen(role) + (*role ? 3 : 0);
	fprintf(out, "<g class=\"%s\">", look_classes[look_of(f, g)]);
	put_arrow(out, f, g, y);
	fprintf(out, "<text class=\"t\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", CLIENT_AT - 7,
		y + 4);
	html_text(out, offset_text(g->seen->nsec - start, offset));
	fprintf(out, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", middle, y - 10);
	if (*role)
		fprintf(out, "<tspan class=\"k\">%s</tspan>: ", role);
	html_short(out, g->seen->summary, used + 8 < LABEL_COLUMNS ? LABEL_COLUMNS - used : 8);
	fprintf(out, "</text><text class=\"d\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">", middle,
		y + 16);
	put_frame(h, g->at);
	if (f->flow.proto == IPPROTO_TCP && g->seen->flags)
		html_words(out, ", seq %u", g->seen->seq);
	if (g->seen->len)
		html_words(out, ", %u bytes", g->seen->len);
	if (g->seen->ttl)
		html_words(out, ", TTL %u", g->seen->ttl);
	html_put(out, "</text></g>\n");
}

static const char *
way_text(const struct rung *g)
{
	if (g->seen->from == SEEN_PATH)
		return g->seen->to == CLIENT ? "from the path to the client"
					     : "from the path to the server";
	return g->seen->to == CLIENT ? "to the client" : "to the server";
}

/* The same in words, for who cannot see the picture. */
static void
put_description(const struct html *h, const struct finding *f, const struct rung *rungs, size_t n)
{
	char role[80], offset[24];

	for (size_t i = 0; i < n; i++) {
		if (!rungs[i].seen)
			continue;
		html_text(h->out, offset_text(rungs[i].seen->nsec - rungs[0].seen->nsec, offset));
		html_words(h->out, " %s, ", way_text(&rungs[i]));
		put_frame(h, rungs[i].at);
		html_put(h->out, ", ");
		html_text(h->out, rungs[i].seen->summary);
		role_text(f, &rungs[i], role);
		html_words(h->out, "%s%s. ", *role ? ": " : "", role);
	}
}

static void
put_ends(FILE *out, const struct finding *f, bool between, int bottom)
{
	char text[ADDR_TEXT_MAX];

	html_put(out, "<text x=\"2\" y=\"12\"><tspan class=\"k\">client</tspan></text>"
		      "<text class=\"d\" x=\"2\" y=\"25\">");
	html_text(out, addr_text(&f->flow.addr[CLIENT], text));
	fprintf(out,
		"</text><text x=\"%d\" y=\"12\" text-anchor=\"end\"><tspan class=\"k\">"
		"server</tspan></text><text class=\"d\" x=\"%d\" y=\"%d\" "
		"text-anchor=\"end\">",
		WIDE - 2, WIDE - 2, addr_is_v4(&f->flow.addr[SERVER]) ? 25 : 37);
	html_text(out, addr_text(&f->flow.addr[SERVER], text));
	html_put(out, "</text>");
	fprintf(out, "<path class=\"lane\" d=\"M%d 42V%dM%d 42V%d\"/>", CLIENT_AT, bottom,
		SERVER_AT, bottom);
	if (between)
		fprintf(out,
			"<text class=\"d\" x=\"%d\" y=\"12\" text-anchor=\"middle\">something "
			"between</text><path class=\"between\" d=\"M%d 42V%d\"/>",
			BETWEEN_AT, BETWEEN_AT, bottom);
}

static void
put_legend(FILE *out, unsigned looks)
{
	static const struct {
		const char *drawing, *words;
	} keys[NLOOKS] = {
	    [LOOK_PLAIN] = {"<path class=\"arrow\" d=\"M2 7H36\"/>"
			    "<path class=\"tip\" d=\"M44 7l-9 -5v10z\"/>",
			    "ordinary packet"},
	    [LOOK_TRIGGER] = {"<path class=\"arrow\" d=\"M2 7H36\"/>"
			      "<path class=\"tip\" d=\"M0 3h8v8h-8zM44 7l-9 -5v10z\"/>",
			      "what set it off (square)"},
	    [LOOK_FORGED] = {"<path class=\"arrow\" d=\"M8 7H36\"/>"
			     "<path class=\"tip\" d=\"M8 0l7 13h-14zM44 7l-9 -5v10z\"/>",
			     "not what the named sender said (triangle, thick)"},
	    [LOOK_LOST] = {"<path class=\"arrow\" d=\"M2 7H26\"/>"
			   "<path class=\"cross\" d=\"M30 2l10 10m0 -10l-10 10\"/>",
			   "nothing shows that it arrived (dashes, cross)"},
	    [LOOK_AGAIN] = {"<path class=\"arrow\" d=\"M8 7H36\"/><circle class=\"ring\" "
			    "cx=\"5\" cy=\"7\" r=\"4.5\"/>"
			    "<path class=\"tip\" d=\"M44 7l-9 -5v10z\"/>",
			    "sent again (ring, dots)"},
	    [LOOK_AGAIN_LOST] = {"<path class=\"arrow\" d=\"M8 7H26\"/><circle class=\"ring\" "
				 "cx=\"5\" cy=\"7\" r=\"4.5\"/>"
				 "<path class=\"cross\" d=\"M30 2l10 10m0 -10l-10 10\"/>",
				 "sent again, and again nothing (ring, dots, cross)"},
	    [LOOK_PROOF] = {"<path class=\"arrow\" d=\"M2 7H36\"/><path class=\"check\" d=\"M14 "
			    "7l4 5l7 -10\"/><path class=\"tip\" d=\"M44 7l-9 -5v10z\"/>",
			    "what contradicts it (tick)"},
	};

	html_put(out, "<ul class=\"legend\">");
	for (unsigned i = 0; i < NLOOKS; i++)
		if (looks & 1U << i)
			fprintf(out,
				"<li><svg class=\"%s\" viewBox=\"0 0 44 14\" "
				"aria-hidden=\"true\">%s</svg>%s</li>",
				look_classes[i], keys[i].drawing, keys[i].words);
	html_put(out, "</ul>");
}

static void
put_picture(const struct html *h, const struct finding *f, const struct rung *rungs, size_t n,
	    size_t shown)
{
	int bottom = HEAD + (int)shown * RUNG, y = HEAD + 22;
	bool between = false;

	for (size_t i = 0; i < n; i++)
		between = between || (rungs[i].seen && is_from_between(f, &rungs[i]));
	fprintf(h->out,
		"<svg class=\"ladder\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"f%u-title f%u-desc\">\n<title id=\"f%u-title\">The packets of "
		"finding f%u in order of time</title>\n<desc id=\"f%u-desc\">",
		WIDE, bottom + 4, f->number, f->number, f->number, f->number, f->number);
	put_description(h, f, rungs, n);
	html_put(h->out, "</desc>\n");
	put_ends(h->out, f, between, bottom);
	html_put(h->out, "\n");
	for (size_t i = 0; i < n; i++) {
		if (!rungs[i].seen)
			continue;
		put_rung(h, f, &rungs[i], rungs[0].seen->nsec, y);
		y += RUNG;
	}
	html_put(h->out, "</svg>\n");
}

bool
html_has_ladder(const struct finding *f)
{
	for (size_t i = 0; i < f->ncites; i++)
		if (f->cites[i].seen.from)
			return true;
	return false;
}

void
html_ladder(const struct html *h, const struct finding *f)
{
	struct rung rungs[RUNGS_ALL];
	size_t n = gather(f, rungs), left_out = thin(rungs, n);
	unsigned looks = 0;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		if (rungs[i].seen)
			looks |= 1U << look_of(f, &rungs[i]);
	html_put(h->out, "<figure>\n");
	put_picture(h, f, rungs, n, n - left_out);
	html_put(h->out, "<figcaption>");
	put_legend(h->out, looks);
	if (left_out)
		fprintf(h->out,
			"<p class=\"soft small\">%zu more %s left out here; the table names "
			"%s.</p>",
			left_out, left_out == 1 ? "packet is" : "packets are",
			left_out == 1 ? "it" : "them");
	html_put(h->out, "</figcaption>\n</figure>\n");
}
