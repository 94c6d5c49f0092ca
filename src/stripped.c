/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTPS records without the key for Encrypted Client Hello, where another resolver gives it and
 * this one gives other names' keys (RFC 9460, RFC 9848): without the key a browser says the name in
 * clear. A resolver that knows no such records gives nobody's. */
#include "stripped.h"
#include "accuse.h"
#include "control.h"
#include "dnsread.h"

#include <string.h>

struct contrast {
	const struct episode *elsewhere; /* another resolver, the same name, with the key */
	const struct episode *others;    /* this resolver, another name, with the key */
	const struct episode *later;     /* this resolver, the same name, with the key afterwards */
};

static void
ask(const struct judge *j, const struct episode *me, const struct episode *run, size_t n,
    struct contrast *c)
{
	const struct episode *e;
	size_t i = SIZE_MAX, asked = 0;

	memset(c, 0, sizeof *c);
	while (asked++ < ASK_MAX && (e = history_named(j->history, me->name, &i))) {
		if (!e->dns_key || !episodes_near(e, me, COMPARABLE))
			continue;
		if (!addr_equal(&e->server, &me->server))
			c->elsewhere = e;
		else if (e->first > me->first)
			c->later = e;
	}
	for (size_t k = 0; k < n && k < ASK_MAX && !c->others; k++)
		if (run[k].dns_key && run[k].name != me->name &&
		    episodes_near(&run[k], me, COMPARABLE))
			c->others = &run[k];
}

static void
judge_answer(struct judge *j, const struct episode *me, const struct episode *run, size_t n)
{
	char resolver[ADDR_TEXT_MAX];
	struct suspicion s;
	struct contrast c;
	struct finding *f;

	ask(j, me, run, n, &c);
	if (!c.elsewhere || !c.others)
		return;
	f = dns_accuse(me, PROTOCOL_STRIPPING, me->alive_at, &s);
	finding_trigger(f, TRIGGER_ECH, me->name, BASIS_CONTENT);
	finding_weigh(f, "ech.missing", me->alive_at);
	control(f, "control.key_elsewhere", c.elsewhere, "another resolver gives the key");
	control(f, "control.other_keys", c.others, "the same resolver gives another name's key");
	/* The zone began to offer it, and a cache had to run out. */
	if (c.later)
		finding_weigh(f, "dns.learnt_later", c.later->alive_at);
	finding_explain(f,
			"The answer of the resolver %s lacks the key that would hide the name %s "
			"from the network: another resolver gives it, and this one gives others'.",
			addr_text(&me->server, resolver), me->name);
	judge_keep(j, &s, me);
}

void
judge_stripped(struct judge *j, const struct episode *all, size_t n)
{
	for (size_t from = 0, to; from < n; from = to) {
		bool keys = false;

		for (to = from; to < n && addr_equal(&all[to].server, &all[from].server); to++)
			keys |= all[to].dns_key;
		for (size_t i = from; keys && i < to; i++)
			if (all[i].dns && all[i].took && all[i].name && !all[i].dns_key &&
			    all[i].dns_type == DNS_HTTPS && !dns_is_suspected(j, j->n, &all[i]))
				judge_answer(j, &all[i], &all[from], to - from);
	}
}
