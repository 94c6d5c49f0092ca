/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain reads into one buffer, or through zlib (RFC 1952) or libzstd (RFC 8878).
 *
 * A record is looked at where read() or the decompressor put it: nothing is copied but the part
 * of a record that straddles the end of the window. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* Stays in a second-level cache, and system calls do not count: measured with 500 MB of frames of
 * 800 bytes, 64 KiB to 1 MiB take the same time, and 4 MiB a third more. */
#ifndef SOURCE_WINDOW /* fuzzing makes it small, so that records lie across its end */
#define SOURCE_WINDOW 262144
#endif
#define WINDOW ((size_t)SOURCE_WINDOW)

#define GZIP_MAGIC_0 0x1f /* RFC 1952, 2.3.1 */
#define GZIP_MAGIC_1 0x8b
#define GZIP_WINDOW_BITS (15 + 16) /* zlib.h, inflateInit2: largest window, gzip header */

#define ZSTD_MAGIC 0xfd2fb528u /* RFC 8878, 3.1.1 */
#define ZSTD_SKIP_MAGIC 0x184d2a50u
#define ZSTD_SKIP_MASK 0xfffffff0u /* RFC 8878, 3.1.2: sixteen magic numbers */

struct digest {
	EVP_MD_CTX *context;
};

/* Turns the bytes of [at, end) of its own buffer into the window's. */
struct unpacker {
	uint8_t *raw;
	size_t at, end;
	bool inside; /* a member or frame has begun and has not ended */
	z_stream *gzip;
	ZSTD_DCtx *zstd;
};

int
source_open(const char *name, bool hash, struct source **ret)
{
	struct source *s;
	int fd = strcmp(name, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					: open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	s = xcalloc(1, sizeof *s);
	s->fd = fd;
	s->size = WINDOW;
	s->window = xrealloc(NULL, s->size, 1);
	s->at = s->end = s->window;
	if (hash) {
		s->digest = xcalloc(1, sizeof *s->digest);
		s->digest->context = EVP_MD_CTX_new();
		if (!s->digest->context ||
		    EVP_DigestInit_ex(s->digest->context, EVP_sha256(), NULL) != 1) {
			source_close(s);
			return -ENOMEM;
		}
	}
	*ret = s;
	return 0;
}

void
source_close(struct source *s)
{
	if (!s)
		return;
	if (s->unpacker) {
		if (s->unpacker->gzip)
			inflateEnd(s->unpacker->gzip);
		free(s->unpacker->gzip);
		ZSTD_freeDCtx(s->unpacker->zstd);
		free(s->unpacker->raw);
		free(s->unpacker);
	}
	if (s->digest)
		EVP_MD_CTX_free(s->digest->context);
	free(s->digest);
	free(s->window);
	close(s->fd);
	free(s);
}

static void
set_bad_source(struct source *s, const char *what, const char *why)
{
	s->bad = s->eof = true;
	snprintf(s->why, sizeof s->why, "%s: %s", what, why);
}

/* One read(), as the disk has it. Returns 0 at the end, and after an error, which it notes. */
static size_t
read_raw(struct source *s, uint8_t *out, size_t room)
{
	ssize_t n;

	for (;;) {
		n = read(s->fd, out, room);
		if (n >= 0)
			break;
		if (errno == EAGAIN) {
			/* A terminal or pipe that somebody else made non-blocking. */
			struct pollfd p = {.fd = s->fd, .events = POLLIN};

			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			set_bad_source(s, "reading failed", strerror(errno));
			return 0;
		}
	}
	s->raw_bytes += (uint64_t)n;
	if (s->digest && n > 0)
		EVP_DigestUpdate(s->digest->context, out, (size_t)n);
	return (size_t)n;
}

/* Both steps decode what they can from the raw buffer, and return how many bytes came out. 0
 * means that more input is wanted, unless the source is at its end now. */
static size_t
gunzip_step(struct source *s, uint8_t *out, size_t room)
{
	struct unpacker *u = s->unpacker;
	z_stream *z = u->gzip;
	int r;

	if (!u->inside) {
		if (u->at == u->end)
			return 0;
		if (u->raw[u->at] != GZIP_MAGIC_0) {
			/* Padding after the last member, as tapes have it; gzip(1) ignores it. */
			s->eof = true;
			return 0;
		}
		inflateReset(z);
		u->inside = true;
	}
	z->next_in = u->raw + u->at;
	z->avail_in = (uInt)(u->end - u->at);
	z->next_out = out;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	u->at = u->end - z->avail_in;
	if (r == Z_STREAM_END)
		u->inside = false;
	else if (r != Z_OK && r != Z_BUF_ERROR)
		set_bad_source(s, "gzip data is damaged", z->msg ? z->msg : zError(r));
	return room - z->avail_out;
}

static size_t
unzstd_step(struct source *s, uint8_t *out, size_t room)
{
	struct unpacker *u = s->unpacker;
	ZSTD_inBuffer in = {u->raw, u->end, u->at};
	ZSTD_outBuffer to = {out, room, 0};
	size_t r;

	if (!u->inside && u->at == u->end)
		return 0;
	r = ZSTD_decompressStream(u->zstd, &to, &in);
	u->at = in.pos;
	u->inside = r != 0;
	if (ZSTD_isError(r))
		set_bad_source(s, "zstd data is damaged", ZSTD_getErrorName(r));
	return to.pos;
}

static size_t
unpack(struct source *s, uint8_t *out, size_t room)
{
	struct unpacker *u = s->unpacker;

	for (;;) {
		size_t n = u->gzip ? gunzip_step(s, out, room) : unzstd_step(s, out, room);

		if (n || s->eof)
			return n;
		if (u->at < u->end)
			continue;
		u->at = 0;
		u->end = read_raw(s, u->raw, WINDOW);
		if (u->end == 0) {
			s->cut = u->inside && !s->bad;
			s->eof = true;
			return 0;
		}
	}
}

/* Looks at the first bytes, and puts a decompressor between the disk and the window. */
static void
start(struct source *s)
{
	size_t n = 0, got;
	const uint8_t *p = s->window;
	uint32_t magic;
	bool gzip, zstd;

	while (n < 4 && (got = read_raw(s, s->window + n, s->size - n)) > 0)
		n += got;
	s->eof = n < 4;
	s->end = s->window + n;
	if (n < 4)
		return;
	magic = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	gzip = p[0] == GZIP_MAGIC_0 && p[1] == GZIP_MAGIC_1;
	zstd = magic == ZSTD_MAGIC || (magic & ZSTD_SKIP_MASK) == ZSTD_SKIP_MAGIC;
	if (!gzip && !zstd)
		return;
	s->unpacker = xcalloc(1, sizeof *s->unpacker);
	s->unpacker->raw = s->window;
	s->unpacker->end = n;
	s->window = xrealloc(NULL, s->size, 1);
	s->at = s->end = s->window;
	if (gzip) {
		s->unpacker->gzip = xcalloc(1, sizeof *s->unpacker->gzip);
		if (inflateInit2(s->unpacker->gzip, GZIP_WINDOW_BITS) != Z_OK)
			set_bad_source(s, "gzip", "out of memory");
	} else {
		/* The library's default bounds the window at 2^27 bytes, as zstd(1) does. */
		s->unpacker->zstd = ZSTD_createDCtx();
		if (!s->unpacker->zstd)
			set_bad_source(s, "zstd", "out of memory");
	}
}

/* Moves the unread bytes to the start of a window of at least n bytes. */
static void
make_room(struct source *s, size_t n)
{
	size_t left = (size_t)(s->end - s->at);
	size_t size = s->size;
	uint8_t *old = s->window;

	s->before += (uint64_t)(s->at - old);
	while (size < n)
		size *= 2;
	if (size > s->size) {
		s->window = xrealloc(NULL, size, 1);
		s->size = size;
		memcpy(s->window, s->at, left);
		free(old);
	} else {
		memmove(s->window, s->at, left);
	}
	s->at = s->window;
	s->end = s->window + left;
}

const uint8_t *
source_fill(struct source *s, size_t n)
{
	if (s->raw_bytes == 0 && !s->eof)
		start(s);
	if ((size_t)(s->end - s->at) < n && !s->eof)
		make_room(s, n);
	while ((size_t)(s->end - s->at) < n && !s->eof) {
		uint8_t *out = s->window + (s->end - s->window);
		size_t room = s->size - (size_t)(s->end - s->window), got;

		got = s->unpacker ? unpack(s, out, room) : read_raw(s, out, room);
		if (got == 0)
			s->eof = true;
		s->end += got;
	}
	return (size_t)(s->end - s->at) >= n ? s->at : NULL;
}

bool
source_skip(struct source *s, uint64_t n)
{
	for (;;) {
		size_t left = (size_t)(s->end - s->at);

		if (left >= n) {
			s->at += n;
			return true;
		}
		s->at = s->end;
		n -= left;
		if (!source_peek(s, 1))
			return false;
	}
}

uint64_t
source_position(const struct source *s)
{
	return s->before + (uint64_t)(s->at - s->window);
}

void
source_finish_hash(struct source *s, char ret_hex[65])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	ret_hex[0] = 0;
	if (!s->digest)
		return;
	s->at = s->end = s->window;
	while (read_raw(s, s->window, s->size) > 0)
		;
	if (EVP_DigestFinal_ex(s->digest->context, sum, &n) != 1)
		return;
	hex_text((struct bytes){sum, n}, 32, ret_hex);
}
