/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP datagrams put together from fragments, each of which is to be found again: which datagram a
 * fragment belongs to is known from the first one on. */
#pragma once

#include "base.h"

/* Fragments of so many datagrams are held at once; a host keeps some hundred KB (RFC 815), and what
 * is older is never whole again. */
#define PIECES_OPEN 64

struct piece {
	struct addr src, dst;
	uint32_t scope, id;
	uint8_t proto;
	uint32_t offset;
	bool more;
	struct bytes b;
};

struct pieces;

struct pieces *pieces_new(void);
void pieces_free(struct pieces *p); /* accepts NULL */
/* Takes a fragment; returns its datagram's number, from 0. If that is whole now, *ret_whole is its
 * bytes until the next call, else empty. */
uint32_t pieces_take(struct pieces *p, const struct piece *piece, struct bytes *ret_whole);
