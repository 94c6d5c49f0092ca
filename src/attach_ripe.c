/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results of RIPE Atlas, as atlas.ripe.net/docs/apis/measurement-result-format tells, firmware 4460
 * and later: dns with the answer as it was received (abuf), sslcert, and traceroute, which tells
 * the routers on the way. */
#include "cursor.h"
#include "measurement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a DNS message; RFC 6891, 6.2.5: requestors ask for 4096 at most, mostly. */
#define MESSAGE_MAX 4096
/* RFC 1035, 4.1.1. */
#define RECORDS_MAX 64
/* No clock that NTP steers runs off by more than 500 ppm (RFC 5905, 7.2: MAXFREQ); "lts" tells how
 * many seconds ago it was set. */
#define DRIFT 500e-6
/* RFC 791, 3.1: a TTL is eight bits. */
#define HOPS_MAX 255

static bool
is_ripe(const json_t *root)
{
	return json_is_number(json_object_get(root, "msm_id")) &&
	       json_is_number(json_object_get(root, "prb_id")) && json_text(root, "type");
}

/* RFC 4648, 4; stops at what is none of its letters. */
static size_t
base64(const char *text, uint8_t *out, size_t max)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (; text && *text && n < max; text++) {
		const char *at = strchr(letters, *text);

		if (!at)
			break;
		bits = bits << 6 | (uint32_t)(at - letters);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

/* A name (RFC 1035, 4.1.4); after a pointer nothing more of it lies here. `out` may be NULL. */
static void
read_name(struct cursor *in, char *out, size_t max)
{
	size_t used = 0;

	while (!in->err) {
		uint8_t length = get_u8(in);
		struct bytes label;

		if (length >= 0xc0) {
			skip_bytes(in, 1);
			break;
		}
		label = get_bytes(in, length);
		if (in->err || !length)
			break;
		if (out && used + length + 2 < max && !memchr(label.p, 0, label.n)) {
			if (used)
				out[used++] = '.';
			memcpy(out + used, label.p, label.n);
			used += label.n;
		}
	}
	if (out)
		out[used] = '\0';
}

/* Takes id, question and addresses of a message. */
static void
take_message(struct measurement *m, struct part *p, const char *encoded, bool answer)
{
	uint8_t message[MESSAGE_MAX];
	struct bytes b = {message, base64(encoded, message, sizeof message)};
	struct cursor in = cursor_over(b, CURSOR_SHORT);
	unsigned rcode, questions, records;
	char name[260];

	if (!b.n)
		return;
	p->dns_id = get_be16(&in);
	rcode = get_be16(&in) & 0xf;
	questions = get_be16(&in);
	records = get_be16(&in);
	skip_bytes(&in, 4);
	if (questions == 1) {
		read_name(&in, name, sizeof name);
		p->dns_type = get_be16(&in);
		skip_bytes(&in, 2);
		if (!in.err)
			part_take_name(m, p, name);
	}
	if (!answer)
		return;
	part_take_failure(m, p,
			  rcode == 0   ? NULL
			  : rcode == 2 ? "dns_servfail_error"
			  : rcode == 3 ? "dns_nxdomain_error"
			  : rcode == 5 ? "dns_refused_error"
				       : "dns_error");
	for (unsigned i = 0; i < records && i < RECORDS_MAX && !in.err; i++) {
		unsigned type;
		struct bytes data;
		struct addr a;
		char text[ADDR_TEXT_MAX];

		read_name(&in, NULL, 0);
		type = get_be16(&in);
		skip_bytes(&in, 6);
		data = get_bytes(&in, get_be16(&in));
		if (in.err || !((type == 1 && data.n == 4) || (type == 28 && data.n == 16)))
			continue;
		a = type == 1 ? addr_from_v4(data.p) : addr_from_v6(data.p);
		part_take_answer(m, p, addr_text(&a, text));
	}
}

/* Ports are numbers in some versions and texts in others. */
static uint16_t
port_in(const json_t *root, double otherwise)
{
	const char *text = json_text(root, "dst_port");
	double port = text ? strtod(text, NULL) : json_real_or(root, "dst_port", otherwise);

	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* "timestamp" is when it began, in whole seconds; a set of results has a "time" each. */
static void
take_times(struct part *p, const json_t *root, const json_t *result, const char *length_key)
{
	double at = json_real_or(result, "time", json_real_or(root, "timestamp", -1));
	double length = json_real_or(json_object_get(result, "result"), length_key,
				     json_real_or(root, length_key, 0)) /
			1000;

	int64_t took;

	if (!time_from_seconds(at, &p->from))
		p->from = PART_NEVER;
	p->to = p->from;
	if (p->from != PART_NEVER && duration_from_seconds(length, &took))
		p->to += took;
	p->began = p->from != PART_NEVER;
}

static void
take_uncertainty(struct measurement *m, const json_t *root)
{
	double lts = json_real_or(root, "lts", 0);

	/* Whole seconds. */
	m->uncertainty = NSEC_PER_SEC;
	/* A year without being set is no clock. */
	if (lts > 0 && lts < 366.0 * 86400)
		m->uncertainty += llround(lts * DRIFT * NSEC_PER_SEC);
}

/* {"timeout": 5000}, {"getaddrinfo": "..."}, {"socket": "..."} */
static const char *
error_word(const json_t *result)
{
	const json_t *error = json_object_get(result, "error");

	if (!error)
		return NULL;
	return json_object_get(error, "timeout") ? "generic_timeout_error" : "unknown_failure";
}

static void
read_dns(struct measurement *m, const json_t *root, const json_t *result, const char *where)
{
	struct part *p = measurement_part(m, LAYER_DNS, "%s", where);
	const char *address = json_text(result, "dst_addr");
	const json_t *answer = json_object_get(result, "result");

	if (!p)
		return;
	part_take_addr(p, address ? address : json_text(root, "dst_addr"));
	p->port = port_in(result, port_in(root, 53));
	take_message(m, p, json_text(result, "qbuf"), false);
	if (json_text(answer, "abuf"))
		take_message(m, p, json_text(answer, "abuf"), true);
	else if (json_is_number(json_object_get(answer, "ID")))
		p->dns_id = (long)fmod(fabs(json_real_or(answer, "ID", 0)), 65536);
	if (error_word(result))
		part_take_failure(m, p, error_word(result));
	take_times(p, root, result, "rt");
}

static void
read_sslcert(struct measurement *m, const json_t *root)
{
	const json_t *alert = json_object_get(root, "alert");
	struct part *p = measurement_part(m, LAYER_TLS, "cert");
	const char *error = json_text(root, "err");
	struct addr a;

	if (!p)
		return;
	part_take_addr(p, json_text(root, "dst_addr"));
	p->port = port_in(root, 443);
	if (!addr_parse(json_text(root, "dst_name"), &a))
		part_take_name(m, p, json_text(root, "dst_name"));
	if (!error && json_is_object(alert))
		error = "ssl_failed_handshake";
	if (error || json_array_size(json_object_get(root, "cert")))
		part_take_failure(m, p, error);
	take_times(p, root, root, "rt");
}

/* The first answer of each hop; the routers of several ways may be mixed there. */
static void
read_hop(struct measurement *m, const json_t *entry)
{
	double ttl = json_real_or(entry, "hop", 0);
	const json_t *replies = json_object_get(entry, "result");
	struct hop h = {0};

	if (!(ttl >= 1 && ttl <= HOPS_MAX) || m->nhops == HOPS_MAX)
		return;
	h.ttl = (unsigned)ttl;
	for (size_t i = 0; i < json_array_size(replies) && !h.answered; i++) {
		const json_t *reply = json_array_get(replies, i);

		h.answered = addr_parse(json_text(reply, "from"), &h.addr);
		h.rtt = json_real_or(reply, "rtt", 0);
	}
	m->hops = arena_room(m->arena, m->hops, m->nhops, sizeof *m->hops);
	m->hops[m->nhops++] = h;
}

static void
read_traceroute(struct measurement *m, const json_t *root)
{
	const json_t *hops = json_object_get(root, "result");

	if (!addr_parse(json_text(root, "dst_addr"), &m->hops_to))
		return;
	for (size_t i = 0; i < json_array_size(hops); i++)
		read_hop(m, json_array_get(hops, i));
}

static void
read_ripe(struct measurement *m, const json_t *root, const char *file)
{
	static const char *const identity[] = {"msm_id",   "prb_id", "timestamp", "type",
					       "msm_name", "fw",     "dst_name",  "dst_addr",
					       "af",       NULL};
	const json_t *set = json_object_get(root, "resultset");
	const char *type = json_text(root, "type");
	char where[32];

	(void)file;
	measurement_identify_by(m, root, identity);
	take_uncertainty(m, root);
	if (strcmp(type, "dns") == 0 && json_is_array(set)) {
		for (size_t i = 0; i < json_array_size(set); i++) {
			snprintf(where, sizeof where, "resultset[%zu]", i);
			if (json_is_object(json_array_get(set, i)))
				read_dns(m, root, json_array_get(set, i), where);
		}
	} else if (strcmp(type, "dns") == 0) {
		read_dns(m, root, root, "result");
	} else if (strcmp(type, "sslcert") == 0) {
		read_sslcert(m, root);
	} else if (strcmp(type, "traceroute") == 0) {
		read_traceroute(m, root);
	}
}

const struct measurement_format format_ripe = {
    .name = "ripe-atlas", .title = "RIPE Atlas", .is = is_ripe, .read = read_ripe};
