/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares out the frames of an interface among several sockets of packet(7), by unordered pairs of
 * addresses: both directions of a conversation, all ports and protocols between two hosts,
 * fragments, and ICMP errors about packets between them come to the same socket. */
#pragma once

#include "base.h"

/* Joins the socket, which is bound, to a group of its interface: group *group, or a new one if it
 * is 0, whose number is then put there. What is not IP goes to the first socket of the group.
 * Returns 0 or a negative errno: then the kernel does not share out what this socket receives. */
int fanout_join(int fd, uint16_t *group);
