/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checksums of what is rewritten: each stays as right or as wrong as it was (RFC 1624). */
#pragma once

#include "base.h"

/* A checksum and what it covers. Offsets count from the first byte of the frame. */
struct resum {
	size_t field, begin, end;
	size_t addresses, naddresses; /* the pseudo header's; none for others */
	uint32_t length;              /* of the pseudo header */
	uint8_t proto;
	bool whole; /* all that it covers is there, so that it can be checked */
};

/* Corrects the field in `out` for all that differs from `in`. Returns whether it was right: true if
 * that cannot be told. */
bool resum(const struct resum *r, const uint8_t *in, uint8_t *out);
