/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames of QUIC's Initial packets, and the hello that they carry in pieces: RFC 9000, 12.4
 * and 19. */
#pragma once

#include "cursor.h"

/* RFC 9000, 7.5 asks for room for 4096 bytes out of order. Hellos with post-quantum keys have 2000,
 * and twice RFC 9000's room leaves some for the next ones. */
#define QUIC_HELLO_MAX 8192

/* What is known of a hello so far: its bytes, and which of them. */
struct quic_pieces {
	uint8_t bytes[QUIC_HELLO_MAX];
	uint8_t have[QUIC_HELLO_MAX / 8];
};

/* The bytes from the beginning up to the first that is missing. */
struct bytes quic_pieces_known(const struct quic_pieces *p);

struct quic_frames {
	struct bytes first; /* of CRYPTO from offset 0 */
	uint64_t code;      /* of CONNECTION_CLOSE */
	unsigned crypto;    /* CRYPTO frames */
	bool whole;         /* `first` is all the CRYPTO that there is */
	bool ack, closed;
};

/* Reads the frames of an opened Initial; what CRYPTO brings goes into `into`, unless NULL. Stops at
 * a frame that may not be there. */
void quic_frames_read(struct bytes text, struct quic_frames *ret, struct quic_pieces *into);
