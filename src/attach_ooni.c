/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measurements of OONI: data format 0.2.0 and its building blocks df-001 (http), df-002 (dns),
 * df-005 (tcp), df-006 (tls) and df-008 (network events) of its specification. Readers must not
 * rely on any key, says df-000: whatever is missing or of another type is passed over. */
#include "measurement.h"

#include <stdio.h>
#include <stdlib.h>

/* Parts among which the name of an address is looked for; tests have a few dozen. */
#define NAMES_TRIED 256

/* The measurement that is being read. */
struct reader {
	struct measurement *m;
	int64_t start, end; /* PART_NEVER: not told */
};

/* The building blocks in an object: of the whole test, or of one target of it. */
struct block {
	const json_t *keys;
	const char *path;
	size_t first; /* part of this block */
};

static const char *const event_keys[] = {"queries",          "tcp_connect", "tls_handshakes",
					 "quic_handshakes",  "requests",    "network_events",
					 "openvpn_handshake"};

static bool
has_events(const json_t *keys)
{
	for (size_t i = 0; i < sizeof event_keys / sizeof *event_keys; i++)
		if (json_object_get(keys, event_keys[i]))
			return true;
	return false;
}

static bool
is_ooni(const json_t *root)
{
	if (!json_is_object(root))
		return false;
	return json_object_get(root, "test_keys") ||
	       (json_text(root, "test_name") && json_text(root, "measurement_start_time")) ||
	       has_events(root);
}

/* t0 and t are seconds since the start (df-008). Old probes told t only, some neither: then it
 * began after the measurement did. */
static void
take_times(const struct reader *r, struct part *p, const json_t *entry)
{
	double t0 = json_real_or(entry, "t0", -1), t = json_real_or(entry, "t", -1);
	int64_t since;

	if (r->start == PART_NEVER)
		return;
	p->from = r->start;
	p->to = r->end;
	p->began = t0 >= 0 && duration_from_seconds(t0, &since);
	if (p->began)
		p->from = r->start + since;
	p->ended = t >= 0 && t >= t0 && duration_from_seconds(t, &since);
	if (p->ended)
		p->to = r->start + since;
	if (p->to < p->from)
		p->to = p->from;
}

static void
read_query(const struct reader *r, const struct block *b, size_t i, const json_t *q)
{
	static const struct {
		const char *word;
		unsigned type;
	} types[] = {{"A", 1}, {"AAAA", 28}, {"HTTPS", 65}, {"CNAME", 5}, {"NS", 2}};
	struct part *p = measurement_part(r->m, LAYER_DNS, "%s.queries[%zu]", b->path, i);
	const char *type = json_text(q, "query_type"), *resolver = json_text(q, "resolver_address"),
		   *engine = json_text(q, "engine");
	const json_t *answers = json_object_get(q, "answers");

	if (!p)
		return;
	part_take_name(r->m, p, json_text(q, "hostname"));
	for (size_t k = 0; type && k < sizeof types / sizeof *types; k++)
		if (strcmp(type, types[k].word) == 0)
			p->dns_type = types[k].type;
	p->hidden = engine && (strncmp(engine, "doh", 3) == 0 || strcmp(engine, "dot") == 0 ||
			       strcmp(engine, "doq") == 0);
	if (resolver && !strstr(resolver, "://"))
		part_take_endpoint(r->m, p, resolver);
	else if (resolver)
		p->hidden = true;
	part_take_failure(r->m, p, json_text(q, "failure"));
	for (size_t k = 0; k < json_array_size(answers); k++) {
		const json_t *a = json_array_get(answers, k);

		part_take_answer(r->m, p, json_text(a, "ipv4"));
		part_take_answer(r->m, p, json_text(a, "ipv6"));
	}
	take_times(r, p, q);
}

static void
read_connect(const struct reader *r, const struct block *b, size_t i, const json_t *c)
{
	const json_t *status = json_object_get(c, "status");
	double port = json_real_or(c, "port", 0);
	struct part *p;

	if (!json_is_object(c))
		return;
	p = measurement_part(r->m, LAYER_TCP, "%s.tcp_connect[%zu]", b->path, i);
	if (!p)
		return;
	part_take_addr(p, json_text(c, "ip"));
	p->port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
	part_take_failure(r->m, p, json_text(status, "failure"));
	if (json_is_true(json_object_get(status, "blocked")))
		p->said = SAID_BLOCKED;
	take_times(r, p, c);
}

static void
read_handshake(const struct reader *r, const struct block *b, const char *key, size_t i,
	       const json_t *h)
{
	const char *network = json_text(h, "network");
	bool quic = strcmp(key, "quic_handshakes") == 0 || (network && strcmp(network, "udp") == 0);
	struct part *p =
	    measurement_part(r->m, quic ? LAYER_QUIC : LAYER_TLS, "%s.%s[%zu]", b->path, key, i);

	if (!p)
		return;
	part_take_endpoint(r->m, p, json_text(h, "address"));
	part_take_name(r->m, p, json_text(h, "server_name"));
	part_take_failure(r->m, p, json_text(h, "failure"));
	take_times(r, p, h);
}

/* Old probes told when a request began, by t, and not how long it took. */
static void
take_request_times(const struct reader *r, struct part *p, const json_t *entry)
{
	take_times(r, p, entry);
	if (p->ended && !p->began) {
		p->to = r->end;
		p->ended = false;
	}
}

static void
read_request(const struct reader *r, const struct block *b, size_t i, const json_t *q)
{
	const json_t *request = json_object_get(q, "request");
	const char *network = json_text(q, "network"), *url = json_text(request, "url");
	struct part *p = measurement_part(r->m, LAYER_HTTP, "%s.requests[%zu]", b->path, i);

	if (!p)
		return;
	if (network && strcmp(network, "udp") == 0)
		p->layer = LAYER_QUIC;
	if (url)
		part_take_url(r->m, p, url);
	else
		part_take_endpoint(r->m, p, json_text(json_object_get(request, "headers"), "Host"));
	if (json_text(q, "address"))
		part_take_endpoint(r->m, p, json_text(q, "address"));
	part_take_failure(r->m, p, json_text(q, "failure"));
	take_request_times(r, p, q);
}

/* Has something else told of that endpoint already? */
static bool
is_told(const struct measurement *m, size_t first, const struct part *p)
{
	for (size_t i = first; i + 1 < m->nparts; i++)
		if (m->parts[i].has_addr && addr_equal(&m->parts[i].addr, &p->addr) &&
		    m->parts[i].port == p->port)
			return true;
	return false;
}

/* What no other block tells: connections, where tests list network events only. */
static void
read_event(const struct reader *r, const struct block *b, size_t i, const json_t *e)
{
	const char *operation = json_text(e, "operation"), *proto = json_text(e, "proto");
	struct part *p;

	if (!operation || !json_text(e, "address") || strcmp(operation, "connect") != 0)
		return;
	p = measurement_part(r->m, proto && strncmp(proto, "udp", 3) == 0 ? LAYER_UDP : LAYER_TCP,
			     "%s.network_events[%zu]", b->path, i);
	if (!p)
		return;
	part_take_endpoint(r->m, p, json_text(e, "address"));
	part_take_failure(r->m, p, json_text(e, "failure"));
	take_times(r, p, e);
	if (!p->has_addr || is_told(r->m, b->first, p))
		r->m->nparts--;
}

static void
read_openvpn(const struct reader *r, const struct block *b, size_t i, const json_t *h)
{
	const char *transport = json_text(h, "transport"), *text = json_text(h, "port");
	double port = text ? strtod(text, NULL) : json_real_or(h, "port", 0);
	bool udp = transport && strcmp(transport, "udp") == 0;
	struct part *p;

	if (!json_text(h, "ip"))
		return;
	p = measurement_part(r->m, udp ? LAYER_UDP : LAYER_TCP, "%s.openvpn_handshake[%zu]",
			     b->path, i);
	if (!p)
		return;
	part_take_addr(p, json_text(h, "ip"));
	p->port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
	part_take_failure(r->m, p, json_text(h, "failure"));
	take_times(r, p, h);
}

static void
read_entry(const struct reader *r, const struct block *b, const char *key, size_t i,
	   const json_t *entry)
{
	if (!json_is_object(entry))
		return;
	if (strcmp(key, "queries") == 0)
		read_query(r, b, i, entry);
	else if (strcmp(key, "tcp_connect") == 0)
		read_connect(r, b, i, entry);
	else if (strcmp(key, "requests") == 0)
		read_request(r, b, i, entry);
	else if (strcmp(key, "network_events") == 0)
		read_event(r, b, i, entry);
	else if (strcmp(key, "openvpn_handshake") == 0)
		read_openvpn(r, b, i, entry);
	else
		read_handshake(r, b, key, i, entry);
}

static void
read_block(const struct reader *r, struct block *b)
{
	b->first = r->m->nparts;
	for (size_t k = 0; k < sizeof event_keys / sizeof *event_keys; k++) {
		const json_t *list = json_object_get(b->keys, event_keys[k]);

		if (json_is_object(list)) /* openvpn has one connection, without a list */
			read_entry(r, b, event_keys[k], 0, list);
		for (size_t i = 0; i < json_array_size(list); i++)
			read_entry(r, b, event_keys[k], i, json_array_get(list, i));
	}
}

/* Members of an object that have building blocks of their own: dnscheck's bootstrap and lookups,
 * tor's targets. What the control measured was measured elsewhere. */
static void
read_below(const struct reader *r, const struct block *above)
{
	struct block b;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)above->keys, key, value)
	{
		if (!json_is_object(value) || !has_events(value) || strcmp(key, "control") == 0)
			continue;
		b = (struct block){.keys = value,
				   .path = arena_printf(r->m->arena, "%s.%s", above->path, key)};
		read_block(r, &b);
	}
}

static void
read_blocks(const struct reader *r, const json_t *keys, const char *path)
{
	struct block b = {.keys = keys, .path = path};
	const char *key;
	json_t *value;

	read_block(r, &b);
	read_below(r, &b);
	json_object_foreach((json_t *)keys, key, value)
	{
		struct block below = {.keys = value};

		if (!json_is_object(value) || has_events(value) || strcmp(key, "control") == 0)
			continue;
		below.path = arena_printf(r->m->arena, "%s.%s", path, key);
		read_below(r, &below);
	}
}

/* The name that part k speaks of, if it speaks of p's address, too. */
static const char *
name_by(const struct part *k, const struct part *p)
{
	if (k->layer != LAYER_DNS)
		return k->has_addr && k->port == p->port && addr_equal(&k->addr, &p->addr) ? k->name
											   : NULL;
	for (size_t a = 0; a < k->nanswers; a++)
		if (addr_equal(&k->answers[a], &p->addr))
			return k->name;
	return NULL;
}

/* What a connection without a name was made for: what its handshake, or the answer that told its
 * address, was about, if that is one name only. */
static void
name_addresses(struct measurement *m)
{
	size_t tried = m->nparts < NAMES_TRIED ? m->nparts : NAMES_TRIED;

	for (size_t i = 0; i < m->nparts; i++) {
		struct part *p = &m->parts[i];
		const char *name = NULL;
		bool several = false;

		if (!p->has_addr || p->name || p->layer == LAYER_DNS)
			continue;
		for (size_t k = 0; k < tried; k++) {
			const char *other = k == i ? NULL : name_by(&m->parts[k], p);

			several |= other && name && strcmp(name, other) != 0;
			name = other ? other : name;
		}
		if (!several)
			p->name = name;
	}
}

/* stunreachability tells what it talked to in its own way. */
static void
read_stun(const struct reader *r, const json_t *keys)
{
	struct measurement *m = r->m;
	struct part *p = measurement_part(m, LAYER_UDP, "test_keys.endpoint");

	if (!p)
		return;
	part_take_endpoint(m, p, json_text(keys, "endpoint"));
	part_take_failure(m, p, json_text(keys, "failure"));
	take_times(r, p, keys);
	for (size_t i = 0; i + 1 < m->nparts && !p->has_addr && p->name; i++)
		if (m->parts[i].name && m->parts[i].nanswers &&
		    strcmp(m->parts[i].name, p->name) == 0) {
			p->addr = m->parts[i].answers[0];
			p->has_addr = true;
		}
}

/* --- verdicts --- */

static bool
has_ending(const struct part *p, const char *ending)
{
	size_t n = p->name ? strlen(p->name) : 0, k = strlen(ending);

	return n >= k && strcmp(p->name + n - k, ending) == 0;
}

static bool
of_endpoints(const struct part *p)
{
	return p->layer == LAYER_TCP && (!p->name || has_ending(p, ".whatsapp.net")) &&
	       !has_ending(p, "v.whatsapp.net");
}

static bool
of_registration(const struct part *p)
{
	return has_ending(p, "v.whatsapp.net");
}

static bool
of_whatsapp_web(const struct part *p)
{
	return has_ending(p, "web.whatsapp.com");
}

static bool
of_telegram_web(const struct part *p)
{
	return has_ending(p, "web.telegram.org");
}

static bool
of_telegram_tcp(const struct part *p)
{
	return p->layer == LAYER_TCP && !of_telegram_web(p);
}

static bool
of_telegram_http(const struct part *p)
{
	return p->layer == LAYER_HTTP && !of_telegram_web(p);
}

static bool
of_dns(const struct part *p)
{
	return p->layer == LAYER_DNS;
}

/* What the words of test_keys mean: ts-*.md of the specification. */
enum kind {
	BLOCKING,   /* a layer in words, or false */
	BLOCKED,    /* true: blocked */
	WORKS,      /* true: it works */
	STATUS,     /* "ok" or "blocked" */
	CONSISTENT, /* "consistent" or "inconsistent" */
	FAILED,     /* a failure, or null */
};

static const struct {
	const char *test, *key;
	enum kind kind;
	bool (*concerns)(const struct part *p);
} verdicts[] = {
    {"web_connectivity", "blocking", BLOCKING, NULL},
    {"web_connectivity", "accessible", WORKS, NULL},
    {"web_connectivity", "dns_consistency", CONSISTENT, of_dns},
    {"whatsapp", "whatsapp_endpoints_status", STATUS, of_endpoints},
    {"whatsapp", "registration_server_status", STATUS, of_registration},
    {"whatsapp", "whatsapp_web_status", STATUS, of_whatsapp_web},
    {"telegram", "telegram_tcp_blocking", BLOCKED, of_telegram_tcp},
    {"telegram", "telegram_http_blocking", BLOCKED, of_telegram_http},
    {"telegram", "telegram_web_status", STATUS, of_telegram_web},
    {"signal", "signal_backend_status", STATUS, NULL},
    {"facebook_messenger", "facebook_dns_blocking", BLOCKED, of_dns},
    {"facebook_messenger", "facebook_tcp_blocking", BLOCKED, NULL},
    {"stunreachability", "failure", FAILED, NULL},
    {"vanilla_tor", "failure", FAILED, NULL},
    {"torsf", "failure", FAILED, NULL},
    {"openvpn", "failure", FAILED, NULL},
    {"riseupvpn", "api_failure", FAILED, NULL},
};

static enum said
meaning(enum kind kind, const json_t *value)
{
	const char *word = json_is_string(value) ? json_string_value(value) : "";

	switch (kind) {
	case BLOCKING:
		return json_is_string(value)  ? SAID_BLOCKED
		       : json_is_false(value) ? SAID_SUCCESS
					      : SAID_NOTHING;
	case BLOCKED:
		return json_is_true(value)    ? SAID_BLOCKED
		       : json_is_false(value) ? SAID_SUCCESS
					      : SAID_NOTHING;
	case WORKS:
		return json_is_true(value)    ? SAID_SUCCESS
		       : json_is_false(value) ? SAID_FAILURE
					      : SAID_NOTHING;
	case STATUS:
		return strcmp(word, "blocked") == 0 ? SAID_BLOCKED
		       : strcmp(word, "ok") == 0    ? SAID_SUCCESS
						    : SAID_NOTHING;
	case CONSISTENT:
		return strcmp(word, "inconsistent") == 0 ? SAID_BLOCKED
		       : strcmp(word, "consistent") == 0 ? SAID_SUCCESS
							 : SAID_NOTHING;
	default:
		return *word ? SAID_FAILURE : json_is_null(value) ? SAID_SUCCESS : SAID_NOTHING;
	}
}

static void
read_verdicts(struct measurement *m, const json_t *keys, const char *test)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		const json_t *value = json_object_get(keys, verdicts[i].key);

		/* A document of test_keys alone does not say which test it is of. */
		if (!value || (test && strcmp(test, verdicts[i].test) != 0) ||
		    (!test && verdicts[i].kind == FAILED))
			continue;
		measurement_claim(m, verdicts[i].key, value, meaning(verdicts[i].kind, value),
				  verdicts[i].concerns);
	}
}

/* 20230706183840.201925_PK_webconnectivity_19f5e0d803cbaea7: when it was submitted, country, test,
 * 16 digits of a hash. The service gives it, and files are named by it. */
static bool
take_uid(struct measurement *m, const char *file, int64_t *ret_submitted)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	unsigned year, month, day, hour, minute, second, micro;
	char cc[3], test[32], hash[17], text[48];
	int length = 0;

	/* NOLINTNEXTLINE(cert-err34-c): every number has its width */
	if (sscanf(name, "%4u%2u%2u%2u%2u%2u.%6u_%2[A-Z]_%31[a-z0-9]_%16[0-9a-f]%n", &year, &month,
		   &day, &hour, &minute, &second, &micro, cc, test, hash, &length) != 10 ||
	    strlen(hash) != 16)
		return false;
	measurement_identify(m, "measurement_uid", json_stringn(name, (size_t)length));
	snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", year, month, day, hour,
		 minute, second, micro);
	return time_parse(text, ret_submitted);
}

/* The latest t of all: it was not submitted before. */
static double
latest(const json_t *keys)
{
	double last = 0;

	for (size_t k = 0; k < sizeof event_keys / sizeof *event_keys; k++) {
		const json_t *list = json_object_get(keys, event_keys[k]);

		for (size_t i = 0; i < json_array_size(list); i++) {
			double t = json_real_or(json_array_get(list, i), "t", 0);

			last = t > last ? t : last;
		}
	}
	return last;
}

static void
tell_start(struct reader *r, const json_t *root, const json_t *keys, const char *file)
{
	double runtime = json_real_or(root, "test_runtime", latest(keys));
	bool started = time_parse(json_text(root, "measurement_start_time"), &r->start);
	int64_t submitted, length;

	/* "2022-12-02 12:58:49": cut to whole seconds (df-000). */
	r->m->uncertainty = NSEC_PER_SEC;
	if (take_uid(r->m, file, &submitted) && !started &&
	    duration_from_seconds(latest(keys), &length)) {
		r->start = submitted - length;
		started = true;
	}
	if (!started)
		r->start = PART_NEVER;
	r->end = r->start;
	if (started && duration_from_seconds(runtime, &length))
		r->end = r->start + length;
}

static void
read_ooni(struct measurement *m, const json_t *root, const char *file)
{
	static const char *const identity[] = {
	    "report_id", "input",        "measurement_start_time", "probe_asn",        "probe_cc",
	    "test_name", "test_version", "software_name",          "software_version", NULL};
	const json_t *keys = json_object_get(root, "test_keys");
	const char *test = json_text(root, "test_name");
	struct reader r = {.m = m};

	if (!keys && has_events(root))
		keys = root;
	tell_start(&r, root, keys, file);
	measurement_identify_by(m, root, identity);
	if (!json_is_object(keys))
		return;
	read_blocks(&r, keys, keys == root ? "" : "test_keys");
	if (test && strcmp(test, "stunreachability") == 0)
		read_stun(&r, keys);
	name_addresses(m);
	read_verdicts(m, keys, test);
}

const struct measurement_format format_ooni = {
    .name = "ooni", .title = "OONI", .home = "test_keys", .is = is_ooni, .read = read_ooni};
