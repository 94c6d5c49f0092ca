/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations made up packet by packet, through everything that comes after the decoder: flow
 * table, streams, dissectors, detectors, correlation, and the writers of reports.
 *
 * The input begins with two bytes: what to do with the packets (enum wish), and the time of the
 * first (its two lowest bits). A row of commands of twelve bytes follows:
 *
 *	0   bits 0-2 which conversation, 3 who sends, 4 an ICMP error that quotes it instead,
 *	    5 from a new client port, 6 a wrong checksum, 7 the numbers are not advanced
 *	1   TCP flags
 *	2,3 how far seq and ack lie from where they should, signed
 *	4   what is said (flow_payloads.h); SAY_INLINE takes the bytes behind the command
 *	5   how much of it
 *	6   time since the packet before
 *	7   TTL
 *	8   IP ID, added to the sender's last one; 0x80: it is zero
 *	9   window, and by its lowest bits TCP options
 *	10  timestamp, added to the last one
 *	11  bits 0-3 a step for seq, of the powers of eight; 4-7 the same for ack; 0-3 from 10 on:
 *	    the packet comes 4, 8, ... or 128 times
 */
#include "analyze.c" /* NOLINT(bugprone-suspicious-include): its parts have no other name */
#include "checksum.h"
#include "config.h"
#include "flow_payloads.h"

#include <jansson.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COMMAND 12
/* What an input may ask for: that many packets are a long conversation for each of the eight. */
#define COMMANDS_MAX 256
#define TALKS 8

enum wish {
	WISH_ROWS = 1 << 0,
	WISH_SUGGEST = 1 << 1,
	WISH_ALL = 1 << 2,  /* findings of any confidence */
	WISH_LOUD = 1 << 3, /* the text says everything */
	WISH_TEXT = 1 << 4,
	WISH_JSON = 1 << 5,
	WISH_NDJSON = 1 << 6,
	WISH_EVIDENCE = 1 << 7,
};

/* One conversation, as its two ends see it. */
struct talk {
	uint8_t version, proto;
	uint8_t host[2];
	uint16_t port[2];
	uint32_t next[2], tsval[2];
	uint16_t id[2];
	uint8_t last[2][48]; /* the beginning of each side's last packet, for quotes */
	size_t nlast[2];
};

static const struct talk begun[TALKS] = {
    {4, IPPROTO_TCP, {1, 2}, {40000, 443}}, {4, IPPROTO_TCP, {1, 2}, {40001, 80}},
    {4, IPPROTO_TCP, {1, 3}, {40002, 443}}, {6, IPPROTO_TCP, {1, 2}, {40003, 443}},
    {4, IPPROTO_UDP, {1, 4}, {40004, 53}},  {4, IPPROTO_UDP, {1, 5}, {40005, 53}},
    {6, IPPROTO_UDP, {1, 4}, {40006, 443}}, {4, IPPROTO_TCP, {1, 2}, {40007, 443}},
};

static struct analysis *analysis;
static struct saying sayings[NSAYINGS];
static struct talk talks[TALKS];

/* Not inlined, so that a stack says where it was. */
__attribute__((noinline)) static void
must(bool good)
{
	if (!good)
		abort();
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

/* The checksum over n bytes and what was added before, in the order of the wire. */
static void
seal(uint8_t *at, uint64_t sum, const uint8_t *p, size_t n)
{
	uint16_t folded;

	memset(at, 0, 2);
	sum = checksum_add(sum, p, n);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t)~sum;
	memcpy(at, &folded, 2);
}

/* Writes an IP header for n bytes of payload; returns its length. */
static size_t
put_ip(uint8_t *p, const struct talk *t, enum side from, size_t n, uint8_t proto, uint8_t ttl)
{
	static const uint8_t net6[15] = {0x20, 0x01, 0x0d, 0xb8};
	/* Documentation addresses (RFC 5737), Don't Fragment. */
	static const uint8_t head4[20] = {
	    [0] = 0x45, [6] = 0x40, [12] = 192, [14] = 2, [16] = 192, [18] = 2};
	uint8_t a = t->host[from], b = t->host[!from];

	if (t->version == 4) {
		memcpy(p, head4, sizeof head4);
		put16(p + 2, (unsigned)(20 + n));
		put16(p + 4, t->id[from]);
		p[8] = ttl;
		p[9] = proto;
		p[15] = a;
		p[19] = b;
		seal(p + 10, 0, p, 20);
		return 20;
	}
	put32(p, 0x60000000);
	put16(p + 4, (unsigned)n);
	p[6] = proto;
	p[7] = ttl;
	memcpy(p + 8, net6, 15);
	p[23] = a;
	memcpy(p + 24, net6, 15);
	p[39] = b;
	return 40;
}

/* The addresses, the protocol and the length once more, for the sum (RFC 9293, 3.1). */
static uint64_t
pseudo(const uint8_t *ip, unsigned version, uint8_t proto, size_t n)
{
	uint8_t rest[4] = {0, proto, (uint8_t)(n >> 8), (uint8_t)n};
	uint64_t sum = checksum_add(0, rest, 4);

	return version == 4 ? checksum_add(sum, ip + 12, 8) : checksum_add(sum, ip + 8, 32);
}

static uint32_t
shift(uint8_t by, unsigned step)
{
	return (uint32_t)(int8_t)by << 3 * (step % 10);
}

/* Writes a TCP header without its sum; returns its length. */
static size_t
put_tcp(uint8_t *p, struct talk *t, enum side from, const uint8_t *c)
{
	uint8_t *o = p + 20;

	put16(p, t->port[from]);
	put16(p + 2, t->port[!from]);
	put32(p + 4, t->next[from] + shift(c[2], c[11] & 15u));
	put32(p + 8, c[1] & TH_ACK_ ? t->next[!from] + shift(c[3], c[11] >> 4u) : 0);
	p[13] = c[1];
	put16(p + 14, c[9] * 257u);
	memset(p + 16, 0, 4);
	if (c[9] & 1) {
		put32(o, 0x0101080a); /* NOP, NOP, timestamps of ten bytes */
		put32(o + 4, t->tsval[from] += c[10]);
		put32(o + 8, t->tsval[!from]);
		o += 12;
	}
	if (c[9] & 2) {
		put32(o, 0x020405b4); /* MSS 1460, NOP, window scale 7, SACK, NOP, NOP */
		put32(o + 4, 0x01030307);
		put32(o + 8, 0x04020101);
		o += 12;
	}
	p[12] = (uint8_t)((o - p) / 4 << 4 | (c[9] & 4 ? 2 : 0));
	return (size_t)(o - p);
}

static struct bytes
said(const uint8_t *c, const uint8_t **rest, const uint8_t *end)
{
	const struct saying *s = &sayings[c[4] % NSAYINGS];
	size_t n = c[5];

	if (c[4] % NSAYINGS == SAY_INLINE) {
		struct bytes b = {*rest, n < (size_t)(end - *rest) ? n : (size_t)(end - *rest)};

		*rest += b.n;
		return b;
	}
	/* As much as that, or all of it. */
	if (n == 0 || n > s->n)
		n = s->n;
	return (struct bytes){s->b, n};
}

/* Writes the packet of a command, and moves the sender's numbers on; returns its length. */
static uint32_t
put_packet(uint8_t *p, struct talk *t, enum side from, const uint8_t *c, struct bytes b)
{
	uint8_t body[64 + SAYING_MAX];
	size_t header = 8, n, ip;
	uint8_t *sum = body + (t->proto == IPPROTO_TCP ? 16 : 6);

	t->id[from] = (uint16_t)(c[8] & 0x80 ? 0 : t->id[from] + c[8]);
	if (t->proto == IPPROTO_TCP) {
		header = put_tcp(body, t, from, c);
	} else {
		put16(body, t->port[from]);
		put16(body + 2, t->port[!from]);
		put16(body + 4, (unsigned)(8 + b.n));
	}
	if (b.n)
		memcpy(body + header, b.p, b.n);
	n = header + b.n;
	ip = put_ip(p, t, from, n, t->proto, c[7]);
	seal(sum, pseudo(p, t->version, t->proto, n), body, n);
	sum[0] ^= c[0] & 0x40 ? 0x55 : 0;
	memcpy(p + ip, body, n);
	if (!(c[0] & 0x80))
		t->next[from] +=
		    (uint32_t)b.n + (c[1] & TH_SYN_ ? 1 : 0) + (c[1] & TH_FIN_ ? 1 : 0);
	t->nlast[from] = ip + 8;
	memcpy(t->last[from], p, t->nlast[from]);
	return (uint32_t)(ip + n);
}

/* An ICMP error to one side, about its last packet (RFC 792; RFC 4443, 3.1). */
static uint32_t
put_error(uint8_t *p, const struct talk *t, enum side to, const uint8_t *c)
{
	uint8_t body[8 + sizeof t->last[0]] = {c[1], c[2], 0, 0, 0, 0, c[3], c[5]};
	uint8_t proto = t->version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	size_t n = 8 + t->nlast[to], ip;
	struct talk router = *t;

	if (c[8])
		router.host[!to] = c[8];
	memcpy(body + 8, t->last[to], t->nlast[to]);
	ip = put_ip(p, &router, other_side(to), n, proto, c[7]);
	seal(body + 2, t->version == 4 ? 0 : pseudo(p, 6, proto, n), body, n);
	memcpy(p + ip, body, n);
	return (uint32_t)(ip + n);
}

/* The clock of a capture goes from -2^62 to 2^62 (capfile.c). */
#define TIME_LAST (((int64_t)1 << 62) - 1)

static int64_t
time_after(int64_t t, uint8_t code)
{
	static const int64_t steps[16] = {
	    0,
	    NSEC_PER_USEC,
	    50 * NSEC_PER_USEC,
	    500 * NSEC_PER_USEC,
	    NSEC_PER_MSEC,
	    5 * NSEC_PER_MSEC,
	    20 * NSEC_PER_MSEC,
	    80 * NSEC_PER_MSEC,
	    300 * NSEC_PER_MSEC,
	    NSEC_PER_SEC,
	    3 * NSEC_PER_SEC,
	    20 * NSEC_PER_SEC,
	    70 * NSEC_PER_SEC,
	    -20 * NSEC_PER_MSEC,
	    -5 * NSEC_PER_SEC,
	    86400 * NSEC_PER_SEC,
	};

	if (code == 0xff)
		return t < 0 ? TIME_LAST : -TIME_LAST;
	t += steps[code & 15] * (1 + (code >> 4));
	return t > TIME_LAST ? TIME_LAST : t < -TIME_LAST ? -TIME_LAST : t;
}

static uint32_t
hear(const uint8_t *at, const uint8_t *end, int64_t t)
{
	uint8_t packet[1024];
	struct frame f = {.data = packet, .link_type = 101 /* LINKTYPE_RAW */};
	struct packet pkt;

	while ((size_t)(end - at) >= COMMAND && f.number < COMMANDS_MAX) {
		const uint8_t *c = at;
		struct talk *k = &talks[c[0] % TALKS];
		enum side from = c[0] & 8 ? SERVER : CLIENT;
		unsigned times = (c[11] & 15) < 10 ? 1 : 1u << ((c[11] & 15) - 8);
		struct bytes b;

		at += COMMAND;
		if (c[0] & 0x20) {
			k->port[CLIENT] = (uint16_t)(k->port[CLIENT] + TALKS);
			k->next[CLIENT] = k->next[SERVER] = 0;
		}
		b = said(c, &at, end);
		for (; times && f.number < COMMANDS_MAX; times--) {
			f.nsec = t = time_after(t, c[6]);
			f.caplen = c[0] & 0x10 ? put_error(packet, k, from, c)
					       : put_packet(packet, k, from, c, b);
			f.len = f.caplen;
			f.number++;
			if (decode(analysis->decoder, &f, &pkt) == DECODED)
				take_packet(analysis, &pkt);
		}
	}
	return f.number;
}

/* What the report's contract promises of a finding. */
static void
check_finding(const struct finding *f, uint32_t frames)
{
	must(isfinite(f->confidence) && f->confidence >= 0 && f->confidence <= 1);
	must(f->ncites > 0 && f->mechanism < NMECHANISMS && f->trigger < NTRIGGERS);
	must(f->trigger_value && f->explanation && f->explanation[0]);
	for (size_t i = 0; i < f->ncites; i++)
		must(f->cites[i].at.frame > 0 && f->cites[i].at.frame <= frames &&
		     f->cites[i].at.capture == 0 && f->cites[i].role < NROLES);
	for (size_t i = 0; i < f->nevidence; i++)
		must(f->evidence[i].at.frame <= frames && isfinite(f->evidence[i].weight));
}

/* Nothing that was captured may steer a terminal: C0 but for the end of a line, DEL, C1. */
static void
check_text(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t x = (uint8_t)text[i];

		must((x >= ' ' && x != 0x7f) || x == '\n');
		must(x != 0xc2 || (uint8_t)text[i + 1] >= 0xa0);
	}
}

static void
check_json(const char *text, size_t n)
{
	json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

	must(j != NULL);
	json_decref(j);
}

static void
check_lines(const char *text, size_t n)
{
	while (n) {
		const char *end = memchr(text, '\n', n);

		must(end != NULL);
		check_json(text, (size_t)(end - text));
		n -= (size_t)(end + 1 - text);
		text = end + 1;
	}
}

static void
write_report(int (*write)(struct report *, const struct report_style *, FILE *), bool loud,
	     void (*check)(const char *, size_t))
{
	const struct report_style style = {.columns = 80, .verbose = loud ? 2 : 0};
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	must(out != NULL);
	must(write(&analysis->report, &style, out) == 0);
	must(fclose(out) == 0 && n > 0);
	check(text, n);
	free(text);
}

/* What takes long is made once: flow table, libnids, fingerprints; and a capture of no frames. */
static void
begin(struct analyze_options *options)
{
	static const uint8_t pcap[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,  0,
					 0,    0,    0,    0,    0, 0, 0, 4, 0, 101};
	static const char *file;
	static char name[32];
	struct frame none;
	char *why = NULL;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, pcap, sizeof pcap) == sizeof pcap);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	file = name;
	options->files = &file;
	options->nfiles = 1;
	options->fingerprints = SOURCE_FINGERPRINTS;
	analysis = xcalloc(1, sizeof *analysis);
	analysis->options = options;
	must(open_all(analysis, &why) == 0);
	history_free(analysis->history);
	must(capture_next(analysis->capture, &none) == 0);
	sayings_fill(sayings);
	/* Suggestions and evidence go to the standard output. */
	must(freopen("/dev/null", "w", stdout) != NULL);
}

static void
begin_again(void)
{
	struct analysis *a = analysis;
	struct hygiene *h = &a->hygiene;

	*h = (struct hygiene){.decode = h->decode, .flows = h->flows, .defrag = h->defrag};
	*flow_counts(a->flows) = (struct flow_counts){0};
	memset(a->votes, 0, sizeof *a->votes);
	memcpy(talks, begun, sizeof talks);
	a->history = history_new();
	a->judge.history = a->history;
	a->judge.now = 0;
	a->judge.suggest = a->options->suggest;
	if (a->options->flows)
		must(rows_new(&a->rows) == 0);
	a->judge.rows = a->rows;
}

static void
forget(void)
{
	struct analysis *a = analysis;

	judge_free(&a->judge);
	a->judge.candidates = NULL;
	a->judge.messages = NULL;
	a->judge.n = a->judge.size = 0;
	history_free(a->history);
	rows_free(a->rows);
	arena_free(a->arena);
	free(a->findings);
	a->rows = NULL;
	a->arena = NULL;
	a->findings = NULL;
	a->report = (struct report){0};
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t starts[4] = {1767225600 * NSEC_PER_SEC, 0, TIME_LAST, -TIME_LAST};
	static struct analyze_options options;
	uint32_t frames;

	if (!analysis)
		begin(&options);
	if (size < 2 + COMMAND)
		return 0;
	options.flows = data[0] & WISH_ROWS;
	options.suggest = data[0] & WISH_SUGGEST;
	options.weighing = data[0] & WISH_EVIDENCE;
	options.min_confidence = data[0] & WISH_ALL ? 0 : 0.3;
	begin_again();
	frames = hear(data + 2, data + size, starts[data[1] % 4]);
	flow_drain(analysis->flows);
	conclude(analysis);
	for (size_t i = 0; i < analysis->judge.n; i++)
		check_finding(analysis->judge.candidates[i].suspicion.finding, frames);
	if (data[0] & WISH_TEXT)
		write_report(report_text, data[0] & WISH_LOUD, check_text);
	if (data[0] & WISH_JSON)
		write_report(report_json, false, check_json);
	if (data[0] & WISH_NDJSON)
		write_report(report_ndjson, false, check_lines);
	forget();
	return 0;
}
