/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record layer of TLS (RFC 8446, 5.1; RFC 5246, 6.2.1). */
#pragma once

#include "cursor.h"

/* RFC 8446, 5.1; RFC 6520, 3. */
enum content_type {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
	HEARTBEAT = 24,
};

#define RECORD_HEADER 5
/* TLSCiphertext of TLS 1.2, the largest of all versions (RFC 5246, 6.2.3). */
#define RECORD_MAX (16384 + 2048)

/* Takes the header of the next record. Returns the length of what follows. */
uint32_t record_header(struct cursor *in, uint8_t *ret_type);

/* Takes n bytes of a handshake message to `to` from as many records as it takes; *left is what the
 * current record still holds. Returns how many it got. Fewer than n without a failure of `in` means
 * that the message will never be whole: an alert cuts in, or no more bytes will come. */
size_t record_gather(struct cursor *in, uint32_t *left, uint8_t *to, size_t n);
