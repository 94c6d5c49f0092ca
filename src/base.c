/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and times as text, memory that is there or ends the program. */
#include "base.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct bytes
bytes_lower(struct bytes b, uint8_t *out, size_t max)
{
	size_t n = b.n < max ? b.n : max;

	for (size_t i = 0; i < n; i++)
		out[i] = ascii_lower(b.p[i]);
	return (struct bytes){out, n};
}

const char *
hex_text(struct bytes b, size_t most, char *out)
{
	static const char digits[] = "0123456789abcdef";
	char *at = out;

	for (size_t i = 0; i < b.n && i < most; i++) {
		*at++ = digits[b.p[i] >> 4];
		*at++ = digits[b.p[i] & 15];
	}
	*at = '\0';
	return out;
}

bool
addr_same_network(const struct addr *a, const struct addr *b)
{
	return addr_is_v4(a) == addr_is_v4(b) && memcmp(a->b, b->b, addr_is_v4(a) ? 14 : 4) == 0;
}

int
addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof a->b);
}

const char *
addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a->b + ADDR_V4_AT, out, ADDR_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->b, out, ADDR_TEXT_MAX);
	return out;
}

const char *
time_text(int64_t nsec, char out[TIME_TEXT_MAX])
{
	int64_t sec = nsec / NSEC_PER_SEC, rest = nsec % NSEC_PER_SEC;
	struct tm tm;
	time_t t;
	size_t n;

	if (rest < 0) {
		rest += NSEC_PER_SEC;
		sec--;
	}
	t = (time_t)sec;
	if (!gmtime_r(&t, &tm) || tm.tm_year > 8099)
		memset(&tm, 0, sizeof tm);
	n = strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, TIME_TEXT_MAX - n, ".%06dZ", (int)(rest / NSEC_PER_USEC) % 1000000);
	return out;
}

void
out_of_memory(void)
{
	fputs("tamperscope: out of memory\n", stderr);
	exit(1);
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (!p)
		out_of_memory();
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	return text;
}

/* Larger blocks are mapped one by one, slabs of the pool among them; and so much is kept at the
 * heap's end. */
#define MAPPED_FROM (3 << 20)
#define HEAP_KEPT (64 << 20)
#define HEAP_STEP (1 << 20)

void
memory_keep(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
	mallopt(M_TOP_PAD, HEAP_STEP);
#endif
}

void
memory_wish_huge(void *p, size_t n)
{
	uintptr_t from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uintptr_t to = ((uintptr_t)p + n) & ~(HUGE_PAGE - 1);

	if (from < to) /* without it things are only slower */
		madvise((uint8_t *)p + (from - (uintptr_t)p), to - from, MADV_HUGEPAGE);
}

static size_t held;

void
memory_grows(size_t bytes)
{
	held += bytes;
}

void
memory_shrinks(size_t bytes)
{
	held -= bytes < held ? bytes : held;
}

size_t
memory_held(void)
{
	return held;
}
