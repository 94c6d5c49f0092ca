/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole contract of a file in dissectors/: it exports one const struct dissector, and
 * includes this header and the C library, nothing more. */
#pragma once

#include "cursor.h"
#include "flow.h"
#include "resets.h"

enum carrier {
	PACKETS,   /* the kept packets of an abnormal flow, when it is judged */
	DATAGRAMS, /* UDP payloads, ICMP messages */
	STREAM,    /* TCP bytes in order */
};

enum guess { NO, MAYBE, YES };

struct dissector {
	const char *name;         /* "tls": the file, the prefix of its fields, the report's word */
	const char *title, *spec; /* "Transport Layer Security", "RFC 8446" */
	unsigned carriers;        /* bits: 1 << DATAGRAMS, 1 << STREAM, ... */
	const uint16_t *ports;    /* server ports, a hint only; 0-terminated; may be NULL */
	const uint8_t
	    *protocols; /* IP protocol numbers of its datagrams, 0-terminated; NULL: UDP */
	/* The report's word for it as a trigger, where its bytes give it away rather than a name
	 * that it says; NULL otherwise. */
	const char *trigger;
	/* Of datagrams: the fact of a request that a server must answer, and the one that says that
	 * the other end is no server but a peer, who may be gone. NULL: there are none. */
	const char *request, *peer;
	const struct field *fields; /* ends with {0}: every fact that it may note */
	size_t state_size;          /* of flow->state */
	size_t message_max; /* bytes buffered for one message before it is given up; 0: 16384 */
	/* Could a conversation begin like this? `first` is what one side said first, at least one
	 * byte. Pure. MAYBE: ask again with more bytes (at most 64), or believe the port. */
	enum guess (*probe)(struct bytes first, enum side from);
	/* Take one whole message and note() what it says; consume exactly it. If the message is
	 * SHORT its facts are rolled back and it is called again from the same byte when more has
	 * come: keep no half-parsed state. If it is BAD the core notes "<name>.malformed" and
	 * leaves this direction alone. It must consume or fail. */
	void (*message)(struct flow *f, enum side from, struct cursor *in);
	/* Carrier PACKETS only: look at the kept packets of an abnormal flow (flow_trace) and
	 * note() what they show; call flow_at() first for each. */
	void (*packets)(struct flow *f);
};

/* All of them, from the list in meson.build; NULL-terminated. */
extern const struct dissector *const dissectors[];

/* From inside packets(): what is noted from now on cites this packet. */
void flow_at(struct flow *f, const struct trace *t);
/* How the payload now being dissected travels; for protocols that frame differently on TCP. */
enum carrier flow_carrier(const struct flow *f);
/* Is this costly field asked for? If not, spare the work. */
bool flow_wants(const struct flow *f, const struct field *field);
/* Could a rule find anything in this text of a bulky field? A NUL stands behind the text. If not,
 * spare the memory. */
bool flow_wants_text(const struct flow *f, const struct field *field, struct bytes text);
/* From inside message(): no more of this side is wanted (the handshake is over, the rest is
 * encrypted, the body is long enough). Later bytes of that side cost nothing. */
void flow_enough(struct flow *f, enum side from);
/* From inside message(): another protocol takes over behind this message (CONNECT, STARTTLS),
 * in both directions. NULL: the probes decide which. The state goes at once. */
void flow_becomes(struct flow *f, const char *dissector);
/* From inside message(), of datagrams only: this is none of the protocol's, and so was what came
 * before it: what was noted is forgotten, and the probes are asked anew. */
void flow_disclaim(struct flow *f);
/* From inside message(), of datagrams only: n bytes for what one side says in several of them,
 * zeroed when first asked for, kept until flow_forget() or the end of the flow. */
void *flow_memory(struct flow *f, enum side from, size_t n);
void flow_forget(struct flow *f, enum side from);
/* From inside message(): skip n bytes of this side that follow the message unseen (a body). */
void flow_skip(struct flow *f, enum side from, uint64_t n);
/* Digests as lower-case hex, for the fingerprints that hash what they saw (JA3: MD5, JA4 and
 * certificates: SHA-256). n bytes of hex are written and a NUL. */
#define MD5_HEX 32
#define SHA256_HEX 64
void digest_md5(struct bytes b, char out[MD5_HEX + 1]);
void digest_sha256(struct bytes b, char out[SHA256_HEX + 1]);
