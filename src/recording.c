/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file is begun by the first frame that goes into it. */
#include "recording.h"

#include "output.h"
#include "pcapngout.h"

#include "config.h"

#include <errno.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

/* Of a frame beside its bytes: a block's head and tail (pcapng 4.3). */
#define BLOCK_BYTES 32

/* Written at once. A frame with its padding and the names of interfaces fit in between. */
#define FLUSH_BYTES ((size_t)128 << 10)
#define BUFFER_BYTES ((size_t)512 << 10)

struct recording {
	struct recording_options o;
	char *name; /* of the file that is open */
	struct output out;
	struct pcapngout *writer; /* NULL between files */
	uint32_t *interfaces;     /* numbers in this file, from 1; 0 is none yet */
	uint64_t bytes;
	int64_t began;
	unsigned files;
	off_t whole; /* so much of the file is on the disk, up to the end of a frame */
	size_t unflushed;
	char buffer[BUFFER_BYTES];
};

struct recording *
recording_new(const struct recording_options *o)
{
	struct recording *r = xcalloc(1, sizeof *r);

	r->o = *o;
	r->interfaces = xcalloc(o->n, sizeof *r->interfaces);
	return r;
}

/* What could not be written is forgotten, and so is what was written of it: whole frames stay. */
static int
cut_file(struct recording *r)
{
	int fd = fileno(r->out.file);

	__fpurge(r->out.file);
	clearerr(r->out.file);
	return ftruncate(fd, r->whole) || lseek(fd, r->whole, SEEK_SET) < 0 ? -errno : 0;
}

static int
flush(struct recording *r)
{
	errno = 0;
	if (ferror(r->out.file) || fflush(r->out.file))
		return errno ? -errno : -EIO;
	r->whole = ftello(r->out.file);
	r->unflushed = 0;
	return 0;
}

static int
end_file(struct recording *r)
{
	int error, closed;

	if (!r->writer)
		return 0;
	error = flush(r);
	closed = error ? cut_file(r) : 0;
	pcapngout_finish(r->writer); /* there is nothing left for it to write */
	r->writer = NULL;
	if (closed || !r->whole)
		output_discard(&r->out);
	else
		closed = output_keep(&r->out);
	free(r->name);
	r->name = NULL;
	return error ? error : closed;
}

static int
begin_file(struct recording *r, const struct frame *f)
{
	bool several = r->o.bytes || r->o.duration;
	int error;

	/* Those of an earlier run stay. */
	do {
		free(r->name);
		r->name =
		    several ? xasprintf("%s.%05u", r->o.name, ++r->files) : xstrdup(r->o.name);
	} while (several && access(r->name, F_OK) == 0);
	error = output_open(r->name, &r->out);
	if (error) {
		free(r->name);
		r->name = NULL;
		return error;
	}
	setvbuf(r->out.file, r->buffer, _IOFBF, sizeof r->buffer);
	r->whole = 0;
	r->unflushed = 0;
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
	r->unflushed += f->caplen + BLOCK_BYTES;
	return r->unflushed > FLUSH_BYTES || ferror(r->out.file) ? flush(r) : 0;
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
