/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Community ID v1, seed 0: the name of a flow that Zeek, Suricata, Wireshark and others share. */
#pragma once

#include "base.h"

#define COMMUNITY_ID_MAX 40 /* "1:" and 28 characters of base64, with room */

/* Either end may be given first. For ICMP and ICMPv6 port[CLIENT] is the type and port[SERVER]
 * the code of a message from addr[CLIENT]; protocols without ports ignore them. Returns out. */
const char *community_id(uint8_t proto, const struct addr addr[2], const uint16_t port[2],
			 char out[COMMUNITY_ID_MAX]);
