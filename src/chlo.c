/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hello of Google's QUIC. */
#include "chlo.h"

#include <string.h>

/* Headers and frames before it have about forty bytes; the hash of twelve is the longest. */
#define BEFORE_MAX 128
#define TAGS_MAX 128 /* QUIC Crypto: "num_entries" of a sane message */

struct bytes
chlo_name(struct bytes b)
{
	struct bytes none = {b.p, 0};
	size_t near = b.n < BEFORE_MAX ? b.n : BEFORE_MAX;
	const uint8_t *at = memmem(b.p, near, "CHLO", 4);
	struct cursor c;
	uint32_t begin = 0;
	uint16_t tags;

	if (!at)
		return none;
	c = cursor_over((struct bytes){at, b.n - (size_t)(at - b.p)}, CURSOR_BAD);
	skip_bytes(&c, 4);
	tags = get_le16(&c);
	skip_bytes(&c, 2);
	if (c.err || tags > TAGS_MAX)
		return none;
	for (unsigned i = 0; i < tags && !c.err; i++) {
		bool name = cursor_left(&c) >= 4 && memcmp(c.p, "SNI", 4) == 0;
		uint32_t end;
		struct cursor values = c;

		skip_bytes(&c, 4);
		end = get_le32(&c);
		if (!name) {
			begin = end;
			continue;
		}
		if (end < begin)
			return none;
		skip_bytes(&values, (size_t)(tags - i) * 8);
		skip_bytes(&values, begin);
		return get_bytes(&values, end - begin);
	}
	return none;
}

/* Up to Q043 the first byte has flags; 0x08 tells of a connection ID of eight bytes and 0x01 of a
 * version behind it (Google, QUIC Wire Layout Specification, 2016). */
#define FLAGS 0x09

static bool
is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

bool
chlo_is_google(struct bytes b)
{
	const uint8_t *v = b.p + CHLO_VERSION_AT;

	return b.n >= CHLO_VERSION_AT + 5 && (b.p[0] & (0xc0 | FLAGS)) == FLAGS && v[0] == 'Q' &&
	       v[1] == '0' && is_digit(v[2]) && is_digit(v[3]);
}
