/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts cited packets into words: their flags, or what their payload says. */
#include "cited.h"
#include "dissect.h"
#include "dnsread.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names have at most 253 characters (RFC 1035, 2.3.4); the rest is words of ours. */
#define SUMMARY_MAX 320
#define FLAGS_TEXT 48 /* all eight with their commas: 38 */

/* Marks that say what a message is, in order of preference, and the fact beside them that says
 * whose or which. */
static const struct word {
	const char *mark, *words, *between, *detail;
} words[] = {
    {"tls.client_hello", "TLS ClientHello", " for ", "tls.sni"},
    {"tls.client_hello.cut", "beginning of a TLS ClientHello", " for ", "tls.sni"},
    {"tls.certificate", "TLS certificate", " of ", "tls.cert.subject"},
    {"tls.server_hello", "TLS ServerHello", NULL, NULL},
    {"tls.alert.level", "TLS alert", " ", "tls.alert.description"},
    {"tls.application_data", "TLS application data", NULL, NULL},
    {"http.request", "HTTP request", " for ", "http.host"},
    {"http.response", "HTTP answer", " ", "http.response.code"},
    {"dns.query", "DNS question", " for ", "dns.qry.name"},
    {"dns.response", "DNS answer", " for ", "dns.qry.name"},
    {"quic.client_hello", "QUIC ClientHello", " for ", "quic.sni"},
    {"quic.server_hello", "QUIC ServerHello", NULL, NULL},
    {"quic.retry", "QUIC Retry", NULL, NULL},
    {"quic.version_negotiation", "QUIC Version Negotiation", NULL, NULL},
    {"quic.initial", "QUIC Initial", NULL, NULL},
    {"quic.handshake", "QUIC Handshake", NULL, NULL},
    {"stun.request", "STUN request", NULL, NULL},
    {"stun.response", "STUN answer", NULL, NULL},
    {"stun.indication", "STUN indication", NULL, NULL},
    {"dtls.client_hello", "DTLS ClientHello", NULL, NULL},
    {"dtls.hello_verify", "DTLS HelloVerifyRequest", NULL, NULL},
    {"dtls.server_hello", "DTLS ServerHello", NULL, NULL},
    {"wireguard.initiation", "WireGuard handshake initiation", NULL, NULL},
    {"wireguard.response", "WireGuard handshake response", NULL, NULL},
    {"wireguard.data", "WireGuard data", NULL, NULL},
    {"openvpn.client_reset", "OpenVPN session request", NULL, NULL},
    {"openvpn.server_reset", "OpenVPN session answer", NULL, NULL},
    {"ssh.kexinit", "SSH key exchange", NULL, NULL},
    {"whatsapp.client_hello", "WhatsApp client hello", NULL, NULL},
    {"whatsapp.server_hello", "WhatsApp server hello", NULL, NULL},
    {"reflector.hello", "Telegram reflector hello", NULL, NULL},
    {"reflector.answer", "Telegram reflector answer", NULL, NULL},
    {"mtproto.req_pq", "Telegram key request", NULL, NULL},
    {"mtproto.res_pq", "Telegram key answer", NULL, NULL},
    {"mtproto.encrypted", "Telegram message", NULL, NULL},
    {"ike.request", "IKE request", NULL, NULL},
    {"ike.response", "IKE answer", NULL, NULL},
    {"mail.starttls", "offer of STARTTLS", NULL, NULL},
    {"mail.starttls.asked", "STARTTLS", NULL, NULL},
    {"discord.discovery", "Discord address discovery", NULL, NULL},
};
#define NWORDS (sizeof words / sizeof *words)

static const char *
flags_text(uint8_t flags, char out[FLAGS_TEXT])
{
	static const struct {
		uint8_t bit;
		const char *word;
	} names[] = {{TH_SYN_, "SYN"}, {TH_RST_, "RST"}, {TH_FIN_, "FIN"}, {TH_ACK_, "ACK"}};
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (flags & names[i].bit)
			n += (size_t)snprintf(out + n, FLAGS_TEXT - n, "%s%s", n ? ", " : "",
					      names[i].word);
	return n ? out : "no flags";
}

/* The fact of that name in the packet, or NULL. */
static const struct fact *
fact_at(const struct flow *f, struct ref at, const char *name)
{
	const struct field *field = field_named(name);

	for (size_t i = 0; i < f->nfacts && field; i++)
		if (f->facts[i].field == field && ref_equal(f->facts[i].at, at))
			return &f->facts[i];
	return NULL;
}

static const struct word *
word_at(const struct flow *f, struct ref at)
{
	for (size_t i = 0; i < NWORDS; i++)
		if (fact_at(f, at, words[i].mark))
			return &words[i];
	return NULL;
}

/* The first packet of that side with the same place in the stream: a repetition says the same. */
static struct ref
first_said_at(const struct look *l, const struct trace *t)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct trace *o = flow_trace(l->flow, i);

		if (o->from == t->from && o->seq == t->seq && o->len &&
		    !(o->odd & (ODD_ICMP | ODD_CONFLICT)))
			return o->at;
	}
	return t->at;
}

/* "DNS answer 192.0.2.1": what it says is more than about whom. */
static const char *
answer_text(const struct flow *f, struct ref at, char *out, size_t room)
{
	const struct fact *a = fact_at(f, at, "dns.a"), *code = fact_at(f, at, "dns.flags.rcode");
	char text[ADDR_TEXT_MAX];

	a = a ? a : fact_at(f, at, "dns.aaaa");
	if (a)
		snprintf(out, room, "DNS answer %s", addr_text(&a->addr, text));
	else if (code && code->u == DNS_NXDOMAIN)
		snprintf(out, room, "DNS answer \"no such name\"");
	else if (code && code->u == DNS_REFUSED)
		snprintf(out, room, "DNS answer \"refused\"");
	else if (code && code->u == DNS_SERVFAIL)
		snprintf(out, room, "DNS answer \"server failure\"");
	else if (code && code->u)
		snprintf(out, room, "DNS answer, code %u,", (unsigned)code->u);
	else
		snprintf(out, room, "DNS answer");
	return out;
}

static const char *
message_words(struct arena *a, const struct flow *f, struct ref at, const struct word *w)
{
	const struct fact *detail = w->detail ? fact_at(f, at, w->detail) : NULL;
	char out[SUMMARY_MAX], answer[ADDR_TEXT_MAX + 32];
	const char *what = w->words;

	if (strcmp(w->mark, "dns.response") == 0)
		what = answer_text(f, at, answer, sizeof answer);
	if (detail && detail->field->type == FACT_TEXT)
		snprintf(out, sizeof out, "%s%s%.*s", what, w->between, (int)detail->text.n,
			 (const char *)detail->text.p);
	else if (detail && detail->field->type == FACT_UINT)
		snprintf(out, sizeof out, "%s%s%llu", what, w->between,
			 (unsigned long long)detail->u);
	else
		snprintf(out, sizeof out, "%s", what);
	return arena_printf(a, "%s", out);
}

static const char *
packet_words(struct arena *a, const struct look *l, const struct trace *t)
{
	const struct flow *f = l->flow;
	struct ref at = t->at;
	const struct word *w;
	char flags[FLAGS_TEXT];
	bool tcp = f->proto == IPPROTO_TCP;

	if (t->odd & ODD_ICMP)
		return arena_printf(a, "ICMP error, type %u, code %u", t->flags, t->reserved);
	if (tcp && t->odd & ODD_RETRANSMISSION && t->len)
		at = first_said_at(l, t);
	w = t->flags & (TH_SYN_ | TH_RST_) && tcp ? NULL : word_at(f, at);
	if (w)
		return message_words(a, f, at, w);
	if (tcp && (!t->len || t->flags & (TH_SYN_ | TH_RST_ | TH_FIN_)))
		return arena_printf(a, "%s", flags_text(t->flags, flags));
	return arena_printf(a, "%u bytes of %s", t->len, tcp ? "data" : "a datagram");
}

static uint32_t
since(const struct half *h, uint32_t number)
{
	return h->has_isn ? number - h->isn : number;
}

static enum seen_from
sender(const struct flow *f, const struct trace *t)
{
	if (t->odd & ODD_ICMP)
		for (const struct icmp_error *e = f->icmp_errors; e; e = e->next)
			if (ref_equal(e->at, t->at) && !addr_equal(&e->sender, &f->addr[t->from]))
				return SEEN_PATH;
	return t->from == CLIENT ? SEEN_CLIENT : SEEN_SERVER;
}

static void
see(struct arena *a, const struct look *l, const struct trace *t, struct seen *ret)
{
	const struct flow *f = l->flow;
	bool tcp = f->proto == IPPROTO_TCP && !(t->odd & ODD_ICMP);

	ret->nsec = t->nsec;
	ret->len = t->len;
	ret->from = (uint8_t)sender(f, t);
	ret->to = (uint8_t)other_side((enum side)t->from);
	ret->ttl = t->ttl;
	ret->again = (t->odd & ODD_RETRANSMISSION) != 0;
	if (tcp) {
		ret->flags = t->flags;
		ret->seq = since(&f->half[t->from], t->seq);
		ret->ack = t->flags & TH_ACK_ ? since(&f->half[ret->to], t->ack) : 0;
	}
	ret->summary = packet_words(a, l, t);
}

static bool
is_cited(const struct finding *f, struct ref at)
{
	for (size_t i = 0; i < f->ncites; i++)
		if (ref_equal(f->cites[i].at, at))
			return true;
	return false;
}

static void
add_context(struct finding *f, const struct look *l, long at)
{
	const struct trace *t;

	if (at < 0 || (size_t)at >= l->n || f->ncontext == CONTEXT_MAX)
		return;
	t = flow_trace(l->flow, (size_t)at);
	if (is_cited(f, t->at))
		return;
	f->context[f->ncontext].at = t->at;
	see(f->arena, l, t, &f->context[f->ncontext++].seen);
}

void
cited_describe(struct finding *f, const struct look *l)
{
	for (size_t i = 0; i < f->ncites; i++) {
		const struct trace *t = look_packet(l, f->cites[i].at);

		if (t && !f->cites[i].seen.from)
			see(f->arena, l, t, &f->cites[i].seen);
	}
	if (f->ncontext)
		return;
	add_context(f, l, l->syn);
	add_context(f, l, l->syn_ack);
	if (l->handshake_ack >= 0 && l->handshake_ack != l->data[CLIENT])
		add_context(f, l, l->handshake_ack);
	add_context(f, l, l->data[SERVER]);
}

void
cited_tell(struct finding *f, struct cite *c, int64_t nsec, enum side from, const char *summary,
	   ...)
{
	char out[SUMMARY_MAX];
	va_list ap;

	if (c->seen.from)
		return;
	va_start(ap, summary);
	vsnprintf(out, sizeof out, summary, ap);
	va_end(ap);
	c->seen.nsec = nsec;
	c->seen.from = from == CLIENT ? SEEN_CLIENT : SEEN_SERVER;
	c->seen.to = (uint8_t)other_side(from);
	c->seen.summary = arena_printf(f->arena, "%s", out);
}
