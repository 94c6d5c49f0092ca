/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What state a conversation is in, by its packets so far: what the flow table goes by. */
#pragma once

#include "flow.h"

/* What a conversation is doing; the flow table has a list of each. */
enum list { OPENING, OPEN, CLOSED, ENDED, DATAGRAM, SETTLED, NLISTS };

enum list flow_list(const struct flow *f);
/* Which side a packet from there is of. */
enum side flow_side(const struct flow *f, const struct addr *src, uint16_t sport);
/* SYNs without an answer are an attempt, not half a capture. */
bool flow_is_one_way(const struct flow *f);
/* Who opened it? The sender of a SYN, the receiver of a SYN+ACK; else whoever has no
 * well-known port; else whoever speaks first. */
bool opened_by_sender(const struct packet *pkt, bool *ret_guess);
/* A SYN with another sequence number on ports whose connection has carried data, or is over, is
 * a new connection (RFC 9293, 3.6.1); without data it is the same attempt, made again. */
bool flow_is_over_by(const struct flow *f, const struct packet *pkt);
