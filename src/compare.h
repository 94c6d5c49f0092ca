/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two captures of the same traffic, one at each end: what left one end and did not arrive at the
 * other, what arrived and was never sent, and what was changed on the way. */
#pragma once

#include "capture.h"
#include "report.h"

#include <netinet/in.h>

enum end { NEAR, FAR, NENDS }; /* the client's capture, the server's */

static inline enum end
other_end(enum end e)
{
	return e == NEAR ? FAR : NEAR;
}

/* What became of a packet that the other capture lacks, or where it is there. */
enum packet_fate {
	FATE_OPEN,        /* not judged yet */
	FATE_ARRIVED,     /* the other capture has it */
	FATE_REGROUPED,   /* its bytes are there in other segments (offload, a proxy) */
	FATE_PART,        /* sent as one large frame, of which the other capture has a part */
	FATE_OUTSIDE,     /* the other capture had not begun, or had ended */
	FATE_UNCAPTURED,  /* it was there, as what follows proves; the other capture missed it */
	FATE_IDLE,        /* sent after so long a silence that a NAT may have forgotten the flow */
	FATE_DUPLICATE,   /* received once more than it was sent */
	FATE_EXPIRED,     /* sent with a TTL too low for the way */
	FATE_LOST,        /* sent and not received; nothing says that it was not chance */
	FATE_DROPPED,     /* sent and swallowed: part of a finding */
	FATE_FORGED,      /* received and never sent: part of a finding */
	FATE_UNEXPLAINED, /* received; whether it was sent cannot be told */
	NFATES_OF_PACKETS
};
extern const char *const packet_fate_words[NFATES_OF_PACKETS];

/* What is kept of a packet. */
struct pair_packet {
	int64_t nsec;
	struct ref at;
	uint32_t flow, mate;  /* index of its flow; 1 + index in the other end's packets, or 0 */
	uint32_t seq, ack;    /* of TCP, as they would be at the far end (numbers may be shifted) */
	uint32_t tsval, len;  /* bytes of payload on the wire */
	uint32_t held;        /* of them, at `bytes` */
	const uint8_t *bytes; /* NULL if there was no room for them; owned by the end */
	uint64_t head, body; /* hashes of the first PAIR_HEAD bytes, and of all that was captured */
	uint16_t ip_id, window, options, bits, mss, captured; /* captured: bytes, 65535 at most */
	uint8_t flags, ttl, tos, wscale;
	uint8_t from; /* 0: who opened the flow */
	uint8_t fate; /* enum packet_fate */
	uint8_t proto, ip_version;
};

#define PAIR_HEAD                                                                                  \
	24 /* fits what a snap length of 68 leaves of a datagram, tcpdump's old default            \
	    */

struct pair_flow {
	struct addr addr[2]; /* [0] opened it */
	uint16_t port[2];
	uint8_t proto;
	bool syn;          /* who opened it is known */
	uint32_t first, n; /* its packets are list[first .. first + n) of the end */
	uint32_t mate;     /* 1 + index in the other end's flows, or 0 */
	uint32_t shift[2]; /* what is added to the numbers of each sender on the way */
	int hops[2];       /* by which each sender's TTLs fall on the way; may be negative */
	bool hops_known[2];
	bool proxied; /* somebody speaks to each end in the other's name */
	bool flipped; /* the flow was opened at the far end */
};

struct pair_error { /* an ICMP error about a packet of a flow (RFC 792, RFC 4443) */
	int64_t nsec;
	struct ref at;
	struct addr sender;
	struct addr src, dst; /* of the quoted packet */
	uint16_t sport, dport, ip_id;
	uint32_t seq;
	uint8_t proto, type, code, ttl, ip_version;
};

struct pair_end {
	struct capture *capture;
	struct pair_packet *packets; /* in the order of the files */
	size_t npackets, size;
	uint32_t *list; /* their indices, flow by flow */
	struct pair_flow *flows;
	size_t nflows;
	struct pair_error *errors;
	size_t nerrors;
	int64_t first, last;      /* time of what was read */
	uint64_t others, doubled; /* frames of other protocols; frames captured twice */
	uint64_t unkept;          /* frames for which there was no room */
	uint64_t bytes_kept;
	bool bytes_full;
	struct arena *arena;
};

/* The far clock minus the near clock: offset + drift * (t - at), t and at by the near clock. */
struct pair_clock {
	bool known;   /* packets that both captures have went both ways */
	bool one_way; /* they went one way only: offset is what fits a way of no length */
	int64_t at;
	double offset, drift;             /* nanoseconds; a fraction */
	double offset_error, drift_error; /* likewise; half the width of what is possible */
	bool drift_known;
	bool loose;       /* an end may have several clocks, or the offset is not known */
	int64_t least[2]; /* least time on the way, to the far end and back, by that clock */
	int64_t usual[2], most[2]; /* the median, and the longest */
	size_t n[2];               /* packets that it was told from */
};

/* Counted in each direction: [NEAR] what was sent at the near end. */
struct pair_counts {
	uint64_t sent, arrived; /* while both captures ran */
	uint64_t received;
	uint64_t fates[NFATES_OF_PACKETS]; /* of those without a mate, as sender or receiver */
	uint64_t odd_ttl;                  /* arrived with another TTL than most of their flow */
	uint64_t unsent; /* received, evidently sent, and not in the sender's capture */
};

/* One field that differs between the two captures of the same packets. */
struct pair_change {
	const char *field; /* "ip.ttl" */
	const char *kind;  /* hops, translation, rewriting, content */
	uint32_t flow;     /* of the near end */
	enum end sender;
	uint64_t n, of;            /* packets that differ so, of those that both captures have */
	struct ref sent, received; /* the first of them */
	char *before, *after;      /* in the arena */
	long offset;               /* of the first byte of payload that differs, or -1 */
};

struct pair_anchor { /* a packet that no other looks like, in both captures */
	uint32_t at[NENDS];
};

struct comparison {
	struct pair_end ends[NENDS];
	struct pair_anchor *anchors;
	size_t nanchors;
	size_t empty; /* far flows of no packets, for near ones of which nothing arrived */
	struct pair_clock clock;
	int64_t from, to; /* when both captures ran, by the near clock; from > to: never */
	struct pair_counts counts[NENDS];
	struct pair_change *changes;
	size_t nchanges;
	struct arena *arena;
	struct report report; /* the near captures, then the far ones; findings; limits */
	struct pair_names *names;
	const char **limits;
};

/* --- compare_read.c --- */
/* Reads the files of one end; numbers its captures from first_capture on. Returns 0, or a negative
 * errno and a line in *ret_why, to be freed by the caller. */
int pair_read(struct pair_end *e, const char *const *files, size_t n, uint16_t first_capture,
	      char **ret_why);
void pair_end_free(struct pair_end *e);

/* --- compare_flows.c --- */
/* Which flows are the same: by what no translation of addresses changes. */
void pair_flows(struct comparison *c);

/* --- compare_clock.c --- */
struct clock_sample { /* one packet that both captures have; nanoseconds */
	int64_t near, far;
	enum end sender;
};
/* From any number of samples in any order. */
void clock_estimate(const struct clock_sample *v, size_t n, struct pair_clock *ret);
void pair_clock(struct comparison *c);
/* A time of the far clock by the near one, and back. */
int64_t clock_near(const struct pair_clock *k, int64_t far);
int64_t clock_far(const struct pair_clock *k, int64_t near);
/* How long a packet was on the way, by that clock. */
int64_t clock_delay(const struct pair_clock *k, enum end sender, int64_t sent, int64_t received);

/* --- compare_packets.c --- */
/* Which packets are the same, in flows that are. */
void pair_packets(struct comparison *c);
/* Have both the same payload, as far as both captures hold it? *ret_at: the first byte that
 * differs, or -1. */
bool pair_same_bytes(const struct pair_packet *a, const struct pair_packet *b, long *ret_at);

/* --- compare_fates.c --- */
/* What became of the others, as far as the packets themselves tell. */
void pair_fates(struct comparison *c);
/* Who sent it: the end whose packet leaves there. */
enum end pair_sender(const struct comparison *c, enum end e, const struct pair_packet *p);

/* --- compare_forged.c, compare_dropped.c, compare_rest.c, compare_changes.c --- */
void pair_forged(struct comparison *c);
void pair_dropped(struct comparison *c);
/* After these: what else never got through of the flows that findings are about. */
void pair_rest(struct comparison *c);
void pair_changes(struct comparison *c);

/* --- compare_names.c --- */
/* What clients asked for, told by an analysis of the near captures. Returns 0 or like pair_read. */
int pair_names_read(struct comparison *c, const char *const *files, size_t n, char **ret_why);
struct pair_name {
	struct flow_name flow;
	char *name;
	enum trigger_kind said;
	struct ref said_at;
	int64_t said_nsec;
	struct pair_name *next;
};
/* Of a flow of the near end, and the time of its packet; NULL if it asked for nothing. */
const struct pair_name *pair_name(const struct comparison *c, const struct pair_flow *f,
				  int64_t nsec);
void pair_names_free(struct comparison *c);

/* --- compare.c --- */
struct compare_options {
	const char *const *files[NENDS];
	size_t nfiles[NENDS];
	bool nameless; /* do not ask what flows were for; for tests */
};
/* Returns 0, or a negative errno and a line in *ret_why, to be freed by the caller. */
int compare(const struct compare_options *o, struct comparison **ret, char **ret_why);
void comparison_free(struct comparison *c); /* accepts NULL */
void compare_limit(struct comparison *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A finding of a flow, added to the report; its flow is named as the near end sees it. */
struct finding *compare_finding(struct comparison *c, uint32_t near_flow, enum mechanism m,
				int64_t nsec);

/* --- compare_text.c, compare_json.c --- */
int compare_text(struct comparison *c, const struct report_style *style, FILE *out);
int compare_json(struct comparison *c, const struct report_style *style, FILE *out);
