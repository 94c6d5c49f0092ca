/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each side of a TCP connection said, in every version: decoys and forgeries stand at the same
 * numbers as the truth. */
#pragma once

#include "base.h"

/* As many bytes of a side's stream as the analysis reads (STREAM_DEPTH of analyze.c). */
#define WORDING_DEPTH 32768
/* Tools against filters send a decoy or two, forgers one answer; more are overwritten. */
#define WORDING_VERSIONS 8

struct wording;

/* Where a segment stands. */
struct wording_place {
	uint8_t version; /* WORDING_VERSIONS: nowhere */
	uint32_t offset;
};

/* A SYN was seen; the bytes begin behind it. */
void wording_begin(struct wording **w, uint32_t first);
/* Takes a segment; len is what was sent, b what there is. */
struct wording_place wording_take(struct wording **w, uint32_t seq, struct bytes b, uint32_t len);
size_t wording_versions(const struct wording *w);
/* What a version says from its beginning to its first gap, and its first number. */
struct bytes wording_text(const struct wording *w, size_t version, uint32_t *ret_first);
/* How long the first segment of a version was. */
size_t wording_opening(const struct wording *w, size_t version);
/* Bytes that all of them hold now. */
size_t wording_held(void);
/* Forgets the texts, and has a number stand for each that tells where it was put. */
void wording_close(struct wording *w);
bool wording_is_closed(const struct wording *w);
void wording_put(struct wording *w, size_t version, int64_t at, uint32_t n);
int64_t wording_where(const struct wording *w, size_t version, uint32_t *ret_n);
void wording_free(struct wording *w); /* accepts NULL */
