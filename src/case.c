/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a case. */
#include "case.h"

#include "case_folder.h"
#include "case_outputs.h"
#include "printable.h"
#include "sign.h"
#include "timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct making {
	const struct case_request *request;
	struct arena *arena;
	struct sign_key *key;
	struct case_folder folder;
	struct manifest manifest;
	struct analyze_options analyze;
};

/* One of the originals, until they are in order. */
struct input {
	const char *path, *base;
	struct file_sums sums;
};

int
case_original_sums(const char *path, struct file_sums *ret, char **ret_why)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		r = -errno;
	if (!r && !S_ISREG(st.st_mode)) {
		*ret_why = xasprintf("%s: expected a regular file: the original of a case is read "
				     "more than once, and must be there when somebody checks it",
				     path);
		r = -EINVAL;
	} else {
		r = r ? r : file_sums(fd, true, UINT64_MAX, ret);
		if (r)
			*ret_why = xasprintf("%s: %s", path, strerror(-r));
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* The last part of a path, made fit to be shown. */
static const char *
base_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *shown = printable(slash && slash[1] ? slash + 1 : path);
	const char *kept = arena_printf(a, "%s", shown);

	free(shown);
	return kept;
}

static int
by_name_then_bytes(const void *a, const void *b)
{
	const struct input *x = a, *y = b;
	int r = strcmp(x->base, y->base);

	return r ? r : strcmp(x->sums.sha256, y->sums.sha256);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct input *x = *(const struct input *const *)a,
			   *y = *(const struct input *const *)b;

	return strcmp(x->sums.sha256, y->sums.sha256);
}

/* What is given twice would be counted twice, and repetition is evidence. */
static int
check_twice(struct arena *a, const struct input *in, size_t n, char **ret_why)
{
	const struct input **order = arena_alloc(a, n * sizeof(struct input *));

	for (size_t i = 0; i < n; i++)
		order[i] = &in[i];
	qsort(order, n, sizeof(struct input *), by_bytes);
	for (size_t i = 1; i < n; i++) {
		if (by_bytes(&order[i - 1], &order[i]) != 0)
			continue;
		*ret_why = xasprintf("%s and %s: the same bytes; expected each original once",
				     order[i - 1]->path, order[i]->path);
		return -EINVAL;
	}
	return 0;
}

static bool
is_taken(const struct input *in, size_t n, const char *const *labels, size_t nlabels,
	 const char *label)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(in[i].base, label) == 0)
			return true;
	for (size_t i = 0; i < nlabels; i++)
		if (strcmp(labels[i], label) == 0)
			return true;
	return false;
}

/* Two files of one name are told apart by numbers. */
static void
give_labels(struct making *k, const struct input *in, size_t n)
{
	const char **files = arena_alloc(k->arena, n * sizeof *files);
	const char **labels = arena_alloc(k->arena, n * sizeof *labels);
	struct original *o = arena_alloc(k->arena, n * sizeof *o);
	size_t number = 1;

	for (size_t i = 0; i < n; i++) {
		files[i] = in[i].path;
		labels[i] = in[i].base;
		if (!i || strcmp(in[i].base, in[i - 1].base) != 0)
			number = 1;
		else
			do
				labels[i] =
				    arena_printf(k->arena, "%s (%zu)", in[i].base, ++number);
			while (is_taken(in, n, labels, i, labels[i]));
		o[i] = (struct original){labels[i], in[i].sums};
	}
	k->analyze.files = files;
	k->analyze.labels = labels;
	k->manifest.originals = o;
	k->manifest.noriginals = n;
}

static int
take_originals(struct making *k, char **ret_why)
{
	size_t n = k->request->analyze->nfiles;
	struct input *in = arena_alloc(k->arena, n * sizeof *in);
	int r = 0;

	for (size_t i = 0; i < n && !r; i++) {
		in[i].path = k->request->analyze->files[i];
		in[i].base = base_name(k->arena, in[i].path);
		r = case_original_sums(in[i].path, &in[i].sums, ret_why);
	}
	if (!r)
		r = check_twice(k->arena, in, n, ret_why);
	if (r)
		return r;
	qsort(in, n, sizeof *in, by_name_then_bytes);
	give_labels(k, in, n);
	return 0;
}

/* A folder's own name, even if it is given as "." or by a link. */
static const char *
name_of(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	const char *name = base_name(a, real ? real : path);

	free(real);
	return name;
}

static void
take_options(struct making *k)
{
	struct manifest *m = &k->manifest;
	struct analyze_options *o = &k->analyze;
	char number[32];

	*o = *k->request->analyze;
	o->hash = true;
	/* What the manifest cannot say was not said. */
	snprintf(number, sizeof number, "%.15g", o->min_confidence);
	o->min_confidence = strtod(number, NULL);
	case_made_by(m);
	m->filter = o->filter;
	m->min_confidence = o->min_confidence;
	m->fingerprints = o->fingerprints ? name_of(k->arena, o->fingerprints) : NULL;
	for (size_t i = 0; i < o->nlists; i++)
		m->lists[m->nlists++] = name_of(k->arena, o->lists[i]);
	m->redact = k->request->redact;
	m->key_given = m->redact && k->request->key;
	for (size_t i = 0; i < k->request->nkeep_names; i++)
		m->keep_names[m->nkeep_names++] = k->request->keep_names[i];
	m->custody = *k->request->custody;
	m->is_signed = k->key != NULL;
}

static int
create(void *context, const char *name, FILE **ret)
{
	struct making *k = context;

	return case_folder_create(&k->folder, name, ret);
}

static int
whole(void *context, const char *name, FILE *file)
{
	struct making *k = context;
	struct file_sums sums;
	int r = case_folder_sync(file);

	if (!r)
		r = file_sums(fileno(file), false, UINT64_MAX, &sums);
	if (fclose(file) && !r)
		r = -EIO;
	return r ? r : manifest_add_file(&k->manifest, name, &sums);
}

/* A file that the manifest does not list, or lists: as the caller wishes. */
static int
put(struct making *k, const char *name, struct bytes b, bool listed, char **ret_why)
{
	FILE *out;
	int r = create(k, name, &out), closed;

	if (!r) {
		fwrite(b.p, 1, b.n, out);
		r = case_folder_sync(out);
		if (listed && !r)
			return whole(k, name, out);
		closed = fclose(out) ? -EIO : 0;
		r = r ? r : closed;
	}
	if (r)
		*ret_why = xasprintf("%s: cannot be written: %s", name, strerror(-r));
	return r;
}

static int
put_readme(struct making *k, char **ret_why)
{
	FILE *out;
	int r = create(k, README_FILE, &out), closed;

	if (!r) {
		r = case_readme(&k->manifest, out);
		closed = whole(k, README_FILE, out);
		r = r ? r : closed;
	}
	if (r)
		*ret_why = xasprintf("%s: cannot be written: %s", README_FILE, strerror(-r));
	return r;
}

static int
put_public(struct making *k, char **ret_why)
{
	char *pem = sign_public_pem(k->key);
	int r = put(k, PUBLIC_FILE, bytes_of(pem), true, ret_why);

	free(pem);
	return r;
}

/* The manifest, and what vouches for it. */
static int
put_seals(struct making *k, struct file_sums *ret, char **ret_why)
{
	char *text = manifest_text(&k->manifest), *sums = NULL;
	uint8_t signature[SIGNATURE_BYTES];
	struct case_seals seals = {.manifest = bytes_of(text)};
	uint8_t *query = timestamp_query(seals.manifest, &seals.query.n);
	int r = 0;

	if (seals.manifest.n > MANIFEST_MAX) {
		r = -EFBIG;
		*ret_why = xasprintf("%s: too many originals for one case", MANIFEST_FILE);
	}
	r = r ? r : put(k, MANIFEST_FILE, seals.manifest, false, ret_why);
	seals.query.p = query;
	bytes_sums(seals.manifest, ret);
	if (!r)
		r = put(k, QUERY_FILE, seals.query, false, ret_why);
	if (!r && k->key) {
		seals.signature = (struct bytes){signature, sizeof signature};
		r = sign_bytes(k->key, seals.manifest, signature);
		if (r)
			*ret_why = xasprintf("%s: the key does not sign", k->request->sign);
		else
			r = put(k, SIGNATURE_FILE, seals.signature, false, ret_why);
	}
	if (!r) {
		sums = case_sums(&k->manifest, &seals);
		r = put(k, SUMS_FILE, bytes_of(sums), false, ret_why);
	}
	free(sums);
	free(query);
	free(text);
	return r;
}

static int
fill(struct making *k, struct file_sums *ret, char **ret_why)
{
	const struct case_sink sink = {k, create, whole};
	const struct case_from from = {
	    .analyze = &k->analyze, .key = k->request->key, .told = k->request->told};
	int r = take_originals(k, ret_why);

	if (!r)
		r = case_outputs(&from, &k->manifest, &sink, ret_why);
	if (!r && k->key)
		r = put_public(k, ret_why);
	if (!r)
		r = put_readme(k, ret_why);
	if (!r)
		r = put_seals(k, ret, ret_why);
	return r;
}

int
case_make(const struct case_request *q, struct file_sums *ret, char **ret_why)
{
	struct making k = {.request = q};
	int r = 0;

	if (q->sign)
		r = sign_key_private(q->sign, &k.key, ret_why);
	if (!r)
		r = case_folder_begin(q->folder, &k.folder, ret_why);
	if (!r) {
		k.arena = arena_new();
		take_options(&k);
		r = fill(&k, ret, ret_why);
		if (r) {
			case_folder_discard(&k.folder);
		} else if ((r = case_folder_commit(&k.folder))) {
			*ret_why = xasprintf("%s: cannot be written: %s", q->folder, strerror(-r));
		}
		arena_free(k.arena);
	}
	sign_key_free(k.key);
	return r;
}
