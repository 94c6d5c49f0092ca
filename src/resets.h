/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no true end does with a reset: the detectors of Weaver, Sommer and Paxson, Detecting Forged
 * TCP Reset Packets, NDSS 2009, on one kept packet each. An injector that is no part of the path
 * comes too late, and its numbers are old; or too early, and the truth follows; or it guesses.
 *
 * All of them prefer to miss. i counts kept packets: flow_trace(f, i). */
#pragma once

#include "flow.h"

/* A packet may overtake others by this on its way, or by a tenth of the round trip (the dossier's
 * guard for reordering). */
#define REORDER_NSEC (3 * NSEC_PER_MSEC)

/* DATA_SEQ_RST: its number lies below what its side had sent before. */
bool reset_is_stale(const struct flow *f, size_t i);
/* RST_SEQ_CHANGE: back to back with another one, its number is higher than that one's, and than
 * all that was ever sent. */
bool reset_guesses_seq(const struct flow *f, size_t i);
/* RST_ACK_CHANGE: back to back with another one of the same number, it confirms something else,
 * which is no end of what the other side sent. */
bool reset_guesses_ack(const struct flow *f, size_t i);
/* It was sent before in the same words, long enough for a timer, and nobody had asked: data are
 * repeated so, and whoever turns data into resets on the way. */
bool reset_is_repeated(const struct flow *f, size_t i);
/* RST_SEQ_DATA: packet i brings new data at or beyond the number of an earlier reset of its side.
 */
bool data_deny_reset(const struct flow *f, size_t i);
/* SYN/RST: packet i is the SYN+ACK of a side that had refused the same SYN. */
bool syn_ack_denies_reset(const struct flow *f, size_t i);
/* SYN_ACK_SEQ: packet i is a SYN+ACK that names another number than an earlier one for that SYN. */
bool syn_ack_differs(const struct flow *f, size_t i);
/* Its timestamp is not of its side's clock (RFC 7323, 5.4: a sender's clock never runs back, and
 * ticks between once a second and once a millisecond; Linux has one of microseconds, too). */
bool clock_is_wrong(const struct flow *f, size_t i);
