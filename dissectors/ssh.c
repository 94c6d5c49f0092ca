/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Greetings of SSH: the version and the software of both ends, and whether keys were exchanged.
 * What follows is encrypted and tells nothing. RFC 4253, 4.2 and 7.1. */
#include "dissect.h"

#include <string.h>

/* RFC 4253, 4.2: at most 255 characters, CR and LF included. */
#define GREETING_MAX 255
/* RFC 4253, 6.1: implementations must take packets of 35000 bytes. */
#define PACKET_MAX 35000
#define KEXINIT 20 /* RFC 4253, 12 */

enum { F_PROTOCOL, F_VERSION, F_SOFTWARE, F_KEXINIT };

static const struct field fields[] = {
    [F_PROTOCOL] = {"ssh.protocol", FACT_TEXT, "greeting of one end, without its CR and LF"},
    [F_VERSION] = {"ssh.version", FACT_TEXT, "protocol version of the greeting, 2.0 or 1.99"},
    [F_SOFTWARE] = {"ssh.software", FACT_TEXT, "software of the greeting, with its comment"},
    [F_KEXINIT] = {"ssh.kexinit", FACT_MARK, "the side says which algorithms it knows"},
    {0},
};

struct ssh {
	bool greeted[2];
};

static void
greeting(struct flow *f, enum side from, struct cursor *in)
{
	struct ssh *s = f->state;
	struct bytes line = get_line(in, GREETING_MAX), version, software;
	struct cursor rest = cursor_over(line, CURSOR_BAD);

	if (in->err)
		return;
	if (line.n < 4 || memcmp(line.p, "SSH-", 4) != 0) {
		if (from == CLIENT) /* a server may say other lines first */
			set_bad(in);
		return;
	}
	skip_bytes(&rest, 4);
	version = (struct bytes){rest.p, 0};
	while (get_u8(&rest) != '-' && !rest.err)
		version.n++;
	software = get_bytes(&rest, cursor_left(&rest));
	if (rest.err) {
		set_bad(in);
		return;
	}
	note_text(f, from, &fields[F_PROTOCOL], line);
	note_text(f, from, &fields[F_VERSION], version);
	note_text(f, from, &fields[F_SOFTWARE], software);
	s->greeted[from] = true;
}

/* The first packet behind the greeting: RFC 4253, 6. A client may guess, and send another. */
static void
first_packet(struct flow *f, enum side from, struct cursor *in)
{
	uint32_t length = get_be32(in);

	if (in->err)
		return;
	if (length < 2 || length > PACKET_MAX) {
		flow_enough(f, from);
		return;
	}
	skip_bytes(in, 1);
	if (get_u8(in) == KEXINIT && !in->err)
		note(f, from, &fields[F_KEXINIT]);
	if (!in->err)
		flow_enough(f, from);
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct ssh *s = f->state;

	if (s->greeted[from])
		first_packet(f, from, in);
	else
		greeting(f, from, in);
}

static enum guess
probe(struct bytes first, enum side from)
{
	size_t n = first.n < 4 ? first.n : 4;

	(void)from;
	if (memcmp(first.p, "SSH-", n) != 0)
		return NO;
	return n == 4 ? YES : MAYBE;
}

static const uint16_t ports[] = {22, 0};

const struct dissector dissector_ssh = {
    .name = "ssh",
    .title = "Secure Shell",
    .spec = "RFC 4253",
    .carriers = 1u << STREAM,
    .ports = ports,
    .trigger = "ssh",
    .fields = fields,
    .state_size = sizeof(struct ssh),
    .probe = probe,
    .message = message,
};
