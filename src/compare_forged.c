/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that one end received and the other never sent.
 *
 * A packet that is missing in its alleged sender's capture was forged, or the capture missed it.
 * How often that capture misses packets is known: k of n that it must have seen, as what came after
 * them proves. So the odds are those of one forged packet among n, against Laplace's (k + 1) / (n +
 * 2) for one that was missed, which leaves 1 / (k + 1): never enough. A mark of its own must be
 * added, such as a TTL that none of the sender's packets arrives with, weighed by how often it is
 * met on packets that were sent for sure, or by the weights that were fitted on labelled captures
 * (weights.c). */
#include "compare_marks.h"
#include "weigh.h"

#include <math.h>
#include <stdlib.h>

/* Of what came of one act: as long as injectors repeat themselves (burst.again: seconds). */
#define ACT_NSEC (3 * NSEC_PER_SEC)
#define SUSPECTS_MAX 256 /* of a flow and direction; a look at each costs a look at the flow */
#define CITED_MAX 40     /* injected packets; finding.c cites 48 packets at most */

static double
weight_of(const struct way *w, const struct suspect *s)
{
	double sum = compare_absent(w->c, w->sender);

	for (size_t i = 0; i < NMARKS; i++)
		if (mark_counts(s->marks, i))
			sum += mark_weight(w, i);
	return sum;
}

/* --- what it is --- */

static enum mechanism
mechanism_of(const struct pair_flow *f, const struct pair_packet *p)
{
	if (p->proto == IPPROTO_UDP)
		return f->port[p->from] == 53 && p->from == 1 ? DNS_INJECTION : DATA_INJECTION;
	if (p->flags & TH_RST_)
		return RST_INJECTION;
	if (p->flags & TH_SYN_)
		return SYN_ACK_INJECTION;
	if (p->held >= 7 && memcmp(p->bytes, "HTTP/1.", 7) == 0)
		return BLOCK_PAGE;
	/* An alert's record: type 21, version 3.x, two bytes or more of it (RFC 8446, 5.1, 6). */
	if (p->held >= 7 && p->held < 64 && p->bytes[0] == 21 && p->bytes[1] == 3)
		return TLS_ALERT_INJECTION;
	if (p->len)
		return DATA_INJECTION;
	return p->flags & TH_FIN_ ? FIN_INJECTION : RST_INJECTION;
}

/* Of several that came of one act the one that says most gives it its name. */
static int
rank(enum mechanism m)
{
	static const enum mechanism order[] = {
	    RST_INJECTION,  FIN_INJECTION, SYN_ACK_INJECTION, TLS_ALERT_INJECTION,
	    DATA_INJECTION, BLOCK_PAGE,    DNS_INJECTION};
	int i = 0;

	while (order[i] != m)
		i++;
	return i;
}

static const char *const what_words[NMECHANISMS] = {
    [RST_INJECTION] = "a reset that ends the connection",
    [FIN_INJECTION] = "a FIN that ends the connection",
    [SYN_ACK_INJECTION] = "an answer to the request to connect",
    [TLS_ALERT_INJECTION] = "a TLS alert that ends the handshake",
    [DATA_INJECTION] = "data",
    [BLOCK_PAGE] = "a page",
    [DNS_INJECTION] = "an answer to a DNS query"};

static void
put_marks(const struct way *w, struct finding *f, const struct suspect *s)
{
	double prior, absent = compare_absent(w->c, w->sender);
	const struct pair_counts *n = &w->c->counts[w->sender];

	prior = -log((double)n->received + 2);
	finding_evidence(f, FAMILY_PRIOR, "both.prior", prior,
			 "of all packets that arrived, one may have been forged", (struct ref){0});
	finding_evidence(f, FAMILY_AFTER, "both.absent", absent - prior,
			 "the capture at its alleged sender's does not have it", s->p->at);
	for (size_t i = 0; i < NMARKS; i++)
		if (mark_counts(s->marks, i))
			finding_evidence(
			    f, mark_rows[i].mark == MARK_TTL ? FAMILY_HEADER : FAMILY_AFTER,
			    mark_rows[i].name, mark_weight(w, i), mark_rows[i].words,
			    mark_rows[i].mark & (MARK_TTL | MARK_EARLY | MARK_ABOVE | MARK_UNHEARD)
				? s->p->at
				: s->contradiction);
}

static void
observe(const struct way *w, struct finding *f, const struct pair_packet *p)
{
	struct cite *c = finding_cite(f, p->at, ROLE_INJECTED);
	char usual[8] = "";

	for (int t = 0; t < 256 && !*usual; t++)
		if (w->ttls[t])
			snprintf(usual, sizeof usual, "%d", t);
	finding_observe(f, c, "ip.ttl", *usual ? usual : NULL, "%u", p->ttl);
	if (p->ip_version == 4)
		finding_observe(f, c, "ip.id", NULL, "%u", p->ip_id);
	finding_observe(f, c, "compare.fate", "arrived", "never sent");
}

/* A true packet of the same sender's, in both captures: what it should have looked like. */
static void
cite_baseline(const struct way *w, struct finding *f)
{
	for (uint32_t i = w->flow[w->receiver]->n; i-- > 0;) {
		const struct pair_packet *p = way_packet(w, w->receiver, i), *q;

		if (p->from != w->from || !p->mate)
			continue;
		q = &w->c->ends[w->sender].packets[p->mate - 1];
		finding_observe(f, finding_cite(f, q->at, ROLE_BASELINE), "ip.ttl", NULL, "%u",
				q->ttl);
		finding_observe(f, finding_cite(f, p->at, ROLE_BASELINE), "ip.ttl", NULL, "%u",
				p->ttl);
		return;
	}
}

/* Where the forger sits at most: as far as it would be that began with a usual TTL. */
static void
place(const struct way *w, struct finding *f, const struct pair_packet *p)
{
	static const int begins[] = {64, 128, 255};
	int way = w->flow[NEAR]->hops[w->from];

	for (size_t i = 0; i < 3 && w->flow[NEAR]->hops_known[w->from]; i++) {
		int hops = begins[i] - p->ttl;

		if (hops < 0 || hops > way || w->ttls[p->ttl])
			continue;
		f->injector = (struct injector){
		    hops, (w->receiver == NEAR) != w->flow[NEAR]->flipped ? CLIENT : SERVER, "ttl"};
		return;
	}
}

/* The two directions of a flow's suspects. */
struct case_ {
	struct suspect *v[NENDS]; /* by receiver */
	size_t n[NENDS];
	struct way way[NENDS];
	struct sent_ttls *sent[NENDS]; /* by sender */
};

/* Those that are no true packets, with what belongs to them. Returns how many. */
static size_t
convict(struct way *w, struct suspect *v, size_t n)
{
	const struct suspect *sure = NULL;
	size_t guilty = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].weight = weight_of(w, &v[i]);
		if (v[i].marks && (!sure || v[i].weight > sure->weight))
			sure = &v[i];
	}
	if (!sure || 1 / (1 + exp(-sure->weight)) < CONFIDENCE_POSSIBLE)
		return 0;
	for (size_t i = 0; i < n; i++) {
		int64_t apart = v[i].p->nsec - sure->p->nsec;
		bool idle = v[i].p->proto == IPPROTO_TCP && !v[i].p->len && !(v[i].p->flags & 7);
		bool again = v[i].p->flags & sure->p->flags & TH_RST_ && v[i].p->flags & TH_ACK_;
		bool beside = v[i].p->ttl == sure->p->ttl &&
			      (again || (apart < ACT_NSEC && apart > -ACT_NSEC));

		if (v[i].marks ? v[i].weight <= 0 && !beside : (idle && !v[i].beside) || !beside)
			continue;
		v[i].p->fate = FATE_FORGED;
		guilty++;
	}
	return guilty;
}

static const struct suspect *
surest(const struct case_ *k, enum end receiver)
{
	const struct suspect *best = NULL;

	for (size_t i = 0; i < k->n[receiver]; i++) {
		const struct suspect *s = &k->v[receiver][i];

		if (s->p->fate == FATE_FORGED && s->marks && (!best || s->weight > best->weight))
			best = s;
	}
	return best;
}

static void
explain(const struct way *w, struct finding *f, const struct suspect *s, size_t n, size_t both)
{
	const char *who = w->receiver == NEAR ? "server's" : "client's";
	const char *where = w->receiver == NEAR ? "client's" : "server's";

	finding_explain(f,
			"The %s capture has %s in the other end's name (%zu packet%s%s), and the "
			"capture at the %s end shows that nobody there sent it: somebody on the "
			"way forged it.",
			where, what_words[f->mechanism], n, n == 1 ? "" : "s",
			both ? ", and others went the other way" : "", who);
	finding_excludes(f, "the capture at the alleged sender's missed the packet",
			 "it missed %llu of %llu packets that can be checked, and the packet has "
			 "marks of its own",
			 (unsigned long long)w->c->counts[w->sender].unsent,
			 (unsigned long long)w->c->counts[w->sender].received);
	finding_excludes(
	    f, "a NAT, firewall or balancer of one end's own network sent it",
	    "both captures show that it began between them, not whose device it was; compare the "
	    "number of hops with what you know of that network");
	(void)s;
}

/* What it answers, and the packet at which the name was said. */
static void
blame(const struct case_ *k, struct finding *f, const struct suspect *s, const struct way *w)
{
	const struct pair_name *name;
	int64_t near = w->receiver == NEAR ? s->p->nsec : clock_near(&w->c->clock, s->p->nsec);

	(void)k;
	name = pair_name(w->c, w->flow[NEAR], near);
	if (s->answered.frame)
		finding_cite(f, s->answered, ROLE_TRIGGER);
	if (!name)
		return;
	if (name->said_at.frame && name->said_nsec <= near) {
		finding_trigger(f, name->said, name->name, BASIS_CONTENT);
		finding_cite(f, name->said_at, ROLE_TRIGGER);
	}
}

/* An end that was reset has no connection left: it answers by bare resets (RFC 9293, 3.10.7.1), and
 * one with an acknowledgement comes from whoever reset both. */
static size_t
cross(struct case_ *k, enum end receiver)
{
	const struct suspect *other = surest(k, other_end(receiver));
	const struct pair_clock *clock = &k->way[NEAR].c->clock;
	size_t n = 0;

	for (size_t i = 0; other && i < k->n[receiver]; i++) {
		struct pair_packet *p = k->v[receiver][i].p;
		int64_t apart = receiver == NEAR ? p->nsec - clock_near(clock, other->p->nsec)
						 : clock_near(clock, p->nsec) - other->p->nsec;

		if ((p->flags & (TH_RST_ | TH_ACK_)) != (TH_RST_ | TH_ACK_) ||
		    !(other->p->flags & TH_RST_) || apart > ACT_NSEC || apart < -ACT_NSEC)
			continue;
		p->fate = FATE_FORGED;
		n++;
	}
	return n;
}

static void
accuse(struct case_ *k)
{
	size_t n[NENDS] = {convict(&k->way[NEAR], k->v[NEAR], k->n[NEAR]),
			   convict(&k->way[FAR], k->v[FAR], k->n[FAR])};
	const struct suspect *s[NENDS] = {surest(k, NEAR), surest(k, FAR)}, *first;
	enum mechanism m = RST_INJECTION;
	struct finding *f;
	enum end to;
	struct way *w;

	if (!s[NEAR] && !s[FAR])
		return;
	for (int e = 0; e < NENDS; e++)
		if (!n[e])
			n[e] = cross(k, (enum end)e);
	to = !s[FAR] || (s[NEAR] && s[NEAR]->weight >= s[FAR]->weight) ? NEAR : FAR;
	first = s[to];
	w = &k->way[to];
	for (int e = 0; e < NENDS; e++)
		for (size_t i = 0; i < k->n[e]; i++)
			if (k->v[e][i].p->fate == FATE_FORGED &&
			    rank(mechanism_of(w->flow[NEAR], k->v[e][i].p)) > rank(m))
				m = mechanism_of(w->flow[NEAR], k->v[e][i].p);
	f = compare_finding(w->c, w->near_flow, m,
			    to == NEAR ? first->p->nsec : clock_near(&w->c->clock, first->p->nsec));
	f->direction = n[NEAR] && n[FAR]                        ? BOTH_WAYS
		       : (to == NEAR) != w->flow[NEAR]->flipped ? TO_CLIENT
								: TO_SERVER;
	f->stage = compare_stage(w->c, w->flow[to], to, first->p);
	for (int e = 0; e < NENDS; e++)
		for (size_t i = 0; i < k->n[e] && f->ncites < CITED_MAX; i++)
			if (k->v[e][i].p->fate == FATE_FORGED)
				observe(&k->way[e], f, k->v[e][i].p);
	put_marks(w, f, first);
	cite_baseline(w, f);
	if (first->contradiction.frame)
		finding_cite(f, first->contradiction, ROLE_CONTRADICTION);
	blame(k, f, first, w);
	place(w, f, first->p);
	explain(w, f, first, n[to], n[other_end(to)]);
	compare_weigh(f);
}

static void
gather(struct case_ *k, enum end receiver, struct comparison *c, uint32_t i)
{
	struct pair_flow *f = &c->ends[NEAR].flows[i];
	struct way *w = &k->way[receiver];

	*w = (struct way){.c = c,
			  .flow = {f, &c->ends[FAR].flows[f->mate - 1]},
			  .near_flow = i,
			  .sender = other_end(receiver),
			  .receiver = receiver};
	w->from = (w->sender == FAR) != f->flipped;
	for (uint32_t p = 0; p < w->flow[receiver]->n; p++) {
		struct pair_packet *q = way_packet(w, receiver, p);

		if (q->fate != FATE_UNEXPLAINED || q->from != w->from)
			continue;
		if (!k->n[receiver])
			way_look(w, k->sent[w->sender]);
		if (k->n[receiver] == SUSPECTS_MAX)
			break;
		k->v[receiver][k->n[receiver]++] = way_suspect(w, q);
	}
}

void
pair_forged(struct comparison *c)
{
	struct case_ k;

	for (int e = 0; e < NENDS; e++) {
		k.v[e] = xcalloc(SUSPECTS_MAX, sizeof *k.v[e]);
		k.sent[e] = sent_ttls_of(&c->ends[e], c, (enum end)e);
	}
	for (uint32_t i = 0; i < c->ends[NEAR].nflows; i++) {
		if (!c->ends[NEAR].flows[i].mate || c->ends[NEAR].flows[i].proxied)
			continue;
		k.n[NEAR] = k.n[FAR] = 0;
		gather(&k, NEAR, c, i);
		gather(&k, FAR, c, i);
		if (k.n[NEAR] || k.n[FAR])
			accuse(&k);
	}
	for (int e = 0; e < NENDS; e++) {
		free(k.v[e]);
		sent_ttls_free(k.sent[e]);
	}
}
