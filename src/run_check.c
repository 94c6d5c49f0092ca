/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tamperscope fields, check, explain. */
#include "command.h"
#include "complain.h"
#include "explain.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

/* Fingerprints that may fit one flow, as the judge counts them. */
#define MATCHES_SHOWN 8

int
run_fields(const struct options *o)
{
	(void)o;
	fields_print(stdout);
	return finish_stdout();
}

/* Does a generic fingerprint fit a flow? It is named in no report: it names nobody. */
struct wanted {
	struct fingerprints *db;
	const char *id;
	int found;
};

static void
look_for(void *context, const struct flow *f)
{
	struct wanted *w = context;
	struct fingerprint_match m[MATCHES_SHOWN];
	size_t n = fingerprints_match(w->db, f, m, MATCHES_SHOWN);

	for (size_t i = 0; i < n; i++)
		w->found |=
		    m[i].fingerprint->kind == GENERIC && strcmp(m[i].fingerprint->id, w->id) == 0;
}

/* Does the fingerprint fire on that capture? */
static int
fires(void *user, const char *capture, const char *fingerprint)
{
	struct wanted wanted = {.id = fingerprint};
	struct analyze_options options = {.files = &capture,
					  .nfiles = 1,
					  .fingerprints = user,
					  .min_confidence = 0,
					  .watch = look_for,
					  .watch_context = &wanted};
	struct analysis *a;
	const struct report *r;
	char *why = NULL;
	int error = fingerprints_load(user, &wanted.db, &why), found;

	if (!error)
		error = analyze(&options, &a, &why);
	fingerprints_free(wanted.db);
	free(why);
	if (error)
		return error;
	found = wanted.found;
	r = analysis_report(a);
	for (size_t i = 0; i < r->nfindings; i++)
		for (size_t k = 0; k < r->findings[i]->nattributions; k++)
			found |=
			    strcmp(r->findings[i]->attributions[k].fingerprint, fingerprint) == 0;
	analysis_free(a);
	return found;
}

/* Those of a folder, or those that come with the fingerprints. */
static unsigned
check_services(const char *folder, const char *fingerprints)
{
	struct arena *scratch = arena_new();
	struct complaints c = {.all = stdout};
	struct services *s =
	    services_load(folder ? folder : services_default_folder(scratch, fingerprints), &c);

	services_free(s);
	arena_free(scratch);
	return c.count;
}

int
run_check(const struct options *o)
{
	const char *folder =
	    o->analyze.nfiles ? o->analyze.files[0] : fingerprints_default_folder();
	struct fingerprint_trial trial = {.fires = fires, .user = (void *)folder};
	bool services = services_in(folder);
	unsigned problems = services ? 0 : fingerprints_check(folder, o->captures, &trial, stdout);
	int status;

	if (services || !o->analyze.nfiles)
		problems += check_services(services ? folder : NULL, folder);
	status = finish_stdout();

	return status || !problems ? status : EXIT_UNREADABLE;
}

int
run_explain(const struct options *o)
{
	const char *folder =
	    o->analyze.fingerprints ? o->analyze.fingerprints : fingerprints_default_folder();
	const char *name = o->analyze.nfiles ? o->analyze.files[0] : NULL;
	struct fingerprints *db = NULL;
	char *why = NULL;
	int error;

	if (fingerprints_load(folder, &db, &why))
		return fail(EXIT_UNREADABLE, why);
	for (size_t i = 0; i < o->analyze.nlists; i++)
		if (fingerprints_add(db, o->analyze.lists[i], &why)) {
			fingerprints_free(db);
			return fail(EXIT_UNREADABLE, why);
		}
	error = explain_print(db, name, stdout, &why);
	fingerprints_free(db);
	if (error)
		return fail(EXIT_USAGE, why);
	return finish_stdout();
}
