/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the packets say of a measurement, as a document of its own or inside of the measurement.
 * docs/attachment.schema.json says what is in it. */
#pragma once

#include "measurement.h"
#include "relate.h"

struct attachment_style {
	const char *file; /* of the measurements */
	bool raw;         /* addresses of clients and bytes of packets, too */
};

/* A measurement that was held against the captures. */
struct attachment {
	const struct measurement *measurement;
	struct clock_offset clock;
	const struct join *joins;  /* one a part */
	const struct told *parts;  /* likewise */
	const struct told *claims; /* one a claim */
	json_t *packets;           /* with --raw: as OONI's df-003 has them; NULL otherwise */
	uint64_t left_out;         /* conversations that could not be kept */
	struct arena *arena;       /* owns what it points to, but for the measurement */
};

/* The document; a new reference. */
json_t *attachment_json(const struct attachment *a, const struct report *r,
			const struct measurements *all, const struct attachment_style *style);

/* Is a finding told in it? Findings of joined conversations and of what was concluded are. */
bool attachment_has(const struct attachment *a, const struct finding *f);

/* Writes the text of the measurements from *at on up to the end of the i-th one's members, and the
 * document there; moves *at to where it goes on. Returns 0 or a negative errno. */
int attachment_insert(const struct measurements *all, size_t i, const json_t *document, size_t *at,
		      FILE *out);
/* The rest of the text. */
int attachment_finish(const struct measurements *all, size_t at, FILE *out);

/* The key under which it is put there. */
#define ATTACHMENT_KEY "x_tamperscope"
