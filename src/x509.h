/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate says of itself (RFC 5280). Nothing here decides whether it is trusted. */
#pragma once

#include "base.h"

/* X.520 bounds a common name at 64 characters, of up to four bytes in UTF-8; issuers are two. */
#define CERTIFICATE_TEXT_MAX 512
/* A DNS name in text (RFC 1035, 2.3.4). */
#define CERTIFICATE_NAME_MAX 253
/* Names kept of one certificate: shared ones list hundreds, and nobody reads them. */
#define CERTIFICATE_NAMES_MAX 16

struct certificate_text {
	size_t n;
	char s[CERTIFICATE_TEXT_MAX]; /* any bytes, not only text; no NUL at the end */
};

struct certificate {
	struct certificate_text subject;           /* common name, or else organization */
	struct certificate_text issuer;            /* "common name / organization" */
	struct bytes names[CERTIFICATE_NAMES_MAX]; /* dNSName of subjectAltName, as they stand */
	size_t nnames;
	bool self_signed;              /* issued by its own subject, as far as the names say */
	bool has_validity;             /* the two times could be read */
	int64_t not_before, not_after; /* seconds since the epoch */
	struct bytes spki;             /* SubjectPublicKeyInfo */
	uint32_t exponent;             /* of an RSA key, 0 if it is none or a large one */
	unsigned nextensions;
};

/* Reads a certificate; the views point into it. Returns 0 or -EBADMSG. */
int certificate_read(struct bytes der, struct certificate *ret);
