/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far away the forger sits: RFC 791, 3.2 (each router lowers the TTL by one), and the way in
 * which CenTrace tells distances (Sundara Raman et al., CoNEXT 2022). */
#pragma once

#include "look.h"

/* Tells a finding how many hops lie between its injector and one end, where that can be told. */
void injector_tell(struct finding *finding, const struct look *l);
