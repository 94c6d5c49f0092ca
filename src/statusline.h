/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How watching goes: on a terminal a line that is drawn anew, on request a line of its own. */
#pragma once

#include "base.h"

/* Since the beginning, but for what is open. */
struct live_state {
	uint64_t frames, dropped, findings, open_flows;
};

struct statusline {
	bool drawn;      /* at all: standard error is a terminal */
	int64_t nsec;    /* when it was drawn last, by the steady clock */
	uint64_t frames; /* there were by then */
};

void state_tell(const struct live_state *s, void (*tell)(const char *fmt, ...));
/* Draws it, if a second has gone since the last time. */
void statusline_draw(struct statusline *l, const struct live_state *s);
/* Makes way for another line. */
void statusline_clear(const struct statusline *l);

int64_t clock_steady(void); /* nanoseconds since some time */
int64_t clock_wall(void);   /* nanoseconds since 1970 */
