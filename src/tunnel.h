/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tunnels over IP and UDP. Each function stands at the first byte behind the outer IP or UDP
 * header. If a tunnel of a known kind begins there, it moves *w to what is inside and returns
 * true; otherwise it leaves *w alone: then the outer packet is what there is. */
#pragma once

#include "walk.h"

bool tunnel_over_ip(struct walk *w, uint8_t proto);
/* Whether the ports are worth a call of tunnel_over_udp(). */
bool tunnel_ports(uint16_t sport, uint16_t dport);
/* Ports alone never convict: 4789 is also an ephemeral port. Every field that the tunnel's
 * specification fixes must be right. */
bool tunnel_over_udp(struct walk *w, uint16_t sport, uint16_t dport);
