/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the packets of a flow to its dissector. */
#pragma once

#include "flow_table.h"
#include "reassemble.h"

/* What the reassembler is begun with. */
extern const struct stream_sink feed_sink;

/* Feeds a packet that that side sent. Returns whether the flow, a conversation of datagrams, has
 * noted about as much as is kept: it should be judged up to here. */
bool feed_packet(struct reassembler *r, struct flow *f, const struct packet *pkt, enum side from);
/* The capture is over, or the flow: what had been held back is what the client had to say. */
void feed_last(struct flow *f);
