/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUIC's versions and long headers. */
#include "quicheader.h"

#include <stdio.h>
#include <string.h>

/* Salts: RFC 9001, 5.2 (and drafts 33, 34); draft-ietf-quic-tls-29, -23, -22, 5.2; RFC 9369,
 * 3.3.1; Google's by the sources of Wireshark (packet-quic.c) and nDPI. */
static const uint8_t salt_1[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
				   0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_2[20] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
				   0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t salt_29[20] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
				    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
static const uint8_t salt_23[20] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
				    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
static const uint8_t salt_22[20] = {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
				    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a};
static const uint8_t salt_q050[20] = {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
				      0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45};
static const uint8_t salt_t050[20] = {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
				      0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10};
static const uint8_t salt_t051[20] = {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
				      0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d};

/* RFC 9001, 5.8; RFC 9369, 3.3.3; draft-ietf-quic-tls-29 and -25, 5.8. */
static const uint8_t retry_key_1[16] = {0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a,
					0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e};
static const uint8_t retry_nonce_1[12] = {0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63,
					  0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb};
static const uint8_t retry_key_2[16] = {0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2,
					0x60, 0xfb, 0xcb, 0xce, 0xad, 0x7c, 0xcc, 0x92};
static const uint8_t retry_nonce_2[12] = {0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c,
					  0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a};
static const uint8_t retry_key_29[16] = {0xcc, 0xce, 0x18, 0x7e, 0xd0, 0x9a, 0x09, 0xd0,
					 0x57, 0x28, 0x15, 0x5a, 0x6c, 0xb9, 0x6b, 0xe1};
static const uint8_t retry_nonce_29[12] = {0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21,
					   0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c};
static const uint8_t retry_key_25[16] = {0x4d, 0x32, 0xec, 0xdb, 0x2a, 0x21, 0x33, 0xc8,
					 0x41, 0xe4, 0x04, 0x3d, 0xf2, 0x7d, 0x44, 0x30};
static const uint8_t retry_nonce_25[12] = {0x4d, 0x16, 0x11, 0xd0, 0x55, 0x13,
					   0xa5, 0x52, 0xc5, 0x87, 0xd5, 0x75};

#define V1 salt_1, retry_key_1, retry_nonce_1
#define V2 salt_2, retry_key_2, retry_nonce_2
#define D29 salt_29, retry_key_29, retry_nonce_29
#define D25 salt_23, retry_key_25, retry_nonce_25

/* IANA, QUIC Versions; drafts are 0xff000000 and their number. Before draft 22 the header was
 * another one, and nobody speaks those any more. */
static const struct quic_version versions[] = {
    {0x00000001, 0x00000001, "1", V1, QUIC_TLS, false},
    {0x6b3343cf, 0x6b3343cf, "2", V2, QUIC_TLS, true},
    {0x709a50c4, 0x709a50c4, "2", V2, QUIC_TLS, true}, /* draft-ietf-quic-v2 until -09 */
    {0xff000021, 0xff000022, "draft-33", V1, QUIC_TLS, false},
    {0xff00001d, 0xff000020, "draft-29", D29, QUIC_TLS, false},
    {0xff000019, 0xff00001c, "draft-27", D25, QUIC_TLS, false},
    {0xff000017, 0xff000018, "draft-23", salt_23, NULL, NULL, QUIC_TLS, false},
    {0xff000016, 0xff000016, "draft-22", salt_22, NULL, NULL, QUIC_TLS, false},
    /* Meta's mvfst, by its QuicConstants.h and nDPI. */
    {0xfaceb001, 0xfaceb001, "mvfst-1", salt_22, NULL, NULL, QUIC_TLS, false},
    {0xfaceb002, 0xfaceb002, "mvfst-2", D25, QUIC_TLS, false},
    {0xfaceb00e, 0xfaceb00e, "mvfst-e", D25, QUIC_TLS, false},
    {0x51303436, 0x51303436, "Q046", NULL, NULL, NULL, QUIC_CHLO_RAW, false},
    {0x51303530, 0x51303530, "Q050", salt_q050, NULL, NULL, QUIC_CHLO, false},
    {0x54303530, 0x54303530, "T050", salt_t050, NULL, NULL, QUIC_TLS, false},
    {0x54303531, 0x54303531, "T051", salt_t051, NULL, NULL, QUIC_TLS, false},
};

const struct quic_version *
quic_version_find(uint32_t version)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (version >= versions[i].first && version <= versions[i].last)
			return &versions[i];
	return NULL;
}

const char *
quic_version_words(uint32_t version, char out[QUIC_WORDS_MAX])
{
	const struct quic_version *v = quic_version_find(version);

	if (v)
		snprintf(out, QUIC_WORDS_MAX, "QUIC version %s", v->word);
	else
		snprintf(out, QUIC_WORDS_MAX, "QUIC version 0x%08x", version);
	return out;
}

/* RFC 9000, 17.2, table 5; RFC 9369, 3.2 turns them by one. */
static enum quic_type
type_of(uint8_t first, const struct quic_version *v)
{
	unsigned bits = (first >> 4 & 3) + (v->second ? 3 : 0);

	return (enum quic_type)(bits & 3);
}

/* Q046 has both lengths in one byte, and four bytes of packet number in clear. Of its types only
 * the client's first packet is of interest, and nothing follows in its datagram. */
static void
read_q046(struct cursor *c, struct quic_packet *p)
{
	uint8_t lengths = get_u8(c);

	p->dcid = get_bytes(c, lengths & 0xf0 ? (lengths >> 4) + 3U : 0);
	p->scid = get_bytes(c, lengths & 0x0f ? (lengths & 0x0f) + 3U : 0);
	p->number_at = (size_t)(c->p - c->base);
	skip_bytes(c, cursor_left(c));
}

static void
read_protected(struct cursor *c, struct quic_packet *p)
{
	uint64_t length;

	if (p->type == QUIC_INITIAL) {
		length = get_varint(c);
		p->token = get_bytes(c, length < SIZE_MAX ? (size_t)length : SIZE_MAX);
	}
	length = get_varint(c);
	p->number_at = (size_t)(c->p - c->base);
	skip_bytes(c, length < SIZE_MAX ? (size_t)length : SIZE_MAX);
}

static void
read_retry(struct cursor *c, struct quic_packet *p)
{
	if (cursor_left(c) < QUIC_TAG) {
		cursor_fail(c, c->at_end);
		return;
	}
	p->token = get_bytes(c, cursor_left(c) - QUIC_TAG);
	skip_bytes(c, QUIC_TAG);
}

static void
read_rest(struct cursor *c, struct quic_packet *p)
{
	p->dcid = get_bytes(c, get_u8(c));
	p->scid = get_bytes(c, get_u8(c));
	if (p->version == 0) {
		p->type = QUIC_NEGOTIATION;
		p->listed = get_bytes(c, cursor_left(c));
		if (p->listed.n % 4 || !p->listed.n)
			set_bad(c);
		return;
	}
	if (!p->known) {
		skip_bytes(c, cursor_left(c));
		return;
	}
	if (p->dcid.n > QUIC_CID_MAX || p->scid.n > QUIC_CID_MAX)
		set_bad(c);
	if (p->type == QUIC_RETRY)
		read_retry(c, p);
	else
		read_protected(c, p);
}

void
quic_packet_read(struct cursor *in, struct quic_packet *ret)
{
	struct cursor c = cursor_over((struct bytes){in->p, cursor_left(in)}, in->at_end);
	uint8_t first = get_u8(&c);

	memset(ret, 0, sizeof *ret);
	ret->version = get_be32(&c);
	ret->known = quic_version_find(ret->version);
	if (ret->known)
		ret->type = type_of(first, ret->known);
	if (ret->known && ret->known->speech == QUIC_CHLO_RAW)
		read_q046(&c, ret);
	else
		read_rest(&c, ret);
	if (c.err) {
		cursor_fail(in, c.err);
		return;
	}
	ret->whole = get_bytes(in, (size_t)(c.p - in->p));
}
