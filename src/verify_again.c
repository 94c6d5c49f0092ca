/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the files of a case again from its originals, and compares them byte for byte by their
 * digests. */
#include "verify_parts.h"

#include "case_outputs.h"
#include "originals.h"

#include <errno.h>
#include <stdlib.h>

struct again {
	struct verifying *v;
	struct manifest made; /* what this program makes */
	bool is_redacted;     /* from redacted copies, without the originals */
};

static int
create(void *context, const char *name, FILE **ret)
{
	(void)context;
	(void)name;
	*ret = tmpfile();
	return *ret ? 0 : -errno;
}

static int
whole(void *context, const char *name, FILE *file)
{
	struct again *a = context;
	struct file_sums sums;
	int r = fflush(file) ? -errno : file_sums(fileno(file), false, UINT64_MAX, &sums);

	fclose(file);
	if (!r)
		r = manifest_add_file(&a->made, name, &sums);
	return r;
}

/* What may explain a difference is said before it. */
static void
say_versions(struct again *a)
{
	const struct manifest *was = &a->v->manifest, *now = &a->made;

	if (strcmp(was->version, now->version) != 0)
		verify_say(a->v, NOTED, "version", "made by %s, this is %s", was->version,
			   now->version);
	for (size_t i = 0; i < was->nlibraries; i++)
		for (size_t k = 0; k < now->nlibraries; k++)
			if (strcmp(was->libraries[i].name, now->libraries[k].name) == 0 &&
			    strcmp(was->libraries[i].version, now->libraries[k].version) != 0)
				verify_say(a->v, NOTED, was->libraries[i].name,
					   "made with %s, this has %s", was->libraries[i].version,
					   now->libraries[k].version);
}

static void
say_data(struct again *a)
{
	const struct manifest *was = &a->v->manifest, *now = &a->made;

	if (strcmp(was->fingerprints_sha256, now->fingerprints_sha256) != 0)
		verify_say(
		    a->v, DIFFERENT, "fingerprints",
		    "made with those of SHA-256 %s, these have %s; --fingerprints tells where "
		    "others are",
		    was->fingerprints_sha256, now->fingerprints_sha256);
	if (strcmp(was->services_sha256, now->services_sha256) != 0)
		verify_say(a->v, DIFFERENT, "services",
			   "made with those of SHA-256 %s, these have %s", was->services_sha256,
			   now->services_sha256);
}

static void
compare(struct again *a)
{
	for (size_t i = 0; i < a->v->manifest.nfiles; i++) {
		const struct case_file *was = &a->v->manifest.files[i];
		const struct case_file *now = manifest_file(&a->made, was->name);

		if (strcmp(was->name, PUBLIC_FILE) == 0)
			continue;
		if (a->is_redacted && strcmp(was->name, REDACTION_FILE) == 0) {
			verify_say(a->v, NOTED, was->name,
				   "only the originals could give it again");
			continue;
		}
		if (!now)
			verify_say(a->v, DIFFERENT, was->name, "this version does not make it");
		else if (strcmp(was->sums.sha256, now->sums.sha256) == 0)
			verify_say(a->v, SAME, was->name, "made again, byte for byte");
		else
			verify_say(a->v, DIFFERENT, was->name,
				   "made again it has %llu bytes and SHA-256 %s",
				   (unsigned long long)now->sums.size, now->sums.sha256);
	}
	for (size_t i = 0; i < a->made.nfiles; i++)
		if (!manifest_file(&a->v->manifest, a->made.files[i].name))
			verify_say(a->v, DIFFERENT, a->made.files[i].name,
				   "this version makes it, too");
}

static int
make_readme(struct again *a, char **ret_why)
{
	FILE *out;
	int r = create(a, README_FILE, &out), closed;

	if (!r) {
		r = case_readme(&a->v->manifest, out);
		closed = whole(a, README_FILE, out);
		r = r ? r : closed;
	}
	if (r)
		*ret_why = xasprintf("%s: cannot be written: %s", README_FILE, strerror(-r));
	return r;
}

/* By which key a case was redacted is not in it; what came of it is. */
static void
say_redaction(struct again *a)
{
	for (size_t i = 0; i < a->made.noriginals; i++) {
		const struct original *was = &a->v->manifest.originals[i],
				      *now = &a->made.originals[i];

		if (strcmp(was->redacted.sha256, now->redacted.sha256) != 0)
			verify_say(a->v, DIFFERENT, was->label,
				   "redacted again it is not what it was: another key, or another "
				   "version");
	}
}

static int
make_again(struct again *a, char *const *paths, const struct verify_request *q, char **ret_why)
{
	const struct manifest *m = &a->v->manifest;
	const struct case_sink sink = {a, create, whole};
	struct analyze_options o = *q->analyze;
	const struct case_from from = {.analyze = &o, .key = q->key, .is_redacted = a->is_redacted};
	const char **labels = arena_alloc(a->v->arena, m->noriginals * sizeof *labels);
	int r;

	a->made.noriginals = m->noriginals;
	a->made.originals = arena_alloc(a->v->arena, m->noriginals * sizeof *a->made.originals);
	for (size_t i = 0; i < m->noriginals; i++) {
		a->made.originals[i] = m->originals[i];
		labels[i] = m->originals[i].label;
	}
	o.files = (const char *const *)paths;
	o.labels = labels;
	o.nfiles = m->noriginals;
	o.filter = m->filter;
	o.min_confidence = m->min_confidence;
	o.hash = true;
	a->made.redact = m->redact;
	a->made.nkeep_names = m->nkeep_names;
	memcpy(a->made.keep_names, m->keep_names, sizeof m->keep_names);
	r = case_outputs(&from, &a->made, &sink, ret_why);
	return r ? r : make_readme(a, ret_why);
}

static bool
all_there(const struct manifest *m, char *const *paths)
{
	for (size_t i = 0; i < m->noriginals; i++)
		if (!paths[i])
			return false;
	return true;
}

static void
say_found(struct again *a, char *const *paths)
{
	for (size_t i = 0; i < a->v->manifest.noriginals; i++) {
		const struct original *o = &a->v->manifest.originals[i];

		if (paths[i])
			verify_say(a->v, FINE, o->label, "the %s is %s",
				   a->is_redacted ? "redacted copy" : "original", paths[i]);
		else
			verify_say(a->v, MISSING, o->label, "no original of SHA-256 %s, %llu bytes",
				   o->sums.sha256, (unsigned long long)o->sums.size);
	}
}

/* The originals, or the redacted copies if these are there and not the originals. */
static char **
find(struct again *a, const struct verify_request *q, char **ret_why)
{
	const struct manifest *m = &a->v->manifest;
	char **paths = originals_find(m, false, q->places, q->nplaces, ret_why), **copies;

	if (!paths || !m->redact || all_there(m, paths))
		return paths;
	copies = originals_find(m, true, q->places, q->nplaces, ret_why);
	a->is_redacted = copies && all_there(m, copies);
	originals_free(a->is_redacted ? paths : copies, m);
	return a->is_redacted ? copies : paths;
}

/* Nobody can redact as it was done by a key that is not there. */
static bool
has_key(struct again *a, const struct verify_request *q)
{
	const struct manifest *m = &a->v->manifest;

	if (!m->redact || a->is_redacted || (m->key_given && q->key))
		return true;
	verify_say(a->v, BAD, "redaction", "%s; it can be made again from redacted copies only",
		   m->key_given ? "made by a key (--key)" : "made by a key that was thrown away");
	return false;
}

int
verify_again(struct verifying *v, const struct verify_request *q, char **ret_why)
{
	struct again a = {.v = v};
	unsigned wrong = v->wrong;
	char **paths;
	int r = 0;

	case_made_by(&a.made);
	if (!q->nplaces)
		return 0;
	paths = find(&a, q, ret_why);
	if (!paths)
		return -EINVAL;
	say_found(&a, paths);
	if (all_there(&v->manifest, paths) && has_key(&a, q)) {
		r = make_again(&a, paths, q, ret_why);
		if (!r) {
			say_versions(&a);
			say_data(&a);
			say_redaction(&a);
			compare(&a);
			v->made_again = v->wrong == wrong;
		}
	}
	originals_free(paths, &v->manifest);
	return r;
}
