/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a report goes. A file appears under its name only when it is whole. */
#pragma once

#include "base.h"

#include <stdio.h>

struct output {
	FILE *file;
	const char *name; /* as the user gave it, or "standard output" */
	char *final;      /* what the temporary file becomes; NULL if there is none */
	char *temporary;
};

/* name NULL is standard output. What is no regular file (a device, a pipe) is written directly.
 * Returns 0, or a negative errno. */
int output_open(const char *name, struct output *ret);
/* Lines at the end of a file that others read meanwhile. Returns 0, or a negative errno. */
int output_append(const char *name, struct output *ret);
/* Writes and flushes n bytes there, all or, in a regular file, none of them. Returns 0, or a
 * negative errno. */
int output_lines(FILE *out, const void *lines, size_t n);
/* Flushes, and renames the temporary file if all was written. Returns 0 or a negative errno. */
int output_close(struct output *o);
/* As output_close(), for what must survive the end of the machine: file and folder are on the disk
 * (fsync(2)) before the name is, and after. */
int output_keep(struct output *o);
/* Gives up: no trace of the temporary file is left. */
void output_discard(struct output *o);
/* Is it the same file as the one of that name? Then writing it would destroy what is read. */
bool output_is(const char *name, const char *input);
/* Has SIGINT, SIGTERM and SIGHUP call it before they end the program, or nothing if it is NULL. It
 * may do only what signal-safety(7) allows. */
void output_tidy_on_signals(void (*take_away)(void));
