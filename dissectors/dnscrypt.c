/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNSCrypt: encrypted questions and answers over UDP and TCP, known by the resolver's magic. The
 * certificates, which come before in clear as TXT records of "2.dnscrypt-cert.", are the DNS
 * dissector's. DNSCrypt version 2 protocol specification (draft-denis-dprive-dnscrypt).
 *
 * A question begins with a magic of the resolver's choice, so that it shows only after an answer
 * has told what is spoken here. */
#include "dissect.h"

#include <string.h>

/* Sections 3 to 5 of the draft ("<client-magic> <client-pk> <client-nonce> <encrypted-query>",
 * "<resolver-magic> <nonce> <encrypted-response>"). */
#define MAGIC_SIZE 8u
#define KEY_SIZE 32u
#define CLIENT_NONCE 12u
#define NONCE_SIZE 24u
#define TAG_SIZE 16u /* Poly1305 */

static const uint8_t resolver_magic[MAGIC_SIZE] = {'r', '6', 'f', 'n', 'v', 'W', 'j', '8'};

enum { QUERY, RESPONSE, CLIENT_MAGIC, LENGTH };

static const struct field fields[] = {
    [QUERY] = {"dnscrypt.query", FACT_MARK, "a question, in a conversation that was answered"},
    [RESPONSE] = {"dnscrypt.response", FACT_MARK, "an answer: the resolver's magic"},
    [CLIENT_MAGIC] = {"dnscrypt.client_magic", FACT_TEXT, "first eight bytes of a question, hex"},
    [LENGTH] = {"dnscrypt.length", FACT_UINT, "bytes of the message, its padding included"},
    {0},
};

static enum guess
probe(struct bytes first, enum side from)
{
	struct cursor c = cursor_over(first, CURSOR_SHORT);
	struct bytes b;

	if (from == CLIENT)
		return NO;
	if (first.n >= 2 && memcmp(first.p, resolver_magic, 2) != 0)
		skip_bytes(&c, 2); /* over TCP a length comes first */
	b = get_bytes(&c, cursor_left(&c) < MAGIC_SIZE ? cursor_left(&c) : MAGIC_SIZE);
	if (memcmp(b.p, resolver_magic, b.n) != 0)
		return NO;
	return b.n == MAGIC_SIZE ? YES : MAYBE;
}

static void
note_magic(struct flow *f, enum side from, struct bytes magic)
{
	char hex[2 * MAGIC_SIZE + 1];

	note_string(f, from, &fields[CLIENT_MAGIC], hex_text(magic, MAGIC_SIZE, hex));
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	size_t n = flow_carrier(f) == STREAM ? get_be16(in) : cursor_left(in);
	struct bytes all = get_bytes(in, n), magic;
	struct cursor c;

	if (in->err)
		return;
	c = cursor_over(all, CURSOR_BAD);
	magic = get_bytes(&c, MAGIC_SIZE);
	skip_bytes(&c, from == CLIENT ? KEY_SIZE + CLIENT_NONCE : NONCE_SIZE);
	skip_bytes(&c, TAG_SIZE);
	if (c.err || (from == SERVER && memcmp(magic.p, resolver_magic, MAGIC_SIZE) != 0)) {
		set_bad(in);
		return;
	}
	note(f, from, &fields[from == CLIENT ? QUERY : RESPONSE]);
	if (from == CLIENT)
		note_magic(f, from, magic);
	note_uint(f, from, &fields[LENGTH], all.n);
	flow_enough(f, from);
}

const struct dissector dissector_dnscrypt = {
    .name = "dnscrypt",
    .title = "DNSCrypt",
    .spec = "DNSCrypt version 2 protocol specification",
    .carriers = 1u << DATAGRAMS | 1u << STREAM,
    .fields = fields,
    .message_max = 2 + 65535,
    .probe = probe,
    .message = message,
};
