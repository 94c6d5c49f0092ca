/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame as it was captured, and a packet as it was understood. */
#pragma once

#include "base.h"

/* One captured frame. The bytes stay valid until the next capture_next(). */
struct frame {
	const uint8_t *data;
	int64_t nsec;       /* capture clock; never negative in practice, but not trusted to grow */
	uint32_t caplen;    /* bytes at data */
	uint32_t len;       /* bytes on the wire, by the file's word */
	uint32_t number;    /* as Wireshark numbers it: from 1, in its own file */
	uint16_t capture;   /* index of the file among the inputs */
	uint16_t interface; /* pcapng interface, 0 otherwise */
	int link_type;      /* LINKTYPE_ value as in the file (tcpdump.org/linktypes.html) */
};

enum packet_bits {
	PKT_CUT = 1 << 0,           /* the capture lacks the packet's tail (snaplen) */
	PKT_DF = 1 << 1,            /* IPv4 Don't Fragment */
	PKT_BAD_IP_SUM = 1 << 2,    /* IPv4 header checksum is wrong and not zero */
	PKT_BAD_SUM = 1 << 3,       /* TCP, UDP or ICMP checksum is wrong */
	PKT_SUM_UNCHECKED = 1 << 4, /* could not be checked: cut, fragment, UDP zero */
	PKT_REASSEMBLED =
	    1 << 5,             /* put together from IP fragments; the frame is the last of them */
	PKT_TUNNELED = 1 << 6,  /* this is the inside of a tunnel */
	PKT_NO_LENGTH = 1 << 7, /* IP total length 0: taken from the frame (offload) */
	PKT_PADDED = 1 << 8,    /* payload is <= 6 zero bytes at the end of a minimum-size frame */
	PKT_EVIL = 1 << 9,      /* IPv4 reserved flag set (RFC 791, 3.1) */
	PKT_PARTIAL_SUM = 1 << 10, /* PKT_BAD_SUM, as the network card has yet to complete it */
};

enum tcp_flag { /* RFC 9293, 3.1; the low byte of the flags */
		TH_FIN_ = 0x01,
		TH_SYN_ = 0x02,
		TH_RST_ = 0x04,
		TH_PSH_ = 0x08,
		TH_ACK_ = 0x10,
		TH_URG_ = 0x20,
		TH_ECE_ = 0x40,
		TH_CWR_ = 0x80,
};

enum tcp_option_bits {
	OPT_ANY = 1 << 0, /* the header is longer than 20 bytes */
	OPT_MSS = 1 << 1,
	OPT_WSCALE = 1 << 2,
	OPT_SACK_OK = 1 << 3,
	OPT_SACK = 1 << 4,
	OPT_TS = 1 << 5,
	OPT_TFO = 1 << 6,
	OPT_MPTCP = 1 << 7,
	OPT_BAD = 1 << 8, /* an option's length does not hold */
	OPT_MD5 = 1 << 9, /* a signature (RFC 2385) */
};

/* The packet that an ICMP error quotes (RFC 792, RFC 4443). */
struct quote {
	struct addr src, dst;
	uint16_t sport, dport; /* 0 if the quote is too short */
	uint32_t seq;          /* TCP only, 0 if too short */
	uint16_t ip_id;
	uint8_t proto, ttl;
	bool present;
};

/* One decoded packet: the innermost IP packet of its frame. Views point into the frame or into
 * the decoder's reassembly buffer, and stay valid until the next decode(). */
struct packet {
	int64_t nsec;
	uint32_t number;
	uint16_t capture;
	uint16_t mss;
	/* In the order of struct trace, so that the compiler copies words. */
	uint32_t seq, ack;     /* TCP */
	uint32_t tsval, tsecr; /* TCP timestamps, if OPT_TS */
	uint32_t payload_len;  /* what the IP header says was sent; >= payload.n */
	uint16_t ip_id;        /* IPv4 only */
	uint16_t window;
	uint16_t options;     /* enum tcp_option_bits */
	uint16_t bits;        /* enum packet_bits */
	uint8_t flags;        /* enum tcp_flag */
	uint8_t ttl;          /* TTL or hop limit */
	uint8_t reserved;     /* the four bits before CWR: three reserved ones and AE */
	uint8_t tos;          /* DSCP and ECN */
	struct bytes payload; /* above TCP, UDP or ICMP; what the capture holds of it */
	struct addr src, dst;
	uint32_t ends;         /* flow table only: hash of the two ends; 0 if not known yet */
	uint32_t scope;        /* hash of VLAN ids and tunnel headers; 0 for plain traffic */
	uint16_t sport, dport; /* ICMP: 0 */
	uint16_t urgent;
	uint16_t option_len; /* bytes of TCP options */
	uint8_t ip_version;  /* 4 or 6 */
	uint8_t proto;       /* IPPROTO_ value of the innermost header */
	uint8_t wscale;
	uint8_t icmp_type, icmp_code;
	uint32_t icmp_word; /* second 32-bit word: MTU, id and sequence */
	struct quote quote;
};
