/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS messages over UDP and TCP: what was asked, what was answered, and the marks by which a
 * forged answer differs from its resolver's own.
 * RFC 1035; 2308 (negative answers), 3596 (AAAA), 5001 (NSID), 6672 (DNAME), 6891 (EDNS),
 * 7873 (cookies), 8914 (extended errors), 9460 and 9848 (SVCB, HTTPS, ech).
 *
 * Datagrams that promise more records than they hold are read as far as they go: forgers and
 * captures both cut answers short, and what is there is evidence. */
#include "dissect.h"

#include <string.h>
#include <xxhash.h>

#define HEADER 12u      /* RFC 1035, 4.1.1 */
#define NAME_WIRE 255u  /* RFC 1035, 3.1 */
#define LABEL_MAX 63u   /* RFC 1035, 2.3.4 */
#define JUMPS_MAX 64u   /* a name of 255 bytes has 127 labels; writers use one pointer a name */
#define NAME_TEXT 1024u /* each byte of a name may need four characters (\DDD) */

/* Bounds on what one message notes. An answer that fits 1232 bytes, the usual EDNS size (DNS
 * flag day 2020), holds some 75 address records; browsers try a handful, so 24 tell as much.
 * dns.count.answers always says how many were promised. */
#define ADDRESSES_MAX 24u
#define TYPES_MAX 16u
#define ALIASES_MAX 16u /* resolvers give up following CNAMEs after 8 to 16 */
#define LINKS_MAX 32u
#define ERRORS_MAX 8u
#define NSID_MAX 128u    /* bytes; RFC 5001, 2.3 leaves it open, operators use host names */
#define ERROR_TEXT 1024u /* bytes of EXTRA-TEXT, which has to fit the datagram */

enum { FLAG_QR = 0x8000, FLAG_Z = 0x0040, OPCODE = 0x7800, RCODE = 0x000f };
enum { CLASS_IN = 1 };
enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_AAAA = 28, TYPE_DNAME = 39 };
enum { TYPE_OPT = 41, TYPE_SVCB = 64, TYPE_HTTPS = 65 };
enum { OPTION_NSID = 3, OPTION_COOKIE = 10, OPTION_EDE = 15 };
enum { SVC_ECH = 5 };
enum { POINTER = 0xc0, POINTER_TO = 0x3fff, TO_QUESTION = 0xc00c };

/* Indices of the table below. */
enum { QUERY, RESPONSE, ID, FLAGS, QRY_NAME, QRY_CASE, QRY_TYPE, QRY_CLASS };
enum { ANSWERS = QRY_CLASS + 1, AUTHORITIES, ADDITIONALS, POINTER_USED, RESP_TTL, RESP_TYPE };
enum { A = RESP_TYPE + 1, AAAA, CNAME, ECH, FOREIGN, SOA_MNAME, EDNS, NSID, COOKIE };
enum { EDE_CODE = COOKIE + 1, EDE_TEXT, RCODE_, DENIED_BY, SHORT_, TRAILING };

static const struct field fields[] = {
    [QUERY] = {"dns.query", FACT_MARK, "a question"},
    [RESPONSE] = {"dns.response", FACT_MARK, "an answer, true or forged"},
    [ID] = {"dns.id", FACT_UINT, "transaction id"},
    [FLAGS] = {"dns.flags", FACT_UINT, "second word of the header: QR, opcode, AA ... rcode"},
    [QRY_NAME] = {"dns.qry.name", FACT_TEXT, "name asked for, lower case; \".\" is the root"},
    [QRY_CASE] = {"dns.qry.name.case", FACT_TEXT, "the name as sent, if it has capitals"},
    [QRY_TYPE] = {"dns.qry.type", FACT_UINT, "type asked for: 1 A, 28 AAAA, 65 HTTPS ..."},
    [QRY_CLASS] = {"dns.qry.class", FACT_UINT, "class asked for, if it is not IN"},
    [ANSWERS] = {"dns.count.answers", FACT_UINT, "answer records, as counted in the header"},
    [AUTHORITIES] = {"dns.count.auth_rr", FACT_UINT, "authority records, as counted there"},
    [ADDITIONALS] = {"dns.count.add_rr", FACT_UINT, "additional records, as counted there"},
    [POINTER_USED] = {"dns.pointer", FACT_UINT, "pointer in the first answer's owner, or 0"},
    [RESP_TTL] = {"dns.resp.ttl", FACT_UINT, "time to live of the first answer, seconds"},
    [RESP_TYPE] = {"dns.resp.type", FACT_UINT, "type of an answer record, one fact each"},
    [A] = {"dns.a", FACT_ADDR, "IPv4 address answered"},
    [AAAA] = {"dns.aaaa", FACT_ADDR, "IPv6 address answered"},
    [CNAME] = {"dns.cname", FACT_TEXT, "canonical name answered, in lower case"},
    [ECH] = {"dns.svcb.ech", FACT_MARK, "an HTTPS or SVCB answer that offers ECH"},
    [FOREIGN] = {"dns.resp.name.foreign", FACT_MARK, "an answer for another name"},
    [SOA_MNAME] = {"dns.soa.mname", FACT_TEXT, "primary server of the first SOA record"},
    [EDNS] = {"dns.edns", FACT_UINT, "EDNS is spoken; the UDP size that the sender takes"},
    [NSID] = {"dns.nsid", FACT_TEXT, "name server identifier, hex"},
    [COOKIE] = {"dns.cookie", FACT_MARK, "a DNS cookie"},
    [EDE_CODE] = {"dns.ede.code", FACT_UINT, "extended error, as 15 blocked, 16 censored"},
    [EDE_TEXT] = {"dns.ede.text", FACT_TEXT, "extended error in the resolver's words"},
    [RCODE_] = {"dns.flags.rcode", FACT_UINT, "response code, with its EDNS extension"},
    [DENIED_BY] = {"dns.denied_by", FACT_ADDR, "in whose name an error is answered"},
    [SHORT_] = {"dns.short", FACT_MARK, "the counts promise more than the message holds"},
    [TRAILING] = {"dns.trailing", FACT_UINT, "bytes behind the last record"},
    {0},
};

/* A name in presentation form. */
struct name {
	size_t n;
	bool capitals;
	char text[NAME_TEXT];
};

/* What one answer record says of the alias chain: hashes of names, 0 for none. */
struct link {
	uint64_t owner, target;
	bool reached;
};

struct message {
	struct flow *flow;
	enum side from;
	struct bytes all;
	uint16_t id, flags, count[4];
	uint64_t question; /* hash of the name asked for, 0 if there is none */
	unsigned naddr[2], ntypes, naliases, nerrors, nlinks;
	unsigned rcode;
	bool told; /* header and question made sense and are noted */
	bool soa, opt;
	struct link links[LINKS_MAX];
};

struct record {
	size_t at;        /* offset of the owner name */
	uint16_t pointer; /* the one that ends the owner name, or 0 */
	uint16_t type, class;
	uint32_t ttl;
	bool first, bare; /* bare: the owner is the pointer and nothing else */
};

static void
name_add(struct name *n, struct bytes label)
{
	if (n->n)
		n->text[n->n++] = '.';
	for (size_t i = 0; i < label.n; i++) {
		uint8_t b = label.p[i];

		if (b > ' ' && b < 0x7f && b != '.' && b != '\\') {
			n->capitals |= b >= 'A' && b <= 'Z';
			n->text[n->n++] = (char)b;
			continue;
		}
		n->text[n->n++] = '\\';
		n->text[n->n++] = (char)('0' + b / 100);
		n->text[n->n++] = (char)('0' + b / 10 % 10);
		n->text[n->n++] = (char)('0' + b % 10);
	}
}

static void
name_lower(struct name *n)
{
	if (!n->capitals)
		return;
	for (size_t i = 0; i < n->n; i++)
		n->text[i] = (char)ascii_lower((uint8_t)n->text[i]);
}

static struct bytes
name_bytes(const struct name *n)
{
	return (struct bytes){(const uint8_t *)n->text, n->n};
}

/* Never 0, which means "no name". */
static uint64_t
name_hash(const struct name *n)
{
	return XXH3_64bits(n->text, n->n) | 1;
}

/* Reads a name, following pointers. A pointer leads to a prior occurrence (RFC 1035, 4.1.4):
 * to before the bytes that are being read, so that every jump shrinks what can be seen. */
static void
get_name(struct cursor *c, struct name *ret)
{
	struct cursor there, *in = c;
	size_t before = (size_t)(c->p - c->base), wire = 1;
	unsigned jumps = 0;
	uint8_t len;

	ret->n = 0;
	ret->capitals = false;
	while ((len = get_u8(in)) != 0 && in->err == CURSOR_OK) {
		if (len >= POINTER) {
			size_t to = (size_t)(len << 8 | get_u8(in)) & POINTER_TO;

			if (in->err != CURSOR_OK)
				break;
			if (to < HEADER || to >= before || ++jumps > JUMPS_MAX) {
				set_bad(c);
				return;
			}
			there = cursor_over((struct bytes){c->base + to, before - to}, CURSOR_BAD);
			before = to;
			in = &there;
			continue;
		}
		wire += len + 1u;
		if (len > LABEL_MAX || wire > NAME_WIRE) {
			set_bad(c);
			return;
		}
		name_add(ret, get_bytes(in, len));
	}
	if (in != c && in->err != CURSOR_OK)
		set_bad(c);
	if (ret->n == 0)
		ret->text[ret->n++] = '.';
}

/* Passes over a name without following it. Returns the pointer that ends it, or 0. */
static uint16_t
skip_name(struct cursor *c)
{
	size_t wire = 1;
	uint8_t len;

	while ((len = get_u8(c)) != 0 && c->err == CURSOR_OK) {
		if (len >= POINTER)
			return (uint16_t)(len << 8 | get_u8(c));
		wire += len + 1u;
		if (len > LABEL_MAX || wire > NAME_WIRE) {
			set_bad(c);
			return 0;
		}
		skip_bytes(c, len);
	}
	return 0;
}

/* Hash of the name at an offset of the message; 0 if it is no name. */
static uint64_t
hash_at(const struct bytes *all, size_t at)
{
	struct cursor c = cursor_over((struct bytes){all->p + at, all->n - at}, CURSOR_BAD);
	struct name name;

	c.base = all->p;
	get_name(&c, &name);
	name_lower(&name);
	return c.err == CURSOR_OK ? name_hash(&name) : 0;
}

static void
take_address(struct message *m, bool six, struct cursor *data)
{
	size_t n = six ? 16 : 4;
	struct bytes b = get_bytes(data, n);
	struct addr a;

	if (data->err == CURSOR_OK && cursor_left(data) > 0)
		set_bad(data); /* RFC 1035, 3.4.1 and RFC 3596, 2.2: that long and no longer */
	if (data->err != CURSOR_OK || m->naddr[six]++ >= ADDRESSES_MAX)
		return;
	a = six ? addr_from_v6(b.p) : addr_from_v4(b.p);
	note_addr(m->flow, m->from, &fields[six ? AAAA : A], &a);
}

/* Returns the alias's hash. */
static uint64_t
take_alias(struct message *m, struct cursor *data)
{
	struct name name;

	get_name(data, &name);
	if (data->err != CURSOR_OK)
		return 0;
	name_lower(&name);
	if (m->naliases++ < ALIASES_MAX)
		note_text(m->flow, m->from, &fields[CNAME], name_bytes(&name));
	return name_hash(&name);
}

static void
take_service(struct message *m, struct cursor *data)
{
	get_be16(data);
	skip_name(data);
	while (data->err == CURSOR_OK && cursor_left(data) > 0) {
		uint16_t key = get_be16(data);

		skip_bytes(data, get_be16(data));
		if (key == SVC_ECH && data->err == CURSOR_OK)
			note(m->flow, m->from, &fields[ECH]);
	}
}

static void
take_soa(struct message *m, struct cursor *data)
{
	struct name name;

	if (m->soa)
		return;
	m->soa = true;
	get_name(data, &name);
	name_lower(&name);
	if (data->err == CURSOR_OK)
		note_text(m->flow, m->from, &fields[SOA_MNAME], name_bytes(&name));
}

static void
take_answer(struct message *m, const struct record *r, struct cursor *data)
{
	struct link *link = m->nlinks < LINKS_MAX ? &m->links[m->nlinks++] : NULL;
	uint64_t alias = 0;

	if (r->first) {
		note_uint(m->flow, m->from, &fields[POINTER_USED], r->pointer);
		note_uint(m->flow, m->from, &fields[RESP_TTL], r->ttl);
	}
	if (m->ntypes++ < TYPES_MAX)
		note_uint(m->flow, m->from, &fields[RESP_TYPE], r->type);
	if (r->class == CLASS_IN && (r->type == TYPE_A || r->type == TYPE_AAAA))
		take_address(m, r->type == TYPE_AAAA, data);
	else if (r->type == TYPE_CNAME)
		alias = take_alias(m, data);
	else if (r->type == TYPE_SVCB || r->type == TYPE_HTTPS)
		take_service(m, data);
	else if (r->type == TYPE_SOA)
		take_soa(m, data);
	if (!link)
		return;
	/* Nearly every owner is a pointer to the question, which needs no reading. */
	link->owner = r->bare && r->pointer == TO_QUESTION ? m->question : hash_at(&m->all, r->at);
	if (link->owner == 0 && m->question)
		set_bad(data);
	link->target = alias;
	/* A DNAME's owner is an ancestor of the name asked for (RFC 6672, 2.2). */
	link->reached = link->owner == m->question || r->type == TYPE_DNAME;
}

static void
take_option(struct message *m, uint16_t code, struct bytes b)
{
	char hex[2 * NSID_MAX + 1];

	switch (code) {
	case OPTION_NSID:
		if (b.n == 0)
			return; /* a query only asks for it */
		note_string(m->flow, m->from, &fields[NSID], hex_text(b, NSID_MAX, hex));
		return;
	case OPTION_COOKIE:
		note(m->flow, m->from, &fields[COOKIE]);
		return;
	case OPTION_EDE:
		if (b.n < 2 || m->nerrors++ >= ERRORS_MAX)
			return;
		note_uint(m->flow, m->from, &fields[EDE_CODE], (uint64_t)(b.p[0] << 8 | b.p[1]));
		if (b.n > 2)
			note_text(
			    m->flow, m->from, &fields[EDE_TEXT],
			    (struct bytes){b.p + 2, b.n - 2 < ERROR_TEXT ? b.n - 2 : ERROR_TEXT});
		return;
	default:
		return;
	}
}

static void
take_additional(struct message *m, const struct record *r, struct cursor *data)
{
	if (r->type != TYPE_OPT || m->opt)
		return;
	m->opt = true;
	/* RFC 6891, 6.1.3: the class is the size, the TTL begins with the upper rcode bits. */
	note_uint(m->flow, m->from, &fields[EDNS], r->class);
	m->rcode |= r->ttl >> 24 << 4;
	while (data->err == CURSOR_OK && cursor_left(data) > 0) {
		uint16_t code = get_be16(data);
		struct bytes b = get_bytes(data, get_be16(data));

		if (data->err == CURSOR_OK)
			take_option(m, code, b);
	}
}

static void
take_section(struct message *m, unsigned section, struct cursor *c)
{
	for (unsigned i = 0; i < m->count[section] && c->err == CURSOR_OK; i++) {
		struct record r = {.at = (size_t)(c->p - c->base), .first = i == 0};

		r.pointer = skip_name(c);
		r.bare = r.pointer && (size_t)(c->p - c->base) == r.at + 2;
		r.type = get_be16(c);
		r.class = get_be16(c);
		r.ttl = get_be32(c);

		struct cursor data = get_fenced(c, get_be16(c));

		if (c->err != CURSOR_OK)
			return;
		if (section == 1 && m->flags & FLAG_QR)
			take_answer(m, &r, &data);
		else if (section == 2 && r.type == TYPE_SOA && m->flags & FLAG_QR)
			take_soa(m, &data);
		else if (section == 3)
			take_additional(m, &r, &data);
	}
}

/* Follows the aliases from the name asked for, whatever their order, and says whether an
 * answer speaks of another name. */
static bool
has_foreign(struct message *m)
{
	bool more = true;

	while (more) {
		more = false;
		for (unsigned i = 0; i < m->nlinks; i++) {
			const struct link *from = &m->links[i];

			for (unsigned j = 0; from->reached && from->target && j < m->nlinks; j++)
				if (!m->links[j].reached && m->links[j].owner == from->target)
					m->links[j].reached = more = true;
		}
	}
	for (unsigned i = 0; i < m->nlinks; i++)
		if (!m->links[i].reached)
			return true;
	return false;
}

static void
note_header(struct message *m)
{
	bool response = m->flags & FLAG_QR;

	m->told = true;
	note(m->flow, m->from, &fields[response ? RESPONSE : QUERY]);
	note_uint(m->flow, m->from, &fields[ID], m->id);
	note_uint(m->flow, m->from, &fields[FLAGS], m->flags);
	/* A question has no records but its OPT, so its counts are told only if there are any. */
	for (unsigned i = 1; i < 4; i++)
		if (response || m->count[i])
			note_uint(m->flow, m->from, &fields[ANSWERS + i - 1], m->count[i]);
}

/* Reads and notes header and questions. Of several questions, which no server answers
 * (RFC 9619), the first is told. */
static void
take_questions(struct message *m, struct cursor *c)
{
	struct name name;
	uint16_t type, class;

	if (m->count[0] == 0) {
		note_header(m);
		return;
	}
	get_name(c, &name);
	type = get_be16(c);
	class = get_be16(c);
	if (c->err == CURSOR_SHORT && m->count[0] > 1)
		c->err = CURSOR_BAD; /* neither cut nor a usual question: not DNS */
	if (c->err != CURSOR_BAD)
		note_header(m);
	if (c->err != CURSOR_OK)
		return;
	if (name.capitals)
		note_text(m->flow, m->from, &fields[QRY_CASE], name_bytes(&name));
	name_lower(&name);
	note_text(m->flow, m->from, &fields[QRY_NAME], name_bytes(&name));
	note_uint(m->flow, m->from, &fields[QRY_TYPE], type);
	if (class != CLASS_IN)
		note_uint(m->flow, m->from, &fields[QRY_CLASS], class);
	if (m->flags & FLAG_QR && m->count[1])
		m->question = name_hash(&name);
	for (unsigned i = 1; i < m->count[0] && c->err == CURSOR_OK; i++) {
		skip_name(c);
		skip_bytes(c, 4);
	}
}

/* IANA: QUERY, IQUERY, STATUS, NOTIFY, UPDATE share the format of RFC 1035; DSO (6) has only
 * its header, and the others are unassigned. */
static bool
opcode_known(uint16_t flags)
{
	unsigned opcode = (flags & OPCODE) >> 11;

	return opcode <= 6 && opcode != 3;
}

static void
take_message(struct message *m, struct cursor *c)
{
	take_questions(m, c);
	for (unsigned section = 1; section < 4; section++)
		take_section(m, section, c);
	if (c->err == CURSOR_BAD && !m->told)
		return;
	if (m->question && c->err != CURSOR_BAD && has_foreign(m))
		note(m->flow, m->from, &fields[FOREIGN]);
	if (m->flags & FLAG_QR)
		note_uint(m->flow, m->from, &fields[RCODE_], m->rcode);
	if (m->flags & FLAG_QR && m->rcode)
		note_addr(m->flow, m->from, &fields[DENIED_BY], &m->flow->addr[m->from]);
	if (c->err == CURSOR_SHORT)
		note(m->flow, m->from, &fields[SHORT_]);
	else if (c->err == CURSOR_OK && cursor_left(c) > 0)
		note_uint(m->flow, m->from, &fields[TRAILING], cursor_left(c));
}

/* Flags that a client may set in a question: RD, AD, CD (RFC 6840, 5.7 and 5.9). */
enum { FLAG_RD = 0x0100, QUERY_FLAGS = 0x0130 };
/* NetBIOS names have the shape of DNS, but ask for this type (RFC 1002, 4.2.1.3). */
#define TYPE_NB 32
#define QUESTIONS_PLAUSIBLE 4u /* more than one is no longer legal (RFC 9619), but was tried */
#define QUERY_EXTRAS 2u        /* OPT and TSIG */

/* Are these the bytes of a message of `total` bytes? MAYBE if only the port can tell. */
static enum guess
guess_message(struct bytes b, size_t total)
{
	struct cursor c = cursor_over(b, CURSOR_SHORT);
	uint16_t flags, count[4], type, class;
	struct name name;
	size_t records;

	get_be16(&c);
	flags = get_be16(&c);
	for (unsigned i = 0; i < 4; i++)
		count[i] = get_be16(&c);
	if (!opcode_known(flags) || flags & FLAG_Z || count[0] > QUESTIONS_PLAUSIBLE)
		return NO;
	if (!(flags & FLAG_QR) && (flags & RCODE || (c.err == CURSOR_OK && count[0] == 0)))
		return NO;
	if (c.err != CURSOR_OK || count[0] != 1)
		return MAYBE;
	get_name(&c, &name);
	type = get_be16(&c);
	class = get_be16(&c);
	if (c.err != CURSOR_OK)
		return c.err == CURSOR_SHORT ? MAYBE : NO;
	/* Stubs ask for recursion; mDNS and LLMNR, which look the same, never do. */
	if (flags & OPCODE || !(flags & FLAG_RD) || type == 0 || type == TYPE_NB ||
	    class != CLASS_IN || memchr(name.text, '\\', name.n))
		return MAYBE;
	records = (size_t)count[1] + count[2] + count[3];
	if (!(flags & FLAG_QR) && (flags & ~QUERY_FLAGS || records > QUERY_EXTRAS))
		return MAYBE;
	if (records == 0)
		return (size_t)(c.p - c.base) == total ? YES : MAYBE;
	/* The shortest record has a root name, type, class, TTL and length: 11 bytes. */
	return total - (size_t)(c.p - c.base) >= 11 * records ? YES : MAYBE;
}

static enum guess
probe(struct bytes first, enum side from)
{
	struct cursor c = cursor_over(first, CURSOR_SHORT);
	enum guess datagram = guess_message(first, first.n), stream = NO;
	size_t total = get_be16(&c);
	struct bytes b = get_bytes(&c, cursor_left(&c));

	(void)from; /* either side may be seen first, and forged answers come from anywhere */
	if (c.err != CURSOR_OK)
		stream = MAYBE;
	else if (total >= HEADER)
		stream = guess_message((struct bytes){b.p, b.n < total ? b.n : total}, total);
	return datagram > stream ? datagram : stream;
}

static void
message(struct flow *f, enum side from, struct cursor *in)
{
	bool stream = flow_carrier(f) == STREAM;
	struct message m = {.flow = f, .from = from};
	struct cursor c;

	m.all = get_bytes(in, stream ? get_be16(in) : cursor_left(in));
	if (in->err != CURSOR_OK)
		return;
	c = cursor_over(m.all, CURSOR_SHORT);
	m.id = get_be16(&c);
	m.flags = get_be16(&c);
	for (unsigned i = 0; i < 4; i++)
		m.count[i] = get_be16(&c);
	m.rcode = m.flags & RCODE;
	if (c.err != CURSOR_OK) {
		/* Cut by the capture before the header's end: nothing can be said. */
		if (stream || in->at_end == CURSOR_BAD)
			set_bad(in);
		return;
	}
	if (opcode_known(m.flags))
		take_message(&m, &c);
	if (!m.told || c.err == CURSOR_BAD)
		set_bad(in);
}

static const uint16_t ports[] = {53, 0};

const struct dissector dissector_dns = {
    .name = "dns",
    .title = "Domain Name System",
    .spec = "RFC 1035",
    .carriers = 1u << DATAGRAMS | 1u << STREAM,
    .ports = ports,
    .fields = fields,
    .message_max = 2 + 65535, /* RFC 1035, 4.2.2 */
    .probe = probe,
    .message = message,
};
