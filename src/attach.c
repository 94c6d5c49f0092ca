/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From measurements and captures to attachments. */
#include "attach.h"

#include "rawframes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

struct wanted_server {
	struct addr addr;
	uint16_t port;
};

struct attaching {
	const struct attach_options *options;
	struct analyze_options analyze;
	struct measurements all;
	struct wanted_server *servers; /* sorted */
	const char **names;            /* sorted */
	size_t nservers, nnames;
	struct stories *stories;
	struct join_index *index;
	struct analysis *analysis;
	struct covered covered;
	struct attachment *list; /* with --raw: one a measurement; NULL otherwise */
};

PRINTF_LIKE(2, 3)
static int
wrong(char **ret_why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(ret_why, fmt, ap) < 0)
		*ret_why = xstrdup("the measurement cannot be attached to");
	va_end(ap);
	return -EINVAL;
}

/* --- what is asked of the captures --- */

static int
compare_servers(const void *a, const void *b)
{
	const struct wanted_server *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : (int)x->port - (int)y->port;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
wants_server(void *context, const struct addr *addr, uint16_t port)
{
	const struct attaching *a = context;
	struct wanted_server key = {*addr, port}, any = {*addr, 0};

	return bsearch(&key, a->servers, a->nservers, sizeof key, compare_servers) ||
	       bsearch(&any, a->servers, a->nservers, sizeof any, compare_servers);
}

static bool
wants_name(void *context, const char *name)
{
	const struct attaching *a = context;

	return bsearch(&name, a->names, a->nnames, sizeof(char *), compare_names) != NULL;
}

static void
list_wanted(struct attaching *a)
{
	size_t parts = 0;

	for (size_t i = 0; i < a->all.n; i++)
		parts += a->all.list[i].nparts;
	a->servers = xcalloc(parts + 1, sizeof *a->servers);
	a->names = xcalloc(parts + 1, sizeof(char *));
	for (size_t i = 0; i < a->all.n; i++) {
		const struct measurement *m = &a->all.list[i];

		for (size_t k = 0; k < m->nparts; k++) {
			const struct part *p = &m->parts[k];

			/* Of a resolver only the questions count that are asked for by name. */
			if (p->has_addr && (p->layer != LAYER_DNS || !p->name))
				a->servers[a->nservers++] =
				    (struct wanted_server){p->addr, p->port};
			if (p->name)
				a->names[a->nnames++] = p->name;
		}
	}
	qsort(a->servers, a->nservers, sizeof *a->servers, compare_servers);
	qsort(a->names, a->nnames, sizeof(char *), compare_names);
}

/* --- the captures --- */

static void
find_covered(struct attaching *a)
{
	const struct report *r = analysis_report(a->analysis);
	bool any = false;

	for (size_t i = 0; i < r->ncaptures; i++) {
		const struct capture_info *c = r->captures[i];

		if (!c->packets)
			continue;
		if (!any || c->first < a->covered.from)
			a->covered.from = c->first;
		if (!any || c->last > a->covered.to)
			a->covered.to = c->last;
		any = true;
	}
	if (a->covered.from < 0)
		a->covered.from = 0;
	if (a->covered.to > MOMENT_MAX)
		a->covered.to = MOMENT_MAX;
	if (a->covered.to < a->covered.from)
		a->covered.to = a->covered.from;
}

/* The report knows better how a flow fared than a look at it alone. Both are in order of id. */
static void
take_outcomes(struct attaching *a)
{
	struct report *r = analysis_report(a->analysis);
	struct flow_row row;
	size_t i = 0, n = stories_count(a->stories);

	while (r->next_flow && i < n && r->next_flow(r, &row)) {
		while (i < n && stories_get(a->stories, i)->flow < row.flow.id)
			i++;
		for (; i < n && stories_get(a->stories, i)->flow == row.flow.id; i++)
			stories_get(a->stories, i)->outcome = row.outcome;
	}
}

static int
analyze_captures(struct attaching *a, char **ret_why)
{
	int error;

	list_wanted(a);
	a->stories = stories_new(wants_server, wants_name, a);
	a->analyze.hash = true;
	a->analyze.flows = true;
	a->analyze.watch = stories_watch;
	a->analyze.watch_context = a->stories;
	error = analyze(&a->analyze, &a->analysis, ret_why);
	if (error)
		return error;
	stories_sort(a->stories);
	take_outcomes(a);
	find_covered(a);
	a->index = join_index_new(a->stories);
	return 0;
}

/* --- the measurements --- */

/* To be freed with forget_measurement(). */
static void
judge_measurement(const struct attaching *a, const struct measurement *m, struct attachment *ret)
{
	struct relating r = {analysis_report(a->analysis), arena_new()};
	struct join *joins = arena_alloc(r.arena, (m->nparts + 1) * sizeof *joins);
	struct told *parts = arena_alloc(r.arena, (m->nparts + 1) * sizeof *parts);
	struct told *claims = arena_alloc(r.arena, (m->nclaims + 1) * sizeof *claims);

	*ret = (struct attachment){.measurement = m, .arena = r.arena};
	if (a->options->clock_given)
		ret->clock = (struct clock_offset){.nsec = a->options->clock_offset,
						   .uncertainty = m->uncertainty,
						   .source = CLOCK_GIVEN,
						   .tries = 1};
	else
		ret->clock = clock_offset_estimate(m, a->index, a->covered);
	join_parts(m, a->index, &ret->clock, a->covered, joins);
	for (size_t i = 0; i < m->nparts; i++)
		relate_part(&r, &m->parts[i], &joins[i], &parts[i]);
	for (size_t i = 0; i < m->nclaims; i++)
		relate_claim(&r, m, &m->claims[i], joins, parts, &claims[i]);
	ret->joins = joins;
	ret->parts = parts;
	ret->claims = claims;
	ret->left_out = stories_left_out(a->stories);
}

static void
forget_measurement(struct attachment *a)
{
	json_decref(a->packets);
	arena_free(a->arena);
	*a = (struct attachment){0};
}

/* The packets of all are looked for in one pass, so that all must be judged before. */
static int
read_packets(struct attaching *a, char **ret_why)
{
	a->list = xcalloc(a->all.n, sizeof *a->list);
	for (size_t i = 0; i < a->all.n; i++)
		judge_measurement(a, &a->all.list[i], &a->list[i]);
	return raw_frames(a->list, a->all.n, analysis_report(a->analysis), a->analyze.files,
			  a->analyze.nfiles, ret_why);
}

/* A second attachment would make two members of one name. */
static int
refuse_attached(const struct attaching *a, char **ret_why)
{
	struct extent e;

	for (size_t i = 0; i < a->all.n; i++) {
		const struct measurement *m = &a->all.list[i];

		if (a->all.text.p[m->home.from] != '{')
			return wrong(ret_why,
				     "%s: expected an object to put " ATTACHMENT_KEY
				     " into; without --inline it is written beside it",
				     a->options->measurement);
		if (json_member(a->all.text, m->home, ATTACHMENT_KEY, &e))
			return wrong(ret_why,
				     "%s:%zu: expected a measurement without " ATTACHMENT_KEY,
				     a->options->measurement, json_line(a->all.text, e.from));
	}
	return 0;
}

static int
read_all(struct attaching *a, char **ret_why)
{
	int error = measurements_load(a->options->measurement, &a->all, ret_why);

	if (!error && a->options->in_line)
		error = refuse_attached(a, ret_why);
	if (!error && a->options->raw)
		error = spool_inputs(a->analyze.files, a->analyze.nfiles, ret_why);
	if (!error)
		error = analyze_captures(a, ret_why);
	if (!error && a->options->raw)
		error = read_packets(a, ret_why);
	return error;
}

int
attach(const struct attach_options *options, const struct analyze_options *analyze_options,
       struct attaching **ret, char **ret_why)
{
	struct attaching *a = xcalloc(1, sizeof *a);
	int error;

	a->options = options;
	a->analyze = *analyze_options;
	error = read_all(a, ret_why);
	if (error)
		attach_free(a);
	else
		*ret = a;
	return error;
}

const struct report *
attach_report(const struct attaching *a)
{
	return analysis_report(a->analysis);
}

/* One document is written to be read, several as lines. */
static int
write_document(const struct attaching *a, const json_t *document, FILE *out)
{
	size_t flags = JSON_REAL_PRECISION(15) | (a->all.many ? JSON_COMPACT : JSON_INDENT(2));

	return json_dumpf(document, out, flags) || fputc('\n', out) == EOF ? -EIO : 0;
}

int
attach_write(struct attaching *a, FILE *out)
{
	struct attachment_style style = {.file = a->options->measurement, .raw = a->options->raw};
	size_t at = 0;
	int error = 0;

	for (size_t i = 0; i < a->all.n && !error; i++) {
		struct attachment one = {0};
		json_t *document;

		if (a->list)
			one = a->list[i];
		else
			judge_measurement(a, &a->all.list[i], &one);
		document = attachment_json(&one, analysis_report(a->analysis), &a->all, &style);
		error = a->options->in_line ? attachment_insert(&a->all, i, document, &at, out)
					    : write_document(a, document, out);
		json_decref(document);
		if (!a->list)
			forget_measurement(&one);
	}
	if (!error && a->options->in_line)
		error = attachment_finish(&a->all, at, out);
	if (!error && (fflush(out) || ferror(out)))
		error = errno ? -errno : -EIO;
	return error;
}

void
attach_free(struct attaching *a)
{
	if (!a)
		return;
	for (size_t i = 0; a->list && i < a->all.n; i++)
		forget_measurement(&a->list[i]);
	free(a->list);
	join_index_free(a->index);
	analysis_free(a->analysis);
	stories_free(a->stories);
	measurements_free(&a->all);
	free(a->servers);
	free(a->names);
	free(a);
}
