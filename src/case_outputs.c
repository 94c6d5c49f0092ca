/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports and evidence of a case. */
#include "case_outputs.h"

#include "annotate.h"
#include "case_redact.h"
#include "report_parts.h"
#include "synthetic.h"

#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <libpsl.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

/* What a report's text is told at: it is read by whoever doubts it. */
static const struct report_style style = {.columns = 80, .verbose = 1};

void
case_made_by(struct manifest *m)
{
	const struct library all[] = {{"jansson", jansson_version_str()},
				      {"libnids", libnids_version()},
				      {"libpcap", pcap_lib_version()},
				      {"libpsl", psl_get_version()},
				      {"libzstd", ZSTD_versionString()},
				      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
				      {"zlib", zlibVersion()}};

	m->version = VERSION;
	m->nlibraries = sizeof all / sizeof *all;
	memcpy(m->libraries, all, sizeof all);
}

static int
has_changed(const char *label, char **ret_why)
{
	*ret_why = xasprintf("%s: changed while it was read", label);
	return -EBUSY;
}

/* The files that were analysed must be the ones that were hashed. */
static int
check_hashes(const struct report *r, const struct manifest *m, char **ret_why)
{
	for (size_t i = 0; i < r->ncaptures; i++) {
		const struct original *o = &m->originals[i];
		const struct file_sums *s = m->redact ? &o->redacted : &o->sums;

		if (strcmp(r->captures[i]->sha256, s->sha256) != 0)
			return has_changed(o->label, ret_why);
	}
	return 0;
}

/* Evidence is read once more; the clock of the file system tells whether that was the same. */
static struct stat *
look_at(const struct analyze_options *o)
{
	struct stat *seen = xcalloc(o->nfiles, sizeof *seen);

	for (size_t i = 0; i < o->nfiles; i++)
		if (stat(o->files[i], &seen[i]))
			seen[i] = (struct stat){0};
	return seen;
}

static int
check_unchanged(const struct analyze_options *o, const struct stat *before, char **ret_why)
{
	struct stat *now = look_at(o);
	int r = 0;

	for (size_t i = 0; i < o->nfiles && !r; i++)
		if (now[i].st_ino != before[i].st_ino || now[i].st_dev != before[i].st_dev ||
		    now[i].st_size != before[i].st_size ||
		    memcmp(&now[i].st_mtim, &before[i].st_mtim, sizeof now[i].st_mtim) != 0)
			r = has_changed(o->labels[i], ret_why);
	free(now);
	return r;
}

struct work {
	const struct case_sink *to;
	struct report *report;
	const char *const *files;
};

/* By a writer, or, if that is NULL, the evidence. */
static int
write_one(const struct work *w, const char *name, const struct report_writer *writer,
	  char **ret_why)
{
	FILE *out;
	int r = w->to->create(w->to->context, name, &out), closed;

	if (!r) {
		r = writer ? writer->write(w->report, &style, out)
			   : evidence_write(w->report, w->files, out, ret_why);
		closed = w->to->whole(w->to->context, name, out);
		r = r ? r : closed;
	}
	if (r && !*ret_why)
		*ret_why = xasprintf("%s: cannot be written: %s", name, strerror(-r));
	return r;
}

static int
write_all(const struct work *w, char **ret_why)
{
	static const char *const names[][2] = {
	    {"json", "report.json"}, {"text", "report.txt"}, {"html", "report.html"}};
	const struct report_writer *writer;
	int r = 0;

	for (writer = report_writers; writer->format && !r; writer++)
		for (size_t i = 0; i < sizeof names / sizeof *names && !r; i++)
			if (strcmp(writer->format, names[i][0]) == 0)
				r = write_one(w, names[i][1], writer, ret_why);
	return r ? r : write_one(w, "evidence.pcapng", NULL, ret_why);
}

/* What was analysed is what is written about. */
static int
analyze_and_write(const struct analyze_options *o, const struct case_from *from, struct manifest *m,
		  const struct case_sink *to, char **ret_why)
{
	struct analysis *a;
	struct work w = {.to = to, .files = o->files};
	int r = analyze(o, &a, ret_why);

	if (r)
		return r;
	w.report = analysis_report(a);
	snprintf(m->fingerprints_sha256, sizeof m->fingerprints_sha256, "%s",
		 w.report->fingerprints_sha256);
	snprintf(m->services_sha256, sizeof m->services_sha256, "%s", w.report->services_sha256);
	if (from->told)
		from->told(w.report);
	r = check_hashes(w.report, m, ret_why);
	if (!r)
		r = write_all(&w, ret_why);
	analysis_free(a);
	return r;
}

/* The report names what it was made from: not the originals. */
static const char **
redacted_labels(struct arena *a, const struct analyze_options *o)
{
	const char **labels = arena_alloc(a, o->nfiles * sizeof *labels);

	for (size_t i = 0; i < o->nfiles; i++)
		labels[i] = arena_printf(a, "%s (redacted)", o->labels[i]);
	return labels;
}

int
case_outputs(const struct case_from *from, struct manifest *m, const struct case_sink *to,
	     char **ret_why)
{
	struct stat *before = look_at(from->analyze);
	struct analyze_options o = *from->analyze;
	struct case_redacted *redacted = NULL;
	struct arena *scratch = arena_new();
	int r = 0;

	if (m->redact) {
		o.labels = redacted_labels(scratch, from->analyze);
		if (!from->is_redacted)
			r = case_redact(from->analyze, from->key, m, to, &redacted, ret_why);
		if (redacted)
			o.files = case_redacted_paths(redacted);
	}
	if (!r)
		r = analyze_and_write(&o, from, m, to, ret_why);
	if (!r)
		r = check_unchanged(from->analyze, before, ret_why);
	case_redacted_free(redacted);
	arena_free(scratch);
	free(before);
	return r;
}
