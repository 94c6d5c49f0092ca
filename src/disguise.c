/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses by Crypto-PAn, inside of their kind; all else by HMAC-SHA-256. */
#include "disguise.h"

#include "site.h"
#include "table.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define DIGEST 32
/* A walk out of what is kept or special ends at once but in contrived captures: one address in
 * eight of IPv4 is special, and captures keep few. */
#define WALK_MAX 4096

/* What is known of an address or of a name. */
enum mark { MARK_CLIENT = 1, MARK_KEPT = 2, MARK_BELOW = 4 };

struct address {
	struct addr addr;
	unsigned marks;
	bool known; /* `shown` is */
	struct addr shown;
	UT_hash_handle hh;
};

struct name {
	unsigned marks;
	UT_hash_handle hh;
	char text[];
};

struct disguise {
	struct cryptopan *pan;
	uint8_t key[CRYPTOPAN_KEY];
	struct address *addresses;
	struct name *names;
	uint64_t counts[NDISGUISED];
};

struct disguise *
disguise_new(const uint8_t key[CRYPTOPAN_KEY])
{
	struct disguise *d = xcalloc(1, sizeof *d);

	if (key)
		memcpy(d->key, key, sizeof d->key);
	else if (getrandom(d->key, sizeof d->key, 0) != sizeof d->key) {
		fputs("tamperscope: the system has no random numbers\n", stderr);
		exit(1);
	}
	d->pan = cryptopan_new(d->key);
	return d;
}

void
disguise_free(struct disguise *d)
{
	struct address *a, *next_address;
	struct name *n, *next_name;

	if (!d)
		return;
	HASH_ITER(hh, d->addresses, a, next_address)
	{
		HASH_DEL(d->addresses, a);
		free(a);
	}
	HASH_ITER(hh, d->names, n, next_name)
	{
		HASH_DEL(d->names, n);
		free(n);
	}
	cryptopan_free(d->pan);
	explicit_bzero(d->key, sizeof d->key);
	free(d);
}

void
disguise_bytes(const struct disguise *d, const char *what, struct bytes of, uint8_t *out, size_t n)
{
	uint8_t text[64 + DISGUISE_NAME_MAX], digest[DIGEST];
	size_t at = strlen(what) + 1, more = of.n;
	unsigned length = 0;

	memcpy(text, what, at);
	if (more > sizeof text - at)
		more = sizeof text - at;
	if (more)
		memcpy(text + at, of.p, more);
	if (!HMAC(EVP_sha256(), d->key, sizeof d->key, text, at + more, digest, &length)) {
		fputs("tamperscope: OpenSSL cannot compute HMAC-SHA-256\n", stderr);
		exit(1);
	}
	memcpy(out, digest, n < DIGEST ? n : DIGEST);
}

uint64_t
disguise_count(const struct disguise *d, enum disguised what)
{
	return d->counts[what];
}

/* --- addresses --- */

static struct address *
find(struct disguise *d, const struct addr *a)
{
	struct address *found;

	HASH_FIND(hh, d->addresses, a, sizeof *a, found);
	if (!found) {
		found = xcalloc(1, sizeof *found);
		found->addr = *a;
		HASH_ADD(hh, d->addresses, addr, sizeof *a, found);
	}
	return found;
}

void
disguise_client(struct disguise *d, const struct addr *a)
{
	find(d, a)->marks |= MARK_CLIENT;
}

void
disguise_keep(struct disguise *d, const struct addr *a)
{
	find(d, a)->marks |= MARK_KEPT;
}

bool
disguise_is_client(const struct disguise *d, const struct addr *a)
{
	const struct address *found;

	HASH_FIND(hh, d->addresses, a, sizeof *a, found);
	return found && found->marks & MARK_CLIENT;
}

/* Kinds of addresses: IANA's special-purpose registries (RFC 6890). */
enum kind {
	GLOBAL,
	LOCAL,         /* somebody's own network */
	DOCUMENTATION, /* as global, in a range of its own */
	FIXED,         /* nobody's: stays */
	HOLDS_V4       /* an IPv4 address stands at `prefix` */
};

static const struct range {
	uint8_t b[16];
	uint8_t bits, prefix; /* so many tell the kind; so many stay */
	enum kind kind;
} ranges4[] =
    {
	{{0}, 8, 32, FIXED},
	{{127}, 8, 32, FIXED},
	{{224}, 3, 32, FIXED}, /* multicast, reserved, broadcast */
	{{10}, 8, 8, LOCAL},
	{{172, 16}, 12, 12, LOCAL},
	{{192, 168}, 16, 16, LOCAL},
	{{100, 64}, 10, 10, LOCAL},
	{{169, 254}, 16, 16, LOCAL},
	{{192, 0, 0}, 24, 24, LOCAL},
	{{192, 0, 2}, 24, 24, DOCUMENTATION},
	{{198, 18}, 15, 15, DOCUMENTATION},
	{{198, 51, 100}, 24, 24, DOCUMENTATION},
	{{203, 0, 113}, 24, 24, DOCUMENTATION},
},
  ranges6[] = {
      {{0x00, 0x64, 0xff, 0x9b}, 96, 96, HOLDS_V4}, /* RFC 6052 */
      {{0}, 96, 128, FIXED},                        /* ::, ::1, and such as was compatible */
      {{0x20, 0x01, 0, 0}, 32, 96, HOLDS_V4},       /* Teredo */
      {{0x20, 0x02}, 16, 16, HOLDS_V4},             /* 6to4 */
      {{0x20, 0x01, 0x0d, 0xb8}, 32, 32, DOCUMENTATION},
      {{0x3f, 0xff}, 20, 20, DOCUMENTATION},
      {{0xff}, 8, 128, FIXED},
      {{0xfe, 0x80}, 10, 64, LOCAL},
      {{0xfc}, 7, 8, LOCAL},
};

static bool
lies_in(const uint8_t *a, const struct range *r)
{
	unsigned whole = r->bits / 8, left = r->bits % 8;

	return memcmp(a, r->b, whole) == 0 &&
	       (!left || ((a[whole] ^ r->b[whole]) & (0xff00 >> left) & 0xff) == 0);
}

static const struct range *
range_of(const struct addr *a)
{
	static const struct range all = {{0}, 0, 0, GLOBAL};
	bool v4 = addr_is_v4(a);
	const struct range *list = v4 ? ranges4 : ranges6;
	size_t n = v4 ? sizeof ranges4 / sizeof *list : sizeof ranges6 / sizeof *list;

	for (size_t i = 0; i < n; i++)
		if (lies_in(a->b + (v4 ? ADDR_V4_AT : 0), &list[i]))
			return &list[i];
	return &all;
}

bool
disguise_is_global(const struct addr *a)
{
	enum kind kind = range_of(a)->kind;

	return kind == GLOBAL || kind == DOCUMENTATION || kind == HOLDS_V4;
}

static bool
is_kept(struct disguise *d, const struct addr *a)
{
	const struct address *found;

	HASH_FIND(hh, d->addresses, a, sizeof *a, found);
	return found && (found->marks & (MARK_KEPT | MARK_CLIENT)) == MARK_KEPT;
}

/* Inside of its kind, and onto nobody who is shown: the mapping is walked until it arrives there,
 * so that two addresses never become one. */
static struct addr
map(struct disguise *d, const struct addr *a, const struct range *r)
{
	struct addr to = *a;
	bool v4 = addr_is_v4(a);
	uint8_t *p = to.b + (v4 ? ADDR_V4_AT : 0);

	for (unsigned i = 0; i < WALK_MAX; i++) {
		cryptopan(d->pan, p, v4 ? 32 : 128, r->prefix);
		if (v4 != addr_is_v4(&to))
			continue;
		if (range_of(&to) == r && !is_kept(d, &to) && (v4 || r->prefix || p[0] >> 5 == 1))
			break;
	}
	return to;
}

/* Teredo: server, flags, port and client, the last two turned over (RFC 4380, 4). */
static struct addr
map_holding(struct disguise *d, const struct addr *a)
{
	struct addr to = *a;

	if (a->b[1] == 0x02) { /* 6to4: the site's address, then its own network and host */
		struct addr low = *a;

		cryptopan(d->pan, low.b, 128, 48);
		memcpy(to.b + 6, low.b + 6, 10);
		disguise_v4(d, to.b + 2);
	} else if (a->b[0] == 0x20) {
		disguise_v4(d, to.b + 4);
		disguise_bytes(d, "port", (struct bytes){a->b + 10, 6}, to.b + 10, 2);
		for (int i = 12; i < 16; i++)
			to.b[i] ^= 0xff;
		disguise_v4(d, to.b + 12);
		for (int i = 12; i < 16; i++)
			to.b[i] ^= 0xff;
	} else {
		disguise_v4(d, to.b + 12);
	}
	return to;
}

/* RFC 5214, 6.1: the interface's identifier is 0000:5efe or 0200:5efe and an IPv4 address. */
static bool
is_isatap(const struct addr *a)
{
	return !addr_is_v4(a) && (a->b[8] & 0xfd) == 0 && a->b[9] == 0 && a->b[10] == 0x5e &&
	       a->b[11] == 0xfe;
}

static struct addr
compute(struct disguise *d, const struct addr *a)
{
	const struct range *r = range_of(a);
	struct addr to;

	if (r->kind == FIXED)
		return *a;
	if (r->kind == HOLDS_V4)
		return map_holding(d, a);
	to = map(d, a, r);
	if (is_isatap(a)) {
		memcpy(to.b + 8, a->b + 8, 8);
		disguise_v4(d, to.b + 12);
	}
	return to;
}

/* ff02::1:ffXX:XXXX ends as the address that is looked for (RFC 4291, 2.7.1). */
static bool
is_solicited(const uint8_t b[16])
{
	static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, [12] = 0xff};

	return memcmp(b, prefix, sizeof prefix) == 0;
}

static void
map_end(const struct disguise *d, uint8_t end[3])
{
	disguise_bytes(d, "end", (struct bytes){end, 3}, end, 3);
}

struct addr
disguise_any(struct disguise *d, const struct addr *a)
{
	struct address *found;

	if (!addr_is_v4(a) && is_solicited(a->b)) {
		struct addr to = *a;

		map_end(d, to.b + 13);
		return to;
	}
	found = find(d, a);
	if (!found->known) {
		found->shown = compute(d, a);
		found->known = true;
	}
	d->counts[DISGUISED_ADDRESSES] += !addr_equal(a, &found->shown);
	return found->shown;
}

struct addr
disguise_addr(struct disguise *d, const struct addr *a)
{
	return is_kept(d, a) ? *a : disguise_any(d, a);
}

void
disguise_v4(struct disguise *d, uint8_t b[4])
{
	struct addr a = addr_from_v4(b);

	a = disguise_addr(d, &a);
	memcpy(b, a.b + ADDR_V4_AT, 4);
}

void
disguise_v6(struct disguise *d, uint8_t b[16])
{
	struct addr a = addr_from_v6(b);

	if (addr_is_v4(&a)) {
		disguise_v4(d, b + ADDR_V4_AT);
		return;
	}
	a = disguise_addr(d, &a);
	memcpy(b, a.b, 16);
}

/* --- networks and hardware --- */

void
disguise_mac(struct disguise *d, uint8_t mac[MAC_LENGTH])
{
	static const uint8_t none[MAC_LENGTH];

	if (memcmp(mac, none, MAC_LENGTH) == 0)
		return;
	if (mac[0] & 1) {
		if (mac[0] == 0x33 && mac[1] == 0x33 && mac[2] == 0xff) /* RFC 2464, 7 */
			map_end(d, mac + 3);
		return;
	}
	disguise_bytes(d, "mac", (struct bytes){mac, MAC_LENGTH}, mac, MAC_LENGTH);
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2); /* locally administered, no group */
	d->counts[DISGUISED_MACS]++;
}

uint16_t
disguise_network(struct disguise *d, uint16_t id, uint16_t most)
{
	uint8_t b[2] = {(uint8_t)(id >> 8), (uint8_t)id};
	unsigned fixed = most < 0x1000 ? 4 : 0;
	uint16_t to = id;

	if (!id || id > most)
		return id;
	do {
		cryptopan(d->pan, b, 16, fixed);
		to = (uint16_t)(b[0] << 8 | b[1]);
	} while (!to || to > most);
	d->counts[DISGUISED_NETWORKS]++;
	return to;
}

/* --- names --- */

static struct name *
find_name(const struct disguise *d, const char *text, size_t n)
{
	struct name *found;

	HASH_FIND(hh, d->names, text, n, found);
	return found;
}

static void
mark_name(struct disguise *d, const char *text, size_t n, unsigned mark)
{
	struct name *found = find_name(d, text, n);

	if (!found) {
		found = xcalloc(1, sizeof *found + n + 1);
		memcpy(found->text, text, n);
		HASH_ADD_KEYPTR(hh, d->names, found->text, n, found);
	}
	found->marks |= mark;
}

/* Lower case, without a dot at the end; its length, 0 if it is no name. */
static size_t
normalize(struct bytes name, char out[DISGUISE_NAME_MAX + 1])
{
	size_t n = name.n;

	while (n && name.p[n - 1] == '.')
		n--;
	if (n > DISGUISE_NAME_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)ascii_lower(name.p[i]);
	out[n] = '\0';
	return n;
}

void
disguise_keep_name(struct disguise *d, const char *name, bool below)
{
	char text[DISGUISE_NAME_MAX + 1];
	size_t n = normalize(bytes_of(name), text);

	for (size_t at = 0; at < n; at++)
		if (at == 0 || text[at - 1] == '.')
			mark_name(d, text + at, n - at,
				  MARK_KEPT | (below && !at ? MARK_BELOW : 0));
}

/* Of a normalized name: whether its first label is shown. */
static bool
is_shown(const struct disguise *d, const char *text, size_t n)
{
	const struct name *found = find_name(d, text, n);

	if (found)
		return true;
	for (size_t at = 1; at < n; at++) {
		if (text[at - 1] != '.')
			continue;
		found = find_name(d, text + at, n - at);
		if (found && found->marks & MARK_BELOW)
			return true;
	}
	return text[0] == '_' || text[0] == '*' || site_is_suffix(text);
}

bool
disguise_keeps_name(const struct disguise *d, struct bytes name)
{
	char text[DISGUISE_NAME_MAX + 1];
	size_t n = normalize(name, text);

	return n && is_shown(d, text, n);
}

/* Letters only, so that no disguise is a number or begins with a hyphen. */
static void
letters(const struct disguise *d, const char *text, size_t n, uint8_t *label, size_t length)
{
	uint8_t random[DIGEST];

	for (size_t i = 0; i < length; i++) {
		if (i % DIGEST == 0) {
			char salt[32];

			snprintf(salt, sizeof salt, "name%zu", i / DIGEST);
			disguise_bytes(d, salt, (struct bytes){(const uint8_t *)text, n}, random,
				       DIGEST);
		}
		label[i] = (uint8_t)((isupper(label[i]) ? 'A' : 'a') + random[i % DIGEST] % 26);
	}
}

void
disguise_name(struct disguise *d, uint8_t *name, size_t n)
{
	char text[DISGUISE_NAME_MAX + 1];
	size_t m = normalize((struct bytes){name, n}, text);
	bool changed = false;

	if (!m && n) { /* too long for a name */
		memset(name, 'x', n);
		return;
	}
	for (size_t at = 0; at < m;) {
		const char *dot = memchr(text + at, '.', m - at);
		size_t length = dot ? (size_t)(dot - text) - at : m - at;

		if (length && !is_shown(d, text + at, m - at)) {
			letters(d, text + at, m - at, name + at, length);
			changed = true;
		}
		at += length + 1;
	}
	d->counts[DISGUISED_NAMES] += changed;
}
