/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flow looked at once, for all detectors. */
#include "look.h"
#include "dissect.h"
#include "fieldmap.h"

#include <netinet/in.h>
#include <string.h>

static const char *const first_names[NFIRSTS] = {
    [FIRST_CERTIFICATE] = "tls.certificate",
    [FIRST_CLIENT_HELLO] = "tls.client_hello",
    [FIRST_CUT_HELLO] = "tls.client_hello.cut",
    [FIRST_DNS_NAME] = "dns.qry.name",
    [FIRST_DNS_QUERY] = "dns.query",
    [FIRST_DNS_RCODE] = "dns.flags.rcode",
    [FIRST_DNS_RESPONSE] = "dns.response",
    [FIRST_ECH] = "tls.ech",
    [FIRST_ESNI] = "tls.esni",
    [FIRST_HOST] = "http.host",
    [FIRST_HTTP_REQUEST] = "http.request",
    [FIRST_HTTP_RESPONSE] = "http.response",
    [FIRST_MAIL] = "mail.protocol",
    [FIRST_QUIC_AHEAD] = "quic.ahead",
    [FIRST_QUIC_REPEAT] = "quic.repeat",
    [FIRST_QUIC_SHORT] = "quic.short",
    [FIRST_QUIC_SNI] = "quic.sni",
    [FIRST_QUIC_VERSION] = "quic.version",
    [FIRST_SERVER_CIPHER] = "tls.server_cipher",
    [FIRST_SERVER_HELLO] = "tls.server_hello",
    [FIRST_SERVER_VERSION] = "tls.server_version",
    [FIRST_SHAPE] = "tls.client_hello.shape",
    [FIRST_SNI] = "tls.sni",
    [FIRST_URI] = "http.request.uri",
};

void
look_again(struct look *l)
{
	static struct fieldmap map;
	const struct flow *f = l->flow;

	memset(l->first, 0, sizeof l->first);
	fieldmap_fill(&map, first_names, NFIRSTS);
	for (size_t i = 0; i < f->nfacts; i++) {
		unsigned which = fieldmap_find(&map, f->facts[i].field);

		if (which < NFIRSTS && !l->first[which])
			l->first[which] = (uint16_t)(i + 1);
	}
}

void
look_at_dns(struct look *l, struct dns_message room[DNS_MESSAGES_MAX])
{
	l->dns = room;
	l->ndns = dns_read(l->flow, room, DNS_MESSAGES_MAX);
}

static void
set_name(struct look *l, const struct fact *fact, enum trigger_kind kind)
{
	size_t n = fact->text.n < NAME_MAX_TEXT - 1 ? fact->text.n : NAME_MAX_TEXT - 1;

	if (l->name[0] || n == 0)
		return;
	memcpy(l->name, fact->text.p, n);
	l->name[n] = '\0';
	l->said = kind;
	l->said_at = fact->at;
	l->said_nsec = fact->nsec;
}

/* Ahead of the true hello tools against filters send others (quic.ahead), at once: what was said
 * last before the server answered counts. */
static const struct fact *
quic_name(const struct look *l)
{
	const struct flow *f = l->flow;
	const struct fact *last = look_first(l, FIRST_QUIC_SNI), *fact;
	int64_t heard = f->half[SERVER].packets ? f->half[SERVER].first : INT64_MAX;
	size_t i = 0;

	if (!look_first(l, FIRST_QUIC_AHEAD))
		return last;
	for (; (fact = flow_fact(f, "quic.sni", CLIENT, &i)) && fact->nsec <= heard; i++)
		last = fact;
	return last;
}

static void
read_names(struct look *l)
{
	const struct flow *f = l->flow;
	const struct fact *fact;

	if ((fact = look_first(l, FIRST_SNI)))
		set_name(l, fact, TRIGGER_SNI);
	/* The name is inside what is encrypted. */
	if (!l->name[0] && f->bits & FLOW_ODD && (fact = look_first(l, FIRST_ESNI))) {
		l->said = TRIGGER_ECH;
		l->said_at = fact->at;
		l->said_nsec = fact->nsec;
	}
	if ((fact = look_first(l, FIRST_HOST)))
		set_name(l, fact, TRIGGER_HTTP_HOST);
	if ((fact = look_first(l, FIRST_DNS_NAME)))
		set_name(l, fact, TRIGGER_DNS_NAME);
	if (f->proto == IPPROTO_UDP && (fact = quic_name(l)))
		set_name(l, fact, TRIGGER_QUIC_SNI);
}

static void
read_handshake(struct look *l)
{
	const struct flow *f = l->flow;
	int64_t last_syn = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->odd & (ODD_ICMP | ODD_RST))
			continue;
		if (t->flags & TH_SYN_ && f->proto == IPPROTO_TCP) {
			if (t->from == CLIENT && !(t->flags & TH_ACK_)) {
				last_syn = t->nsec;
				if (l->syn < 0)
					l->syn = (long)i;
			} else if (t->from == SERVER && l->syn_ack < 0) {
				l->syn_ack = (long)i;
				if (last_syn)
					l->rtt[SERVER] = t->nsec - last_syn;
			}
		} else if (t->from == CLIENT && l->syn_ack >= 0 && l->handshake_ack < 0) {
			l->handshake_ack = (long)i;
			l->rtt[CLIENT] = t->nsec - flow_trace(f, (size_t)l->syn_ack)->nsec;
		}
		if (t->len && !(t->odd & (ODD_PADDED | ODD_KEEPALIVE)) && l->data[t->from] < 0)
			l->data[t->from] = (long)i;
	}
}

/* The server's first word in TLS is an alert: it will not shake hands. */
static bool
is_refused_by_alert(const struct look *l)
{
	const struct flow *f = l->flow;
	size_t i = 0;

	return f->bits & FLOW_ODD && flow_fact(f, "tls.alert.description", SERVER, &i) &&
	       !look_first(l, FIRST_SERVER_HELLO);
}

/* What became of a TCP connection, before anybody asks why. */
static enum outcome
tcp_outcome(const struct look *l)
{
	const struct half *c = &l->flow->half[CLIENT], *s = &l->flow->half[SERVER];
	bool refused = s->resets && !s->syns && !s->bytes;

	if (!c->packets || !s->packets) {
		if (c->syns && !s->packets)
			return OUTCOME_FAILED;
		return OUTCOME_PARTIAL;
	}
	if (refused && c->syn_seen)
		return OUTCOME_REFUSED;
	if (l->flow->bits & FLOW_MIDDLE)
		return OUTCOME_PARTIAL;
	if (l->syn_ack >= 0 && l->handshake_ack < 0 && s->syns > 1)
		return OUTCOME_FAILED;
	if (is_refused_by_alert(l))
		return OUTCOME_REFUSED;
	if (l->answered || (s->bytes && !c->bytes))
		return OUTCOME_OK;
	if (c->bytes)
		return OUTCOME_FAILED;
	if (s->syns && (c->fins || c->resets || s->fins))
		return OUTCOME_OK; /* opened and closed without a word: nothing was tried */
	return s->syns ? OUTCOME_OK : OUTCOME_FAILED;
}

/* A server that offers other versions only, or closes before the handshake, will not talk. One that
 * is not known to have been heard is as good as silent. */
static enum outcome
quic_outcome(const struct look *l)
{
	const struct flow *f = l->flow;
	const struct fact *offer, *version;
	size_t i = 0, k = 0, m = 0, last = 0;

	if (!f->half[SERVER].packets)
		return f->half[CLIENT].packets > 1 ? OUTCOME_FAILED : OUTCOME_PARTIAL;
	if (look_first(l, FIRST_QUIC_SHORT))
		return OUTCOME_OK;
	if (flow_fact(f, "quic.cc.error_code", SERVER, &i))
		return OUTCOME_REFUSED;
	offer = flow_fact(f, "quic.version_negotiation", SERVER, &k);
	if (!offer || flow_fact(f, "quic.initial", SERVER, &m))
		return OUTCOME_OK;
	for (; (version = flow_fact(f, "quic.version", CLIENT, &last)); last++)
		if (version->nsec > offer->nsec)
			return OUTCOME_FAILED;
	return OUTCOME_REFUSED;
}

static enum outcome
datagram_outcome(const struct look *l)
{
	const struct half *c = &l->flow->half[CLIENT], *s = &l->flow->half[SERVER];
	const struct fact *rcode = look_first(l, FIRST_DNS_RCODE);

	for (const struct icmp_error *e = l->flow->icmp_errors; e; e = e->next)
		if (addr_equal(&e->sender, &l->flow->addr[SERVER]) && !s->packets)
			return OUTCOME_REFUSED;
	if (c->packets && look_first(l, FIRST_QUIC_VERSION))
		return quic_outcome(l);
	if (c->packets && s->packets)
		return rcode && rcode->u == 5 ? OUTCOME_REFUSED : OUTCOME_OK;
	if (!c->packets)
		return OUTCOME_PARTIAL;
	return look_first(l, FIRST_DNS_QUERY) || look_asked_in_vain(l->flow) ? OUTCOME_FAILED
									     : OUTCOME_PARTIAL;
}

/* RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291: no address of a server that the world knows. */
static bool
is_of_own_network(const struct addr *a)
{
	const uint8_t *b = a->b + 12;

	if (!addr_is_v4(a))
		return (a->b[0] & 0xfe) == 0xfc || (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80);
	return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	       (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xc0) == 64) ||
	       (b[0] == 169 && b[1] == 254) || b[0] >= 224;
}

bool
look_asked_in_vain(const struct flow *f)
{
	const struct dissector *d = f->dissector;

	return f->proto == IPPROTO_UDP && d && d->request && !f->half[SERVER].packets &&
	       flow_first(f, d->request) && !(d->peer && flow_first(f, d->peer)) &&
	       !is_of_own_network(&f->addr[SERVER]);
}

bool
look_sends_ahead(const struct look *l)
{
	return l->flow->bits & FLOW_AHEAD || look_first(l, FIRST_QUIC_AHEAD);
}

bool
look_has_error(const struct look *l)
{
	for (const struct icmp_error *e = l->flow->icmp_errors; e; e = e->next)
		if (e->type != (e->ip_version == 4 ? 11 : 3) || !look_sends_ahead(l))
			return true;
	return false;
}

void
look_at(struct look *l, const struct flow *f)
{
	/* The name is long, and mostly short. */
	memset(l, 0, offsetof(struct look, name) + 1);
	memset(&l->said, 0, sizeof *l - offsetof(struct look, said));
	l->flow = f;
	l->n = flow_trace_count(f);
	l->syn = l->syn_ack = l->handshake_ack = l->data[0] = l->data[1] = -1;
	l->half_seen[CLIENT] = f->half[CLIENT].packets;
	l->half_seen[SERVER] = f->half[SERVER].packets;
	look_again(l);
	read_names(l);
	read_handshake(l);
	l->answered = f->half[CLIENT].first_data &&
		      f->half[SERVER].last_data >= f->half[CLIENT].first_data &&
		      f->half[SERVER].bytes;
	l->outcome = f->proto == IPPROTO_TCP ? tcp_outcome(l) : datagram_outcome(l);
}

enum stage
look_stage(const struct look *l, size_t i)
{
	bool client = false, server = false, syn_ack = false;

	if (l->flow->proto != IPPROTO_TCP)
		return l->said == TRIGGER_DNS_NAME ? STAGE_DNS : STAGE_DATAGRAM;
	for (size_t k = 0; k < i && k < l->n; k++) {
		const struct trace *t = flow_trace(l->flow, k);

		if (t->odd & (ODD_ICMP | ODD_RST))
			continue;
		if (t->flags & TH_SYN_ && t->flags & TH_ACK_)
			syn_ack = true;
		if (t->len && !(t->odd & ODD_KEEPALIVE))
			*(t->from == CLIENT ? &client : &server) = true;
	}
	if (client && server)
		return STAGE_ESTABLISHED;
	if (client)
		return STAGE_FIRST_DATA;
	if (syn_ack || server)
		return STAGE_HANDSHAKE;
	return l->flow->bits & FLOW_MIDDLE ? STAGE_ESTABLISHED : STAGE_SYN;
}

long
look_last_data(const struct look *l, enum side from, size_t i)
{
	while (i-- > 0) {
		const struct trace *t = flow_trace(l->flow, i);

		if (t->from == from && t->len &&
		    !(t->odd & (ODD_KEEPALIVE | ODD_PADDED | ODD_ICMP | ODD_RST)))
			return (long)i;
	}
	return -1;
}

long
look_index(const struct look *l, struct ref at)
{
	for (size_t i = 0; i < l->n; i++)
		if (ref_equal(flow_trace(l->flow, i)->at, at))
			return (long)i;
	return -1;
}

const struct trace *
look_packet(const struct look *l, struct ref at)
{
	long i = look_index(l, at);

	return i < 0 ? NULL : flow_trace(l->flow, (size_t)i);
}

/* What a forger sends after its page looks like the page: only what came before is a baseline: the
 * true server confirms a request before it answers, and shows its TTL. A reset is held against
 * everything, for the balancers that change the TTL midway. */
#define TOGETHER (50 * NSEC_PER_MSEC)

static bool
is_baseline(const struct trace *o, const struct trace *t)
{
	if (o == t || o->from != t->from || o->odd & (ODD_RST | ODD_ICMP))
		return false;
	return t->odd & ODD_RST || o->flags & TH_SYN_ || o->nsec + TOGETHER < t->nsec ||
	       (o->nsec <= t->nsec && !o->len && !(o->flags & TH_FIN_));
}

int
look_ttl_jump(const struct look *l, const struct trace *t, int *ret_usual, size_t *ret_n)
{
	int best = 256;

	*ret_n = 0;
	*ret_usual = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);
		int d = o->ttl > t->ttl ? o->ttl - t->ttl : t->ttl - o->ttl;

		if (!is_baseline(o, t))
			continue;
		(*ret_n)++;
		if (d < best) {
			best = d;
			*ret_usual = o->ttl;
		}
	}
	return *ret_n ? best : 0;
}
