/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each bit is turned over or not, as AES says of the bits before it: Xu et al. 2002, 3.2, as the
 * authors' own program computes it. */
#include "cryptopan.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK 16

struct cryptopan {
	EVP_CIPHER_CTX *aes;
	uint8_t pad[BLOCK];
};

static void
encrypt(const struct cryptopan *c, const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	int n = 0;

	if (!EVP_EncryptUpdate(c->aes, out, &n, in, BLOCK) || n != BLOCK) {
		fputs("tamperscope: OpenSSL cannot compute AES-128\n", stderr);
		exit(1);
	}
}

struct cryptopan *
cryptopan_new(const uint8_t key[CRYPTOPAN_KEY])
{
	struct cryptopan *c = xcalloc(1, sizeof *c);

	c->aes = EVP_CIPHER_CTX_new();
	if (!c->aes || !EVP_EncryptInit_ex(c->aes, EVP_aes_128_ecb(), NULL, key, NULL)) {
		fputs("tamperscope: OpenSSL has no AES-128\n", stderr);
		exit(1);
	}
	EVP_CIPHER_CTX_set_padding(c->aes, 0);
	encrypt(c, key + BLOCK, c->pad);
	return c;
}

void
cryptopan_free(struct cryptopan *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->aes);
	memset(c->pad, 0, sizeof c->pad);
	free(c);
}

void
cryptopan(const struct cryptopan *c, uint8_t *address, unsigned bits, unsigned fixed)
{
	uint8_t in[BLOCK], out[BLOCK], turn[BLOCK] = {0};

	for (unsigned i = fixed; i < bits; i++) {
		unsigned byte = i / 8, left = i % 8;

		/* The first i bits are the address', the rest is padding. */
		memcpy(in, c->pad, sizeof in);
		memcpy(in, address, byte);
		if (left) {
			uint8_t mask = (uint8_t)(0xff00U >> left);

			in[byte] = (uint8_t)((address[byte] & mask) | (c->pad[byte] & ~mask));
		}
		encrypt(c, in, out);
		turn[byte] |= (uint8_t)((out[0] >> 7) << (7 - left));
	}
	for (unsigned i = 0; i < bits / 8; i++)
		address[i] ^= turn[i];
}
