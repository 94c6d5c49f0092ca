/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packet(7), PACKET_FANOUT_CBPF: a program of the classic packet filter returns a number for each
 * frame, of which the kernel takes the remainder by the number of sockets. PACKET_FANOUT_HASH would
 * take the ports into account, and so part a fragment from its like and a flow from its controls.
 */
#include "fanout.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

/* Counted from the network header, wherever the link's ends: in frames that come in the program
 * sees the bytes after the link header, in those that go out the link header, too. */
#define NET(offset) ((uint32_t)SKF_NET_OFF + (offset))
/* 2^32 divided by the golden ratio: spreads sums that differ little (Knuth, vol. 3, 6.4). */
#define SPREAD 0x9e3779b1U

#define DO(code, k) BPF_STMT(code, k)
#define IF(test, k, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, k, yes, no)
#define LOAD(size, offset) DO(BPF_LD | (size) | BPF_IND, NET(offset))
/* M[1] += word at X, where M[0] is X. */
#define ADD_WORD(offset)                                                                           \
	LOAD(BPF_W, offset), DO(BPF_LDX | BPF_MEM, 1), DO(BPF_ALU | BPF_ADD | BPF_X, 0),           \
	    DO(BPF_ST, 1), DO(BPF_LDX | BPF_MEM, 0)
#define RETURN_SPREAD                                                                              \
	DO(BPF_ALU | BPF_MUL | BPF_K, SPREAD), DO(BPF_ALU | BPF_RSH | BPF_K, 16),                  \
	    DO(BPF_RET | BPF_A, 0)

/* Numbers are places in the program; X is where the IP header begins, from the network header. A
 * load beyond the frame returns 0. */
static struct sock_filter program[] = {
    DO(BPF_LDX | BPF_IMM, 0),
    DO(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
    IF(BPF_JEQ, ETH_P_IP, 10, 0),
    IF(BPF_JEQ, ETH_P_IPV6, 9, 0),
    IF(BPF_JEQ, ETH_P_8021Q, 3, 0),
    IF(BPF_JEQ, ETH_P_8021AD, 2, 0),
    IF(BPF_JEQ, ETH_P_PPP_SES, 5, 0),
    DO(BPF_RET | BPF_K, 0),
    /* 8: behind a tag: of what comes in the kernel has stripped the first, and a second is left; of
     * what goes out the network header is behind all */
    DO(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
    IF(BPF_JEQ, PACKET_OUTGOING, 3, 0),
    DO(BPF_LDX | BPF_IMM, 4),
    DO(BPF_JMP | BPF_JA, 1),
    /* 12: behind PPPoE (RFC 2516, 4) and PPP */
    DO(BPF_LDX | BPF_IMM, 8),
    /* 13: version */
    LOAD(BPF_B, 0),
    DO(BPF_ALU | BPF_AND | BPF_K, 0xf0),
    IF(BPF_JEQ, 0x40, 2, 0),
    IF(BPF_JEQ, 0x60, 31, 0),
    DO(BPF_RET | BPF_K, 0),
    /* 18: IPv4; is it an ICMP error? */
    DO(BPF_STX, 0),
    LOAD(BPF_B, 9),
    IF(BPF_JEQ, IPPROTO_ICMP, 0, 18),
    LOAD(BPF_H, 6),
    IF(BPF_JSET, 0x1fff, 16, 0),
    LOAD(BPF_B, 0),
    DO(BPF_ALU | BPF_AND | BPF_K, 0xf),
    DO(BPF_ALU | BPF_LSH | BPF_K, 2),
    DO(BPF_ALU | BPF_ADD | BPF_X, 0),
    DO(BPF_MISC | BPF_TAX, 0),
    LOAD(BPF_B, 0),
    IF(BPF_JEQ, ICMP_DEST_UNREACH, 5, 0),
    IF(BPF_JEQ, ICMP_SOURCE_QUENCH, 4, 0),
    IF(BPF_JEQ, ICMP_REDIRECT, 3, 0),
    IF(BPF_JEQ, ICMP_TIME_EXCEEDED, 2, 0),
    IF(BPF_JEQ, ICMP_PARAMETERPROB, 1, 0),
    DO(BPF_JMP | BPF_JA, 4),
    /* 35: it is: the packet that it is about begins after 8 bytes (RFC 792) */
    DO(BPF_MISC | BPF_TXA, 0),
    DO(BPF_ALU | BPF_ADD | BPF_K, 8),
    DO(BPF_MISC | BPF_TAX, 0),
    DO(BPF_STX, 0),
    /* 39: source and destination */
    DO(BPF_LDX | BPF_MEM, 0),
    LOAD(BPF_W, 16),
    DO(BPF_ST, 1),
    LOAD(BPF_W, 12),
    DO(BPF_LDX | BPF_MEM, 1),
    DO(BPF_ALU | BPF_ADD | BPF_X, 0),
    RETURN_SPREAD,
    /* 48: IPv6; errors have types below 128, and the packet after 8 bytes (RFC 4443, 2.1) */
    LOAD(BPF_B, 6),
    IF(BPF_JEQ, IPPROTO_ICMPV6, 0, 5),
    LOAD(BPF_B, 40),
    IF(BPF_JGE, ICMP6_INFOMSG_MASK, 3, 0),
    DO(BPF_MISC | BPF_TXA, 0),
    DO(BPF_ALU | BPF_ADD | BPF_K, 48),
    DO(BPF_MISC | BPF_TAX, 0),
    /* 55: the eight words of both addresses */
    DO(BPF_STX, 0),
    LOAD(BPF_W, 8),
    DO(BPF_ST, 1),
    ADD_WORD(12),
    ADD_WORD(16),
    ADD_WORD(20),
    ADD_WORD(24),
    ADD_WORD(28),
    ADD_WORD(32),
    ADD_WORD(36),
    DO(BPF_LD | BPF_MEM, 1),
    RETURN_SPREAD,
};

static int
rule(int fd)
{
	const struct sock_fprog p = {.len = sizeof program / sizeof *program, .filter = program};

	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &p, sizeof p) ? -errno : 0;
}

int
fanout_join(int fd, uint16_t *group)
{
	bool first = !*group;
	uint32_t flags = first ? PACKET_FANOUT_FLAG_UNIQUEID : 0;
	uint32_t wish = *group | (PACKET_FANOUT_CBPF | flags) << 16;
	socklen_t size = sizeof wish;

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &wish, sizeof wish))
		return -errno;
	if (!first)
		return 0;
	if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &wish, &size))
		return -errno;
	*group = (uint16_t)wish;
	return rule(fd);
}
