/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AES-256 in counter mode over Telegram's obfuscated hello: key in bytes 8 to 39, counter in 40 to
 * 55 (TelegramMessenger/MTProxy, net/net-tcp-rpc-ext-server.c; Telegram, "Transport obfuscation").
 */
#include "obfuscated2.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_CIPHER *aes;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

/* In a library context of our own, as the digests (digest.c). */
static void
fetch(void)
{
	OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

	if (library && OSSL_PROVIDER_load(library, "default"))
		aes = EVP_CIPHER_fetch(library, "AES-256-CTR", NULL);
}

void
obfuscated2_open(const uint8_t hello[OBFUSCATED2_LENGTH], uint8_t ret_tail[8])
{
	uint8_t plain[OBFUSCATED2_LENGTH];
	EVP_CIPHER_CTX *ctx;
	int n = 0;

	pthread_once(&fetched, fetch);
	ctx = EVP_CIPHER_CTX_new();
	if (!aes || !ctx || !EVP_EncryptInit_ex2(ctx, aes, hello + 8, hello + 40, NULL) ||
	    !EVP_EncryptUpdate(ctx, plain, &n, hello, OBFUSCATED2_LENGTH)) {
		fputs("tamperscope: OpenSSL has no AES\n", stderr);
		exit(1);
	}
	EVP_CIPHER_CTX_free(ctx);
	for (int i = 0; i < 8; i++)
		ret_tail[i] = plain[56 + i];
}
