/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flows of the mix: TLS (RFC 8446), HTTP (RFC 9112), DNS (RFC 1035), QUIC-like datagrams. */
#include <string.h>

#include "mix.h"

enum content { OPAQUE, RECORDS, HELLO, FLIGHT, GET, ANSWER, QUERY, REPLY, INITIAL };
enum state { OPENING, OPENED, READY, TALKING, CLOSING, CLOSED, LEFT };

const char *const mix_words[MIX_KINDS] = {"tls", "http", "dns", "quic", "elephants"};

#define RECORD 16384u /* RFC 8446, 5.1: plaintext of a record */
#define SEGMENT_V4 1448u
#define SEGMENT_V6 1428u
#define DATAGRAM 1250u
#define HELLO_SHORT 517u /* the size that browsers padded their hello to */
#define HELLO_LONG 1790u /* with an X25519MLKEM768 share */
#define NAME_AT 87u      /* of the host_name in the hello built here */
#define NAME_LENGTH 16u  /* h0000000.example */
#define ANSWER_HEAD 69u  /* of the HTTP answer built here */
#define REORDERED 40u    /* of 10,000 data segments */
#define REPEATED 30u     /* of 10,000 */
#define RETRY 210000u    /* microseconds: Linux waits 200 ms at least (TCP_RTO_MIN) */
#define NAMES 100000u    /* each has a server of its own, which DNS answers lead to */
#define RESOLVERS 4u
#define HOLD 20000000u /* microseconds over which held flows get their answer */

static const uint8_t nothing[1];
static const uint8_t long_header[] = {0xc3, 0x6b, 0x33,
				      0x43, 0xcf, 8}; /* QUIC version 2 (RFC 9369) */

/* Of 1,000 flows: the counts of a mix of 44,570 flows in 1 GB, of which 16,100 TLS, 4,000 HTTP,
 * 17,000 DNS, 5,300 QUIC and 43 long ones. */
static const uint16_t share[MIX_KINDS] = {379, 94, 401, 125, 1};

static void
turn(struct flow *f, bool up, uint32_t n, enum content c)
{
	f->said[f->turns].up = up;
	f->said[f->turns].n = n;
	f->said[f->turns++].content = (uint8_t)c;
}

/* Sizes spread evenly over the octaves from low to low * 2^octaves. */
static uint32_t
size_between(struct mix *m, uint32_t low, unsigned octaves)
{
	uint32_t base = low << draw(m, octaves);

	return base + draw(m, base);
}

static void
plan(struct mix *m, struct flow *f)
{
	switch (f->kind) {
	case MIX_TLS:
	case MIX_ELEPHANT:
		turn(f, true, draw(m, 10) < 4 ? HELLO_LONG : HELLO_SHORT, HELLO);
		turn(f, false, 2900 + draw(m, 1800), FLIGHT);
		turn(f, true, 64 + draw(m, 400), RECORDS);
		if (f->kind == MIX_ELEPHANT) {
			turn(f, false, 6000000 + draw(m, 8000000), RECORDS);
			break;
		}
		for (unsigned n = draw(m, 3); n--;) {
			turn(f, false, size_between(m, 700, 4), RECORDS);
			turn(f, true, 120 + draw(m, 700), RECORDS);
		}
		turn(f, false, size_between(m, 1500, 5), RECORDS);
		break;
	case MIX_HTTP:
		for (unsigned n = 1 + draw(m, 3); n--;) {
			turn(f, true, 180 + draw(m, 400), GET);
			turn(f, false, size_between(m, 600, 5), ANSWER);
		}
		break;
	case MIX_DNS:
		turn(f, true, 34, QUERY);
		turn(f, false, 50, REPLY);
		break;
	default:
		turn(f, true, 1200, INITIAL);
		turn(f, false, 3600, OPAQUE);
		turn(f, true, 300 + draw(m, 900), OPAQUE);
		turn(f, false, size_between(m, 3000, 5), OPAQUE);
		break;
	}
}

void
flow_begin(struct mix *m, struct flow *f, uint64_t when)
{
	uint32_t pick = draw(m, 1000), kind = 0;

	while (pick >= share[kind])
		pick -= share[kind++];
	if (m->held)
		kind = draw(m, 5) ? MIX_TLS : MIX_HTTP;
	memset(f, 0, sizeof *f);
	f->kind = (uint8_t)kind;
	f->time = when;
	f->number = ++m->flows;
	m->started[kind]++;
	f->udp = kind == MIX_DNS || kind == MIX_QUIC;
	f->held = m->held;
	f->v6 = m->packets_v6 * 100 < m->packets * m->percent_v6;
	f->mss = (uint16_t)(f->udp ? DATAGRAM : f->v6 ? SEGMENT_V6 : SEGMENT_V4);
	f->service = kind == MIX_DNS ? 53 : kind == MIX_HTTP ? 80 : 443;
	f->client = draw(m, 20000) + 1;
	f->port = (uint16_t)(32768 + f->number % 28000);
	f->name = draw(m, NAMES);
	f->server = kind == MIX_DNS ? NAMES + draw(m, RESOLVERS) : f->name;
	f->pool = draw(m, (uint32_t)m->pool_size / 2);
	f->rtt = 8000 + draw(m, 140000);
	f->gap = 12 + draw(m, 240);
	for (int i = 0; i < 2; i++) {
		f->isn[i] = draw(m, UINT32_MAX);
		f->ip_id[i] = (uint16_t)draw(m, 65536);
	}
	f->state = f->udp ? TALKING : OPENING;
	plan(m, f);
}

/* --- what is said --- */

/* Writes text or bytes that belong at `at` of the turn into the window [from, from + n). */
static void
overlay(uint8_t *out, uint32_t from, uint32_t n, uint32_t at, const void *what, uint32_t size)
{
	const uint8_t *bytes = what;

	for (uint32_t i = 0; i < size; i++)
		if (at + i >= from && at + i < from + n)
			out[at + i - from] = bytes[i];
}

static void
overlay_hello(const struct flow *f, uint8_t *out, uint32_t from, uint32_t n, uint32_t size)
{
	uint32_t rest = size - 9, share_size = size - NAME_AT - NAME_LENGTH - 4;
	uint32_t extensions = size - 78;
	uint8_t head[] = {22,
			  3,
			  1,
			  (uint8_t)((size - 5) >> 8),
			  (uint8_t)(size - 5),
			  1,
			  0,
			  (uint8_t)(rest >> 8),
			  (uint8_t)rest,
			  3,
			  3};
	uint8_t list[] = {
	    (uint8_t)(extensions >> 8), (uint8_t)extensions, 0, 0, 0, 21, 0, 19, 0, 0, 16};
	uint8_t padding[] = {0x4a, 0x4a, (uint8_t)(share_size >> 8), (uint8_t)share_size};
	char name[24];

	snprintf(name, sizeof name, "h%07u.example", f->name % 10000000);
	overlay(out, from, n, 0, head, sizeof head);
	overlay(out, from, n, 43, "\0", 1);
	overlay(out, from, n, 44, "\0\x1c", 2);
	for (uint8_t i = 0; i < 14; i++)
		overlay(out, from, n, 46 + 2u * i, (uint8_t[]){0x13, i}, 2);
	overlay(out, from, n, 74, "\1\0", 2);
	overlay(out, from, n, 76, list, sizeof list);
	overlay(out, from, n, NAME_AT, name, NAME_LENGTH);
	overlay(out, from, n, NAME_AT + NAME_LENGTH, padding, sizeof padding);
}

static void
overlay_records(uint8_t *out, uint32_t from, uint32_t n, uint32_t size)
{
	for (uint32_t at = from / (RECORD + 5) * (RECORD + 5); at < from + n; at += RECORD + 5) {
		uint32_t left = size - at < RECORD + 5 ? size - at : RECORD + 5;
		uint32_t body = left < 5 ? 0 : left - 5;
		uint8_t head[] = {23, 3, 3, (uint8_t)(body >> 8), (uint8_t)body};

		overlay(out, from, n, at, head, sizeof head);
	}
}

static void
overlay_flight(uint8_t *out, uint32_t from, uint32_t n, uint32_t size)
{
	/* ServerHello: TLS_AES_128_GCM_SHA256, supported_versions 1.3, then change_cipher_spec. */
	static const uint8_t hello[] = {22, 3, 3, 0, 50, 2, 0, 0, 46, 3, 3};
	static const uint8_t end[] = {0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4, 20, 3, 3, 0, 1, 1};
	uint32_t body = size - 61 - 5;
	uint8_t head[] = {23, 3, 3, (uint8_t)(body >> 8), (uint8_t)body};

	overlay(out, from, n, 0, hello, sizeof hello);
	overlay(out, from, n, 43, end, sizeof end);
	overlay(out, from, n, 61, head, sizeof head);
}

static void
overlay_text(const struct flow *f, uint8_t *out, uint32_t from, uint32_t n, uint32_t size, bool get)
{
	char head[160];
	int length;

	if (get)
		length = snprintf(head, sizeof head,
				  "GET /%07u HTTP/1.1\r\nHost: h%07u.example\r\nX-Pad: ", f->pool,
				  f->name);
	else
		length = snprintf(
		    head, sizeof head,
		    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %07u\r\n\r\n",
		    size - ANSWER_HEAD);
	for (uint32_t i = 0; i < n; i++)
		out[i] = (uint8_t)('a' + out[i] % 26);
	overlay(out, from, n, 0, head, (uint32_t)length);
	if (get)
		overlay(out, from, n, size - 4, "\r\n\r\n", 4);
}

static void
overlay_dns(const struct flow *f, uint8_t *out, bool reply)
{
	uint8_t head[] = {(uint8_t)(f->pool >> 8),
			  (uint8_t)f->pool,
			  reply ? 0x81 : 1,
			  reply ? 0x80 : 0,
			  0,
			  1,
			  0,
			  reply,
			  0,
			  0,
			  0,
			  0};
	static const uint8_t answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4};
	static const uint8_t zone[] = {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1};
	char name[24];

	snprintf(name, sizeof name, "h%07u", f->name);
	memcpy(out, head, sizeof head);
	out[12] = 8;
	memcpy(out + 13, name, 8);
	memcpy(out + 21, zone, sizeof zone);
	if (reply) {
		memcpy(out + 34, answer, sizeof answer);
		put_address(out + 46, false, f->name, true);
	}
}

static void
fill(struct mix *m, const struct flow *f, const struct turn *t, uint32_t from, uint8_t *out,
     uint32_t n)
{
	size_t at = (f->pool + (size_t)f->turn * 4099 + from) % (m->pool_size - 2048);

	memcpy(out, m->pool + at, n);
	switch (t->content) {
	case RECORDS:
		overlay_records(out, from, n, t->n);
		break;
	case HELLO:
		overlay_hello(f, out, from, n, t->n);
		break;
	case FLIGHT:
		overlay_flight(out, from, n, t->n);
		break;
	case GET:
	case ANSWER:
		overlay_text(f, out, from, n, t->n, t->content == GET);
		break;
	case QUERY:
	case REPLY:
		overlay_dns(f, out, t->content == REPLY);
		break;
	case INITIAL: /* the rest is random: nobody can decrypt it */
		memcpy(out, long_header, sizeof long_header);
		break;
	default:
		out[0] = (uint8_t)((out[0] & 0x3f) | 0x40); /* a short header, RFC 9000, 17.3 */
	}
}

/* --- when it is said --- */

/* Sends the segment that begins at `from` of the turn; returns its size. */
static uint32_t
say(struct mix *m, const struct flow *f, const struct turn *t, uint32_t from)
{
	uint8_t payload[1600];
	uint32_t left = t->n - from, n = left < f->mss ? left : f->mss;

	fill(m, f, t, from, payload, n);
	emit(m, f, t->up, f->sent[t->up] - f->at + from, MIX_ACK | (n == left ? MIX_PSH : 0u),
	     payload, n);
	return n;
}

/* The next data segment of the turn: in order, or one too early (the one left out is the next
 * step), or one that will come again. */
static void
talk(struct mix *m, struct flow *f)
{
	const struct turn *t = &f->said[f->turn];
	uint32_t odd = f->udp ? 10000 : draw(m, 10000), left = t->n - f->at, n;

	f->again = 0;
	if (odd < REORDERED && left > 2u * f->mss) {
		f->again = f->at + 1;
		n = f->mss + say(m, f, t, f->at + f->mss);
		f->time += 40;
	} else {
		if (odd < 10000 && odd >= 10000 - REPEATED)
			f->again = f->at + 1;
		n = say(m, f, t, f->at);
		f->time += f->again ? RETRY : f->gap;
	}
	f->at += n;
	f->sent[t->up] += n;
	f->since_ack++;
}

static void
turn_over(struct mix *m, struct flow *f)
{
	f->at = 0;
	f->time += f->rtt / 2 + draw(m, 9000);
	if (f->held) { /* wait for all the others */
		f->time +=
		    f->time < MIX_RAMP ? MIX_RAMP - f->time + draw(m, HOLD) : draw(m, HOLD / 4);
	}
	if (++f->turn == f->turns)
		f->state = CLOSING;
}

static bool
close_step(struct mix *m, struct flow *f)
{
	bool up = f->state == CLOSING;

	if (f->udp)
		return false;
	if (f->state == LEFT) {
		emit(m, f, true, f->sent[1], MIX_ACK, nothing, 0);
		return false;
	}
	emit(m, f, up, f->sent[up], MIX_FIN | MIX_ACK, nothing, 0);
	f->sent[up]++;
	f->time += f->rtt / 2;
	f->state++;
	return true;
}

bool
flow_step(struct mix *m, struct flow *f)
{
	const struct turn *t;

	switch (f->state) {
	case OPENING:
		emit(m, f, true, 0, MIX_SYN, nothing, 0);
		f->sent[1] = 1;
		break;
	case OPENED:
		emit(m, f, false, 0, MIX_SYN | MIX_ACK, nothing, 0);
		f->sent[0] = 1;
		break;
	case READY:
		emit(m, f, true, 1, MIX_ACK, nothing, 0);
		f->time += 60;
		f->state = TALKING;
		return true;
	case TALKING:
		t = &f->said[f->turn];
		if (f->again) {
			say(m, f, t, (uint32_t)f->again - 1);
			f->again = 0;
			f->time += f->gap;
		} else if (!f->udp && (f->since_ack == 2 || (f->since_ack && f->at == t->n))) {
			f->since_ack = 0;
			emit(m, f, !t->up, f->sent[!t->up], MIX_ACK, nothing, 0);
			f->time += 20;
		} else {
			talk(m, f);
		}
		if (f->at == t->n && (f->udp || !f->since_ack))
			turn_over(m, f);
		return !f->udp || f->state == TALKING;
	default:
		return close_step(m, f);
	}
	f->time += f->rtt / 2;
	f->state++;
	return true;
}
