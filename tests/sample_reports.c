/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports made by hand: none, one and many findings, long and hostile names, both IP versions,
 * several captures. */
#include "sample_reports.h"

#include "community.h"
#include "weigh.h"

#include <netinet/in.h>
#include <string.h>

#define START 1770836400123456789LL /* 2026-02-11T19:00:00.123456Z */

#define LENGTH(list) (sizeof(list) / sizeof *(list))

const char *const sample_names[] = {"none", "empty",   "one",    "several", "ipv6",
				    "many", "hostile", "markup", "flows",   NULL};

static struct capture_info *
a_capture(struct arena *a, const char *file, uint64_t packets)
{
	struct capture_info *c = arena_alloc(a, sizeof *c);

	c->file = file;
	c->packets = packets;
	c->bytes = packets * 640;
	c->first = packets ? START : 0;
	c->last = packets ? START + 61 * NSEC_PER_SEC : 0;
	c->link_type = "EN10MB";
	return c;
}

static struct report *
a_report(struct arena *a, size_t ncaptures)
{
	static const char *const files[] = {"office.pcapng", "home/second capture.pcap.gz"};
	static const char *const limits[] = {
	    "The capture was taken at the client: packets that were discarded further on cannot "
	    "be told from packets that never left.",
	    "3 flows begin before the capture does."};
	struct report *r = arena_alloc(a, sizeof *r);
	const struct capture_info **captures = arena_alloc(a, ncaptures * sizeof *captures);
	enum vantage *vantages = arena_alloc(a, ncaptures * sizeof *vantages);

	for (size_t i = 0; i < ncaptures; i++) {
		captures[i] = a_capture(a, files[i % LENGTH(files)], 3214 + i);
		vantages[i] = i ? VANTAGE_UNKNOWN : VANTAGE_CLIENT;
	}
	r->fingerprints_sha256 = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";
	r->captures = captures;
	r->vantages = vantages;
	r->ncaptures = ncaptures;
	r->flows = 212;
	r->limits = limits;
	r->nlimits = LENGTH(limits);
	return r;
}

static void
name_flow(struct flow_name *f, uint64_t id, bool v6)
{
	static const uint8_t v4[2][4] = {{192, 0, 2, 10}, {203, 0, 113, 5}};
	static const uint8_t doc[16] = {0x20, 0x01, 0x0d, 0xb8};

	f->proto = IPPROTO_TCP;
	f->id = id;
	f->port[CLIENT] = (uint16_t)(43122 + id);
	f->port[SERVER] = 443;
	for (int s = CLIENT; s <= SERVER; s++) {
		f->addr[s] = v6 ? addr_from_v6(doc) : addr_from_v4(v4[s]);
		if (v6)
			f->addr[s].b[15] = (uint8_t)(s + 1);
	}
	community_id(f->proto, f->addr, f->port, f->community_id);
}

static void
cite(struct arena *a, struct finding *f, uint32_t frame, enum role role, const char *ttl,
     const char *usual)
{
	struct cite *c = &f->cites[f->ncites++];

	c->at.frame = frame;
	c->role = role;
	c->seen.from =
	    role == ROLE_TRIGGER || role == ROLE_RETRANSMISSION ? SEEN_CLIENT : SEEN_SERVER;
	c->seen.to = c->seen.from == SEEN_CLIENT ? SERVER : CLIENT;
	c->seen.nsec = f->nsec + frame * 7 * NSEC_PER_MSEC;
	c->seen.flags = role == ROLE_INJECTED ? 0x14 : 0x18;
	c->seen.seq = frame;
	c->seen.len = role == ROLE_INJECTED ? 0 : 517;
	c->seen.ttl = 61;
	c->seen.summary = role == ROLE_INJECTED  ? "RST, ACK"
			  : role == ROLE_TRIGGER ? "TLS ClientHello for www.blocked.example"
						 : "517 bytes of data";
	if (!ttl)
		return;
	c->observations = arena_alloc(a, 2 * sizeof *c->observations);
	c->observations[c->nobservations++] = (struct observation){"ip.ttl", ttl, usual};
	c->observations[c->nobservations++] = (struct observation){"tcp.window", "0", NULL};
}

static struct finding *
a_finding(struct arena *a, unsigned number, bool v6)
{
	static const char *signatures[] = {"psh-ack-rst"};
	static const char *const references[] = {
	    "https://example.org/papers/resets-on-the-path.pdf",
	    "Resets on the Path, A. Author and B. Author, Journal of Examples 12 (2024)", NULL};
	static const struct evidence evidence[] = {
	    {"prior", "how often that happens", FAMILY_PRIOR, -3, {0, 0}},
	    {"rst.ttl_jump", "it came over another path", FAMILY_HEADER, 2.9, {5, 0}},
	    {"rst.data_after", "the server went on sending", FAMILY_AFTER, 3.251, {7, 0}},
	    {"rst.repeated", NULL, FAMILY_CONTROL, 1.1, {0, 0}},
	    {"rst.busy_path", "other resets look alike", FAMILY_CONTEXT, -0.7, {0, 0}}};
	struct finding *f = arena_alloc(a, sizeof *f);

	f->number = number;
	f->mechanism = RST_INJECTION;
	f->trigger = TRIGGER_SNI;
	f->trigger_value = "www.blocked.example";
	f->basis = BASIS_CONTENT | BASIS_CONTRAST;
	f->stage = STAGE_FIRST_DATA;
	f->direction = TO_CLIENT;
	f->confidence = 0.97004;
	f->nsec = START + number * NSEC_PER_MSEC;
	name_flow(&f->flow, number, v6);
	f->name = f->trigger_value;
	f->signatures = signatures;
	f->nsignatures = LENGTH(signatures);
	f->cites = arena_alloc(a, 64 * sizeof *f->cites);
	cite(a, f, 7, ROLE_CONTRADICTION, NULL, NULL);
	cite(a, f, 4, ROLE_TRIGGER, NULL, NULL);
	cite(a, f, 5, ROLE_INJECTED, "61", "48");
	cite(a, f, 6, ROLE_INJECTED, "61", "48");
	cite(a, f, 26, ROLE_RETRANSMISSION, NULL, NULL);
	f->evidence = arena_alloc(a, sizeof evidence);
	memcpy(f->evidence, evidence, sizeof evidence);
	f->nevidence = LENGTH(evidence);
	f->alternatives = arena_alloc(a, 2 * sizeof *f->alternatives);
	f->alternatives[f->nalternatives++] =
	    (struct alternative){"the server ended the connection itself",
				 "it went on sending data after the reset (frame 7)"};
	f->alternatives[f->nalternatives++] = (struct alternative){
	    "a stale connection of a load balancer", "the handshake was 40 ms old (frame 3)"};
	f->attributions = arena_alloc(a, sizeof *f->attributions);
	f->attributions[f->nattributions++] =
	    (struct attribution){"example-middlebox", 0.9, references};
	f->explanation = "Something between the client and the server broke the connection off in "
			 "the server's name, right after the client said which site it wanted.";
	return f;
}

static struct target *
a_target(struct arena *a, const char *name, enum target_state state, size_t nfindings)
{
	static const char *const controls[] = {
	    "www.fine.example at the same address answered (flow 3, frame 41)",
	    "the same name at 203.0.113.99 answered (flow 9, frame 230)"};
	struct target *t = arena_alloc(a, sizeof *t);
	unsigned *numbers = arena_alloc(a, nfindings * sizeof *numbers);

	t->name = name;
	t->state = state;
	t->confidence = state == STATE_UNCLEAR ? 0.2 : 0.97;
	t->flows = nfindings + 1;
	t->interfered = nfindings;
	for (size_t i = 0; i < nfindings; i++)
		numbers[i] = (unsigned)i + 1;
	t->findings = numbers;
	t->nfindings = nfindings;
	if (nfindings) {
		t->mechanisms = 1U << RST_INJECTION;
		t->controls = controls;
		t->ncontrols = LENGTH(controls);
	}
	return t;
}

static void
give(struct arena *a, struct report *r, struct finding **findings, size_t nfindings,
     struct target *const *targets, size_t ntargets)
{
	struct target *list = arena_alloc(a, ntargets * sizeof *list);

	for (size_t i = 0; i < ntargets; i++)
		list[i] = *targets[i];
	r->findings = findings;
	r->nfindings = nfindings;
	r->targets = list;
	r->ntargets = ntargets;
}

static struct report *
with_findings(struct arena *a, size_t n, size_t ncaptures, bool v6)
{
	struct report *r = a_report(a, ncaptures);
	struct finding **findings = arena_alloc(a, n * sizeof *findings);
	struct target *targets[] = {a_target(a, "www.blocked.example", STATE_BLOCKED, n),
				    a_target(a, "slow.example", STATE_UNCLEAR, 0),
				    a_target(a, "www.fine.example", STATE_REACHABLE, 0)};

	for (size_t i = 0; i < n; i++)
		findings[i] = a_finding(a, (unsigned)i + 1, v6);
	give(a, r, findings, n, targets, LENGTH(targets));
	return r;
}

/* One finding of each mechanism, trigger, stage and direction, in turn. */
static struct report *
many(struct arena *a)
{
	struct report *r = with_findings(a, 40, 1, false);

	for (unsigned i = 0; i < r->nfindings; i++) {
		struct finding *f = r->findings[i];

		f->mechanism = i % NMECHANISMS;
		f->trigger = i % NTRIGGERS;
		f->stage = i % NSTAGES;
		f->direction = i % 3;
		f->basis = i % 8;
		f->confidence = 0.3 + 0.7 * i / 40;
		f->nattributions = i % 2;
		f->ncites = 3;
		while (f->ncites < i)
			cite(a, f, 100 + 3 * (uint32_t)f->ncites, f->ncites % NROLES, NULL, NULL);
	}
	((struct target *)r->targets)[0].mechanisms = (1U << NMECHANISMS) - 1;
	return r;
}

/* What a hostile packet could try to say. */
#define CSI "\x9b"          /* a control of 8 bits that begins escape sequences */
#define CSI_UTF8 "\xc2\x9b" /* the same as UTF-8 */
#define OVERRIDE "\xe2\x80\xae"
#define ZERO_WIDTH "\xe2\x80\x8b"
#define ESCAPES "\033[2J\033]0;owned\007" CSI "31m" CSI_UTF8 "31m\r\n\b\x7f"
#define HIDDEN "moc." OVERRIDE "gnp" ZERO_WIDTH
#define BROKEN "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xff\xe2\x82"
#define WIDE "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"

/* What a hostile packet could try to be. */
#define MARKUP                                                                                     \
	"</title></style></script></desc></svg><script id=owned>document.body.id='owned'"          \
	"</script><img src=x onerror=\"document.body.id='owned'\">\" onload=\"x\" ' onload='x "    \
	"javascript:x() <!-- <![CDATA[ --> ]]> &lt;script&gt; &#60; {{x}} <svg/onload=x>"

static const char hostile_text[] = "a" ESCAPES "b" HIDDEN "c" BROKEN "d " WIDE;
static const char hostile_markup[] = MARKUP "\xd7\x90\xd7\x91 \xd8\xa7\xd8\xa8" HIDDEN;

static struct report *
hostile(struct arena *a, const char *name)
{
	const char **names = arena_alloc(a, 3 * sizeof *names);
	const char **signature = arena_alloc(a, sizeof *signature);
	struct report *r = with_findings(a, 2, 2, false);
	struct finding *f = r->findings[0];
	struct capture_info *c = a_capture(a, name, 1);
	char *label = arena_alloc(a, 260);

	names[0] = signature[0] = name;
	names[1] = "";
	for (size_t i = 0; i < 253; i++)
		label[i] = i % 64 == 63 ? '.' : 'x';
	r->findings[1]->trigger_value = label;
	r->findings[1]->name = WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE;
	f->name = f->trigger_value = f->explanation = name;
	f->signatures = signature;
	f->cites[0].observations = arena_alloc(a, sizeof(struct observation));
	f->cites[0].nobservations = 1;
	f->cites[0].observations[0] = (struct observation){name, name, name};
	f->cites[0].seen.summary = f->cites[1].seen.summary = name;
	f->cites[2].seen = (struct seen){0};
	f->alternatives[0] = (struct alternative){name, name};
	f->attributions[0] = (struct attribution){name, 0.5, names};
	f->evidence[0].name = name;
	f->cites[2].at.capture = 1;
	c->link_type = name;
	c->truncated = true;
	memset(c->sha256, 'a', 64);
	((const struct capture_info **)r->captures)[1] = c;
	((struct target *)r->targets)[0].name = label;
	((struct target *)r->targets)[1].name = name;
	((struct target *)r->targets)[2].name = name;
	((struct target *)r->targets)[0].controls = names;
	((struct target *)r->targets)[0].ncontrols = 2;
	r->limits = names;
	return r;
}

static bool
next_flow(struct report *r, struct flow_row *ret)
{
	static const char *const names[] = {"www.blocked.example", "blocked.example"};
	static const unsigned findings[] = {1};
	unsigned *i = r->flow_state;

	if (*i == NOUTCOMES)
		return false;
	*ret = (struct flow_row){.outcome = *i,
				 .names = names,
				 .nnames = *i % 3,
				 .application = *i % 2 ? "tls" : NULL,
				 .first = {*i + 1, 0},
				 .last = {*i + 40, 0}};
	if (*i == OUTCOME_INTERFERED) {
		ret->findings = findings;
		ret->nfindings = 1;
	}
	name_flow(&ret->flow, *i, *i % 2);
	if (*i == OUTCOME_PARTIAL)
		ret->flow.proto = IPPROTO_GRE;
	++*i;
	return true;
}

struct report *
sample_report(struct arena *a, const char *name)
{
	struct report *r;

	if (strcmp(name, "none") == 0)
		return a_report(a, 1);
	if (strcmp(name, "empty") == 0) {
		r = a_report(a, 1);
		((const struct capture_info **)r->captures)[0] = a_capture(a, "-", 0);
		r->flows = r->nlimits = 0;
		return r;
	}
	if (strcmp(name, "one") == 0)
		return with_findings(a, 1, 1, false);
	if (strcmp(name, "several") == 0)
		return with_findings(a, 3, 2, false);
	if (strcmp(name, "ipv6") == 0)
		return with_findings(a, 1, 1, true);
	if (strcmp(name, "many") == 0)
		return many(a);
	if (strcmp(name, "hostile") == 0)
		return hostile(a, hostile_text);
	if (strcmp(name, "markup") == 0)
		return hostile(a, hostile_markup);
	if (strcmp(name, "flows") != 0)
		return NULL;
	r = with_findings(a, 1, 1, false);
	r->flow_state = arena_alloc(a, sizeof(unsigned));
	r->next_flow = next_flow;
	return r;
}
