/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads capture files, plain or compressed, one or several, as one capture in time order. */
#pragma once

#include "packet.h"

struct capture;

struct capture_options {
	const char
	    *filter; /* BPF expression, or NULL; applied to each frame with its own link type */
	const char *const *labels; /* what the inputs are called, or NULL: as they are opened */
	bool hash;                 /* compute SHA-256 of each input, as it lies on the disk */
	bool progress;             /* draw a progress line on standard error */
};

/* What is known of one input. Everything is final once capture_next() has returned 0. */
struct capture_info {
	const char *file;      /* its label, or as named on the command line */
	char sha256[65];       /* hex, "" unless asked for */
	uint64_t packets;      /* frames read, before the filter: what Wireshark would count */
	uint64_t bytes;        /* captured bytes of these frames */
	uint64_t filtered;     /* frames that the filter refused */
	int64_t first, last;   /* earliest and latest time of a frame; 0 if there is none */
	const char *link_type; /* name without prefix ("EN10MB"); of the first frame's interface */
	bool several_link_types;
	bool truncated;        /* ends inside a record */
	uint64_t out_of_order; /* frames whose time lies before an earlier frame of the same file */
	int64_t largest_step_back; /* nanoseconds, of those */
	uint64_t cut_frames;       /* frames with caplen < len */
	uint32_t snaplen;          /* of the (first) interface; 0 if unlimited or unknown */
	uint64_t dropped;          /* as a pcapng interface statistics block reports; 0 otherwise */
	const char *trouble;       /* why reading stopped early, in words, or NULL */
};

/* Opens the inputs. "-" is standard input. On failure returns a negative errno and sets
 * *ret_why to a message of one line, to be freed by the caller, that names the file. */
int capture_open(const char *const *files, size_t n, const struct capture_options *options,
		 struct capture **ret, char **ret_why);

/* The next frame in time order (files are merged by time; inside a file the file's own order
 * holds). Returns 1 with *ret set, 0 at the end. A file that breaks off or goes bad in the
 * middle ends there: its info says so, and the others go on. */
int capture_next(struct capture *c, struct frame *ret);
/* At most so many of the frames that follow, as far as they can be had without moving the bytes of
 * the ones before: all of them are valid until the next capture_next(). Returns how many; 0 is no
 * end. */
size_t capture_more(struct capture *c, struct frame *ret, size_t most);

/* A capture whose frames come from elsewhere, of interfaces with these names. */
struct capture *capture_pushed(const char *const *names, size_t n);
/* Numbers a frame of input i, and counts it. */
void capture_push(struct capture *c, size_t i, struct frame *f);
/* What the kernel says of input i by now. */
void capture_push_dropped(struct capture *c, size_t i, uint64_t dropped);

size_t capture_count(const struct capture *c);
const struct capture_info *capture_info(const struct capture *c, size_t i);
void capture_close(struct capture *c); /* accepts NULL */
