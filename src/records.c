/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes TLS records apart (RFC 8446, 5.1), and puts together what they cut to pieces. */
#include "records.h"

#include <string.h>

uint32_t
record_header(struct cursor *in, uint8_t *ret_type)
{
	uint32_t length;

	*ret_type = get_u8(in);
	if (!in->err && (*ret_type < CHANGE_CIPHER_SPEC || *ret_type > HEARTBEAT))
		set_bad(in);
	/* 3.0 is SSL 3.0, 3.4 is TLS 1.3. */
	if (get_u8(in) != 3 || get_u8(in) > 4)
		set_bad(in);
	length = get_be16(in);
	/* Nothing but application data may be empty (RFC 8446, 5.1). */
	if (length > RECORD_MAX || (length == 0 && *ret_type != APPLICATION_DATA))
		set_bad(in);
	return length;
}

size_t
record_gather(struct cursor *in, uint32_t *left, uint8_t *to, size_t n)
{
	size_t got = 0;

	while (got < n) {
		size_t take = n - got, there = cursor_left(in);
		bool over = in->at_end == CURSOR_BAD;
		uint8_t type;

		if (*left == 0) {
			if ((there && *in->p == ALERT) || (over && there < RECORD_HEADER))
				break;
			*left = record_header(in, &type);
			/* Fragments stand next to each other (RFC 8446, 5.1). */
			if (!in->err && type != HANDSHAKE)
				set_bad(in);
			if (in->err)
				break;
			there = cursor_left(in);
		}
		if (take > *left)
			take = *left;
		if (take > there && over) {
			take = there;
			n = got + take;
		}
		if (!cursor_has(in, take))
			break;
		memcpy(to + got, in->p, take);
		skip_bytes(in, take);
		got += take;
		*left -= (uint32_t)take;
	}
	return got;
}
