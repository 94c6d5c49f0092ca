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
	unsigned different;
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

static int
make_again(struct again *a, char *const *paths, const struct analyze_options *given, char **ret_why)
{
	const struct manifest *m = &a->v->manifest;
	const struct case_sink sink = {a, create, whole};
	struct analyze_options o = *given;
	const char **labels = arena_alloc(a->v->arena, m->noriginals * sizeof *labels);
	int r;

	for (size_t i = 0; i < m->noriginals; i++)
		labels[i] = m->originals[i].label;
	o.files = (const char *const *)paths;
	o.labels = labels;
	o.nfiles = m->noriginals;
	o.filter = m->filter;
	o.min_confidence = m->min_confidence;
	o.hash = true;
	a->made.originals = m->originals;
	a->made.noriginals = m->noriginals;
	r = case_outputs(&o, &a->made, &sink, NULL, ret_why);
	return r ? r : make_readme(a, ret_why);
}

static bool
all_found(struct verifying *v, char *const *paths)
{
	bool all = true;

	for (size_t i = 0; i < v->manifest.noriginals; i++) {
		const struct original *o = &v->manifest.originals[i];

		if (paths[i])
			verify_say(v, FINE, o->label, "the original is %s", paths[i]);
		else
			verify_say(v, MISSING, o->label, "no original of SHA-256 %s, %llu bytes",
				   o->sums.sha256, (unsigned long long)o->sums.size);
		all &= paths[i] != NULL;
	}
	return all;
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
	paths = originals_find(&v->manifest, q->places, q->nplaces, ret_why);
	if (!paths)
		return -EINVAL;
	if (all_found(v, paths)) {
		r = make_again(&a, paths, q->analyze, ret_why);
		if (!r) {
			say_versions(&a);
			say_data(&a);
			compare(&a);
			v->made_again = v->wrong == wrong;
		}
	}
	originals_free(paths, &v->manifest);
	return r;
}
