/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes pcapng (draft-ietf-opsawg-pcapng): frames as they were captured, with comments. */
#pragma once

#include <stdio.h>

#include "packet.h"

struct pcapngout;

/* Begins a section. Texts, here and below, may have several lines; what comes of packets in them is
 * made printable, and what is longer than 64 KiB is cut. NULL is none. Errors are told by
 * pcapngout_finish(). The file stays the caller's. */
struct pcapngout *pcapngout_new(FILE *out, const char *comment, const char *application);

struct pcapngout_name {
	struct addr addr;
	const char *name;
};
/* A name resolution block (4.5), before the packets that it names. Writes none for no names. */
void pcapngout_names(struct pcapngout *w, const struct pcapngout_name *names, size_t n);

/* Describes an interface (4.2) with times in nanoseconds; returns the number that its frames give.
 * snaplen 0: none is known. The description may be NULL. */
uint32_t pcapngout_interface(struct pcapngout *w, int link_type, uint32_t snaplen,
			     const char *description);
/* Writes a frame (4.3) with n comments. Its number, capture and link type are not looked at. */
void pcapngout_frame(struct pcapngout *w, uint32_t interface, const struct frame *f,
		     const char *const *comments, size_t n);
/* Frees the writer and flushes. Returns 0, or a negative errno if anything was not written. */
int pcapngout_finish(struct pcapngout *w);
