/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates that servers showed in clear, kept beyond their flows: what one place shows is
 * held against what it shows to others. */
#pragma once

#include "look.h"

/* As many as suspicions are kept. */
#define SHOWN_MAX 8192

struct shown {
	uint64_t flow;
	int64_t nsec;
	struct addr client, server;
	uint16_t port;
	const char *name; /* asked for; "" if none was said */
	const char *issuer, *subject;
	uint64_t key, whole; /* of the public key, of all of it: halves of SHA-256 */
	struct ref at;
	bool self_signed;
	bool fits;  /* it names what was asked for */
	bool alien; /* it surely does not */
};

struct shown_store;

struct shown_store *shown_new(void);
void shown_free(struct shown_store *s); /* accepts NULL */
/* Reads the certificate of a flow; false if it showed none that can be read. The texts point into
 * the flow. */
bool shown_read(const struct look *l, struct shown *ret);
/* Remembers it. */
void shown_add(struct shown_store *s, const struct look *l);
/* After the last flow: all of them, by key, then time. */
const struct shown *shown_all(struct shown_store *s, size_t *ret_n);
/* How many were forgotten for want of room. */
uint64_t shown_forgotten(const struct shown_store *s);
