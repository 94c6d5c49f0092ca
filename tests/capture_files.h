/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds capture files in memory, field by field, right or deliberately wrong, and reads them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define PATCHED 0xa1b2cd34u

struct blob {
	uint8_t *b;
	size_t n, size;
	bool big; /* byte order of what is appended */
};

static inline void
put(struct blob *o, const void *p, size_t n)
{
	while (o->n + n > o->size) {
		o->size = o->size ? o->size * 2 : 4096;
		o->b = xrealloc(o->b, o->size, 1);
	}
	if (n)
		memcpy(o->b + o->n, p, n);
	o->n += n;
}

static inline void
put_uint(struct blob *o, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t byte = o->big ? n - 1 - i : i;
		uint8_t b = (uint8_t)(v >> (8 * byte));

		put(o, &b, 1);
	}
}

static inline void
put_u16(struct blob *o, unsigned v)
{
	put_uint(o, v, 2);
}

static inline void
put_u32(struct blob *o, uint64_t v)
{
	put_uint(o, v, 4);
}

/* n bytes that tell the frame and the place in it. */
static inline void
put_pattern(struct blob *o, unsigned seed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_uint(o, seed * 31 + i * 7, 1);
}

static inline bool
is_pattern(const uint8_t *p, unsigned seed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (uint8_t)(seed * 31 + i * 7))
			return false;
	return true;
}

static inline void
put_pcap_header(struct blob *o, uint32_t magic, uint32_t snaplen, uint32_t link)
{
	put_u32(o, magic);
	put_u16(o, 2);
	put_u16(o, 4);
	put_u32(o, 0);
	put_u32(o, 0);
	put_u32(o, snaplen);
	put_u32(o, link);
}

static inline void
put_pcap_record(struct blob *o, uint32_t sec, uint32_t part, uint32_t caplen, uint32_t len)
{
	put_u32(o, sec);
	put_u32(o, part);
	put_u32(o, caplen);
	put_u32(o, len);
}

/* A record of microseconds with the pattern of `seed`. */
static inline void
put_pcap_frame(struct blob *o, unsigned seed, uint64_t usec, uint32_t caplen)
{
	put_pcap_record(o, (uint32_t)(usec / 1000000), (uint32_t)(usec % 1000000), caplen, caplen);
	put_pattern(o, seed, caplen);
}

/* Everything between block_begin and block_end is the block's body. */
static inline size_t
block_begin(struct blob *o, uint32_t type)
{
	size_t at = o->n;

	put_u32(o, type);
	put_u32(o, 0);
	return at;
}

static inline void
block_end(struct blob *o, size_t at)
{
	size_t end;

	while ((o->n - at) % 4)
		put_uint(o, 0, 1);
	put_u32(o, o->n - at + 4);
	end = o->n;
	o->n = at + 4;
	put_u32(o, end - at);
	o->n = end;
}

static inline void
put_section(struct blob *o, bool big)
{
	size_t at;

	o->big = big;
	at = block_begin(o, 0x0a0d0d0a);
	put_u32(o, 0x1a2b3c4d);
	put_u16(o, 1);
	put_u16(o, 0);
	put_uint(o, UINT64_MAX, 8);
	block_end(o, at);
}

static inline void
put_option(struct blob *o, unsigned code, uint64_t v, size_t n)
{
	put_u16(o, code);
	put_u16(o, (unsigned)n);
	put_uint(o, v, n);
	for (; n % 4; n++)
		put_uint(o, 0, 1);
}

/* resolution < 0 and offset 0 leave their options out. */
static inline void
put_interface(struct blob *o, unsigned link, uint32_t snaplen, int resolution, int64_t offset)
{
	size_t at = block_begin(o, 1);

	put_u16(o, link);
	put_u16(o, 0);
	put_u32(o, snaplen);
	if (resolution >= 0)
		put_option(o, 9, (unsigned)resolution, 1);
	if (offset)
		put_option(o, 14, (uint64_t)offset, 8);
	put_option(o, 0, 0, 0);
	block_end(o, at);
}

static inline void
put_enhanced(struct blob *o, unsigned seed, uint32_t interface, uint64_t ticks, uint32_t caplen)
{
	size_t at = block_begin(o, 6);

	put_u32(o, interface);
	put_u32(o, ticks >> 32);
	put_u32(o, (uint32_t)ticks);
	put_u32(o, caplen);
	put_u32(o, caplen);
	put_pattern(o, seed, caplen);
	block_end(o, at);
}

/* A file of the blob's bytes that lives as long as this process does, or until it is closed. */
struct memory_file {
	int fd;
	char name[32];
};

static inline struct memory_file
memory_file(const void *b, size_t n)
{
	struct memory_file f = {.fd = memfd_create("capture", MFD_CLOEXEC)};
	size_t done = 0;

	while (f.fd >= 0 && done < n) {
		ssize_t w = write(f.fd, (const uint8_t *)b + done, n - done);

		if (w <= 0)
			abort();
		done += (size_t)w;
	}
	snprintf(f.name, sizeof f.name, "/proc/self/fd/%d", f.fd);
	return f;
}

static const struct capture_options plain = {0};

/* Opens one file of these bytes, or returns NULL and says why. */
static inline struct capture *
open_blob(const struct blob *b, const struct capture_options *options, char **ret_why)
{
	struct memory_file f = memory_file(b->b, b->n);
	const char *name = f.name;
	struct capture *c = NULL;
	char *why = NULL;

	assert_true(f.fd >= 0);
	if (capture_open(&name, 1, options, &c, &why) < 0)
		assert_non_null(strstr(why, name));
	close(f.fd);
	if (ret_why)
		*ret_why = why;
	else if (why)
		fail_msg("%s", why);
	return c;
}

static inline void
refused(const struct blob *b, const char *expected)
{
	char *why;

	assert_null(open_blob(b, &plain, &why));
	if (!strstr(why, expected))
		fail_msg("said '%s', expected '%s'", why, expected);
	free(why);
}

/* The next frames, which are valid together: one, and at most so many more. 0 at the end. */
#define BATCH 9
static inline unsigned
next_batch(struct capture *c, struct frame held[BATCH], unsigned more)
{
	if (!capture_next(c, held))
		return 0;
	return 1 + (unsigned)capture_more(c, held + 1, more % BATCH);
}

/* Reads frames to the end and returns how many there were. */
static inline unsigned
drain(struct capture *c)
{
	struct frame f[BATCH];
	static volatile int touched;
	unsigned n = 0;

	(void)touched;
	for (unsigned k; (k = next_batch(c, f, n)) > 0; n += k) {
		/* Touch both ends, for the sanitizers. */
		for (unsigned i = 0; i < k; i++)
			if (f[i].caplen)
				touched = f[i].data[0] ^ f[i].data[f[i].caplen - 1];
	}
	assert_int_equal(capture_more(c, f, BATCH), 0);
	assert_int_equal(capture_next(c, f), 0);
	return n;
}

/* ends[i] is where the i-th frame ends; what is before ends[0] is header. */
static inline void
cut_everywhere(const struct blob *whole, const size_t *ends, size_t n, size_t header,
	       const size_t *clean, size_t nclean)
{
	for (size_t cut = 0; cut < whole->n; cut++) {
		struct blob b = {.b = whole->b, .n = cut};
		unsigned expected = 0;
		bool boundary = false;
		struct capture *c;

		if (cut < header) {
			refused(&b, cut == 0  ? "empty file"
				    : cut < 4 ? "not a pcap or pcapng file"
					      : "cut off inside the file header");
			continue;
		}
		for (size_t i = 0; i < n; i++)
			expected += ends[i] <= cut;
		for (size_t i = 0; i < nclean; i++)
			boundary |= clean[i] == cut;
		c = open_blob(&b, &plain, NULL);
		assert_int_equal(drain(c), expected);
		assert_int_equal(capture_info(c, 0)->packets, expected);
		assert_int_equal(capture_info(c, 0)->truncated, !boundary);
		assert_null(capture_info(c, 0)->trouble);
		capture_close(c);
	}
}

/* Many frames of all sizes, so that the window slides over them in every way. */
static inline struct blob
long_file(unsigned frames)
{
	struct blob b = {0};
	uint32_t random = 1;

	put_pcap_header(&b, MICRO, 0, 1);
	for (unsigned i = 0; i < frames; i++) {
		random = random * 1664525 + 1013904223;
		put_pcap_frame(&b, i, i, random >> 16 & (i % 50 ? 0x7ff : 0xffff));
	}
	return b;
}

static inline unsigned
check_long(struct capture *c)
{
	struct frame f[BATCH];
	unsigned n = 0;

	for (unsigned k; (k = next_batch(c, f, n)) > 0; n += k) {
		for (unsigned i = 0; i < k; i++) {
			assert_int_equal(f[i].number, n + i + 1);
			assert_int_equal(f[i].nsec, (int64_t)(n + i) * 1000);
			assert_true(is_pattern(f[i].data, n + i, f[i].caplen));
		}
	}
	return n;
}
