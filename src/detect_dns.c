/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS answers that contradict each other (Hold-On: Duan et al. 2012), that cannot be true, or
 * that say themselves that they are false (RFC 8914). */
#include "detect.h"
#include "weigh.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages of one flow that are compared; a flow of more is judged in parts. */
#define MESSAGES_MAX 96
#define ADDRESSES_MAX 24
/* Answers to one query come within 5 s of each other (OONI's technique note). */
#define RACE (5 * NSEC_PER_SEC)

/* The paths of one sender's packets within seconds differ by a hop at most. */
#define TTL_APART 2

struct message {
	const struct fact *mark;
	bool response, edns, bogon, soa, foreign;
	uint64_t id, type, flags, rcode, answers, record_ttl;
	long ede; /* -1: none */
	struct bytes name, cname;
	struct addr addr[ADDRESSES_MAX];
	size_t naddr;
	const struct trace *packet; /* NULL if it was not kept */
	double odd;                 /* how much speaks for a forgery */
};

enum key {
	ID,
	FLAGS,
	RCODE,
	NAME,
	TYPE,
	ANSWERS,
	RECORD_TTL,
	EDNS,
	SOA,
	CNAME,
	EDE,
	A,
	AAAA,
	RESPONSE,
	NKEYS
};

static const char *const key_names[NKEYS] = {"dns.id",       "dns.flags",    "dns.flags.rcode",
					     "dns.qry.name", "dns.qry.type", "dns.count.answers",
					     "dns.resp.ttl", "dns.edns",     "dns.soa.mname",
					     "dns.cname",    "dns.ede.code", "dns.a",
					     "dns.aaaa",     "dns.response"};

/* The fields by key, looked up once for a flow rather than for each of its facts. */
struct keys {
	const struct field *field[NKEYS];
};

static enum key
key_of(const struct keys *k, const struct fact *fact)
{
	enum key i = 0;

	while (i < NKEYS && k->field[i] != fact->field)
		i++;
	return i;
}

static void
read_fact(struct message *m, enum key key, const struct fact *fact, const struct fingerprints *db)
{
	switch (key) {
	case ID:
		m->id = fact->u;
		break;
	case FLAGS:
		m->flags = fact->u;
		break;
	case RCODE:
		m->rcode = fact->u;
		break;
	case NAME:
		m->name = fact->text;
		break;
	case TYPE:
		m->type = fact->u;
		break;
	case ANSWERS:
		m->answers = fact->u;
		break;
	case RECORD_TTL:
		m->record_ttl = fact->u;
		break;
	case EDNS:
		m->edns = true;
		break;
	case SOA:
		m->soa = true;
		break;
	case CNAME:
		m->cname = fact->text;
		break;
	case EDE:
		m->ede = (long)fact->u;
		break;
	case A:
	case AAAA:
		if (m->naddr == ADDRESSES_MAX)
			break;
		m->bogon |= fingerprints_listed_addr(db, "bogons", &fact->addr) != NULL;
		m->addr[m->naddr++] = fact->addr;
		break;
	case RESPONSE:
		m->response = true;
		break;
	case NKEYS:
		break;
	}
}

static size_t
read_messages(struct message *m, const struct look *l, const struct fingerprints *db)
{
	struct keys keys;
	size_t n = 0;
	uint32_t current = 0;

	for (enum key k = 0; k < NKEYS; k++)
		keys.field[k] = field_named(key_names[k]);
	for (size_t i = 0; i < l->flow->nfacts; i++) {
		const struct fact *fact = &l->flow->facts[i];

		if (fact->message <= l->flow->judged || strncmp(fact->field->name, "dns.", 4) != 0)
			continue;
		if (n == 0 || fact->message != current) {
			if (n == MESSAGES_MAX)
				break;
			memset(&m[n], 0, sizeof m[n]);
			m[n].mark = fact;
			m[n].name.p = (const uint8_t *)""; /* may have no question */
			m[n].ede = -1;
			m[n].packet = look_packet(l, fact->at);
			current = fact->message;
			n++;
		}
		read_fact(&m[n - 1], key_of(&keys, fact), fact, db);
	}
	return n;
}

static bool
same_question(const struct message *a, const struct message *b)
{
	return a->id == b->id && a->type == b->type && a->name.n == b->name.n &&
	       memcmp(a->name.p, b->name.p, a->name.n) == 0;
}

/* Two addresses of one operator's block tell the same story (dossier 1.2: same /24). */
static bool
neighbours(const struct addr *a, const struct addr *b)
{
	if (addr_is_v4(a) != addr_is_v4(b))
		return false;
	return memcmp(a->b, b->b, addr_is_v4(a) ? 15 : 6) == 0;
}

/* Could one sender have made both? A forger's false address may happen to lie beside the true
 * one: China's are drawn from the networks of the very companies that are asked for (Hoang et al.
 * 2021). */
static bool
same_teller(const struct message *a, const struct message *b)
{
	int apart = a->packet && b->packet ? abs(a->packet->ttl - b->packet->ttl) : 0;

	return a->edns == b->edns && apart < TTL_APART;
}

static bool
same_content(const struct message *a, const struct message *b)
{
	if (a->rcode != b->rcode)
		return false;
	if (a->naddr == 0 && b->naddr == 0)
		return a->answers == b->answers || !(a->answers && b->answers) ||
		       a->cname.n == b->cname.n;
	for (size_t i = 0; i < a->naddr; i++)
		for (size_t k = 0; k < b->naddr; k++)
			if (addr_equal(&a->addr[i], &b->addr[k]) ||
			    (same_teller(a, b) && neighbours(&a->addr[i], &b->addr[k])))
				return true;
	return false;
}

/* Names that mean nothing outside one's own network (RFC 6761, 6762, 8375, 9476 and usage). */
static bool
is_local_name(struct bytes n)
{
	static const char *const ends[] = {
	    ".local",    ".lan",         ".home",    ".internal",  ".arpa", ".localhost", ".corp",
	    ".intranet", ".localdomain", ".private", ".home.arpa", ".alt",  NULL};

	if (!memchr(n.p, '.', n.n))
		return true;
	for (const char *const *e = ends; *e; e++) {
		size_t k = strlen(*e);

		if (n.n >= k && memcmp(n.p + n.n - k, *e, k) == 0)
			return true;
	}
	return false;
}

/* Ad blockers answer with "nothing" or "here" on purpose. */
static bool
is_sinkhole(const struct message *m)
{
	for (size_t i = 0; i < m->naddr; i++) {
		struct addr any4 = addr_from_v4((const uint8_t[4]){0, 0, 0, 0});
		struct addr any6 = {{0}};

		if (addr_equal(&m->addr[i], &any4) || addr_equal(&m->addr[i], &any6))
			return true;
	}
	return false;
}

static void
judge_oddness(struct message *m, const struct message *query, const struct message *others,
	      size_t n, const struct look *l)
{
	bool edns_elsewhere = false;
	size_t count;
	int usual, jump;

	for (size_t i = 0; i < n; i++)
		edns_elsewhere |= others[i].response && others[i].edns;
	m->odd = 0;
	if (m->bogon)
		m->odd += 3;
	if (query->edns && !m->edns)
		m->odd += edns_elsewhere ? 2 : 0.5;
	if ((m->flags & 0x0480) == 0x0480)
		m->odd += 0.5; /* AA and RA: from a resolver that claims to be the authority */
	if (m->packet) {
		jump = look_ttl_jump(l, m->packet, &usual, &count);
		if (count && jump >= 3)
			m->odd += 0.5;
		if (m->packet->ip_id <= 1 && !(m->packet->bits & PKT_DF))
			m->odd += 0.5;
	}
	for (size_t i = 0; i < n; i++)
		if (others[i].response && &others[i] != m && !same_content(&others[i], m) &&
		    others[i].answers > m->answers)
			m->odd += 0.5;
}

static void
cite_answer(struct finding *f, const struct message *m, enum role role)
{
	struct cite *c = finding_cite(f, m->mark->at, role);
	char text[ADDR_TEXT_MAX];

	if (m->naddr)
		finding_observe(f, c, addr_is_v4(&m->addr[0]) ? "dns.a" : "dns.aaaa", NULL, "%s",
				addr_text(&m->addr[0], text));
	else
		finding_observe(f, c, "dns.flags.rcode", NULL, "%u", (unsigned)m->rcode);
	if (m->packet)
		finding_observe(f, c, "ip.ttl", NULL, "%u", m->packet->ttl);
}

/* One query, answers that differ. */
static bool
detect_race(const struct detection *d, const struct look *l, struct message *m, size_t n, size_t q)
{
	struct suspicion x = {0};
	struct finding *f;
	size_t answers[16], na = 0, queries = 0, truth = 0;
	bool differ = false, edns_lost = false, bogon = false;
	char name[NAME_MAX_TEXT];

	for (size_t i = 0; i < n && na < 16; i++) {
		if (!same_question(&m[i], &m[q]))
			continue;
		if (!m[i].response) {
			queries++;
			if (i < q)
				return false; /* judged with the first of the queries */
		} else if (i > q && m[i].mark->nsec - m[q].mark->nsec < RACE + 5 * NSEC_PER_SEC) {
			answers[na++] = i;
		}
	}
	if (na < 2)
		return false;
	for (size_t i = 0; i < na; i++) {
		struct message *a = &m[answers[i]];

		judge_oddness(a, &m[q], m, n, l);
		differ |= !same_content(a, &m[answers[0]]);
	}
	if (!differ)
		return false;
	for (size_t i = 1; i < na; i++) {
		double best = m[answers[truth]].odd;

		/* Of equals the later one is believed: an injector exists to be first. */
		if (m[answers[i]].odd <= best)
			truth = i;
	}
	f = finding_new(l, DNS_INJECTION, m[answers[0]].mark->nsec);
	f->direction = TO_CLIENT;
	f->stage = STAGE_DNS;
	for (size_t i = 0; i < na; i++) {
		struct message *a = &m[answers[i]];

		if (same_content(a, &m[answers[truth]])) {
			cite_answer(f, a, i == truth ? ROLE_CONTRADICTION : ROLE_BASELINE);
			continue;
		}
		cite_answer(f, a, ROLE_INJECTED);
		bogon |= a->bogon;
		edns_lost |= m[q].edns && !a->edns && m[answers[truth]].edns;
		if (!x.answer_nsec) {
			x.answer_nsec = a->mark->nsec - m[q].mark->nsec;
			x.answer_ttl = a->packet ? a->packet->ttl : 0;
		}
	}
	finding_weigh(f, "dns.race", m[answers[truth]].mark->at);
	if (queries >= na)
		finding_weigh(f, "dns.asked_again", m[q].mark->at);
	if (bogon)
		finding_weigh(f, "dns.bogon", m[answers[0]].mark->at);
	if (edns_lost)
		finding_weigh(f, "dns.edns_lost", m[answers[0]].mark->at);
	if (m[answers[truth]].odd + 0.4 < m[answers[truth ? 0 : 1]].odd)
		finding_weigh(f, "dns.style", m[answers[0]].mark->at);
	finding_cite(f, m[q].mark->at, ROLE_TRIGGER);
	snprintf(name, sizeof name, "%.*s", (int)m[q].name.n, (const char *)m[q].name.p);
	finding_trigger(f, TRIGGER_DNS_NAME, name, BASIS_CONTENT);
	f->name = f->trigger_value;
	finding_excludes(f, "one resolver with several addresses",
			 "%zu answers to one query share no address and no network", na);
	finding_explain(
	    f,
	    "Somebody else answered the question for the address of %s: one query drew answers "
	    "that contradict each other.",
	    name);
	x.finding = f;
	d->suspect(d->context, l, &x);
	return true;
}

static bool
is_private(const struct addr *a, const struct fingerprints *db)
{
	return fingerprints_listed_addr(db, "bogons", a) != NULL;
}

/* A single answer that looks false by itself. */
static void
detect_false(const struct detection *d, const struct look *l, const struct message *q,
	     const struct message *a)
{
	struct suspicion x = {0};
	struct finding *f;
	bool resolver_private = is_private(&l->flow->addr[SERVER], d->fingerprints);
	bool negative = a->rcode == 3 || a->rcode == 5 || (a->rcode == 2 && a->ede >= 0);
	bool declared = a->ede == 4 || (a->ede >= 15 && a->ede <= 17);
	bool bogon = a->bogon && !is_local_name(a->name);
	char name[NAME_MAX_TEXT], resolver[ADDR_TEXT_MAX];

	if ((!negative && !declared && !bogon) || is_local_name(a->name))
		return;
	f = finding_new(l, DNS_TAMPERING, a->mark->nsec);
	f->direction = TO_CLIENT;
	f->stage = STAGE_DNS;
	cite_answer(f, a, ROLE_INJECTED);
	finding_cite(f, q->mark->at, ROLE_TRIGGER);
	if (bogon)
		finding_weigh(f, is_sinkhole(a) ? "dns.sinkhole" : "dns.bogon", a->mark->at);
	if (bogon && resolver_private)
		finding_weigh(f, "dns.local_resolver", a->mark->at);
	if (bogon && !resolver_private)
		finding_weigh(f, "dns.public_resolver", a->mark->at);
	if (negative)
		finding_weigh(f, a->rcode == 3 ? "dns.nxdomain" : "dns.refused", a->mark->at);
	if (declared)
		finding_weigh(f, a->ede == 16 || a->ede == 4 ? "dns.censored" : "dns.filtered",
			      a->mark->at);
	if (q->edns && !a->edns)
		finding_weigh(f, "dns.edns_missing", a->mark->at);
	snprintf(name, sizeof name, "%.*s", (int)a->name.n, (const char *)a->name.p);
	finding_trigger(f, TRIGGER_DNS_NAME, name, BASIS_CONTENT);
	f->name = f->trigger_value;
	addr_text(&l->flow->addr[SERVER], resolver);
	if (bogon)
		finding_explain(
		    f,
		    "The answer to the question for the address of %s, in the name of %s, points "
		    "into a network where no public server can be.",
		    name, resolver);
	else if (declared)
		finding_explain(f,
				"The resolver %s says itself that it does not answer truly for %s.",
				resolver, name);
	else
		finding_explain(f,
				a->rcode == 3 ? "The resolver %s says that %s does not exist."
					      : "The resolver %s refuses to answer for %s.",
				resolver, name);
	x.finding = f;
	x.answer_nsec = a->mark->nsec - q->mark->nsec;
	x.answer_ttl = a->packet ? a->packet->ttl : 0;
	d->suspect(d->context, l, &x);
}

void
detect_dns(const struct detection *d, const struct look *l)
{
	struct message m[MESSAGES_MAX];
	size_t n;

	if (!flow_first(l->flow, "dns.response"))
		return;
	n = read_messages(m, l, d->fingerprints);
	for (size_t q = 0; q < n; q++) {
		if (m[q].response || (l->flow->proto == IPPROTO_UDP && detect_race(d, l, m, n, q)))
			continue;
		for (size_t i = q + 1; i < n; i++) {
			if (!m[i].response || !same_question(&m[i], &m[q]))
				continue;
			detect_false(d, l, &m[q], &m[i]);
			break;
		}
	}
}
