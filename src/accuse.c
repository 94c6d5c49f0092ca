/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accuses DNS answers when all of them are known. */
#include "accuse.h"
#include "cited.h"
#include "control.h"

struct finding *
dns_accuse(const struct episode *e, enum mechanism mechanism, struct ref at, struct suspicion *ret)
{
	struct finding *f = episode_accuse(e, mechanism, e->alive_nsec);
	struct cite *c;

	f->direction = TO_CLIENT;
	f->stage = STAGE_DNS;
	c = finding_cite(f, at, ROLE_INJECTED);
	if (ref_equal(at, e->alive_at))
		cited_tell(f, c, e->alive_nsec, SERVER, "DNS answer for %s", e->name);
	else if (ref_equal(at, e->first_at))
		cited_tell(f, c, e->first, CLIENT, "DNS question for %s", e->name);
	c = finding_cite(f, e->first_at, ROLE_TRIGGER);
	cited_tell(f, c, e->first, CLIENT, "DNS question for %s", e->name);
	finding_trigger(f, TRIGGER_DNS_NAME, e->name, BASIS_CONTENT);
	*ret = (struct suspicion){.finding = f,
				  .answer_nsec = e->took,
				  .answer_ttl = e->ttl,
				  .no_edns = e->dns_asked_edns && !e->dns_edns};
	return f;
}

bool
dns_is_suspected(const struct judge *j, size_t n, const struct episode *e)
{
	for (size_t i = 0; i < n; i++)
		if (episode_is_about(e, &j->candidates[i].episode) &&
		    j->candidates[i].suspicion.finding->trigger == TRIGGER_DNS_NAME)
			return true;
	return false;
}
