/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proxies that nobody asked for: something near that answers for one service of distant servers. */
#pragma once

#include "history.h"

/* How many servers answer on port 80 from much nearer than on port 443 (dossier 7.4); 0 if there is
 * one that does not. */
unsigned proxies_of_http(struct history *h);
