/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP, UDP and ICMP headers. Each function stands at the first byte of the header, fills its
 * part of *pkt and moves *w to the payload. They return false if the header does not hold or is
 * not there as a whole (of TCP, the options may be missing). `all`: verify checksums of payloads
 * of any length; otherwise of short ones. */
#pragma once

#include "packet.h"
#include "walk.h"

bool transport_tcp(struct walk *w, struct packet *pkt, bool all);
bool transport_udp(struct walk *w, struct packet *pkt, bool all);
bool transport_icmp(struct walk *w, struct packet *pkt, bool all);
