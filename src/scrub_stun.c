/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN and TURN, and what travels beside them: addresses are disguised under their XOR, names of
 * users, tokens and media go. RFC 8489, RFC 8656, RFC 3489, RFC 8445, RFC 5780. */
#include "scrubber.h"

#include <string.h>
#include <zlib.h>

#define HEADER 20
#define COOKIE_AT 4
#define FINGERPRINT_XOR 0x5354554eu /* RFC 8489, 14.7 */

enum attribute {
	MAPPED_ADDRESS = 0x0001,
	RESPONSE_ADDRESS = 0x0002,
	CHANGE_REQUEST = 0x0003,
	SOURCE_ADDRESS = 0x0004,
	CHANGED_ADDRESS = 0x0005,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000a,
	REFLECTED_FROM = 0x000b,
	CHANNEL_NUMBER = 0x000c,
	LIFETIME = 0x000d,
	XOR_PEER_ADDRESS = 0x0012,
	REALM = 0x0014,
	XOR_RELAYED_ADDRESS = 0x0016,
	REQUESTED_TRANSPORT = 0x0019,
	XOR_MAPPED_ADDRESS = 0x0020,
	PRIORITY = 0x0024,
	USE_CANDIDATE = 0x0025,
	XOR_MAPPED_ADDRESS_OLD = 0x8020,
	SOFTWARE = 0x8022,
	ALTERNATE_SERVER = 0x8023,
	FINGERPRINT = 0x8028,
	RESPONSE_ORIGIN = 0x802b,
	OTHER_ADDRESS = 0x802c,
};

/* Port and address stay the server's own where they are told as such; what is mapped, or a peer's,
 * is somebody's whatever it looks like. */
static void
address(struct scrub *s, size_t at, size_t n, bool xored, bool somebody)
{
	uint8_t b[16], key[16];
	size_t length = n == 8 ? 4 : n == 20 ? 16 : 0;
	struct addr a;

	scrub_keep(s, at, n < 4 ? n : 4); /* family and port */
	if (!length || at + n > s->n)
		return;
	memcpy(key, s->in + COOKIE_AT, sizeof key); /* the cookie and the transaction's id */
	for (size_t i = 0; i < length; i++)
		b[i] = s->in[at + 4 + i] ^ (xored ? key[i] : 0);
	a = length == 4 ? addr_from_v4(b) : addr_from_v6(b);
	a = somebody ? disguise_any(s->disguise, &a) : disguise_addr(s->disguise, &a);
	if (length == 16 && addr_is_v4(&a))
		memcpy(b, a.b, 16);
	else
		memcpy(b, a.b + (length == 4 ? ADDR_V4_AT : 0), length);
	for (size_t i = 0; i < length; i++)
		b[i] ^= xored ? key[i] : 0;
	scrub_put(s, at + 4, b, length);
}

/* As dissectors/stun.c looks for them. */
static bool
names_a_service(const uint8_t *p, size_t n)
{
	static const char *const words[] = {"signal.org", "whispersystems.org", "google.com",
					    "telegram.org", "facebook"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(p, n, words[i], strlen(words[i])))
			return true;
	return false;
}

static void
attribute(struct scrub *s, uint16_t type, size_t at, size_t n)
{
	switch (type) {
	case MAPPED_ADDRESS:
	case RESPONSE_ADDRESS:
	case REFLECTED_FROM:
		address(s, at, n, false, true);
		break;
	case SOURCE_ADDRESS:
	case CHANGED_ADDRESS:
	case ALTERNATE_SERVER:
	case RESPONSE_ORIGIN:
	case OTHER_ADDRESS:
		address(s, at, n, false, false);
		break;
	case XOR_MAPPED_ADDRESS:
	case XOR_MAPPED_ADDRESS_OLD:
	case XOR_PEER_ADDRESS:
		address(s, at, n, true, true);
		break;
	case XOR_RELAYED_ADDRESS:
		address(s, at, n, true, false);
		break;
	case CHANGE_REQUEST:
	case UNKNOWN_ATTRIBUTES:
	case CHANNEL_NUMBER:
	case LIFETIME:
	case REQUESTED_TRANSPORT:
	case PRIORITY:
	case USE_CANDIDATE:
		scrub_keep(s, at, n);
		break;
	case ERROR_CODE:
		scrub_keep(s, at, n < 4 ? n : 4);
		break;
	case REALM:
		if (names_a_service(s->in + at, n))
			scrub_keep(s, at, n);
		else
			scrub_name(s, at, n);
		break;
	case SOFTWARE:
		if (s->from == SERVER && s->concerned)
			scrub_text(s, at, n);
		break;
	default:
		break;
	}
}

/* It is right again if it was right. */
static void
fingerprint(struct scrub *s, size_t begin, size_t at)
{
	uint32_t was, now;
	uint8_t b[4];

	for (int i = 0; i < 2; i++) {
		const uint8_t *p = i ? s->out : s->in;
		uint32_t sum = (uint32_t)crc32(0, p + begin, (uInt)(at - 4 - begin));

		*(i ? &now : &was) = sum ^ FINGERPRINT_XOR;
	}
	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(was >> (24 - 8 * i));
	if (memcmp(b, s->in + at, 4) != 0)
		return;
	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(now >> (24 - 8 * i));
	scrub_put(s, at, b, 4);
}

/* A message of n bytes at the beginning of s. */
static void
message(struct scrub *s, size_t n)
{
	scrub_keep(s, 0, HEADER);
	for (size_t at = HEADER; at + 4 <= n;) {
		uint16_t type = (uint16_t)(s->in[at] << 8 | s->in[at + 1]);
		size_t length = (size_t)s->in[at + 2] << 8 | s->in[at + 3];

		scrub_keep(s, at, 4);
		at += 4;
		if (length > n - at)
			return;
		if (type == FINGERPRINT && length == 4)
			fingerprint(s, 0, at);
		else
			attribute(s, type, at, length);
		for (size_t i = length; i % 4 && at + i < n; i++)
			scrub_set(s, at + i, 0, 1);
		at += (length + 3) & ~(size_t)3;
	}
}

/* One thing, at the beginning of s; returns its length. */
static size_t
one(struct scrub *s, bool stream)
{
	size_t length = s->n >= 4 ? (size_t)s->in[2] << 8 | s->in[3] : 0;
	uint8_t first = s->in[0];
	static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};

	if (s->n >= HEADER && first < 0x40 &&
	    (memcmp(s->in + COOKIE_AT, cookie, sizeof cookie) == 0 || (!stream && first < 2))) {
		length += HEADER;
		message(s, length < s->n ? length : s->n);
		return length;
	}
	if (s->n >= 4 && first >= 0x40 && first <= 0x4f) {
		scrub_keep(s, 0, 4);
		return 4 + (stream ? (length + 3) & ~(size_t)3 : length);
	}
	if (stream) {
		scrub_keep(s, 0, 8 < s->n ? 0 : s->n);
		return s->n;
	}
	if (first >= 20 && first <= 63) {
		scrub_dtls(s);
	} else if (first >= 0x80 && first <= 0xbf && s->n >= 12) {
		/* RTP: version, kind, number, time; not who speaks. RTCP: version, kind, length. */
		scrub_keep(s, 0, s->in[1] >= 192 && s->in[1] <= 223 ? 4 : 8);
		if (s->n >= 16 && first == 0x90)
			scrub_keep(s, 12, 2);
	}
	return s->n;
}

void
scrub_stun(struct scrub *s)
{
	struct scrub rest = *s;
	bool stream = !s->datagram;

	while (rest.n) {
		size_t n = one(&rest, stream);

		if (!n || n >= rest.n || !stream)
			return;
		rest.in += n;
		rest.out += n;
		rest.n -= n;
	}
}

void
scrub_stun_learn(struct disguise *d, struct bytes b)
{
	if (b.n < HEADER || b.p[0] >= 0x40)
		return;
	for (size_t at = HEADER; at + 8 <= b.n;) {
		uint16_t type = (uint16_t)(b.p[at] << 8 | b.p[at + 1]);
		size_t n = (size_t)b.p[at + 2] << 8 | b.p[at + 3];
		bool xored = type == XOR_MAPPED_ADDRESS || type == XOR_MAPPED_ADDRESS_OLD;
		uint8_t a[16];

		at += 4;
		if (n > b.n - at)
			return;
		if ((xored || type == MAPPED_ADDRESS) && (n == 8 || n == 20)) {
			struct addr addr;

			for (size_t i = 0; i < n - 4; i++)
				a[i] = b.p[at + 4 + i] ^ (xored ? b.p[COOKIE_AT + i] : 0);
			addr = n == 8 ? addr_from_v4(a) : addr_from_v6(a);
			disguise_client(d, &addr);
		}
		at += (n + 3) & ~(size_t)3;
	}
}
