/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures are read four times: they are analysed; addresses are learnt; streams are put together
 * and scrubbed; and frames are written. */
#include "redact.h"

#include "capture.h"
#include "complain.h"
#include "decode.h"
#include "dissect.h"
#include "fpdb.h"
#include "pcapngout.h"
#include "redact_parts.h"
#include "services.h"

#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

static int
load(struct redaction *r, char **ret_why)
{
	const char *named = r->options->analyze->fingerprints;
	const char *folder = named ? named : fingerprints_default_folder();
	struct arena *scratch;
	struct complaints c = {0};
	int error = fingerprints_load(folder, &r->fingerprints, ret_why);

	if (error)
		return error;
	scratch = arena_new();
	r->services = services_load(services_default_folder(scratch, folder), &c);
	arena_free(scratch);
	*ret_why = c.first;
	return r->services ? 0 : -EINVAL;
}

/* Findings of any confidence, about anything: the report may leave some out. */
static int
find_out(struct redaction *r, char **ret_why)
{
	struct analyze_options o = *r->options->analyze;
	struct analysis *a = NULL;
	int error;

	o.min_confidence = CONFIDENCE_POSSIBLE;
	o.only = 0;
	o.target = NULL;
	o.filter = NULL;
	o.flows = o.suggest = o.stats = o.weighing = o.progress = false;
	o.hash = true;
	o.watch = whom_watch;
	o.watch_context = r->whom;
	error = analyze(&o, &a, ret_why);
	if (error)
		return error;
	whom_concern(r->whom, analysis_report(a));
	r->digests = xcalloc(o.nfiles, sizeof *r->digests);
	for (size_t i = 0; i < o.nfiles; i++)
		memcpy(r->digests[i], analysis_report(a)->captures[i]->sha256,
		       sizeof r->digests[i]);
	analysis_free(a);
	return 0;
}

int
redact_begin(const struct redact_options *o, struct redaction **ret, char **ret_why)
{
	struct redaction *r = xcalloc(1, sizeof *r);
	int error;

	r->options = o;
	r->disguise = disguise_new(o->key);
	error = load(r, ret_why);
	if (!error) {
		r->whom = whom_new(r->services, r->fingerprints->lists, r->disguise);
		error = find_out(r, ret_why);
	}
	for (size_t i = 0; i < o->nkeep_names; i++)
		disguise_keep_name(r->disguise, o->keep_names[i], true);
	if (!error)
		error = redact_learn(r, ret_why);
	if (error) {
		redact_end(r);
		return error;
	}
	*ret = r;
	return 0;
}

void
redact_end(struct redaction *r)
{
	if (!r)
		return;
	redact_forget(r);
	whom_free(r->whom);
	services_free(r->services);
	fingerprints_free(r->fingerprints);
	disguise_free(r->disguise);
	free(r->digests);
	free(r);
}

/* --- writing --- */

struct writing {
	struct redaction *r;
	const struct frame *frame;
	struct redact_seen seen;
	struct talk *talk;
};

static void
write_stream(struct writing *w, const struct reframe_payload *p)
{
	struct wording *wording = w->talk->wording[w->seen.from];
	uint32_t n, at = w->seen.offset;
	int64_t where = wording_where(wording, w->seen.version, &n);
	size_t have = at < n ? n - at : 0;

	if (have > p->n)
		have = p->n;
	if (have && pread(fileno(w->r->spool), p->out, have, where + at) != (ssize_t)have)
		w->r->failed = true;
}

/* A reset's own words, if a finding is about them: who forged it says so there. */
static void
write_reset(const struct writing *w, const struct reframe_payload *p)
{
	struct scrub s = redact_scrub(w->r, w->talk, w->seen.from, p);

	if (w->talk->concerned && w->seen.from == SERVER)
		scrub_text(&s, 0, p->n < 32 ? p->n : 32);
}

static void write_payload(void *context, const struct reframe_payload *p);

/* A fragment shows its part of the datagram, which is written as a whole each time. What never was
 * whole keeps the ports, as far as there are some. */
static void
write_fragment(struct writing *w, const struct reframe_payload *p)
{
	const struct redact_whole *whole = &w->r->wholes[w->seen.talk - 1];
	struct writing inside = {.r = w->r, .seen = whole->seen};
	struct reframe how = {
	    .disguise = w->r->disguise, .payload = write_payload, .context = &inside};
	uint8_t *was, *is;

	if (!whole->n) {
		if (!p->offset && p->n >= 8)
			memcpy(p->out, p->in, 8);
		return;
	}
	if (whole->seen.talk)
		inside.talk = whom_get(w->r->whom, whole->seen.talk - 1);
	was = xcalloc(2, whole->n);
	is = was + whole->n;
	if (pread(fileno(w->r->spool), was, whole->n, whole->where) != (ssize_t)whole->n)
		w->r->failed = true;
	else if (p->offset + p->n <= whole->n && memcmp(was + p->offset, p->in, p->n) == 0) {
		reframe_whole(&how, whole->proto, &whole->src, &whole->dst,
			      (struct bytes){was, whole->n}, is);
		memcpy(p->out, is + p->offset, p->n);
	}
	free(was);
}

static void
write_payload(void *context, const struct reframe_payload *p)
{
	struct writing *w = context;

	if (p->proto == IPPROTO_TCP && !p->fragment) /* as it would be put together */
		scrub_fill(p->out, w->seen.seq + 3U * w->seen.version, p->n);
	if (p->fragment && w->seen.kind == SEEN_FRAGMENT)
		write_fragment(w, p);
	if (!w->talk || p->fragment)
		return;
	w->r->overwritten += p->n;
	if (w->seen.kind == SEEN_STREAM)
		write_stream(w, p);
	else if (w->seen.kind == SEEN_RESET)
		write_reset(w, p);
	else if (w->seen.kind == SEEN_DATAGRAM && p->proto == IPPROTO_UDP)
		redact_datagram(w->r, w->talk, w->seen.from, p);
}

static void
write_frame(struct redaction *r, struct pcapngout *out, uint32_t interface, struct frame *f,
	    struct writing *w)
{
	struct reframe how = {.disguise = r->disguise, .payload = write_payload, .context = w};
	static const char *const was_wrong =
	    "a checksum of this packet was wrong before it was redacted, and is as wrong now";
	struct frame changed = *f;
	unsigned wrong;

	if (r->size < f->caplen) {
		r->size = f->caplen;
		r->buffer = xrealloc(r->buffer, r->size, 1);
	}
	wrong = reframe(&how, f, r->buffer);
	r->wrong_sums += wrong > 0;
	changed.data = r->buffer;
	pcapngout_frame(out, interface, &changed, &was_wrong, wrong > 0);
	r->frames++;
}

#define INTERFACES_MAX 65536u /* a frame's interface has 16 bits */

static uint32_t
interface_of(struct pcapngout *out, const struct capture *c, const struct frame *f, uint32_t *known,
	     int *types, uint32_t *n)
{
	for (uint32_t i = 0; i < *n; i++)
		if (known[i] == f->interface && types[i] == f->link_type)
			return i;
	if (*n == INTERFACES_MAX)
		return 0;
	known[*n] = f->interface;
	types[*n] = f->link_type;
	pcapngout_interface(out, f->link_type, capture_info(c, 0)->snaplen, NULL);
	return (*n)++;
}

static void
write_all(struct redaction *r, size_t i, struct capture *c, struct pcapngout *out)
{
	uint32_t *known = xcalloc(INTERFACES_MAX, sizeof *known), n = 0;
	int *types = xcalloc(INTERFACES_MAX, sizeof *types);
	struct frame f;

	while (capture_next(c, &f) > 0) {
		struct writing w = {.r = r, .frame = &f};
		uint32_t interface = interface_of(out, c, &f, known, types, &n);

		f.capture = (uint16_t)i;
		if (fread(&w.seen, sizeof w.seen, 1, r->seen) != 1) {
			r->failed = true;
			break;
		}
		if (w.seen.talk && w.seen.kind != SEEN_FRAGMENT)
			w.talk = whom_get(r->whom, w.seen.talk - 1);
		write_frame(r, out, interface, &f, &w);
	}
	if (!n) /* an empty capture has an interface all the same */
		pcapngout_interface(out, 1, 0, NULL);
	free(known);
	free(types);
}

int
redact_write(struct redaction *r, size_t i, FILE *file, char **ret_why)
{
	const char *const *name = &r->options->analyze->files[i];
	struct pcapngout *out;
	struct capture *c = NULL;
	int error = redact_open(r, i, &c, ret_why);

	if (error)
		return error;
	rewind(r->seen);
	if (fseeko(r->seen, (off_t)(r->begins[i] * sizeof(struct redact_seen)), SEEK_SET))
		r->failed = true;
	out = pcapngout_new(file,
			    "Redacted: addresses, names and payloads that say who was there were "
			    "replaced. Frames, times and lengths are those of the original.",
			    "tamperscope " VERSION);
	write_all(r, i, c, out);
	capture_close(c);
	error = pcapngout_finish(out);
	if (!error && r->failed)
		error = -EIO;
	if (error && asprintf(ret_why, "%s: cannot be redacted: %s", *name, strerror(-error)) < 0)
		*ret_why = NULL;
	return error;
}

/* --- for reports --- */

struct redacted {
	size_t n;
	FILE **files;
	char **paths;
};

void
redacted_free(struct redacted *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++) {
		if (d->files[i])
			fclose(d->files[i]);
		free(d->paths[i]);
	}
	free(d->files);
	free(d->paths);
	free(d);
}

const char *const *
redacted_paths(const struct redacted *d)
{
	return (const char *const *)d->paths;
}

static int
redact_one(struct redaction *r, struct redacted *d, size_t i, char **ret_why)
{
	d->files[i] = tmpfile();
	if (!d->files[i]) {
		int error = -errno;

		*ret_why = xstrdup("--redact: no temporary file");
		return error;
	}
	if (asprintf(&d->paths[i], "/proc/self/fd/%d", fileno(d->files[i])) < 0)
		out_of_memory();
	return redact_write(r, i, d->files[i], ret_why);
}

int
redact_files(const struct redact_options *o, struct redacted **ret, char **ret_why)
{
	struct redacted *d = xcalloc(1, sizeof *d);
	struct redaction *r = NULL;
	int error = redact_begin(o, &r, ret_why);

	d->n = o->analyze->nfiles;
	d->files = xcalloc(d->n, sizeof(FILE *));
	d->paths = xcalloc(d->n, sizeof(char *));
	for (size_t i = 0; i < d->n && !error; i++)
		error = redact_one(r, d, i, ret_why);
	redact_end(r);
	if (error) {
		redacted_free(d);
		return error;
	}
	*ret = d;
	return 0;
}

int
redact_key_read(const char *file, uint8_t key[CRYPTOPAN_KEY])
{
	FILE *in = fopen(file, "rb");
	uint8_t more;
	int error = 0;

	if (!in)
		return -errno;
	if (fread(key, 1, CRYPTOPAN_KEY, in) != CRYPTOPAN_KEY || fread(&more, 1, 1, in) == 1)
		error = -EMSGSIZE;
	fclose(in);
	return error;
}
