/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first 64 bytes of Telegram's obfuscated transport carry the key that they are encrypted
 * with. */
#pragma once

#include "base.h"

#define OBFUSCATED2_LENGTH 64

/* Decrypts the last eight bytes of a hello: the tag of the transport inside (4), the data centre
 * (2, little-endian, signed), two more. */
void obfuscated2_open(const uint8_t hello[OBFUSCATED2_LENGTH], uint8_t ret_tail[8]);
