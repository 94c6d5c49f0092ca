/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time stamps by RFC 3161: the query that an authority answers, and a look at its answer. */
#pragma once

#include "base.h"

/* Answers have a few kilobytes, and a chain of certificates may be among them. */
#define STAMP_MAX (1 << 20)

/* The query for the SHA-256 of the bytes, with certReq and without a nonce, as DER; to be freed by
 * the caller. A nonce (RFC 3161, 2.4.1) shows that an answer is fresh. Here an old answer is as
 * good as a new one, and better: it proves that the same bytes were there before. Without a nonce
 * the same bytes have the same query. */
uint8_t *timestamp_query(struct bytes b, size_t *ret_n);

enum stamp_state {
	STAMP_BAD,    /* it is no stamp of these bytes, or it was changed */
	STAMP_FITS,   /* signed by the certificate inside; whose that is was not asked */
	STAMP_TRUSTED /* and that certificate goes back to one of the authorities given */
};

struct stamp {
	enum stamp_state state;
	char why[160]; /* if it is bad */
	char time[32]; /* RFC 3339, UTC: when the authority says that it saw the digest */
};

/* Looks at an answer. authorities is a PEM file of certificates, or NULL; chains are judged as
 * they were at the time that is stamped, which is what stamps are for. Returns 0, or -EINVAL with
 * one line in *ret_why if the file of authorities is none. */
int timestamp_check(struct bytes answer, struct bytes b, const char *authorities, struct stamp *ret,
		    char **ret_why);
