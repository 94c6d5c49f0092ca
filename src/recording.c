/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file is begun by the first frame that goes into it. */
#include "recording.h"

#include "output.h"
#include "pcapngout.h"

#include "config.h"

#include <errno.h>
#include <stdlib.h>

/* Of a frame beside its bytes: a block's head and tail (pcapng 4.3). */
#define BLOCK_BYTES 32

struct recording {
	struct recording_options o;
	char *name; /* of the file that is open */
	struct output out;
	struct pcapngout *writer; /* NULL between files */
	uint32_t *interfaces;     /* numbers in this file, from 1; 0 is none yet */
	uint64_t bytes;
	int64_t began;
	unsigned files;
};

struct recording *
recording_new(const struct recording_options *o)
{
	struct recording *r = xcalloc(1, sizeof *r);

	r->o = *o;
	r->interfaces = xcalloc(o->n, sizeof *r->interfaces);
	return r;
}

static int
end_file(struct recording *r)
{
	int error;

	if (!r->writer)
		return 0;
	error = pcapngout_finish(r->writer);
	r->writer = NULL;
	if (error)
		output_discard(&r->out);
	else
		error = output_keep(&r->out);
	free(r->name);
	r->name = NULL;
	return error;
}

static int
begin_file(struct recording *r, const struct frame *f)
{
	bool several = r->o.bytes || r->o.duration;
	int error;

	r->files++;
	if (several ? asprintf(&r->name, "%s.%05u", r->o.name, r->files) < 0
		    : !(r->name = xstrdup(r->o.name)))
		return -ENOMEM;
	error = output_open(r->name, &r->out);
	if (error) {
		free(r->name);
		r->name = NULL;
		return error;
	}
	r->writer = pcapngout_new(r->out.file, NULL, "tamperscope " VERSION);
	memset(r->interfaces, 0, r->o.n * sizeof *r->interfaces);
	r->bytes = 0;
	r->began = f->nsec;
	return 0;
}

static bool
is_full(const struct recording *r, const struct frame *f)
{
	return r->writer && ((r->o.bytes && r->bytes + f->caplen + BLOCK_BYTES > r->o.bytes) ||
			     (r->o.duration && f->nsec - r->began >= r->o.duration));
}

int
recording_add(struct recording *r, const struct frame *f)
{
	uint32_t *interface = &r->interfaces[f->capture];
	int error = is_full(r, f) ? end_file(r) : 0;

	if (!error && !r->writer)
		error = begin_file(r, f);
	if (error)
		return error;
	if (!*interface)
		*interface = 1 + pcapngout_interface(r->writer, f->link_type, 0,
						     r->o.interfaces[f->capture]);
	pcapngout_frame(r->writer, *interface - 1, f, NULL, 0);
	r->bytes += f->caplen + BLOCK_BYTES;
	return 0;
}

int
recording_end(struct recording *r)
{
	int error;

	if (!r)
		return 0;
	error = end_file(r);
	free(r->interfaces);
	free(r);
	return error;
}
