/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comments are for somebody who distrusts us: each begins with where the frame stands in the
 * original, then says what it shows and for which finding. */
#include "annotate.h"

#include "chosen.h"
#include "history.h"
#include "pcapngout.h"
#include "phrases.h"
#include "reread.h"
#include "report_parts.h"
#include "table.h"

#include "config.h"

#include <stdlib.h>

/* What more findings say of one frame is said of their other frames, too. */
#define FINDINGS_SHOWN 10
/* The frame's number, and that there are more. */
#define COMMENTS_MAX (FINDINGS_SHOWN + 2)
/* Names of addresses: a case has a few dozen. */
#define NAMES_SHOWN_MAX 1024
/* Findings that the section's comment lists: an option has 64 KiB (pcapng 3.5). */
#define LISTED_MAX 200

struct annotation {
	const struct report *report;
	const struct reread_from *from;
	struct chosen *chosen;
	struct pcapngout *out;
	struct arena *arena;           /* of one frame's comments */
	struct interfaces *interfaces; /* by capture */
};

/* Those of an original file, as the evidence numbers them, from 1; 0 is none yet. */
struct interfaces {
	uint32_t *numbers;
	size_t n;
};

static const char *
file_name(const struct report *r, uint16_t capture)
{
	const char *file = r->captures[capture]->file, *slash = strrchr(file, '/');

	if (strcmp(file, "-") == 0)
		return "standard input";
	return slash && slash[1] ? slash + 1 : file;
}

static const char *
observations(struct arena *a, const struct cite *c)
{
	const char *text = "";

	for (size_t i = 0; i < c->nobservations; i++) {
		const struct observation *o = &c->observations[i];
		const char *phrase = feature_phrase(o->feature);

		text = arena_printf(a, "%s; %s%s%s", text, phrase, *phrase ? " " : "", o->observed);
		if (o->baseline && *o->baseline)
			text = arena_printf(a, "%s, usual %s", text, o->baseline);
	}
	return text;
}

/* "[f3 injected]" is what display filters ask for: wireshark/ has them. */
static const char *
comment_of(struct arena *a, const struct cited *c)
{
	const struct finding *f = c->finding;
	const char *what = c->cite->seen.summary ? c->cite->seen.summary : "";
	const char *text =
	    arena_printf(a, "[f%u %s] %s%s%s%s", f->number, role_words[c->cite->role], what,
			 *what ? ": " : "", role_phrases[c->cite->role], observations(a, c->cite));

	if (!c->first)
		return text;
	return arena_printf(a, "%s\nf%u: %s, %s (%u %%). %s", text, f->number,
			    mechanism_titles[f->mechanism], verdict_word(rounded(f->confidence)),
			    percent(f->confidence), f->explanation);
}

/* Returns how many. */
static size_t
comment_on(struct annotation *n, struct ref at, const char *ret[COMMENTS_MAX])
{
	size_t ncites, used = 0;
	const struct cited *cites = chosen_cites(n->chosen, at, &ncites);

	ret[used++] =
	    arena_printf(n->arena, "frame %u of %s%s", at.frame, file_name(n->report, at.capture),
			 ncites ? "" : ", around what is cited");
	for (size_t i = 0; i < ncites && i < FINDINGS_SHOWN; i++)
		ret[used++] = comment_of(n->arena, &cites[i]);
	if (ncites > FINDINGS_SHOWN)
		ret[used++] = arena_printf(n->arena, "and %zu more times in findings",
					   ncites - FINDINGS_SHOWN);
	return used;
}

static uint32_t
interface_of(struct annotation *n, const struct frame *f)
{
	struct interfaces *known = &n->interfaces[f->capture];
	size_t wanted = f->interface + (size_t)1;

	if (wanted > known->n) {
		known->numbers = xrealloc(known->numbers, wanted, sizeof *known->numbers);
		memset(known->numbers + known->n, 0, (wanted - known->n) * sizeof *known->numbers);
		known->n = wanted;
	}
	if (!known->numbers[f->interface])
		known->numbers[f->interface] =
		    1 + pcapngout_interface(
			    n->out, f->link_type, n->report->captures[f->capture]->snaplen,
			    arena_printf(n->arena, "interface %u of %s", f->interface,
					 file_name(n->report, f->capture)));
	return known->numbers[f->interface] - 1;
}

/* --- what stands before the packets --- */

static const char *
section_comment(const struct annotation *n)
{
	const struct report *r = n->report;
	struct arena *a = n->arena;
	uint64_t packets = 0;
	const char *text = arena_printf(
	    a, "Evidence for %zu finding%s, by tamperscope %s with fingerprints of SHA-256 %s\n",
	    r->nfindings, r->nfindings == 1 ? "" : "s", VERSION, r->fingerprints_sha256);

	for (size_t i = 0; i < r->ncaptures; i++) {
		const struct capture_info *c = r->captures[i];

		packets += c->packets;
		text = arena_printf(a, "%soriginal: %s, %llu packets, SHA-256 %s\n", text,
				    file_name(r, (uint16_t)i), (unsigned long long)c->packets,
				    *c->sha256 ? c->sha256 : "not computed");
	}
	text = arena_printf(a,
			    "%s%llu of %llu frames: those that findings cite, up to %d before and "
			    "after each in its "
			    "conversation, and how these connections began\n",
			    text, (unsigned long long)chosen_count(n->chosen),
			    (unsigned long long)packets, CHOSEN_AROUND);
	text = arena_printf(a, "%sdisplay filter for one finding: frame.comment contains \"[f1 \"",
			    text);
	for (size_t i = 0; i < r->nfindings && i < LISTED_MAX; i++) {
		const struct finding *f = r->findings[i];

		text = arena_printf(a, "%s\n[f%u] %s, %s (%u %%): %s", text, f->number,
				    mechanism_words[f->mechanism],
				    verdict_word(rounded(f->confidence)), percent(f->confidence),
				    f->explanation);
	}
	return text;
}

struct named {
	struct pcapngout_name name;
	UT_hash_handle hh;
};

/* The first name of an address stays. */
static void
add_name(struct annotation *n, struct named **all, const struct addr *addr, const char *name)
{
	struct named *found;

	HASH_FIND(hh, *all, addr, sizeof *addr, found);
	if (found || !name || !*name || HASH_COUNT(*all) == NAMES_SHOWN_MAX)
		return;
	found = arena_alloc(n->arena, sizeof *found);
	found->name = (struct pcapngout_name){*addr, name};
	HASH_ADD(hh, *all, name.addr, sizeof *addr, found);
}

/* What DNS answers in the capture said that no finding doubts. */
static void
write_names(struct annotation *n)
{
	const struct report *r = n->report;
	struct pcapngout_name *names;
	struct named *all = NULL;
	size_t nends, i = 0;
	const struct cited_ends *ends = chosen_ends(n->chosen, &nends);

	for (size_t k = 0; k < nends; k++)
		for (int s = 0; s < 2; s++)
			add_name(n, &all, &ends[k].addr[s],
				 history_name_of(r->history, &ends[k].addr[s], &ends[k].addr[!s],
						 ends[k].nsec));
	names = arena_alloc(n->arena, HASH_COUNT(all) * sizeof *names);
	for (const struct named *x = all; x; x = x->hh.next)
		names[i++] = x->name;
	pcapngout_names(n->out, names, i);
	HASH_CLEAR(hh, all);
}

static int
write_frames(struct annotation *n, char **ret_why)
{
	const char *comments[COMMENTS_MAX];
	struct reread *again;
	struct packet packet;
	struct frame frame;
	enum decoded decoded;
	int error = reread_from(n->from, &again, ret_why);

	if (error)
		return error;
	while (reread_next(again, &frame, &decoded, &packet)) {
		struct ref at = {frame.number, frame.capture};
		uint32_t interface;
		size_t ncomments;

		if (!chosen_has(n->chosen, at))
			continue;
		n->arena = arena_new();
		interface = interface_of(n, &frame);
		ncomments = comment_on(n, at, comments);
		pcapngout_frame(n->out, interface, &frame, comments, ncomments);
		arena_free(n->arena);
	}
	reread_close(again);
	return 0;
}

static int
write_from(const struct report *r, const struct reread_from *from, FILE *out, char **ret_why)
{
	struct annotation *n = xcalloc(1, sizeof *n);
	int error, unwritten;

	*ret_why = NULL;
	n->report = r;
	n->from = from;
	n->interfaces = xcalloc(r->ncaptures, sizeof *n->interfaces);
	error = chosen_new(r, from, &n->chosen, ret_why);
	if (!error) {
		n->arena = arena_new();
		n->out = pcapngout_new(out, section_comment(n), "tamperscope " VERSION);
		write_names(n);
		arena_free(n->arena);
		error = chosen_count(n->chosen) ? write_frames(n, ret_why) : 0;
		unwritten = pcapngout_finish(n->out);
		error = error ? error : unwritten;
		chosen_free(n->chosen);
	}
	for (size_t i = 0; i < r->ncaptures; i++)
		free(n->interfaces[i].numbers);
	free(n->interfaces);
	free(n);
	return error;
}

int
evidence_write(const struct report *r, const char *const *files, FILE *out, char **ret_why)
{
	return write_from(r, &(struct reread_from){.files = files, .n = r->ncaptures}, out,
			  ret_why);
}

int
evidence_write_ring(const struct report *r, const struct ring *ring, FILE *out, char **ret_why)
{
	return write_from(r, &(struct reread_from){.ring = ring}, out, ret_why);
}
