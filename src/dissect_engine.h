/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hands bytes to the dissectors: who claims a conversation, where a message begins, what to do
 * when it is unfinished or makes no sense. */
#pragma once

#include "dissect.h"

/* The most facts that one flow keeps. A DNS answer notes about ten, a TLS handshake about
 * thirty; what does not fit is dropped and the flow says so (FLOW_FACTS_FULL). */
#define FACTS_MAX 512

/* What is noted for each dissector when it fails: "<name>.malformed", in the order of
 * dissectors[]; ends with {0}. */
extern const struct field malformed_fields[];

/* The next bytes of one side of a stream, in order. */
void dissect_stream_bytes(struct flow *f, enum side from, struct bytes b);
/* n bytes of one side are missing from the capture; what follows comes after them. */
void dissect_stream_gap(struct flow *f, enum side from, uint64_t n);
/* No more bytes of that side will come: what waits for its end is told without it. For both sides
 * of a stream before the flow is judged. */
void dissect_stream_end(struct flow *f, enum side from);
/* One datagram. `cut` says that the capture lacks its tail. */
void dissect_datagram(struct flow *f, enum side from, struct bytes b, bool cut);
/* Lets the PACKETS dissectors note what the kept packets show, then puts all facts in order of
 * time. For flows that somebody looks at. */
void dissect_packets(struct flow *f);
/* True if nobody wants more bytes of that side. */
bool dissect_done(const struct flow *f, enum side from);
/* By its name; NULL if there is none. */
const struct dissector *dissector_find(const char *name);
/* Costly fields that nobody asks for: a list that ends with NULL and outlives the analysis; NULL
 * itself means that all are wanted. */
void dissect_leave_out(const struct field *const *fields);
/* Whom to ask whether a rule may find something in a bulky text; NULL: all of them are kept.
 * `rules` outlives the analysis. */
struct fingerprints;
void dissect_ask(bool (*wants)(const struct fingerprints *rules, const struct field *field,
			       struct bytes text),
		 const struct fingerprints *rules);
/* Facts are packed while a flow lives (packed.c). From now on there is a list of them, f->facts,
 * for those who judge. */
void facts_unpack(struct flow *f);
/* How many there are, to take back what an unfinished message noted after them. */
struct noted {
	uint16_t facts;
	size_t bytes;
};
struct noted facts_noted(const struct flow *f);
void facts_take_back(struct flow *f, struct noted to);
/* Puts them in order of time, for they were noted out of it. */
void facts_sort(struct flow *f);
/* Forgets them all; texts of those that were noted since they were unpacked go with the arena. */
void facts_free(struct flow *f);
/* Frees the buffers; facts stay until the flow's arena goes. */
void dissect_free(struct flow *f);
