/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN and TURN, by which calls find their way, and what travels on the same port: media, DTLS,
 * channels. Attributes tell whose call it is. RFC 8489, RFC 8656, RFC 7983.
 *
 * WhatsApp's relays speak a dialect: methods of their own and attributes from 0x4000 on (wacrg's
 * description of it; nDPI). Microsoft's attributes are those of MS-TURN and MS-ICE2. */
#include "dissect.h"

#include <string.h>

#define COOKIE 0x2112a442u /* RFC 8489, 5 */
#define HEADER 20
/* Messages of one side that are noted: a client repeats a request 7 times (RFC 8489, 6.2.1), and
 * a call checks several pairs. */
#define NOTED_MAX 24
/* Datagrams of one side after which a call is under way, and nothing new is said. */
#define ENOUGH 96
/* A realm or a software's name has at most 763 bytes (RFC 8489, 14.9 and 14.14); this tells. */
#define TEXT_MAX 128

enum { /* RFC 8489, 3: the two bits of the class */
       CLASS_MASK = 0x0110,
       REQUEST = 0x0000,
       INDICATION = 0x0010,
       SUCCESS = 0x0100,
       ERROR = 0x0110,
};

enum { BINDING = 0x001, ALLOCATE = 0x003 };

/* The methods of WhatsApp's relays: 0x0801 asks, 0x0802 answers (wacrg); 0x0800 (nDPI). */
enum { WHATSAPP_FIRST = 0x0800, WHATSAPP_LAST = 0x0802 };

enum { /* attributes: RFC 8489, 18.3; RFC 8445, 16.1 */
       ERROR_CODE = 0x0009,
       REALM = 0x0014,
       PRIORITY = 0x0024,
       SOFTWARE = 0x8022,
       ZOOM_1 = 0x0101, /* nDPI */
       ZOOM_2 = 0x0103,
       WHATSAPP_TOKEN = 0x4000,
       MICROSOFT_CANDIDATE = 0x8054,      /* MS-ICE2, 2.2.3 */
       MICROSOFT_QUALITY = 0x8055,        /* MS-TURN, 2.2.2.19 */
       MICROSOFT_IMPLEMENTATION = 0x8070, /* MS-ICE2, 2.2.3 */
       MICROSOFT_SESSION = 0x8095,        /* MS-TURN */
       LIBWEBRTC_NETWORK = 0xc057,        /* libwebrtc: GOOG_NETWORK_INFO */
       GOOGLE_MEET = 0xff03,              /* nDPI */
};

enum {
	F_REQUEST,
	F_RESPONSE,
	F_INDICATION,
	F_TYPE,
	F_ERROR,
	F_REALM,
	F_SOFTWARE,
	F_ICE,
	F_WEBRTC,
	F_WHATSAPP,
	F_ZOOM,
	F_MEET,
	F_TEAMS,
	F_SIGNAL,
	F_FACEBOOK,
	F_TELEGRAM,
	F_CHANNEL,
	F_RTP,
	F_WARP,
	F_DTLS,
};

static const struct field fields[] = {
    [F_REQUEST] = {"stun.request", FACT_MARK, "a request: Binding, Allocate or another"},
    [F_RESPONSE] = {"stun.response", FACT_MARK, "an answer, good or bad"},
    [F_INDICATION] = {"stun.indication", FACT_MARK, "a message that wants no answer"},
    [F_TYPE] = {"stun.type", FACT_UINT,
		"message type: 0x0001 asks for a binding, 0x0003 allocates"},
    [F_ERROR] = {"stun.error", FACT_UINT, "the code of an error response, e.g. 401"},
    [F_REALM] = {"stun.realm", FACT_TEXT, "realm of a TURN server"},
    [F_SOFTWARE] = {"stun.software", FACT_TEXT, "what its sender runs"},
    [F_ICE] = {"stun.ice", FACT_MARK, "a check of a pair of candidates (RFC 8445)"},
    [F_WEBRTC] = {"stun.webrtc", FACT_MARK, "an attribute that libwebrtc sends"},
    [F_WHATSAPP] = {"stun.whatsapp", FACT_MARK, "the dialect of WhatsApp's relays"},
    [F_ZOOM] = {"stun.zoom", FACT_MARK, "an attribute of Zoom's"},
    [F_MEET] = {"stun.meet", FACT_MARK, "an attribute or realm of Google's calls"},
    [F_TEAMS] = {"stun.teams", FACT_MARK, "an attribute of Microsoft's: Teams, Skype"},
    [F_SIGNAL] = {"stun.signal", FACT_MARK, "the realm of Signal's relays"},
    [F_FACEBOOK] = {"stun.facebook", FACT_MARK, "the realm of Meta's relays"},
    [F_TELEGRAM] = {"stun.telegram", FACT_MARK, "the realm of Telegram's relays"},
    [F_CHANNEL] = {"stun.channel", FACT_UINT, "number of the first TURN channel that carries data"},
    [F_RTP] = {"stun.rtp", FACT_MARK, "the first media packet of that side (RTP or RTCP)"},
    [F_WARP] = {"stun.warp", FACT_MARK, "the first media packet as WhatsApp frames it"},
    [F_DTLS] = {"stun.dtls", FACT_MARK, "the first DTLS record of that side"},
    {0},
};

struct stun {
	uint32_t seen[2]; /* bits: 1 << field, for what is noted once a side */
	uint16_t datagrams[2];
	uint8_t noted[2];
};

static void
note_once(struct flow *f, enum side from, unsigned field)
{
	struct stun *s = f->state;

	if (s->seen[from] & 1u << field)
		return;
	s->seen[from] |= 1u << field;
	note(f, from, &fields[field]);
}

static bool
has_word(struct bytes b, const char *word)
{
	return b.p && memmem(b.p, b.n, word, strlen(word));
}

static struct bytes
short_text(struct bytes b)
{
	if (b.n > TEXT_MAX)
		b.n = TEXT_MAX;
	return b;
}

static void
realm(struct flow *f, enum side from, struct bytes name)
{
	note_text(f, from, &fields[F_REALM], short_text(name));
	if (has_word(name, "signal.org") || has_word(name, "whispersystems.org"))
		note_once(f, from, F_SIGNAL);
	else if (has_word(name, "google.com"))
		note_once(f, from, F_MEET);
	else if (has_word(name, "telegram.org"))
		note_once(f, from, F_TELEGRAM);
	else if (has_word(name, "facebook"))
		note_once(f, from, F_FACEBOOK);
}

static void
error_code(struct flow *f, enum side from, struct bytes value)
{
	struct cursor c = cursor_over(value, CURSOR_BAD);
	uint8_t class, number;

	skip_bytes(&c, 2);
	class = get_u8(&c) & 7;
	number = get_u8(&c);
	if (!c.err)
		note_uint(f, from, &fields[F_ERROR], class * 100u + number);
}

/* Whose attribute is this? */
static void
attribute(struct flow *f, enum side from, uint16_t type, struct bytes value)
{
	if (type == ERROR_CODE)
		error_code(f, from, value);
	else if (type == REALM)
		realm(f, from, value);
	else if (type == SOFTWARE)
		note_text(f, from, &fields[F_SOFTWARE], short_text(value));
	else if (type == PRIORITY)
		note_once(f, from, F_ICE);
	else if (type == LIBWEBRTC_NETWORK)
		note_once(f, from, F_WEBRTC);
	else if (type == ZOOM_1 || type == ZOOM_2)
		note_once(f, from, F_ZOOM);
	else if (type >= WHATSAPP_TOKEN && type <= WHATSAPP_TOKEN + 0xff)
		note_once(f, from, F_WHATSAPP);
	else if (type == MICROSOFT_CANDIDATE || type == MICROSOFT_QUALITY ||
		 type == MICROSOFT_IMPLEMENTATION || type == MICROSOFT_SESSION)
		note_once(f, from, F_TEAMS);
	else if (type == GOOGLE_MEET)
		note_once(f, from, F_MEET);
}

static void
attributes(struct flow *f, enum side from, struct cursor *c)
{
	while (cursor_left(c) >= 4 && !c->err) {
		uint16_t type = get_be16(c);
		size_t length = get_be16(c), padding = -length & 3;
		struct bytes value = get_bytes(c, length);

		/* RFC 3489 had no padding, and some leave it out at the end. */
		skip_bytes(c, padding < cursor_left(c) ? padding : cursor_left(c));
		if (!c->err)
			attribute(f, from, type, value);
	}
}

static void
stun_message(struct flow *f, enum side from, struct cursor *in)
{
	struct stun *s = f->state;
	uint16_t type = get_be16(in);
	struct cursor body;
	size_t length = get_be16(in);
	unsigned class = type & CLASS_MASK;

	skip_bytes(in, HEADER - 4);
	body = get_fenced(in, length);
	if (in->err || s->noted[from] == NOTED_MAX)
		return;
	s->noted[from]++;
	if (type >= WHATSAPP_FIRST && type <= WHATSAPP_LAST) {
		note_once(f, from, F_WHATSAPP);
		class = type == WHATSAPP_LAST ? SUCCESS : REQUEST;
	}
	note(f, from,
	     &fields[class == REQUEST      ? F_REQUEST
		     : class == INDICATION ? F_INDICATION
					   : F_RESPONSE]);
	note_uint(f, from, &fields[F_TYPE], type);
	attributes(f, from, &body);
}

/* RFC 8656, 12.4. Over TCP it is padded to four bytes. */
static void
channel(struct flow *f, enum side from, struct cursor *in)
{
	struct stun *s = f->state;
	uint16_t number = get_be16(in);
	size_t length = get_be16(in);

	if (flow_carrier(f) == STREAM)
		length += -length & 3;
	skip_bytes(in, length);
	if (in->err || s->seen[from] & 1u << F_CHANNEL)
		return;
	s->seen[from] |= 1u << F_CHANNEL;
	note_uint(f, from, &fields[F_CHANNEL], number);
}

/* RFC 3550, 5.1. WhatsApp: version 2 with an extension of profile 0xdebe, payload type 120 or
 * 121 (wacrg). */
static void
media(struct flow *f, enum side from, struct cursor *in)
{
	struct bytes b = get_bytes(in, cursor_left(in));

	if (b.n < 12)
		return;
	if (b.n >= 16 && b.p[0] == 0x90 && (b.p[1] & 0x7e) == 120 && b.p[12] == 0xde &&
	    b.p[13] == 0xbe)
		note_once(f, from, F_WARP);
	note_once(f, from, F_RTP);
}

static bool
is_stun(struct bytes b)
{
	return b.n >= HEADER && b.p[0] < 0x40 && (b.p[3] & 3) == 0 && b.p[4] == 0x21 &&
	       b.p[5] == 0x12 && b.p[6] == 0xa4 && b.p[7] == 0x42;
}

/* By the first byte (RFC 7983, 7). */
static void
datagram(struct flow *f, enum side from, struct cursor *in)
{
	struct stun *s = f->state;
	struct bytes b = {in->p, cursor_left(in)};

	if (++s->datagrams[from] == ENOUGH)
		flow_enough(f, from);
	if (is_stun(b) || (b.n >= HEADER && b.p[0] < 2)) {
		stun_message(f, from, in);
	} else if (b.n >= 13 && b.p[0] >= 20 && b.p[0] <= 63 && (b.p[1] == 0xfe || b.p[1] == 1)) {
		note_once(f, from, F_DTLS);
	} else if (b.n >= 4 && b.p[0] >= 0x40 && b.p[0] <= 0x4f) {
		channel(f, from, in);
	} else if (b.n && b.p[0] >= 0x80 && b.p[0] <= 0xbf) {
		media(f, from, in);
	}
	if (!in->err)
		skip_bytes(in, cursor_left(in));
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct stun *s = f->state;

	if (flow_carrier(f) != STREAM) {
		datagram(f, from, in);
		return;
	}
	if (!cursor_has(in, 8))
		return;
	if (*in->p >= 0x40 && *in->p <= 0x4f)
		channel(f, from, in);
	else if (*in->p < 0x40 && memcmp(in->p + 4, "\x21\x12\xa4\x42", 4) == 0)
		stun_message(f, from, in);
	else
		set_bad(in);
	if (!in->err && s->noted[from] == NOTED_MAX)
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};
	size_t length;

	(void)from;
	if (first.p[0] >= 0x40)
		return NO;
	if (first.n >= HEADER && is_stun(first))
		return YES;
	if (first.n > 4 &&
	    memcmp(first.p + 4, cookie, first.n < 8 ? first.n - 4 : sizeof cookie) == 0)
		return MAYBE;
	if (first.n <= 4)
		return first.p[0] < 2 ? MAYBE : NO;
	/* RFC 3489 had no cookie: believe the port. */
	length = (size_t)first.p[2] << 8 | first.p[3];
	if (first.n >= HEADER && first.p[0] == 0 && first.p[1] == BINDING &&
	    length + HEADER == first.n)
		return MAYBE;
	return NO;
}

/* IANA: stun, stuns; the ports of Google's servers. */
static const uint16_t ports[] = {3478, 5349, 19302, 0};

const struct dissector dissector_stun = {
    .name = "stun",
    .title = "Session Traversal Utilities for NAT, and TURN",
    .spec = "RFC 8489",
    .carriers = 1u << DATAGRAMS | 1u << STREAM,
    .ports = ports,
    .trigger = "stun",
    .request = "stun.request",
    .peer = "stun.ice",
    .fields = fields,
    .state_size = sizeof(struct stun),
    .probe = probe,
    .message = message,
};
