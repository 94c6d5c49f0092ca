/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the first payload of a client looks like to a filter of traffic that looks like nothing:
 * fully encrypted protocols begin with bytes that are all equally likely. */
#pragma once

#include "base.h"

struct opening {
	uint32_t ones;      /* bits that are set */
	uint16_t n;         /* bytes; 0: it was not looked at, or began like something known */
	uint16_t printable; /* bytes from 0x20 to 0x7e */
	uint16_t run;       /* the most of these in a row */
};

/* Looks at a first payload. What begins with text, or like TLS, costs a look at six bytes. */
void opening_count(struct opening *o, struct bytes first);
/* Did the filter that China had from November 2021 to March 2023 take it for fully encrypted? */
bool opening_is_encrypted(const struct opening *o);
/* Is a datagram filled with one byte, all but the first? Tools against filters send such ahead of
 * the first words (zapret: 620 bytes ahead of QUIC, 64 ahead of STUN, WireGuard and others). */
bool opening_is_filler(struct bytes b);
