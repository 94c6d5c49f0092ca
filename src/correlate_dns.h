/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds suspicions about DNS answers against what else the capture shows. */
#pragma once

#include "correlate.h"

/* Does the resolver usually answer like this, and what do others say? */
void correlate_dns(const struct correlation *c, struct candidate *x);
