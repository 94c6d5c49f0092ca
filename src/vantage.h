/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where was a capture taken: near the client, near the server, or between? */
#pragma once

#include "look.h"

struct vantage_votes {
	uint64_t client, server, path;
};

void vantage_vote(struct vantage_votes *v, const struct look *l);
enum vantage vantage_told(const struct vantage_votes *v);
