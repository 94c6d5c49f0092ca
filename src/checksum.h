/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Internet checksum, RFC 1071. */
#pragma once

#include "base.h"

/* Adds n bytes to a sum (0 to begin with). The sum is kept unfolded and in the machine's byte
 * order, which RFC 1071, 2 (B) allows. All pieces but the last must be of even length. */
uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n);
/* Whether a sum over everything, the checksum field included, is that of an intact message. */
bool checksum_holds(uint64_t sum);
