/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUIC's versions and long headers: RFC 8999, RFC 9000, RFC 9369, and the drafts and experiments
 * that are still met. */
#pragma once

#include "cursor.h"

/* RFC 9000, 17.2: in versions 1 and 2; RFC 8999, 5.1 allows others up to 255. */
#define QUIC_CID_MAX 20
#define QUIC_TAG 16 /* of AES-128-GCM, RFC 9001, 5.3 */

enum quic_type { QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY, QUIC_NEGOTIATION };

/* How a version protects its Initials, and what they carry. */
enum quic_speech {
	QUIC_TLS,      /* a ClientHello of TLS */
	QUIC_CHLO,     /* Google's own, in protected packets (Q050) */
	QUIC_CHLO_RAW, /* Google's own, readable (Q046) */
};

struct quic_version {
	uint32_t first, last;
	const char *word;                       /* "1", "2", "draft-29", "Q050" */
	const uint8_t *salt;                    /* 20 bytes; NULL: its Initials are not protected */
	const uint8_t *retry_key, *retry_nonce; /* 16 and 12 bytes; NULL: no such tag */
	enum quic_speech speech;
	bool second; /* types and labels of RFC 9369, 3.2 */
};

/* NULL for a version that is not known. */
const struct quic_version *quic_version_find(uint32_t version);
/* "QUIC version 1", or the number of one that is not known; returns out. */
#define QUIC_WORDS_MAX 40
const char *quic_version_words(uint32_t version, char out[QUIC_WORDS_MAX]);
/* Versions that exist to be refused (RFC 9000, 15). */
static inline bool
quic_is_reserved(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* One packet with a long header, by what is readable of it. Views point into the datagram. */
struct quic_packet {
	const struct quic_version *known; /* NULL: the rest of the datagram is one packet */
	struct bytes dcid, scid;
	struct bytes token;  /* of an Initial or a Retry */
	struct bytes whole;  /* from its first byte to its last */
	struct bytes listed; /* QUIC_NEGOTIATION: the versions offered, four bytes each */
	size_t number_at;    /* of its packet number in `whole`; 0 if it has none */
	enum quic_type type;
	uint32_t version;
};

static inline bool
quic_is_long(uint8_t first)
{
	return first & 0x80;
}

/* Reads one packet that begins with a long header, and takes its bytes: up to its own end, if its
 * version says where that is, else all. */
void quic_packet_read(struct cursor *in, struct quic_packet *ret);
