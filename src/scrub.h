/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the clients out of documents that are to be published, as OONI does: "[scrubbed]". */
#pragma once

#include <jansson.h>

/* Of a tree of JSON that was made here: addresses in members "client" and wherever they stand in
 * texts, ports of clients, and Community IDs, by which an address can be found. */
void scrub_clients(json_t *root);
