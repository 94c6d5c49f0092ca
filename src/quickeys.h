/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of QUIC's Initial packets, which every observer can derive: RFC 9001, RFC 9369. */
#pragma once

#include "quicheader.h"

struct quic_keys {
	uint8_t key[16], iv[12], header[16];
};

/* The keys of one side's Initials, from the Destination Connection ID of the client's first one
 * (RFC 9001, 5.2). The version must have a salt. */
void quic_keys_derive(struct quic_keys *ret, const struct quic_version *v, struct bytes dcid,
		      bool of_server);

/* An Initial, opened. */
struct quic_opened {
	uint64_t number; /* as much of the packet number as is sent */
	size_t n;        /* bytes of frames */
};

/* Opens an Initial into out, which has room for p->whole.n bytes. False if it does not hold. */
bool quic_open(const struct quic_keys *k, const struct quic_packet *p, uint8_t *out,
	       struct quic_opened *ret);
/* Does a Retry answer the Initial that went to this connection ID (RFC 9001, 5.8)? */
bool quic_retry_holds(const struct quic_packet *p, struct bytes original);
/* The other way, for an Initial that quic_open() opened: `out` holds its header as it shall be,
 * with the lengths of the original; text has as many bytes as came out, and goes behind it, sealed.
 */
void quic_seal(const struct quic_keys *k, const struct quic_packet *p, const uint8_t *text,
	       uint8_t *out);
/* Writes the tag of a Retry of n bytes, its tag included, that answers an Initial to this ID. */
void quic_retry_sign(const struct quic_version *v, struct bytes original, uint8_t *retry, size_t n);
