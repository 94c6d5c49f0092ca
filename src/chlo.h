/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hello of Google's QUIC, as far as the name goes: Langley and Chang, QUIC Crypto, 2016. */
#pragma once

#include "cursor.h"

/* The server name in the CHLO that begins somewhere near the start of b; empty if there is none. */
struct bytes chlo_name(struct bytes b);
/* Is that a packet up to Q043 that tells its version? It stands at CHLO_VERSION_AT. */
#define CHLO_VERSION_AT 9
bool chlo_is_google(struct bytes b);
