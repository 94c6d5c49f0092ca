/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one side has said and no dissector has taken yet: the beginning of a message. */
#pragma once

#include "flow.h"

struct waiting;

/* Small, as each side of each conversation has one while it is read. */
struct message_buffer {
	struct waiting *waiting; /* NULL: nothing waits, and no memory is in use */
	uint32_t n, size;        /* bytes that wait, and for which there is room */
	uint64_t skip;           /* bytes to come that nobody wants */
	bool refused;            /* no probe knows this side's beginning */
	uint8_t tries;           /* datagrams that no probe knew */
};

/* The side's buffer, made when it is first asked for. */
struct message_buffer *buffer_of(struct flow *f, enum side from);
struct bytes buffer_bytes(const struct message_buffer *m);
/* Adds bytes that came with the packet at hand (f->at). */
void buffer_append(struct message_buffer *m, const struct flow *f, struct bytes b);
/* From now on facts cite the packet with which the last byte came. */
void buffer_cite(const struct message_buffer *m, struct flow *f);
/* The first n bytes are done with. */
void buffer_consume(struct message_buffer *m, size_t n);
/* n bytes, zeroed when first asked for, in place of what waits: of datagrams nothing does. */
void *buffer_memory(struct message_buffer *m, size_t n);
void buffer_drop(struct message_buffer *m);
/* Frees the buffer of that side, if there is one. */
void buffer_free(struct flow *f, enum side from);
