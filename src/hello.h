/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hellos of TLS, which QUIC carries too, and the fingerprints JA3 and JA4. */
#pragma once

#include "dissect.h"

/* The ClientHellos of browsers have up to twenty extensions, and the registry some seventy
 * (IANA, TLS ExtensionType Values). A hello that lists more is read, but gets no fingerprint. */
#define HELLO_EXTENSIONS_MAX 128

struct client_hello {
	uint16_t version;           /* legacy_version */
	uint16_t supported_version; /* the highest in supported_versions, GREASE aside, or 0 */
	bool has_sni;               /* the extension is there; the name may yet be empty */
	bool ech, old_ech, esni;    /* RFC 9849; its drafts; draft-ietf-tls-esni-01 to -06 */
	struct bytes sni, alpn;     /* the first name of each, or empty */
	struct bytes ciphers, groups, formats, signatures; /* lists as on the wire */
	size_t nextensions;                                /* all of them, kept or not */
	uint16_t extensions[HELLO_EXTENSIONS_MAX];         /* types in order, GREASE too */
};

/* Reads the body of a ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2) to the end of c. The views
 * point into it. If it fails, what was read before the failure stands; and if c's at_end is SHORT,
 * its end may be missing. */
void client_hello_read(struct cursor *c, struct client_hello *ret);

/* Which program speaks, as far as its lists tell: a number that does not depend on their order, on
 * GREASE, on the name or on Encrypted Client Hello. Unlike JA4 it costs next to nothing. */
uint32_t client_hello_shape(const struct client_hello *h);

/* What a ServerHello chose (RFC 8446, 4.1.3). */
struct server_hello {
	uint16_t version; /* by supported_versions, if that is there */
	uint16_t cipher;
	struct bytes random; /* 32 bytes */
	struct bytes alpn;
};

void server_hello_read(struct cursor *c, struct server_hello *ret);

/* Reserved values that clients send to keep servers tolerant (RFC 8701). */
static inline bool
is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* JA3 (salesforce/ja3, BSD-3-Clause): MD5 of versions and lists in their order.
 * False if the hello is too large to have one. */
bool client_hello_ja3(const struct client_hello *h, char out[MD5_HEX + 1]);

/* JA4 (FoxIO-LLC/ja4, technical_details/JA4.md, BSD-3-Clause): sorted lists.
 * carrier is 't' for TCP, 'q' for QUIC, 'd' for DTLS. */
#define JA4_LENGTH 36
bool client_hello_ja4(const struct client_hello *h, char carrier, char out[JA4_LENGTH + 1]);
/* Bytes of the handshake message that begins here, header included; SIZE_MAX if that is not there.
 */
size_t hello_whole_length(struct bytes b);
