/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOCKS: whom a proxy is asked for, what it says, and then whatever is inside. RFC 1928, RFC 1929,
 * and the memo on SOCKS 4 with its extension 4A. */
#include "dissect.h"

#include <string.h>

/* RFC 1928, 5: a name has a length of one byte; SOCKS 4's texts end with a NUL and no length. */
#define TEXT_MAX 255
/* Methods of authentication that a client may offer: the registry has ten (IANA, SOCKS Methods). */
#define METHODS_MAX 10

enum { CONNECT = 1, SUCCEEDED = 0, GRANTED_4 = 90, PASSWORD = 2 };
enum { IPV4 = 1, NAME = 3, IPV6 = 4 };

enum { F_VERSION, F_HOST, F_ADDRESS, F_PORT, F_COMMAND, F_REPLY, F_REFUSED };

static const struct field fields[] = {
    [F_VERSION] = {"socks.version", FACT_UINT, "4 or 5"},
    [F_HOST] = {"socks.host", FACT_TEXT, "name that the proxy shall connect to"},
    [F_ADDRESS] = {"socks.address", FACT_ADDR, "address that the proxy shall connect to"},
    [F_PORT] = {"socks.port", FACT_UINT, "port that the proxy shall connect to"},
    [F_COMMAND] = {"socks.command", FACT_UINT, "1 connects, 2 binds, 3 is for UDP"},
    [F_REPLY] = {"socks.reply", FACT_UINT, "what the proxy says: 0 (SOCKS 5) and 90 (4) are good"},
    [F_REFUSED] = {"socks.refused", FACT_MARK, "the proxy takes no method of authentication"},
    {0},
};

enum next { GREETING, CHOICE = GREETING, LOGIN, REQUEST, DONE };

struct socks {
	uint8_t version, method, command;
	uint8_t next[2]; /* enum next */
};

static void
end(struct flow *f)
{
	flow_enough(f, CLIENT);
	flow_enough(f, SERVER);
}

/* What is asked for has been connected: the rest is another conversation. */
static void
inside(struct flow *f, bool good)
{
	const struct socks *s = f->state;

	if (good && s->command == CONNECT)
		flow_becomes(f, NULL);
	else
		end(f);
}

static void
address(struct flow *f, enum side from, struct cursor *in, uint8_t type, bool told)
{
	struct bytes b = get_bytes(in, type == IPV4 ? 4 : type == IPV6 ? 16 : get_u8(in));
	uint16_t port = get_be16(in);
	struct addr a;

	if (type != IPV4 && type != IPV6 && type != NAME)
		set_bad(in);
	if (in->err || !told)
		return;
	if (type == NAME) {
		note_text(f, from, &fields[F_HOST], b);
	} else {
		a = type == IPV4 ? addr_from_v4(b.p) : addr_from_v6(b.p);
		note_addr(f, from, &fields[F_ADDRESS], &a);
	}
	note_uint(f, from, &fields[F_PORT], port);
}

static struct bytes
nul_text(struct cursor *in)
{
	struct bytes text = {in->p, 0};

	while (get_u8(in) && !in->err && text.n <= TEXT_MAX)
		text.n++;
	if (text.n > TEXT_MAX)
		set_bad(in);
	return text;
}

/* 4 | command | port | address | user NUL [| name NUL, if the address is 0.0.0.x]. */
static void
request_4(struct flow *f, struct cursor *in)
{
	struct socks *s = f->state;
	uint16_t port;
	struct bytes ip, host = {0};
	struct addr a;

	s->command = get_u8(in);
	port = get_be16(in);
	ip = get_bytes(in, 4);
	nul_text(in);
	if (in->err)
		return;
	if (!ip.p[0] && !ip.p[1] && !ip.p[2] && ip.p[3])
		host = nul_text(in);
	if (in->err)
		return;
	note_uint(f, CLIENT, &fields[F_VERSION], 4);
	note_uint(f, CLIENT, &fields[F_COMMAND], s->command);
	if (host.n) {
		note_text(f, CLIENT, &fields[F_HOST], host);
	} else {
		a = addr_from_v4(ip.p);
		note_addr(f, CLIENT, &fields[F_ADDRESS], &a);
	}
	note_uint(f, CLIENT, &fields[F_PORT], port);
	s->next[CLIENT] = DONE;
	s->version = 4;
}

static void
greeting_5(struct flow *f, struct cursor *in)
{
	struct socks *s = f->state;

	skip_bytes(in, get_u8(in));
	if (in->err)
		return;
	note_uint(f, CLIENT, &fields[F_VERSION], 5);
	s->version = 5;
	s->next[CLIENT] = REQUEST;
}

static void
request_5(struct flow *f, struct cursor *in)
{
	struct socks *s = f->state;
	uint8_t command = get_u8(in);

	skip_bytes(in, 1);
	address(f, CLIENT, in, get_u8(in), true);
	if (in->err)
		return;
	note_uint(f, CLIENT, &fields[F_COMMAND], command);
	s->command = command;
	s->next[CLIENT] = DONE;
}

static void
client(struct flow *f, struct cursor *in)
{
	struct socks *s = f->state;
	uint8_t version;

	if (s->next[CLIENT] == DONE) {
		cursor_fail(in, CURSOR_SHORT); /* said ahead of the proxy's word: wait for it */
		return;
	}
	version = get_u8(in);
	if (s->next[CLIENT] == GREETING && version == 4) {
		request_4(f, in);
	} else if (s->next[CLIENT] == GREETING && version == 5) {
		greeting_5(f, in);
	} else if (s->next[CLIENT] == REQUEST && version == 1) {
		skip_bytes(in, get_u8(in)); /* a user and a password (RFC 1929) */
		skip_bytes(in, get_u8(in));
	} else if (s->next[CLIENT] == REQUEST && version == 5) {
		request_5(f, in);
	} else if (!in->err) {
		set_bad(in);
	}
}

static void
server_4(struct flow *f, struct cursor *in)
{
	uint8_t reply;

	skip_bytes(in, 1);
	reply = get_u8(in);
	skip_bytes(in, 6);
	if (in->err)
		return;
	note_uint(f, SERVER, &fields[F_REPLY], reply);
	inside(f, reply == GRANTED_4);
}

static void
server_5(struct flow *f, struct cursor *in)
{
	struct socks *s = f->state;
	uint8_t version = get_u8(in), value = get_u8(in);

	if (in->err)
		return;
	if (s->next[SERVER] == CHOICE && version == 5) {
		s->next[SERVER] = value == PASSWORD ? LOGIN : REQUEST;
		if (value == 0xff) {
			note(f, SERVER, &fields[F_REFUSED]);
			end(f);
		}
	} else if (s->next[SERVER] == LOGIN && version == 1) {
		s->next[SERVER] = REQUEST;
	} else if (s->next[SERVER] == REQUEST && version == 5) {
		skip_bytes(in, 1);
		address(f, SERVER, in, get_u8(in), false);
		if (in->err)
			return;
		note_uint(f, SERVER, &fields[F_REPLY], value);
		inside(f, value == SUCCEEDED);
	} else {
		set_bad(in);
	}
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	const struct socks *s = f->state;

	if (from == CLIENT)
		client(f, in);
	else if (s->version == 4)
		server_4(f, in);
	else if (s->version == 5)
		server_5(f, in);
	else
		set_bad(in);
}

static enum guess
probe_5(struct bytes b)
{
	size_t n;

	if (b.n < 2)
		return MAYBE;
	n = b.p[1];
	if (n == 0 || n > METHODS_MAX)
		return NO;
	for (size_t i = 2; i < b.n && i < 2 + n; i++)
		if (b.p[i] >= METHODS_MAX)
			return NO;
	return b.n < 2 + n ? MAYBE : YES;
}

static enum guess
probe(struct bytes first, enum side from)
{
	const uint8_t *nul;

	if (from != CLIENT)
		return NO;
	if (first.p[0] == 5)
		return probe_5(first);
	if (first.p[0] != 4)
		return NO;
	if (first.n > 1 && first.p[1] != CONNECT && first.p[1] != 2)
		return NO;
	if (first.n < 9)
		return MAYBE;
	/* Port, and printable text up to a NUL. */
	nul = memchr(first.p + 8, 0, first.n - 8);
	for (const uint8_t *p = first.p + 8; p < first.p + first.n && p != nul; p++)
		if (*p < 0x20 || *p > 0x7e)
			return NO;
	if (!first.p[2] && !first.p[3])
		return NO;
	return nul ? YES : MAYBE;
}

static const uint16_t ports[] = {1080, 9050, 9150, 0}; /* IANA: socks; Tor, Tor Browser */

const struct dissector dissector_socks = {
    .name = "socks",
    .title = "SOCKS",
    .spec = "RFC 1928",
    .carriers = 1u << STREAM,
    .ports = ports,
    .fields = fields,
    .state_size = sizeof(struct socks),
    .probe = probe,
    .message = message,
};
