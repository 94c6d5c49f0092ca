/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures by Ed25519 (RFC 8032), which are the same for the same key and bytes. Keys are PEM as
 * openssl-genpkey(1) and openssl-pkey(1) write them (RFC 8410). */
#pragma once

#include "base.h"

#define SIGNATURE_BYTES 64 /* RFC 8032, 5.1.6 */
#define PUBLIC_BYTES 32    /* RFC 8032, 5.1.5 */

struct sign_key;

/* Reads a private key (PKCS#8, not encrypted), or a public one. Returns 0, or a negative errno with
 * one line in *ret_why, to be freed by the caller. */
int sign_key_private(const char *path, struct sign_key **ret, char **ret_why);
int sign_key_public(const char *path, struct sign_key **ret, char **ret_why);
/* Of a public key's text. Returns NULL if it is none. */
struct sign_key *sign_key_parse(struct bytes pem);
void sign_key_free(struct sign_key *k); /* accepts NULL */

/* The public key as PEM, to be freed by the caller. */
char *sign_public_pem(const struct sign_key *k);
/* Its 32 bytes. */
void sign_public_bytes(const struct sign_key *k, uint8_t out[PUBLIC_BYTES]);
/* Returns 0 or -EIO. */
int sign_bytes(const struct sign_key *k, struct bytes b, uint8_t out[SIGNATURE_BYTES]);
bool sign_is_good(const struct sign_key *k, struct bytes b, struct bytes signature);
