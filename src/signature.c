/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 19 signatures of connection tampering: Sundara Raman et al., Global, Passive Detection of
 * Connection Tampering, SIGCOMM 2023, table 1.
 *
 * Where the paper is silent: what is sent again is no new packet, since a sender whose packets
 * vanish repeats them; an acknowledgement after the first message says that an answer came, so
 * that what follows is later in the connection. */
#include "signature.h"
#include "shape.h"

#include <netinet/in.h>
#include <string.h>

/* IP ID of ZMap's SYNs (zmap/zmap, src/probe_modules/packet.c). The paper knew scanners by it, and
 * by SYNs without options, of which its servers saw none else (section 4.3). */
#define ZMAP_ID 54321

const char *const reached_words[NREACHED] = {"post-syn", "post-ack", "post-psh", "later", "odd"};
const char *const view_words[NVIEWS] = {"server", "client"};

const struct signature signatures[SIGNATURES] = {
    {1, "syn-none", "⟨SYN → ∅⟩", POST_SYN, RESETS_NONE},
    {2, "syn-rst", "⟨SYN → RST⟩", POST_SYN, RESETS_RST},
    {3, "syn-rst-ack", "⟨SYN → RST+ACK⟩", POST_SYN, RESETS_RST_ACK},
    {4, "syn-rst-rst-ack", "⟨SYN → RST; RST+ACK⟩", POST_SYN, RESETS_BOTH},
    {5, "syn-ack-none", "⟨SYN; ACK → ∅⟩", POST_ACK, RESETS_NONE},
    {6, "syn-ack-rst", "⟨SYN; ACK → RST⟩", POST_ACK, RESETS_ONE_RST},
    {7, "syn-ack-rst-rst", "⟨SYN; ACK → RST; RST⟩", POST_ACK, RESETS_MANY_RST},
    {8, "syn-ack-rst-ack", "⟨SYN; ACK → RST+ACK⟩", POST_ACK, RESETS_ONE_RST_ACK},
    {9, "syn-ack-rst-ack-rst-ack", "⟨SYN; ACK → RST+ACK; RST+ACK⟩", POST_ACK, RESETS_MANY_RST_ACK},
    {10, "psh-ack-none", "⟨PSH+ACK → ∅⟩", POST_PSH, RESETS_NONE},
    {11, "psh-ack-rst", "⟨PSH+ACK → RST⟩", POST_PSH, RESETS_ONE_RST},
    {12, "psh-ack-rst-ack", "⟨PSH+ACK → RST+ACK⟩", POST_PSH, RESETS_ONE_RST_ACK},
    {13, "psh-ack-rst-rst-ack", "⟨PSH+ACK → RST; RST+ACK⟩", POST_PSH, RESETS_BOTH},
    {14, "psh-ack-rst-ack-rst-ack", "⟨PSH+ACK → RST+ACK; RST+ACK⟩", POST_PSH, RESETS_MANY_RST_ACK},
    {15, "psh-ack-rst-eq-rst", "⟨PSH+ACK → RST = RST⟩", POST_PSH, RESETS_SAME},
    {16, "psh-ack-rst-ne-rst", "⟨PSH+ACK → RST ≠ RST⟩", POST_PSH, RESETS_DIFFER},
    {17, "psh-ack-rst-rst0", "⟨PSH+ACK → RST; RST₀⟩", POST_PSH, RESETS_ZERO},
    {18, "psh-ack-data-rst", "⟨PSH+ACK; Data → RST⟩", POST_DATA, RESETS_RST},
    {19, "psh-ack-data-rst-ack", "⟨PSH+ACK; Data → RST+ACK⟩", POST_DATA, RESETS_RST_ACK},
};

/* A side's packets up to some point. */
struct prefix {
	unsigned syn, ack, message, later, fin;
};

static void
count(struct prefix *p, uint64_t shape, unsigned n)
{
	bool pushed = false;

	memset(p, 0, sizeof *p);
	for (unsigned i = 0; i < n; i++) {
		switch (shape_at(shape, i)) {
		case SHAPE_SYN:
			p->syn++;
			break;
		case SHAPE_ACK:
			*(p->message ? &p->later : &p->ack) += 1;
			break;
		case SHAPE_DATA:
		case SHAPE_PUSH:
			*(pushed ? &p->later : &p->message) += 1;
			pushed |= shape_at(shape, i) == SHAPE_PUSH;
			break;
		case SHAPE_FIN:
			p->fin++;
			break;
		default:
			break;
		}
	}
}

static enum reached
reached(const struct prefix *p)
{
	if (p->fin || p->syn != 1)
		return POST_ODD;
	if (p->later)
		return POST_DATA;
	if (p->message)
		return POST_PSH;
	return p->ack ? POST_ACK : POST_SYN;
}

/* Where a side's first reset stands, or the number of its packets. */
static unsigned
first_reset(uint64_t shape)
{
	unsigned i = 0;

	while (i < shape_count(shape) && shape_at(shape, i) < SHAPE_RST)
		i++;
	return i;
}

static bool
has(uint64_t shape, enum shape_kind kind)
{
	for (unsigned i = 0; i < shape_count(shape); i++)
		if (shape_at(shape, i) == kind)
			return true;
	return false;
}

/* Was a side silent for three seconds, in between or at last? Of one whose ten packets are
 * complete nothing is known any more. */
static bool
fell_silent(const struct flow *f, enum side side, int64_t end)
{
	const struct half *h = &f->half[side];

	for (unsigned i = 0; i < shape_count(h->shape); i++)
		if (shape_paused(h->shape, i))
			return true;
	return shape_count(h->shape) < SHAPE_PACKETS &&
	       end - (h->packets ? h->last : f->first) >= SHAPE_SILENCE;
}

struct burst {
	unsigned rst, rst_ack, zero;
	bool differ; /* numbers of those without ACK flag */
};

/* A side's resets among its first packets. Identical ones count, unless everything else was
 * captured twice, too. */
static void
gather(struct burst *b, const struct flow *f, enum side side)
{
	uint64_t shape = f->half[side].shape;
	unsigned left = 0;
	uint32_t number = 0;

	memset(b, 0, sizeof *b);
	for (unsigned i = 0; i < shape_count(shape); i++)
		left += shape_at(shape, i) >= SHAPE_RST;
	for (size_t i = 0; i < flow_trace_count(f) && left; i++) {
		const struct trace *t = flow_trace(f, i);

		if (!(t->odd & ODD_RST) || t->odd & ODD_ICMP || t->from != side)
			continue;
		left--;
		if (t->odd & ODD_DUPLICATE && f->bits & FLOW_DUPLICATED)
			continue;
		if (t->flags & TH_ACK_) {
			b->rst_ack++;
			continue;
		}
		b->differ |= b->rst && t->ack != number;
		number = t->ack;
		b->zero += t->ack == 0;
		b->rst++;
	}
}

static bool
fits(enum resets want, const struct burst *b)
{
	switch (want) {
	case RESETS_NONE:
		return !b->rst && !b->rst_ack;
	case RESETS_RST:
		return b->rst && !b->rst_ack;
	case RESETS_RST_ACK:
		return b->rst_ack && !b->rst;
	case RESETS_BOTH:
		return b->rst && b->rst_ack;
	case RESETS_ONE_RST:
		return b->rst == 1 && !b->rst_ack;
	case RESETS_MANY_RST:
		return b->rst > 1 && !b->rst_ack;
	case RESETS_ONE_RST_ACK:
		return b->rst_ack == 1 && !b->rst;
	case RESETS_MANY_RST_ACK:
		return b->rst_ack > 1 && !b->rst;
	case RESETS_SAME:
		return b->rst > 1 && !b->rst_ack && !b->differ;
	case RESETS_ZERO:
		return b->rst > 1 && !b->rst_ack && b->differ && b->zero;
	default:
		return b->rst > 1 && !b->rst_ack && b->differ && !b->zero;
	}
}

static const struct signature *
lookup(enum reached where, const struct burst *b)
{
	for (size_t i = 0; i < SIGNATURES; i++)
		if (signatures[i].reached == where && fits(signatures[i].resets, b))
			return &signatures[i];
	return NULL;
}

/* What reached the server: the paper's own view, on the client's packets alone. */
static void
at_server(const struct flow *f, int64_t end, struct ending *e)
{
	uint64_t shape = f->half[CLIENT].shape;
	unsigned at = first_reset(shape);
	struct prefix p;
	struct burst b;

	count(&p, shape, at);
	gather(&b, f, CLIENT);
	e->reached = reached(&p);
	e->abrupt =
	    at < shape_count(shape) || (!has(shape, SHAPE_FIN) && fell_silent(f, CLIENT, end));
	/* The handshake is one ACK: a second one confirms what the server said. */
	if (e->abrupt && (e->reached != POST_ACK || p.ack == 1))
		e->signature = lookup(e->reached, &b);
}

/* How far the server was heard to get, where it fell silent: nothing, a handshake whose first
 * words were never confirmed, or a first message that was, without answer. */
static enum reached
heard(const struct flow *f, const struct prefix *said, bool *ret_told)
{
	const struct half *c = &f->half[CLIENT], *s = &f->half[SERVER];
	bool confirmed = s->has_ack && seq_before(c->isn + 1, s->max_ack);

	*ret_told = true;
	if (!s->packets)
		return said->message ? POST_ODD : POST_SYN;
	if (s->bytes || said->later)
		return POST_DATA;
	*ret_told = said->message; /* who said nothing was owed no answer */
	return confirmed ? POST_PSH : POST_ACK;
}

/* What reached the client: resets answer what it had said by then, and silence is what an
 * unanswered client repeats itself into. */
static void
at_client(const struct flow *f, int64_t end, struct ending *e)
{
	const struct half *c = &f->half[CLIENT], *s = &f->half[SERVER];
	bool reset = first_reset(s->shape) < shape_count(s->shape), told = true, deaf;
	struct prefix p;
	struct burst b;

	count(&p, c->shape, reset ? shape_cut(s->shape) : shape_count(c->shape));
	gather(&b, f, SERVER);
	e->reached = reached(&p);
	e->abrupt = reset;
	if (!reset) {
		/* A server that heard nothing gives up with a FIN after its own time. */
		deaf = c->bytes && !(s->has_ack && seq_before(c->isn + 1, s->max_ack));
		e->abrupt = (deaf || !(has(c->shape, SHAPE_FIN) || has(s->shape, SHAPE_FIN))) &&
			    fell_silent(f, SERVER, end);
		if (e->reached != POST_ODD || deaf)
			e->reached = heard(f, &p, &told);
	}
	if (e->abrupt && told && (e->reached != POST_ACK || !reset || p.ack == 1))
		e->signature = lookup(e->reached, &b);
}

static bool
is_scan(const struct flow *f)
{
	for (size_t i = 0; i < flow_trace_count(f); i++) {
		const struct trace *t = flow_trace(f, i);

		if (t->from == CLIENT && t->odd & ODD_SYN && !(t->odd & ODD_ICMP))
			return !(t->options & OPT_ANY) ||
			       (f->ip_version == 4 && t->ip_id == ZMAP_ID);
	}
	return false;
}

void
ending_of(const struct flow *f, enum view view, int64_t end, struct ending *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->reached = POST_ODD;
	if (f->proto != IPPROTO_TCP || !f->half[CLIENT].syn_seen)
		return;
	ret->connection = true;
	ret->scan = is_scan(f);
	(view == SERVER_VIEW ? at_server : at_client)(f, end, ret);
}

void
signatures_tell(struct finding *finding, const struct flow *f, int64_t end)
{
	static const bool reset_views[][NVIEWS] = {
	    [TO_CLIENT] = {[CLIENT_VIEW] = true},
	    [TO_SERVER] = {[SERVER_VIEW] = true},
	    [BOTH_WAYS] = {[SERVER_VIEW] = true, [CLIENT_VIEW] = true},
	};
	bool silence = finding->mechanism == DROP, told = false;
	struct ending e;

	/* Who repeats himself in vain sees the client's view; else it is the server's. */
	for (int v = CLIENT_VIEW; v >= SERVER_VIEW && !(silence && told); v--) {
		if (!silence && !reset_views[finding->direction][v])
			continue;
		ending_of(f, (enum view)v, end, &e);
		if (!e.signature || (e.signature->resets == RESETS_NONE) != silence)
			continue;
		finding_signature(finding, e.signature->name);
		told = true;
	}
}
