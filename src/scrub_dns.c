/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS messages: who asks for what. RFC 1035; RFC 6891, RFC 7871 (client subnet), RFC 9460. */
#include "scrubber.h"

#include <stdio.h>
#include <string.h>

#define HEADER 12
/* A name has at most 127 labels (RFC 1035, 2.3.4); real ones are pointed at once or twice. */
#define POINTERS_MOST 64

enum rr_type {
	RR_A = 1,
	RR_NS = 2,
	RR_CNAME = 5,
	RR_SOA = 6,
	RR_PTR = 12,
	RR_MX = 15,
	RR_AAAA = 28,
	RR_SRV = 33,
	RR_DNAME = 39,
	RR_OPT = 41,
	RR_SVCB = 64,
	RR_HTTPS = 65,
};

/* Where each label of a name stands, and the name as text. */
struct labels {
	size_t n;
	struct {
		size_t at, text;
		uint8_t length;
		bool pointed; /* told where the pointer leads to, not here */
	} label[128];
	uint8_t text[DISGUISE_NAME_MAX];
	size_t length; /* of the text */
	size_t end;    /* behind it */
};

/* Keeps the structure; false if it does not hold. */
static bool
read_labels(struct scrub *s, size_t at, struct labels *l)
{
	size_t limit = s->n, jumps = 0;
	bool pointed = false;

	memset(l, 0, sizeof *l);
	l->end = at;
	while (at < limit) {
		uint8_t n = s->in[at];

		if (n == 0) {
			if (!pointed) {
				scrub_keep(s, at, 1);
				l->end = at + 1;
			}
			return true;
		}
		if (n >= 0xc0) {
			if (at + 2 > limit || ++jumps > POINTERS_MOST)
				return false;
			if (!pointed) {
				scrub_keep(s, at, 2);
				l->end = at + 2;
			}
			pointed = true;
			at = (n & 0x3fU) << 8 | s->in[at + 1];
			continue;
		}
		if (n > 63 || at + 1 + n > limit || l->n == 128 ||
		    l->length + n + 1 > sizeof l->text)
			return false;
		if (!pointed) {
			scrub_keep(s, at, 1);
			l->end = at + 1 + n;
		}
		if (l->length)
			l->text[l->length++] = '.';
		l->label[l->n].at = at + 1;
		l->label[l->n].length = n;
		l->label[l->n].pointed = pointed;
		l->label[l->n++].text = l->length;
		memcpy(l->text + l->length, s->in + at + 1, n);
		l->length += n;
		at += 1 + (size_t)n;
	}
	return false;
}

static bool
ends_with(const struct labels *l, const char *end)
{
	size_t n = strlen(end);

	return l->length >= n && strncasecmp((const char *)l->text + l->length - n, end, n) == 0;
}

/* Each label is one number of an address, its last ones first. False if these are no numbers. */
static bool
reverse_address(struct scrub *s, struct labels *l)
{
	bool v6 = ends_with(l, ".ip6.arpa");
	size_t n = v6 ? 32 : 4;
	uint8_t b[16] = {0};
	char text[8];

	if (l->n != n + 2 || (!v6 && !ends_with(l, ".in-addr.arpa")))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned value = 0;

		for (size_t k = 0; k < l->label[i].length; k++) {
			uint8_t c = ascii_lower(l->text[l->label[i].text + k]);
			bool letter = v6 && c >= 'a' && c <= 'f';

			if ((c < '0' || c > '9') && !letter)
				return false;
			value =
			    value * (v6 ? 16 : 10) + (letter ? c - 'a' + 10U : c - (unsigned)'0');
		}
		if (value > (v6 ? 15U : 255U))
			return false;
		if (v6)
			b[15 - i / 2] |= (uint8_t)(value << (i % 2 ? 4 : 0));
		else
			b[3 - i] = (uint8_t)value;
	}
	if (v6)
		disguise_v6(s->disguise, b);
	else
		disguise_v4(s->disguise, b);
	for (size_t i = 0; i < n; i++) {
		size_t length = l->label[i].length;

		/* Numbers of other lengths get zeros before them, or lose what does not fit. */
		if (v6)
			snprintf(text, sizeof text, "%x",
				 (unsigned)(b[15 - i / 2] >> (i % 2 ? 4 : 0)) & 15U);
		else
			snprintf(text, sizeof text, "%0*u", (int)(length < 4 ? length : 3),
				 b[3 - i]);
		for (size_t k = 0; k < length; k++)
			l->text[l->label[i].text + k] = (uint8_t)(k < strlen(text) ? text[k] : '0');
	}
	return true;
}

/* A domain name; returns where it ends, or s->n if it does not hold. */
static size_t
take_name(struct scrub *s, size_t at)
{
	struct labels l;

	if (!read_labels(s, at, &l))
		return s->n;
	if (!reverse_address(s, &l))
		disguise_name(s->disguise, l.text, l.length);
	for (size_t i = 0; i < l.n; i++)
		if (!l.label[i].pointed)
			scrub_put(s, l.label[i].at, l.text + l.label[i].text, l.label[i].length);
	return l.end;
}

static uint16_t
word(const struct scrub *s, size_t at)
{
	if (at + 2 > s->n)
		return 0;
	return (uint16_t)(s->in[at] << 8 | s->in[at + 1]);
}

/* Family, bits of the source, bits of the scope, and as many bytes of the address as it takes. */
static void
client_subnet(struct scrub *s, size_t at, size_t n)
{
	uint16_t family = word(s, at);
	size_t most = family == 1 ? 4 : 16, held;
	uint8_t b[16] = {0};
	struct addr a;

	scrub_keep(s, at, n < 4 ? n : 4);
	if (n <= 4 || (family != 1 && family != 2))
		return;
	held = n - 4 < most ? n - 4 : most;
	memcpy(b, s->in + at + 4, held);
	a = most == 4 ? addr_from_v4(b) : addr_from_v6(b);
	/* Never kept: it is the client's, or of the network that it is in. */
	a = disguise_any(s->disguise, &a);
	memcpy(b, a.b + (most == 4 ? ADDR_V4_AT : 0), most);
	if (s->in[at + 2] % 8 && (size_t)s->in[at + 2] / 8 < most)
		b[s->in[at + 2] / 8] &= (uint8_t)(0xff00U >> s->in[at + 2] % 8);
	scrub_put(s, at + 4, b, held);
}

enum { EDNS_NSID = 3, EDNS_SUBNET = 8, EDNS_PADDING = 12, EDNS_ERROR = 15 };

static void
edns(struct scrub *s, size_t at, size_t end)
{
	while (at + 4 <= end) {
		uint16_t code = word(s, at), n = word(s, at + 2);

		scrub_keep(s, at, 4);
		at += 4;
		if (n > end - at)
			return;
		if (code == EDNS_SUBNET)
			client_subnet(s, at, n);
		else if (code == EDNS_PADDING)
			scrub_set(s, at, 0, n);
		else if (code == EDNS_ERROR) {
			scrub_keep(s, at, n < 2 ? n : 2);
			if (n > 2)
				scrub_text(s, at + 2, n - 2U);
		} else if (code == EDNS_NSID && s->from == SERVER)
			scrub_keep(s, at, n);
		at += n;
	}
}

/* Priority, target, parameters: key, length, value. */
static void
service(struct scrub *s, size_t at, size_t end)
{
	scrub_keep(s, at, 2);
	at = take_name(s, at + 2);
	while (at + 4 <= end) {
		uint16_t key = word(s, at), n = word(s, at + 2);

		scrub_keep(s, at, 4);
		at += 4;
		if (n > end - at)
			return;
		if (key <= 3) /* mandatory, alpn, no-default-alpn, port */
			scrub_keep(s, at, n);
		for (size_t i = 0; key == 4 && i + 4 <= n; i += 4)
			scrub_v4(s, at + i);
		for (size_t i = 0; key == 6 && i + 16 <= n; i += 16)
			scrub_v6(s, at + i);
		at += n;
	}
}

/* An address that is answered is the server's, and what tells a false answer: it stays, unless a
 * client has it, or it is of somebody's own network and no finding needs it. */
static void
answered(struct scrub *s, size_t at, size_t n)
{
	struct addr a = n == 4 ? addr_from_v4(s->in + at) : addr_from_v6(s->in + at);

	if (!disguise_is_client(s->disguise, &a) && (s->concerned || disguise_is_global(&a)))
		scrub_keep(s, at, n);
	else if (n == 4)
		scrub_v4(s, at);
	else
		scrub_v6(s, at);
}

static void
record_data(struct scrub *s, uint16_t type, size_t at, size_t n)
{
	size_t end = at + n;

	switch (type) {
	case RR_A:
	case RR_AAAA:
		if (n == (type == RR_A ? 4U : 16U))
			answered(s, at, n);
		break;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
	case RR_DNAME:
		take_name(s, at);
		break;
	case RR_MX:
		scrub_keep(s, at, 2);
		take_name(s, at + 2);
		break;
	case RR_SRV:
		scrub_keep(s, at, 6);
		take_name(s, at + 6);
		break;
	case RR_SOA:
		at = take_name(s, take_name(s, at));
		if (at < end)
			scrub_keep(s, at, end - at);
		break;
	case RR_SVCB:
	case RR_HTTPS:
		service(s, at, end);
		break;
	case RR_OPT:
		edns(s, at, end);
		break;
	default:
		break;
	}
}

/* Returns where it ends; s->n if it does not hold. */
static size_t
record(struct scrub *s, size_t at)
{
	uint16_t n;

	at = take_name(s, at);
	if (at + 10 > s->n) {
		if (at < s->n)
			scrub_keep(s, at, s->n - at < 8 ? s->n - at : 8);
		return s->n;
	}
	scrub_keep(s, at, 10);
	n = word(s, at + 8);
	at += 10;
	if (n > s->n - at)
		return s->n;
	record_data(s, word(s, at - 10), at, n);
	return at + n;
}

void
scrub_dns(struct scrub *s)
{
	size_t at = HEADER, records;

	if (s->n < HEADER) {
		scrub_keep(s, 0, s->n);
		return;
	}
	scrub_keep(s, 0, HEADER);
	for (unsigned i = word(s, 4); i && at < s->n; i--) {
		at = take_name(s, at);
		scrub_keep(s, at, 4);
		at += 4;
	}
	records = (size_t)word(s, 6) + word(s, 8) + word(s, 10);
	for (; records && at < s->n; records--)
		at = record(s, at);
}

void
scrub_dns_stream(struct scrub *s)
{
	size_t at = 0;

	while (at + 2 < s->n) {
		struct scrub message = *s;
		size_t n = word(s, at);

		scrub_keep(s, at, 2);
		at += 2;
		message.in += at;
		message.out += at;
		message.n = n < s->n - at ? n : s->n - at;
		scrub_dns(&message);
		at += message.n;
	}
	scrub_keep(s, at, s->n - at < 2 ? s->n - at : 0);
}
