/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several capture files as one: a heap of inputs, ordered by the time of each one's next frame.
 *
 * Inputs that can be read twice wait closed until their first frame is due, so that a thousand
 * rotated files need the memory of one. */
#include "capture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "bpf.h"
#include "capfile.h"
#include "progress.h"
#include "source.h"

/* An input's index is 16 bits in struct ref. */
#define INPUTS_MOST 65535

/* Frames between two looks at the clock; a power of two. 1024 frames take about 0.2 ms. */
#define PROGRESS_FRAMES 1024

/* From here on a snaplen limits nothing: libpcap's MAXIMUM_SNAPLEN. */
#define SNAPLEN_UNLIMITED 262144

/* Files that are open beside the inputs: streams, the report, fingerprints, with room to spare. */
#define FILES_BESIDE 64

struct input {
	struct capture_info info;
	char *name;
	char *label; /* what reports call it */
	char link_name[LINK_NAME_MAX];
	char trouble[160];
	struct source *source; /* NULL while it waits, and after its end */
	struct capfile *file;
	struct frame head; /* the next frame */
	int link_type;     /* of the first frame, or of the first interface */
	uint64_t size;     /* on the disk; 0 if unknown */
	uint64_t raw_bytes;
	bool plain_file; /* can be opened again */
};

struct capture {
	struct input *inputs;
	size_t n;
	uint32_t *heap; /* indexes of inputs that have a next frame */
	size_t nheap;
	bool taken; /* the first of the heap was handed out, and must be moved on */
	bool hash;
	struct bpf *filter;
	struct progress *progress;
	uint64_t frames;
};

static char *message(const char *fmt, ...) PRINTF_LIKE(1, 2);

static char *
message(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? xstrdup("out of memory") : s;
}

static void
input_close(struct input *in)
{
	if (in->source)
		in->raw_bytes = in->source->raw_bytes;
	capfile_close(in->file);
	source_close(in->source);
	in->file = NULL;
	in->source = NULL;
}

/* Opens the file and reads its header. */
static int
input_open(struct input *in, bool hash, char ret_why[160])
{
	struct stat st;
	int r = source_open(in->name, hash, &in->source);

	if (r < 0) {
		snprintf(ret_why, 160, "%s", strerror(-r));
		return r;
	}
	if (fstat(in->source->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		in->plain_file = strcmp(in->name, "-") != 0;
		in->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	}
	r = capfile_open(in->source, &in->file, ret_why);
	if (r < 0)
		input_close(in);
	return r;
}

static void
set_link_type(struct input *in, int link_type)
{
	in->link_type = link_type;
	in->info.link_type = link_type_name(link_type, in->link_name);
}

/* A frame whose time lies before an earlier one's. */
static void
account_step_back(struct capture_info *info, int64_t nsec)
{
	info->out_of_order++;
	if (info->last - nsec > info->largest_step_back)
		info->largest_step_back = info->last - nsec;
	if (nsec < info->first)
		info->first = nsec;
}

/* Counts the frame that has become the next one, and is not the first. */
static void
account_next(struct input *in, const struct frame *f)
{
	struct capture_info *info = &in->info;

	info->packets = f->number;
	info->bytes += f->caplen;
	info->cut_frames += f->caplen < f->len;
	info->several_link_types |= f->link_type != in->link_type;
	if (f->nsec >= info->last)
		info->last = f->nsec;
	else
		account_step_back(info, f->nsec);
}

static void
account(struct input *in, const struct frame *f)
{
	if (in->info.packets == 0) {
		in->info.first = in->info.last = f->nsec;
		set_link_type(in, f->link_type);
	}
	account_next(in, f);
}

/* Notes how the file ended and lets go of it. */
static void
input_finish(struct input *in)
{
	struct capture_info *info = &in->info;

	info->packets = in->file->number;
	info->dropped = in->file->dropped;
	info->truncated = in->file->truncated;
	if (in->file->trouble[0]) {
		snprintf(in->trouble, sizeof in->trouble, "%s", in->file->trouble);
		info->trouble = in->trouble;
	}
	if (in->link_type < 0 && in->file->first_link_type >= 0)
		set_link_type(in, in->file->first_link_type);
	info->snaplen = in->file->first_snaplen;
	if (info->snaplen >= SNAPLEN_UNLIMITED)
		info->snaplen = 0;
	source_finish_hash(in->source, info->sha256);
	input_close(in);
}

/* Reads the next frame. Returns false at the end of the file. */
static bool
input_next(struct input *in, struct frame *ret)
{
	if (capfile_next(in->file, ret) > 0) {
		account(in, ret);
		return true;
	}
	input_finish(in);
	return false;
}

static bool
comes_before(const struct capture *c, uint32_t a, uint32_t b)
{
	int64_t x = c->inputs[a].head.nsec, y = c->inputs[b].head.nsec;

	return x != y ? x < y : a < b;
}

static void
sift_down(struct capture *c, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		uint32_t t = c->heap[i];

		if (child + 1 < c->nheap && comes_before(c, c->heap[child + 1], c->heap[child]))
			child++;
		if (child >= c->nheap || !comes_before(c, c->heap[child], t))
			return;
		c->heap[i] = c->heap[child];
		c->heap[child] = t;
		i = child;
	}
}

static void
drop_first(struct capture *c)
{
	c->heap[0] = c->heap[--c->nheap];
	if (c->nheap)
		sift_down(c, 0);
}

/* Opens a waiting input again, now that its first frame is due. */
static bool
input_wake(struct capture *c, struct input *in)
{
	char why[160];

	if (input_open(in, c->hash, why) < 0) {
		snprintf(in->trouble, sizeof in->trouble, "could not be read again: %.120s", why);
		in->info.trouble = in->trouble;
		return false;
	}
	return input_next(in, &in->head);
}

/* Learns the time of the first frame; closes the file again if it can wait. */
static void
input_begin(struct capture *c, uint32_t i)
{
	struct input *in = &c->inputs[i];

	if (c->n > 1 && in->plain_file) {
		if (capfile_next(in->file, &in->head) <= 0) {
			input_finish(in);
			return;
		}
		set_link_type(in, in->head.link_type);
		input_close(in);
		in->raw_bytes = 0;
	} else if (!input_next(in, &in->head)) {
		return;
	}
	c->heap[c->nheap++] = i;
}

/* A filter is wrong if no link type of the first frames has a meaning for it. */
static int
check_filter(struct capture *c, const char *expression, char **ret_why)
{
	char why[160] = "", first[160];
	bool known = c->nheap == 0 && bpf_knows(c->filter, 1, why);

	for (size_t i = 0; i < c->nheap && !known; i++) {
		known = bpf_knows(c->filter, c->inputs[c->heap[i]].head.link_type, first);
		if (i == 0)
			memcpy(why, first, sizeof why);
	}
	if (known)
		return 0;
	*ret_why = message("filter '%s': %s", expression, why);
	return -EINVAL;
}

/* Inputs that overlap in time are open together. The soft limit is low for the sake of select(),
 * which nobody here calls. */
static void
allow_open_files(size_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > n + FILES_BESIDE)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int
open_all(struct capture *c, const char *const *files, const char *const *labels, char **ret_why)
{
	char why[160] = "";
	int r;

	for (uint32_t i = 0; i < c->n; i++) {
		struct input *in = &c->inputs[i];

		in->name = xstrdup(files[i]);
		in->label = xstrdup(labels ? labels[i] : files[i]);
		in->info.file = in->label;
		in->link_type = -1;
		in->info.link_type = "UNKNOWN"; /* a pcapng file without interfaces */
		r = input_open(in, c->hash, why);
		if (r < 0) {
			*ret_why =
			    message("%s: %s",
				    strcmp(files[i], "-") == 0 ? "standard input" : files[i], why);
			return r;
		}
		input_begin(c, i);
	}
	for (size_t i = c->nheap; i-- > 0;)
		sift_down(c, i);
	return 0;
}

int
capture_open(const char *const *files, size_t n, const struct capture_options *options,
	     struct capture **ret, char **ret_why)
{
	struct capture *c;
	uint64_t total = 0;
	int r;

	if (n > INPUTS_MOST) {
		*ret_why = message("%zu files are too many; at most %d", n, INPUTS_MOST);
		return -E2BIG;
	}
	c = xcalloc(1, sizeof *c);
	c->inputs = xcalloc(n, sizeof *c->inputs);
	c->heap = xcalloc(n, sizeof *c->heap);
	c->n = n;
	c->hash = options->hash;
	allow_open_files(n);
	r = open_all(c, files, options->labels, ret_why);
	if (r == 0 && options->filter) {
		c->filter = bpf_new(options->filter);
		r = check_filter(c, options->filter, ret_why);
	}
	if (r < 0) {
		capture_close(c);
		return r;
	}
	if (options->progress) {
		for (size_t i = 0; i < n && (i == 0 || total); i++)
			total = c->inputs[i].size ? total + c->inputs[i].size : 0;
		c->progress = progress_new(total);
	}
	*ret = c;
	return 0;
}

static void
count_frames(struct capture *c, size_t n)
{
	uint64_t before = c->frames, bytes = 0;

	c->frames += n;
	if (!c->progress || before / PROGRESS_FRAMES == c->frames / PROGRESS_FRAMES)
		return;
	for (size_t i = 0; i < c->n; i++)
		bytes +=
		    c->inputs[i].source ? c->inputs[i].source->raw_bytes : c->inputs[i].raw_bytes;
	progress_update(c->progress, bytes, c->frames);
}

/* Moves the first input of the heap on to its next frame. */
static void
move_on(struct capture *c)
{
	struct input *in = &c->inputs[c->heap[0]];

	if (!input_next(in, &in->head))
		drop_first(c);
	else if (c->nheap > 1)
		sift_down(c, 0);
}

int
capture_next(struct capture *c, struct frame *ret)
{
	for (;;) {
		struct input *in;

		if (c->taken)
			move_on(c);
		c->taken = false;
		if (c->nheap == 0)
			break;
		in = &c->inputs[c->heap[0]];
		if (!in->source && !input_wake(c, in)) {
			drop_first(c);
			continue;
		}
		c->taken = true;
		count_frames(c, 1);
		if (c->filter && !bpf_pass(c->filter, &in->head)) {
			in->info.filtered++;
			continue;
		}
		*ret = in->head;
		ret->capture = (uint16_t)c->heap[0];
		return 1;
	}
	progress_free(c->progress);
	c->progress = NULL;
	return 0;
}

/* One more of several inputs that are read in turns. */
static bool
more_of_several(struct capture *c, struct frame *ret)
{
	struct input *in = &c->inputs[c->heap[0]];

	if (!capfile_more(in->file, &in->head, 1))
		return false;
	account(in, &in->head);
	sift_down(c, 0);
	in = &c->inputs[c->heap[0]];
	c->taken = in->source; /* else it is to be opened again: capture_next() */
	*ret = in->head;
	ret->capture = (uint16_t)c->heap[0];
	return c->taken;
}

size_t
capture_more(struct capture *c, struct frame *ret, size_t most)
{
	struct input *in = &c->inputs[c->heap[0]];
	size_t n = 0;

	/* A filter may pass over any number of frames. */
	if (!c->taken || c->filter)
		return 0;
	if (c->nheap > 1) {
		while (n < most && more_of_several(c, &ret[n]))
			n++;
	} else {
		n = capfile_more(in->file, ret, most);
		for (size_t i = 0; i < n; i++) {
			account_next(in, &ret[i]);
			ret[i].capture = (uint16_t)c->heap[0];
		}
	}
	count_frames(c, n);
	return n;
}

struct capture *
capture_pushed(const char *const *names, size_t n)
{
	struct capture *c = xcalloc(1, sizeof *c);

	c->inputs = xcalloc(n, sizeof *c->inputs);
	c->n = n;
	for (size_t i = 0; i < n; i++) {
		c->inputs[i].label = xstrdup(names[i]);
		c->inputs[i].info.file = c->inputs[i].label;
		c->inputs[i].info.link_type = "UNKNOWN";
		c->inputs[i].link_type = -1;
	}
	return c;
}

void
capture_push(struct capture *c, size_t i, struct frame *f)
{
	struct input *in = &c->inputs[i];

	f->capture = (uint16_t)i;
	/* 0 is no frame: after four thousand million they count from 1 again. */
	f->number = (uint32_t)(in->info.packets % UINT32_MAX) + 1;
	account(in, f);
	c->frames++;
}

void
capture_push_dropped(struct capture *c, size_t i, uint64_t dropped)
{
	c->inputs[i].info.dropped = dropped;
}

size_t
capture_count(const struct capture *c)
{
	return c->n;
}

const struct capture_info *
capture_info(const struct capture *c, size_t i)
{
	return &c->inputs[i].info;
}

void
capture_close(struct capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		input_close(&c->inputs[i]);
		free(c->inputs[i].name);
		free(c->inputs[i].label);
	}
	progress_free(c->progress);
	bpf_free(c->filter);
	free(c->inputs);
	free(c->heap);
	free(c);
}
