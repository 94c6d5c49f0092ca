/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of files by OpenSSL: SHA-256 and SHA-512 (FIPS 180-4). */
#include "filesums.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 18)

struct sums {
	EVP_MD_CTX *of[2];
	struct file_sums *ret;
};

static bool
begin(struct sums *s, bool sha512, struct file_sums *ret)
{
	*s = (struct sums){{EVP_MD_CTX_new(), sha512 ? EVP_MD_CTX_new() : NULL}, ret};
	*ret = (struct file_sums){0};
	return s->of[0] && EVP_DigestInit_ex(s->of[0], EVP_sha256(), NULL) == 1 &&
	       (!sha512 || (s->of[1] && EVP_DigestInit_ex(s->of[1], EVP_sha512(), NULL) == 1));
}

static void
add(struct sums *s, struct bytes b)
{
	s->ret->size += b.n;
	for (int i = 0; i < 2 && s->of[i]; i++)
		EVP_DigestUpdate(s->of[i], b.p, b.n);
}

static void
finish_one(EVP_MD_CTX *context, char *out)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(context, sum, &n) == 1)
		hex_text((struct bytes){sum, n}, n, out);
}

static void
end(struct sums *s)
{
	finish_one(s->of[0], s->ret->sha256);
	if (s->of[1])
		finish_one(s->of[1], s->ret->sha512);
}

static void
let_go(struct sums *s)
{
	EVP_MD_CTX_free(s->of[0]);
	EVP_MD_CTX_free(s->of[1]);
}

static int
add_all(struct sums *s, int fd, uint64_t most)
{
	uint8_t *chunk = xrealloc(NULL, CHUNK, 1);
	ssize_t n;
	int r = 0;

	while ((n = pread(fd, chunk, CHUNK, (off_t)s->ret->size)) != 0 && !r) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = -errno;
			break;
		}
		add(s, (struct bytes){chunk, (size_t)n});
		if (s->ret->size > most)
			r = -EFBIG;
	}
	free(chunk);
	return r;
}

int
file_sums(int fd, bool sha512, uint64_t most, struct file_sums *ret)
{
	struct sums s;
	int r = begin(&s, sha512, ret) ? add_all(&s, fd, most) : -ENOMEM;

	if (!r)
		end(&s);
	let_go(&s);
	return r;
}

int
bytes_sums(struct bytes b, struct file_sums *ret)
{
	struct sums s;
	int r = begin(&s, false, ret) ? 0 : -ENOMEM;

	if (!r) {
		add(&s, b);
		end(&s);
	}
	let_go(&s);
	return r;
}

int
file_open_in(int folder, const char *name)
{
	/* Without O_NONBLOCK the opening of a named pipe would wait for a writer. */
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int
file_read_in(int folder, const char *name, size_t most, uint8_t **ret, size_t *ret_n)
{
	int fd = file_open_in(folder, name), r = 0;
	size_t size = 4096, n = 0;
	uint8_t *b = NULL;
	ssize_t got = 0;

	if (fd < 0)
		return fd;
	do {
		n += (size_t)got;
		if (n > most)
			r = -EFBIG;
		if (!b || n + 1 >= size)
			b = xrealloc(b, size *= 2, 1);
		got = r ? 0 : read(fd, b + n, size - n - 1);
	} while (got > 0);
	if (got < 0)
		r = -errno;
	close(fd);
	if (r) {
		free(b);
		return r;
	}
	b[n] = 0;
	*ret = b;
	*ret_n = n;
	return 0;
}
