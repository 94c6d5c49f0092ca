/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a frame to the innermost IP packet: link layers, tunnels, fragments, transport headers. */
#pragma once

#include "packet.h"

struct decoder;
struct defrag; /* reassemble.h */

enum decoded {
	DECODED,          /* *ret holds TCP, UDP, ICMP or another IP protocol */
	DECODED_FRAGMENT, /* an IP fragment, kept for later */
	DECODED_NO_IP,    /* ARP, LLDP, a management frame, ... */
	DECODED_BAD,      /* headers that do not hold, or cut before the transport header */
	DECODED_LINK,     /* a link type that this program does not read */
};

struct decode_counts {
	uint64_t frames, no_ip, bad, unknown_link, fragments, reassembled, tunneled;
	uint64_t tcp, udp, icmp, other;
	uint64_t bad_ip_sum, bad_sum, cut;
	uint64_t superframes; /* TCP payloads larger than the path can carry: offload */
};

struct decoder *decoder_new(struct defrag *defrag);
/* Verify the checksums of long TCP and UDP payloads too; otherwise those get PKT_SUM_UNCHECKED,
 * since they cost more than all the rest. False at first. */
void decoder_want_sums(struct decoder *d, bool all);
enum decoded decode(struct decoder *d, const struct frame *f, struct packet *ret);
const struct decode_counts *decode_counts(const struct decoder *d);
void decoder_free(struct decoder *d); /* accepts NULL; does not free the defrag */
