/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames of running interfaces, through libpcap. */
#pragma once

#include <stdio.h>

#include "packet.h"

struct livecap;

struct livecap_options {
	const char *const *interfaces; /* "any" is all of them */
	size_t n;
	const char *filter; /* pcap-filter(7), or NULL */
	int snaplen;        /* bytes of each frame */
	int buffer;         /* bytes of the kernel's ring, for each interface */
	bool promiscuous;
	/* NULL, or for each interface the number of the group of sockets that share its frames; 0
	 * begins one, and becomes its number (fanout.h). */
	uint16_t *groups;
};

/* What the kernel counts, since the beginning. */
struct livecap_counts {
	uint64_t received, dropped; /* for want of room in the ring, or of us */
	uint64_t interface_dropped; /* by the interface or its driver */
};

/* Opens all interfaces. On failure returns a negative errno, -EPERM if it is for want of rights,
 * -EOPNOTSUPP if an interface cannot be shared, and one line in *ret_why, to be freed by the
 * caller.
 */
int livecap_open(const struct livecap_options *o, struct livecap **ret, char **ret_why);
void livecap_close(struct livecap *l); /* accepts NULL */
/* For the copy of a process that does not read it: closes what it has of it; the process itself
 * goes on. */
void livecap_leave(struct livecap *l);
/* Frames captured before that time are left out. */
void livecap_since(struct livecap *l, int64_t nsec);

/* Waits until there is something on an interface or on `other` (-1 for none), at most so long;
 * *ret_other says whether `other` has something. Signals end the wait. */
void livecap_wait(struct livecap *l, int other, int milliseconds, bool *ret_other);

/* Hands over what there is, interface after interface; the bytes are valid during the call. Returns
 * how many frames. */
size_t livecap_read(struct livecap *l,
		    void (*take)(void *context, size_t interface, struct frame *f), void *context);

void livecap_counts(struct livecap *l, size_t interface, struct livecap_counts *ret);
/* Why an interface brings nothing any more, or NULL; told once. To be freed by the caller. */
char *livecap_trouble(struct livecap *l);
/* Is there any interface left that may bring something? */
bool livecap_alive(const struct livecap *l);

/* Lists interfaces: name, whether it is up, addresses. Returns 0 or a negative errno with *ret_why.
 */
int livecap_list(FILE *out, char **ret_why);
