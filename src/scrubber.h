/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of a payload when it is fit to be shared. Nothing stays but what a protocol's own
 * scrubber puts back: what nobody understands is overwritten. */
#pragma once

#include "cursor.h"
#include "disguise.h"

/* A payload, or one side's stream, and what becomes of it. `out` begins as filling. */
struct scrub {
	struct disguise *disguise;
	const uint8_t *in;
	uint8_t *out;
	size_t n;
	/* If not NULL, in[i] is told at out[where[i]]: a message gathered from pieces. */
	const uint32_t *where;
	enum side from;
	bool concerned; /* a finding is about this conversation: its content is evidence */
	bool named;     /* what it asks for is shown, so that certificates may be */
	bool datagram;
	uint16_t ports[2];
	struct scrub_quic *quic; /* what was learnt of the conversation, or NULL */
};

/* Text that is recognised as filling by whoever looks at the bytes; of the byte at that offset. */
static inline uint8_t
scrub_filling(uint64_t offset)
{
	return (uint8_t) "redacted"[offset % 8];
}

void scrub_fill(uint8_t *out, uint64_t offset, size_t n);
/* Each keeps to the payload, whatever it is asked for. */
void scrub_keep(struct scrub *s, size_t at, size_t n);
void scrub_put(struct scrub *s, size_t at, const uint8_t *p, size_t n);
void scrub_set(struct scrub *s, size_t at, uint8_t byte, size_t n);
/* A name as text, perhaps with a port behind it, or an address; as it may be shown. */
void scrub_name(struct scrub *s, size_t at, size_t n);
/* Text that is evidence: addresses in it are disguised, all else stays. */
void scrub_text(struct scrub *s, size_t at, size_t n);
void scrub_v4(struct scrub *s, size_t at);
void scrub_v6(struct scrub *s, size_t at);
/* An address as text, of n bytes, disguised; digits that have no room are left out. */
void scrub_address(struct scrub *s, size_t at, size_t n);
/* Where a view of in stands. */
static inline size_t
scrub_at(const struct scrub *s, const uint8_t *p)
{
	return (size_t)(p - s->in);
}

/* --- by protocol; each of a whole message or stream --- */
void scrub_dns(struct scrub *s);
void scrub_dns_stream(struct scrub *s);
void scrub_http(struct scrub *s);
void scrub_tls(struct scrub *s);
void scrub_dtls(struct scrub *s);
void scrub_stun(struct scrub *s);
/* Addresses that a server saw its clients come from become clients'. */
void scrub_stun_learn(struct disguise *d, struct bytes datagram);
/* Hellos lie in several datagrams: all are learnt from before the first is scrubbed. */
struct scrub_quic;
void scrub_quic_learn(struct scrub_quic **quic, const struct scrub *s);
void scrub_quic_free(struct scrub_quic *quic); /* accepts NULL */
void scrub_quic(struct scrub *s);
/* The body of a ClientHello or ServerHello, of c's end; headers are the caller's. */
void scrub_client_hello(struct scrub *s, struct cursor *c, bool cookie);
void scrub_server_hello(struct scrub *s, struct cursor *c);
/* Of SMTP, IMAP and POP3; returns where TLS begins, or the end. */
size_t scrub_mail(struct scrub *s);
/* All the others, by their dissector's name; NULL for what nobody knows. */
void scrub_stream(struct scrub *s, const char *protocol);
void scrub_datagram(struct scrub *s, const char *protocol);
/* A first payload that nobody knows: other bytes, as many bits and as printable, so that a filter
 * of traffic that looks like nothing would take it for the same (opening.h). */
void scrub_opening(struct scrub *s, size_t n);
