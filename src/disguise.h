/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in for what people would be known by: addresses, hardware addresses, names, numbers
 * of networks. One key makes one disguise, the same everywhere and in every file. */
#pragma once

#include "cryptopan.h"

struct disguise;

#define MAC_LENGTH 6
/* RFC 1035, 2.3.4 */
#define DISGUISE_NAME_MAX 255

enum disguised { /* what is counted */
		 DISGUISED_ADDRESSES,
		 DISGUISED_MACS,
		 DISGUISED_NAMES,
		 DISGUISED_NETWORKS,
		 NDISGUISED
};

/* key NULL: a random one, which nobody ever learns. */
struct disguise *disguise_new(const uint8_t key[CRYPTOPAN_KEY]);
void disguise_free(struct disguise *d); /* accepts NULL */

/* Addresses are disguised unless they were told to be kept; a client's always are. */
void disguise_client(struct disguise *d, const struct addr *a);
void disguise_keep(struct disguise *d, const struct addr *a);
bool disguise_is_client(const struct disguise *d, const struct addr *a);
/* Whether the address is of the Internet, and not of somebody's own network. */
bool disguise_is_global(const struct addr *a);
/* Any address as it shall be shown. Multicast, loopback and such stay; private ones stay private,
 * the others global; an IPv4 address inside of an IPv6 address (RFC 6052, RFC 3056, RFC 4380,
 * RFC 5214) is disguised as it is alone. */
struct addr disguise_addr(struct disguise *d, const struct addr *a);
/* The same, whatever was told to be kept. */
struct addr disguise_any(struct disguise *d, const struct addr *a);
/* In place, as on the wire. */
void disguise_v4(struct disguise *d, uint8_t b[4]);
void disguise_v6(struct disguise *d, uint8_t b[16]);

/* In place. Group addresses stay, but for what they hold of an IPv6 address. */
void disguise_mac(struct disguise *d, uint8_t mac[MAC_LENGTH]);
/* A VLAN's id, 1 to 4094, or a session's: 0 stays. */
uint16_t disguise_network(struct disguise *d, uint16_t id, uint16_t most);

/* A name that is kept with all that it ends on; with `below`, also all names that end on it. */
void disguise_keep_name(struct disguise *d, const char *name, bool below);
bool disguise_keeps_name(const struct disguise *d, struct bytes name);
/* In place: each label that is not kept becomes one of the same length that only the key explains,
 * capitals where there were some. Public suffixes, and labels that begin with '_', stay. */
void disguise_name(struct disguise *d, uint8_t *name, size_t n);

/* Any bytes for these, n of at most 32. */
void disguise_bytes(const struct disguise *d, const char *what, struct bytes of, uint8_t *out,
		    size_t n);
uint64_t disguise_count(const struct disguise *d, enum disguised what);
