/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DNS messages of a flow, put together again from their facts. */
#include "dnsread.h"
#include "fieldmap.h"

#include <string.h>

/* RFC 1035, 3.2.2; RFC 6672. */
enum { TYPE_CNAME = 5, TYPE_DNAME = 39 };

enum key {
	QUERY,
	RESPONSE,
	ID,
	FLAGS,
	NAME,
	TYPE,
	ANSWERS,
	RECORD_TTL,
	RECORD_TYPE,
	A,
	AAAA,
	RCODE,
	EDNS,
	SOA,
	CNAME,
	ECH,
	EDE,
	EDE_TEXT,
	NKEYS
};

static const char *const key_names[NKEYS] = {
    "dns.query",    "dns.response",      "dns.id",       "dns.flags",     "dns.qry.name",
    "dns.qry.type", "dns.count.answers", "dns.resp.ttl", "dns.resp.type", "dns.a",
    "dns.aaaa",     "dns.flags.rcode",   "dns.edns",     "dns.soa.mname", "dns.cname",
    "dns.svcb.ech", "dns.ede.code",      "dns.ede.text"};

static void
read_number(struct dns_message *m, enum key key, uint64_t u)
{
	switch (key) {
	case ID:
		m->id = u;
		break;
	case FLAGS:
		m->flags = u;
		break;
	case TYPE:
		m->type = u;
		break;
	case ANSWERS:
		m->answers = u;
		break;
	case RECORD_TTL:
		m->record_ttl = u;
		break;
	case RECORD_TYPE:
		m->typed |= u == m->type || u == TYPE_CNAME || u == TYPE_DNAME;
		break;
	case RCODE:
		m->rcode = u;
		break;
	case EDE:
		if (m->ede < 0)
			m->ede = (long)u;
		break;
	default:
		break;
	}
}

static void
read_fact(struct dns_message *m, enum key key, const struct fact *fact)
{
	switch (key) {
	case RESPONSE:
		m->response = true;
		break;
	case NAME:
		m->name = fact->text;
		break;
	case CNAME:
		m->cname = fact->text;
		break;
	case EDE_TEXT:
		m->ede_text = fact->text;
		break;
	case EDNS:
		m->edns = true;
		break;
	case ECH:
		m->ech = true;
		break;
	case SOA:
		m->soa = true;
		m->soa_name = fact->text;
		break;
	case A:
	case AAAA:
		if (m->naddr < DNS_ADDRESSES_MAX)
			m->addr[m->naddr++] = fact->addr;
		break;
	default:
		read_number(m, key, fact->u);
		break;
	}
}

/* Only what is used is cleared: most messages have no or few addresses. */
static void
begin(struct dns_message *m, const struct fact *fact)
{
	static const struct bytes none = {(const uint8_t *)"", 0};

	memset(m, 0, offsetof(struct dns_message, addr));
	m->naddr = 0;
	m->mark = fact;
	m->name = m->cname = m->ede_text = m->soa_name = none;
	m->ede = -1;
}

size_t
dns_read(const struct flow *f, struct dns_message *ret, size_t max)
{
	static struct fieldmap map;
	size_t n = 0;
	uint32_t current = 0;

	fieldmap_fill(&map, key_names, NKEYS);
	for (size_t i = 0; i < f->nfacts; i++) {
		const struct fact *fact = &f->facts[i];
		unsigned key;

		if (fact->message <= f->judged)
			continue;
		key = fieldmap_find(&map, fact->field);
		if (key == FIELDMAP_NONE)
			continue;
		if (n == 0 || fact->message != current) {
			if (n == max)
				break;
			begin(&ret[n++], fact);
			current = fact->message;
		}
		read_fact(&ret[n - 1], (enum key)key, fact);
	}
	return n;
}

bool
dns_same_question(const struct dns_message *a, const struct dns_message *b)
{
	return a->id == b->id && a->type == b->type && a->name.n == b->name.n &&
	       memcmp(a->name.p, b->name.p, a->name.n) == 0;
}

const struct dns_message *
dns_answer(const struct dns_message *m, size_t n, size_t q)
{
	for (size_t i = q + 1; i < n; i++)
		if (m[i].response && dns_same_question(&m[i], &m[q]))
			return &m[i];
	return NULL;
}
