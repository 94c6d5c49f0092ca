/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a redaction share. */
#pragma once

#include "redact.h"
#include "reframe.h"
#include "scrubber.h"
#include "whom.h"
#include "wording.h"

#include <stdio.h>

/* What a packet was taken for, when streams were put together. */
enum seen_kind { SEEN_NOTHING, SEEN_STREAM, SEEN_RESET, SEEN_DATAGRAM, SEEN_FRAGMENT };

/* One of each frame, in their order. */
struct redact_seen {
	uint32_t talk; /* index and 1; 0: nobody's; of a fragment, its datagram */
	uint32_t offset, seq;
	uint8_t from, version, kind;
};

struct capture;

/* A datagram that was put together from fragments. */
struct redact_whole {
	struct addr src, dst;
	struct redact_seen seen;
	int64_t where; /* in the spool, as it was */
	uint32_t n;    /* 0: it never was whole */
	uint8_t proto;
};

struct redaction {
	const struct redact_options *options;
	struct disguise *disguise;
	struct fingerprints *fingerprints;
	struct services *services;
	struct whom *whom;
	char (*digests)[65];
	FILE *seen, *spool; /* struct redact_seen of each frame; streams as they may be shown */
	uint64_t *begins;   /* of each file, its first in `seen` */
	int64_t spooled;
	struct redact_whole *wholes;
	size_t nwholes, wholes_size;
	uint8_t *buffer;
	size_t size;
	uint64_t frames, wrong_sums, overwritten;
	bool failed;
};

/* Opens one of the files alone, to read it again. */
int redact_open(const struct redaction *r, size_t i, struct capture **ret, char **ret_why);
/* Goes through all files: who is there, and what they said. */
int redact_learn(struct redaction *r, char **ret_why);
void redact_forget(struct redaction *r);
/* What a scrubber needs. */
struct scrub redact_scrub(const struct redaction *r, const struct talk *t, enum side from,
			  const struct reframe_payload *p);
/* Scrubs a datagram into p->out. */
void redact_datagram(const struct redaction *r, const struct talk *t, enum side from,
		     const struct reframe_payload *p);
