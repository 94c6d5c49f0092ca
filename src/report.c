/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of writers, and what they share. */
#include "report.h"

#include "phrases.h"
#include "report_parts.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

const struct report_writer report_writers[] = {{"text", report_text},
					       {"json", report_json},
					       {"ndjson", report_ndjson},
					       {"html", report_html},
					       {0}};

double
rounded(double x)
{
	return round(x * 1e4) / 1e4 + 0.0; /* never -0 */
}

unsigned
percent(double confidence)
{
	return (unsigned)(rounded(confidence) * 100 + 1e-9);
}

struct verdict_counts
verdict_counts(const struct report *r)
{
	struct verdict_counts n = {0};

	for (size_t i = 0; i < r->nfindings; i++) {
		const char *word = verdict_word(rounded(r->findings[i]->confidence));

		if (!word)
			continue;
		n.confirmed += word[0] == 'c';
		n.likely += word[0] == 'l';
		n.possible += word[0] == 'p';
	}
	return n;
}

const char *
protocol_word(uint8_t proto, char out[PROTOCOL_MAX])
{
	const char *word = proto == IPPROTO_TCP      ? "tcp"
			   : proto == IPPROTO_UDP    ? "udp"
			   : proto == IPPROTO_ICMP   ? "icmp"
			   : proto == IPPROTO_ICMPV6 ? "icmpv6"
			   : proto == IPPROTO_SCTP   ? "sctp"
						     : NULL;

	if (word)
		snprintf(out, PROTOCOL_MAX, "%s", word);
	else
		snprintf(out, PROTOCOL_MAX, "ip-%u", (unsigned)proto);
	return out;
}

static int
compare_cites(const void *a, const void *b, void *arg)
{
	const struct finding *f = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct cite *x = &f->cites[i], *y = &f->cites[k];

	if (x->at.capture != y->at.capture)
		return x->at.capture < y->at.capture ? -1 : 1;
	if (x->at.frame != y->at.frame)
		return x->at.frame < y->at.frame ? -1 : 1;
	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	return i < k ? -1 : i > k;
}

size_t *
cites_in_order(const struct finding *f)
{
	size_t *order = xcalloc(f->ncites, sizeof *order);

	for (size_t i = 0; i < f->ncites; i++)
		order[i] = i;
	qsort_r(order, f->ncites, sizeof *order, compare_cites, (void *)f);
	return order;
}

char *
frame_filter(const struct finding *f, const size_t *order, uint16_t capture)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!out)
		out_of_memory();
	for (size_t i = 0; i < f->ncites; i++) {
		uint32_t from = f->cites[order[i]].at.frame, to = from;

		if (f->cites[order[i]].at.capture != capture || !from)
			continue;
		while (i + 1 < f->ncites && f->cites[order[i + 1]].at.capture == capture &&
		       f->cites[order[i + 1]].at.frame <= to + 1)
			to = f->cites[order[++i]].at.frame;
		fprintf(out, any ? ", %u" : "frame.number in {%u", from);
		if (to > from)
			fprintf(out, to == from + 1 ? ", %u" : "..%u", to);
		any = true;
	}
	fputs("}", out);
	if (fclose(out))
		out_of_memory();
	if (any)
		return text;
	free(text);
	return NULL;
}

static int
compare_evidence(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->name, y->name); /* counted once each: never equal */
}

struct evidence *
evidence_in_order(const struct finding *f)
{
	struct evidence *sorted = xcalloc(f->nevidence, sizeof *sorted);

	for (size_t i = 0; i < f->nevidence; i++)
		sorted[i] = f->evidence[i];
	qsort(sorted, f->nevidence, sizeof *sorted, compare_evidence);
	return sorted;
}

const char *
evidence_words(const struct evidence *e)
{
	return e->words && *e->words ? e->words : e->name;
}

const struct finding *
finding_numbered(const struct report *r, unsigned number)
{
	/* They are numbered in order. */
	if (number && number <= r->nfindings && r->findings[number - 1]->number == number)
		return r->findings[number - 1];
	for (size_t i = 0; i < r->nfindings; i++)
		if (r->findings[i]->number == number)
			return r->findings[i];
	return NULL;
}

/* When it happens adds something only where the mechanism does not say it already. */
static bool
stage_matters(enum mechanism m)
{
	return m == RST_INJECTION || m == FIN_INJECTION || m == DROP || m == DATA_INJECTION ||
	       m == ICMP_REJECTION;
}

const char *
target_when(const struct report *r, const struct target *t, enum mechanism m)
{
	const struct finding *first = NULL;
	bool named = true;

	for (size_t i = 0; i < t->nfindings; i++) {
		const struct finding *f = finding_numbered(r, t->findings[i]);

		if (!f || f->mechanism != m)
			continue;
		first = first ? first : f;
		if (f->stage != first->stage)
			return NULL;
		named = named && (f->trigger == TRIGGER_SNI || f->trigger == TRIGGER_HTTP_HOST);
	}
	if (!first || !stage_matters(m))
		return NULL;
	return first->stage == STAGE_FIRST_DATA && named ? "right after the name is sent"
							 : stage_clauses[first->stage];
}

static bool
has_finding(const struct target *t, unsigned number)
{
	for (size_t i = 0; i < t->nfindings; i++)
		if (t->findings[i] == number)
			return true;
	return false;
}

bool
target_is_told_with_service(const struct report *r, const struct target *t)
{
	if (t->kind != TARGET_ADDRESS || !t->nfindings)
		return false;
	for (size_t i = 0; i < r->ntargets; i++) {
		const struct target *s = &r->targets[i];
		size_t k = 0;

		while (s->kind == TARGET_SERVICE && k < t->nfindings &&
		       has_finding(s, t->findings[k]))
			k++;
		if (s->kind == TARGET_SERVICE && k == t->nfindings)
			return true;
	}
	return false;
}

bool
target_has_always_worked(const struct target *t, enum function function)
{
	for (size_t i = 0; i < t->nspans; i++)
		if (t->spans[i].function == function && t->spans[i].fate != FATE_WORKED)
			return false;
	return true;
}

int
finish(FILE *out)
{
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
