/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocols of which a few bytes tell all that a finding needs, and who is asked for what. Each
 * keeps what its dissector reads (dissectors/NAME.c says where that is specified). */
#include "obfuscated2.h"
#include "opening.h"
#include "scrubber.h"

#include <stdlib.h>
#include <string.h>

static size_t
at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

static bool
begins(const struct scrub *s, const char *word, size_t n)
{
	return s->n >= n && memcmp(s->in, word, n) == 0;
}

/* --- streams --- */

/* The greeting stays, and of the packets behind it length, padding and kind, as long as they are in
 * clear: the first. */
static void
ssh(struct scrub *s)
{
	const uint8_t *line = s->n ? memchr(s->in, '\n', s->n) : NULL;
	size_t n = line ? scrub_at(s, line) + 1 : s->n;

	if (n > 255) /* RFC 4253, 4.2 */
		n = 255;
	scrub_text(s, 0, n);
	scrub_keep(s, n, 6);
}

/* Who is asked to route goes, and keys. */
static void
whatsapp(struct scrub *s)
{
	size_t at = 0;

	if (s->from == CLIENT && begins(s, "ED\0\1", 4) && s->n >= 7) {
		scrub_keep(s, 0, 7);
		at = 7 + ((size_t)s->in[4] << 16 | (size_t)s->in[5] << 8 | s->in[6]);
	}
	if (s->from == CLIENT && at + 4 <= s->n && memcmp(s->in + at, "WA", 2) == 0) {
		scrub_keep(s, at, 4);
		at += 4;
	}
	for (int i = 0; i < 4 && at + 3 < s->n; i++) {
		size_t n = (size_t)s->in[at] << 16 | (size_t)s->in[at + 1] << 8 | s->in[at + 2];

		scrub_keep(s, at, 4);
		at += 3 + n;
	}
}

/* A hello of the same kind under another key: the eight bytes that prove it are sealed anew. */
static void
obfuscated(struct scrub *s)
{
	uint8_t hello[OBFUSCATED2_LENGTH], was[8], now[8];

	obfuscated2_open(s->in, was);
	for (size_t i = 0; i < sizeof hello; i += 32)
		disguise_bytes(s->disguise, i ? "hello2" : "hello1",
			       (struct bytes){s->in, OBFUSCATED2_LENGTH}, hello + i, 32);
	/* What its first bytes must not be: another transport's mark, or a number of zero. */
	hello[0] = (uint8_t)(hello[0] | 0x80) & 0xbf;
	hello[4] |= 1;
	memset(hello + 56, 0, 8);
	obfuscated2_open(hello, now); /* zeros: the key's own bytes */
	for (int i = 0; i < 8; i++)
		hello[56 + i] = now[i] ^ was[i];
	scrub_put(s, 0, hello, sizeof hello);
}

static void
mtproto(struct scrub *s)
{
	static const uint8_t none[8];
	size_t at = 0;

	if (s->from == CLIENT && s->n >= 8) {
		if (s->in[0] == 0xef)
			at = 1;
		else if (s->in[0] == 0xee || s->in[0] == 0xdd)
			at = 4;
		else if (memcmp(s->in + 4, none, 4) != 0) {
			if (s->n >= OBFUSCATED2_LENGTH)
				obfuscated(s);
			return;
		}
	}
	scrub_keep(s, 0, at);
	/* The length in any of its forms, and no byte of the key's id. */
	if (at == 1 || (at == 0 && s->from == SERVER && s->n && s->in[0] <= 0x7f && s->n > 4 &&
			(size_t)s->in[0] * 4 < s->n + 4 && s->in[3]))
		scrub_keep(s, at, s->n > at && (s->in[at] & 0x7f) == 0x7f ? 4 : 1);
	else
		scrub_keep(s, at, at == 0 && s->from == CLIENT ? 8 : 4);
	/* A message in clear has no key, and says so; behind it is what is asked. */
	for (size_t k = 1; k <= 8; k++)
		if (at + k + 24 <= s->n && memcmp(s->in + at + k, none, 8) == 0) {
			scrub_keep(s, at, k + 24);
			return;
		}
}

static size_t
socks_address(struct scrub *s, size_t at)
{
	uint8_t type = at < s->n ? s->in[at] : 0;
	size_t n = type == 1 ? 4 : type == 4 ? 16 : 0;

	scrub_keep(s, at++, 1);
	if (type == 3 && at < s->n) {
		n = s->in[at];
		scrub_keep(s, at++, 1);
		scrub_name(s, at, n);
	} else if (type == 1) {
		scrub_v4(s, at);
	} else if (type == 4) {
		scrub_v6(s, at);
	}
	scrub_keep(s, at + n, 2);
	return at + n + 2;
}

static size_t
text_end(const struct scrub *s, size_t at)
{
	while (at < s->n && s->in[at])
		at++;
	return at;
}

static size_t
socks_4(struct scrub *s)
{
	size_t end, host;

	if (s->from == SERVER) {
		scrub_keep(s, 0, 4);
		scrub_v4(s, 4);
		return 8;
	}
	scrub_keep(s, 0, 4);
	if (s->n >= 8 && !s->in[4] && !s->in[5] && !s->in[6])
		scrub_keep(s, 4, 4);
	else
		scrub_v4(s, 4);
	end = text_end(s, 8);
	scrub_keep(s, end, 1);
	if (s->n < 8 || s->in[4] || s->in[5] || s->in[6] || !s->in[7])
		return end + 1;
	host = end + 1;
	end = text_end(s, host);
	if (end > host)
		scrub_name(s, host, end - host);
	scrub_keep(s, end, 1);
	return end + 1;
}

/* Greeting, password, request; choice, answers. Returns where what is carried begins. */
static size_t
socks(struct scrub *s)
{
	size_t at;

	if (s->n && (s->in[0] == 4 || (s->from == SERVER && s->in[0] == 0)))
		return socks_4(s);
	if (s->from == CLIENT) {
		at = s->n >= 2 ? 2 + (size_t)s->in[1] : s->n;
		scrub_keep(s, 0, at);
		if (at < s->n && s->in[at] == 1 && at + 1 < s->n) { /* RFC 1929 */
			size_t user = s->in[at + 1];
			size_t password = at + 2 + user < s->n ? s->in[at + 2 + user] : 0;

			scrub_keep(s, at, 2);
			scrub_keep(s, at + 2 + user, 1);
			at += 3 + user + password;
		}
	} else {
		at = 2;
		scrub_keep(s, 0, 2);
		if (s->n >= 4 && s->in[1] == 2 && s->in[2] == 1) {
			scrub_keep(s, 2, 2);
			at = 4;
		}
	}
	if (at + 3 > s->n)
		return s->n;
	scrub_keep(s, at, 3);
	return socks_address(s, at + 3);
}

static void
rest_of_stream(struct scrub *s, size_t at)
{
	struct scrub rest = *s;

	if (at >= s->n)
		return;
	rest.in += at;
	rest.out += at;
	rest.n -= at;
	if (rest.in[0] >= 20 && rest.in[0] <= 24)
		scrub_tls(&rest);
	else
		scrub_http(&rest);
}

static void
pptp(struct scrub *s)
{
	scrub_keep(s, 0, 28); /* type, cookie, kind, result: names of hosts come later */
}

static void
openvpn_packet(struct scrub *s, size_t at, size_t n)
{
	/* Opcode and session. A reset's HMAC says nothing without its key, but is one that can be
	 * tried: what is around it stays, where the replay number and the array of acks tell it. */
	bool reset = at < s->n && (s->in[at] >> 3 >= 7 || s->in[at] >> 3 == 10);
	static const size_t hmacs[] = {16, 20, 32, 64};

	scrub_keep(s, at, n < 9 ? 1 : 9);
	if (!reset)
		return;
	scrub_keep(s, at + 9, at_most(n - at_most(n, 9), 8));
	for (size_t i = 0; i < sizeof hmacs / sizeof *hmacs; i++)
		if (n == 9 + hmacs[i] + 13)
			scrub_keep(s, at + 9 + hmacs[i], 13);
	if (n == 14 || n == 26)
		scrub_keep(s, at, n);
}

static void
openvpn_stream(struct scrub *s)
{
	for (size_t at = 0; at + 2 < s->n;) {
		size_t n = (size_t)s->in[at] << 8 | s->in[at + 1];

		scrub_keep(s, at, 2);
		openvpn_packet(s, at + 2, at_most(n, s->n - at - 2));
		at += 2 + n;
	}
}

static void
viber(struct scrub *s)
{
	for (size_t at = 0; at + 2 < s->n;) {
		size_t n = (size_t)s->in[at + 1] << 8 | s->in[at];

		scrub_keep(s, at, 12);
		at += n < 3 ? s->n : n;
	}
}

/* A known filter's view of bytes that nobody knows: each becomes one with as many bits, printable
 * if it was. */
void
scrub_opening(struct scrub *s, size_t n)
{
	uint8_t random[32];

	for (size_t i = 0; i < n && i < s->n; i++) {
		uint8_t b = s->in[i], to[256];
		bool printable = b >= 0x20 && b <= 0x7e;
		unsigned found = 0;

		if (i % 32 == 0) {
			uint8_t block[36] = {(uint8_t)(i >> 8), (uint8_t)i};

			memcpy(block + 4, s->in + i, at_most(32, s->n - i));
			disguise_bytes(s->disguise, "opening",
				       (struct bytes){block, 4 + at_most(32, s->n - i)}, random,
				       sizeof random);
		}
		for (unsigned c = 0; c < 256; c++)
			if ((c >= 0x20 && c <= 0x7e) == printable &&
			    __builtin_popcount(c) == __builtin_popcount(b))
				to[found++] = (uint8_t)c;
		scrub_put(s, i, &to[random[i % 32] % found], 1);
	}
}

static bool
is_record(const struct scrub *s)
{
	return s->n >= 3 && s->in[0] >= 20 && s->in[0] <= 24 && s->in[1] == 3;
}

/* Where a tunnel through an HTTP proxy begins. */
static size_t
proxied(const struct scrub *s)
{
	const uint8_t *end = s->n ? memmem(s->in, s->n, "\r\n\r\n", 4) : NULL;

	if (!end || !(begins(s, "CONNECT ", 8) || begins(s, "HTTP/1.", 7)))
		return 0;
	return scrub_at(s, end) + 4;
}

/* TLS, alone or behind what it was asked for by. */
static void
tls(struct scrub *s)
{
	size_t at;

	if (is_record(s) || !s->n || (s->in[0] >= 20 && s->in[0] <= 24)) {
		scrub_tls(s);
	} else if (s->in[0] == 4 || s->in[0] == 5 || s->in[0] == 0) {
		rest_of_stream(s, socks(s));
	} else if ((at = proxied(s)) > 0) {
		struct scrub head = *s;

		head.n = at;
		scrub_http(&head);
		rest_of_stream(s, at);
	} else {
		rest_of_stream(s, scrub_mail(s));
	}
}

static const struct {
	const char *protocol;
	void (*scrub)(struct scrub *s);
} streams[] = {
    {"tls", tls},         {"http", scrub_http},        {"dns", scrub_dns_stream},
    {"ssh", ssh},         {"whatsapp", whatsapp},      {"mtproto", mtproto},
    {"pptp", pptp},       {"openvpn", openvpn_stream}, {"viber", viber},
    {"stun", scrub_stun},
};

void
scrub_stream(struct scrub *s, const char *protocol)
{
	if (strcmp(protocol, "socks") == 0) {
		rest_of_stream(s, socks(s));
		return;
	}
	if (strcmp(protocol, "mail") == 0) {
		rest_of_stream(s, scrub_mail(s));
		return;
	}
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
		if (strcmp(protocol, streams[i].protocol) == 0)
			streams[i].scrub(s);
}

/* --- datagrams --- */

static void
wireguard(struct scrub *s)
{
	scrub_keep(s, 0, s->in[0] == 4 ? 16 : 12); /* kind, numbers, counter; no mac1 */
}

static void
openvpn(struct scrub *s)
{
	openvpn_packet(s, 0, s->n);
}

#define TAG 12 /* of those who share a call (dissectors/reflector.c) */

static void
reflector(struct scrub *s)
{
	uint8_t tag[TAG];

	if (s->n < TAG)
		return;
	disguise_bytes(s->disguise, "tag", (struct bytes){s->in, TAG}, tag, sizeof tag);
	scrub_put(s, 0, tag, sizeof tag);
	if (s->n == 40)
		scrub_keep(s, 16, 16);
}

static void
discord(struct scrub *s)
{
	scrub_keep(s, 0, 4); /* the address that it tells is text behind these and the source */
	if (s->n == 8)
		scrub_keep(s, 0, 8);
}

static void
ike(struct scrub *s)
{
	/* A header, behind a marker on port 4500; or ESP. */
	scrub_keep(s, 0, begins(s, "\0\0\0\0", 4) ? 32 : s->n >= 28 ? 28 : 8);
}

static void
l2tp(struct scrub *s)
{
	scrub_keep(s, 0, 20); /* header and the kind of message; names of hosts come later */
}

static void
viber_call(struct scrub *s)
{
	scrub_keep(s, 0, 12);
}

static void
dnscrypt(struct scrub *s)
{
	scrub_keep(s, 0, 8);
}

static const struct {
	const char *protocol;
	void (*scrub)(struct scrub *s);
} datagrams[] = {
    {"dns", scrub_dns},       {"quic", scrub_quic},     {"stun", scrub_stun},
    {"dtls", scrub_dtls},     {"wireguard", wireguard}, {"openvpn", openvpn},
    {"reflector", reflector}, {"discord", discord},     {"ike", ike},
    {"l2tp", l2tp},           {"viber", viber_call},    {"dnscrypt", dnscrypt},
};

void
scrub_datagram(struct scrub *s, const char *protocol)
{
	if (!s->n)
		return;
	if (opening_is_filler((struct bytes){s->in, s->n})) {
		scrub_keep(s, 0, 1);
		scrub_set(s, 1, s->in[1], s->n - 1);
		return;
	}
	/* A decoy that looks like QUIC may stand ahead of anything. */
	if (s->quic && s->in[0] & 0x80) {
		scrub_quic(s);
		return;
	}
	for (size_t i = 0; i < sizeof datagrams / sizeof *datagrams; i++)
		if (strcmp(protocol, datagrams[i].protocol) == 0)
			datagrams[i].scrub(s);
}
