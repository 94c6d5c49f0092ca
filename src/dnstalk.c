/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a DNS answer that is suspected is told: its name, its packets, its denial. */
#include "dnstalk.h"

#include <stdio.h>

/* Types that only questions have, and that any record answers: IXFR, AXFR, MAILB, MAILA, ANY
 * (RFC 1035, 3.2.3; RFC 1995). */
#define QTYPE_FIRST 251

bool
dns_wrong_type(const struct dns_message *query, const struct dns_message *answer)
{
	return answer->rcode == DNS_NOERROR && answer->naddr && !answer->typed &&
	       !(query->type >= QTYPE_FIRST && query->type <= DNS_ANY);
}

struct finding *
dns_finding(const struct dns_talk *t, size_t q, size_t answer, enum mechanism mechanism)
{
	struct finding *f = finding_new(t->l, mechanism, t->m[answer].mark->nsec);
	struct bytes asked = t->m[q].name;
	char name[NAME_MAX_TEXT];

	snprintf(name, sizeof name, "%.*s", (int)asked.n, (const char *)asked.p);
	f->direction = TO_CLIENT;
	f->stage = STAGE_DNS;
	finding_trigger(f, TRIGGER_DNS_NAME, name, BASIS_CONTENT);
	f->name = f->trigger_value;
	return f;
}

struct cite *
dns_cite(struct finding *f, const struct dns_talk *t, size_t i, enum role role)
{
	const struct dns_message *m = &t->m[i];
	struct cite *c = finding_cite(f, m->mark->at, role);
	char text[ADDR_TEXT_MAX];

	if (m->naddr)
		finding_observe(f, c, addr_is_v4(&m->addr[0]) ? "dns.a" : "dns.aaaa", NULL, "%s",
				addr_text(&m->addr[0], text));
	else
		finding_observe(f, c, "dns.flags.rcode", NULL, "%u", (unsigned)m->rcode);
	if (m->ede >= 0)
		finding_observe(f, c, "dns.ede.code", NULL, "%ld", m->ede);
	if (m->ede_text.n)
		finding_observe(f, c, "dns.ede.text", NULL, "%.*s", (int)m->ede_text.n,
				(const char *)m->ede_text.p);
	if (t->packet[i])
		finding_observe(f, c, "ip.ttl", NULL, "%u", t->packet[i]->ttl);
	return c;
}

void
dns_weigh_negative(struct finding *f, enum dns_rcode rcode, bool soa, struct ref at)
{
	if (rcode == DNS_NXDOMAIN)
		finding_weigh(f, "dns.nxdomain", at);
	else if (rcode == DNS_REFUSED)
		finding_weigh(f, "dns.refused", at);
	else
		finding_weigh(f, "dns.servfail", at);
	if (rcode == DNS_NXDOMAIN && !soa)
		finding_weigh(f, "dns.no_soa", at);
}

void
dns_explain_negative(struct finding *f, enum dns_rcode rcode, const char *resolver)
{
	finding_explain(f,
			rcode == DNS_NXDOMAIN  ? "The resolver %s says that %s does not exist."
			: rcode == DNS_REFUSED ? "The resolver %s refuses to answer for %s."
					       : "The resolver %s says that it cannot find an "
						 "answer for %s.",
			resolver, f->name);
}
