/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation and everything that we noticed in it.
 *
 * Every packet leaves a record in the flow's trace: the first ones, the last ones, and whatever
 * was odd in between. The table is bounded, and its timers run in capture time. */
#pragma once

#include "fact.h"
#include "opening.h"
#include "packet.h"

/* What is kept of a packet. 56 bytes. */
struct trace {
	int64_t nsec;
	struct ref at;
	uint32_t seq, ack;
	uint32_t tsval, tsecr;
	uint32_t len; /* payload bytes on the wire */
	uint16_t ip_id, window;
	uint16_t options; /* enum tcp_option_bits; mss is kept in the half */
	uint16_t bits;    /* enum packet_bits */
	uint8_t flags, ttl, reserved, tos;
	uint32_t hash; /* of the payload, 0 if empty */
	uint16_t odd;  /* enum odd */
	uint8_t from;  /* enum side */
};

/* Why a record is kept, and what the flow table saw in the packet when it came. */
enum odd {
	ODD_RST = 1 << 0,
	ODD_FIN = 1 << 1,
	ODD_SYN = 1 << 2,
	ODD_RETRANSMISSION = 1 << 3, /* bytes that were seen before, same content as far as known */
	ODD_CONFLICT = 1 << 4,       /* bytes that were seen before with other content */
	ODD_DUPLICATE = 1 << 5,      /* the same packet captured twice (IP ID and all equal) */
	ODD_GAP = 1 << 6,            /* starts beyond what was seen: loss or reordering */
	ODD_TTL = 1 << 7,            /* TTL not seen from that side on ordinary packets before */
	ODD_AFTER_END = 1 << 8,      /* its side had sent RST or FIN, and it is no retransmission */
	ODD_ACK_UNSEEN = 1 << 9,     /* acknowledges bytes that are not in the capture */
	ODD_KEEPALIVE = 1 << 10,     /* length 0 or 1 at snd_una - 1 (RFC 9293, 3.8.4) */
	ODD_ICMP = 1 << 11, /* an ICMP error that quotes the flow; flags = type, reserved = code */
	ODD_PADDED = 1 << 12, /* Ethernet padding counted as payload */
	ODD_NO_TS = 1 << 13,  /* timestamps were agreed on and are missing */
	ODD_TURN = 1 << 14,   /* the first payload after the other side spoke */
};

/* One direction of a flow: what that side sent. */
struct half {
	uint64_t packets, bytes; /* bytes = payload */
	int64_t first, last;     /* 0 if it never sent */
	int64_t first_data, last_data;
	uint32_t isn;      /* sequence number of its SYN (or of the first byte - 1) */
	uint32_t next_seq; /* highest seq + len seen */
	uint32_t max_ack;  /* highest acknowledgement it sent */
	uint32_t retransmissions, gaps, duplicates, conflicts, unseen_acked;
	uint16_t resets, fins, syns;
	uint16_t last_ip_id, last_window;
	uint16_t mss;
	uint8_t ttl, ttl_min, ttl_max; /* first, extremes, of packets without RST */
	uint8_t wscale;
	uint8_t id_zero, id_step, id_jump; /* IP ID models, saturating counts (RFC 6864) */
	bool has_isn : 1;                  /* its SYN (or SYN+ACK) was seen, or can be inferred */
	bool syn_seen : 1;
	bool ts : 1; /* timestamps in its SYN */
	bool has_ack : 1;
	bool done : 1;       /* its stream is not wanted any more */
	uint32_t turn_bytes; /* payload since the other side last spoke */
	union {
		uint32_t end_seq; /* TCP: sequence number of its RST or FIN, if resets or fins */
		uint32_t turn_packets; /* others: packets since the other side last spoke */
	};
	uint32_t kept;  /* newest kept segment (kept.h), 0 if none */
	uint64_t shape; /* its first packets, a few bits each (shape.h) */
};

/* Two versions of the same bytes (or what fits of them, from the first difference on). */
#define CONFLICT_TEXT 64
struct conflict {
	struct ref first, second; /* the packets that brought them */
	int64_t nsec;             /* of the second */
	enum side from;
	uint32_t seq; /* of the first differing byte */
	uint8_t nfirst, nsecond;
	uint8_t first_bytes[CONFLICT_TEXT], second_bytes[CONFLICT_TEXT];
	struct conflict *next;
};

/* An ICMP error that quotes a packet of this flow (RFC 792, RFC 4443). */
struct icmp_error {
	struct ref at;
	int64_t nsec;
	struct addr sender;
	enum side quoted; /* who sent the quoted packet */
	uint8_t type, code, ttl, quoted_ttl, ip_version;
	uint16_t quoted_ip_id;
	uint32_t quoted_seq;
	uint32_t mtu;
	struct icmp_error *next;
};

struct dissector;
struct stream;
struct message_buffer;
struct packed;
struct rate;
struct decoys;

enum flow_bits {
	FLOW_ODD = 1 << 0,        /* something that a detector may want to look at */
	FLOW_MIDDLE = 1 << 1,     /* begins in the middle: no SYN seen */
	FLOW_SWAPPED = 1 << 2,    /* who is client was guessed (no SYN) */
	FLOW_CONTINUED = 1 << 3,  /* an earlier part of the same conversation was judged already */
	FLOW_TRACE_FULL = 1 << 4, /* odd packets were lost for want of room */
	FLOW_FACTS_FULL = 1 << 5,
	FLOW_EVICTED = 1 << 6,    /* judged early because the table was full */
	FLOW_REUSED = 1 << 7,     /* the ports were used before by another connection */
	FLOW_DUPLICATED = 1 << 8, /* ordinary packets were captured twice */
	FLOW_JUDGED = 1 << 9,     /* settled: judged, and its packets and facts forgotten */
	FLOW_DECOY = 1 << 10,    /* the packet at hand is a decoy, or may be: nobody reads it now */
	FLOW_HELD = 1 << 11,     /* packets are held back that may be decoys (decoy.h) */
	FLOW_AHEAD = 1 << 13,    /* other datagrams came ahead of the client's first words */
	FLOW_RELEASED = 1 << 12, /* those were none, and were noted; nobody has read them yet */
};

struct flow {
	/* What every packet looks at comes first, to lie in few cache lines. */
	struct flow *hash_next; /* flow table only, like hash, older, newer, queued and list */
	uint32_t hash;
	uint16_t port[2];
	struct addr addr[2]; /* [CLIENT], [SERVER] */
	uint32_t scope[2];   /* of either side's packets, as struct packet tells it */
	uint8_t proto, ip_version;
	uint16_t bits; /* enum flow_bits */
	uint8_t list, nconflicts, nicmp, weak;
	int64_t queued;
	int64_t last; /* time of the last packet */
	struct ref last_at;
	struct trace *trace; /* the first packets and the odd ones, in order */
	struct trace *tail;  /* ring of the last ones, all later than trace */
	uint16_t ntrace, trace_size, ntail, tail_at;
	struct stream *stream;
	struct rate *rate;        /* of a connection that loses packets (rate.h), or NULL */
	const struct packet *now; /* the packet being worked on, or NULL */
	struct half half[2];

	int64_t first; /* time of the first packet; from here on, not for every packet */
	struct ref first_at;
	const struct dissector *dissector; /* NULL until one claims the flow */
	uint64_t id;                       /* in order of first packet, from 1 */
	struct ref at;                     /* facts noted now cite this packet */
	int64_t at_nsec;                   /* its time */
	void *state;                       /* the dissector's own, zeroed */
	struct message_buffer *buffer[2];
	struct packed *packed; /* its facts in capture order, bounded: packed.c */
	struct fact *facts;    /* the same once it is judged: facts_unpack() */
	uint16_t nfacts, facts_size;
	uint32_t messages;              /* messages dissected so far */
	uint64_t noted;                 /* of which fields there may be facts: note.c */
	uint32_t judged;                /* messages <= this were judged before (FLOW_CONTINUED) */
	struct opening opening;         /* of a TCP client */
	struct conflict *conflicts;     /* at most FLOW_NOTES_MAX, in order */
	struct icmp_error *icmp_errors; /* likewise */
	struct decoys *decoys;          /* of the client's (decoy.h), or NULL */
	struct arena *arena;            /* owns facts' text and the two lists */
	struct flow *older, *newer;
};

/* --- notes: how dissectors tell facts. The side is who sent the message. --- */
void note(struct flow *f, enum side from, const struct field *field);
void note_uint(struct flow *f, enum side from, const struct field *field, uint64_t u);
void note_text(struct flow *f, enum side from, const struct field *field, struct bytes t);
void note_string(struct flow *f, enum side from, const struct field *field, const char *s);
void note_addr(struct flow *f, enum side from, const struct field *field, const struct addr *a);

/* --- questions about a flow --- */
/* The i-th kept packet in capture order; i < flow_trace_count(). */
size_t flow_trace_count(const struct flow *f);
const struct trace *flow_trace(const struct flow *f, size_t i);
/* The declared field of that name, or NULL; fast for literals. */
const struct field *field_named(const char *name);
/* First fact of that name from that side at or after *i; advances *i past it; NULL at the end. */
const struct fact *flow_fact(const struct flow *f, const char *name, enum side from, size_t *i);
/* The first fact of that name from either side, or NULL. */
const struct fact *flow_first(const struct flow *f, const char *name);
/* Sequence arithmetic, RFC 9293 3.4: a < b, modulo 2^32. */
static inline bool
seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}
