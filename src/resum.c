/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One's complement arithmetic, RFC 1071 and RFC 1624. */
#include "resum.h"

#include "checksum.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static uint16_t
fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint64_t
pseudo(const struct resum *r, const uint8_t *p)
{
	if (!r->naddresses)
		return 0;
	return checksum_add(0, p + r->addresses, r->naddresses) + htonl(r->length) +
	       htonl(r->proto);
}

bool
resum(const struct resum *r, const uint8_t *in, uint8_t *out)
{
	uint64_t before = pseudo(r, in), after = pseudo(r, out);
	uint16_t field, was = fold(before), is = fold(after);
	bool right;

	memcpy(&field, in + r->field, sizeof field);
	if (!field && (r->proto == IPPROTO_UDP || !r->naddresses)) /* there is none */
		return true;
	before = checksum_add(before, in + r->begin, r->end - r->begin);
	after = checksum_add(after, out + r->begin, r->end - r->begin);
	right = !r->whole || checksum_holds(before);
	if ((!right || !r->whole) && r->naddresses && field == was)
		field = is; /* the card has yet to complete it */
	else if (!right && !field)
		return false;
	else if (fold(before) != fold(after))
		field = (uint16_t)~fold((uint64_t)(uint16_t)~field + (uint16_t)~fold(before) +
					fold(after));
	if (!field && r->proto == IPPROTO_UDP)
		field = 0xffff;
	memcpy(out + r->field, &field, sizeof field);
	return right;
}
