/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wall around libnids 1.26: one-way connections and datagrams made of synthetic packets.
 *
 * libnids is a good assembler of bytes and a poor observer of networks: it knows no IPv6, frees
 * a stream at the first reset inside the window, believes timestamps and acknowledgements that
 * anybody can forge, and expires fragments by the wall clock. So it gets packets that leave it
 * nothing to believe: constant acknowledgements, a window of 1 GiB that never moves, no
 * options, no RST, no FIN, no checksums. The sender of the bytes is always the synthetic
 * client, because libnids looks that direction up first. */
#include "synthetic.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* Its prototypes are of the last century: () for (void), and void * for a function. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <nids.h>
#pragma GCC diagnostic pop

#define TEXT_OF(x) #x
#define VERSION_OF(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

/* Hash slots. libnids holds three quarters as many streams and then evicts the oldest; this
 * leaves room above CONNECTIONS_MAX, so that it never does. */
#define HASH_SLOTS 4096
/* Added by libnids to the size of what it queues, before it compares with 64 KiB and throws the
 * whole queue away. Large and negative: it never does, and our own queue limit rules. */
#define NO_PURGE (-(1 << 17))

/* Any address but 0.0.0.0, which libnids refuses; ids lie in the low bits. */
#define SENDER 0x0a000000u
#define RECEIVER 0x0b000001u
#define PORT 7
/* Experiments only (RFC 3692): libnids' own TCP, UDP and ICMP code leaves it alone. */
#define FRAGMENT_PROTOCOL 253
#define WINDOW_SCALE 14 /* the largest, RFC 7323, 2.3 */

struct syn {
	struct ip ip;
	struct tcphdr tcp;
	uint8_t options[4];
};

struct data {
	struct ip ip;
	struct tcphdr tcp;
	uint8_t payload[SYNTHETIC_PAYLOAD_MAX];
};

struct piece {
	struct ip ip;
	uint8_t payload[SYNTHETIC_DATAGRAM_MAX];
};

static struct wall {
	const struct wall_events *events;
	pcap_t *dead;
	struct pcap_pkthdr header;
	struct syn syn, syn_ack;
	struct data data;
	struct piece piece;
	void *opening;             /* user of the connection that is being opened */
	struct tcp_stream *opened; /* and what libnids made of it */
	uint8_t whole[SYNTHETIC_DATAGRAM_MAX];
	size_t whole_size;
	bool has_whole;
} wall;

static struct nids_chksum_ctl no_checksums = {.action = NIDS_DONT_CHKSUM};

static void
push(const struct ip *ip, size_t n)
{
	wall.header.caplen = wall.header.len = (bpf_u_int32)n;
	nids_pcap_handler(NULL, &wall.header, (u_char *)ip);
}

static void
on_stream(struct tcp_stream *t, void **user)
{
	const struct half_stream *half = &t->server; /* what the client sent arrives here */

	switch (t->nids_state) {
	case NIDS_JUST_EST:
		*user = wall.opening;
		wall.opened = t;
		t->server.collect++;
		break;
	case NIDS_DATA:
		if (half->count_new > 0) {
			size_t kept = (unsigned)half->count - (unsigned)half->offset;
			size_t n = (size_t)half->count_new;
			const uint8_t *p = (const uint8_t *)half->data + (kept - n);

			wall.events->bytes(*user, (struct bytes){p, n});
		}
		break;
	default:
		wall.events->gone(*user);
	}
}

static void
on_datagram(const struct ip *ip, int size)
{
	size_t header = (size_t)ip->ip_hl * 4, n = ntohs(ip->ip_len);

	(void)size;
	if (ip->ip_p != FRAGMENT_PROTOCOL || n < header || n - header > sizeof wall.whole)
		return;
	memcpy(wall.whole, (const uint8_t *)ip + header, n - header);
	wall.whole_size = n - header;
	wall.has_whole = true;
}

/* libnids would write to syslog for every odd packet. Ours are not odd, but a dissector of
 * hostile input must not write there, whatever happens. */
static void
on_warning(int type, int code, struct ip *ip, void *data)
{
	(void)type;
	(void)code;
	(void)ip;
	(void)data;
}

static void
fill_ip(struct ip *ip, uint32_t src, uint32_t dst, uint8_t protocol, size_t n)
{
	memset(ip, 0, sizeof *ip);
	ip->ip_v = 4;
	ip->ip_hl = sizeof *ip / 4;
	ip->ip_len = htons((uint16_t)n);
	ip->ip_ttl = 64; /* any */
	ip->ip_p = protocol;
	ip->ip_src.s_addr = htonl(src);
	ip->ip_dst.s_addr = htonl(dst);
}

static void
fill_tcp(struct tcphdr *tcp, uint32_t seq, uint32_t ack, uint8_t flags, size_t options)
{
	memset(tcp, 0, sizeof *tcp);
	tcp->th_sport = tcp->th_dport = htons(PORT);
	tcp->th_seq = htonl(seq);
	tcp->th_ack = htonl(ack);
	tcp->th_off = (sizeof *tcp + options) / 4 & 15;
	tcp->th_flags = flags;
	tcp->th_win = htons(65535);
}

static void
make_templates(void)
{
	static const uint8_t options[4] = {1, 3, 3, WINDOW_SCALE}; /* NOP, window scale */

	fill_ip(&wall.syn.ip, SENDER, RECEIVER, IPPROTO_TCP, sizeof wall.syn);
	fill_tcp(&wall.syn.tcp, 0, 0, TH_SYN, sizeof options);
	memcpy(wall.syn.options, options, sizeof options);
	fill_ip(&wall.syn_ack.ip, RECEIVER, SENDER, IPPROTO_TCP, sizeof wall.syn_ack);
	fill_tcp(&wall.syn_ack.tcp, 0, 1, TH_SYN | TH_ACK, sizeof options);
	memcpy(wall.syn_ack.options, options, sizeof options);
	fill_ip(&wall.data.ip, SENDER, RECEIVER, IPPROTO_TCP, 0);
	fill_tcp(&wall.data.tcp, 1, 1, TH_ACK, 0);
	fill_ip(&wall.piece.ip, SENDER, RECEIVER, FRAGMENT_PROTOCOL, 0);
}

/* As libnids wants its callbacks: C has no conversion from a function to void *, POSIX has. */
static void *
callback(void (*f)(void))
{
	void *p;

	memcpy(&p, &f, sizeof p);
	return p;
}

int
wall_start(const struct wall_events *events)
{
	if (wall.dead)
		return -EBUSY;
	wall.dead = pcap_open_dead(DLT_RAW, 65535);
	if (!wall.dead)
		return -EIO;
	wall.events = events;
	nids_params.pcap_desc = wall.dead;
	nids_params.n_tcp_streams = HASH_SLOTS;
	nids_params.sk_buff_size = NO_PURGE;
	nids_params.scan_num_hosts = 0; /* its scan detector corrupts the heap */
	nids_params.tcp_flow_timeout = 0;
	nids_params.tcp_workarounds = 0;
	nids_params.multiproc = 0;
	nids_params.syslog = on_warning;
	if (!nids_init()) {
		pcap_close(wall.dead);
		wall.dead = NULL;
		return -EIO;
	}
	nids_register_chksum_ctl(&no_checksums, 1);
	nids_register_tcp(callback((void (*)(void))on_stream));
	nids_register_ip(callback((void (*)(void))on_datagram));
	make_templates();
	return 0;
}

void
wall_stop(void)
{
	/* nids_exit() forgets to free what was registered. */
	nids_unregister_tcp(callback((void (*)(void))on_stream));
	nids_unregister_ip(callback((void (*)(void))on_datagram));
	nids_exit();
	nids_last_pcap_header = NULL;
	nids_params.pcap_desc = NULL;
	pcap_close(wall.dead);
	wall.dead = NULL;
}

struct tcp_stream *
connection_open(uint16_t id, void *user)
{
	wall.opening = user;
	wall.opened = NULL;
	wall.syn.ip.ip_src.s_addr = htonl(SENDER | id);
	push(&wall.syn.ip, sizeof wall.syn);
	wall.syn_ack.ip.ip_dst.s_addr = htonl(SENDER | id);
	push(&wall.syn_ack.ip, sizeof wall.syn_ack);
	connection_feed(id, 0, (struct bytes){NULL, 0}); /* the third packet of the handshake */
	wall.opening = NULL;
	return wall.opened;
}

void
connection_close(struct tcp_stream *t)
{
	nids_free_tcp_stream(t);
}

static void
feed(uint16_t id, uint32_t at, size_t n)
{
	size_t size = offsetof(struct data, payload) + n;

	wall.data.ip.ip_src.s_addr = htonl(SENDER | id);
	wall.data.ip.ip_len = htons((uint16_t)size);
	wall.data.tcp.th_seq = htonl(at + 1); /* the SYN takes number 0 */
	push(&wall.data.ip, size);
}

void
connection_feed(uint16_t id, uint32_t at, struct bytes b)
{
	if (b.n)
		memcpy(wall.data.payload, b.p, b.n);
	feed(id, at, b.n);
}

void
connection_feed_zeros(uint16_t id, uint32_t at, size_t n)
{
	memset(wall.data.payload, 0, n);
	feed(id, at, n);
}

size_t
connection_buffered(const struct tcp_stream *t)
{
	return (size_t)t->server.bufsize;
}

bool
datagram_feed(uint16_t id, uint32_t offset, bool more, struct bytes b, struct bytes *ret_whole)
{
	struct ip *ip = &wall.piece.ip;
	size_t size = sizeof *ip + b.n;

	memcpy(wall.piece.payload, b.p, b.n);
	ip->ip_id = htons(id);
	ip->ip_off = htons((uint16_t)(offset / 8 | (more ? IP_MF : 0)));
	ip->ip_len = htons((uint16_t)size);
	wall.has_whole = false;
	push(ip, size);
	if (wall.has_whole)
		*ret_whole = (struct bytes){wall.whole, wall.whole_size};
	return wall.has_whole;
}

const char *
libnids_version(void)
{
	return VERSION_OF(NIDS_MAJOR, NIDS_MINOR);
}
