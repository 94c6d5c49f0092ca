/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests as hex, by OpenSSL.
 *
 * The algorithms are fetched once, in a library context of our own that has the default
 * provider: fetching costs more than hashing a ClientHello, and MD5 must work where the
 * system's configuration allows only approved algorithms, since nothing here protects anything. */
#include "dissect.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum algorithm { MD5_, SHA256_, ALGORITHMS };

static EVP_MD *algorithms[ALGORITHMS];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	static const char *const names[ALGORITHMS] = {"MD5", "SHA256"};
	OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

	if (library && OSSL_PROVIDER_load(library, "default"))
		for (int i = 0; i < ALGORITHMS; i++)
			algorithms[i] = EVP_MD_fetch(library, names[i], NULL);
}

static void
digest(enum algorithm which, struct bytes b, char *out)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	pthread_once(&fetched, fetch);
	if (!algorithms[which] || !EVP_Digest(b.p, b.n, sum, &n, algorithms[which], NULL)) {
		fputs("tamperscope: OpenSSL cannot compute a digest\n", stderr);
		exit(1);
	}
	hex_text((struct bytes){sum, n}, n, out);
}

void
digest_md5(struct bytes b, char out[MD5_HEX + 1])
{
	digest(MD5_, b, out);
}

void
digest_sha256(struct bytes b, char out[SHA256_HEX + 1])
{
	digest(SHA256_, b, out);
}
