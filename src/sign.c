/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ed25519 by OpenSSL. */
#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "filesums.h"

/* A key has 120 bytes; people put comments before it. */
#define KEY_FILE_MAX (64 << 10)

struct sign_key {
	EVP_PKEY *key;
};

/* Without this OpenSSL would ask at the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *ret_asked)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)ret_asked = true;
	return -1;
}

static struct sign_key *
take(EVP_PKEY *key)
{
	struct sign_key *k;

	ERR_clear_error();
	if (!key || !EVP_PKEY_is_a(key, "ED25519")) {
		EVP_PKEY_free(key);
		return NULL;
	}
	k = xcalloc(1, sizeof *k);
	k->key = key;
	return k;
}

static struct sign_key *
parse(struct bytes pem, bool private, bool *ret_asked)
{
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = NULL;

	if (!in)
		out_of_memory();
	*ret_asked = false;
	if (private)
		key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, ret_asked);
	else
		key = PEM_read_bio_PUBKEY(in, NULL, no_passphrase, ret_asked);
	BIO_free(in);
	return take(key);
}

static int
load(const char *path, bool private, struct sign_key **ret, char **ret_why)
{
	uint8_t *text;
	size_t n;
	bool asked = false;
	int r = file_read_in(AT_FDCWD, path, KEY_FILE_MAX, &text, &n);

	if (r) {
		*ret_why = xasprintf("%s: the key cannot be read: %s", path,
				     r == -EINVAL ? "no regular file" : strerror(-r));
		return r;
	}
	*ret = parse((struct bytes){text, n}, private, &asked);
	OPENSSL_cleanse(text, n);
	free(text);
	if (*ret)
		return 0;
	if (asked)
		*ret_why = xasprintf("%s: the key is encrypted; expected one that is not, as "
				     "'openssl pkey -in %s' prints it",
				     path, path);
	else
		*ret_why = xasprintf("%s: expected %s Ed25519 key in PEM, as '%s' writes it", path,
				     private ? "a private" : "a public",
				     private ? "openssl genpkey -algorithm ed25519"
					     : "openssl pkey -pubout");
	return -EINVAL;
}

int
sign_key_private(const char *path, struct sign_key **ret, char **ret_why)
{
	return load(path, true, ret, ret_why);
}

int
sign_key_public(const char *path, struct sign_key **ret, char **ret_why)
{
	return load(path, false, ret, ret_why);
}

struct sign_key *
sign_key_parse(struct bytes pem)
{
	bool asked;

	return parse(pem, false, &asked);
}

void
sign_key_free(struct sign_key *k)
{
	if (k)
		EVP_PKEY_free(k->key);
	free(k);
}

char *
sign_public_pem(const struct sign_key *k)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *p, *text;
	long n;

	if (!out || PEM_write_bio_PUBKEY(out, k->key) != 1)
		out_of_memory();
	n = BIO_get_mem_data(out, &p);
	text = xasprintf("%.*s", (int)n, p);
	BIO_free(out);
	return text;
}

void
sign_public_bytes(const struct sign_key *k, uint8_t out[PUBLIC_BYTES])
{
	size_t n = PUBLIC_BYTES;

	if (EVP_PKEY_get_raw_public_key(k->key, out, &n) != 1)
		out_of_memory();
}

int
sign_bytes(const struct sign_key *k, struct bytes b, uint8_t out[SIGNATURE_BYTES])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = SIGNATURE_BYTES;
	bool good = c && EVP_DigestSignInit(c, NULL, NULL, NULL, k->key) == 1 &&
		    EVP_DigestSign(c, out, &n, b.p, b.n) == 1 && n == SIGNATURE_BYTES;

	EVP_MD_CTX_free(c);
	return good ? 0 : -EIO;
}

bool
sign_is_good(const struct sign_key *k, struct bytes b, struct bytes signature)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k->key) == 1 &&
		    EVP_DigestVerify(c, signature.p, signature.n, b.p, b.n) == 1;

	EVP_MD_CTX_free(c);
	ERR_clear_error();
	return good;
}
