/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads hellos (RFC 8446, RFC 5246) and computes JA3 and JA4. */
#include "hello.h"

#include <stdlib.h>
#include <string.h>

/* IANA, TLS ExtensionType Values; the drafts of ECH by their own texts. */
enum extension {
	SERVER_NAME = 0,
	SUPPORTED_GROUPS = 10,
	EC_POINT_FORMATS = 11,
	SIGNATURE_ALGORITHMS = 13,
	ALPN = 16,
	SUPPORTED_VERSIONS = 43,
	ECH = 0xfe0d,    /* RFC 9849; draft-ietf-tls-esni-13 and later */
	ECH_08 = 0xfe08, /* drafts -08 to -10 */
	ECH_09 = 0xfe09,
	ECH_10 = 0xfe0a,
	ECH_02 = 0xff02, /* experiments in between */
	ECH_03 = 0xff03,
	ECH_04 = 0xff04,
	ESNI = 0xffce, /* drafts -01 to -06 */
};

#define HOST_NAME 0 /* RFC 6066, 3 */
#define ECH_OUTER 0 /* RFC 9849, 5 */

static void
read_server_name(struct cursor *ext, struct client_hello *h)
{
	struct cursor list;

	h->has_sni = true;
	/* A client may send it empty, as a server does (RFC 6066, 3 asks for a list). */
	if (!cursor_left(ext))
		return;
	list = get_fenced(ext, get_be16(ext));
	while (cursor_left(&list) && !list.err) {
		uint8_t type = get_u8(&list);
		struct bytes name = get_bytes(&list, get_be16(&list));

		if (type == HOST_NAME && !h->sni.n)
			h->sni = name;
	}
}

static void
read_alpn(struct cursor *ext, struct client_hello *h)
{
	struct cursor list = get_fenced(ext, get_be16(ext));

	h->alpn = get_bytes(&list, get_u8(&list));
}

static void
read_supported_versions(struct cursor *ext, struct client_hello *h)
{
	struct cursor list = get_fenced(ext, get_u8(ext));

	while (cursor_left(&list) && !list.err) {
		uint16_t v = get_be16(&list);

		if (!is_grease(v) && v > h->supported_version)
			h->supported_version = v;
	}
}

static void
read_extension(uint16_t type, struct cursor *ext, struct client_hello *h)
{
	switch (type) {
	case SERVER_NAME:
		read_server_name(ext, h);
		break;
	case SUPPORTED_GROUPS:
		h->groups = get_bytes(ext, get_be16(ext));
		break;
	case EC_POINT_FORMATS:
		h->formats = get_bytes(ext, get_u8(ext));
		break;
	case SIGNATURE_ALGORITHMS:
		h->signatures = get_bytes(ext, get_be16(ext));
		break;
	case ALPN:
		read_alpn(ext, h);
		break;
	case SUPPORTED_VERSIONS:
		read_supported_versions(ext, h);
		break;
	case ECH:
		h->ech = get_u8(ext) == ECH_OUTER;
		break;
	case ECH_02:
	case ECH_03:
	case ECH_04:
	case ECH_08:
	case ECH_09:
	case ECH_10:
		h->old_ech = true;
		break;
	case ESNI:
		h->esni = true;
		break;
	}
}

void
client_hello_read(struct cursor *c, struct client_hello *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->version = get_be16(c);
	skip_bytes(c, 32);        /* random */
	skip_bytes(c, get_u8(c)); /* legacy_session_id */
	ret->ciphers = get_bytes(c, get_be16(c));
	skip_bytes(c, get_u8(c)); /* legacy_compression_methods */
	if (!cursor_left(c))
		return; /* no extensions before TLS 1.3 is lawful (RFC 5246, 7.4.1.2) */

	size_t length = get_be16(c);
	bool cut = c->at_end == CURSOR_SHORT && length > cursor_left(c);
	struct cursor list = get_fenced(c, cut ? cursor_left(c) : length);

	while (cursor_left(&list) && !list.err) {
		uint16_t type = get_be16(&list);
		struct cursor ext = get_fenced(&list, get_be16(&list));

		if (ret->nextensions < HELLO_EXTENSIONS_MAX)
			ret->extensions[ret->nextensions] = type;
		ret->nextensions++;
		read_extension(type, &ext, ret);
	}
}

void
server_hello_read(struct cursor *c, struct server_hello *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->version = get_be16(c);
	ret->random = get_bytes(c, 32);
	skip_bytes(c, get_u8(c)); /* session id */
	ret->cipher = get_be16(c);
	skip_bytes(c, 1); /* compression method */
	if (!cursor_left(c))
		return;

	struct cursor list = get_fenced(c, get_be16(c));

	while (cursor_left(&list) && !list.err) {
		uint16_t type = get_be16(&list);
		struct cursor ext = get_fenced(&list, get_be16(&list));

		if (type == SUPPORTED_VERSIONS) {
			ret->version = get_be16(&ext);
		} else if (type == ALPN) {
			struct cursor names = get_fenced(&ext, get_be16(&ext));

			ret->alpn = get_bytes(&names, get_u8(&names));
		}
	}
}

/* --- fingerprints --- */

/* The registry has some 350 cipher suites (IANA, TLS Cipher Suites); JA4 itself counts to 99. A
 * hello that lists more has no fingerprint that anyone else would know. */
#define CIPHERS_MAX 512
/* The longest text that is hashed: all those ciphers and extensions, six characters each, and as
 * much again for the rest. */
#define TEXT_MAX ((CIPHERS_MAX + HELLO_EXTENSIONS_MAX) * 6 * 2)

struct text {
	char s[TEXT_MAX];
	size_t n;
	bool full;
};

static void
put(struct text *t, char c)
{
	if (t->n == sizeof t->s)
		t->full = true;
	else
		t->s[t->n++] = c;
}

static void
put_decimal(struct text *t, uint16_t v)
{
	char digits[5];
	int n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		put(t, digits[--n]);
}

static char
hex_digit(unsigned v)
{
	return "0123456789abcdef"[v & 0xf];
}

static void
put_hex(struct text *t, uint16_t v)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		put(t, hex_digit(v >> shift));
}

/* Writes between values, not before the first. */
static void
put_next(struct text *t, size_t start, char between)
{
	if (t->n > start)
		put(t, between);
}

static void
put_list(struct text *t, struct bytes list, void (*put_value)(struct text *, uint16_t),
	 char between)
{
	struct cursor c = cursor_over(list, CURSOR_BAD);
	size_t start = t->n;

	while (cursor_left(&c) >= 2) {
		uint16_t v = get_be16(&c);

		if (is_grease(v))
			continue;
		put_next(t, start, between);
		put_value(t, v);
	}
}

static bool
is_small(const struct client_hello *h)
{
	return h->nextensions <= HELLO_EXTENSIONS_MAX && h->ciphers.n / 2 <= CIPHERS_MAX;
}

bool
client_hello_ja3(const struct client_hello *h, char out[MD5_HEX + 1])
{
	struct text t;
	size_t start;

	t.n = 0;
	t.full = !is_small(h);
	put_decimal(&t, h->version);
	put(&t, ',');
	put_list(&t, h->ciphers, put_decimal, '-');
	put(&t, ',');
	start = t.n;
	for (size_t i = 0; i < h->nextensions && !t.full; i++) {
		if (is_grease(h->extensions[i]))
			continue;
		put_next(&t, start, '-');
		put_decimal(&t, h->extensions[i]);
	}
	put(&t, ',');
	put_list(&t, h->groups, put_decimal, '-');
	put(&t, ',');
	start = t.n;
	for (size_t i = 0; i < h->formats.n; i++) {
		put_next(&t, start, '-');
		put_decimal(&t, h->formats.p[i]);
	}
	if (t.full)
		return false;
	digest_md5((struct bytes){(const uint8_t *)t.s, t.n}, out);
	return true;
}

static int
by_value(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return *x - *y;
}

static void
put_sorted(struct text *t, uint16_t *v, size_t n)
{
	size_t start = t->n;

	qsort(v, n, sizeof *v, by_value);
	for (size_t i = 0; i < n; i++) {
		put_next(t, start, ',');
		put_hex(t, v[i]);
	}
}

/* Twelve digits of the text's SHA-256, or zeros if the list in it is empty. */
static void
short_hash(const struct text *t, bool empty, char out[12])
{
	char hex[SHA256_HEX + 1];

	if (empty) {
		memset(out, '0', 12);
		return;
	}
	digest_sha256((struct bytes){(const uint8_t *)t->s, t->n}, hex);
	memcpy(out, hex, 12);
}

static const char *
version_word(uint16_t v)
{
	switch (v) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	default:
		return "00";
	}
}

static bool
is_alphanumeric(uint8_t b)
{
	return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
}

static void
alpn_word(struct bytes alpn, char out[2])
{
	uint8_t first = alpn.n ? alpn.p[0] : '0', last = alpn.n ? alpn.p[alpn.n - 1] : '0';

	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = hex_digit(first >> 4);
		out[1] = hex_digit(last);
	}
}

static void
two_digits(size_t n, char out[2])
{
	if (n > 99)
		n = 99;
	out[0] = (char)('0' + n / 10);
	out[1] = (char)('0' + n % 10);
}

bool
client_hello_ja4(const struct client_hello *h, char carrier, char out[JA4_LENGTH + 1])
{
	uint16_t ciphers[CIPHERS_MAX], extensions[HELLO_EXTENSIONS_MAX];
	size_t nciphers = 0, nextensions = 0, counted = 0;
	struct cursor c = cursor_over(h->ciphers, CURSOR_BAD);
	struct text t;

	if (!is_small(h) || h->signatures.n > sizeof t.s / 4)
		return false;
	while (cursor_left(&c) >= 2) {
		uint16_t v = get_be16(&c);

		if (!is_grease(v))
			ciphers[nciphers++] = v;
	}
	for (size_t i = 0; i < h->nextensions; i++) {
		if (is_grease(h->extensions[i]))
			continue;
		counted++;
		if (h->extensions[i] != SERVER_NAME && h->extensions[i] != ALPN)
			extensions[nextensions++] = h->extensions[i];
	}
	out[0] = carrier;
	memcpy(out + 1, version_word(h->supported_version ? h->supported_version : h->version), 2);
	out[3] = h->has_sni ? 'd' : 'i';
	two_digits(nciphers, out + 4);
	two_digits(counted, out + 6);
	alpn_word(h->alpn, out + 8);
	out[10] = '_';
	t.n = 0;
	t.full = false;
	put_sorted(&t, ciphers, nciphers);
	short_hash(&t, !nciphers, out + 11);
	out[23] = '_';
	t.n = 0;
	put_sorted(&t, extensions, nextensions);
	if (h->signatures.n) {
		put(&t, '_');
		put_list(&t, h->signatures, put_hex, ',');
	}
	short_hash(&t, !nextensions, out + 24);
	out[JA4_LENGTH] = '\0';
	return !t.full;
}

/* Murmur's finaliser (public domain): each bit of the number moves each bit of the result. */
static uint32_t
scatter(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x85ebca6b;
	x ^= x >> 13;
	x *= 0xc2b2ae35;
	return x ^ x >> 16;
}

/* Extensions that one program sends at one time and not at another: names, padding (RFC 7685), what
 * resumes a session (RFC 8446, 4.2.10 and 4.2.11), and Encrypted Client Hello. */
static bool
comes_and_goes(uint16_t type)
{
	return type == SERVER_NAME || type == 21 || type == 41 || type == 42 || type == ECH;
}

uint32_t
client_hello_shape(const struct client_hello *h)
{
	uint32_t sum = h->supported_version ? h->supported_version : h->version;

	for (size_t i = 0; i + 1 < h->ciphers.n; i += 2) {
		uint16_t v = (uint16_t)(h->ciphers.p[i] << 8 | h->ciphers.p[i + 1]);

		sum += is_grease(v) ? 0 : scatter(v);
	}
	for (size_t i = 0; i < h->nextensions && i < HELLO_EXTENSIONS_MAX; i++)
		if (!is_grease(h->extensions[i]) && !comes_and_goes(h->extensions[i]))
			sum += scatter(0x10000u | h->extensions[i]);
	return sum ? sum : 1;
}

#define HANDSHAKE_HEADER 4 /* RFC 8446, 4: type and length */

size_t
hello_whole_length(struct bytes b)
{
	struct cursor c = cursor_over(b, CURSOR_BAD);
	size_t length;

	get_u8(&c);
	length = HANDSHAKE_HEADER + get_be24(&c);
	return c.err ? SIZE_MAX : length;
}
