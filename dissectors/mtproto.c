/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MTProto, which Telegram speaks over TCP, in its transports: abridged, intermediate, padded, full,
 * and obfuscated, whose hello proves itself by its own key. Telegram, "MTProto transports";
 * TelegramMessenger/MTProxy.
 *
 *   abridged      ef, then for each message: words (1), or 7f and words (3, little-endian)
 *   intermediate  eeeeeeee, then for each: bytes (4, little-endian)
 *   padded        dddddddd, then as intermediate, with up to 15 bytes more
 *   full          for each: bytes (4) | number (4) | message | CRC-32
 *   message       of which key (8); 0: in clear, then id (8) | bytes (4) | what (4) ... */
#include "dissect.h"
#include "obfuscated2.h"

#include <string.h>

/* What is said in clear before there is a key (MTProto, "Creating an Authorization Key"). */
#define REQ_PQ 0x60469778u
#define REQ_PQ_MULTI 0xbe7e8ef1u
#define RES_PQ 0x05162463u
/* Messages have at most 16 MiB in a length of three bytes of words; the first have less than this.
 */
#define FIRST_MAX (1u << 20)
/* Of a message in clear: key, id, length, what. */
#define CLEAR 24

enum transport { NONE, ABRIDGED, INTERMEDIATE, PADDED, FULL, OBFUSCATED };

static const char *const words[] = {
    [NONE] = "",         [ABRIDGED] = "abridged", [INTERMEDIATE] = "intermediate",
    [PADDED] = "padded", [FULL] = "full",         [OBFUSCATED] = "obfuscated",
};

enum { F_TRANSPORT, F_INSIDE, F_DC, F_TEST, F_MEDIA, F_REQUEST, F_ANSWER, F_ENCRYPTED };

static const struct field fields[] = {
    [F_TRANSPORT] = {"mtproto.transport", FACT_TEXT,
		     "abridged, intermediate, padded, full or obfuscated"},
    [F_INSIDE] = {"mtproto.inside", FACT_TEXT, "the transport that the obfuscated one hides"},
    [F_DC] = {"mtproto.dc", FACT_UINT, "data centre that an obfuscated hello asks for"},
    [F_TEST] = {"mtproto.test", FACT_MARK, "it asks for a test server"},
    [F_MEDIA] = {"mtproto.media", FACT_MARK, "it asks for the data centre's media"},
    [F_REQUEST] = {"mtproto.req_pq", FACT_MARK, "a client without a key asks for one"},
    [F_ANSWER] = {"mtproto.res_pq", FACT_MARK, "the server answers that"},
    [F_ENCRYPTED] = {"mtproto.encrypted", FACT_MARK, "a message under a key that both ends have"},
    {0},
};

struct mtproto {
	uint8_t transport; /* enum transport */
};

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Does a message of n bytes begin so? In clear it says more about itself. */
static enum guess
is_message(struct bytes b, size_t n)
{
	static const uint8_t none[8] = {0};

	if (b.n < CLEAR)
		return MAYBE;
	if (memcmp(b.p, none, sizeof none) != 0)
		return MAYBE;
	return le32(b.p + 16) + 20u <= n &&
		       (le32(b.p + 20) == REQ_PQ || le32(b.p + 20) == REQ_PQ_MULTI)
		   ? YES
		   : NO;
}

/* A hello is obfuscated if its own key says so. What its first bytes must not be is what other
 * transports and protocols begin with. */
static enum transport
obfuscated(const uint8_t *p, uint8_t tail[8])
{
	obfuscated2_open(p, tail);
	if (memcmp(tail, "\xef\xef\xef\xef", 4) == 0)
		return ABRIDGED;
	if (memcmp(tail, "\xee\xee\xee\xee", 4) == 0)
		return INTERMEDIATE;
	return memcmp(tail, "\xdd\xdd\xdd\xdd", 4) == 0 ? PADDED : NONE;
}

static bool
is_printable(struct bytes b)
{
	size_t i = 0;

	while (i < b.n && ((b.p[i] >= ' ' && b.p[i] < 0x7f) || (b.p[i] >= '\t' && b.p[i] <= '\r')))
		i++;
	return i == b.n;
}

/* Abridged, full: their marks are short, so that only a message in clear proves them. */
static enum guess
is_plain(struct bytes b)
{
	size_t length;

	if (b.n < 8)
		return MAYBE;
	if (b.p[0] == 0xef && b.p[1] && b.p[1] < 0x7f)
		return is_message((struct bytes){b.p + 2, b.n - 2}, (size_t)b.p[1] * 4);
	length = le32(b.p);
	if (le32(b.p + 4) == 0 && length % 4 == 0 && length >= 12 + CLEAR && length < FIRST_MAX)
		return is_message((struct bytes){b.p + 8, b.n - 8}, length - 12);
	return NO;
}

static enum guess
is_intermediate(struct bytes b)
{
	static const uint8_t marks[2][4] = {{0xee, 0xee, 0xee, 0xee}, {0xdd, 0xdd, 0xdd, 0xdd}};

	for (int i = 0; i < 2; i++) {
		if (memcmp(b.p, marks[i], b.n < 4 ? b.n : 4) != 0)
			continue;
		if (b.n < 8)
			return MAYBE;
		return le32(b.p + 4) < FIRST_MAX && (i == 1 || le32(b.p + 4) % 4 == 0) ? YES : NO;
	}
	return NO;
}

static enum guess
probe(struct bytes first, enum side from)
{
	uint8_t tail[8];
	enum guess guess;

	if (from != CLIENT || is_printable(first))
		return NO;
	guess = is_intermediate(first);
	if (guess == YES)
		return YES;
	if (is_plain(first) == YES)
		return YES;
	/* TLS has been asked before, and what begins so is no obfuscated hello. */
	if (first.p[0] == 0x16 && first.n > 1 && first.p[1] == 3)
		return NO;
	if (first.n < OBFUSCATED2_LENGTH)
		return MAYBE;
	return obfuscated(first.p, tail) != NONE ? YES : NO;
}

static void
note_word(struct flow *f, unsigned field, enum transport t)
{
	note_string(f, CLIENT, &fields[field], words[t]);
}

static void
obfuscated_hello(struct flow *f, struct bytes hello)
{
	uint8_t tail[8];
	enum transport inside = obfuscated(hello.p, tail);
	int dc = (int16_t)(tail[5] << 8 | tail[4]);

	note_word(f, F_TRANSPORT, OBFUSCATED);
	note_word(f, F_INSIDE, inside);
	/* Negative for media, 10000 more for test servers. */
	if (dc < 0)
		note(f, CLIENT, &fields[F_MEDIA]);
	dc = dc < 0 ? -dc : dc;
	if (dc >= 10000)
		note(f, CLIENT, &fields[F_TEST]);
	note_uint(f, CLIENT, &fields[F_DC], (unsigned)dc % 10000);
}

/* The mark at the beginning. A hello that is obfuscated does not begin as the others do. */
static enum transport
take_mark(struct cursor *in)
{
	uint8_t first;

	if (!cursor_has(in, 8))
		return NONE;
	first = *in->p;
	if (first == 0xef) {
		skip_bytes(in, 1);
		return ABRIDGED;
	}
	if (memcmp(in->p, "\xee\xee\xee\xee", 4) == 0 ||
	    memcmp(in->p, "\xdd\xdd\xdd\xdd", 4) == 0) {
		skip_bytes(in, 4);
		return first == 0xee ? INTERMEDIATE : PADDED;
	}
	return le32(in->p + 4) == 0 ? FULL : OBFUSCATED;
}

/* What stands before a message, and how long that is. */
static size_t
take_length(struct cursor *in, enum transport t)
{
	size_t n;

	if (t == ABRIDGED) {
		n = get_u8(in) & 0x7fu;
		if (n == 0x7f) {
			struct bytes b = get_bytes(in, 3);

			n = b.n ? (size_t)b.p[2] << 16 | (size_t)b.p[1] << 8 | b.p[0] : 0;
		}
		return n * 4;
	}
	n = get_le32(in) & 0x7fffffffu; /* the upper bit asks for a quick acknowledgement */
	if (t == FULL) {
		skip_bytes(in, 4);
		n = n > 12 ? n - 8 : 0;
	}
	return n;
}

/* The first message of a side; nothing more is wanted of it. */
static void
first_message(struct flow *f, enum side from, struct cursor *in, enum transport t)
{
	static const uint8_t none[8] = {0};
	size_t n = take_length(in, t);
	struct cursor body;
	struct bytes key;
	uint32_t what;

	if (!in->err && (n < 4 || n > FIRST_MAX)) {
		set_bad(in);
		return;
	}
	if (n < CLEAR) { /* an error code of four bytes */
		skip_bytes(in, n);
		if (!in->err)
			flow_enough(f, from);
		return;
	}
	body = get_fenced(in, CLEAR);
	key = get_bytes(&body, sizeof none);
	skip_bytes(&body, 12);
	what = get_le32(&body);
	if (in->err)
		return;
	if (memcmp(key.p, none, sizeof none) != 0)
		note(f, from, &fields[F_ENCRYPTED]);
	else if (what == REQ_PQ || what == REQ_PQ_MULTI)
		note(f, from, &fields[F_REQUEST]);
	else if (what == RES_PQ)
		note(f, from, &fields[F_ANSWER]);
	flow_enough(f, from);
}

static void
begin(struct flow *f, struct cursor *in)
{
	struct mtproto *m = f->state;
	enum transport t = take_mark(in);
	struct bytes hello;

	if (in->err)
		return;
	if (t == OBFUSCATED) {
		uint8_t tail[8];

		hello = get_bytes(in, OBFUSCATED2_LENGTH);
		if (in->err)
			return;
		if (obfuscated(hello.p, tail) == NONE) {
			set_bad(in);
			return;
		}
		obfuscated_hello(f, hello);
		flow_enough(f, CLIENT);
		flow_enough(f, SERVER); /* all is encrypted */
	} else {
		note_word(f, F_TRANSPORT, t);
		if (t == FULL)
			first_message(f, CLIENT, in, t);
	}
	m->transport = (uint8_t)t;
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct mtproto *m = f->state;

	if (m->transport != NONE)
		first_message(f, from, in, (enum transport)m->transport);
	else if (from == CLIENT)
		begin(f, in);
	else
		set_bad(in);
}

const struct dissector dissector_mtproto = {
    .name = "mtproto",
    .title = "MTProto, as Telegram speaks it",
    .spec = "Telegram, MTProto transports",
    .carriers = 1u << STREAM,
    .trigger = "mtproto",
    .fields = fields,
    .state_size = sizeof(struct mtproto),
    .probe = probe,
    .message = message,
};
