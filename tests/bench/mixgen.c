/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a large pcap file of ordinary mixed traffic, for measuring speed and memory.
 *
 *     mixgen OUT BYTES SEED [PCT_V6] [--concurrent N]
 *
 * TLS with server names (40 % of the hellos take two segments), HTTP, DNS, QUIC-like UDP and a few
 * long transfers, interleaved in time order; 0.4 % of the data segments come out of order, 0.3 % a
 * second time; checksums hold. --concurrent N keeps N TCP connections open at the same time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"

#define POOL (1u << 20)         /* random bytes that payloads are cut from */
#define WRITE_BUFFER (4u << 20) /* few system calls */
#define SLOTS 1200              /* flows open at once, if not asked otherwise */
#define CLIENTS_V4 0x0a000000u  /* 10.0.0.0 */
#define SERVERS_V4 0x2d800000u  /* 45.128.0.0 */
#define CLIENTS_V6 0xfd100000u  /* fd10::/32 */
#define SERVERS_V6 0x2a0f0000u  /* 2a0f::/32 */
#define EPOCH 1772359200u       /* 2026-03-01 10:00:00 UTC */

static uint64_t
splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint32_t
draw(struct mix *m, uint32_t below)
{
	return (uint32_t)((splitmix(&m->random) >> 32) * below >> 32);
}

/* One's complement sum (RFC 1071), eight bytes at a time. */
static uint64_t
sum_bytes(const uint8_t *p, size_t n, uint64_t sum)
{
	uint32_t a;
	uint16_t b;

	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&a, p, 4);
		sum += a;
	}
	if (n >= 2) {
		memcpy(&b, p, 2);
		sum += b;
		p += 2;
		n -= 2;
	}
	if (n)
		sum += *p; /* little-endian: the odd byte is the low one */
	return sum;
}

static uint16_t
sum_end(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

void
put_address(uint8_t *p, bool v6, uint32_t host, bool server)
{
	if (!v6) {
		put32(p, (server ? SERVERS_V4 : CLIENTS_V4) + 1 + host % 0x40000u);
		return;
	}
	memset(p, 0, 16);
	put32(p, server ? SERVERS_V6 : CLIENTS_V6);
	put32(p + 12, 1 + host);
}

static void
put_headers(struct mix *m, const struct flow *f, uint8_t *ip, size_t n, bool up)
{
	size_t address = f->v6 ? 16 : 4, at = f->v6 ? 8 : 12;
	uint8_t ttl = up ? 64 : (uint8_t)(44 + f->server % 16); /* by distance */

	memset(ip, 0, f->v6 ? 40 : 20);
	if (f->v6) {
		ip[0] = 0x60;
		put16(ip + 4, (unsigned)n);
		ip[6] = f->udp ? 17 : 6;
		ip[7] = ttl;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (unsigned)(20 + n));
		put16(ip + 4, (uint16_t)(f->ip_id[up] + m->packets));
		ip[6] = f->udp ? 0 : 0x40;
		ip[8] = ttl;
		ip[9] = f->udp ? 17 : 6;
	}
	put_address(ip + at, f->v6, up ? f->client : f->server, !up);
	put_address(ip + at + address, f->v6, up ? f->server : f->client, up);
	if (!f->v6) {
		uint16_t c = sum_end(sum_bytes(ip, 20, 0));
		memcpy(ip + 10, &c, 2);
	}
}

static void
put_sum(const struct flow *f, const uint8_t *ip, uint8_t *transport, size_t n)
{
	size_t address = f->v6 ? 16 : 4, at = f->v6 ? 8 : 12;
	uint8_t pseudo[4] = {0, f->udp ? 17 : 6, (uint8_t)(n >> 8), (uint8_t)n};
	uint16_t c;

	c = sum_end(
	    sum_bytes(transport, n, sum_bytes(pseudo, 4, sum_bytes(ip + at, 2 * address, 0))));
	if (f->udp && c == 0)
		c = 0xffff;
	memcpy(transport + (f->udp ? 6 : 16), &c, 2);
}

static void
put_tcp(const struct flow *f, uint8_t *t, size_t options, bool up, uint64_t at, unsigned flags,
	uint64_t usec)
{
	static const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
				      0, 0, 0, 0,    0, 0, 1, 3,  3, 7};
	static const uint8_t plain[] = {1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0};
	bool first = flags & MIX_SYN;

	memset(t, 0, 20);
	put16(t, up ? f->port : f->service);
	put16(t + 2, up ? f->service : f->port);
	put32(t + 4, f->isn[up] + (uint32_t)at);
	if (flags & MIX_ACK)
		put32(t + 8, f->isn[!up] + (uint32_t)f->sent[!up]);
	t[12] = (uint8_t)((20 + options) / 4 << 4);
	t[13] = (uint8_t)flags;
	put16(t + 14, first ? 64240 : 502);
	memcpy(t + 20, first ? syn : plain, options);
	put32(t + (first ? 28 : 24), (uint32_t)(usec / 1000) + f->isn[up] / 3);
	put32(t + (first ? 32 : 28), first && up ? 0 : (uint32_t)(usec / 1000) + f->isn[!up] / 3);
}

void
emit(struct mix *m, const struct flow *f, bool up, uint64_t at, unsigned flags,
     const uint8_t *payload, size_t n)
{
	uint8_t frame[16 + 14 + 40 + 60 + 1600], *ip = frame + 30, *t = ip + (f->v6 ? 40 : 20);
	size_t options = f->udp ? 0 : flags & MIX_SYN ? 20 : 12;
	size_t head = f->udp ? 8 : 20 + options;
	uint32_t size = (uint32_t)(14 + (f->v6 ? 40 : 20) + head + n);
	uint32_t record[4] = {EPOCH + (uint32_t)(f->time / 1000000), (uint32_t)(f->time % 1000000),
			      size, size};

	memcpy(frame, record, sizeof record);
	memset(frame + 16, 2, 12);
	frame[16 + 5] = up;
	put16(frame + 28, f->v6 ? 0x86dd : 0x0800);
	put_headers(m, f, ip, head + n, up);
	if (f->udp) {
		put16(t, up ? f->port : f->service);
		put16(t + 2, up ? f->service : f->port);
		put16(t + 4, (unsigned)(8 + n));
		put16(t + 6, 0);
	} else {
		put_tcp(f, t, options, up, at, flags, f->time);
	}
	memcpy(t + head, payload, n);
	put_sum(f, ip, t, head + n);
	if (fwrite(frame, 1, 16 + size, m->out) != 16 + size)
		m->failed = true;
	m->bytes += 16 + size;
	m->packets++;
	m->packets_v6 += f->v6;
}

/* --- the queue: a binary heap on time, then on the order of entry --- */

static bool
earlier(const struct mix *m, uint32_t one, uint32_t other)
{
	const struct flow *a = &m->all[one], *b = &m->all[other];

	return a->time != b->time ? a->time < b->time : a->number < b->number;
}

static void
sift_down(struct mix *m, size_t i)
{
	uint32_t f = m->heap[i];

	for (size_t child; (child = 2 * i + 1) < m->count; i = child) {
		if (child + 1 < m->count && earlier(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!earlier(m, m->heap[child], f))
			break;
		m->heap[i] = m->heap[child];
	}
	m->heap[i] = f;
}

static int
run(struct mix *m, uint64_t bytes)
{
	m->all = calloc(m->slots, sizeof *m->all);
	m->heap = calloc(m->slots, sizeof *m->heap);
	if (!m->all || !m->heap)
		return -ENOMEM;
	for (m->count = 0; m->count < m->slots; m->count++) {
		m->heap[m->count] = (uint32_t)m->count;
		flow_begin(m, &m->all[m->count], (uint64_t)m->count * MIX_RAMP / m->slots);
	}
	while (m->bytes < bytes && !m->failed) {
		struct flow *f = &m->all[m->heap[0]];

		if (!flow_step(m, f))
			flow_begin(m, f, f->time + 1000 + draw(m, 40000));
		sift_down(m, 0);
	}
	return m->failed ? -EIO : 0;
}

static int
parse(int argc, char **argv, struct mix *m, uint64_t *ret_bytes)
{
	int positional = 0;

	for (int i = 1; i < argc; i++) {
		char *end;
		bool concurrent = strcmp(argv[i], "--concurrent") == 0 && i + 1 < argc;
		unsigned long long v;

		i += concurrent;
		v = strtoull(argv[i], &end, 10);
		if (!concurrent && ++positional == 1)
			continue;
		if (*end || end == argv[i])
			return -EINVAL;
		if (concurrent) {
			m->slots = v;
			m->held = true;
		} else if (positional == 2) {
			*ret_bytes = v;
		} else if (positional == 3) {
			m->random = v;
		} else if (positional == 4) {
			m->percent_v6 = (unsigned)v;
		}
	}
	return positional >= 3 && m->slots > 0 ? 0 : -EINVAL;
}

static int
write_mix(struct mix *m, const char *path, uint64_t bytes)
{
	static const uint32_t header[] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, 262144, 1};
	int r;

	m->out = fopen(path, "wb");
	if (!m->out)
		return -errno;
	setvbuf(m->out, NULL, _IOFBF, WRITE_BUFFER);
	for (size_t i = 0; i < POOL; i++)
		m->pool[i] = (uint8_t)draw(m, 256);
	m->pool_size = POOL;
	m->failed = fwrite(header, 1, sizeof header, m->out) != sizeof header;
	m->bytes = sizeof header;
	r = run(m, bytes);
	if (fclose(m->out) != 0 && r == 0)
		r = -errno;
	free(m->all);
	free(m->heap);
	return r;
}

int
main(int argc, char **argv)
{
	static uint8_t pool[POOL];
	struct mix m = {.slots = SLOTS, .percent_v6 = 12, .pool = pool};
	uint64_t bytes = 0;
	int r;

	if (parse(argc, argv, &m, &bytes) < 0) {
		fprintf(stderr, "usage: mixgen OUT BYTES SEED [PCT_V6] [--concurrent N]\n");
		return 2;
	}
	r = write_mix(&m, argv[1], bytes);
	if (r < 0) {
		fprintf(stderr, "mixgen: %s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	fprintf(stderr, "%llu bytes, %llu packets (%.1f %% IPv6), %.0f bytes each, %llu flows\n",
		(unsigned long long)m.bytes, (unsigned long long)m.packets,
		100.0 * (double)m.packets_v6 / (double)m.packets,
		(double)m.bytes / (double)m.packets - 16, (unsigned long long)m.flows);
	for (int i = 0; i < MIX_KINDS; i++)
		fprintf(stderr, "  %s %llu\n", mix_words[i], (unsigned long long)m.started[i]);
	return 0;
}
