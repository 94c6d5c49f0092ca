/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What adapters put measurements together with. */
#include "measurement.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A web_connectivity of a page with many addresses has some 200; a list of targets may be long.
 * 4096 are 0.6 MB. */
#define PARTS_MAX 4096
/* A test has a handful of verdicts. */
#define CLAIMS_MAX 32
/* RFC 1035, 2.3.4 */
#define NAME_LENGTH_MAX 255
/* Words of failures are short; Go's errors are sentences. */
#define FAILURE_MAX 200
/* What is shown of a verdict's value. */
#define VALUE_MAX 200

const char *const layer_words[NLAYERS] = {
    [LAYER_DNS] = "dns",   [LAYER_TCP] = "tcp",   [LAYER_TLS] = "tls",
    [LAYER_HTTP] = "http", [LAYER_QUIC] = "quic", [LAYER_UDP] = "udp",
};

const char *const said_words[NSAID] = {
    [SAID_NOTHING] = "nothing",
    [SAID_SUCCESS] = "success",
    [SAID_FAILURE] = "failure",
    [SAID_BLOCKED] = "blocked",
};

struct part *
measurement_part(struct measurement *m, enum layer layer, const char *where, ...)
{
	char text[160];
	struct part *p;
	va_list ap;

	if (m->nparts == PARTS_MAX) {
		m->left_out++;
		return NULL;
	}
	va_start(ap, where);
	vsnprintf(text, sizeof text, where, ap);
	va_end(ap);
	m->parts = arena_room(m->arena, m->parts, m->nparts, sizeof *m->parts);
	p = &m->parts[m->nparts++];
	*p = (struct part){.layer = layer,
			   .where = arena_text(m->arena, bytes_of(text)),
			   .from = PART_NEVER,
			   .to = PART_NEVER,
			   .dns_id = -1};
	return p;
}

void
measurement_claim(struct measurement *m, const char *key, const json_t *value, enum said said,
		  bool (*concerns)(const struct part *p))
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	if (text && strlen(text) <= VALUE_MAX && m->nclaims < CLAIMS_MAX) {
		m->claims = arena_room(m->arena, m->claims, m->nclaims, sizeof *m->claims);
		m->claims[m->nclaims++] =
		    (struct claim){arena_text(m->arena, bytes_of(key)),
				   arena_text(m->arena, bytes_of(text)), said, concerns};
	}
	free(text);
}

void
measurement_identify(struct measurement *m, const char *key, json_t *value)
{
	json_object_set_new(m->identity, key, value);
}

void
measurement_identify_by(struct measurement *m, const json_t *root, const char *const *keys)
{
	for (; *keys; keys++) {
		json_t *value = json_object_get(root, *keys);

		if (json_is_string(value) || json_is_null(value))
			json_object_set(m->identity, *keys, value);
		/* Numbers are read as fractions, so that large ones do no harm. */
		else if (json_is_real(value) && fabs(json_real_value(value)) < 1e15 &&
			 json_real_value(value) == floor(json_real_value(value)))
			measurement_identify(m, *keys,
					     json_integer((json_int_t)json_real_value(value)));
	}
}

bool
addr_parse(const char *text, struct addr *ret)
{
	uint8_t b[16];

	if (!text)
		return false;
	if (inet_pton(AF_INET, text, b) == 1) {
		*ret = addr_from_v4(b);
		return true;
	}
	if (inet_pton(AF_INET6, text, b) != 1)
		return false;
	*ret = addr_from_v6(b);
	return true;
}

bool
part_take_addr(struct part *p, const char *text)
{
	if (!p || !addr_parse(text, &p->addr))
		return false;
	p->has_addr = true;
	return true;
}

void
part_take_name(struct measurement *m, struct part *p, const char *name)
{
	uint8_t lower[NAME_LENGTH_MAX];
	struct bytes b;

	if (!p || !name || !*name || strlen(name) > NAME_LENGTH_MAX)
		return;
	b = bytes_lower(bytes_of(name), lower, sizeof lower);
	if (b.n > 1 && b.p[b.n - 1] == '.')
		b.n--;
	p->name = arena_text(m->arena, b);
}

/* A port in decimal digits and nothing behind it; 0 if it is none. */
static uint16_t
port_of(const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	return end == text || *end || port > UINT16_MAX ? 0 : (uint16_t)port;
}

void
part_take_endpoint(struct measurement *m, struct part *p, const char *text)
{
	char host[NAME_LENGTH_MAX + 1];
	const char *colon = text ? strrchr(text, ':') : NULL, *from = text;
	size_t n;

	if (!p || !text || part_take_addr(p, text))
		return;
	n = colon ? (size_t)(colon - text) : strlen(text);
	if (text[0] == '[') {
		const char *close = strchr(text, ']');

		if (!close)
			return;
		from = text + 1;
		n = (size_t)(close - from);
		colon = close[1] == ':' ? close + 1 : NULL;
	}
	if (n == 0 || n > NAME_LENGTH_MAX)
		return;
	memcpy(host, from, n);
	host[n] = '\0';
	if (!part_take_addr(p, host))
		part_take_name(m, p, host);
	if (colon)
		p->port = port_of(colon + 1);
}

enum layer
part_take_url(struct measurement *m, struct part *p, const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;
	bool secret = url && strncmp(url, "https:", 6) == 0;
	char text[NAME_LENGTH_MAX + 8];
	const char *at;
	size_t n;

	if (!p || !host)
		return LAYER_HTTP;
	host += 3;
	n = strcspn(host, "/?#");
	at = memchr(host, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (n < sizeof text) {
		memcpy(text, host, n);
		text[n] = '\0';
		part_take_endpoint(m, p, text);
	}
	if (!p->port && (secret || strncmp(url, "http:", 5) == 0))
		p->port = secret ? 443 : 80;
	return secret ? LAYER_TLS : LAYER_HTTP;
}

void
part_take_failure(struct measurement *m, struct part *p, const char *failure)
{
	struct bytes b;

	if (!p)
		return;
	p->said = failure && *failure ? SAID_FAILURE : SAID_SUCCESS;
	if (p->said == SAID_SUCCESS)
		return;
	b = bytes_of(failure);
	/* Cut between characters, so that it stays UTF-8. */
	if (b.n > FAILURE_MAX)
		for (b.n = FAILURE_MAX; b.n && (b.p[b.n] & 0xc0) == 0x80; b.n--)
			;
	p->failure = arena_text(m->arena, b);
}

void
part_take_answer(struct measurement *m, struct part *p, const char *address)
{
	struct addr a;

	if (!p || p->nanswers == PART_ANSWERS_MAX || !addr_parse(address, &a))
		return;
	p->answers = arena_room(m->arena, p->answers, p->nanswers, sizeof *p->answers);
	p->answers[p->nanswers++] = a;
}

const char *
json_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

double
json_real_or(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) && isfinite(json_number_value(value))
		   ? json_number_value(value)
		   : otherwise;
}

bool
time_from_seconds(double seconds, int64_t *ret)
{
	if (!(seconds >= 0 && seconds <= TIMES_MAX))
		return false;
	*ret = (int64_t)llround(seconds * 1e6) * NSEC_PER_USEC;
	return true;
}

bool
duration_from_seconds(double seconds, int64_t *ret)
{
	return seconds <= DURATION_MAX && time_from_seconds(seconds, ret);
}

/* Digits of a fraction of a second as nanoseconds; returns behind them. */
static const char *
fraction(const char *s, int64_t *ret)
{
	int64_t unit = NSEC_PER_SEC;

	*ret = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		unit /= 10;
		*ret += (*s - '0') * unit;
	}
	return s;
}

/* "Z", "+hh:mm", "-hhmm" or nothing, in seconds. */
static bool
zone(const char *s, int64_t *ret)
{
	int hours, minutes;

	while (*s == ' ')
		s++;
	*ret = 0;
	if (*s != '+' && *s != '-')
		return *s == '\0' || *s == 'Z' || strncmp(s, "UTC", 3) == 0;
	if (sscanf(s + 1, "%2d:%2d", &hours, &minutes) != 2 && /* NOLINT(cert-err34-c): 2 digits */
	    sscanf(s + 1, "%2d%2d", &hours, &minutes) != 2)    /* NOLINT(cert-err34-c) */
		return false;
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*ret = ((int64_t)hours * 60 + minutes) * 60;
	*ret = *s == '-' ? -*ret : *ret;
	return true;
}

bool
time_parse(const char *text, int64_t *ret)
{
	struct tm tm = {0};
	int64_t nsec = 0, east, seconds;
	const char *rest;

	if (!text)
		return false;
	rest = strptime(text, "%Y-%m-%d", &tm);
	if (!rest || (*rest != ' ' && *rest != 'T'))
		return false;
	rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (!rest)
		return false;
	if (*rest == '.')
		rest = fraction(rest + 1, &nsec);
	if (!zone(rest, &east))
		return false;
	seconds = (int64_t)timegm(&tm) - east;
	if (seconds < 0 || seconds > TIMES_MAX)
		return false;
	*ret = seconds * NSEC_PER_SEC + nsec;
	return true;
}
