/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture cannot show, in plain words: told to the reader, and heeded by correlation. */
#include "hygiene.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

/* Sentences about single files: more than a screenful nobody reads. */
#define FILE_LIMITS_MAX 24
/* With those about all of the capture, of which there are two dozen. */
#define LIMITS_MAX (FILE_LIMITS_MAX + 1 + 24)
/* Acknowledged bytes that are nowhere in the capture, in more than one flow of a thousand: the
 * dossier's B-22. */
#define LOSSY_PER_MILLE 1

struct sentences {
	struct arena *arena;
	const char **text;
	size_t n, most;
	uint64_t left_out;
};

static void say(struct sentences *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct sentences *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (s->n == s->most) {
		s->left_out++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->text[s->n++] = arena_printf(s->arena, "%s", text);
}

static unsigned long long
u(uint64_t n)
{
	return (unsigned long long)n;
}

static void
count_server(struct hygiene *h, const struct flow *f)
{
	if (h->nservers && h->server_ttl != f->half[SERVER].ttl)
		h->server_ttls_differ = true;
	h->server_ttl = f->half[SERVER].ttl;
	if (h->nservers == SERVERS_MANY)
		return;
	for (size_t i = 0; i < h->nservers; i++)
		if (addr_equal(&h->servers[i], &f->addr[SERVER]))
			return;
	h->servers[h->nservers++] = f->addr[SERVER];
}

void
hygiene_count(struct hygiene *h, const struct look *l)
{
	const struct flow *f = l->flow;

	h->facts_full += f->bits & FLOW_FACTS_FULL ? 1 : 0;
	h->trace_full += f->bits & FLOW_TRACE_FULL ? 1 : 0;
	if (f->proto == IPPROTO_UDP) {
		h->udp_both_ways += f->half[CLIENT].packets && f->half[SERVER].packets;
		h->quic_flows += look_first(l, FIRST_QUIC_VERSION) != NULL;
	}
	if (f->proto != IPPROTO_TCP)
		return;
	h->tcp_flows++;
	h->tcp_both_ways += f->half[CLIENT].packets && f->half[SERVER].packets;
	h->middle += f->bits & FLOW_MIDDLE ? 1 : 0;
	h->unseen_acked += f->half[CLIENT].unseen_acked || f->half[SERVER].unseen_acked;
	if (f->half[SERVER].ttl)
		count_server(h, f);
}

bool
hygiene_one_way(const struct hygiene *h)
{
	return h->tcp_flows && !h->tcp_both_ways;
}

bool
hygiene_udp_unheard(const struct hygiene *h)
{
	return h->quic_flows && !h->udp_both_ways && !h->tcp_both_ways;
}

bool
hygiene_flat_ttl(const struct hygiene *h)
{
	return h->nservers == SERVERS_MANY && !h->server_ttls_differ;
}

bool
hygiene_lossy(const struct hygiene *h)
{
	return h->tcp_both_ways && h->unseen_acked * 1000 > h->tcp_flows * LOSSY_PER_MILLE &&
	       h->unseen_acked > 1;
}

static void
tell_file(struct sentences *s, const struct capture_info *i)
{
	if (i->trouble)
		say(s, "%s could be read up to frame %llu only: %s.", i->file, u(i->packets),
		    i->trouble);
	else if (i->truncated)
		say(s,
		    "%s breaks off inside a packet after frame %llu: what came later is unknown.",
		    i->file, u(i->packets));
	if (i->cut_frames)
		say(s,
		    "%s cuts packets short (%llu frames%s): names and pages beyond the cut are not "
		    "seen.",
		    i->file, u(i->cut_frames), i->snaplen ? ", by its snap length" : "");
	if (i->out_of_order)
		say(s, "%llu frames of %s are out of time order, by at most %.3f ms.",
		    u(i->out_of_order), i->file,
		    (double)i->largest_step_back / (double)NSEC_PER_MSEC);
	if (i->dropped)
		say(s, "The capture itself reports %llu dropped packets in %s.", u(i->dropped),
		    i->file);
	if (i->filtered)
		say(s, "%llu frames of %s were left out by the filter.", u(i->filtered), i->file);
}

static void
tell_hygiene(struct sentences *s, const struct hygiene *h)
{
	const struct decode_counts *d = h->decode;
	const struct flow_counts *f = h->flows;

	if (hygiene_one_way(h))
		say(s, "No TCP connection is seen in both directions: nothing can be concluded "
		       "from silence.");
	else if (f->one_way)
		say(s, "%llu of %llu TCP connections are seen in one direction only.",
		    u(f->one_way), u(f->tcp));
	if (hygiene_udp_unheard(h))
		say(s, "Nothing in this capture was answered: whether QUIC was blocked, or its "
		       "answers were not recorded, cannot be told.");
	if (h->middle)
		say(s,
		    "%llu TCP connections began before the capture: what opened them is not known.",
		    u(h->middle));
	if (h->unseen_acked)
		say(s,
		    "In %llu connections bytes were confirmed that the capture does not hold: "
		    "packets are missing.",
		    u(h->unseen_acked));
	if (f->duplicates)
		say(s, "%llu packets were captured twice; they are counted once.",
		    u(f->duplicates));
	if (d->superframes)
		say(s,
		    "%llu packets are larger than a network carries: the capturing machine joined "
		    "or split them (offload), so their count and timing are its own.",
		    u(d->superframes));
	if (d->bad_sum + d->bad_ip_sum > h->tricks.wrong_sums)
		say(s,
		    "%llu packets have wrong checksums, as those have that the network card "
		    "completes after the capture; they were not discarded.",
		    u(d->bad_sum + d->bad_ip_sum - h->tricks.wrong_sums));
	if (hygiene_flat_ttl(h))
		say(s,
		    "All servers' packets arrive with TTL %u: something rewrites it, so it tells "
		    "nothing about distance.",
		    h->server_ttl);
	if (h->http_proxied)
		say(s,
		    "%u servers answer on port 80 from much nearer than on port 443: a proxy on "
		    "the way handles HTTP, and what it says need not be the servers'.",
		    h->http_proxied);
	if (h->defrag->expired + h->defrag->dropped)
		say(s, "%llu IP datagrams could not be put together from their fragments.",
		    u(h->defrag->expired + h->defrag->dropped));
	if (d->unknown_link)
		say(s, "%llu frames have a link type that is not read.", u(d->unknown_link));
	if (d->bad)
		say(s, "%llu frames have headers that do not hold.", u(d->bad));
}

static void
tell_tricks(struct sentences *s, const struct hygiene *h, const struct capture *c)
{
	for (size_t i = 0; i < TRICKS_SENTENCES; i++) {
		const char *words = tricks_words(&h->tricks, i, c, s->arena);

		if (words)
			say(s, "%s", words);
	}
}

static void
tell_caps(struct sentences *s, const struct hygiene *h)
{
	if (h->flows->evicted)
		say(s,
		    "%llu conversations were judged before their end, to keep the memory bounded.",
		    u(h->flows->evicted));
	if (h->facts_full)
		say(s,
		    "%llu conversations said more than is kept of one: their later messages were "
		    "not judged.",
		    u(h->facts_full));
	if (h->trace_full)
		say(s, "Of %llu conversations not all odd packets could be kept.",
		    u(h->trace_full));
	if (h->forgotten)
		say(s, "%llu conversations were forgotten as controls for want of room.",
		    u(h->forgotten));
	if (h->rates_forgotten)
		say(s,
		    "%llu connections that lose packets were noted in part only: a rate limit was "
		    "looked for in what was noted.",
		    u(h->rates_forgotten));
	if (h->given_up)
		say(s,
		    "%llu times a fingerprint was not tried to the end, since a conversation asked "
		    "for too much work.",
		    u(h->given_up));
	if (h->suspicions_dropped)
		say(s, "%llu suspicions were dropped for want of room.", u(h->suspicions_dropped));
	if (h->targets_left_out)
		say(s, "%llu more targets are not listed; none of them was interfered with.",
		    u(h->targets_left_out));
}

size_t
limits_tell(struct arena *a, const struct hygiene *h, const struct capture *c, const char ***ret)
{
	struct sentences s = {.arena = a,
			      .text = arena_alloc(a, LIMITS_MAX * sizeof(char *)),
			      .most = FILE_LIMITS_MAX};
	uint64_t left_out;

	for (size_t i = 0; i < capture_count(c); i++)
		tell_file(&s, capture_info(c, i));
	left_out = s.left_out;
	s.most = LIMITS_MAX;
	if (left_out)
		say(&s, "Of more files there are %llu limits that are not listed.", u(left_out));
	tell_hygiene(&s, h);
	tell_tricks(&s, h, c);
	tell_caps(&s, h);
	*ret = s.text;
	return s.n;
}
