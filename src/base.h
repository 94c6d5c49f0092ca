/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words that every stage uses: byte views, sides, packet identity, addresses, time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Who sent it. CLIENT is who opened the conversation. */
enum side { CLIENT, SERVER };

static inline enum side
other_side(enum side s)
{
	return s == CLIENT ? SERVER : CLIENT;
}

/* A borrowed view of bytes; it owns nothing. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct bytes
bytes_of(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* Of ASCII letters only, whatever the locale. */
static inline uint8_t
ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* b in lower case, as a view of out, which has room for max bytes; what is longer is cut. */
struct bytes bytes_lower(struct bytes b, uint8_t *out, size_t max);

/* The first bytes of b, at most `most`, as two lower-case digits each and a NUL; returns out. */
const char *hex_text(struct bytes b, size_t most, char *out);

/* A packet as a reader can look it up: the frame number that Wireshark shows, counted from 1
 * in its own file, and the index of that file among the inputs. frame 0 means "no packet". */
struct ref {
	uint32_t frame;
	uint16_t capture;
};

static inline bool
ref_equal(struct ref a, struct ref b)
{
	return a.frame == b.frame && a.capture == b.capture;
}

/* An IPv4 or IPv6 address. IPv4 is kept as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that one key
 * serves both families. */
struct addr {
	uint8_t b[16];
};

#define ADDR_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

#define ADDR_V4_AT 12
static const uint8_t addr_v4_prefix[ADDR_V4_AT] = {[10] = 0xff, [11] = 0xff};

static inline bool
addr_is_v4(const struct addr *a)
{
	return memcmp(a->b, addr_v4_prefix, ADDR_V4_AT) == 0;
}

static inline bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}
int addr_compare(const struct addr *a, const struct addr *b);
/* As far as addresses tell: /16, and /32 of IPv6, are what providers are given. */
bool addr_same_network(const struct addr *a, const struct addr *b);

static inline struct addr
addr_from_v4(const uint8_t b[4])
{
	struct addr a;

	memcpy(a.b, addr_v4_prefix, ADDR_V4_AT);
	memcpy(a.b + ADDR_V4_AT, b, 4);
	return a;
}

static inline struct addr
addr_from_v6(const uint8_t b[16])
{
	struct addr a;

	memcpy(a.b, b, sizeof a.b);
	return a;
}

/* Writes the address as text (IPv4 dotted, IPv6 by RFC 5952) and returns out. */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* Capture time: nanoseconds since the epoch. There is no other clock in the analysis. */
#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define NSEC_PER_USEC 1000LL

#define TIME_TEXT_MAX 40
/* RFC 3339 in UTC with microseconds, e.g. 2026-02-11T19:00:00.000000Z; returns out. */
const char *time_text(int64_t nsec, char out[TIME_TEXT_MAX]);

/* Memory. These never return NULL: a program without memory says so and exits with status 1. */
_Noreturn void out_of_memory(void);
void *xcalloc(size_t n, size_t size) __attribute__((returns_nonnull));
void *xrealloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull));
/* What printf() would print, to be freed by the caller. */
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));
/* Asks malloc() to keep what it has got: lists that double would be copied into fresh pages each
 * time, and pages would be given back between two that are needed. To be called before threads and
 * allocations. Measured on the 1 GB mix: 4,470 page faults in place of 5,090, 1 % of all CPU. */
void memory_keep(void);
/* What x86-64 and arm64 call a huge page. */
#define HUGE_PAGE ((size_t)2 << 20)
/* Wishes for huge pages where they fit into a large block that will be used as a whole: a page
 * fault for every 4 KiB was 4 % of all CPU on the 1 GB mix. */
void memory_wish_huge(void *p, size_t n);

/* A tally of what grows with what a capture says: arenas, facts, messages half received. Whoever
 * grows or frees such memory tells; the flow table makes room when there is too much. */
void memory_grows(size_t bytes);
void memory_shrinks(size_t bytes);
size_t memory_held(void);

/* An arena owns many small objects that die together. */
struct arena;
struct arena *arena_new(void);
struct arena *arena_new_pooled(void);              /* of what lives as long as a conversation */
void *arena_alloc(struct arena *a, size_t n);      /* zeroed, aligned to 8, never NULL */
char *arena_text(struct arena *a, struct bytes t); /* NUL-terminated copy */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for one more in a list that grows in an arena and has n of `size` bytes: where it is, or
 * where it has been copied to. */
void *arena_room(struct arena *a, void *list, size_t n, size_t size);
void arena_free(struct arena *a); /* accepts NULL */
