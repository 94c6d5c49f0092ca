/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Link layers: one header a step, until IP begins or the frame turns out to carry none. */
#pragma once

#include "walk.h"

/* Reads the header that w->layer names (one before LAYER_IP) and sets w->layer to what follows. */
void link_step(struct walk *w);

/* linktype.c: LAYER_LINK of any type but Ethernet. */
void linktype_step(struct walk *w);

/* wireless.c: IEEE 802.11, and what capture programs put before it. */
void wireless_radiotap(struct walk *w);
void wireless_prism(struct walk *w);
void wireless_avs(struct walk *w);
void wireless_step(struct walk *w); /* LAYER_WIRELESS */
