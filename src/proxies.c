/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transparent proxies: the handshake of a server's port 80 takes less than half of what that of its
 * port 443 takes, for one server after the other. */
#include "proxies.h"

#include <netinet/in.h>

#define HTTP 80
#define HTTPS 443
/* One may be an accident of routing. */
#define SERVERS_LEAST 2

unsigned
proxies_of_http(struct history *h)
{
	size_t n, to;
	const struct episode *all = history_episodes(h, &n);
	unsigned nearer = 0, alike = 0;

	for (size_t from = 0; from < n; from = to) {
		int64_t fastest[2] = {0, 0}; /* of port 80, of port 443 */

		for (to = from; to < n && addr_equal(&all[to].server, &all[from].server); to++) {
			const struct episode *e = &all[to];
			int64_t *f = &fastest[e->port == HTTPS];

			if (e->proto == IPPROTO_TCP && e->rtt && e->outcome == OUTCOME_OK &&
			    (e->port == HTTP || e->port == HTTPS) && (!*f || e->rtt < *f))
				*f = e->rtt;
		}
		if (!fastest[0] || !fastest[1])
			continue;
		if (much_sooner(fastest[0], fastest[1]))
			nearer++;
		else
			alike++;
	}
	return nearer >= SERVERS_LEAST && !alike ? nearer : 0;
}
