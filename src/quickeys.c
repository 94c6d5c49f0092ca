/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of QUIC's Initial packets (RFC 9001, 5; RFC 9369, 3.3), by OpenSSL.
 *
 * As in digest.c the algorithms are fetched once, in a library context of our own: nothing here
 * protects anything. */
#include "quickeys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHA256_BYTES 32
#define SALT_BYTES 20
#define NUMBER_MAX 4 /* bytes of a packet number, RFC 9000, 17.1 */
#define SAMPLE 16    /* RFC 9001, 5.4.2 */

static EVP_MAC *mac;
static EVP_CIPHER *gcm, *ecb;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
/* One of each for a thread: making them costs more than what they do. */
static _Thread_local EVP_MAC_CTX *hmac;
static _Thread_local EVP_CIPHER_CTX *opener, *masker;

static void
fetch(void)
{
	OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

	if (!library || !OSSL_PROVIDER_load(library, "default"))
		return;
	mac = EVP_MAC_fetch(library, "HMAC", NULL);
	gcm = EVP_CIPHER_fetch(library, "AES-128-GCM", NULL);
	ecb = EVP_CIPHER_fetch(library, "AES-128-ECB", NULL);
}

/* What a library of such age cannot do is no error of the capture's. */
static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "tamperscope: OpenSSL cannot compute %s\n", what);
	exit(1);
}

static void
need(void)
{
	static char sha256[] = "SHA256";
	OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 6),
			       OSSL_PARAM_END};

	if (masker)
		return;
	pthread_once(&fetched, fetch);
	if (!mac || !gcm || !ecb)
		give_up("HMAC-SHA-256 or AES-128");
	hmac = EVP_MAC_CTX_new(mac);
	opener = EVP_CIPHER_CTX_new();
	if (!hmac || !opener || !EVP_MAC_CTX_set_params(hmac, params) ||
	    !EVP_DecryptInit_ex2(opener, gcm, NULL, NULL, NULL))
		give_up("HMAC-SHA-256 or AES-128");
	masker = EVP_CIPHER_CTX_new();
	if (!masker || !EVP_EncryptInit_ex2(masker, ecb, NULL, NULL, NULL))
		give_up("AES-128");
}

/* RFC 2104; the whole of it, since the last block of HKDF-Expand is one. */
static void
sign(struct bytes key, struct bytes text, uint8_t out[SHA256_BYTES])
{
	size_t n;

	if (!EVP_MAC_init(hmac, key.p, key.n, NULL) || !EVP_MAC_update(hmac, text.p, text.n) ||
	    !EVP_MAC_final(hmac, out, &n, SHA256_BYTES))
		give_up("HMAC-SHA-256");
}

/* HKDF-Expand-Label of RFC 8446, 7.1, for at most 32 bytes and no context: one block. */
static void
expand(const uint8_t secret[SHA256_BYTES], const char *label, uint8_t *out, uint8_t n)
{
	uint8_t info[32], block[SHA256_BYTES];
	size_t length = strlen(label), at = 0;

	info[at++] = 0;
	info[at++] = n;
	info[at++] = (uint8_t)(6 + length);
	memcpy(info + at, "tls13 ", 6);
	memcpy(info + at + 6, label, length);
	at += 6 + length;
	info[at++] = 0; /* context */
	info[at++] = 1; /* the first block */
	sign((struct bytes){secret, SHA256_BYTES}, (struct bytes){info, at}, block);
	memcpy(out, block, n);
}

void
quic_keys_derive(struct quic_keys *ret, const struct quic_version *v, struct bytes dcid,
		 bool of_server)
{
	uint8_t secret[SHA256_BYTES];

	need();
	sign((struct bytes){v->salt, SALT_BYTES}, dcid, secret);
	expand(secret, of_server ? "server in" : "client in", secret, SHA256_BYTES);
	expand(secret, v->second ? "quicv2 key" : "quic key", ret->key, sizeof ret->key);
	expand(secret, v->second ? "quicv2 iv" : "quic iv", ret->iv, sizeof ret->iv);
	expand(secret, v->second ? "quicv2 hp" : "quic hp", ret->header, sizeof ret->header);
}

/* AEAD_AES_128_GCM of RFC 5116, 5.1: sealed ends with its tag. */
static bool
unseal(const uint8_t *key, const uint8_t *nonce, struct bytes header, struct bytes sealed,
       uint8_t *out)
{
	int n = (int)(sealed.n - QUIC_TAG), done = 0;
	uint8_t tag[QUIC_TAG];

	memcpy(tag, sealed.p + n, sizeof tag);
	return EVP_DecryptInit_ex2(opener, NULL, key, nonce, NULL) &&
	       EVP_DecryptUpdate(opener, NULL, &done, header.p, (int)header.n) &&
	       (n == 0 || EVP_DecryptUpdate(opener, out, &done, sealed.p, n)) &&
	       EVP_CIPHER_CTX_ctrl(opener, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG, tag) &&
	       EVP_DecryptFinal_ex(opener, out + n, &done) > 0;
}

static void
seal(const uint8_t *key, const uint8_t *nonce, struct bytes header, struct bytes text, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0;

	if (!ctx || !EVP_EncryptInit_ex2(ctx, gcm, key, nonce, NULL) ||
	    !EVP_EncryptUpdate(ctx, NULL, &done, header.p, (int)header.n) ||
	    (text.n && !EVP_EncryptUpdate(ctx, out, &done, text.p, (int)text.n)) ||
	    !EVP_EncryptFinal_ex(ctx, out + text.n, &done) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, QUIC_TAG, out + text.n))
		give_up("AES-128-GCM");
	EVP_CIPHER_CTX_free(ctx);
}

static void
mask_of(const uint8_t *key, const uint8_t *sample, uint8_t out[SAMPLE])
{
	int done = 0;

	if (!EVP_EncryptInit_ex2(masker, NULL, key, NULL, NULL) ||
	    !EVP_EncryptUpdate(masker, out, &done, sample, SAMPLE))
		give_up("AES-128-ECB");
}

bool
quic_open(const struct quic_keys *k, const struct quic_packet *p, uint8_t *out,
	  struct quic_opened *ret)
{
	/* First byte, version, two connection IDs, two numbers of 8 bytes and the packet number:
	 * without its token a header is this long at most. */
	uint8_t small[7 + 2 * QUIC_CID_MAX + 16 + NUMBER_MAX], *header = small, mask[SAMPLE];
	uint8_t nonce[sizeof k->iv];
	size_t number, length;
	bool good;

	need();
	/* The sample lies where it would if the number had four bytes (RFC 9001, 5.4.2). */
	if (!p->number_at || p->whole.n < p->number_at + NUMBER_MAX + SAMPLE)
		return false;
	mask_of(k->header, p->whole.p + p->number_at + NUMBER_MAX, mask);
	number = ((p->whole.p[0] ^ mask[0]) & 3U) + 1;
	length = p->number_at + number;
	if (length > sizeof small)
		header = xcalloc(length, 1);
	memcpy(header, p->whole.p, length);
	header[0] ^= mask[0] & 0x0f;
	ret->number = 0;
	memcpy(nonce, k->iv, sizeof nonce);
	for (size_t i = 0; i < number; i++) {
		header[p->number_at + i] ^= mask[1 + i];
		ret->number = ret->number << 8 | header[p->number_at + i];
		nonce[sizeof nonce - number + i] ^= header[p->number_at + i];
	}
	ret->n = p->whole.n - length - QUIC_TAG;
	good = unseal(k->key, nonce, (struct bytes){header, length},
		      (struct bytes){p->whole.p + length, p->whole.n - length}, out);
	if (header != small)
		free(header);
	return good;
}

bool
quic_retry_holds(const struct quic_packet *p, struct bytes original)
{
	const struct quic_version *v = p->known;
	size_t n = p->whole.n - QUIC_TAG;
	uint8_t *pseudo, nothing[1];
	bool good;

	need();
	if (!v || !v->retry_key || original.n > QUIC_CID_MAX)
		return false;
	pseudo = xcalloc(1 + original.n + n, 1);
	pseudo[0] = (uint8_t)original.n;
	if (original.n)
		memcpy(pseudo + 1, original.p, original.n);
	memcpy(pseudo + 1 + original.n, p->whole.p, n);
	good = unseal(v->retry_key, v->retry_nonce, (struct bytes){pseudo, 1 + original.n + n},
		      (struct bytes){p->whole.p + n, QUIC_TAG}, nothing);
	free(pseudo);
	return good;
}

void
quic_seal(const struct quic_keys *k, const struct quic_packet *p, const uint8_t *text, uint8_t *out)
{
	uint8_t mask[SAMPLE], nonce[sizeof k->iv], *number = out + p->number_at;
	size_t n, length;

	need();
	mask_of(k->header, p->whole.p + p->number_at + NUMBER_MAX, mask);
	out[0] = p->whole.p[0] ^ (mask[0] & 0x0f);
	n = (out[0] & 3U) + 1;
	length = p->number_at + n;
	memcpy(nonce, k->iv, sizeof nonce);
	for (size_t i = 0; i < n; i++) {
		number[i] = p->whole.p[p->number_at + i] ^ mask[1 + i];
		nonce[sizeof nonce - n + i] ^= number[i];
	}
	seal(k->key, nonce, (struct bytes){out, length},
	     (struct bytes){text, p->whole.n - length - QUIC_TAG}, out + length);
	mask_of(k->header, number + NUMBER_MAX, mask);
	out[0] ^= mask[0] & 0x0f;
	for (size_t i = 0; i < n; i++)
		number[i] ^= mask[1 + i];
}

void
quic_retry_sign(const struct quic_version *v, struct bytes original, uint8_t *retry, size_t n)
{
	uint8_t *pseudo = xcalloc(1 + original.n + n, 1);

	need();
	pseudo[0] = (uint8_t)original.n;
	if (original.n)
		memcpy(pseudo + 1, original.p, original.n);
	memcpy(pseudo + 1 + original.n, retry, n - QUIC_TAG);
	seal(v->retry_key, v->retry_nonce, (struct bytes){pseudo, 1 + original.n + n - QUIC_TAG},
	     (struct bytes){NULL, 0}, retry + n - QUIC_TAG);
	free(pseudo);
}
