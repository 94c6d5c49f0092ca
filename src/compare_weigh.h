/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sure a comparison is: log-odds by what was counted in the two captures themselves. */
#pragma once

#include "compare.h"

/* Log-odds that a packet which its alleged sender's capture lacks was forged, by that alone: one
 * of n against Laplace's rate of those that the capture misses. Never above 0. */
double compare_absent(const struct comparison *c, enum end sender);
/* Sets f->confidence from its evidence, as it stands. */
void compare_weigh(struct finding *f);
/* How far the flow had got at one end when this packet of it came. */
enum stage compare_stage(const struct comparison *c, const struct pair_flow *f, enum end e,
			 const struct pair_packet *at);
/* For each flow the group of those to the same address, port and protocol, by the number of one of
 * them; to be freed by the caller. */
uint32_t *compare_groups(const struct pair_end *e);
