/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crypto-PAn: addresses that share n bits at their beginning share n bits when they are disguised,
 * and no more. Xu, Fan, Ammar, Moon, Prefix-Preserving IP Address Anonymization, ICNP 2002. */
#pragma once

#include "base.h"

#define CRYPTOPAN_KEY 32 /* a key of AES-128, and what the padding is made of */

struct cryptopan;

struct cryptopan *cryptopan_new(const uint8_t key[CRYPTOPAN_KEY]);
void cryptopan_free(struct cryptopan *c); /* accepts NULL */
/* Disguises an address of `bits` (8 to 128, whole bytes) in place. Its first `fixed` bits stay as
 * they are; the others become what they would be without that. */
void cryptopan(const struct cryptopan *c, uint8_t *address, unsigned bits, unsigned fixed);
