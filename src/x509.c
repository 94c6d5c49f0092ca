/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes certificates (RFC 5280, 4.1) apart with OpenSSL's ASN.1 functions.
 *
 * d2i_X509() would do all of it, but it also decodes the public key, which takes 110 us (measured
 * with OpenSSL 3.0) where the rest takes a few, and a capture holds many certificates. */
#include "x509.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct element {
	int class, tag;
	struct bytes whole, inside; /* with its header, and without */
};

/* The DER element at the front of b. */
static bool
peek(struct bytes b, struct element *ret)
{
	const unsigned char *p = b.p;
	long n;
	int r;

	if (!b.n || b.n > LONG_MAX)
		return false;
	r = ASN1_get_object(&p, &n, &ret->tag, &ret->class, (long)b.n);
	if (r & 0x81) /* 0x80: error; 1: of indefinite length, which is not DER */
		return false;
	ret->inside = (struct bytes){p, (size_t)n};
	ret->whole = (struct bytes){b.p, (size_t)(p - b.p) + (size_t)n};
	return true;
}

static void
advance(struct bytes *in, size_t n)
{
	in->p += n;
	in->n -= n;
}

/* Takes the next element off the front of *in if it has that tag. ret_whole or ret_inside may be
 * NULL. */
static bool
element(struct bytes *in, int class, int tag, struct bytes *ret_whole, struct bytes *ret_inside)
{
	struct element e;

	if (!peek(*in, &e) || e.tag != tag || e.class != class)
		return false;
	if (ret_whole)
		*ret_whole = e.whole;
	if (ret_inside)
		*ret_inside = e.inside;
	advance(in, e.whole.n);
	return true;
}

static bool
universal(struct bytes *in, int tag, struct bytes *ret_whole, struct bytes *ret_inside)
{
	return element(in, V_ASN1_UNIVERSAL, tag, ret_whole, ret_inside);
}

static void
append(struct certificate_text *t, const void *p, size_t n)
{
	size_t room = sizeof t->s - t->n;

	if (n > room)
		n = room;
	memcpy(t->s + t->n, p, n);
	t->n += n;
}

/* Appends the first attribute of that kind, in UTF-8. */
static bool
append_attribute(struct certificate_text *t, X509_NAME *name, int nid, const char *before)
{
	int i = X509_NAME_get_index_by_NID(name, nid, -1);
	unsigned char *utf8;
	int n;

	if (i < 0)
		return false;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	if (n < 0)
		return false;
	if (t->n)
		append(t, before, strlen(before));
	append(t, utf8, (size_t)n);
	OPENSSL_free(utf8);
	return true;
}

static X509_NAME *
name_of(struct bytes whole)
{
	const unsigned char *p = whole.p;

	return d2i_X509_NAME(NULL, &p, (long)whole.n);
}

static void
read_names(struct bytes issuer, struct bytes subject, struct certificate *ret)
{
	X509_NAME *i = name_of(issuer), *s = name_of(subject);

	if (i) {
		append_attribute(&ret->issuer, i, NID_commonName, "");
		append_attribute(&ret->issuer, i, NID_organizationName, " / ");
	}
	if (s && !append_attribute(&ret->subject, s, NID_commonName, ""))
		append_attribute(&ret->subject, s, NID_organizationName, "");
	ret->self_signed = i && s && X509_NAME_cmp(i, s) == 0;
	X509_NAME_free(i);
	X509_NAME_free(s);
}

static bool
read_time(struct bytes *in, int64_t *ret_seconds)
{
	const unsigned char *p = in->p;
	ASN1_TIME *t = d2i_ASN1_TIME(NULL, &p, (long)in->n);
	struct tm tm;
	bool ok = t && ASN1_TIME_to_tm(t, &tm) == 1;

	ASN1_TIME_free(t);
	if (!ok)
		return false;
	*ret_seconds = timegm(&tm);
	advance(in, (size_t)(p - in->p));
	return true;
}

/* subjectAltName's value: the dNSNames of a SEQUENCE OF GeneralName (RFC 5280, 4.2.1.6). */
static void
read_alternatives(struct bytes value, struct certificate *ret)
{
	struct bytes list;
	struct element e;

	if (!universal(&value, V_ASN1_SEQUENCE, NULL, &list))
		return;
	for (; ret->nnames < CERTIFICATE_NAMES_MAX && peek(list, &e); advance(&list, e.whole.n))
		if (e.class == V_ASN1_CONTEXT_SPECIFIC && e.tag == GEN_DNS &&
		    e.inside.n <= CERTIFICATE_NAME_MAX)
			ret->names[ret->nnames++] = e.inside;
}

static void
read_extensions(struct bytes tbs, struct certificate *ret)
{
	static const uint8_t alternative_name[] = {0x55, 0x1d, 0x11}; /* 2.5.29.17 */
	struct bytes outer, list, extension, oid, value;

	/* issuerUniqueID and subjectUniqueID, both optional and never used */
	(void)element(&tbs, V_ASN1_CONTEXT_SPECIFIC, 1, NULL, NULL);
	(void)element(&tbs, V_ASN1_CONTEXT_SPECIFIC, 2, NULL, NULL);
	if (!element(&tbs, V_ASN1_CONTEXT_SPECIFIC, 3, NULL, &outer) ||
	    !universal(&outer, V_ASN1_SEQUENCE, NULL, &list))
		return;
	while (universal(&list, V_ASN1_SEQUENCE, NULL, &extension)) {
		ret->nextensions++;
		if (!universal(&extension, V_ASN1_OBJECT, NULL, &oid))
			return;
		(void)universal(&extension, V_ASN1_BOOLEAN, NULL, NULL); /* critical */
		if (!universal(&extension, V_ASN1_OCTET_STRING, NULL, &value))
			return;
		if (oid.n == sizeof alternative_name && !memcmp(oid.p, alternative_name, oid.n))
			read_alternatives(value, ret);
	}
}

/* The public exponent of an RSA key (RFC 8017, A.1.1) that fits in 32 bits. */
static uint32_t
rsa_exponent(struct bytes spki)
{
	static const uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
	struct bytes info, algorithm, oid, key, numbers, e;
	uint32_t exponent = 0;

	if (!universal(&spki, V_ASN1_SEQUENCE, NULL, &info) ||
	    !universal(&info, V_ASN1_SEQUENCE, NULL, &algorithm) ||
	    !universal(&algorithm, V_ASN1_OBJECT, NULL, &oid) || oid.n != sizeof rsa ||
	    memcmp(oid.p, rsa, oid.n) != 0 || !universal(&info, V_ASN1_BIT_STRING, NULL, &key) ||
	    key.n < 2)
		return 0;
	advance(&key, 1); /* how many bits of the last byte are unused */
	if (!universal(&key, V_ASN1_SEQUENCE, NULL, &numbers) ||
	    !universal(&numbers, V_ASN1_INTEGER, NULL, NULL) ||
	    !universal(&numbers, V_ASN1_INTEGER, NULL, &e) || e.n > 4)
		return 0;
	for (size_t i = 0; i < e.n; i++)
		exponent = exponent << 8 | e.p[i];
	return exponent;
}

static bool
read_certificate(struct bytes der, struct certificate *ret)
{
	struct bytes certificate, tbs, issuer, subject, validity;

	if (!universal(&der, V_ASN1_SEQUENCE, NULL, &certificate) ||
	    !universal(&certificate, V_ASN1_SEQUENCE, NULL, &tbs))
		return false;
	(void)element(&tbs, V_ASN1_CONTEXT_SPECIFIC, 0, NULL, NULL); /* version, default v1 */
	if (!universal(&tbs, V_ASN1_INTEGER, NULL, NULL) ||          /* serialNumber */
	    !universal(&tbs, V_ASN1_SEQUENCE, NULL, NULL) ||         /* signature */
	    !universal(&tbs, V_ASN1_SEQUENCE, &issuer, NULL) ||
	    !universal(&tbs, V_ASN1_SEQUENCE, NULL, &validity) ||
	    !universal(&tbs, V_ASN1_SEQUENCE, &subject, NULL) ||
	    !universal(&tbs, V_ASN1_SEQUENCE, &ret->spki, NULL))
		return false;
	read_names(issuer, subject, ret);
	ret->has_validity =
	    read_time(&validity, &ret->not_before) && read_time(&validity, &ret->not_after);
	ret->exponent = rsa_exponent(ret->spki);
	read_extensions(tbs, ret);
	return true;
}

int
certificate_read(struct bytes der, struct certificate *ret)
{
	bool ok;

	memset(ret, 0, sizeof *ret);
	ok = read_certificate(der, ret);
	ERR_clear_error(); /* what hostile bytes did to OpenSSL is nobody's error */
	return ok ? 0 : -EBADMSG;
}
