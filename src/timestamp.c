/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 3161 by OpenSSL's TS functions. */
#include "timestamp.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static TS_REQ *
request_for(struct bytes b)
{
	TS_REQ *q = TS_REQ_new();
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!q || !imprint || !algorithm ||
	    EVP_Digest(b.p, b.n, sum, &n, EVP_sha256(), NULL) != 1 ||
	    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) != 1 ||
	    TS_MSG_IMPRINT_set_algo(imprint, algorithm) != 1 ||
	    TS_MSG_IMPRINT_set_msg(imprint, sum, (int)n) != 1 || TS_REQ_set_version(q, 1) != 1 ||
	    TS_REQ_set_msg_imprint(q, imprint) != 1 || TS_REQ_set_cert_req(q, 1) != 1)
		out_of_memory();
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return q;
}

uint8_t *
timestamp_query(struct bytes b, size_t *ret_n)
{
	TS_REQ *q = request_for(b);
	uint8_t *der = NULL, *copy;
	int n = i2d_TS_REQ(q, &der);

	if (n <= 0)
		out_of_memory();
	copy = xrealloc(NULL, (size_t)n, 1);
	memcpy(copy, der, (size_t)n);
	OPENSSL_free(der);
	TS_REQ_free(q);
	*ret_n = (size_t)n;
	return copy;
}

static void
bad(struct stamp *s, const char *why)
{
	s->state = STAMP_BAD;
	snprintf(s->why, sizeof s->why, "%s", why);
}

/* OpenSSL's own words for what it refused. */
static void
bad_by_openssl(struct stamp *s)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	bad(s, reason ? reason : "it cannot be verified");
	ERR_clear_error();
}

static bool
time_of(TS_RESP *answer, struct stamp *s, struct tm *ret)
{
	const ASN1_GENERALIZEDTIME *t = TS_TST_INFO_get_time(TS_RESP_get_tst_info(answer));

	return t && ASN1_TIME_to_tm(t, ret) == 1 &&
	       strftime(s->time, sizeof s->time, "%Y-%m-%dT%H:%M:%SZ", ret) > 0;
}

static X509_STORE *
store_at(struct tm *at)
{
	X509_STORE *store = X509_STORE_new();

	if (!store)
		out_of_memory();
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), timegm(at));
	return store;
}

/* Trusts whoever signed it: then what is left to be asked is whether this very certificate did
 * (RFC 5035: ESSCertIDv2), may stamp, and did stamp these bytes. */
static X509_STORE *
store_of_its_own(TS_RESP *answer, struct tm *at)
{
	X509_STORE *store = store_at(at);
	PKCS7 *token = TS_RESP_get_token(answer);
	STACK_OF(X509) *certificates =
	    PKCS7_type_is_signed(token) && token->d.sign ? token->d.sign->cert : NULL;

	for (int i = 0; i < sk_X509_num(certificates); i++)
		X509_STORE_add_cert(store, sk_X509_value(certificates, i));
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return store;
}

static X509_STORE *
store_of(const char *authorities, struct tm *at)
{
	X509_STORE *store = store_at(at);

	if (X509_STORE_load_file(store, authorities) == 1)
		return store;
	X509_STORE_free(store);
	return NULL;
}

/* Is it the answer to our query, signed by somebody whom the store vouches for? Takes the store. */
static bool
answers(TS_RESP *answer, TS_REQ *query, X509_STORE *store)
{
	TS_VERIFY_CTX *c = TS_REQ_to_TS_VERIFY_CTX(query, NULL);
	bool good;

	if (!c)
		out_of_memory();
	TS_VERIFY_CTX_add_flags(c, TS_VFY_SIGNATURE);
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
	TS_VERIFY_CTX_set0_store(c, store);
#else
	TS_VERIFY_CTX_set_store(c, store);
#endif
	good = TS_RESP_verify_response(c, answer) == 1;
	TS_VERIFY_CTX_free(c); /* and the store with it */
	return good;
}

static TS_RESP *
parse(struct bytes der)
{
	const uint8_t *p = der.p;
	TS_RESP *answer = d2i_TS_RESP(NULL, &p, (long)der.n);

	if (answer && p == der.p + der.n)
		return answer;
	TS_RESP_free(answer);
	return NULL;
}

/* By the certificate inside, and then by those that the user trusts. */
static int
judge(TS_RESP *answer, TS_REQ *query, struct tm *at, const char *authorities, struct stamp *ret,
      char **ret_why)
{
	bool good = answers(answer, query, store_of_its_own(answer, at));
	X509_STORE *store;

	if (good && authorities) {
		store = store_of(authorities, at);
		if (!store) {
			*ret_why = xasprintf("%s: expected certificates in PEM", authorities);
			return -EINVAL;
		}
		good = answers(answer, query, store);
	}
	if (!good)
		bad_by_openssl(ret);
	else
		ret->state = authorities ? STAMP_TRUSTED : STAMP_FITS;
	return 0;
}

int
timestamp_check(struct bytes der, struct bytes b, const char *authorities, struct stamp *ret,
		char **ret_why)
{
	TS_RESP *answer = parse(der);
	TS_REQ *query = request_for(b);
	struct tm at;
	int r = 0;

	*ret = (struct stamp){STAMP_BAD, "", ""};
	if (!answer || !TS_RESP_get_token(answer))
		bad(ret, answer ? "the authority refused" : "it is no answer by RFC 3161");
	else if (!time_of(answer, ret, &at))
		bad(ret, "it says no time");
	else
		r = judge(answer, query, &at, authorities, ret, ret_why);
	ERR_clear_error();
	TS_REQ_free(query);
	TS_RESP_free(answer);
	return r;
}
