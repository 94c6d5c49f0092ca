/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What watching for days comes down to, without a network: floods go straight into the analysis,
 * and memory must not grow once the stores are full.
 *
 * long_life [PACKETS [FLOOD]]    so many packets of each flood (or of this one), and a table of
 * megabytes
 *
 * Each flood runs in a process of its own. Memory is what the kernel says of it after each fifth.
 * At the end a copy looks at it, as glance.c does: that must come to an end, too, and is only
 * printed. */
#include "analyze.h"
#include "chance.h"
#include "report_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RAW_IP 101
#define FIFTHS 5
#define FINDINGS_SHOWN 3
/* As many packets as the loop may take in one turn. */
#define TURN 4096
#define BEGIN 1790000000000000000LL /* 2026-09-21 */
#define HOUR (3600 * NSEC_PER_SEC)

#define FIN 1
#define SYN 2
#define RST 4
#define PSH 8
#define ACK 16

struct feed {
	struct analysis *analysis;
	uint64_t lot, packets;
	int64_t now;
	uint8_t bytes[65536];
};

static uint32_t
any(struct feed *x)
{
	return chance(&x->lot, UINT32_MAX);
}

static void
put(uint8_t *p, uint32_t v, int n)
{
	for (; n > 0; n--, v >>= 8)
		p[n - 1] = (uint8_t)v;
}

static uint32_t
sum(const uint8_t *p, size_t n, uint32_t before)
{
	for (size_t i = 0; i < n; i++)
		before += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return before;
}

static uint32_t
folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

struct ends {
	uint32_t from, to;
	uint16_t sport, dport;
};

static struct ends
back(struct ends e)
{
	return (struct ends){e.to, e.from, e.dport, e.sport};
}

/* An IPv4 packet whose payload of n bytes stands behind `header` bytes of its protocol's. */
static void
push(struct feed *x, struct ends e, unsigned proto, size_t header, size_t n, uint32_t fragment)
{
	uint8_t *p = x->bytes;
	size_t all = 20 + header + n, check = proto == 6 ? 36 : 26;
	struct frame f = {.data = p,
			  .link_type = RAW_IP,
			  .caplen = (uint32_t)all,
			  .len = (uint32_t)all,
			  .nsec = x->now};

	memset(p, 0, 20);
	p[0] = 0x45;
	put(p + 2, (uint32_t)all, 2);
	put(p + 4, any(x), 2);
	put(p + 6, fragment, 2);
	p[8] = 57;
	p[9] = (uint8_t)proto;
	put(p + 12, e.from, 4);
	put(p + 16, e.to, 4);
	put(p + 10, folded(sum(p, 20, 0)), 2);
	put(p + 20, e.sport, 2);
	put(p + 22, e.dport, 2);
	put(p + check, 0, 2);
	put(p + check, folded(sum(p + 12, all - 12, (uint32_t)(proto + header + n))), 2);
	analysis_push(x->analysis, 0, &f);
	x->packets++;
	x->now += 10 * NSEC_PER_USEC;
}

static void
tcp(struct feed *x, struct ends e, unsigned flags, uint32_t seq, uint32_t ack, size_t n)
{
	uint8_t *p = x->bytes + 20;

	put(p + 4, seq, 4);
	put(p + 8, ack, 4);
	p[12] = 0x50;
	p[13] = (uint8_t)flags;
	put(p + 14, 64240, 2);
	put(p + 18, 0, 2);
	push(x, e, 6, 20, n, 0x4000);
}

static void
udp(struct feed *x, struct ends e, size_t n)
{
	put(x->bytes + 24, (uint32_t)n + 8, 2);
	push(x, e, 17, 8, n, 0x4000);
}

static struct ends
somebody(struct feed *x, unsigned port)
{
	return (struct ends){any(x) | 0x08000000, any(x) | 0x10000000,
			     (uint16_t)(1024 + any(x) % 60000), (uint16_t)port};
}

static void
handshake(struct feed *x, struct ends e)
{
	tcp(x, e, SYN, 1000, 0, 0);
	tcp(x, back(e), SYN | ACK, 5000, 1001, 0);
	tcp(x, e, ACK, 1001, 5001, 0);
}

static void
syn_flood(struct feed *x)
{
	struct ends e = somebody(x, 443);

	e.to = 0x5db8d822;
	tcp(x, e, SYN, any(x), 0, 0);
}

static void
scan(struct feed *x)
{
	uint32_t n = (uint32_t)x->packets / 2;
	struct ends e = {0x0a000001, 0xcb007100 + n / 65536, 40000, (uint16_t)n};

	tcp(x, e, SYN, 1, 0, 0);
	tcp(x, back(e), RST | ACK, 0, 2, 0);
}

static void
one_packet(struct feed *x)
{
	uint8_t *p = x->bytes + 28;

	for (int i = 0; i < 64; i++)
		p[i] = (uint8_t)any(x);
	udp(x, somebody(x, any(x) & 0xffff), 64);
}

static size_t
put_question(struct feed *x, bool answer)
{
	uint8_t *p = x->bytes + 28;
	char label[200];
	size_t n = (size_t)snprintf(label, sizeof label, "x%08x%08x", any(x), any(x));

	put(p, 4660, 2);
	put(p + 2, answer ? 0x8183 : 0x0100, 2);
	put(p + 4, 1, 2);
	put(p + 6, 0, 4);
	put(p + 10, 0, 2);
	p[12] = (uint8_t)n;
	memcpy(p + 13, label, n);
	memcpy(p + 13 + n, "\7example\3com\0\0\1\0\1", 17);
	return 13 + n + 17;
}

/* Each name new: some found, some not, some by two answers. */
static void
dns(struct feed *x)
{
	struct ends e = somebody(x, 53);
	uint8_t *p = x->bytes + 28;
	size_t n = put_question(x, false);

	e.to = 0x08080000 + any(x) % 8192;
	udp(x, e, n);
	p[2] = 0x81;
	p[3] = any(x) % 2 ? 0x83 : 0x80;
	p[7] = p[3] == 0x80;
	memcpy(p + n, "\xc0\x0c\0\1\0\1\0\0\1\0\0\4", 12);
	put(p + n + 12, any(x) | 0x10000000, 4);
	udp(x, back(e), n + (p[3] == 0x80 ? 16 : 0));
	if (p[3] == 0x80 && any(x) % 4 == 0) {
		put(p + n + 12, any(x) | 0x10000000, 4);
		udp(x, back(e), n + 16);
	}
}

static size_t
put_hello(struct feed *x)
{
	static const uint8_t fixed[] = {0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b};
	uint8_t *p = x->bytes + 40;
	char host[200];
	size_t n = (size_t)snprintf(host, sizeof host, "h%08x.s%08x.example", any(x), any(x));
	size_t all = 9 + 2 + 32 + 1 + 2 + 8 + 2 + 2;

	memset(p, 7, 200);
	put(p, 0x160301, 3);
	put(p + 3, (uint32_t)(all - 5 + 9 + n), 2);
	p[5] = 1;
	put(p + 6, (uint32_t)(all - 9 + 9 + n), 3);
	put(p + 9, 0x0303, 2);
	p[43] = 0;
	put(p + 44, 8, 2);
	memcpy(p + 46, fixed, 8);
	put(p + 54, 0x0100, 2);
	put(p + 56, (uint32_t)n + 9, 2);
	put(p + 58, 0, 2);
	put(p + 60, (uint32_t)n + 5, 2);
	put(p + 62, (uint32_t)n + 3, 2);
	p[64] = 0;
	put(p + 65, (uint32_t)n, 2);
	memcpy(p + 67, host, n);
	return 67 + n;
}

/* Each connection to a new name at a new address is reset, by something that is no server. */
static void
resets(struct feed *x)
{
	struct ends e = somebody(x, 443);
	size_t n;

	handshake(x, e);
	n = put_hello(x);
	tcp(x, e, PSH | ACK, 1001, 5001, n);
	tcp(x, back(e), RST, 5001, 0, 0);
	tcp(x, back(e), RST | ACK, 5001 + 1460, 1001, 0);
}

static void
web(struct feed *x)
{
	struct ends e = somebody(x, 80);
	size_t n, said;

	handshake(x, e);
	n = (size_t)snprintf((char *)x->bytes + 40, 200,
			     "GET /%08x HTTP/1.1\r\nHost: h%08x.example\r\n\r\n", any(x), any(x));
	tcp(x, e, PSH | ACK, 1001, 5001, n);
	said = (size_t)snprintf((char *)x->bytes + 40, 200,
				"HTTP/1.1 200 OK\r\nDate: Mon, 21 Sep 2026 14:13:20 "
				"GMT\r\nContent-Length: 16\r\n\r\n%08x%08x",
				any(x), any(x));
	tcp(x, back(e), PSH | ACK, 5001, (uint32_t)(1001 + n), said);
	tcp(x, e, FIN | ACK, (uint32_t)(1001 + n), (uint32_t)(5001 + said), 0);
	tcp(x, back(e), FIN | ACK, (uint32_t)(5001 + said), (uint32_t)(1002 + n), 0);
}

/* Somebody sets the clock, by hours, days and centuries, to and fro. */
static void
clock_steps(struct feed *x)
{
	web(x);
	if (x->packets % 500 > 5)
		return;
	x->now += (int64_t)(any(x) % 48) * HOUR - 24 * HOUR;
	if (any(x) % 16 == 0)
		x->now = any(x) % 2 ? BEGIN : BEGIN + 200 * 365 * 24 * HOUR;
}

/* As large as IP allows, with holes, of connections that stay. */
static void
huge(struct feed *x)
{
	uint32_t n = (uint32_t)x->packets;
	struct ends e = {0x0a000000 + n % 700, 0x5db8d822, 40000, 443};

	if (n % 1400 < 700)
		memset(x->bytes + 40, (int)(n / 1400), 64000);
	tcp(x, n % 3 ? e : back(e), PSH | ACK, 1001 + n / 700 * 64800, 5001, 64000);
}

static void
fragments(struct feed *x)
{
	struct ends e = somebody(x, 53);

	push(x, e, 17, 8, 1400, 0x2000 | (any(x) % 40));
}

/* Connections that say garbage of every protocol and never end. */
static void
open_ends(struct feed *x)
{
	static const char *const begins[] = {"\x16\x03\x01\x40\x00\x01\x00\x3f\xf0\x03\x03",
					     "GET / HTTP/1.1\r\nX-Long: ", "EHLO x\r\n", "SSH-2.0-",
					     "220 "};
	struct ends e = somebody(x, any(x) % 2 ? 443 : 80);
	const char *b = begins[any(x) % 5];

	handshake(x, e);
	for (uint32_t i = 0; i < 4; i++) {
		memset(x->bytes + 40, 'a', 1400);
		if (!i)
			memcpy(x->bytes + 40, b, strlen(b));
		tcp(x, e, PSH | ACK, 1001 + i * 1400, 5001, 1400);
	}
}

static const struct flood {
	const char *name;
	void (*next)(struct feed *x);
	unsigned share; /* of the packets, in sixteenths: fewer of large ones, more to fill all */
} floods[] = {{"syn-flood", syn_flood, 16},   {"scan", scan, 16},
	      {"one-packet", one_packet, 16}, {"dns", dns, 16},
	      {"resets", resets, 16},         {"web", web, 16},
	      {"clock", clock_steps, 32},     {"huge", huge, 1},
	      {"fragments", fragments, 16},   {"open-ends", open_ends, 16}};

static double
resident(void)
{
	FILE *in = fopen("/proc/self/statm", "r");
	long total = 0, pages = 0;

	if (!in || fscanf(in, "%ld %ld", &total, &pages) != 2) /* NOLINT(cert-err34-c) */
		pages = 0;
	if (in)
		fclose(in);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a copy says at the end. */
static void
look(struct feed *x, bool verbose)
{
	double began = seconds(), forked;
	pid_t copy = fork();
	int status = -1;

	forked = seconds() - began;
	if (copy == 0) {
		const struct report *r;

		analysis_end(x->analysis);
		r = analysis_report(x->analysis);
		printf("  %zu findings", r->nfindings);
		for (size_t i = 0; i < r->nlimits && verbose; i++)
			printf("\n    %s", r->limits[i]);
		if (verbose)
			putchar('\n');
		for (size_t i = 0; i < r->nfindings && i < FINDINGS_SHOWN && verbose; i++)
			report_line(r->findings[i], &(struct beside){0}, stdout);
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	waitpid(copy, &status, 0);
	printf("  fork %.0f ms, look %.0f ms%s\n", forked * 1e3, (seconds() - began) * 1e3,
	       status ? ", FAILED" : "");
	if (status)
		exit(EXIT_FAILURE);
}

static int
run(const struct flood *f, uint64_t packets, bool verbose)
{
	static const char *const interfaces[] = {"flood"};
	const struct analyze_options o = {
	    .files = interfaces, .nfiles = 1, .min_confidence = 0.3, .pushed = true};
	struct feed *x = calloc(1, sizeof *x);
	double held[FIFTHS], began = seconds();
	char *why;

	if (!x || analysis_begin(&o, &x->analysis, &why))
		return EXIT_FAILURE;
	x->lot = 88172645463325252ULL;
	x->now = BEGIN;
	printf("%-10s %.1f MB:", f->name, resident());
	for (int i = 0; i < FIFTHS; i++) {
		while (x->packets < packets * f->share / 16 / FIFTHS * (unsigned)(i + 1)) {
			uint64_t turn = x->packets / TURN;

			f->next(x);
			if (x->packets / TURN == turn)
				continue;
			analysis_time(x->analysis, x->now);
			if (turn % 16 == 0)
				analysis_make_room(x->analysis);
		}
		held[i] = resident();
		printf(" %.1f", held[i]);
	}
	printf("  %.0f s, %zu open", seconds() - began, analysis_open_flows(x->analysis));
	fflush(stdout);
	look(x, verbose);
	analysis_free(x->analysis);
	free(x);
	/* Stores that are full: what malloc() leaves between is a few percent. */
	return held[FIFTHS - 1] > held[FIFTHS - 3] * 1.05 + 4 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	int grown = 0;

	memory_keep();
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
		int status = 0;

		if (argc > 2 && strcmp(argv[2], floods[i].name) != 0)
			continue;
		fflush(stdout);
		if (fork() == 0)
			exit(run(&floods[i], packets, argc > 2));
		wait(&status);
		if (status)
			printf("%s: memory grows, or it did not end well (%#x)\n", floods[i].name,
			       status);
		grown += status != 0;
	}
	return grown > 0;
}
