/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IKE, by which IPsec agrees on keys, and ESP inside UDP behind it. RFC 7296, 3.1; RFC 2408, 3.1;
 * RFC 3948. */
#include "dissect.h"

#include <string.h>

#define HEADER 28
/* A request is repeated a dozen times over several minutes (RFC 7296, 2.4). */
#define NOTED_MAX 32

enum { VERSION_1 = 0x10, VERSION_2 = 0x20 };
enum { /* exchanges: RFC 2408, 3.1 and RFC 7296, 3.1 */
       MAIN = 2,
       AGGRESSIVE = 4,
       INFORMATIONAL_1 = 5,
       QUICK = 32,
       SA_INIT = 34,
       INFORMATIONAL_2 = 37,
};
#define IS_RESPONSE 0x20 /* RFC 7296, 3.1 */

enum { F_VERSION, F_EXCHANGE, F_REQUEST, F_RESPONSE, F_ESP };

static const struct field fields[] = {
    [F_VERSION] = {"ike.version", FACT_UINT, "1 or 2"},
    [F_EXCHANGE] = {"ike.exchange", FACT_UINT, "34 begins IKEv2; 2 and 4 begin IKEv1"},
    [F_REQUEST] = {"ike.request", FACT_MARK, "a message of who began, or a request"},
    [F_RESPONSE] = {"ike.response", FACT_MARK, "an answer"},
    [F_ESP] = {"ike.esp", FACT_MARK, "the first encrypted packet of that side, inside UDP"},
    {0},
};

struct ike {
	bool esp[2];
	uint8_t noted[2];
};

static bool
is_marked(struct bytes b)
{
	return b.n >= 4 && !b.p[0] && !b.p[1] && !b.p[2] && !b.p[3];
}

static bool
is_ike(struct bytes b)
{
	static const uint8_t none[8];
	uint8_t exchange;
	size_t length;

	if (b.n < HEADER || memcmp(b.p, none, sizeof none) == 0)
		return false;
	exchange = b.p[18];
	length = (size_t)b.p[24] << 24 | (size_t)b.p[25] << 16 | (size_t)b.p[26] << 8 | b.p[27];
	if (b.p[17] == VERSION_1)
		return length == b.n &&
		       ((exchange >= MAIN && exchange <= INFORMATIONAL_1) || exchange == QUICK);
	return b.p[17] == VERSION_2 && length == b.n && exchange >= SA_INIT &&
	       exchange <= INFORMATIONAL_2;
}

static void
header(struct flow *f, enum side from, struct bytes b)
{
	static const uint8_t none[8];
	struct ike *s = f->state;
	bool second = b.p[17] == VERSION_2;
	bool response = second ? b.p[19] & IS_RESPONSE : memcmp(b.p + 8, none, 8) != 0 && from;

	if (s->noted[from] == NOTED_MAX)
		return;
	s->noted[from]++;
	note(f, from, &fields[response ? F_RESPONSE : F_REQUEST]);
	note_uint(f, from, &fields[F_VERSION], second ? 2 : 1);
	note_uint(f, from, &fields[F_EXCHANGE], b.p[18]);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	struct ike *s = f->state;
	struct bytes b = get_bytes(in, cursor_left(in));
	bool marked = is_marked(b);

	if (marked)
		b = (struct bytes){b.p + 4, b.n - 4};
	if (is_ike(b)) {
		header(f, from, b);
	} else if (!marked && b.n > 8 && !s->esp[from]) { /* one byte keeps a NAT open */
		s->esp[from] = true;
		note(f, from, &fields[F_ESP]);
	}
	if (s->esp[CLIENT] && s->esp[SERVER])
		flow_enough(f, from);
}

static enum guess
probe(struct bytes first, enum side from)
{
	(void)from;
	if (is_marked(first))
		first = (struct bytes){first.p + 4, first.n - 4};
	return is_ike(first) ? YES : NO;
}

const struct dissector dissector_ike = {
    .name = "ike",
    .title = "Internet Key Exchange (IPsec)",
    .spec = "RFC 7296",
    .carriers = 1u << DATAGRAMS,
    .trigger = "ike",
    .request = "ike.request",
    .fields = fields,
    .state_size = sizeof(struct ike),
    .probe = probe,
    .message = message,
};
